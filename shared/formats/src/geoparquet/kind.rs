//! What the columns of a file hold, and their values as attributes.

use gp_esri::{Attribute, FieldType, date};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::data_type::Int96;
use parquet::schema::types::ColumnDescriptor;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// How the values of a column are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    /// So many bits.
    Integer(u8),
    Unsigned(u8),
    Float16,
    Float,
    Double,
    Text,
    Uuid,
    /// Days since 1970.
    Date,
    /// So many a second since midnight.
    Time(i64),
    /// So many a second since 1970.
    Timestamp(i64),
    /// Nanoseconds of a Julian day, as Impala wrote them.
    Impala,
    /// Digits after the point.
    Decimal(i32),
}

/// A value as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw<'a> {
    Boolean(bool),
    Int32(i32),
    Int64(i64),
    Int96(&'a Int96),
    Float(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

impl Kind {
    /// The kind of a column; `None` where it cannot be an attribute.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Kind> {
        let logical = column.logical_type_ref().cloned();
        let logical = logical.or_else(|| of_converted(column.converted_type(), column.type_scale()));
        Some(match (column.physical_type(), logical) {
            (Type::BOOLEAN, _) => Kind::Boolean,
            (Type::INT32 | Type::INT64, Some(LogicalType::Integer(integer))) => {
                let bits = integer.bit_width.unsigned_abs();
                if integer.is_signed { Kind::Integer(bits) } else { Kind::Unsigned(bits) }
            }
            (Type::INT32, Some(LogicalType::Date)) => Kind::Date,
            (Type::INT32 | Type::INT64, Some(LogicalType::Time(time))) => Kind::Time(per_second(time.unit)),
            (Type::INT64, Some(LogicalType::Timestamp(stamp))) => Kind::Timestamp(per_second(stamp.unit)),
            (_, Some(LogicalType::Decimal(decimal))) => Kind::Decimal(decimal.scale),
            (Type::INT32, None) => Kind::Integer(32),
            (Type::INT64, None) => Kind::Integer(64),
            (Type::INT96, _) => Kind::Impala,
            (Type::FLOAT, _) => Kind::Float,
            (Type::DOUBLE, _) => Kind::Double,
            (Type::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)) => {
                Kind::Text
            }
            (Type::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)) => Kind::Uuid,
            (Type::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Float16)) => Kind::Float16,
            _ => return None,
        })
    }

    pub(super) fn field_type(self) -> FieldType {
        match self {
            Kind::Boolean | Kind::Integer(0..=16) | Kind::Unsigned(0..=8) => FieldType::SmallInteger,
            Kind::Integer(17..=32) | Kind::Unsigned(9..=16) => FieldType::Integer,
            Kind::Integer(_) | Kind::Unsigned(_) => FieldType::BigInteger,
            Kind::Float16 | Kind::Float => FieldType::Single,
            Kind::Double | Kind::Decimal(_) => FieldType::Double,
            Kind::Text => FieldType::String,
            Kind::Uuid => FieldType::Guid,
            Kind::Date => FieldType::DateOnly,
            Kind::Time(_) => FieldType::TimeOnly,
            Kind::Timestamp(_) | Kind::Impala => FieldType::Date,
        }
    }

    /// The attribute of a value, and whether it lost something that the field cannot hold; `None` where the value is none.
    pub(super) fn attribute(self, raw: Raw<'_>) -> Option<(Attribute, bool)> {
        let exact = |attribute| Some((attribute, false));
        match (self, raw) {
            (Kind::Boolean, Raw::Boolean(value)) => exact(Attribute::Integer(value.into())),
            (Kind::Integer(_), Raw::Int32(value)) => exact(Attribute::Integer(value.into())),
            (Kind::Integer(_), Raw::Int64(value)) => exact(Attribute::Integer(value)),
            (Kind::Unsigned(_), Raw::Int32(value)) => exact(Attribute::Integer(value.cast_unsigned().into())),
            // Beyond 63 bits a number fits no field and is counted as lost.
            (Kind::Unsigned(_), Raw::Int64(value)) => exact(if value < 0 {
                Attribute::Double(value.cast_unsigned() as f64)
            } else {
                Attribute::Integer(value)
            }),
            (Kind::Float, Raw::Float(value)) => exact(Attribute::Double(value.into())),
            (Kind::Double, Raw::Double(value)) => exact(Attribute::Double(value)),
            (Kind::Float16, Raw::Bytes(bytes)) => {
                exact(Attribute::Double(half(u16::from_le_bytes(*bytes.first_chunk()?))))
            }
            (Kind::Text, Raw::Bytes(bytes)) => {
                exact(Attribute::Text(std::str::from_utf8(bytes).ok()?.into()))
            }
            (Kind::Uuid, Raw::Bytes(bytes)) => exact(Attribute::Text(guid(bytes.first_chunk()?).into())),
            (Kind::Date, Raw::Int32(days)) => exact(Attribute::Text(day_text(i64::from(days)).into())),
            (Kind::Time(units), Raw::Int32(time)) => {
                exact(Attribute::Text(time_text(time.into(), units).into()))
            }
            (Kind::Time(units), Raw::Int64(time)) => exact(Attribute::Text(time_text(time, units).into())),
            (Kind::Timestamp(units), Raw::Int64(stamp)) => {
                let units_per_ms = units / 1000;
                let is_cut = stamp.rem_euclid(units_per_ms) != 0;
                Some((Attribute::Integer(stamp.div_euclid(units_per_ms)), is_cut))
            }
            (Kind::Impala, Raw::Int96(stamp)) => exact(Attribute::Integer(stamp.to_millis())),
            (Kind::Decimal(scale), raw) => {
                let digits = match raw {
                    Raw::Int32(value) => f64::from(value),
                    Raw::Int64(value) => value as f64,
                    Raw::Bytes(bytes) => big_endian(bytes),
                    _ => return None,
                };
                exact(Attribute::Double(digits / 10_f64.powi(scale)))
            }
            _ => None,
        }
    }
}

