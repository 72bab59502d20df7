//! What the bytes of a dBASE field mean.

use crate::bytes_at::u32_le;
use crate::codepage::CodePage;
use gp_esri::{FieldType, date};
use std::borrow::Cow;

const DAY_MS: i64 = 86_400_000;
/// The Julian day of 1 January 1970.
const JULIAN_1970: i64 = 2_440_588;
/// Numbers of fewer digits fit into 32 bits.
const INTEGER_WIDTH: usize = 10;
/// What ArcGIS writes where a float is null.
const ESRI_NULL_BELOW: f64 = -1.797_693_134_862_3e308;

/// The kinds of fields that are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    /// Digits; whole as long as none comes that is not.
    Whole,
    Float,
    Date,
    Logical,
    /// Little-endian, of 32 bits.
    BinaryInteger,
    /// Little-endian, of 64 bits.
    BinaryDouble,
    /// Julian day and milliseconds.
    Stamp,
}

/// What a field of a row says.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Unreadable,
    Integer(i64),
    Double(f64),
    Text(Cow<'a, str>),
}

impl Kind {
    /// The kind of a type letter; `None` for memos, pictures and what else lies in other files.
    pub(super) fn of(letter: u8, width: usize, decimals: u8) -> Option<(Kind, FieldType)> {
        match (letter.to_ascii_uppercase(), width) {
            (b'C', _) => Some((Kind::Text, FieldType::String)),
            (b'N', _) if decimals > 0 => Some((Kind::Float, FieldType::Double)),
            (b'N', width) if width < INTEGER_WIDTH => Some((Kind::Whole, FieldType::Integer)),
            (b'N', _) => Some((Kind::Whole, FieldType::BigInteger)),
            (b'F', _) => Some((Kind::Float, FieldType::Double)),
            (b'D', _) => Some((Kind::Date, FieldType::Date)),
            (b'L', _) => Some((Kind::Logical, FieldType::SmallInteger)),
            (b'I', 4) => Some((Kind::BinaryInteger, FieldType::Integer)),
            (b'O' | b'B', 8) => Some((Kind::BinaryDouble, FieldType::Double)),
            (b'T' | b'@', 8) => Some((Kind::Stamp, FieldType::Date)),
            _ => None,
        }
    }

    pub(super) fn value(self, bytes: &[u8], code_page: CodePage) -> Value<'_> {
        match self {
            Kind::Text => text(bytes, code_page),
            Kind::Whole | Kind::Float => number(bytes, self),
            Kind::Date => day(bytes),
            Kind::Logical => match bytes.first() {
                Some(b'T' | b't' | b'Y' | b'y' | b'1') => Value::Integer(1),
                Some(b'F' | b'f' | b'N' | b'n' | b'0') => Value::Integer(0),
                Some(b'?' | b' ' | b'*' | 0) | None => Value::Null,
                Some(_) => Value::Unreadable,
            },
            Kind::BinaryInteger => match bytes.first_chunk() {
                Some(bytes) => Value::Integer(i32::from_le_bytes(*bytes).into()),
                None => Value::Unreadable,
            },
            Kind::BinaryDouble => match bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes)) {
                Some(number) if number.is_finite() => Value::Double(number),
                _ => Value::Unreadable,
            },
            Kind::Stamp => stamp(bytes),
        }
    }
}

/// Blanks and zero bytes at the end are filling.
fn text(bytes: &[u8], code_page: CodePage) -> Value<'_> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = bytes[..end].trim_ascii_end();
    if bytes.is_empty() { Value::Null } else { Value::Text(code_page.decode(bytes)) }
}

/// Asterisks stand for a number that is null or did not fit.
fn number(bytes: &[u8], kind: Kind) -> Value<'_> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let digits = bytes[..end].trim_ascii();
    if digits.is_empty() || digits.first() == Some(&b'*') {
        return Value::Null;
    }
    let Ok(digits) = std::str::from_utf8(digits) else { return Value::Unreadable };
    if kind == Kind::Whole
        && let Ok(number) = digits.parse()
    {
        return Value::Integer(number);
    }
    match digits.parse::<f64>() {
        Ok(number) if number < ESRI_NULL_BELOW && number.is_finite() => Value::Null,
        Ok(number) if number.is_finite() => Value::Double(number),
        _ => Value::Unreadable,
    }
}

/// `yyyyMMdd`.
fn day(bytes: &[u8]) -> Value<'_> {
    if bytes.iter().all(|byte| matches!(byte, b' ' | b'0' | b'*' | 0)) {
        return Value::Null;
    }
    let digits =
        std::str::from_utf8(bytes).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let parts = digits.and_then(|digits| Some((digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?)));
    let Some((year, month, day)) = parts else { return Value::Unreadable };
    match date::parse_date(&format!("{year}-{month}-{day}")) {
        Ok(milliseconds) => Value::Integer(milliseconds),
        Err(_) => Value::Unreadable,
    }
}

fn stamp(bytes: &[u8]) -> Value<'_> {
    match (u32_le(bytes, 0), u32_le(bytes, 4)) {
        (Some(0), _) => Value::Null,
        (Some(days), Some(milliseconds)) if i64::from(milliseconds) < DAY_MS => {
            Value::Integer((i64::from(days) - JULIAN_1970) * DAY_MS + i64::from(milliseconds))
        }
        _ => Value::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(letter: u8, decimals: u8, bytes: &[u8]) -> Value<'_> {
        let (kind, _) = Kind::of(letter, bytes.len(), decimals).unwrap();
        kind.value(bytes, CodePage::Unknown)
    }

    #[test]
    fn blanks_asterisks_and_what_arcgis_writes_are_null() {
        for (letter, decimals, bytes) in [
            (b'C', 0, &b"    "[..]),
            (b'C', 0, b"\0abc"),
            (b'N', 0, b"    "),
            (b'N', 2, b"****"),
            (b'F', 0, b"-1.7976931348623158e+308"),
            (b'N', 0, b"\0\0\0\0"),
            (b'D', 0, b"        "),
            (b'D', 0, b"00000000"),
            (b'L', 0, b"?"),
        ] {
            assert_eq!(value(letter, decimals, bytes), Value::Null, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn whole_numbers_keep_64_bits_and_others_become_floats() {
        assert_eq!(value(b'N', 0, b"-9223372036854775808"), Value::Integer(i64::MIN));
        assert_eq!(value(b'N', 0, b"92233720368547758070"), Value::Double(92_233_720_368_547_758_070.0));
        assert_eq!(value(b'N', 0, b"   +7"), Value::Integer(7));
        assert_eq!(value(b'N', 3, b"  1.500"), Value::Double(1.5));
        assert_eq!(value(b'F', 0, b" 1.23456789012e+005"), Value::Double(123_456.789_012));
        for bytes in [b"1,5", b"abc", b"nan", b"1 2", b"inf"] {
            assert_eq!(value(b'N', 2, bytes), Value::Unreadable);
        }
    }

    #[test]
    fn dates_are_midnight_in_utc() {
        assert_eq!(value(b'D', 0, b"20240531"), Value::Integer(1_717_113_600_000));
        assert_eq!(value(b'D', 0, b"20240231"), Value::Unreadable);
        assert_eq!(value(b'D', 0, b"2024"), Value::Unreadable);
        assert_eq!(value(b'T', 0, &[0x8c, 0x3d, 0x25, 0, 1, 0, 0, 0]), Value::Integer(1));
    }
}
