//! Union: all areas of one or more layers of polygons, cut where they overlap, with the attributes of all.
//!
//! **Method.** A tree of boxes finds the features that meet. Each piece is cut out of the original polygons at once:
//! the area that one feature of each of some layers has in common, outside of all features of the other layers. So
//! borders that layers share exactly leave no slivers, and the pieces of a feature are its area. Features of one layer
//! that overlap are cut along each other too, and what they have in common comes once for each of them.
//!
//! **Inputs.** Polygons; up to 100 overlay layers, or none to cut the features of one layer along each other. Z and m
//! are dropped with a warning. Features without geometry are left out. Pieces narrower than the rounding of the
//! coordinates (about ten nanometres for metres) are left out.
//!
//! **Spatial reference and units.** Overlay features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature for each piece, multipart where it has several parts: first those of the input in its order,
//! each feature's overlaps by the overlay features and then what is left of it; then what lies in the first overlay
//! layer but not in the input, and so on. Columns: `FID_Input_Features`, the input's fields, `FID_Overlay_Features`,
//! the fields of the first overlay layer, `FID_Overlay_Features_1` and so on; names that clash are numbered. Where a
//! piece lies in no feature of a layer, the id is −1 and the fields are null (where ArcGIS writes empty texts and
//! zeros). NO_GAPS adds a feature for each area that is enclosed by others without being in any, with −1 in all ids.
//!
//! **Errors.** A reference that cannot be projected, more than 100 overlay layers, more than 10 million pieces.

use crate::joined::{JoinAttributes, Joined, Piece, check_layers, match_layers, piece_counter};
use crate::overlay_pieces::{Layers, Wanted};
use gp_core::{Choices, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, Path};
use gp_geometry::{difference, parts, union_all, without_slivers};

/// Lays layers of polygons over each other.
pub(crate) struct Union;

/// What Union takes.
#[derive(Inputs)]
pub(crate) struct UnionInputs {
    /// The first layer of polygons.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// The polygons that are laid over it: one layer, or a list of several. Without any, the features of the first layer
    /// are cut along each other.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    overlay_features: Option<Vec<FeatureSet>>,
    /// ALL: ids and fields of all layers. NO_FID: fields only. ONLY_FID: ids only.
    #[parameter(default = JoinAttributes::All)]
    join_attributes: JoinAttributes,
    /// GAPS: areas that are enclosed by features stay empty. NO_GAPS: they become features, with -1 in all ids.
    #[parameter(default = Gaps::Gaps)]
    gaps: Gaps,
}

/// What Union gives.
#[derive(Outputs)]
pub(crate) struct UnionOutputs {
    /// The pieces of all layers.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Gaps {
    Gaps,
    NoGaps,
}

impl Tool for Union {
    const NAME: &'static str = "Union";
    const DESCRIPTION: &'static str =
        "Cuts layers of polygons where they overlap and keeps all pieces, with the attributes of all layers.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = UnionInputs;
    type Outputs = UnionOutputs;

    fn run(inputs: UnionInputs, context: &RunContext) -> Result<UnionOutputs, ToolError> {
        let (mut input, mut overlays) = (inputs.input_features, inputs.overlay_features.unwrap_or_default());
        if !overlays.is_empty() {
            check_layers(&overlays, "Overlay_Features")?;
        }
        match_layers(&mut input, &mut overlays, "Overlay_Features", context)?;
        let sets: Vec<&FeatureSet> = std::iter::once(&input).chain(&overlays).collect();
        let all = Layers::new(sets.iter().copied());
        let counter = piece_counter(if overlays.is_empty() { "Input_Features" } else { "Overlay_Features" });
        let pieces = all.divide(all.pieces(Wanted::All, &counter, context)?, &counter, context)?;
        let mut layers = vec![(&input, "FID_Input_Features")];
        layers.extend(overlays.iter().map(|overlay| (overlay, "FID_Overlay_Features")));
        let mut joined = Joined::new(&layers, inputs.join_attributes, Some(GeometryType::Polygon));
        joined.add(pieces, context)?;
        if inputs.gaps == Gaps::NoGaps {
            context.check()?;
            let gap = |rings| Piece { rows: vec![None; sets.len()], geometry: Geometry::Polygon(rings) };
            joined.add(enclosed(&sets).into_iter().map(gap).collect(), context)?;
        }
        Ok(UnionOutputs { output_features: joined.finish() })
    }
}

