//! Where clauses: which rows of an input meet one.

use crate::each::{each, warn_of_rows};
use gp_core::{RunContext, SqlExpression, ToolError};
use gp_esri::FeatureSet;
use gp_sql::{Expression, SqlError};

/// Whether each row meets the clause; unknown, because of a null, is no. A row with a value that the clause cannot be
/// computed with, such as a text that is cast to a number, does not meet it, and a warning names these rows.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter` when the clause cannot be read, names an unknown field, or cannot
/// be computed for any row.
pub(crate) fn rows_that_meet(
    clause: &SqlExpression,
    set: &FeatureSet,
    parameter: &str,
    context: &RunContext,
) -> Result<Vec<bool>, ToolError> {
    let wrong = |error: SqlError| ToolError::invalid(parameter, error.to_string());
    let clause = Expression::parse(&clause.0).map_err(wrong)?;
    let clause = clause.bind_at(&set.fields, context.environment().now_ms).map_err(wrong)?;
    let met = each(context, set.features.len(), "Choosing", |row| {
        Ok(Some(clause.matches(&set.features[row].attributes)))
    })?;
    let (mut is_met, mut failed, mut first_error) = (Vec::with_capacity(met.len()), Vec::new(), None);
    for (row, met) in met.into_iter().enumerate() {
        is_met.push(matches!(met, Some(Ok(true))));
        if let Some(Err(error)) = met {
            failed.push(row);
            first_error.get_or_insert(error);
        }
    }
    if let Some(error) = first_error {
        // A single bad value must not cost a large job; where no value is any good, the clause is the wrong one.
        if failed.len() == set.features.len() {
            return Err(wrong(error));
        }
        let what = format!(
            "have a value with which {parameter} cannot be computed, so they do not meet it: {error}"
        );
        warn_of_rows(&failed, set, &what, context);
    }
    Ok(is_met)
}
