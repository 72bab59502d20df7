//! Values while an expression is evaluated, how they compare, and how they become numbers, text and attributes.
//!
//! An attribute does not say whether its integer is a count or a date; a value does, because the field said so.

use std::borrow::Cow;
use std::collections::HashSet;

use gp_esri::{Attribute, FieldType};

use crate::dates;
use crate::error::SqlError;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    /// Epoch milliseconds UTC.
    Date(i64),
    /// A calendar day: days since 1970-01-01.
    Day(i64),
    /// A time of day: milliseconds since midnight.
    Time(i64),
    /// A moment with the offset it was written with.
    Stamp {
        ms: i64,
        offset_minutes: i32,
    },
    Interval {
        months: i64,
        ms: i64,
    },
}

/// What is known of a value before there is a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Date,
    Day,
    Time,
    Stamp,
    Unknown,
}

/// The constants of an `IN` list: hashed when they are all numbers (dates count as theirs) or all text.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) numbers: Option<HashSet<Number>>,
    pub(crate) texts: Option<HashSet<Box<str>>>,
    /// All constants but `NULL`, for values that are of another kind than the hashed ones.
    pub(crate) list: Vec<Value<'static>>,
    pub(crate) has_null: bool,
}

/// A number such that equal numbers are equal keys, whether integer or double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Number {
    Whole(i64),
    /// The bits of a double that is no 64 bit integer.
    Other(u64),
}

impl Kind {
    pub(crate) fn of_field(field_type: FieldType) -> Kind {
        match field_type {
            FieldType::SmallInteger | FieldType::Integer | FieldType::BigInteger | FieldType::Oid => {
                Kind::Number
            }
            FieldType::Single | FieldType::Double => Kind::Number,
            FieldType::Date => Kind::Date,
            FieldType::DateOnly => Kind::Day,
            FieldType::TimeOnly => Kind::Time,
            FieldType::TimestampOffset => Kind::Stamp,
            FieldType::String | FieldType::Guid | FieldType::GlobalId | FieldType::Xml => Kind::Text,
            FieldType::Geometry | FieldType::Blob | FieldType::Raster => Kind::Unknown,
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl Into<String>) -> Value<'static> {
        Value::Text(Cow::Owned(text.into()))
    }

