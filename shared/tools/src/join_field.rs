//! Join Field: columns of another table, by equal values of a field.
//!
//! **Method.** The rows of the join table are put into a hash table by the value of their field; of several rows with
//! one value the first counts, as in ArcGIS. Each row of the input is looked up once.
//!
//! **Inputs.** Features of any geometry type, or rows without geometry, and a table. Numbers match equal numbers,
//! whatever the types of their fields; text matches exactly, with regard to case and blanks. Null matches nothing. Z and
//! m stay.
//!
//! **Spatial reference and units.** Those of the input.
//!
//! **Output.** All rows of the input with their fields and object ids, in its order, then the transferred fields, whose
//! values are null where nothing matched. A name that is taken gets a number (`NAME_1`). A message tells how many rows
//! had a match.
//!
//! **Errors.** A field that is not there, a field of text to be matched with one of numbers.

use crate::each::Meter;
use crate::groups::{column_of, columns_of};
use crate::keys::Key;
use crate::table::{Carried, carried_field, ensure_object_ids, free_name};
use gp_core::{Inputs, MessageLevel, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Feature, FeatureSet, Field};
use rayon::prelude::*;
use std::collections::HashMap;

/// Joins columns by equal values.
pub(crate) struct JoinField;

/// What Join Field takes.
#[derive(Inputs)]
pub(crate) struct JoinFieldInputs {
    /// The features or rows that get fields.
    input_table: FeatureSet,
    /// The field of the input whose values are looked up.
    #[parameter(depends_on = "Input_Table")]
    input_join_field: Field,
    /// The table that has the fields.
    join_table: RecordSet,
    /// The field of the join table in which they are looked up.
    #[parameter(depends_on = "Join_Table")]
    join_table_field: Field,
    /// The fields to be transferred. Without any, all but the object id are.
    #[parameter(depends_on = "Join_Table")]
    transfer_fields: Option<Vec<Field>>,
}

/// What Join Field gives.
#[derive(Outputs)]
pub(crate) struct JoinFieldOutputs {
    /// The input with the transferred fields.
    output_features: FeatureSet,
}

impl Tool for JoinField {
    const NAME: &'static str = "JoinField";
    const DESCRIPTION: &'static str = "Adds fields of another table to rows with equal values of a field.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = JoinFieldInputs;
    type Outputs = JoinFieldOutputs;

    fn run(inputs: JoinFieldInputs, context: &RunContext) -> Result<JoinFieldOutputs, ToolError> {
        let JoinFieldInputs { input_table: mut features, join_table: RecordSet(join), .. } = inputs;
        ensure_object_ids(&mut features);
        let column = column_of(&features, &inputs.input_join_field, "Input_Join_Field")?;
        let join_column = column_of(&join, &inputs.join_table_field, "Join_Table_Field")?;
        let (field, join_field) = (&features.fields[column], &join.fields[join_column]);
        if field.field_type.is_numeric() != join_field.field_type.is_numeric() {
            let reason = format!(
                "{} of the join table and {} of the input can have no value in common, because only one of them has \
                 numbers; choose fields of one kind",
                join_field.name, field.name
            );
            return Err(ToolError::invalid("Join_Table_Field", reason));
        }
        let carried = match inputs.transfer_fields.as_deref() {
            Some(fields) if !fields.is_empty() => {
                Carried::of(&join, columns_of(&join, fields, "Transfer_Fields")?)
            }
            _ => Carried::all(&join),
        };
        let (rows_by_key, repeated) = rows_by_key(&join, join_column);
        let meter = Meter::new(context, features.features.len(), "Joining");
        let join_row = |feature: &mut Feature| {
            meter.step()?;
            let key = Key::of(feature.attributes.get(column));
            let found = rows_by_key.get(&key).map(|row| &join.features[*row]);
            feature.attributes.extend(carried.values_or_nulls(found));
            Ok(usize::from(found.is_some()))
        };
        let matched: Result<usize, ToolError> = features.features.par_iter_mut().map(join_row).sum();
        let matched = matched?;
        for field in carried.fields() {
            let name = free_name(&features, field.name.clone());
            features.fields.push(Field { name, ..carried_field(field) });
        }
        tell(matched, features.features.len(), repeated, context);
        Ok(JoinFieldOutputs { output_features: features })
    }
}

