//! Attribute values: from JSON, and into the type of their field (specification 2.4 rule 7, 6.1).

use super::losses::{Loss, is_exact};
use crate::json::{JsonError, Kind, Number, Reader};
use crate::{Attribute, Field, FieldType, date};

/// 2^53: beyond it a float does not name one whole number.
const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Reads one value as it stands. Booleans, which are no attribute values, become 0 and 1; what is no number is null;
/// arrays and objects (blobs, GeoJSON properties) keep their text. Says what it lost.
pub(super) fn read_value(reader: &mut Reader<'_>) -> Result<(Attribute, Option<Loss>), JsonError> {
    let value = match reader.peek()? {
        Kind::String => Attribute::Text(reader.string()?.into()),
        Kind::Number => {
            let start = reader.offset();
            let number = reader.number()?;
            return Ok((from_number(number), loss_of(number, reader.text_since(start))));
        }
        Kind::Null => {
            reader.null()?;
            Attribute::Null
        }
        Kind::Bool => Attribute::Integer(i64::from(reader.bool()?)),
        Kind::Array | Kind::Object => Attribute::Text(reader.raw_value()?.into()),
    };
    Ok((value, None))
}

/// What a number lost that stood there as `token`.
fn loss_of(number: Number, token: &str) -> Option<Loss> {
    match number {
        Number::Integer(_) => None,
        Number::Double(value) if !value.is_finite() => Some(Loss::NotFinite),
        // Whole numbers below are no floats.
        Number::Double(value) if value.abs() < EXACT_INTEGER => None,
        Number::Double(value) => {
            let digits = token.strip_prefix('-').unwrap_or(token);
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            (is_whole && !is_exact(token, value)).then_some(Loss::Digits)
        }
    }
}

/// The value in the type of `field`, or a sentence on why it cannot be.
#[inline]
pub(super) fn convert(value: Attribute, field: &Field) -> Result<Attribute, String> {
    match (field.field_type, value) {
        (_, Attribute::Null) => Ok(Attribute::Null),
        (FieldType::String, value @ Attribute::Text(_)) => Ok(value),
        (FieldType::Double | FieldType::Single, Attribute::Integer(value)) => {
            Ok(Attribute::Double(value as f64))
        }
        (FieldType::Double | FieldType::Single, value @ Attribute::Double(_)) => Ok(value),
        (FieldType::Oid | FieldType::BigInteger | FieldType::Date, value @ Attribute::Integer(_)) => {
            Ok(value)
        }
        (FieldType::Integer, Attribute::Integer(value)) if i32::try_from(value).is_ok() => {
            Ok(Attribute::Integer(value))
        }
        (field_type, value) => convert_slowly(value, field_type).map_err(|value| refusal(&value, field)),
    }
}

/// As `convert`, for the pairs that are rarer; gives the value back that cannot be converted.
fn convert_slowly(value: Attribute, field_type: FieldType) -> Result<Attribute, Attribute> {
    match field_type {
        FieldType::SmallInteger => whole(value, i64::from(i16::MIN), i64::from(i16::MAX)),
        FieldType::Integer => whole(value, i64::from(i32::MIN), i64::from(i32::MAX)),
        FieldType::BigInteger | FieldType::Oid => whole(value, i64::MIN, i64::MAX),
        FieldType::Single | FieldType::Double => match number_of(&value) {
            Some(Attribute::Integer(whole)) => Ok(Attribute::Double(whole as f64)),
            Some(number) => Ok(number),
            None => Err(value),
        },
        FieldType::String
        | FieldType::Guid
        | FieldType::GlobalId
        | FieldType::Xml
        | FieldType::Blob
        | FieldType::Raster => Ok(Attribute::Text(text_of(value))),
        FieldType::Date => match value {
            Attribute::Double(milliseconds) if milliseconds.abs() < EXACT_INTEGER => {
                Ok(Attribute::Integer(milliseconds.round() as i64))
            }
            Attribute::Text(text) if is_blank(&text) => Ok(Attribute::Null),
            Attribute::Text(text) => {
                date::parse_date(&text).map(Attribute::Integer).map_err(|_| Attribute::Text(text))
            }
            Attribute::Integer(_) => Ok(value),
            _ => Err(value),
        },
        FieldType::DateOnly => match value {
            // Some servers send the midnight of the day.
            Attribute::Integer(milliseconds) => {
                let text = date::date_to_text(milliseconds);
                Ok(Attribute::Text(text.split('T').next().unwrap_or_default().into()))
            }
            value => text_date(value, date::normalise_date_only),
        },
        FieldType::TimeOnly => text_date(value, date::normalise_time_only),
        FieldType::TimestampOffset => text_date(value, date::normalise_timestamp_offset),
        FieldType::Geometry => Ok(Attribute::Null),
    }
}

fn whole(value: Attribute, least: i64, greatest: i64) -> Result<Attribute, Attribute> {
    match number_of(&value) {
        Some(Attribute::Null) => Ok(Attribute::Null),
        Some(Attribute::Integer(number)) if (least..=greatest).contains(&number) => {
            Ok(Attribute::Integer(number))
        }
        Some(Attribute::Double(number)) if number.abs() <= EXACT_INTEGER => {
            let integer = number as i64;
            let exact = (integer as f64 - number).abs() <= 0.0 && (least..=greatest).contains(&integer);
            if exact { Ok(Attribute::Integer(integer)) } else { Err(value) }
        }
        _ => Err(value),
    }
}

