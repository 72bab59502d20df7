//! Update: polygons replaced by others where those lie.
//!
//! **Method.** A tree of boxes finds the features that meet. From each input feature all update features that touch its
//! box are taken away at once, so that borders shared exactly leave no slivers; then the update features are added. With
//! NO_BORDERS the outer edge of the update features is dissolved: what is left of an input feature becomes part of the
//! update feature with which it shares the longest border, the first of several equally long ones.
//!
//! **Inputs.** Two layers of polygons. Z and m are dropped with a warning. Input features without geometry are left out,
//! as are rests narrower than the rounding of the coordinates (about ten nanometres for metres); update features without
//! geometry are left out too. Features of one layer do not cut each other.
//!
//! **Spatial reference and units.** Update features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** What is left of the input features in their order, then the update features in theirs, with the fields of
//! the input. A value of an update feature comes from its field of the same name; where it has none, or one of a kind that
//! does not fit, the value is null and a message names the field. Further fields of the update features are left out.
//!
//! **Errors.** A reference that cannot be projected.

mod borders;

use crate::fields::{of_type, warn_of_rounded};
use crate::joined::match_layers;
use crate::mask::not_empty;
use crate::overlay_pieces::Layers;
use crate::schema::widest;
use crate::table::{Table, carried_field};
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType};
use gp_geometry::rings_of;

/// Replaces polygons by others.
pub(crate) struct Update;

/// What Update takes.
#[derive(Inputs)]
pub(crate) struct UpdateInputs {
    /// The polygons to be updated.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// The polygons that replace them.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    update_features: FeatureSet,
    /// BORDERS: the outer edge of the update features stays. NO_BORDERS: it is dissolved, and what is left of an input feature along it becomes part of the update feature.
    #[parameter(default = Borders::Borders)]
    borders: Borders,
}

/// What Update gives.
#[derive(Outputs)]
pub(crate) struct UpdateOutputs {
    /// The updated polygons.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum Borders {
    Borders,
    NoBorders,
}

impl Tool for Update {
    const NAME: &'static str = "Update";
    const DESCRIPTION: &'static str = "Replaces polygons by the update polygons where those lie.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = UpdateInputs;
    type Outputs = UpdateOutputs;

    fn run(inputs: UpdateInputs, context: &RunContext) -> Result<UpdateOutputs, ToolError> {
        let (mut input, mut update) = (inputs.input_features, inputs.update_features);
        match_layers(&mut input, std::slice::from_mut(&mut update), "Update_Features", context)?;
        let layers = Layers::new([&input, &update]);
        let mut rests = layers.outside(0, context)?;
        let updates = match inputs.borders {
            Borders::Borders => {
                update.features.iter().map(|feature| rings_of(feature.geometry.as_ref()).to_vec()).collect()
            }
            Borders::NoBorders => borders::dissolve(&layers, &mut rests, context)?,
        };
        let columns = columns(&input, &update, context);
        let mut table = Table::new(Some(GeometryType::Polygon), input.spatial_reference.clone());
        columns.iter().for_each(|column| table.add_field(column.field.clone()));
        let from_input: Vec<_> =
            columns.iter().map(|column| (Some(column.in_input), &column.field)).collect();
        let from_update: Vec<_> = columns.iter().map(|column| (column.in_update, &column.field)).collect();
        warn_of_rounded(&input, &from_input, context);
        warn_of_rounded(&update, &from_update, context);
        for (feature, rings) in input.features.iter().zip(rests) {
            let values = from_input.iter().map(|(column, field)| value(&input, feature, *column, field));
            if let Some(rings) = not_empty(rings) {
                table.push(values, Some(Geometry::Polygon(rings)));
            }
        }
        for (feature, rings) in update.features.iter().zip(updates) {
            let values = from_update.iter().map(|(column, field)| value(&update, feature, *column, field));
            if let Some(rings) = not_empty(rings) {
                table.push(values, Some(Geometry::Polygon(rings)));
            }
        }
        Ok(UpdateOutputs { output_features: table.finish() })
    }
}

/// A value in the type of the field, which holds those of both layers.
fn value(set: &FeatureSet, feature: &Feature, column: Option<usize>, field: &Field) -> Attribute {
    let value =
        column.and_then(|column| Some((feature.attributes.get(column)?, set.fields[column].field_type)));
    value.and_then(|(value, from)| of_type(value.clone(), from, field.field_type)).unwrap_or(Attribute::Null)
}

/// A column of the output and where its values come from.
struct Column {
    field: Field,
    in_input: usize,
    in_update: Option<usize>,
}

/// The input's fields, each with the update features' field of the same name.
fn columns(input: &FeatureSet, update: &FeatureSet, context: &RunContext) -> Vec<Column> {
    let (mut columns, mut missing) = (Vec::new(), Vec::new());
    for (in_input, field) in input.fields.iter().enumerate() {
        if matches!(field.field_type, FieldType::Oid | FieldType::Geometry) {
            continue;
        }
        let mut field = field.clone();
        let mut in_update = update.field_index(&field.name);
        if let Some(other) = in_update.map(|column| &update.fields[column]) {
            match type_of_both(field.field_type, carried_field(other).field_type) {
                Some(common) => {
                    field.field_type = common;
                    field.length = field.length.zip(other.length).map(|(a, b)| a.max(b));
                }
                None => in_update = None,
            }
        }
        if in_update.is_none() {
            missing.push(field.name.clone());
        }
        if field.field_type == FieldType::GlobalId {
            field.field_type = FieldType::Guid;
        }
        columns.push(Column { field, in_input, in_update });
    }
    if !missing.is_empty() && !update.features.is_empty() {
        let text = format!(
            "Update Features have no field that fits {}; their values are null there",
            missing.join(", ")
        );
        context.message(MessageLevel::Info, text);
    }
    columns
}

