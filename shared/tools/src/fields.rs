//! Columns that a tool writes values into: found or appended, and values in the type of another field.

use crate::each::warn_of_rows;
use crate::statistics::text_of;
use gp_core::{RunContext, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, date};

/// The column of that name; a new one of that type is appended, with nulls.
///
/// # Errors
/// [`ToolError::InvalidParameter`] for a name that no field can have, or a column that nobody may write.
pub(crate) fn column_to_write(
    set: &mut FeatureSet,
    name: &str,
    new_type: FieldType,
    parameter: &str,
) -> Result<usize, ToolError> {
    if let Some(column) = set.field_index(name) {
        let field = &set.fields[column];
        return match field.field_type {
            FieldType::Oid
            | FieldType::GlobalId
            | FieldType::Geometry
            | FieldType::Blob
            | FieldType::Raster => Err(ToolError::invalid(
                parameter,
                format!("{} cannot be calculated; name another field", field.name),
            )),
            _ => Ok(column),
        };
    }
    let starts_well = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if !starts_well || !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        return Err(ToolError::invalid(
            parameter,
            format!("\"{name}\" is no name for a new field; use letters, digits and underscores"),
        ));
    }
    set.fields.push(Field::new(name, new_type));
    for feature in &mut set.features {
        feature.attributes.push(Attribute::Null);
    }
    Ok(set.fields.len() - 1)
}

/// A value of a field of type `from` as another field can hold it; `None` where it does not fit. Null always does.
///
/// Beyond what [`of_type`] says, text that is longer than its field does not fit, as ArcGIS refuses it.
pub(crate) fn fit(value: Attribute, from: FieldType, field: &Field) -> Option<Attribute> {
    let value = of_type(value, from, field.field_type)?;
    let fits = match (&value, field.length) {
        (Attribute::Text(text), Some(length)) => text.chars().count() <= length as usize,
        _ => true,
    };
    fits.then_some(value)
}

/// A value of a field of type `from` in another type; `None` where it has none there. Null is null in every type.
///
/// A number becomes a whole number by rounding, halves away from zero. Text is read as a number or a date where these are
/// wanted; a date becomes text as `2020-08-02T00:00:00Z`, and a date is a number of milliseconds since 1970 where one of
/// both types is of numbers.
pub(crate) fn of_type(value: Attribute, from: FieldType, to: FieldType) -> Option<Attribute> {
    if value == Attribute::Null || from == to {
        return Some(value);
    }
    match to {
        FieldType::SmallInteger => whole(&value, i64::from(i16::MIN), i64::from(i16::MAX)),
        FieldType::Integer => whole(&value, i64::from(i32::MIN), i64::from(i32::MAX)),
        FieldType::BigInteger | FieldType::Oid => whole(&value, i64::MIN, i64::MAX),
        FieldType::Double => double(&value).map(Attribute::Double),
        FieldType::Single => {
            let single = f64::from(double(&value)? as f32);
            single.is_finite().then_some(Attribute::Double(single))
        }
        FieldType::Date => moment_ms(&value).map(Attribute::Integer),
        FieldType::DateOnly => text(date::normalise_date_only(&moment_text(&value)?)?),
        FieldType::TimeOnly => text(date::normalise_time_only(&text_of(&value))?),
        FieldType::TimestampOffset => text(date::normalise_timestamp_offset(&moment_text(&value)?)?),
        FieldType::String | FieldType::Guid | FieldType::GlobalId | FieldType::Xml => match value {
            Attribute::Text(text) => Some(Attribute::Text(text)),
            date if from == FieldType::Date => text(moment_text(&date)?),
            number => text(text_of(&number)),
        },
        FieldType::Geometry | FieldType::Blob | FieldType::Raster => None,
    }
}

/// Says which rows have whole numbers that are rounded in the fields that their columns become: a double has 53 bits.
pub(crate) fn warn_of_rounded(set: &FeatureSet, fields: &[(Option<usize>, &Field)], context: &RunContext) {
    let is_rounded = |value: &Attribute, field: &Field| match (value, field.field_type) {
        (Attribute::Integer(number), FieldType::Double) => *number as f64 as i128 != i128::from(*number),
        (Attribute::Integer(number), FieldType::Single) => *number as f32 as i128 != i128::from(*number),
        _ => false,
    };
    for (column, field) in fields {
        let Some(column) = column.filter(|column| set.fields[*column].field_type.is_integer()) else {
            continue;
        };
        let is_own = |row: &usize| {
            let value = set.features[*row].attributes.get(column);
            value.is_some_and(|value| is_rounded(value, field))
        };
        let rows: Vec<usize> = (0..set.features.len()).filter(is_own).collect();
        let what = format!("have a whole number that {} cannot hold exactly, so it is rounded", field.name);
        warn_of_rows(&rows, set, &what, context);
    }
}

