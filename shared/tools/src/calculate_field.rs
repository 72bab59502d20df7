//! Calculate Field: a field from an expression over the others.
//!
//! **Method.** The expression is SQL as ArcGIS's standardized queries have it (`gp_sql`), evaluated row by row:
//! arithmetic, text and date functions, CASE, CAST. Of Python and Arcade only the names of fields are understood:
//! `!POP!` and `$feature.POP` mean the column POP. There are no code blocks.
//!
//! **Inputs.** Features of any geometry type, or rows without geometry. Geometry, z and m stay as they are.
//!
//! **Spatial reference and units.** Those of the input. The present day and time are those of the request, in UTC.
//!
//! **Output.** The rows of the input with their fields and object ids, in its order. A field that is there keeps its
//! type; a new one is appended. Values are brought to the type of the field: numbers are rounded into whole numbers
//! (halves away from zero), text is read as a number or a date, dates become text as `2020-08-02T00:00:00Z`, numbers
//! become dates as milliseconds since 1970, a condition is 1 or 0. A value that does not fit, or cannot be computed,
//! becomes null, and a warning names its rows. As in SQL, a division by zero and a function outside of where it is
//! defined are null without one.
//!
//! **Errors.** An expression that cannot be read, names an unknown field or can be computed for no row; a field that
//! cannot be written, such as the object id.

use crate::each::{each, warn_of_rows};
use crate::fields::{column_to_write, fit};
use crate::table::ensure_object_ids;
use gp_core::{Choices, Inputs, Outputs, RunContext, SqlExpression, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, FieldType};
use gp_sql::{Expression, SqlError};

/// Computes a field.
pub(crate) struct CalculateField;

/// What Calculate Field takes.
#[derive(Inputs)]
pub(crate) struct CalculateFieldInputs {
    /// The features or rows whose field is computed.
    input_table: FeatureSet,
    /// The field to be computed. One that is not there is added.
    field_name: String,
    /// The SQL expression, such as POP / AREA_KM2 or UPPER(NAME). Fields may be written as in Python, !POP!, or in Arcade, $feature.POP.
    #[parameter(depends_on = "Input_Table")]
    expression: SqlExpression,
    /// The type of a field that is added: TEXT, SHORT, LONG and BIGINTEGER (whole numbers of 16, 32 and 64 bits), FLOAT, DOUBLE, DATE, DATEONLY, TIMEONLY, TIMESTAMPOFFSET.
    #[parameter(default = NewType::Text)]
    field_type: NewType,
}

/// What Calculate Field gives.
#[derive(Outputs)]
pub(crate) struct CalculateFieldOutputs {
    /// The input with the computed field.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum NewType {
    Text,
    Short,
    Long,
    Biginteger,
    Float,
    Double,
    Date,
    Dateonly,
    Timeonly,
    Timestampoffset,
}

impl NewType {
    fn field_type(self) -> FieldType {
        match self {
            NewType::Text => FieldType::String,
            NewType::Short => FieldType::SmallInteger,
            NewType::Long => FieldType::Integer,
            NewType::Biginteger => FieldType::BigInteger,
            NewType::Float => FieldType::Single,
            NewType::Double => FieldType::Double,
            NewType::Date => FieldType::Date,
            NewType::Dateonly => FieldType::DateOnly,
            NewType::Timeonly => FieldType::TimeOnly,
            NewType::Timestampoffset => FieldType::TimestampOffset,
        }
    }
}

impl Tool for CalculateField {
    const NAME: &'static str = "CalculateField";
    const DESCRIPTION: &'static str = "Computes the values of a field from an expression over other fields.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = CalculateFieldInputs;
    type Outputs = CalculateFieldOutputs;

