//! Append: rows of layers after the rows of a target.
//!
//! **Method.** TEST: the fields of every input must be those of the target, with the same types, in any order.
//! NO_TEST: fields of one name, whatever its case, are matched and values brought to the target's type as Calculate Field
//! does: numbers are rounded into whole numbers (halves away from zero), text is read as a number or a date, a date is a
//! number of milliseconds since 1970 or text as `2020-08-02T00:00:00Z`. Other fields of inputs are left out, and fields
//! that an input does not have are null.
//!
//! **Inputs.** A target and layers of the same type of geometry; rows without geometry stay. Z and m that the target
//! does not have are dropped with a warning.
//!
//! **Spatial reference and units.** Inputs are projected to the reference of the target.
//!
//! **Output.** The rows of the target as they are, with their object ids, then those of the inputs in order, with
//! object ids that go on from the greatest. The target itself is a value here, so nothing is changed but the output.
//!
//! **Errors.** With TEST a field that differs, by name; types of geometry that differ. A value that does not fit
//! the field of the target, such as text that is longer, becomes null, with a warning; a warning also names whole numbers
//! that a field of doubles rounds.

use crate::each::{Meter, warn_of_rows};
use crate::fields::{fit, warn_of_rounded};
use crate::reference::{drop_zm, match_reference};
use crate::schema::common_type;
use crate::table::ensure_object_ids;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType};

/// Puts rows after those of a target.
pub(crate) struct Append;

/// What Append takes.
#[derive(Inputs)]
pub(crate) struct AppendInputs {
    /// The layers whose rows are added.
    inputs: Vec<FeatureSet>,
    /// The layer to whose rows they are added.
    target_dataset: FeatureSet,
    /// TEST: the fields of the inputs must be those of the target. NO_TEST: fields are matched by name and values brought to the type of the target.
    #[parameter(default = SchemaType::Test)]
    schema_type: SchemaType,
}

/// What Append gives.
#[derive(Outputs)]
pub(crate) struct AppendOutputs {
    /// The rows of the target, then those of the inputs.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum SchemaType {
    Test,
    NoTest,
}

impl Tool for Append {
    const NAME: &'static str = "Append";
    const DESCRIPTION: &'static str = "Puts the rows of layers after the rows of a target.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = AppendInputs;
    type Outputs = AppendOutputs;

    fn run(inputs: AppendInputs, context: &RunContext) -> Result<AppendOutputs, ToolError> {
        let (mut target, layers) = (inputs.target_dataset, inputs.inputs);
        let own_type = target.geometry_type.filter(|_| !target.features.is_empty());
        if let Some(common) = common_type(own_type, &layers, "Inputs")? {
            target.geometry_type = Some(common);
        }
        if inputs.schema_type == SchemaType::Test {
            for (number, layer) in layers.iter().enumerate() {
                test_schema(&target, layer).map_err(|difference| {
                    let advice = "use NO_TEST to match fields by name";
                    ToolError::invalid("Inputs", format!("value {}: {difference}; {advice}", number + 1))
                })?;
            }
        }
        ensure_object_ids(&mut target);
        for field in target.fields.iter_mut().filter(|field| field.field_type == FieldType::GlobalId) {
            // Added rows may repeat an identifier, so that it is none any more.
            field.field_type = FieldType::Guid;
        }
        let mut next_id = (0..target.features.len()).map(|row| target.oid_of(row)).max().unwrap_or(0);
        let meter = Meter::new(context, layers.iter().map(|layer| layer.features.len()).sum(), "Appending");
        for mut layer in layers {
            match_reference(&target, &mut layer, "Inputs", context)?;
            if (layer.has_z && !target.has_z) || (layer.has_m && !target.has_m) {
                drop_zm(&mut layer, "Inputs", context);
            }
            let columns = columns(&target, &layer);
            let fields: Vec<_> = columns.iter().copied().zip(&target.fields).collect();
            warn_of_rounded(&layer, &fields, context);
            let misfits = add(&mut target, &mut layer, &columns, &mut next_id, &meter)?;
            let what = "have values that do not fit the fields of the target; these are null";
            warn_of_rows(&misfits, &layer, what, context);
        }
        Ok(AppendOutputs { output_features: target })
    }
}

