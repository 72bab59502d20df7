//! The types of columns that come as nothing but text.
//!
//! Separate because CSV, KML and GeoJSON leave types to be told from all values of a column. A type is only taken when every
//! value keeps its meaning: codes with leading zeros and numbers of more digits than 64 bits hold stay text.

use gp_esri::{Attribute, FeatureSet, FieldType, date};

/// What the values of a column can be, from the narrowest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// There were none.
    #[default]
    Nothing,
    Integer,
    BigInteger,
    /// Of more digits than a double keeps.
    LongInteger,
    Double,
    Date,
    Text,
}

/// What is known of a column after some of its values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    pub(crate) has_nulls: bool,
    /// Whether any value was a number.
    pub(crate) has_numbers: bool,
}

impl Column {
    /// Takes a value into account.
    pub(crate) fn add(&mut self, value: &str) {
        if self.kind == Kind::Text && self.has_numbers {
            return;
        }
        let kind = Kind::of(value);
        self.has_numbers |= kind < Kind::Date;
        self.kind = self.kind.wider(kind);
    }

    /// Whether no value was taken into account yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.kind == Kind::Nothing
    }

    /// Takes an absent value into account.
    pub(crate) fn add_null(&mut self) {
        self.has_nulls = true;
    }
}

impl Kind {
    /// The narrowest kind of a value.
    fn of(text: &str) -> Kind {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let bytes = digits.as_bytes();
        if bytes.is_empty() {
            return Kind::Text;
        }
        // 01234 is a code, and -0 would lose its sign.
        let leading_zero = bytes[0] == b'0' && bytes.get(1).is_some_and(u8::is_ascii_digit);
        if bytes.iter().all(u8::is_ascii_digit) {
            if leading_zero || text == "-0" {
                return Kind::Text;
            }
            return match text.parse::<i64>() {
                Ok(value) if i32::try_from(value).is_ok() => Kind::Integer,
                // Doubles are written in the fewest digits, so one that comes back as it was may have been one.
                Ok(value) if (value as f64).to_string() == text => Kind::BigInteger,
                Ok(_) => Kind::LongInteger,
                Err(_) => Kind::Text,
            };
        }
        if is_instant_like(text) {
            return if date::parse_date(text).is_ok() { Kind::Date } else { Kind::Text };
        }
        let numeric = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        // +491234 is a telephone number.
        if !leading_zero && bytes[0] != b'+' && bytes.iter().all(numeric) && number(text).is_some() {
            Kind::Double
        } else {
            Kind::Text
        }
    }

    fn wider(self, other: Kind) -> Kind {
        let either = self.max(other);
        match self.min(other) {
            Kind::Nothing => either,
            least if least == either => either,
            // A date is no number.
            _ if either == Kind::Date => Kind::Text,
            Kind::LongInteger => Kind::Text,
            _ => either,
        }
    }

    /// The type of a field of such values.
    pub(crate) fn field_type(self) -> FieldType {
        match self {
            Kind::Nothing | Kind::Text => FieldType::String,
            Kind::Integer => FieldType::Integer,
            Kind::BigInteger | Kind::LongInteger => FieldType::BigInteger,
            Kind::Double => FieldType::Double,
            Kind::Date => FieldType::Date,
        }
    }
}

/// The value in that type; `None` when it is no such value. What is blank is null, except as text.
pub(crate) fn value_of(text: &str, field_type: FieldType) -> Option<Attribute> {
    if matches!(field_type, FieldType::String) {
        return Some(Attribute::Text(text.into()));
    }
    let text = text.trim();
    if text.is_empty() {
        return Some(Attribute::Null);
    }
    let whole = |least: i64, greatest: i64| {
        let value = text.parse::<i64>().ok().filter(|value| (least..=greatest).contains(value));
        value.map(Attribute::Integer)
    };
    match field_type {
        FieldType::SmallInteger => whole(i16::MIN.into(), i16::MAX.into()),
        FieldType::Integer => whole(i32::MIN.into(), i32::MAX.into()),
        FieldType::BigInteger | FieldType::Oid => whole(i64::MIN, i64::MAX),
        FieldType::Single | FieldType::Double => number(text).map(Attribute::Double),
        FieldType::Date if is_instant_like(text) => date::parse_date(text).ok().map(Attribute::Integer),
        FieldType::Date => None,
        _ => Some(Attribute::Text(text.into())),
    }
}