/// The value as a number, texts read; `Null` for texts that stand for none.
fn number_of(value: &Attribute) -> Option<Attribute> {
    match value {
        Attribute::Text(text) if is_blank(text) => Some(Attribute::Null),
        Attribute::Text(text) => Number::parse(text).map(from_number),
        number => Some(number.clone()),
    }
}

fn from_number(number: Number) -> Attribute {
    match number {
        Number::Integer(value) => Attribute::Integer(value),
        Number::Double(value) if value.is_finite() => Attribute::Double(value),
        Number::Double(_) => Attribute::Null,
    }
}

/// The value as text.
pub(super) fn text_of(value: Attribute) -> Box<str> {
    match value {
        Attribute::Text(text) => text,
        Attribute::Integer(value) => value.to_string().into(),
        Attribute::Double(value) => value.to_string().into(),
        Attribute::Null => "".into(),
    }
}

fn text_date(value: Attribute, normalise: fn(&str) -> Option<String>) -> Result<Attribute, Attribute> {
    match value {
        Attribute::Text(text) if is_blank(&text) => Ok(Attribute::Null),
        Attribute::Text(text) => match normalise(&text) {
            Some(normal) => Ok(Attribute::Text(normal.into())),
            None => Err(Attribute::Text(text)),
        },
        other => Err(other),
    }
}

/// What clients write for "no value" where they cannot write null.
fn is_blank(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.eq_ignore_ascii_case("nan") || text.eq_ignore_ascii_case("null")
}

#[cold]
fn refusal(value: &Attribute, field: &Field) -> String {
    let value = match value {
        Attribute::Text(text) => format!("{:?}", crate::text::shortened(text)),
        other => text_of(other.clone()).into(),
    };
    let expected = match field.field_type {
        FieldType::SmallInteger => "a whole number from -32768 to 32767",
        FieldType::Integer => "a whole number from -2147483648 to 2147483647",
        FieldType::BigInteger | FieldType::Oid => "a whole number of 64 bits",
        FieldType::Single | FieldType::Double => "a number",
        FieldType::Date => "milliseconds since 1970 or a text such as 2024-05-31T14:00:00",
        FieldType::DateOnly => "a date such as 2024-05-31",
        FieldType::TimeOnly => "a time such as 14:00:00",
        FieldType::TimestampOffset => "a time stamp such as 2024-05-31T14:00:00+02:00",
        _ => "a text",
    };
    format!("value {value} does not fit {}: expected {expected}", field.field_type.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(json: &str, field_type: FieldType) -> Result<Attribute, String> {
        convert(read_value(&mut Reader::new(json, 8)).unwrap().0, &Field::new("A", field_type))
    }

    #[test]
    fn values_take_the_type_of_their_field() {
        let text = |value: &str| Ok(Attribute::Text(value.into()));
        assert_eq!(converted("\"5\"", FieldType::Integer), Ok(Attribute::Integer(5)));
        assert_eq!(converted("5.0", FieldType::SmallInteger), Ok(Attribute::Integer(5)));
        assert_eq!(converted("true", FieldType::Integer), Ok(Attribute::Integer(1)));
        assert_eq!(
            converted("9007199254740993", FieldType::BigInteger),
            Ok(Attribute::Integer(9_007_199_254_740_993))
        );
        assert_eq!(
            converted("\"9007199254740993\"", FieldType::Oid),
            Ok(Attribute::Integer(9_007_199_254_740_993))
        );
        assert_eq!(converted("5", FieldType::Double), Ok(Attribute::Double(5.0)));
        assert_eq!(converted("\"1e3\"", FieldType::Single), Ok(Attribute::Double(1000.0)));
        assert_eq!(converted("NaN", FieldType::Double), Ok(Attribute::Null));
        assert_eq!(converted("\"NaN\"", FieldType::Double), Ok(Attribute::Null));
        assert_eq!(converted("\"\"", FieldType::Integer), Ok(Attribute::Null));
        assert_eq!(converted("\"\"", FieldType::String), text(""));
        assert_eq!(converted("12.5", FieldType::String), text("12.5"));
        assert_eq!(
            converted("1.7171640000004E12", FieldType::Date),
            Ok(Attribute::Integer(1_717_164_000_000))
        );
        assert_eq!(
            converted("\"2024-05-31T14:00:00\"", FieldType::Date),
            Ok(Attribute::Integer(1_717_164_000_000))
        );
        assert_eq!(converted("\"8/2/2020\"", FieldType::DateOnly), text("2020-08-02"));
        assert_eq!(converted("1596326400000", FieldType::DateOnly), text("2020-08-02"));
        assert_eq!(converted("\"10:00:00 PM\"", FieldType::TimeOnly), text("22:00:00"));
        assert_eq!(converted("[1,{\"a\":2}]", FieldType::Blob), text("[1,{\"a\":2}]"));
        assert_eq!(converted("{\"x\":1}", FieldType::Geometry), Ok(Attribute::Null));
    }

    #[test]
    fn what_does_not_fit_is_refused_by_value_and_type() {
        assert_eq!(
            converted("\"abc\"", FieldType::Integer),
            Err("value \"abc\" does not fit esriFieldTypeInteger: expected a whole number from -2147483648 to 2147483647".into())
        );
        for (json, field_type) in [
            ("5.5", FieldType::Integer),
            ("40000", FieldType::SmallInteger),
            ("1e300", FieldType::BigInteger),
            ("\"x\"", FieldType::Double),
            ("\"x\"", FieldType::Date),
            ("5", FieldType::TimeOnly),
            ("\"2020-13-01\"", FieldType::DateOnly),
        ] {
            assert!(converted(json, field_type).is_err(), "{json}");
        }
    }
}