/// The first row of each value, and how many rows come after a first. Nulls are no values.
fn rows_by_key(set: &FeatureSet, column: usize) -> (HashMap<Key<'_>, usize>, usize) {
    let mut rows: HashMap<Key<'_>, usize> = HashMap::with_capacity(set.features.len());
    let mut repeated = 0;
    for (row, feature) in set.features.iter().enumerate() {
        let key = Key::of(feature.attributes.get(column));
        if key == Key::Null {
            continue;
        }
        let first = *rows.entry(key).or_insert(row);
        repeated += usize::from(first != row);
    }
    (rows, repeated)
}

fn tell(matched: usize, count: usize, repeated: usize, context: &RunContext) {
    let mut text = format!("{matched} of {count} rows have a match");
    if repeated > 0 {
        text.push_str(&format!(
            "; {repeated} rows of the join table repeat the value of an earlier one and are not used"
        ));
    }
    if matched == 0 && count > 0 {
        context.warning(text);
    } else {
        context.message(MessageLevel::Info, text);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set};
    use serde_json::{Value, json};

    fn join(more: Value) -> Result<Run, String> {
        let point = |code: Value, name: &str, x: f64| {
            (json!({ "CODE": code, "NAME": name }), json!({ "x": x, "y": 0.0 }))
        };
        let features = [
            point(json!(1), "a", 1.0),
            point(json!(3), "b", 2.0),
            point(Value::Null, "c", 3.0),
            point(json!(2), "x", 4.0),
        ];
        let row = |id: Value, name: Value, size: i64| {
            (json!({ "ID": id, "NAME": name, "SIZE": size }), Value::Null)
        };
        let rows = [
            row(json!(2.0), json!("two"), 20),
            row(json!(1.0), json!("one"), 10),
            row(json!(2.0), json!("again"), 30),
            row(Value::Null, json!("none"), 40),
            row(json!(3.5), Value::Null, 50),
        ];
        let mut parameters = json!({
            "Input_Table": set("Point", 4326, &features), "Join_Table": set("Point", 4326, &rows),
            "Input_Join_Field": "CODE", "Join_Table_Field": "ID",
        });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("JoinField", &parameters)
    }

    #[test]
    fn the_first_match_counts_and_numbers_match_whatever_their_type() {
        let made = join(json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "CODE", "NAME", "ID", "NAME_1", "SIZE"]);
        assert_eq!(made.column("NAME_1"), ["one", "null", "null", "two"]);
        assert_eq!(made.column("SIZE"), ["10", "null", "null", "20"]);
        assert_eq!(made.column("OBJECTID"), ["10", "20", "30", "40"]);
        assert!(made.warnings.iter().any(|text| text.starts_with("2 of 4 rows have a match; 1 rows")));
    }

    #[test]
    fn only_the_chosen_fields_are_transferred_and_geometry_stays() {
        let made = join(json!({ "Transfer_Fields": ["SIZE", "OBJECTID"] })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "CODE", "NAME", "SIZE", "OBJECTID_1"]);
        assert_eq!(made.column("OBJECTID_1"), ["20", "null", "null", "10"]);
        assert_eq!(made.geometry(3).envelope().xmin.to_bits(), 4.0_f64.to_bits());
    }

    #[test]
    fn text_matches_exactly_and_never_a_number() {
        let made = join(json!({ "Input_Join_Field": "NAME", "Join_Table_Field": "NAME" })).unwrap();
        assert_eq!(made.column("SIZE"), ["null"; 4]);
        let wrong = join(json!({ "Input_Join_Field": "NAME" })).err().unwrap();
        assert!(wrong.starts_with("Join_Table_Field: ID of the join table and NAME of the input"));
    }

    #[test]
    fn a_field_that_is_not_there_names_its_parameter() {
        assert!(join(json!({ "Input_Join_Field": "X" })).err().unwrap().starts_with("Input_Join_Field: "));
        assert!(join(json!({ "Transfer_Fields": ["X"] })).err().unwrap().starts_with("Transfer_Fields: "));
    }

    #[test]
    fn empty_tables_give_empty_columns() {
        let made =
            join(json!({ "Join_Table": set("Point", 0, &[]), "Join_Table_Field": "OBJECTID" })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "CODE", "NAME"]);
        assert!(join(json!({ "Input_Table": set("Point", 0, &[]), "Input_Join_Field": "OBJECTID" })).is_ok());
    }
}