/// The areas that lie in no feature and cannot be left without crossing one.
fn enclosed(sets: &[&FeatureSet]) -> Vec<Vec<Path>> {
    let features = sets.iter().flat_map(|set| &set.features);
    let covered = union_all(features.filter_map(|feature| match &feature.geometry {
        Some(Geometry::Polygon(rings)) => Some(rings.as_slice()),
        _ => None,
    }));
    let exteriors: Vec<Path> =
        parts(&covered).into_iter().filter_map(|part| part.into_iter().next()).collect();
    let filled = union_all([exteriors.as_slice()]);
    parts(&without_slivers(difference(&filled, &covered)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn union(input: Value, overlay: Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": input, "Overlay_Features": overlay });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Union", &parameters)
    }

    fn fields(name: &str, squares: &[(f64, f64, f64)]) -> Value {
        let row = |(number, (x, y, size)): (usize, &(f64, f64, f64))| {
            (json!({ "NAME": format!("{name}{}", number + 1) }), square(*x, *y, *size))
        };
        set("Polygon", 5070, &squares.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    fn areas(made: &Run) -> Vec<f64> {
        (0..made.features.features.len()).map(|row| made.area(row)).collect()
    }

    #[test]
    fn pieces_of_both_layers_come_with_minus_one_and_null_where_a_layer_is_absent() {
        let (a, b) = (fields("a", &[(0.0, 0.0, 10.0), (10.0, 0.0, 10.0)]), fields("b", &[(5.0, 5.0, 10.0)]));
        let made = union(a, b, json!({})).unwrap();
        let names = ["OBJECTID", "FID_Input_Features", "NAME", "FID_Overlay_Features", "NAME_1"];
        assert_eq!(made.names(), names);
        assert_eq!(made.column("FID_Input_Features"), ["10", "10", "20", "20", "-1"]);
        assert_eq!(made.column("FID_Overlay_Features"), ["10", "-1", "10", "-1", "10"]);
        assert_eq!(made.column("NAME"), ["a1", "a1", "a2", "a2", "null"]);
        assert_eq!(made.column("NAME_1"), ["b1", "null", "b1", "null", "b1"]);
        assert_eq!(areas(&made), [25.0, 75.0, 25.0, 75.0, 50.0]);
    }

    #[test]
    fn a_single_set_and_a_list_of_it_are_the_same_and_more_layers_follow() {
        let (a, b, c) = (
            fields("a", &[(0.0, 0.0, 10.0)]),
            fields("b", &[(5.0, 0.0, 10.0)]),
            fields("c", &[(8.0, 0.0, 10.0)]),
        );
        let one = union(a.clone(), b.clone(), json!({})).unwrap();
        let list = union(a.clone(), json!([b]), json!({})).unwrap();
        assert_eq!(one.features, list.features);
        let made = union(a, json!([b, c]), json!({ "Join_Attributes": "ONLY_FID" })).unwrap();
        let names = ["OBJECTID", "FID_Input_Features", "FID_Overlay_Features", "FID_Overlay_Features_1"];
        assert_eq!(made.names(), names);
        assert_eq!(areas(&made), [20.0, 30.0, 50.0, 50.0, 30.0]);
        assert_eq!(made.column("FID_Overlay_Features_1"), ["10", "-1", "-1", "10", "10"]);
    }

    #[test]
    fn an_enclosed_gap_becomes_a_feature_only_when_asked_for() {
        let ring = json!({ "rings": [
            [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]], [[2, 2], [8, 2], [8, 8], [2, 8], [2, 2]],
        ] });
        let frame = set("Polygon", 5070, &[(json!({ "NAME": "frame" }), ring)]);
        let island = fields("b", &[(4.0, 4.0, 2.0)]);
        assert_eq!(areas(&union(frame.clone(), island.clone(), json!({})).unwrap()), [64.0, 4.0]);
        let made = union(frame, island, json!({ "Gaps": "NO_GAPS" })).unwrap();
        assert_eq!(areas(&made), [64.0, 4.0, 32.0]);
        assert_eq!(made.column("FID_Input_Features"), ["10", "-1", "-1"]);
        assert_eq!(made.column("FID_Overlay_Features"), ["-1", "10", "-1"]);
        assert_eq!(made.column("NAME"), ["frame", "null", "null"]);
    }

    #[test]
    fn empty_layers_and_features_without_geometry_add_nothing() {
        let nothing = set("Polygon", 5070, &[(json!({ "NAME": "x" }), Value::Null)]);
        let made = union(nothing.clone(), fields("b", &[(0.0, 0.0, 1.0)]), json!({})).unwrap();
        assert_eq!(made.column("FID_Input_Features"), ["-1"]);
        let made = union(nothing, set("Polygon", 5070, &[]), json!({ "Gaps": "NO_GAPS" })).unwrap();
        assert!(made.features.features.is_empty());
    }

    #[test]
    fn lines_are_refused() {
        let lines = set("Polyline", 5070, &[(json!({}), crate::testing::line(&[[0.0, 0.0], [1.0, 1.0]]))]);
        let error = union(fields("a", &[(0.0, 0.0, 1.0)]), lines, json!({})).err().unwrap();
        assert!(error.contains("Overlay_Features"), "{error}");
    }

    #[test]
    fn what_overlaps_within_a_layer_comes_once_for_each_feature() {
        let a = fields("a", &[(0.0, 0.0, 10.0), (5.0, 0.0, 10.0), (30.0, 0.0, 10.0)]);
        let alone = run("Union", &json!({ "Input_Features": a })).unwrap();
        assert_eq!(alone.names(), ["OBJECTID", "FID_Input_Features", "NAME"]);
        assert_eq!(alone.column("NAME"), ["a1", "a1", "a2", "a2", "a3"]);
        assert_eq!(areas(&alone), [50.0, 50.0, 50.0, 50.0, 100.0]);
        assert_eq!(alone.geometry(0), alone.geometry(2));

        // A strip over the overlap and what is right of it, twice.
        let b = fields("b", &[(5.0, 4.0, 2.0), (6.0, 4.0, 2.0)]);
        let made =
            union(fields("a", &[(0.0, 0.0, 10.0)]), b, json!({ "Join_Attributes": "ONLY_FID" })).unwrap();
        assert_eq!(made.column("FID_Overlay_Features"), ["10", "10", "20", "20", "-1"]);
        assert_eq!(areas(&made), [2.0, 2.0, 2.0, 2.0, 94.0]);
    }

    #[test]
    fn a_stack_of_equal_features_comes_as_often_as_it_is_high() {
        let stack = fields("a", &[(0.0, 0.0, 10.0); 20]);
        let made = union(stack, fields("b", &[(5.0, 0.0, 10.0)]), json!({})).unwrap();
        assert_eq!(areas(&made).len(), 41);
        assert!(areas(&made).iter().all(|area| (area - 50.0).abs() < 1e-9));
    }
}
