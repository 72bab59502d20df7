//! Symmetrical Difference: the areas that lie in one of two layers of polygons but not in the other.
//!
//! **Method.** A tree of boxes finds the features that meet. From each feature all features of the other layer that
//! touch its box are taken away at once, so that borders shared exactly leave no slivers.
//!
//! **Inputs.** Two layers of polygons. Features of one layer do not cut each other. Z and m are dropped with a warning.
//! Features without geometry are left out, as are rests narrower than the rounding of the coordinates (about ten
//! nanometres for metres).
//!
//! **Spatial reference and units.** Update features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature for each feature of which something is left: those of the input, then those of the update
//! features, in their order. Columns: `FID_Input_Features`, the input's fields, `FID_Update_Features`, the fields of the
//! update features; names that clash are numbered. In the columns of the other layer the id is −1 and the fields are null
//! (where ArcGIS writes empty texts and zeros). `Join_Attributes` leaves out the ids (NO_FID) or everything else
//! (ONLY_FID).
//!
//! **Errors.** A reference that cannot be projected.

use crate::joined::{JoinAttributes, Joined, Piece, match_layers};
use crate::mask::not_empty;
use crate::overlay_pieces::Layers;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType};

/// Keeps what lies in one of two layers.
pub(crate) struct SymDiff;

/// What Symmetrical Difference takes.
#[derive(Inputs)]
pub(crate) struct SymDiffInputs {
    /// The first layer of polygons.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// The second layer of polygons.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    update_features: FeatureSet,
    /// ALL: ids and fields of both layers. NO_FID: fields only. ONLY_FID: ids only.
    #[parameter(default = JoinAttributes::All)]
    join_attributes: JoinAttributes,
}

/// What Symmetrical Difference gives.
#[derive(Outputs)]
pub(crate) struct SymDiffOutputs {
    /// What lies in one of both layers.
    output_features: FeatureSet,
}

impl Tool for SymDiff {
    const NAME: &'static str = "SymDiff";
    const DESCRIPTION: &'static str =
        "Keeps the parts of the polygons of two layers that lie in only one of both layers.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = SymDiffInputs;
    type Outputs = SymDiffOutputs;

    fn run(inputs: SymDiffInputs, context: &RunContext) -> Result<SymDiffOutputs, ToolError> {
        let (mut input, mut update) = (inputs.input_features, inputs.update_features);
        match_layers(&mut input, std::slice::from_mut(&mut update), "Update_Features", context)?;
        let layers = Layers::new([&input, &update]);
        let sides = [(&input, "FID_Input_Features"), (&update, "FID_Update_Features")];
        let mut joined = Joined::new(&sides, inputs.join_attributes, Some(GeometryType::Polygon));
        for number in 0..sides.len() {
            let piece = |(row, rings)| {
                let mut rows = vec![None, None];
                rows[number] = Some(row);
                Some(Piece { rows, geometry: Geometry::Polygon(not_empty(rings)?) })
            };
            let left = layers.outside(number, context)?.into_iter().enumerate();
            joined.add(left.filter_map(piece).collect(), context)?;
        }
        Ok(SymDiffOutputs { output_features: joined.finish() })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn difference(input: Value, update: Value, attributes: &str) -> Run {
        let parameters = json!({
            "Input_Features": input, "Update_Features": update, "Join_Attributes": attributes,
        });
        run("SymDiff", &parameters).unwrap()
    }

    fn fields(name: &str, corners: &[f64]) -> Value {
        let rows: Vec<_> = corners.iter().map(|x| (json!({ "NAME": name }), square(*x, 0.0, 10.0))).collect();
        set("Polygon", 5070, &rows)
    }

    #[test]
    fn each_layer_keeps_what_the_other_does_not_cover() {
        let made = difference(fields("a", &[0.0, 10.0]), fields("b", &[5.0, 15.0]), "ALL");
        assert_eq!(made.names(), ["OBJECTID", "FID_Input_Features", "NAME", "FID_Update_Features", "NAME_1"]);
        assert_eq!(made.column("FID_Input_Features"), ["10", "-1"]);
        assert_eq!(made.column("FID_Update_Features"), ["-1", "20"]);
        assert_eq!(made.column("NAME_1"), ["null", "b"]);
        assert_eq!(vec![made.area(0), made.area(1)], [50.0, 50.0]);
    }

    #[test]
    fn equal_layers_leave_nothing_and_an_empty_one_leaves_the_other() {
        let (a, empty) = (fields("a", &[0.0, 10.0]), set("Polygon", 5070, &[]));
        assert!(difference(a.clone(), a.clone(), "ALL").features.features.is_empty());
        assert_eq!(difference(a.clone(), empty.clone(), "NO_FID").names(), ["OBJECTID", "NAME"]);
        assert_eq!(difference(empty, a, "ONLY_FID").column("FID_Update_Features"), ["10", "20"]);
    }

    #[test]
    fn features_of_one_layer_may_overlap_and_null_geometry_is_left_out() {
        let made = difference(fields("a", &[0.0, 2.0]), fields("b", &[6.0]), "ALL");
        assert_eq!(vec![made.area(0), made.area(1), made.area(2)], [60.0, 40.0, 40.0]);
        let nothing = set("Polygon", 5070, &[(json!({ "NAME": "x" }), Value::Null)]);
        assert_eq!(difference(nothing, fields("b", &[6.0]), "ALL").features.features.len(), 1);
    }

    #[test]
    fn grids_that_share_their_borders_leave_no_slivers() {
        // Rotated, so that no border is parallel to an axis; the second grid has one more column.
        let grid = |columns: usize| {
            let (cos, sin) = (0.8_f64, 0.6_f64);
            let at = |i: usize, j: usize| {
                let (x, y) = (1e6 + 0.1 * i as f64, 2e6 + 0.1 * j as f64);
                [x * cos - y * sin, x * sin + y * cos]
            };
            let cell = |i: usize, j: usize| json!({ "rings": [[at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j), at(i, j)]] });
            let cells = (0..columns).flat_map(|i| (0..5).map(move |j| (i, j)));
            set("Polygon", 5070, &cells.map(|(i, j)| (json!({}), cell(i, j))).collect::<Vec<_>>())
        };
        let made = difference(grid(4), grid(5), "ALL");
        assert_eq!(made.features.features.len(), 5);
    }
}