fn text(text: String) -> Option<Attribute> {
    Some(Attribute::Text(text.into()))
}

fn double(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Integer(number) => Some(*number as f64),
        Attribute::Double(number) => Some(*number),
        Attribute::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Attribute::Null => None,
    }
}

fn whole(value: &Attribute, least: i64, greatest: i64) -> Option<Attribute> {
    /// Rounded doubles below this are whole numbers of 64 bits: 2^63.
    const WHOLE_BELOW: f64 = 9_223_372_036_854_775_808.0;
    let whole = match value {
        Attribute::Integer(number) => *number,
        Attribute::Text(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok()?,
        other => {
            let rounded = double(other)?.round();
            (rounded.abs() < WHOLE_BELOW).then_some(rounded as i64)?
        }
    };
    (least..=greatest).contains(&whole).then_some(Attribute::Integer(whole))
}

fn moment_ms(value: &Attribute) -> Option<i64> {
    match value {
        Attribute::Integer(ms) => Some(*ms),
        Attribute::Double(_) => double(value).filter(|ms| ms.abs() < 9.0e15).map(|ms| ms.round() as i64),
        Attribute::Text(text) => date::parse_date(text).ok(),
        Attribute::Null => None,
    }
}

fn moment_text(value: &Attribute) -> Option<String> {
    match value {
        Attribute::Text(text) => Some(text.to_string()),
        number => moment_ms(number).map(date::date_to_text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(value: Attribute, field_type: FieldType) -> Option<Attribute> {
        let from = if matches!(value, Attribute::Text(_)) { FieldType::String } else { FieldType::Oid };
        fit(value, from, &Field::new("F", field_type))
    }

    fn written(text: &str) -> Attribute {
        Attribute::Text(text.into())
    }

    #[test]
    fn numbers_are_rounded_into_whole_fields_and_must_be_in_range() {
        assert_eq!(fitted(Attribute::Double(2.5), FieldType::Integer), Some(Attribute::Integer(3)));
        assert_eq!(fitted(Attribute::Double(-2.5), FieldType::Integer), Some(Attribute::Integer(-3)));
        assert_eq!(fitted(Attribute::Integer(40_000), FieldType::SmallInteger), None);
        assert_eq!(fitted(Attribute::Double(1e19), FieldType::BigInteger), None);
        assert_eq!(fitted(written(" 12 "), FieldType::Integer), Some(Attribute::Integer(12)));
        assert_eq!(fitted(written("twelve"), FieldType::Double), None);
        assert_eq!(fitted(Attribute::Double(1e300), FieldType::Single), None);
        assert_eq!(fitted(Attribute::Null, FieldType::Single), Some(Attribute::Null));
    }

    #[test]
    fn dates_come_of_milliseconds_and_of_text() {
        let date = Attribute::Integer(1_714_521_600_000);
        assert_eq!(fitted(written("2024-05-01"), FieldType::Date), Some(date.clone()));
        assert_eq!(fitted(date, FieldType::DateOnly), Some(written("2024-05-01")));
        assert_eq!(fitted(written("10:05"), FieldType::TimeOnly), Some(written("10:05:00")));
        assert_eq!(fitted(written("soon"), FieldType::Date), None);
        assert_eq!(
            fitted(written("9007199254740993"), FieldType::BigInteger),
            Some(Attribute::Integer(9_007_199_254_740_993))
        );
    }

    #[test]
    fn a_date_becomes_a_text_that_can_be_read_and_a_number_of_milliseconds() {
        let of = |field_type| fit(Attribute::Integer(0), FieldType::Date, &Field::new("F", field_type));
        assert_eq!(of(FieldType::String), Some(written("1970-01-01T00:00:00Z")));
        assert_eq!(of(FieldType::Double), Some(Attribute::Double(0.0)));
        assert_eq!(of(FieldType::Date), Some(Attribute::Integer(0)));
    }

    #[test]
    fn text_longer_than_its_field_does_not_fit() {
        let mut field = Field::new("F", FieldType::String);
        field.length = Some(3);
        assert_eq!(fit(Attribute::Double(1.5), FieldType::Double, &field), Some(written("1.5")));
        assert_eq!(fit(written("four"), FieldType::String, &field), None);
    }

    #[test]
    fn an_object_id_cannot_be_written_and_a_new_field_needs_a_name() {
        let fields = vec![Field::new("OBJECTID", FieldType::Oid), Field::new("A", FieldType::Double)];
        let mut set = FeatureSet { fields, ..FeatureSet::default() };
        assert!(column_to_write(&mut set, "objectid", FieldType::Double, "P").is_err());
        assert!(column_to_write(&mut set, "2nd", FieldType::Double, "P").is_err());
        assert_eq!(column_to_write(&mut set, "a", FieldType::Integer, "P"), Ok(1));
        assert_eq!(column_to_write(&mut set, "Größe_2", FieldType::Integer, "P"), Ok(2));
    }
}