/// A finite number.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Turns columns of text into dates where every value is an instant as this crate writes it, `2020-01-01T00:00:00Z`.
pub(crate) fn settle_dates(set: &mut FeatureSet) {
    for (place, field) in set.fields.iter_mut().enumerate() {
        if field.field_type != FieldType::String {
            continue;
        }
        let values = set.features.iter().filter_map(|feature| feature.attributes.get(place));
        let mut texts = values.filter(|value| **value != Attribute::Null).peekable();
        let instant =
            |value: &Attribute| matches!(value, Attribute::Text(text) if as_instant(text).is_some());
        if texts.peek().is_none() || !texts.all(instant) {
            continue;
        }
        field.field_type = FieldType::Date;
        for value in set.features.iter_mut().filter_map(|feature| feature.attributes.get_mut(place)) {
            if let Attribute::Text(text) = value {
                *value = as_instant(text).map_or(Attribute::Null, Attribute::Integer);
            }
        }
    }
}

/// The milliseconds of a text that is exactly what they are written as.
fn as_instant(text: &str) -> Option<i64> {
    if !text.ends_with('Z') || !is_instant_like(text) {
        return None;
    }
    date::parse_date(text).ok().filter(|milliseconds| date::date_to_text(*milliseconds) == text)
}

/// Whether a text has the form of ISO 8601 with the whole date: `2020-01-01`, with a time after `T` or a space or without.
fn is_instant_like(text: &str) -> bool {
    let bytes = text.as_bytes();
    let in_date = |(at, byte): (usize, &u8)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let in_time = |byte: &u8| matches!(byte, b'0'..=b'9' | b':' | b'.' | b',' | b'+' | b'-' | b'Z');
    bytes.len() >= 10
        && bytes.iter().take(10).enumerate().all(in_date)
        && bytes.get(10).is_none_or(|byte| matches!(byte, b'T' | b' '))
        && bytes.iter().skip(11).all(in_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(values: &[&str]) -> Kind {
        let mut column = Column::default();
        values.iter().for_each(|value| column.add(value));
        column.kind
    }

    #[test]
    fn a_column_has_the_narrowest_kind_that_holds_all_its_values() {
        for (values, wanted) in [
            (&[][..], Kind::Nothing),
            (&["1", "-20", "0"], Kind::Integer),
            (&["1", "5000000000"], Kind::BigInteger),
            (&["1", "9007199254740993", "-9223372036854775808"], Kind::LongInteger),
            (&["1", "0.5", "-1e5", ".5"], Kind::Double),
            (&["0.5", "9007199254740992", "123456789012345660"], Kind::Double),
            (&["0.5", "9007199254740993"], Kind::Text),
            (&["9007199254740993", "7", "0.5"], Kind::Text),
            (&["2020-01-01", "2020-01-01T10:00:00.5+02:00", "2020-01-01 10:00"], Kind::Date),
            (&["1", "2020-01-01"], Kind::Text),
            (&["2020-01-01", "x"], Kind::Text),
            (&["01234", "5"], Kind::Text),
            (&["5", "-01"], Kind::Text),
            (&["00.5"], Kind::Text),
            (&["99999999999999999999"], Kind::Text),
            (&["inf"], Kind::Text),
            (&["NaN", "1"], Kind::Text),
            (&["1e999"], Kind::Text),
            (&["2020-13-01"], Kind::Text),
            (&["1/2/2020"], Kind::Text),
            (&["+5", "-0", "1-2"], Kind::Text),
        ] {
            assert_eq!(kind_of(values), wanted, "{values:?}");
        }
    }

    #[test]
    fn values_that_do_not_fit_a_type_are_none() {
        assert_eq!(value_of("01234", FieldType::Integer), Some(Attribute::Integer(1234)));
        assert_eq!(value_of(" ", FieldType::Double), Some(Attribute::Null));
        assert_eq!(value_of("1970-01-01T00:00:01Z", FieldType::Date), Some(Attribute::Integer(1000)));
        for (text, field_type) in [
            ("40000", FieldType::SmallInteger),
            ("1.5", FieldType::Integer),
            ("x", FieldType::Double),
            ("1/2/2020", FieldType::Date),
        ] {
            assert_eq!(value_of(text, field_type), None, "{text}");
        }
    }
}
