//! Summary Statistics: figures of a table, for all of its rows or for each group of equal values.
//!
//! **Method.** Rows are grouped by the values of the case fields. Each field is read once; sums are compensated, so that
//! small numbers are not lost beside large ones, and the spread is taken from the running mean.
//!
//! **Inputs.** A table, or features, whose geometry counts for nothing. Nulls take no part in a statistic; as the value
//! of a case field null is a group of its own. Text is compared with regard to case.
//!
//! **Spatial reference and units.** None. Figures are in the units of their fields.
//!
//! **Output.** A table with a row for each group, ordered by the values of the case fields, nulls first: the case
//! fields, `FREQUENCY` (the number of rows), then the statistics, such as `SUM_POP`. STD and VARIANCE are those of a
//! sample, divided by n − 1, and null of a single value. Of several equally frequent values MODE is the least. A table
//! without rows gives one without rows.
//!
//! **Errors.** No statistic at all, a field or statistic that is not there, a statistic that needs numbers.

use crate::groups::{columns_of, groups_with_progress};
use crate::statistics::Statistics;
use crate::table::{Carried, Table};
use gp_core::{Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, Feature, Field};

/// Computes figures of groups of rows.
pub(crate) struct SummaryStatistics;

/// What Summary Statistics takes.
#[derive(Inputs)]
pub(crate) struct SummaryStatisticsInputs {
    /// The rows to be summarised.
    input_table: RecordSet,
    /// What to compute: POP SUM, or several as POP SUM;POP MEAN. SUM, MEAN, MIN, MAX, RANGE, STD, VARIANCE, MEDIAN, COUNT, UNIQUE, FIRST, LAST, MODE, CONCATENATE.
    #[parameter(depends_on = "Input_Table")]
    statistics_fields: Vec<String>,
    /// The fields whose values make the groups. Without any, all rows are one group.
    #[parameter(depends_on = "Input_Table")]
    case_fields: Option<Vec<Field>>,
    /// What stands between the values of the statistic CONCATENATE. Without it nothing does.
    concatenation_separator: Option<String>,
}

/// What Summary Statistics gives.
#[derive(Outputs)]
pub(crate) struct SummaryStatisticsOutputs {
    /// The figures, a row for each group.
    output_table: RecordSet,
}

impl Tool for SummaryStatistics {
    const NAME: &'static str = "Statistics";
    const DESCRIPTION: &'static str =
        "Computes statistics of fields, for all rows or for groups of equal values.";
    const TOOLSET: &'static str = "Statistics";
    type Inputs = SummaryStatisticsInputs;
    type Outputs = SummaryStatisticsOutputs;

    fn run(
        inputs: SummaryStatisticsInputs,
        context: &RunContext,
    ) -> Result<SummaryStatisticsOutputs, ToolError> {
        let RecordSet(set) = inputs.input_table;
        let columns = columns_of(&set, inputs.case_fields.as_deref().unwrap_or_default(), "Case_Fields")?;
        let statistics = Statistics::read(&inputs.statistics_fields, &set, "Statistics_Fields")?
            .with_separator(inputs.concatenation_separator.unwrap_or_default());
        let mut table = Table::new(None, None);
        let cases = Carried::of(&set, columns.clone());
        table.add_carried(&cases);
        table.add_integer("FREQUENCY");
        statistics.add_fields(&mut table);
        for rows in groups_with_progress(&set, &columns, context)? {
            context.check()?;
            let members: Vec<&Feature> = rows.iter().map(|row| &set.features[*row]).collect();
            let frequency = Attribute::Integer(rows.len() as i64);
            table.push(cases.values(members[0]).chain([frequency]).chain(statistics.values(&members)), None);
        }
        Ok(SummaryStatisticsOutputs { output_table: RecordSet(table.finish()) })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run};
    use serde_json::{Value, json};

    fn table() -> Value {
        let rows = [
            (json!("b"), json!(1), json!(0.1)),
            (json!("a"), json!(2), json!(0.2)),
            (json!("b"), Value::Null, json!(0.3)),
            (Value::Null, json!(8), json!(0.4)),
            (json!("b"), json!(4), Value::Null),
        ];
        let features: Vec<Value> = rows
            .iter()
            .enumerate()
            .map(|(id, (name, pop, rate))| {
                json!({ "attributes": { "OBJECTID": id + 1, "NAME": name, "POP": pop, "RATE": rate } })
            })
            .collect();
        json!({
            "fields": [
                { "name": "OBJECTID", "type": "esriFieldTypeOID" }, { "name": "NAME", "type": "esriFieldTypeString" },
                { "name": "POP", "type": "esriFieldTypeInteger" }, { "name": "RATE", "type": "esriFieldTypeDouble" },
            ],
            "features": features,
        })
    }

    fn statistics(more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Table": table() });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Statistics", &parameters)
    }

    #[test]
    fn groups_have_a_frequency_and_statistics_without_nulls() {
        let more = json!({ "Case_Fields": "NAME", "Statistics_Fields": "POP SUM;POP COUNT;RATE MEAN" });
        let made = statistics(more).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "FREQUENCY", "SUM_POP", "COUNT_POP", "MEAN_RATE"]);
        assert_eq!(made.column("NAME"), ["null", "a", "b"]);
        assert_eq!(made.column("FREQUENCY"), ["1", "1", "3"]);
        assert_eq!(made.column("SUM_POP"), ["8", "2", "5"]);
        assert_eq!(made.column("COUNT_POP"), ["1", "1", "2"]);
        assert_eq!(made.column("MEAN_RATE"), ["0.4", "0.2", "0.2"]);
    }

    #[test]
    fn without_case_fields_all_rows_are_one_group() {
        let more = json!({
            "Statistics_Fields": ["OBJECTID MAX", "NAME CONCATENATE", "POP STD"], "Concatenation_Separator": "/",
        });
        let made = statistics(more).unwrap();
        assert_eq!(made.column("FREQUENCY"), ["5"]);
        assert_eq!(made.column("MAX_OBJECTID"), ["5"]);
        assert_eq!(made.column("CONCATENATE_NAME"), ["b/a/b/b"]);
        let std: f64 = made.column("STD_POP")[0].parse().unwrap();
        assert!((std - 3.095_695_936_834_452_f64).abs() < 1e-12);
    }

    #[test]
    fn a_table_without_rows_gives_one_without_rows() {
        let empty = json!({ "fields": [{ "name": "POP", "type": "esriFieldTypeInteger" }], "features": [] });
        let made =
            run("Statistics", &json!({ "Input_Table": empty, "Statistics_Fields": "POP SUM" })).unwrap();
        assert!(made.features.features.is_empty());
        assert_eq!(made.names(), ["OBJECTID", "FREQUENCY", "SUM_POP"]);
    }

    #[test]
    fn a_wrong_field_or_statistic_names_its_parameter() {
        let wrong = |more: Value| statistics(more).err().unwrap();
        assert!(wrong(json!({ "Statistics_Fields": "X SUM" })).starts_with("Statistics_Fields: "));
        let case = json!({ "Statistics_Fields": "POP SUM", "Case_Fields": "X" });
        assert!(wrong(case).starts_with("Case_Fields: "));
        assert!(wrong(json!({})).contains("Value is required"));
    }
}
