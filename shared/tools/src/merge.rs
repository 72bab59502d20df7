//! Merge: the rows of several layers in one.
//!
//! **Method.** Rows come one layer after the other. Fields of one name, whatever its case, become one field; where
//! their types differ it has the narrowest type that holds the values of both: a wider number, else text. Dates
//! become text as `2020-08-02T00:00:00Z`. Whole numbers beside numbers that are not become doubles, and a warning names
//! those of more than 53 bits, which are rounded.
//!
//! **Inputs.** Layers of one type of geometry; rows without geometry stay. Z and m stay; where only some layers have
//! them the others have none.
//!
//! **Spatial reference and units.** Layers are projected to the reference of the first that has one. Those without a
//! reference are taken to have it too, with a warning.
//!
//! **Output.** All rows in the order of the layers, with object ids counted from 1. The fields of the first layer,
//! then those that only later ones have; a row has null in fields that its layer does not have. ADD_SOURCE_INFO adds
//! `MERGE_SRC`, the layer that a row is from: `Inputs 1`, `Inputs 2` and so on.
//!
//! **Errors.** Layers of different types of geometry, a reference that cannot be projected.

use crate::each::Meter;
use crate::fields::{of_type, warn_of_rounded};
use crate::reference::match_reference;
use crate::schema::{common_type, widest};
use crate::table::Table;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType};

/// Puts layers into one.
pub(crate) struct Merge;

/// What Merge takes.
#[derive(Inputs)]
pub(crate) struct MergeInputs {
    /// The layers to be put together.
    inputs: Vec<FeatureSet>,
    /// ADD_SOURCE_INFO: a field MERGE_SRC with the layer that a row is from. NO_SOURCE_INFO: no such field.
    #[parameter(default = AddSource::NoSourceInfo)]
    add_source: AddSource,
}

/// What Merge gives.
#[derive(Outputs)]
pub(crate) struct MergeOutputs {
    /// The rows of all layers.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum AddSource {
    AddSourceInfo,
    NoSourceInfo,
}

impl Tool for Merge {
    const NAME: &'static str = "Merge";
    const DESCRIPTION: &'static str = "Puts the rows of several layers into one.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = MergeInputs;
    type Outputs = MergeOutputs;

    fn run(inputs: MergeInputs, context: &RunContext) -> Result<MergeOutputs, ToolError> {
        let mut layers = inputs.inputs;
        let geometry_type = common_type(None, &layers, "Inputs")?
            .or_else(|| layers.first().and_then(|layer| layer.geometry_type));
        let spatial_reference = layers.iter().find_map(|layer| layer.spatial_reference.clone());
        let like = FeatureSet { spatial_reference: spatial_reference.clone(), ..FeatureSet::default() };
        for layer in layers.iter_mut().filter(|layer| !layer.features.is_empty()) {
            match_reference(&like, layer, "Inputs", context)?;
            context.check()?;
        }
        let fields = united(&layers);
        let mut table = Table::new(geometry_type, spatial_reference);
        table.keep_zm_of(&FeatureSet {
            has_z: layers.iter().any(|layer| layer.has_z),
            has_m: layers.iter().any(|layer| layer.has_m),
            ..FeatureSet::default()
        });
        fields.iter().for_each(|field| table.add_field(field.clone()));
        let with_source = inputs.add_source == AddSource::AddSourceInfo;
        if with_source {
            table.add_field(Field {
                length: Some(SOURCE_LENGTH),
                ..Field::new("MERGE_SRC", FieldType::String)
            });
        }
        let meter = Meter::new(context, layers.iter().map(|layer| layer.features.len()).sum(), "Merging");
        for (number, layer) in layers.into_iter().enumerate() {
            let source = Attribute::Text(format!("Inputs {}", number + 1).into());
            let columns: Vec<Option<usize>> = fields
                .iter()
                .map(|field| layer.field_index(&field.name).filter(|at| is_carried(&layer.fields[*at])))
                .collect();
            let sources: Vec<_> = columns.iter().copied().zip(&fields).collect();
            warn_of_rounded(&layer, &sources, context);
            for mut feature in layer.features {
                meter.step()?;
                let value = |(field, column): (&Field, &Option<usize>)| {
                    let Some(column) = *column else { return Attribute::Null };
                    let value = feature
                        .attributes
                        .get_mut(column)
                        .map(|value| std::mem::replace(value, Attribute::Null));
                    let from = layer.fields[column].field_type;
                    // The type is wide enough for every value, so nothing is lost here. Texts keep what they have, even
                    // those that are longer than their own field says.
                    of_type(value.unwrap_or(Attribute::Null), from, field.field_type)
                        .unwrap_or(Attribute::Null)
                };
                let mut values: Vec<Attribute> = fields.iter().zip(&columns).map(value).collect();
                if with_source {
                    values.push(source.clone());
                }
                table.push(values, feature.geometry);
            }
        }
        Ok(MergeOutputs { output_features: table.finish() })
    }
}

/// The length of `MERGE_SRC` in ArcGIS.
const SOURCE_LENGTH: u32 = 255;

fn is_carried(field: &Field) -> bool {
    !matches!(field.field_type, FieldType::Oid | FieldType::Geometry)
}

