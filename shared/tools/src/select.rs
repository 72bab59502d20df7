//! Select: the features that please a where clause.
//!
//! **Method.** The clause is SQL as ArcGIS's standardized queries have it (`gp_sql`), evaluated row by row; a row for
//! which it is neither true nor false, because of a null, is not selected. A row with a value that the clause cannot be
//! computed with, such as a text that is cast to a number, is not selected either, with a warning.
//!
//! **Inputs.** Features of any geometry type; rows without geometry can be selected. Z and m stay.
//!
//! **Spatial reference and units.** Those of the input.
//!
//! **Output.** The chosen rows with all fields and their object ids, in the order of the input.
//!
//! **Errors.** A clause that cannot be read, names an unknown field, or cannot be computed for any row.

use crate::clause::rows_that_meet;
use crate::table::ensure_object_ids;
use gp_core::{Inputs, Outputs, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::FeatureSet;

/// Chooses features by their attributes.
pub(crate) struct Select;

/// What Select takes.
#[derive(Inputs)]
pub(crate) struct SelectInputs {
    /// The features to choose from.
    input_features: FeatureSet,
    /// The condition, such as POP > 1000000 AND NAME LIKE 'San %'. Without one, every feature is chosen.
    #[parameter(depends_on = "Input_Features")]
    where_clause: Option<SqlExpression>,
}

/// What Select gives.
#[derive(Outputs)]
pub(crate) struct SelectOutputs {
    /// The chosen features.
    output_features: FeatureSet,
}

impl Tool for Select {
    const NAME: &'static str = "Select";
    const DESCRIPTION: &'static str = "Chooses the features whose attributes please a where clause.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = SelectInputs;
    type Outputs = SelectOutputs;

    fn run(inputs: SelectInputs, context: &RunContext) -> Result<SelectOutputs, ToolError> {
        let mut features = inputs.input_features;
        ensure_object_ids(&mut features);
        if let Some(clause) = inputs.where_clause {
            let is_chosen = rows_that_meet(&clause, &features, "Where_Clause", context)?;
            let mut is_chosen = is_chosen.into_iter();
            features.features.retain(|_| is_chosen.next().unwrap_or(false));
        }
        Ok(SelectOutputs { output_features: features })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set};
    use serde_json::{Value, json};

    fn select(clause: &str) -> Result<Run, String> {
        let rows =
            [("a", 1, json!({ "x": 1, "y": 1 })), ("b", 5, Value::Null), ("c", 9, json!({ "x": 2, "y": 2 }))];
        let rows = rows.map(|(name, pop, geometry)| (json!({ "NAME": name, "POP": pop }), geometry));
        run("Select", &json!({ "Input_Features": set("Point", 4326, &rows), "Where_Clause": clause }))
    }

    #[test]
    fn rows_that_please_the_clause_come_whole_and_in_order() {
        let chosen = select("POP >= 5 OR NAME = 'z'").unwrap();
        assert_eq!(chosen.column("OBJECTID"), ["20", "30"]);
        assert!(chosen.features.features[0].geometry.is_none());
        assert_eq!(select("").unwrap().features.features.len(), 3);
    }

    #[test]
    fn a_value_that_cannot_be_cast_costs_only_its_row() {
        let rows = [("7", Value::Null), ("none", Value::Null), ("9", Value::Null)];
        let rows = rows.map(|(code, geometry)| (json!({ "CODE": code }), geometry));
        let select = |clause: &str| {
            run("Select", &json!({ "Input_Features": set("Point", 4326, &rows), "Where_Clause": clause }))
        };
        let chosen = select("CAST(CODE AS INTEGER) > 7").unwrap();
        assert_eq!(chosen.column("OBJECTID"), ["30"]);
        assert!(chosen.warnings.iter().any(|text| text.contains("(object ids 20)")), "{:?}", chosen.warnings);
        let error = select("CAST(CODE || 'x' AS INTEGER) > 7").err().unwrap();
        assert!(error.starts_with("Where_Clause: "), "{error}");
    }

    #[test]
    fn an_unknown_field_or_a_broken_clause_names_the_parameter() {
        assert!(select("NO = 1").err().unwrap().starts_with("Where_Clause: "));
        assert!(select("POP >").err().unwrap().starts_with("Where_Clause: "));
    }
}