/// A type that holds the values of both, where they are of one kind.
fn type_of_both(a: FieldType, b: FieldType) -> Option<FieldType> {
    let is_text = |kind| matches!(kind, FieldType::String | FieldType::Guid | FieldType::GlobalId);
    let wider = widest(a, b);
    (wider != FieldType::String || (is_text(a) && is_text(b))).then_some(wider)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::FieldType;
    use serde_json::{Value, json};

    fn update(input: Value, updates: Value, borders: &str) -> Run {
        let parameters = json!({ "Input_Features": input, "Update_Features": updates, "Borders": borders });
        run("Update", &parameters).unwrap()
    }

    fn fields(name: &str, corners: &[f64], size: f64) -> Value {
        let row = |(number, x): (usize, &f64)| {
            (json!({ "NAME": format!("{name}{}", number + 1), "POP": number }), square(*x, 0.0, size))
        };
        set("Polygon", 5070, &corners.iter().enumerate().map(row).collect::<Vec<_>>())
    }

    fn areas(made: &Run) -> Vec<f64> {
        (0..made.features.features.len()).map(|row| made.area(row)).collect()
    }

    #[test]
    fn update_features_replace_what_lies_under_them() {
        let made = update(fields("a", &[0.0, 10.0], 10.0), fields("u", &[5.0], 10.0), "BORDERS");
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP"]);
        assert_eq!(made.column("NAME"), ["a1", "a2", "u1"]);
        assert_eq!(areas(&made), [50.0, 50.0, 100.0]);
        assert_eq!(made.column("OBJECTID"), ["1", "2", "3"]);
    }

    #[test]
    fn without_borders_rests_become_part_of_the_update_feature_along_which_they_lie() {
        let updates = fields("u", &[6.0, 12.0], 6.0);
        let made = update(fields("a", &[0.0, 10.0, 40.0], 10.0), updates, "NO_BORDERS");
        assert_eq!(made.column("NAME"), ["a3", "u1", "u2"]);
        // a1 borders on u1 along 10; a2 on u1 along 2 and on u2 along 12.
        assert_eq!(areas(&made), [100.0, 36.0 + 76.0, 36.0 + 52.0]);
    }

    #[test]
    fn without_borders_a_slanting_edge_leaves_no_crack() {
        let triangle = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| json!({ "rings": [[a, b, c, a]] });
        let (far, high) = (1_000_000.1, 2_000_000.3);
        let input = triangle([far, high], [far + 3.0, high + 70.0], [far + 71.0, high + 1.0]);
        let over = triangle([far + 20.0, high + 5.0], [far + 33.0, high + 90.0], [far + 90.0, high - 5.0]);
        let one = |shape: Value| set("Polygon", 5070, &[(json!({ "NAME": "x" }), shape)]);
        let made = update(one(input.clone()), one(over.clone()), "NO_BORDERS");
        assert_eq!(made.features.features.len(), 1);
        let both = run(
            "Dissolve",
            &json!({ "Input_Features": {
            "geometryType": "esriGeometryPolygon", "fields": [],
            "features": [{ "geometry": input }, { "geometry": over }],
        } }),
        )
        .unwrap();
        let outline = |run: &Run| match run.geometry(0) {
            gp_esri::Geometry::Polygon(rings) => gp_geometry::length(rings),
            _ => 0.0,
        };
        assert!((outline(&made) - outline(&both)).abs() < 1e-6);
    }

    #[test]
    fn fields_are_matched_by_name_and_what_does_not_fit_is_null() {
        let input = set("Polygon", 5070, &[(json!({ "NAME": "a", "POP": 5 }), square(0.0, 0.0, 10.0))]);
        let updates =
            set("Polygon", 5070, &[(json!({ "name": 7, "pop": 2.5, "MORE": 1 }), square(5.0, 0.0, 2.0))]);
        let made = update(input, updates, "BORDERS");
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP"]);
        assert_eq!(made.column("NAME"), ["a", "null"]);
        assert_eq!(made.column("POP"), ["5", "2.5"]);
        assert_eq!(made.features.fields[2].field_type, FieldType::Double);
        assert!(made.warnings.iter().any(|text| text.contains("NAME")), "{:?}", made.warnings);
    }

    #[test]
    fn empty_layers_and_null_geometry_are_no_trouble() {
        let (a, empty) = (fields("a", &[0.0], 10.0), set("Polygon", 5070, &[]));
        for borders in ["BORDERS", "NO_BORDERS"] {
            assert_eq!(update(a.clone(), empty.clone(), borders).column("NAME"), ["a1"]);
            assert_eq!(areas(&update(empty.clone(), a.clone(), borders)), [100.0]);
            let nothing = set("Polygon", 5070, &[(json!({ "NAME": "x" }), Value::Null)]);
            assert_eq!(update(nothing, a.clone(), borders).features.features.len(), 1);
        }
    }
}
