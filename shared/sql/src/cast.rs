//! `CAST(x AS type)`.

use std::borrow::Cow;

use sqlparser::ast::{CharacterLength, DataType, ExactNumberInfo, TimezoneInfo};

use crate::dates::DAY_MS;
use crate::error::SqlError;
use crate::functions::at_scale;
use crate::value::{Kind, Value, number_of, whole};

/// What a value can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CastType {
    /// An integer of so many bits; fractions are cut.
    Integer { bits: u32 },
    /// A double, rounded to a scale when the type has one.
    Double { decimals: Option<i64> },
    /// Text, cut to a length in characters when the type has one.
    Text { length: Option<u64> },
    /// Midnight of the day.
    Date,
    /// A date with its time.
    Timestamp,
    /// A time of day.
    Time,
}

impl CastType {
    /// The type that the parser read.
    pub(crate) fn new(data_type: &DataType) -> Result<CastType, SqlError> {
        Ok(match data_type {
            DataType::TinyInt(_) | DataType::SmallInt(_) | DataType::Int2(_) | DataType::Int16 => {
                CastType::Integer { bits: 16 }
            }
            DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) | DataType::Int32 => {
                CastType::Integer { bits: 32 }
            }
            DataType::BigInt(_) | DataType::Int8(_) | DataType::Int64 => CastType::Integer { bits: 64 },
            DataType::Float(_) | DataType::Real | DataType::Double(_) | DataType::DoublePrecision => {
                CastType::Double { decimals: None }
            }
            DataType::Float4 | DataType::Float8 | DataType::Float32 | DataType::Float64 => {
                CastType::Double { decimals: None }
            }
            DataType::Numeric(size) | DataType::Decimal(size) | DataType::Dec(size) => {
                let decimals = match size {
                    ExactNumberInfo::PrecisionAndScale(_, scale) => Some(*scale),
                    ExactNumberInfo::Precision(_) => Some(0),
                    ExactNumberInfo::None => None,
                };
                CastType::Double { decimals }
            }
            DataType::Character(length)
            | DataType::Char(length)
            | DataType::CharacterVarying(length)
            | DataType::CharVarying(length)
            | DataType::Varchar(length)
            | DataType::Nvarchar(length) => CastType::Text {
                length: match length {
                    Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
                    Some(CharacterLength::Max) | None => None,
                },
            },
            DataType::Text | DataType::String(None) => CastType::Text { length: None },
            DataType::Date => CastType::Date,
            DataType::Datetime(_)
            | DataType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
                CastType::Timestamp
            }
            DataType::Time(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => CastType::Time,
            other => {
                return Err(SqlError::Unsupported(format!(
                    "CAST to {other} is not supported: use SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL, \
                     VARCHAR, DATE, TIMESTAMP or TIME"
                )));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            CastType::Integer { bits: 16 } => "SMALLINT",
            CastType::Integer { bits: 32 } => "INTEGER",
            CastType::Integer { .. } => "BIGINT",
            CastType::Double { .. } => "a number",
            CastType::Text { .. } => "VARCHAR",
            CastType::Date => "DATE",
            CastType::Timestamp => "TIMESTAMP",
            CastType::Time => "TIME",
        }
    }
}

/// The value as another type; an error names a value that cannot be one.
pub(crate) fn cast(to: CastType, value: Value<'_>) -> Result<Value<'_>, SqlError> {
    if value == Value::Null {
        return Ok(Value::Null);
    }
    let result = match to {
        CastType::Text { length } => return text(value, length),
        CastType::Integer { bits } => integer(&value)
            .filter(|number| {
                let limit = 1i128 << (bits - 1);
                (-limit..limit).contains(&i128::from(*number))
            })
            .map(Value::Int),
        CastType::Double { decimals } => number(&value).map(|number| {
            let number = match number {
                Value::Int(number) => number as f64,
                Value::Double(number) => number,
                _ => f64::NAN,
            };
            Value::finite(decimals.map_or(number, |decimals| at_scale(number, decimals as f64, f64::round)))
        }),
        CastType::Timestamp => moment(&value).map(Value::Date),
        CastType::Date => {
            moment(&value).and_then(|ms| ms.checked_sub(ms.rem_euclid(DAY_MS))).map(Value::Date)
        }
        CastType::Time => match &value {
            Value::Time(ms) => Some(Value::Time(*ms)),
            Value::Text(text) => match Value::of_text(text, Kind::Time) {
                None => moment(&value).map(|ms| Value::Time(ms.rem_euclid(DAY_MS))),
                time => time,
            },
            other => moment(other).map(|ms| Value::Time(ms.rem_euclid(DAY_MS))),
        },
    };
    result.ok_or_else(|| SqlError::Mismatch(format!("{} cannot be cast to {}", value.describe(), to.name())))
}

fn text(value: Value<'_>, length: Option<u64>) -> Result<Value<'_>, SqlError> {
    let Some(text) = value.into_text()? else { return Ok(Value::Null) };
    let kept = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(usize::MAX));
    Ok(Value::Text(match text.char_indices().nth(kept) {
        Some((byte, _)) => Cow::Owned(text[..byte].to_owned()),
        None => text,
    }))
}

fn number(value: &Value<'_>) -> Option<Value<'static>> {
    match value {
        Value::Int(number) => Some(Value::Int(*number)),
        Value::Double(number) => Some(Value::Double(*number)),
        Value::Bool(truth) => Some(Value::Int(i64::from(*truth))),
        Value::Text(text) => number_of(text),
        Value::Date(ms) => Some(Value::Int(*ms)),
        _ => None,
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match number(value)? {
        Value::Int(number) => Some(number),
        Value::Double(number) => whole(number.trunc()),
        _ => None,
    }
}

/// Epoch milliseconds of a date, of its text, or of a number that is them already.
fn moment(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Text(text) => Value::of_text(text, Kind::Date)?.moment_ms(),
        Value::Int(ms) => Some(*ms),
        other => other.moment_ms(),
    }
}
