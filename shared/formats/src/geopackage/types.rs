//! Types of columns, and the values of a database in them.

use gp_esri::{Attribute, Field, FieldType, date};
use rusqlite::types::ValueRef;

/// The declared type of texts.
const TEXT: &str = "TEXT";

/// What becomes of a column by its declared type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ColumnType {
    Field(FieldType),
    /// Bytes, which no feature set holds.
    Blob,
}

/// The type of a declaration (table 1 of the standard); others as SQLite takes them, by parts of their names.
pub(super) fn column_type(declared: &str) -> ColumnType {
    let upper = declared.trim().to_ascii_uppercase();
    let word = upper.split('(').next().unwrap_or_default().trim();
    ColumnType::Field(match word {
        "BOOLEAN" | "TINYINT" | "SMALLINT" => FieldType::SmallInteger,
        "MEDIUMINT" => FieldType::Integer,
        "INT" | "INTEGER" => FieldType::BigInteger,
        "FLOAT" => FieldType::Single,
        "DOUBLE" | "REAL" => FieldType::Double,
        "DATE" => FieldType::DateOnly,
        "DATETIME" | "TIMESTAMP" => FieldType::Date,
        "BLOB" => return ColumnType::Blob,
        word if word.contains("INT") => FieldType::BigInteger,
        word if ["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"].iter().any(|part| word.contains(part)) => {
            FieldType::Double
        }
        _ => FieldType::String,
    })
}

/// The greatest length of a text, `TEXT(20)`.
pub(super) fn text_length(declared: &str) -> Option<u32> {
    let (_, rest) = declared.split_once('(')?;
    rest.trim_end().strip_suffix(')')?.trim().parse().ok()
}

/// How a field is declared, texts with their greatest length where it is known; `None` for what a GeoPackage does not get
/// from us.
pub(super) fn declaration(field: &Field) -> Option<String> {
    let word = word_of(field.field_type)?;
    let length = field.length.filter(|length| word == TEXT && *length > 0);
    Some(length.map_or_else(|| word.to_owned(), |length| format!("{word}({length})")))
}

fn word_of(field_type: FieldType) -> Option<&'static str> {
    match field_type {
        FieldType::SmallInteger => Some("SMALLINT"),
        FieldType::Integer => Some("MEDIUMINT"),
        FieldType::BigInteger | FieldType::Oid => Some("INTEGER"),
        FieldType::Single => Some("FLOAT"),
        FieldType::Double => Some("DOUBLE"),
        FieldType::Date => Some("DATETIME"),
        FieldType::DateOnly => Some("DATE"),
        FieldType::String
        | FieldType::TimeOnly
        | FieldType::TimestampOffset
        | FieldType::Guid
        | FieldType::GlobalId
        | FieldType::Xml => Some(TEXT),
        FieldType::Geometry | FieldType::Blob | FieldType::Raster => None,
    }
}

/// A value as it is; `None` where it is none that a field of the type can have. Types are only advice in SQLite.
pub(super) fn value(field_type: FieldType, value: ValueRef<'_>) -> Option<Attribute> {
    match (value, field_type) {
        (ValueRef::Null, _) => Some(Attribute::Null),
        (ValueRef::Text(bytes), FieldType::Date) => {
            // Digits alone would be read as milliseconds.
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains('-'))?;
            date::parse_date(text).ok().map(Attribute::Integer)
        }
        (ValueRef::Text(bytes), FieldType::DateOnly) => {
            let day = date::normalise_date_only(std::str::from_utf8(bytes).ok()?)?;
            Some(Attribute::Text(day.into()))
        }
        (ValueRef::Text(bytes), FieldType::String) => {
            Some(Attribute::Text(String::from_utf8_lossy(bytes).into()))
        }
        (_, FieldType::Date | FieldType::DateOnly) | (ValueRef::Text(_) | ValueRef::Blob(_), _) => None,
        // What a field of another type makes of a number is seen where rows are gathered.
        (ValueRef::Integer(number), _) => Some(Attribute::Integer(number)),
        (ValueRef::Real(number), _) => number.is_finite().then_some(Attribute::Double(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_become_fields_by_the_standard_or_by_their_parts() {
        for (declared, field_type) in [
            ("BOOLEAN", FieldType::SmallInteger),
            ("mediumint", FieldType::Integer),
            ("INTEGER", FieldType::BigInteger),
            ("UNSIGNED BIG INT", FieldType::BigInteger),
            ("TEXT(20)", FieldType::String),
            ("VARCHAR(20)", FieldType::String),
            ("NUMERIC(10, 2)", FieldType::Double),
            ("DATETIME", FieldType::Date),
            ("", FieldType::String),
        ] {
            assert_eq!(column_type(declared), ColumnType::Field(field_type), "{declared}");
        }
        assert_eq!(column_type("BLOB(10)"), ColumnType::Blob);
        assert_eq!(
            (text_length("TEXT(20)"), text_length("TEXT"), text_length("TEXT(")),
            (Some(20), None, None)
        );
    }

    #[test]
    fn values_that_are_none_of_their_type_are_found() {
        let stamp = value(FieldType::Date, ValueRef::Text(b"2024-05-31T14:00:00.000Z"));
        assert_eq!(stamp, Some(Attribute::Integer(1_717_164_000_000)));
        assert_eq!(value(FieldType::Date, ValueRef::Text(b"20240531")), None);
        assert_eq!(value(FieldType::Date, ValueRef::Integer(5)), None);
        assert_eq!(value(FieldType::Integer, ValueRef::Text(b"5")), None);
        assert_eq!(value(FieldType::Double, ValueRef::Real(f64::INFINITY)), None);
        assert_eq!(
            value(FieldType::String, ValueRef::Text(b"a\xff")),
            Some(Attribute::Text("a\u{fffd}".into()))
        );
    }
}
