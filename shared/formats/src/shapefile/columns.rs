//! Columns of a table that is written: names of ten bytes, types and widths that the values need.

use crate::FormatError;
use crate::field_names::{UniqueNames, cut};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, date};

/// A column of a table and where its values come from.
pub(super) struct Column {
    /// The position of the field; `None` is the number of the row.
    pub(super) source: Option<usize>,
    pub(super) name: String,
    pub(super) letter: u8,
    pub(super) width: u8,
    pub(super) decimals: u8,
}

const NAME_BYTES: usize = 10;
/// The widest text that every reader takes.
const MAX_TEXT_BYTES: usize = 254;
/// Wide enough for the shortest text of any float that reads back as the same, `-1.7976931348623157e308`.
const FLOAT_WIDTH: u8 = 24;
const FLOAT_DECIMALS: u8 = 15;
/// Whole numbers of more digits are read as floats by GDAL.
const EXACT_WIDTH: u8 = 18;
const MAX_COLUMNS: usize = 255;
const DAY_MS: i64 = 86_400_000;
/// Midnight of 1 January of the years 1 and 10000: dates have four digits of year.
const DAYS_MS: std::ops::Range<i64> = -62_135_596_800_000..253_402_300_800_000;

/// The columns of a layer, and sentences about what they cannot hold.
pub(super) fn columns(set: &FeatureSet, warnings: &mut Vec<String>) -> Result<Vec<Column>, FormatError> {
    let mut columns = Vec::new();
    let (mut renamed, mut dropped, mut texts, mut long) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut names = UniqueNames::within(NAME_BYTES);
    for (index, field) in set.fields.iter().enumerate() {
        if matches!(field.field_type, FieldType::Geometry | FieldType::Blob | FieldType::Raster) {
            if field.field_type != FieldType::Geometry {
                dropped.push(field.name.as_str());
            }
            continue;
        }
        let name = names.named(clean_name(&field.name), "_");
        if name != field.name {
            renamed.push(format!("{} → {name}", field.name));
        }
        let values = || set.features.iter().filter_map(move |feature| feature.attributes.get(index));
        let (letter, width, decimals) = layout(field, &values);
        if letter == b'C' && field.field_type == FieldType::Date {
            texts.push(field.name.as_str());
        }
        if letter == b'N' && width > EXACT_WIDTH {
            long.push(field.name.as_str());
        }
        columns.push(Column { source: Some(index), name, letter, width, decimals });
    }
    if columns.len() > MAX_COLUMNS {
        return Err(FormatError::Unsupported(format!(
            "a shapefile has at most {MAX_COLUMNS} fields, not {}; write another format, such as GeoPackage",
            columns.len()
        )));
    }
    if columns.is_empty() {
        // ArcGIS takes no table without a field.
        columns.push(Column { source: None, name: "FID".to_owned(), letter: b'N', width: 9, decimals: 0 });
    }
    for (names, what) in [
        (renamed.join(", "), "field names of a shapefile have 10 bytes; these were shortened"),
        (dropped.join(", "), "a shapefile holds no bytes; these fields were left out"),
        (
            long.join(", "),
            "software reads whole numbers of more than 18 digits as floats, which loses some of them",
        ),
        (texts.join(", "), "dates of a shapefile have no time of day; these fields were written as text"),
    ] {
        if !names.is_empty() {
            warnings.push(format!("{what}: {names}"));
        }
    }
    Ok(columns)
}