/// The first difference of the fields, as a sentence.
fn test_schema(target: &FeatureSet, layer: &FeatureSet) -> Result<(), String> {
    let is_own = |field: &&Field| {
        !matches!(field.field_type, FieldType::Oid | FieldType::Geometry | FieldType::GlobalId)
    };
    for field in target.fields.iter().filter(is_own) {
        match layer.field_index(&field.name).map(|column| layer.fields[column].field_type) {
            None => return Err(format!("the field {} of the target is missing", field.name)),
            Some(found) if found != field.field_type => {
                let (found, expected) = (found.name(), field.field_type.name());
                return Err(format!("the field {} is {found}, but {expected} in the target", field.name));
            }
            Some(_) => {}
        }
    }
    match layer.fields.iter().filter(is_own).find(|field| target.field_index(&field.name).is_none()) {
        Some(extra) => Err(format!("the field {} is not in the target", extra.name)),
        None => Ok(()),
    }
}

/// The column of the layer for each of the target.
fn columns(target: &FeatureSet, layer: &FeatureSet) -> Vec<Option<usize>> {
    target.fields.iter().map(|field| layer.field_index(&field.name)).collect()
}

/// Moves the rows of a layer into the target; says which have values that do not fit.
///
/// # Errors
/// The run was stopped.
fn add(
    target: &mut FeatureSet,
    layer: &mut FeatureSet,
    columns: &[Option<usize>],
    next_id: &mut i64,
    meter: &Meter<'_>,
) -> Result<Vec<usize>, ToolError> {
    let mut misfits = Vec::new();
    target.features.reserve(layer.features.len());
    for (row, feature) in layer.features.iter_mut().enumerate() {
        meter.step()?;
        let mut fits = true;
        let mut attributes = Vec::with_capacity(target.fields.len());
        for (field, column) in target.fields.iter().zip(columns) {
            if field.field_type == FieldType::Oid {
                *next_id = next_id.saturating_add(1);
                attributes.push(Attribute::Integer(*next_id));
                continue;
            }
            // Values are copied: a warning may still have to name the row by its object id.
            let value = column.and_then(|column| feature.attributes.get(column)).cloned();
            let from = column.map_or(field.field_type, |column| layer.fields[column].field_type);
            let converted = fit(value.unwrap_or(Attribute::Null), from, field);
            fits &= converted.is_some();
            attributes.push(converted.unwrap_or(Attribute::Null));
        }
        if !fits {
            misfits.push(row);
        }
        target.features.push(Feature { attributes, geometry: feature.geometry.take() });
    }
    Ok(misfits)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "positions and areas of these shapes are exact")]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::Geometry;
    use serde_json::{Value, json};

    fn append(layers: &[Value], target: &Value, schema: &str) -> Result<Run, String> {
        run("Append", &json!({ "Inputs": layers, "Target_Dataset": target, "Schema_Type": schema }))
    }

    fn points(rows: &[(Value, f64)]) -> Value {
        let rows: Vec<(Value, Value)> =
            rows.iter().map(|(attributes, x)| (attributes.clone(), json!({ "x": x, "y": 0 }))).collect();
        set("Point", 5070, &rows)
    }

    #[test]
    fn rows_come_after_those_of_the_target_with_new_object_ids() {
        let target = points(&[(json!({ "NAME": "a" }), 0.0), (json!({ "NAME": "b" }), 1.0)]);
        let made = append(
            &[points(&[(json!({ "name": "c" }), 2.0)]), points(&[(json!({ "NAME": "d" }), 3.0)])],
            &target,
            "TEST",
        )
        .unwrap();
        assert_eq!(made.column("OBJECTID"), ["10", "20", "21", "22"]);
        assert_eq!(made.column("NAME"), ["a", "b", "c", "d"]);
        assert!(matches!(made.geometry(3), Geometry::Point(point) if point.xy == [3.0, 0.0]));
    }

    #[test]
    fn a_schema_that_differs_is_refused_by_the_name_of_the_field() {
        let target = points(&[(json!({ "NAME": "a", "POP": 1 }), 0.0)]);
        let error =
            |attributes: Value| append(&[points(&[(attributes, 1.0)])], &target, "TEST").err().unwrap();
        assert!(error(json!({ "NAME": "c" })).contains("POP"));
        assert!(error(json!({ "NAME": "c", "POP": 1.5 })).contains("esriFieldTypeDouble"));
        let error = error(json!({ "NAME": "c", "POP": 1, "MORE": 2 }));
        assert!(error.starts_with("Inputs: value 1") && error.contains("MORE"), "{error}");
    }

    #[test]
    fn without_a_test_fields_match_by_name_and_misfits_are_null_with_a_warning() {
        let target = points(&[(json!({ "NAME": "a", "POP": 1 }), 0.0)]);
        let other =
            points(&[(json!({ "POP": "12", "MORE": 2 }), 1.0), (json!({ "POP": "many", "MORE": 2 }), 2.0)]);
        let made = append(&[other], &target, "NO_TEST").unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP"]);
        assert_eq!(made.column("POP"), ["1", "12", "null"]);
        assert_eq!(made.column("NAME"), ["a", "null", "null"]);
        assert!(made.warnings[0].contains("object ids 20"), "{:?}", made.warnings);
    }

    #[test]
    fn numbers_are_rounded_as_calculate_field_does_and_text_that_is_too_long_is_null() {
        let mut target = points(&[(json!({ "NAME": "a", "POP": 1 }), 0.0)]);
        target["fields"][1]["length"] = json!(3);
        let other = points(&[
            (json!({ "NAME": "four", "POP": 7.5 }), 1.0),
            (json!({ "NAME": "two", "POP": 2.0 }), 1.0),
        ]);
        let made = append(&[other], &target, "NO_TEST").unwrap();
        assert_eq!(made.column("POP"), ["1", "8", "2"]);
        assert_eq!(made.column("NAME"), ["a", "null", "two"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
    }

    #[test]
    fn z_that_the_target_does_not_have_is_dropped_and_references_are_matched() {
        let mut other = set("Point", 4326, &[(json!({}), json!({ "x": 1, "y": 0, "z": 3 }))]);
        other["hasZ"] = json!(true);
        let target = set("Point", 3857, &[(json!({}), json!({ "x": 0, "y": 0 }))]);
        let made = append(&[other], &target, "TEST").unwrap();
        let Geometry::Point(point) = made.geometry(1) else { panic!("no point") };
        assert!((point.xy[0] - 111_319.490_793).abs() < 1e-3 && point.z.is_none());
        assert!(made.warnings[0].contains("z and m are dropped"), "{:?}", made.warnings);
    }

    #[test]
    fn types_of_geometry_must_agree_and_a_target_may_be_empty() {
        let polygons = set("Polygon", 5070, &[(json!({ "A": 1 }), square(0.0, 0.0, 1.0))]);
        let target = points(&[(json!({ "A": 1 }), 0.0)]);
        assert!(append(std::slice::from_ref(&polygons), &target, "TEST").err().unwrap().contains("Inputs"));
        let mut empty = set("Polygon", 5070, &[]);
        empty["fields"] = polygons["fields"].clone();
        let made = append(&[polygons], &empty, "TEST").unwrap();
        assert_eq!((made.column("OBJECTID"), made.column("A")), (vec!["1".to_owned()], vec!["1".to_owned()]));
    }
}