/// What older writers said instead.
fn of_converted(converted: ConvertedType, scale: i32) -> Option<LogicalType> {
    Some(match converted {
        ConvertedType::UTF8 => LogicalType::String,
        ConvertedType::ENUM => LogicalType::Enum,
        ConvertedType::JSON => LogicalType::Json,
        ConvertedType::DATE => LogicalType::Date,
        ConvertedType::TIME_MILLIS => LogicalType::time(true, TimeUnit::MILLIS),
        ConvertedType::TIME_MICROS => LogicalType::time(true, TimeUnit::MICROS),
        ConvertedType::TIMESTAMP_MILLIS => LogicalType::timestamp(true, TimeUnit::MILLIS),
        ConvertedType::TIMESTAMP_MICROS => LogicalType::timestamp(true, TimeUnit::MICROS),
        ConvertedType::DECIMAL => LogicalType::decimal(scale, 0),
        ConvertedType::INT_8 => LogicalType::integer(8, true),
        ConvertedType::INT_16 => LogicalType::integer(16, true),
        ConvertedType::INT_32 => LogicalType::integer(32, true),
        ConvertedType::INT_64 => LogicalType::integer(64, true),
        ConvertedType::UINT_8 => LogicalType::integer(8, false),
        ConvertedType::UINT_16 => LogicalType::integer(16, false),
        ConvertedType::UINT_32 => LogicalType::integer(32, false),
        ConvertedType::UINT_64 => LogicalType::integer(64, false),
        _ => return None,
    })
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

fn day_text(days: i64) -> String {
    let text = date::date_to_text(days * DAY_MS);
    text.split('T').next().unwrap_or_default().to_owned()
}

fn time_text(time: i64, units: i64) -> String {
    let (seconds, part) = (time.div_euclid(units), time.rem_euclid(units));
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if part == 0 {
        return text;
    }
    let digits = units.ilog10() as usize;
    format!("{text}.{part:0digits$}").trim_end_matches('0').to_owned()
}

/// `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`
fn guid(bytes: &[u8; 16]) -> String {
    let hex = format!("{:032X}", u128::from_be_bytes(*bytes));
    format!("{{{}-{}-{}-{}-{}}}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A 16 bit float: sign, five bits of exponent, ten bits of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match exponent {
        0 => sign * fraction * (-24_f64).exp2(),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * f64::from(exponent - 15).exp2(),
    }
}

/// A whole number of any length, the greatest byte first.
fn big_endian(bytes: &[u8]) -> f64 {
    let Some((first, rest)) = bytes.split_first() else { return 0.0 };
    rest.iter().fold(f64::from(first.cast_signed()), |value, byte| value * 256.0 + f64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_attributes_of_their_field() {
        let text = |text: &str| Some((Attribute::Text(text.into()), false));
        assert_eq!(Kind::Date.attribute(Raw::Int32(-1)), text("1969-12-31"));
        assert_eq!(Kind::Time(1_000_000).attribute(Raw::Int64(37_230_500_000)), text("10:20:30.5"));
        assert_eq!(
            Kind::Uuid.attribute(Raw::Bytes(&[0x12; 16])),
            text("{12121212-1212-1212-1212-121212121212}")
        );
        assert_eq!(
            Kind::Timestamp(1_000_000).attribute(Raw::Int64(-1)),
            Some((Attribute::Integer(-1), true))
        );
        assert_eq!(
            Kind::Decimal(2).attribute(Raw::Bytes(&[0xff, 0x85])),
            Some((Attribute::Double(-1.23), false))
        );
        assert_eq!(
            [0x3c00, 0xc500, 1, 0x7bff].map(half).map(|n| n.to_string()),
            ["1", "-5", "0.00000005960464477539063", "65504"]
        );
    }
}
