//! Select: the features that please a where clause.
//!
//! **Method.** The clause is SQL as ArcGIS's standardized queries have it (`gp_sql`), evaluated row by row; a row for
//! which it is neither true nor false, because of a null, is not selected.
//!
//! **Inputs.** Features of any geometry type; rows without geometry can be selected. Z and m stay.
//!
//! **Spatial reference and units.** Those of the input.
//!
//! **Output.** The chosen rows with all fields and their object ids, in the order of the input.
//!
//! **Errors.** A clause that cannot be read, names an unknown field, or compares what cannot be compared.

use crate::table::ensure_object_ids;
use gp_core::{Inputs, Outputs, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::FeatureSet;
use gp_sql::Expression;

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
        let Some(SqlExpression(text)) = inputs.where_clause else {
            return Ok(SelectOutputs { output_features: features });
        };
        let wrong = |error: gp_sql::SqlError| ToolError::invalid("Where_Clause", error.to_string());
        let clause = Expression::parse(&text).map_err(wrong)?;
        let clause = clause.bind_at(&features.fields, context.environment().now_ms).map_err(wrong)?;
        let mut chosen = Vec::new();
        for feature in std::mem::take(&mut features.features) {
            context.check()?;
            if clause.matches(&feature.attributes).map_err(wrong)? {
                chosen.push(feature);
            }
        }
        features.features = chosen;
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
    fn an_unknown_field_or_a_broken_clause_names_the_parameter() {
        assert!(select("NO = 1").err().unwrap().starts_with("Where_Clause: "));
        assert!(select("POP >").err().unwrap().starts_with("Where_Clause: "));
    }
}