/// The fields of all layers, those of one name as one.
fn united(layers: &[FeatureSet]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for field in layers.iter().flat_map(|layer| &layer.fields).filter(|field| is_carried(field)) {
        let Some(known) = fields.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&field.name)) else {
            // Rows of several layers may repeat an identifier, so that it is none any more.
            let field_type = match field.field_type {
                FieldType::GlobalId => FieldType::Guid,
                other => other,
            };
            fields.push(Field { field_type, ..field.clone() });
            continue;
        };
        let wider = widest(known.field_type, field.field_type);
        // Texts of both must fit; numbers and dates that became text have no known length.
        known.length = match (known.field_type == wider, field.field_type == wider) {
            (true, true) => known.length.zip(field.length).map(|(a, b)| a.max(b)),
            _ => None,
        };
        if known.field_type != wider {
            known.domain = None;
        }
        known.field_type = wider;
    }
    fields
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::{FieldType, Geometry};
    use serde_json::{Value, json};

    fn merge(layers: &[Value], more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Inputs": layers });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Merge", &parameters)
    }

    fn point(x: f64) -> Value {
        json!({ "x": x, "y": 0 })
    }

    #[test]
    fn fields_of_one_name_become_one_and_others_are_null() {
        let a = set("Point", 5070, &[(json!({ "NAME": "a", "POP": 1 }), point(0.0))]);
        let b = set("Point", 5070, &[(json!({ "pop": 2.5, "CODE": "x" }), point(1.0))]);
        let made = merge(&[a, b], json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP", "CODE"]);
        assert_eq!(made.column("OBJECTID"), ["1", "2"]);
        assert_eq!(made.column("NAME"), ["a", "null"]);
        assert_eq!(made.column("POP"), ["1", "2.5"]);
        assert_eq!(made.column("CODE"), ["null", "x"]);
        assert_eq!(made.features.fields[2].field_type, FieldType::Double);
    }

    #[test]
    fn numbers_beside_texts_become_texts_and_the_source_is_named() {
        let a = set("Point", 5070, &[(json!({ "CODE": 7 }), point(0.0))]);
        let b = set("Point", 5070, &[(json!({ "CODE": "x" }), Value::Null)]);
        let made = merge(&[a, b], json!({ "Add_Source": "ADD_SOURCE_INFO" })).unwrap();
        assert_eq!(made.column("CODE"), ["7", "x"]);
        assert_eq!(made.column("MERGE_SRC"), ["Inputs 1", "Inputs 2"]);
        assert!(made.features.features[1].geometry.is_none());
    }

    #[test]
    fn whole_numbers_that_a_double_cannot_hold_are_named() {
        let long = 9_007_199_254_740_993_i64;
        let mut a =
            set("Point", 5070, &[(json!({ "ID": long }), point(0.0)), (json!({ "ID": 7 }), point(0.0))]);
        a["fields"][1]["type"] = json!("esriFieldTypeBigInteger");
        let b = set("Point", 5070, &[(json!({ "ID": 2.5 }), point(0.0))]);
        let made = merge(&[a.clone(), b], json!({})).unwrap();
        let warning =
            "1 features have a whole number that ID cannot hold exactly, so it is rounded (object ids 10)";
        assert_eq!(made.warnings, [warning]);
        let whole = set("Point", 5070, &[(json!({ "ID": 3 }), point(0.0))]);
        let made = merge(&[a, whole], json!({})).unwrap();
        assert_eq!((made.column("ID")[0].clone(), made.warnings.len()), (long.to_string(), 0));
    }

    #[test]
    fn layers_are_brought_to_the_reference_of_the_first() {
        let a = set("Point", 3857, &[(json!({}), point(5.0))]);
        let made = merge(&[a, set("Point", 4326, &[(json!({}), point(1.0))])], json!({})).unwrap();
        assert!(
            matches!(made.geometry(1), Geometry::Point(point) if (point.xy[0] - 111_319.490_793).abs() < 1e-3)
        );
    }

    #[test]
    fn z_of_some_layers_stays_and_the_others_have_none() {
        let mut a = set("Point", 5070, &[(json!({}), json!({ "x": 0, "y": 0, "z": 4 }))]);
        a["hasZ"] = json!(true);
        let made = merge(&[set("Point", 5070, &[(json!({}), point(1.0))]), a], json!({})).unwrap();
        let z = |row: usize| match made.geometry(row) {
            Geometry::Point(point) => point.z,
            _ => panic!("no point"),
        };
        assert_eq!((z(0), z(1)), (None, Some(4.0)));
    }

    #[test]
    fn different_types_of_geometry_are_refused_and_empty_layers_are_welcome() {
        let points = set("Point", 5070, &[(json!({ "A": 1 }), point(0.0))]);
        let polygons = set("Polygon", 5070, &[(json!({ "A": 2 }), square(0.0, 0.0, 1.0))]);
        let error = merge(&[points.clone(), polygons], json!({})).err().unwrap();
        assert!(error.contains("Inputs") && error.contains("value 2"), "{error}");
        let made = merge(&[set("Polygon", 5070, &[]), points], json!({})).unwrap();
        assert_eq!(made.column("A"), ["1"]);
        assert!(merge(&[set("Polygon", 5070, &[])], json!({})).unwrap().features.features.is_empty());
    }
}
