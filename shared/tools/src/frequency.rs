//! Frequency: how often each combination of values is there.
//!
//! **Method.** Rows are grouped by the values of the frequency fields; the summary fields are added up in each group.
//!
//! **Inputs.** A table, or features, whose geometry counts for nothing. Null is a value like any other in a frequency
//! field and adds nothing to a sum. Text is compared with regard to case.
//!
//! **Spatial reference and units.** None.
//!
//! **Output.** A table with a row for each combination, ordered by the values, nulls first: `FREQUENCY` (the number of
//! rows), the frequency fields, then the sums under the names of their fields; a sum of nulls alone is null.
//!
//! **Errors.** A field that is not there, a summary field without numbers.

use crate::groups::{columns_of, groups_with_progress};
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Feature, Field};

/// Counts combinations of values.
pub(crate) struct Frequency;

/// What Frequency takes.
#[derive(Inputs)]
pub(crate) struct FrequencyInputs {
    /// The rows to be counted.
    input_table: RecordSet,
    /// The fields whose combinations of values are counted.
    #[parameter(depends_on = "Input_Table")]
    frequency_fields: Vec<Field>,
    /// Fields of numbers to be added up for each combination.
    #[parameter(depends_on = "Input_Table")]
    summary_fields: Option<Vec<Field>>,
}

/// What Frequency gives.
#[derive(Outputs)]
pub(crate) struct FrequencyOutputs {
    /// A row for each combination of values.
    output_table: RecordSet,
}

impl Tool for Frequency {
    const NAME: &'static str = "Frequency";
    const DESCRIPTION: &'static str =
        "Counts how often each combination of values is there, and adds up other fields.";
    const TOOLSET: &'static str = "Statistics";
    type Inputs = FrequencyInputs;
    type Outputs = FrequencyOutputs;

    fn run(inputs: FrequencyInputs, context: &RunContext) -> Result<FrequencyOutputs, ToolError> {
        let RecordSet(set) = inputs.input_table;
        let columns = columns_of(&set, &inputs.frequency_fields, "Frequency_Fields")?;
        let summary_fields = inputs.summary_fields.as_deref().unwrap_or_default();
        let sums = Statistics::sums(summary_fields, &set, "Summary_Fields")?;
        let values = Carried::of(&set, columns.clone());
        let mut table = Table::new(None, None);
        table.add_integer("FREQUENCY");
        table.add_carried(&values);
        sums.add_fields(&mut table);
        for rows in groups_with_progress(&set, &columns, context)? {
            context.check()?;
            let members: Vec<&Feature> = rows.iter().map(|row| &set.features[*row]).collect();
            let frequency = std::iter::once(Attribute::Integer(rows.len() as i64));
            table.push(frequency.chain(values.values(members[0])).chain(sums.values(&members)), None);
        }
        Ok(FrequencyOutputs { output_table: RecordSet(table.finish()) })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set};
    use serde_json::{Value, json};

    fn frequency(more: Value) -> Result<Run, String> {
        let row = |kind: Value, year: i64, cost: Value| {
            (json!({ "KIND": kind, "YEAR": year, "COST": cost }), Value::Null)
        };
        let rows = [
            row(json!("oak"), 2020, json!(1.5)),
            row(json!("elm"), 2020, json!(2.0)),
            row(json!("oak"), 2021, json!(4.0)),
            row(json!("oak"), 2020, json!(8.0)),
            row(Value::Null, 2020, Value::Null),
        ];
        let mut parameters = json!({ "Input_Table": set("Point", 4326, &rows) });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Frequency", &parameters)
    }

    #[test]
    fn each_combination_is_counted_and_summed_under_the_fields_own_name() {
        let made =
            frequency(json!({ "Frequency_Fields": ["KIND", "YEAR"], "Summary_Fields": ["COST"] })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "FREQUENCY", "KIND", "YEAR", "COST"]);
        assert_eq!(made.column("KIND"), ["null", "elm", "oak", "oak"]);
        assert_eq!(made.column("YEAR"), ["2020", "2020", "2020", "2021"]);
        assert_eq!(made.column("FREQUENCY"), ["1", "1", "2", "1"]);
        assert_eq!(made.column("COST"), ["null", "2", "9.5", "4"]);
    }

    #[test]
    fn a_field_that_is_summed_and_counted_gets_a_number() {
        let made = frequency(json!({ "Frequency_Fields": "YEAR", "Summary_Fields": "YEAR" })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "FREQUENCY", "YEAR", "YEAR_1"]);
        assert_eq!(made.column("YEAR_1"), ["8080", "2021"]);
    }

    #[test]
    fn a_field_without_numbers_or_that_is_not_there_is_refused() {
        let wrong = frequency(json!({ "Frequency_Fields": "YEAR", "Summary_Fields": "KIND" })).err().unwrap();
        assert_eq!(wrong, "Summary_Fields: SUM needs a field of numbers, and KIND has none");
        assert!(
            frequency(json!({ "Frequency_Fields": "X" })).err().unwrap().starts_with("Frequency_Fields: ")
        );
    }

    #[test]
    fn no_rows_make_no_combinations() {
        let empty = set("Point", 4326, &[]);
        let made =
            run("Frequency", &json!({ "Input_Table": empty, "Frequency_Fields": "OBJECTID" })).unwrap();
        assert!(made.features.features.is_empty());
        assert_eq!(made.names(), ["OBJECTID", "FREQUENCY", "OBJECTID_1"]);
    }
}