/// Type letter, width and decimals.
fn layout<'a, I: Iterator<Item = &'a Attribute>>(field: &Field, values: &dyn Fn() -> I) -> (u8, u8, u8) {
    let is_day = |value: &Attribute| match value {
        Attribute::Null => true,
        Attribute::Integer(milliseconds) => milliseconds % DAY_MS == 0 && DAYS_MS.contains(milliseconds),
        Attribute::Text(text) => {
            date::normalise_date_only(text).is_some_and(|day| day == **text && day.len() == 10)
        }
        Attribute::Double(_) => false,
    };
    match field.field_type {
        FieldType::Date | FieldType::DateOnly if values().all(is_day) => (b'D', 8, 0),
        FieldType::Single | FieldType::Double => (b'F', FLOAT_WIDTH, FLOAT_DECIMALS),
        field_type if field_type.is_integer() => {
            if values().any(|value| matches!(value, Attribute::Double(_) | Attribute::Text(_))) {
                return (b'F', FLOAT_WIDTH, FLOAT_DECIMALS);
            }
            // Widths by which readers tell 32 bits from 64.
            let least = if field_type == FieldType::BigInteger { 18 } else { 9 };
            let width = values().map(|value| text_of(field, value).len()).max().unwrap_or_default();
            (b'N', width.max(least).min(20) as u8, 0)
        }
        _ => {
            let width = values().map(|value| text_of(field, value).len()).max().unwrap_or_default();
            (b'C', width.clamp(1, MAX_TEXT_BYTES) as u8, 0)
        }
    }
}

impl Column {
    /// Appends a value, filled up to the width; says whether a text had to be cut.
    pub(super) fn write(&self, out: &mut Vec<u8>, field: Option<&Field>, value: &Attribute) -> bool {
        let width = usize::from(self.width);
        let text = match (self.letter, value) {
            // As GDAL does: readers take blanks for zero in places.
            (b'N' | b'F', Attribute::Null) => "*".repeat(width),
            (_, Attribute::Null) => String::new(),
            (b'F', value) => float_text(value),
            (b'D', Attribute::Integer(milliseconds)) => digits(&date::date_to_text(*milliseconds)),
            (b'D', Attribute::Text(text)) => digits(text),
            (_, value) => field.map_or_else(|| plain(value), |field| text_of(field, value)),
        };
        let kept = cut(&text, width);
        let filling = width - kept.len();
        match self.letter {
            b'N' | b'F' => {
                out.resize(out.len() + filling, b' ');
                out.extend(kept.as_bytes());
            }
            _ => {
                out.extend(kept.as_bytes());
                out.resize(out.len() + filling, b' ');
            }
        }
        kept.len() < text.len()
    }
}

/// The first ten characters of `2024-05-31T…` without the dashes.
fn digits(text: &str) -> String {
    text.bytes().filter(u8::is_ascii_digit).take(8).map(char::from).collect()
}

fn text_of(field: &Field, value: &Attribute) -> String {
    match value {
        Attribute::Integer(milliseconds) if field.field_type == FieldType::Date => {
            date::date_to_text(*milliseconds)
        }
        value => plain(value),
    }
}

fn plain(value: &Attribute) -> String {
    match value {
        Attribute::Null => String::new(),
        Attribute::Integer(number) => number.to_string(),
        Attribute::Double(number) => number.to_string(),
        // A zero byte would end the text for readers.
        Attribute::Text(text) => text.replace('\0', " "),
    }
}

/// The shortest text that reads back as the same number, with an exponent only where it does not fit otherwise.
fn float_text(value: &Attribute) -> String {
    let number = match value {
        Attribute::Integer(number) => *number as f64,
        Attribute::Double(number) => *number,
        Attribute::Text(text) => text.trim().parse().unwrap_or_default(),
        Attribute::Null => 0.0,
    };
    let text = number.to_string();
    if text.len() <= usize::from(FLOAT_WIDTH) { text } else { format!("{number:e}") }
}

/// A name that dBASE takes, not cut yet.
fn clean_name(name: &str) -> String {
    let clean: String = name.chars().map(|char| if char.is_control() { '_' } else { char }).collect();
    let clean = clean.trim();
    if clean.is_empty() { "FIELD".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_back_as_they_were() {
        for number in [
            0.1,
            1e-300,
            f64::MAX,
            f64::MIN,
            -f64::MIN_POSITIVE,
            5e-324,
            1.0 / 3.0,
            123_456_789.123_456_7,
            1e23,
        ] {
            let text = float_text(&Attribute::Double(number));
            assert!(text.len() <= usize::from(FLOAT_WIDTH), "{text}");
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
