//! Writing a file.

use super::{FORMAT, failed, metadata};
use crate::field_names::{lost_descriptions, written_as_text};
use crate::wkb::{Dimensions, write_wkb};
use crate::{FormatError, WriteLayer};
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, date};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type as SchemaType, TypePtr};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows of a row group: few enough that a reader who needs a part need not read much.
const GROUP_ROWS: usize = 65536;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

pub(super) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let set = layer.features;
    let mut warnings = losses(set);
    let geometry_column = set.geometry_type.map(|_| geometry_name(set));
    let mut properties = WriterProperties::builder()
        .set_created_by("Serverless GP".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(failed)?));
    if let Some(name) = &geometry_column {
        let (text, sentences) = metadata::write(set, name);
        warnings.extend(sentences);
        let column = ColumnPath::from(name.as_str());
        properties = properties
            .set_key_value_metadata(Some(vec![KeyValue::new(metadata::KEY.to_owned(), text)]))
            .set_column_dictionary_enabled(column.clone(), false)
            // The least of all geometries as bytes says nothing.
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    let schema = schema(layer.name, set, geometry_column.as_deref())?;
    let file = File::create(path)?;
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).map_err(failed)?;
    let mut unreadable_days = 0;
    for features in set.features.chunks(GROUP_ROWS) {
        let mut group = writer.next_row_group().map_err(failed)?;
        for (column, field) in set.fields.iter().enumerate() {
            if stop() {
                return Err(FormatError::Stopped);
            }
            unreadable_days += put_field(&mut group, features, column, field)?;
        }
        if geometry_column.is_some() {
            put_geometries(&mut group, features, set, stop)?;
        }
        group.close().map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    if unreadable_days > 0 {
        warnings.push(format!(
            "{unreadable_days} calendar dates cannot be read as such and were written as null"
        ));
    }
    Ok(warnings)
}

/// Sentences about what the format cannot hold.
fn losses(set: &FeatureSet) -> Vec<String> {
    let mut warnings = Vec::new();
    if set.has_m && set.geometry_type.is_some() {
        warnings.push(format!("{FORMAT} has no measures: m was left out"));
    }
    let becomes_text = |field_type| physical(field_type) == Type::BYTE_ARRAY;
    warnings.extend(written_as_text(&set.fields, FORMAT, becomes_text));
    warnings.extend(lost_descriptions(&set.fields, FORMAT));
    warnings
}

/// A name that no field has.
fn geometry_name(set: &FeatureSet) -> String {
    let mut name = "geometry".to_owned();
    while set.field_index(&name).is_some() {
        name.push('_');
    }
    name
}

fn physical(field_type: FieldType) -> Type {
    match field_type {
        FieldType::SmallInteger | FieldType::Integer | FieldType::DateOnly => Type::INT32,
        FieldType::BigInteger | FieldType::Oid | FieldType::Date => Type::INT64,
        FieldType::Single => Type::FLOAT,
        FieldType::Double => Type::DOUBLE,
        _ => Type::BYTE_ARRAY,
    }
}

fn logical(field_type: FieldType) -> Option<LogicalType> {
    Some(match field_type {
        FieldType::SmallInteger => LogicalType::integer(16, true),
        FieldType::DateOnly => LogicalType::Date,
        FieldType::Date => LogicalType::timestamp(true, TimeUnit::MILLIS),
        _ if physical(field_type) == Type::BYTE_ARRAY => LogicalType::String,
        _ => return None,
    })
}

fn schema(name: &str, set: &FeatureSet, geometry_column: Option<&str>) -> Result<TypePtr, FormatError> {
    let mut columns = Vec::new();
    for field in &set.fields {
        let column = SchemaType::primitive_type_builder(&field.name, physical(field.field_type))
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical(field.field_type));
        columns.push(Arc::new(column.build().map_err(failed)?));
    }
    if let Some(name) = geometry_column {
        let column =
            SchemaType::primitive_type_builder(name, Type::BYTE_ARRAY).with_repetition(Repetition::OPTIONAL);
        columns.push(Arc::new(column.build().map_err(failed)?));
    }
    let schema = SchemaType::group_type_builder(name).with_fields(columns).build().map_err(failed)?;
    Ok(Arc::new(schema))
}

/// Writes the values of a field; gives how many calendar dates are none.
fn put_field(
    group: &mut SerializedRowGroupWriter<'_, File>,
    features: &[Feature],
    column: usize,
    field: &Field,
) -> Result<usize, FormatError> {
    let mut writer = next_column(group)?;
    let values = features.iter().map(|feature| feature.attributes.get(column).unwrap_or(&Attribute::Null));
    let mut lost = 0;
    match physical(field.field_type) {
        Type::INT32 if field.field_type == FieldType::DateOnly => {
            let day = |value: &Attribute| {
                let Attribute::Text(text) = value else { return None };
                let day =
                    date::parse_date(text).ok().and_then(|ms| i32::try_from(ms.div_euclid(DAY_MS)).ok());
                lost += usize::from(day.is_none());
                day
            };
            put::<Int32Type>(&mut writer, values.map(day))?;
        }
        Type::INT32 => put::<Int32Type>(&mut writer, values.map(|value| i32::try_from(whole(value)?).ok()))?,
        Type::INT64 => put::<Int64Type>(&mut writer, values.map(whole))?,
        Type::FLOAT => put::<FloatType>(&mut writer, values.map(|value| Some(number(value)? as f32)))?,
        Type::DOUBLE => put::<DoubleType>(&mut writer, values.map(number))?,
        _ => put::<ByteArrayType>(&mut writer, values.map(text))?,
    }
    writer.close().map_err(failed)?;
    Ok(lost)
}

fn put_geometries(
    group: &mut SerializedRowGroupWriter<'_, File>,
    features: &[Feature],
    set: &FeatureSet,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), FormatError> {
    /// Geometries that are made at once.
    const BATCH: usize = 1024;
    let dimensions = Dimensions { z: set.has_z, m: false };
    let mut writer = next_column(group)?;
    for features in features.chunks(BATCH) {
        if stop() {
            return Err(FormatError::Stopped);
        }
        let geometries = features.iter().map(|feature| {
            let mut bytes = Vec::new();
            write_wkb(&mut bytes, feature.geometry.as_ref()?, dimensions);
            Some(ByteArray::from(bytes))
        });
        put::<ByteArrayType>(&mut writer, geometries)?;
    }
    writer.close().map_err(failed)
}

fn next_column<'g>(
    group: &'g mut SerializedRowGroupWriter<'_, File>,
) -> Result<SerializedColumnWriter<'g>, FormatError> {
    let column = group.next_column().map_err(failed)?;
    column.ok_or_else(|| FormatError::Unsupported("the file has fewer columns than the layer".to_owned()))
}

/// Writes values, of which some are null.
fn put<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), FormatError> {
    let (mut given, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        given.extend(value);
    }
    writer.typed::<T>().write_batch(&given, Some(&levels), None).map_err(failed)?;
    Ok(())
}

fn whole(value: &Attribute) -> Option<i64> {
    match value {
        Attribute::Integer(number) => Some(*number),
        Attribute::Double(number) => Some(*number as i64),
        _ => None,
    }
}

fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Integer(number) => Some(*number as f64),
        Attribute::Double(number) => Some(*number),
        _ => None,
    }
}

fn text(value: &Attribute) -> Option<ByteArray> {
    let text: String = match value {
        Attribute::Null => return None,
        Attribute::Text(text) => text.to_string(),
        Attribute::Integer(number) => number.to_string(),
        Attribute::Double(number) => number.to_string(),
    };
    Some(ByteArray::from(text.into_bytes()))
}
