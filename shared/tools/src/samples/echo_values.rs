//! EchoValues: gives back what it got, a value of every scalar type.
//!
//! **Method.** None: each output is its input.
//!
//! **Inputs.** A value of each type, all optional with defaults, and features that come back as they were read.
//!
//! **Spatial reference and units.** As given.
//!
//! **Output.** `Out_` and the name of the input.
//!
//! **Errors.** None of its own; values that are no values of their type are refused before it runs.

use gp_core::{Choices, Date, Inputs, Outputs, RecordSet, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::{ArealUnit, ArealUnitName, FeatureSet, Field, FieldType, LinearUnit, LinearUnitName};

/// Gives back what it got.
pub(crate) struct EchoValues;

/// What EchoValues takes.
#[derive(Inputs)]
pub(crate) struct EchoValuesInputs {
    /// True or false.
    #[parameter(default = false)]
    boolean: bool,
    /// A whole number.
    #[parameter(default = 0)]
    long: i64,
    /// A number.
    #[parameter(default = 0.0)]
    double: f64,
    /// A text.
    #[parameter(default = String::new())]
    string: String,
    /// One of three texts.
    #[parameter(default = Color::Red)]
    choice: Color,
    /// An instant.
    #[parameter(default = Date { epoch_ms: 0 })]
    date: Date,
    /// A distance.
    #[parameter(default = LinearUnit { distance: 1.0, unit: LinearUnitName::Kilometers })]
    linear_unit: LinearUnit,
    /// An area.
    #[parameter(default = ArealUnit { area: 1.0, unit: ArealUnitName::Hectares })]
    areal_unit: ArealUnit,
    /// Several texts.
    #[parameter(default = vec!["a".to_owned(), "b".to_owned()])]
    multi_string: Vec<String>,
    /// A field.
    #[parameter(default = Field::new("NAME", FieldType::String))]
    field: Field,
    /// A where clause.
    #[parameter(default = SqlExpression("1=1".to_owned()), name = "SQL_Expression", display_name = "SQL Expression")]
    sql_expression: SqlExpression,
    /// Features.
    features: Option<FeatureSet>,
    /// Rows without geometry.
    rows: Option<RecordSet>,
}

/// What EchoValues gives.
#[derive(Outputs)]
pub(crate) struct EchoValuesOutputs {
    /// The input Boolean.
    out_boolean: bool,
    /// The input Long.
    out_long: i64,
    /// The input Double.
    out_double: f64,
    /// The input String.
    out_string: String,
    /// The input Choice.
    out_choice: Color,
    /// The input Date.
    out_date: Date,
    /// The input Linear Unit.
    out_linear_unit: LinearUnit,
    /// The input Areal Unit.
    out_areal_unit: ArealUnit,
    /// The input Multi String.
    out_multi_string: Vec<String>,
    /// The input Field.
    out_field: Field,
    /// The input SQL Expression.
    #[parameter(name = "Out_SQL_Expression", display_name = "Out SQL Expression")]
    out_sql_expression: SqlExpression,
    /// The input Features.
    out_features: Option<FeatureSet>,
    /// The input Rows.
    out_rows: Option<RecordSet>,
}

#[derive(Choices, Clone, Copy)]
enum Color {
    Red,
    Green,
    DarkBlue,
}

impl Tool for EchoValues {
    const NAME: &'static str = "EchoValues";
    const DESCRIPTION: &'static str = "Gives back a value of every type, for trying clients.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = EchoValuesInputs;
    type Outputs = EchoValuesOutputs;

    fn run(inputs: EchoValuesInputs, _: &RunContext) -> Result<EchoValuesOutputs, ToolError> {
        Ok(EchoValuesOutputs {
            out_boolean: inputs.boolean,
            out_long: inputs.long,
            out_double: inputs.double,
            out_string: inputs.string,
            out_choice: inputs.choice,
            out_date: inputs.date,
            out_linear_unit: inputs.linear_unit,
            out_areal_unit: inputs.areal_unit,
            out_multi_string: inputs.multi_string,
            out_field: inputs.field,
            out_sql_expression: inputs.sql_expression,
            out_features: inputs.features,
            out_rows: inputs.rows,
        })
    }
}