    /// A double, or `NULL` for what no attribute can hold.
    pub(crate) fn finite(number: f64) -> Value<'static> {
        if number.is_finite() { Value::Double(number) } else { Value::Null }
    }

    /// The attribute of a column of this kind as a value; `None` when its text is no date or time.
    pub(crate) fn of_attribute(attribute: &'a Attribute, kind: Kind) -> Option<Value<'a>> {
        Some(match (attribute, kind) {
            (Attribute::Null, _) => Value::Null,
            (Attribute::Integer(ms), Kind::Date | Kind::Stamp) => Value::Date(*ms),
            (Attribute::Double(ms), Kind::Date | Kind::Stamp) => Value::Date(ms.round() as i64),
            (Attribute::Integer(ms), Kind::Day) => Value::Day(ms.div_euclid(dates::DAY_MS)),
            (Attribute::Text(text), Kind::Date | Kind::Day | Kind::Time | Kind::Stamp) => {
                return Value::of_text(text, kind);
            }
            (Attribute::Integer(number), _) => Value::Int(*number),
            (Attribute::Double(number), _) => Value::Double(*number),
            (Attribute::Text(text), _) => Value::Text(Cow::Borrowed(text)),
        })
    }

    /// Text read as a value of a kind; `None` when it is not of that kind.
    pub(crate) fn of_text(text: &str, kind: Kind) -> Option<Value<'static>> {
        match kind {
            Kind::Number => number_of(text),
            Kind::Date => dates::parse_moment(text).map(|moment| Value::Date(moment.ms)),
            Kind::Day => dates::parse_moment(text).map(|moment| Value::Day(moment.day)),
            Kind::Stamp => dates::parse_moment(text).map(|moment| match moment.offset_minutes {
                Some(offset_minutes) => Value::Stamp { ms: moment.ms, offset_minutes },
                None => Value::Date(moment.ms),
            }),
            Kind::Time => dates::parse_time(text).map(Value::Time),
            Kind::Text | Kind::Unknown => Some(Value::text(text)),
        }
    }

    pub(crate) fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(*truth),
            Value::Int(number) => Value::Int(*number),
            Value::Double(number) => Value::Double(*number),
            Value::Date(ms) => Value::Date(*ms),
            Value::Day(days) => Value::Day(*days),
            Value::Time(ms) => Value::Time(*ms),
            Value::Stamp { ms, offset_minutes } => Value::Stamp { ms: *ms, offset_minutes: *offset_minutes },
            Value::Interval { months, ms } => Value::Interval { months: *months, ms: *ms },
        }
    }

    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(truth),
            Value::Int(number) => Value::Int(number),
            Value::Double(number) => Value::Double(number),
            Value::Date(ms) => Value::Date(ms),
            Value::Day(days) => Value::Day(days),
            Value::Time(ms) => Value::Time(ms),
            Value::Stamp { ms, offset_minutes } => Value::Stamp { ms, offset_minutes },
            Value::Interval { months, ms } => Value::Interval { months, ms },
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Value::Int(_) | Value::Double(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
            Value::Date(_) => Kind::Date,
            Value::Day(_) => Kind::Day,
            Value::Time(_) => Kind::Time,
            Value::Stamp { .. } => Kind::Stamp,
            Value::Null | Value::Bool(_) | Value::Interval { .. } => Kind::Unknown,
        }
    }

    /// The moment in epoch milliseconds, of what is one; a day is its midnight UTC.
    pub(crate) fn moment_ms(&self) -> Option<i64> {
        match self {
            Value::Date(ms) | Value::Stamp { ms, .. } => Some(*ms),
            Value::Day(days) => days.checked_mul(dates::DAY_MS),
            _ => None,
        }
    }

    /// The key under which a number or a moment is hashed.
    pub(crate) fn key(&self) -> Option<Number> {
        match self {
            Value::Int(number) => Some(Number::Whole(*number)),
            Value::Double(number) => Some(match whole(*number) {
                Some(whole) => Number::Whole(whole),
                None => Number::Other(number.to_bits()),
            }),
            other => other.moment_ms().map(Number::Whole),
        }
    }

    /// As text, the way `||`, `CAST … AS VARCHAR` and `LIKE` see it; `None` for `NULL`.
    pub(crate) fn into_text(self) -> Result<Option<Cow<'a, str>>, SqlError> {
        Ok(Some(match self {
            Value::Null => return Ok(None),
            Value::Text(text) => text,
            Value::Bool(truth) => Cow::Borrowed(if truth { "true" } else { "false" }),
            Value::Int(number) => Cow::Owned(number.to_string()),
            Value::Double(number) if number != 0.0 && !(1e-6..1e16).contains(&number.abs()) => {
                Cow::Owned(format!("{number:e}"))
            }
            Value::Double(number) => Cow::Owned(number.to_string()),
            Value::Date(ms) => Cow::Owned(dates::format_moment(ms)?),
            Value::Day(days) => Cow::Owned(dates::format_day(days)?),
            Value::Time(ms) => Cow::Owned(dates::format_time(ms)),
            Value::Stamp { ms, offset_minutes } => Cow::Owned(dates::format_stamp(ms, offset_minutes)?),
            Value::Interval { .. } => {
                return Err(SqlError::Mismatch("an interval has no text form: add it to a date".to_owned()));
            }
        }))
    }

    pub(crate) fn into_attribute(self) -> Result<Attribute, SqlError> {
        Ok(match self {
            Value::Null => Attribute::Null,
            Value::Bool(truth) => Attribute::Integer(i64::from(truth)),
            Value::Int(number) | Value::Date(number) => Attribute::Integer(number),
            Value::Double(number) => Attribute::Double(number),
            other => match other.into_text()? {
                Some(text) => Attribute::Text(text.into()),
                None => Attribute::Null,
            },
        })
    }

    /// The value as an error names it, cut to a readable length.
    pub(crate) fn describe(&self) -> String {
        let noun = match self {
            Value::Null => return "NULL".to_owned(),
            Value::Interval { .. } => return "an interval".to_owned(),
            Value::Bool(_) => return "a condition".to_owned(),
            Value::Text(text) => {
                let cut: String = text.chars().take(40).collect();
                return format!("the text '{cut}{}'", if cut.len() < text.len() { "…" } else { "" });
            }
            Value::Int(_) | Value::Double(_) => "the number",
            Value::Time(_) => "the time",
            Value::Date(_) | Value::Day(_) | Value::Stamp { .. } => "the date",
        };
        match self.borrowed().into_text() {
            Ok(Some(text)) => format!("{noun} {text}"),
            _ => noun.to_owned(),
        }
    }
}

/// A number as a double, text read as one; `None` for `NULL`.
pub(crate) fn to_number(value: &Value<'_>, purpose: &str) -> Result<Option<f64>, SqlError> {
    match value {
        Value::Null => Ok(None),
        Value::Int(number) => Ok(Some(*number as f64)),
        Value::Double(number) => Ok(Some(*number)),
        Value::Text(text) => match number_of(text) {
            Some(number) => to_number(&number, purpose),
            None => Err(SqlError::Mismatch(format!("{purpose} needs a number, not {}", value.describe()))),
        },
        _ => Err(SqlError::Mismatch(format!("{purpose} needs a number, not {}", value.describe()))),
    }
}

/// A number written as text; nothing but blanks may stand around it.
pub(crate) fn number_of(text: &str) -> Option<Value<'static>> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Some(Value::Int(number));
    }
    // `parse` also reads "inf" and "nan", which are no numbers to an analyst.
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Double)
}

/// The integer that a double is exactly, if it is one.
pub(crate) fn whole(number: f64) -> Option<i64> {
    // 2^63 is the first double beyond i64; -2^63 is the last within.
    let within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    (within && number.fract().abs() == 0.0).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_keys() {
        assert_eq!(Value::Double(5.0).key(), Value::Int(5).key());
        assert_eq!(Value::Double(-0.0).key(), Value::Int(0).key());
        assert_ne!(Value::Double(9_223_372_036_854_775_808.0).key(), Value::Int(i64::MAX).key());
    }

    #[test]
    fn only_plain_numbers_are_read_from_text() {
        assert_eq!(number_of(" 12 "), Some(Value::Int(12)));
        assert_eq!(number_of("1.5e3"), Some(Value::Double(1500.0)));
        for text in ["", "inf", "nan", "12 km", "0x10", "1e999"] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }
}