    fn run(inputs: CalculateFieldInputs, context: &RunContext) -> Result<CalculateFieldOutputs, ToolError> {
        let mut features = inputs.input_table;
        ensure_object_ids(&mut features);
        let expression = Expression::parse(&as_sql(&inputs.expression.0)).map_err(|error| wrong(&error))?;
        let bound = expression
            .bind_at(&features.fields, context.environment().now_ms)
            .map_err(|error| wrong(&error))?;
        let values = each(context, features.features.len(), "Calculating", |row| {
            Ok(Some(bound.typed_value(&features.features[row].attributes)))
        })?;
        let new_type = inputs.field_type.field_type();
        let column = column_to_write(&mut features, inputs.field_name.trim(), new_type, "Field_Name")?;
        let field = features.fields[column].clone();
        let (mut misfits, mut failures, mut first_error) = (Vec::new(), Vec::new(), None);
        for (row, value) in values.into_iter().enumerate() {
            let value = match value.unwrap_or(Ok((Attribute::Null, new_type))) {
                Ok((value, from)) => fit(value, from, &field).unwrap_or_else(|| {
                    misfits.push(row);
                    Attribute::Null
                }),
                Err(error) => {
                    failures.push(row);
                    first_error = first_error.or(Some(error));
                    Attribute::Null
                }
            };
            features.features[row].attributes[column] = value;
        }
        if let Some(error) = first_error {
            if failures.len() == features.features.len() {
                return Err(wrong(&error));
            }
            warn_of_rows(
                &failures,
                &features,
                &format!("have no value, which is null now: {error}"),
                context,
            );
        }
        let what = format!("have a value that {} cannot hold, which is null now", field.name);
        warn_of_rows(&misfits, &features, &what, context);
        Ok(CalculateFieldOutputs { output_features: features })
    }
}

fn wrong(error: &SqlError) -> ToolError {
    ToolError::invalid(
        "Expression",
        format!(
            "{error}. Expressions are SQL, such as POP * 2 or UPPER(NAME); of Python and Arcade only the names of fields \
             are understood, !POP! and $feature.POP"
        ),
    )
}

