//! Columns of several inputs brought together: which type holds the values of both, and values in another type.

use gp_core::ToolError;
use gp_esri::date::{
    date_to_text, normalise_date_only, normalise_time_only, normalise_timestamp_offset, parse_date,
};
use gp_esri::{Attribute, FeatureSet, FieldType, GeometryType};

/// The narrowest type that holds the values of both; text where nothing else does.
pub(crate) fn widest(a: FieldType, b: FieldType) -> FieldType {
    let rank = |field_type: FieldType| match field_type {
        FieldType::SmallInteger => Some(0),
        FieldType::Integer => Some(1),
        FieldType::BigInteger => Some(2),
        FieldType::Single => Some(3),
        FieldType::Double => Some(4),
        _ => None,
    };
    let is_id = |field_type: FieldType| matches!(field_type, FieldType::Guid | FieldType::GlobalId);
    match (rank(a), rank(b)) {
        _ if a == b => a,
        (Some(rank_a), Some(rank_b)) if a.is_integer() == b.is_integer() => {
            if rank_a > rank_b {
                a
            } else {
                b
            }
        }
        // A 32 bit float holds no more than a 16 bit integer exactly.
        (Some(0 | 3), Some(0 | 3)) => FieldType::Single,
        (Some(_), Some(_)) => FieldType::Double,
        _ if is_id(a) && is_id(b) => FieldType::Guid,
        _ => FieldType::String,
    }
}

/// The value in another type; `None` where it has none there.
pub(crate) fn convert(value: Attribute, from: FieldType, to: FieldType) -> Option<Attribute> {
    if value == Attribute::Null || from == to {
        return Some(value);
    }
    match to {
        FieldType::SmallInteger => whole(&value, from, i64::from(i16::MIN), i64::from(i16::MAX)),
        FieldType::Integer => whole(&value, from, i64::from(i32::MIN), i64::from(i32::MAX)),
        FieldType::BigInteger | FieldType::Oid => whole(&value, from, i64::MIN, i64::MAX),
        FieldType::Single | FieldType::Double => number(&value, from).map(Attribute::Double),
        FieldType::Date => match (from, &value) {
            (_, Attribute::Text(text)) => parse_date(text).ok().map(Attribute::Integer),
            _ => None,
        },
        FieldType::DateOnly | FieldType::TimeOnly | FieldType::TimestampOffset => {
            let text = text_of(value, from);
            let normal = match to {
                FieldType::DateOnly => normalise_date_only(&text),
                FieldType::TimeOnly => normalise_time_only(&text),
                _ => normalise_timestamp_offset(&text),
            };
            normal.map(|text| Attribute::Text(text.into()))
        }
        FieldType::Geometry => None,
        _ => Some(Attribute::Text(text_of(value, from))),
    }
}

fn text_of(value: Attribute, from: FieldType) -> Box<str> {
    match value {
        Attribute::Integer(milliseconds) if from == FieldType::Date => date_to_text(milliseconds).into(),
        Attribute::Integer(number) => number.to_string().into(),
        Attribute::Double(number) => number.to_string().into(),
        Attribute::Text(text) => text,
        Attribute::Null => "".into(),
    }
}

/// The value as a number; a date is none.
fn number(value: &Attribute, from: FieldType) -> Option<f64> {
    match value {
        _ if from == FieldType::Date => None,
        Attribute::Integer(number) => Some(*number as f64),
        Attribute::Double(number) => Some(*number),
        Attribute::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Attribute::Null => None,
    }
}

fn whole(value: &Attribute, from: FieldType, least: i64, greatest: i64) -> Option<Attribute> {
    let exact = match value {
        _ if from == FieldType::Date => None,
        Attribute::Integer(number) => Some(*number),
        Attribute::Text(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok(),
        other => {
            let number = number(other, from)?;
            // Within this range a float that is whole is exactly one integer.
            (number.fract().abs() <= 0.0 && number.abs() < 9.0e15).then_some(number as i64)
        }
    };
    exact.filter(|number| (least..=greatest).contains(number)).map(Attribute::Integer)
}

/// The geometry type that all sets have. A set without features has any.
///
/// # Errors [`ToolError::InvalidParameter`] naming `parameter` and the set that differs.
pub(crate) fn common_type(
    first: Option<GeometryType>,
    others: &[FeatureSet],
    parameter: &str,
) -> Result<Option<GeometryType>, ToolError> {
    let mut common = first;
    for (number, set) in others.iter().enumerate().filter(|(_, set)| !set.features.is_empty()) {
        let Some(expected) = common else {
            common = set.geometry_type;
            continue;
        };
        if let Some(found) = set.geometry_type.filter(|found| *found != expected) {
            let reason = format!(
                "value {} holds {}, but {} is expected; all must have one type of geometry",
                number + 1,
                found.name(),
                expected.name()
            );
            return Err(ToolError::invalid(parameter, reason));
        }
    }
    Ok(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wider_type_holds_the_values_of_both() {
        use FieldType::{BigInteger, Date, Double, GlobalId, Guid, Integer, Single, SmallInteger, String};
        let pairs = [
            (SmallInteger, Integer, Integer),
            (BigInteger, Integer, BigInteger),
            (Integer, Single, Double),
            (SmallInteger, Single, Single),
            (Single, Double, Double),
            (Integer, String, String),
            (Date, Integer, String),
            (Guid, GlobalId, Guid),
            (Date, Date, Date),
        ];
        for (a, b, wider) in pairs {
            assert_eq!((widest(a, b), widest(b, a)), (wider, wider), "{a:?} {b:?}");
        }
    }

    #[test]
    fn values_change_their_type_or_have_none_there() {
        let text = |text: &str| Attribute::Text(text.into());
        let of = |value: &Attribute, from, to| convert(value.clone(), from, to);
        assert_eq!(of(&Attribute::Integer(7), FieldType::Integer, FieldType::String), Some(text("7")));
        assert_eq!(
            of(&Attribute::Integer(0), FieldType::Date, FieldType::String),
            Some(text("1970-01-01T00:00:00Z"))
        );
        assert_eq!(of(&Attribute::Integer(70_000), FieldType::Integer, FieldType::SmallInteger), None);
        assert_eq!(
            of(&Attribute::Double(7.0), FieldType::Double, FieldType::Integer),
            Some(Attribute::Integer(7))
        );
        assert_eq!(of(&Attribute::Double(7.5), FieldType::Double, FieldType::Integer), None);
        assert_eq!(of(&text(" 12 "), FieldType::String, FieldType::Double), Some(Attribute::Double(12.0)));
        assert_eq!(
            of(&text("9007199254740993"), FieldType::String, FieldType::BigInteger),
            Some(Attribute::Integer(9_007_199_254_740_993))
        );
        assert_eq!(of(&text("x"), FieldType::String, FieldType::Integer), None);
        assert_eq!(
            of(&text("2020-08-02"), FieldType::String, FieldType::Date),
            Some(Attribute::Integer(1_596_326_400_000))
        );
        assert_eq!(of(&Attribute::Integer(5), FieldType::Integer, FieldType::Date), None);
        assert_eq!(of(&Attribute::Null, FieldType::Integer, FieldType::Date), Some(Attribute::Null));
    }
}
