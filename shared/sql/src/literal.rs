//! Constants as written: numbers, text, `DATE '…'`, `TIMESTAMP '…'`, `TIME '…'`.

use sqlparser::ast::{DataType, TypedString, Value as Literal};

use crate::error::SqlError;
use crate::value::{Kind, Value, number_of};

/// The value of a plain literal.
pub(crate) fn literal(value: &Literal) -> Result<Value<'static>, SqlError> {
    match value {
        Literal::Number(text, false) => number(text),
        Literal::SingleQuotedString(text) | Literal::NationalStringLiteral(text) => {
            Ok(Value::text(text.as_str()))
        }
        Literal::Boolean(truth) => Ok(Value::Bool(*truth)),
        Literal::Null => Ok(Value::Null),
        Literal::Placeholder(name) => Err(SqlError::Unsupported(format!(
            "the parameter marker {name} is not supported: write the value itself"
        ))),
        other => Err(SqlError::Unsupported(format!(
            "the literal {other} is not supported: write text in single quotes"
        ))),
    }
}

/// The value of the digits of a number, with or without a leading minus.
pub(crate) fn number(text: &str) -> Result<Value<'static>, SqlError> {
    number_of(text)
        .ok_or_else(|| SqlError::Mismatch(format!("the number {text} is beyond a 64 bit float (1.8e308)")))
}

/// The value of a literal with a type before it.
pub(crate) fn typed(typed: &TypedString) -> Result<Value<'static>, SqlError> {
    let Literal::SingleQuotedString(text) = &typed.value.value else {
        return Err(SqlError::Unsupported(format!(
            "{} must be followed by text in single quotes, as in DATE '2024-05-01'",
            typed.data_type
        )));
    };
    let (kind, example) = match &typed.data_type {
        DataType::Date | DataType::Datetime(_) => {
            (Kind::Date, "DATE '2024-05-01' or DATE '2024-05-01 12:30:00'")
        }
        DataType::Timestamp(..) => (Kind::Date, "TIMESTAMP '2024-05-01 12:30:00'"),
        DataType::Time(..) => (Kind::Time, "TIME '12:30:00'"),
        other => {
            return Err(SqlError::Unsupported(format!(
                "a literal of type {other} is not supported: use DATE, TIMESTAMP, TIME or INTERVAL"
            )));
        }
    };
    Value::of_text(text, kind).ok_or_else(|| {
        let noun = if kind == Kind::Time { "time" } else { "date" };
        SqlError::Mismatch(format!("'{text}' is not a {noun}: write {example}"))
    })
}
