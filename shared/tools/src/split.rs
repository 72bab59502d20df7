//! Split: features cut by polygons, each piece with the value of the polygon's split field.
//!
//! **Method.** The split features are grouped by the values of the split field and each group is united. A tree of boxes
//! finds the groups that a feature meets; each piece is cut as Clip does.
//!
//! **Inputs.** Features of any geometry type, split features that are polygons. What lies on a border counts as within;
//! on a border that two values share it comes with both. Points keep z and m; lines and polygons lose them with a warning.
//! What lies in no split feature is left out, as are features without geometry and pieces narrower than the rounding of the
//! coordinates (about ten nanometres for metres).
//!
//! **Spatial reference and units.** Split features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** ArcGIS makes a feature class for each value. A task returns one layer, so this is one set: the pieces
//! ordered by value, nulls first, then by input, with the input's fields and the split field, whose name is numbered
//! when the input has one of that name. To get the feature classes, select by that field.
//!
//! **Errors.** A split field that is not there, a reference that cannot be projected, more than 10 million pieces.

use crate::each::each;
use crate::groups::{column_of, groups_by};
use crate::joined::piece_counter;
use crate::mask::Mask;
use crate::reference::{drop_zm, match_reference};
use crate::table::{Carried, Table};
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, Geometry, GeometryType};
use gp_geometry::{BoxIndex, Keep};

/// Cuts features by the values of polygons.
pub(crate) struct Split;

/// What Split takes.
#[derive(Inputs)]
pub(crate) struct SplitInputs {
    /// The features to be split.
    input_features: FeatureSet,
    /// The polygons by which they are split.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    split_features: FeatureSet,
    /// The field of the split features whose values name the pieces; polygons of equal values split as one.
    #[parameter(depends_on = "Split_Features")]
    split_field: Field,
}

/// What Split gives.
#[derive(Outputs)]
pub(crate) struct SplitOutputs {
    /// The pieces of all values, each with its value of the split field.
    output_features: FeatureSet,
}

impl Tool for Split {
    const NAME: &'static str = "Split";
    const DESCRIPTION: &'static str = "Cuts features by polygons and gives each piece the value of a field of the polygon in which it lies.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = SplitInputs;
    type Outputs = SplitOutputs;

    fn run(inputs: SplitInputs, context: &RunContext) -> Result<SplitOutputs, ToolError> {
        let (mut input, mut split) = (inputs.input_features, inputs.split_features);
        let columns = vec![column_of(&split, &inputs.split_field, "Split_Field")?];
        match_reference(&input, &mut split, "Split_Features", context)?;
        if !matches!(input.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint)) {
            drop_zm(&mut input, "Input Features", context);
        }
        let groups = groups_by(&split, &columns);
        let masks = each(context, groups.len(), "Uniting", |group| {
            Ok(Some(Mask::new(groups[group].iter().map(|row| &split.features[*row]))))
        })?;
        let boxes = masks.iter().map(|mask| mask.as_ref().map_or(gp_esri::Envelope::EMPTY, Mask::envelope));
        let index = BoxIndex::new(boxes.collect());
        let counter = piece_counter("Split_Features");
        let found = each(context, input.features.len(), "Splitting", |row| {
            let Some(geometry) = &input.features[row].geometry else { return Ok(Vec::new()) };
            let mut pieces = Vec::new();
            for group in index.query(&geometry.envelope()) {
                context.check()?;
                let piece = masks[group].as_ref().and_then(|mask| mask.cut(geometry, Keep::Inside));
                pieces.extend(piece.map(|piece| (group, row, piece)));
            }
            counter.add(pieces.len())?;
            Ok(pieces)
        })?;
        let mut pieces: Vec<_> = found.into_iter().flatten().collect();
        pieces.sort_by_key(|(group, row, _)| (*group, *row));
        let (carried, value) = (Carried::all(&input), Carried::of(&split, columns));
        let mut table = Table::new(input.geometry_type, input.spatial_reference.clone());
        table.add_carried(&carried);
        table.add_carried(&value);
        table.keep_zm_of(&input);
        let row = |(group, row, geometry): (usize, usize, Geometry)| {
            let values = carried.values(&input.features[row]);
            (values.chain(value.values(&split.features[groups[group][0]])), Some(geometry))
        };
        table.push_all(pieces, row, context)?;
        Ok(SplitOutputs { output_features: table.finish() })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn split(input: Value, field: &str) -> Result<Run, String> {
        let zones = [
            (json!({ "NAME": "west" }), square(10.0, 0.0, 10.0)),
            (json!({ "NAME": "east" }), square(20.0, 0.0, 10.0)),
            (json!({ "NAME": "west" }), square(0.0, 0.0, 10.0)),
        ];
        let zones = set("Polygon", 5070, &zones);
        run("Split", &json!({ "Input_Features": input, "Split_Features": zones, "Split_Field": field }))
    }

    #[test]
    fn pieces_are_ordered_by_value_and_equal_values_split_as_one() {
        let fields = [
            (json!({ "NAME": "a" }), square(15.0, 2.0, 6.0)),
            (json!({ "NAME": "b" }), square(5.0, 5.0, 10.0)),
        ];
        let made = split(set("Polygon", 5070, &fields), "NAME").unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "NAME_1"]);
        assert_eq!(made.column("NAME"), ["a", "a", "b"]);
        assert_eq!(made.column("NAME_1"), ["east", "west", "west"]);
        let areas = [made.area(0), made.area(1), made.area(2)];
        assert!(areas.iter().zip([6.0, 30.0, 50.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{areas:?}");
    }

    #[test]
    fn points_on_a_border_come_with_both_values_and_keep_z() {
        let mut points = set("Point", 5070, &[(json!({}), json!({ "x": 20, "y": 5, "z": 2 }))]);
        points["hasZ"] = json!(true);
        let made = split(points, "name").unwrap();
        assert_eq!(made.column("NAME"), ["east", "west"]);
        assert!(matches!(made.geometry(1), gp_esri::Geometry::Point(point) if point.z == Some(2.0)));
    }

    #[test]
    fn lines_are_cut_and_what_lies_outside_goes() {
        let made =
            split(set("Polyline", 5070, &[(json!({}), line(&[[5.0, 5.0], [40.0, 5.0]]))]), "NAME").unwrap();
        let length = |row: usize| match made.geometry(row) {
            gp_esri::Geometry::Polyline(paths) => gp_geometry::length(paths),
            _ => 0.0,
        };
        assert_eq!(vec![length(0), length(1)], [10.0, 15.0]);
    }

    #[test]
    fn an_unknown_field_is_named_and_empty_inputs_give_nothing() {
        let error = split(set("Polygon", 5070, &[]), "ZONE").err().unwrap();
        assert!(error.contains("Split_Field") && error.contains("NAME"), "{error}");
        assert!(split(set("Polygon", 5070, &[]), "NAME").unwrap().features.features.is_empty());
        let without = set("Polygon", 5070, &[(json!({}), Value::Null)]);
        assert!(split(without, "NAME").unwrap().features.features.is_empty());
    }
}