/// The expression with the names of fields as SQL has them: `!POP!` and `$feature.POP` become `"POP"`. What stands in
/// quotes stays.
fn as_sql(expression: &str) -> String {
    const ARCADE: &str = "$feature.";
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut sql = String::with_capacity(expression.len());
    let mut quote = None;
    let mut rest = expression;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        if quote.is_none() && letter == '!' {
            let name: String = after.chars().take_while(|letter| is_word(*letter)).collect();
            if let (false, Some(after)) = (name.is_empty(), after[name.len()..].strip_prefix('!')) {
                sql.push_str(&format!("\"{name}\""));
                rest = after;
                continue;
            }
        }
        let is_arcade = rest.get(..ARCADE.len()).is_some_and(|start| start.eq_ignore_ascii_case(ARCADE));
        if quote.is_none() && is_arcade {
            let name: String = rest[ARCADE.len()..].chars().take_while(|letter| is_word(*letter)).collect();
            if !name.is_empty() {
                sql.push_str(&format!("\"{name}\""));
                rest = &rest[ARCADE.len() + name.len()..];
                continue;
            }
        }
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            _ => {}
        }
        sql.push(letter);
        rest = after;
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::as_sql;
    use crate::testing::{Run, run, set};
    use serde_json::{Value, json};

    fn calculate(name: &str, expression: &str, field_type: &str) -> Result<Run, String> {
        let row = |name: Value, pop: Value, rate: f64| {
            (json!({ "NAME": name, "POP": pop, "RATE": rate }), json!({ "x": 1.0, "y": 2.0 }))
        };
        let rows = [
            row(json!("12"), json!(7), 0.5),
            row(json!("b"), json!(40_000), 1.5),
            row(json!("4"), Value::Null, 2.5),
        ];
        let parameters = json!({
            "Input_Table": set("Point", 4326, &rows), "Field_Name": name, "Expression": expression,
            "Field_Type": field_type,
        });
        run("CalculateField", &parameters)
    }

    #[test]
    fn a_new_field_is_appended_with_the_type_that_was_asked_for() {
        let made = calculate("DOUBLED", "POP * 2 + RATE", "DOUBLE").unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP", "RATE", "DOUBLED"]);
        assert_eq!(made.column("DOUBLED"), ["14.5", "80001.5", "null"]);
        assert_eq!(made.column("OBJECTID"), ["10", "20", "30"]);
        assert_eq!(calculate("T", "NAME || '!'", "TEXT").unwrap().column("T"), ["12!", "b!", "4!"]);
    }

    #[test]
    fn a_field_that_is_there_keeps_its_type_and_numbers_are_rounded() {
        let made = calculate("pop", "RATE", "TEXT").unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "POP", "RATE"]);
        assert_eq!(made.column("POP"), ["1", "2", "3"]);
    }

    #[test]
    fn a_value_that_does_not_fit_is_null_and_a_warning_names_the_row() {
        let made = calculate("S", "POP", "SHORT").unwrap();
        assert_eq!(made.column("S"), ["7", "null", "null"]);
        assert_eq!(
            made.warnings,
            ["1 features have a value that S cannot hold, which is null now (object ids 20)"]
        );
    }

    #[test]
    fn a_row_that_cannot_be_computed_is_null_unless_none_can() {
        let made = calculate("N", "CAST(NAME AS INTEGER) + 1", "LONG").unwrap();
        assert_eq!(made.column("N"), ["13", "null", "5"]);
        assert!(made.warnings[0].contains("(object ids 20)"), "{:?}", made.warnings);
        let all = calculate("N", "CAST('x' || NAME AS INTEGER)", "LONG").err().unwrap();
        assert!(all.starts_with("Expression: "), "{all}");
    }

    #[test]
    fn dates_are_written_as_their_field_has_them() {
        let ms = calculate("D", "DATE '2024-05-01'", "DATE").unwrap();
        assert_eq!(ms.column("D")[0], "1714521600000");
        let text = calculate("D", "DATE '2024-05-01' + POP", "TEXT").unwrap();
        assert_eq!(text.column("D")[0], "2024-05-08T00:00:00Z");
        let day = calculate("D", "DATE '2024-05-01' + POP", "DATEONLY").unwrap();
        assert_eq!(day.column("D")[0], "2024-05-08");
    }

    #[test]
    fn a_table_without_geometry_is_computed_as_well() {
        let table = json!({
            "fields": [{ "name": "A", "type": "esriFieldTypeInteger" }],
            "features": [{ "attributes": { "A": 2 } }, { "attributes": { "A": 3 } }],
        });
        let parameters =
            json!({ "Input_Table": table, "Field_Name": "B", "Expression": "A * A", "Field_Type": "LONG" });
        let made = run("CalculateField", &parameters).unwrap();
        assert_eq!(
            (made.names(), made.column("B")),
            (vec!["OBJECTID", "A", "B"], vec!["4".into(), "9".into()])
        );
    }

    #[test]
    fn names_of_python_and_arcade_are_understood_and_nothing_else_of_them() {
        assert_eq!(as_sql("!POP! + $feature.Rate <> '!A!'"), "\"POP\" + \"Rate\" <> '!A!'");
        assert_eq!(as_sql("A != B AND C != D"), "A != B AND C != D");
        assert_eq!(as_sql("$feature. + !Größe!"), "$feature. + \"Größe\"");
        let made = calculate("D", "!POP! / $feature.RATE", "DOUBLE").unwrap();
        assert_eq!(made.column("D")[0], "14");
        let python = calculate("D", "!NAME!.upper()", "TEXT").err().unwrap();
        assert!(python.contains("Expressions are SQL"), "{python}");
    }

    #[test]
    fn the_object_id_and_unknown_fields_are_refused() {
        assert!(calculate("OBJECTID", "1", "LONG").err().unwrap().starts_with("Field_Name: "));
        assert!(calculate("A", "X + 1", "LONG").err().unwrap().starts_with("Expression: "));
        let empty = json!({
            "Input_Table": set("Point", 4326, &[]), "Field_Name": "A", "Expression": "1 + 1", "Field_Type": "LONG",
        });
        assert_eq!(run("CalculateField", &empty).unwrap().names(), ["OBJECTID", "A"]);
    }
}
