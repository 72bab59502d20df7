//! Reading the rows of a file: row group by row group, in each one column after the other.

use super::kind::Raw;
use super::pages::{CheckedPages, Chunks};
use super::plan::{Plan, geometries_of, is_outside, plan};
use super::{FORMAT, failed, malformed, thrift, unreadable};
use crate::budget::Budget;
use crate::field_names::adopt_object_id;
use crate::gather::Gathering;
use crate::wkb::read_wkb;
use crate::{FormatError, Input, ReadLayer, ReadOptions};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry};
use parquet::basic::Type;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

/// The greatest metadata, in bytes: they are read in one piece.
const MAX_METADATA_BYTES: u64 = 32 * 1024 * 1024;
/// What is read of the end of a file at once: most metadata are shorter.
const TAIL_BYTES: u64 = 64 * 1024;
/// Rows of a group: of each is kept whether it is needed.
const MAX_GROUP_ROWS: usize = 1 << 26;
/// Values that are read at once.
const BATCH: usize = 1024;

/// The needed rows of a row group.
struct Rows {
    /// Whether each row of the group is needed.
    is_needed: Vec<bool>,
    needed: Vec<(Vec<Attribute>, Option<Geometry>)>,
}

pub(super) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let chunks = Chunks::new(input, options.max_decompressed_bytes);
    let metadata = read_metadata(&chunks, input.bytes().byte_len())?;
    let geometries = geometries_of(&metadata)?;
    let (mut plan, schema, warnings) = plan(&metadata, geometries.as_ref())?;
    let mut gathering = Gathering::new(options, schema);
    warnings.into_iter().for_each(|sentence| gathering.warn(sentence));
    let mut next_row = 1_i64;
    for group in metadata.row_groups() {
        let first_row = next_row;
        next_row = next_row.saturating_add(group.num_rows());
        if (options.stop)() {
            return Err(FormatError::Stopped);
        }
        if let (Some(envelope), Some(geometries)) = (gathering.envelope(), &geometries)
            && is_outside(group, geometries, &envelope)
        {
            continue;
        }
        let mut rows = begin(group, first_row, &chunks, &plan, &mut gathering, options)?;
        for field in 0..plan.fields.len() {
            read_field(field, group, &chunks, &mut plan, &mut rows, gathering.budget())?;
        }
        rows.needed.into_iter().for_each(|(row, geometry)| gathering.push(row, geometry));
    }
    let cut: Vec<_> = plan.cut.iter().enumerate().filter(|(_, count)| **count > 0).collect();
    for (field, count) in cut {
        let name = metadata.file_metadata().schema_descr().column(plan.fields[field].0).name().to_owned();
        gathering
            .warn(format!("{count} values of field {name} are finer than a millisecond and were cut to one"));
    }
    let mut layer = gathering.finish(input.stem());
    adopt_object_ids(&mut layer.features);
    Ok(layer)
}

/// The format has no object ids; a column of that name holds them.
fn adopt_object_ids(set: &mut FeatureSet) {
    let Some(index) = set.field_index("OBJECTID") else { return };
    let ids = || set.features.iter().map(|feature| feature.attributes.get(index));
    let is_null = |id: Option<&Attribute>| !matches!(id, Some(Attribute::Integer(_)));
    let is_long =
        |id: Option<&Attribute>| matches!(id, Some(Attribute::Integer(id)) if i32::try_from(*id).is_err());
    let (has_nulls, has_long) = (ids().any(is_null), ids().any(is_long));
    let Some(field) = set.fields.get_mut(index) else { return };
    adopt_object_id(field, has_nulls);
    if field.field_type == FieldType::Oid && !has_long {
        field.length = None;
    }
}

fn read_metadata(chunks: &Chunks, file_bytes: u64) -> Result<ParquetMetaData, FormatError> {
    /// The length of the metadata and the mark of the format.
    const FOOTER_BYTES: u64 = 8;
    let tail_bytes = TAIL_BYTES.min(file_bytes);
    let tail = chunks.bytes(file_bytes - tail_bytes, tail_bytes as usize).map_err(unreadable)?;
    let footer = tail.last_chunk::<8>().ok_or_else(|| malformed("the file is shorter than its footer"))?;
    let (length, mark) = footer.split_at(4);
    if mark == b"PARE" {
        return Err(FormatError::Unsupported(
            "the file is encrypted: write it without encryption".to_owned(),
        ));
    }
    if mark != b"PAR1" {
        return Err(malformed("it does not end with the mark of Parquet; it may be cut short"));
    }
    let length = u64::from(u32::from_le_bytes(length.first_chunk().copied().unwrap_or_default()));
    if length > MAX_METADATA_BYTES {
        return Err(FormatError::TooLarge(format!(
            "the metadata of the file take {length} bytes, more than the {MAX_METADATA_BYTES} that are read"
        )));
    }
    let start = file_bytes.checked_sub(FOOTER_BYTES + length);
    let start = start.ok_or_else(|| malformed("its metadata are longer than the file"))?;
    let bytes = chunks.bytes(start, length as usize).map_err(unreadable)?;
    thrift::check_metadata(&bytes)?;
    ParquetMetaDataReader::decode_metadata(&bytes).map_err(failed)
}

/// Makes the needed rows of a group, with their geometries. `first_row` is the number of its first one in the file.
fn begin(
    group: &RowGroupMetaData,
    first_row: i64,
    chunks: &Chunks,
    plan: &Plan,
    gathering: &mut Gathering<'_>,
    options: &ReadOptions<'_>,
) -> Result<Rows, FormatError> {
    let mut rows = Rows { is_needed: Vec::new(), needed: Vec::new() };
    let Some(column) = plan.geometry else {
        for _ in 0..group.num_rows() {
            rows.needed.push((gathering.row()?, None));
            rows.is_needed.push(true);
        }
        return Ok(rows);
    };
    for_each(group, column, chunks, &mut |raw| {
        let row = rows.is_needed.len();
        if row == MAX_GROUP_ROWS {
            return Err(FormatError::TooLarge(format!("a row group has more than {MAX_GROUP_ROWS} rows")));
        }
        if row.is_multiple_of(BATCH) && (options.stop)() {
            return Err(FormatError::Stopped);
        }
        let geometry = match raw {
            Some(Raw::Bytes(bytes)) => read_wkb(bytes, gathering.budget()).map_err(|error| {
                error.within(
                    FORMAT,
                    format_args!("the geometry of row {}", first_row.saturating_add(row as i64)),
                )
            })?,
            _ => None,
        };
        let is_needed = gathering.is_needed(geometry.as_ref());
        rows.is_needed.push(is_needed);
        if is_needed {
            rows.needed.push((gathering.row()?, geometry));
        }
        Ok(())
    })?;
    Ok(rows)
}

/// Fills in the values of a field.
fn read_field(
    field: usize,
    group: &RowGroupMetaData,
    chunks: &Chunks,
    plan: &mut Plan,
    rows: &mut Rows,
    budget: &mut Budget<'_>,
) -> Result<(), FormatError> {
    let Some((column, kind)) = plan.fields.get(field).copied() else { return Ok(()) };
    let cut = &mut plan.cut[field];
    let mut is_needed = rows.is_needed.iter();
    let mut needed = rows.needed.iter_mut();
    for_each(group, column, chunks, &mut |raw| {
        let Some(wanted) = is_needed.next() else {
            return Err(malformed("a column has more values than its row group has rows"));
        };
        if !wanted {
            return Ok(());
        }
        let place = needed.next().and_then(|(row, _)| row.get_mut(field));
        let (Some(place), Some(raw)) = (place, raw) else { return Ok(()) };
        if let Raw::Bytes(bytes) = raw {
            // One text in a dictionary may be the value of every row.
            budget.text(bytes.len())?;
        }
        let (value, is_cut) =
            kind.attribute(raw).ok_or_else(|| malformed("a value is not of the type of its column"))?;
        *place = value;
        *cut += usize::from(is_cut);
        Ok(())
    })?;
    if is_needed.next().is_some() {
        return Err(malformed("a column has fewer values than its row group has rows"));
    }
    Ok(())
}

/// Calls `visit` with every value of a column, `None` where it is null.
fn for_each(
    group: &RowGroupMetaData,
    column: usize,
    chunks: &Chunks,
    visit: &mut dyn FnMut(Option<Raw<'_>>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let metadata = group.columns().get(column);
    let metadata = metadata.ok_or_else(|| malformed("a row group lacks a column"))?;
    let rows = usize::try_from(group.num_rows()).map_err(malformed)?;
    let pages = CheckedPages::new(chunks, metadata, rows).map_err(failed)?;
    let description = metadata.column_descr_ptr();
    let pages = Box::new(pages);
    match description.physical_type() {
        Type::BOOLEAN => {
            each::<BoolType>(ColumnReaderImpl::new(description, pages), |value| Raw::Boolean(*value), visit)
        }
        Type::INT32 => {
            each::<Int32Type>(ColumnReaderImpl::new(description, pages), |value| Raw::Int32(*value), visit)
        }
        Type::INT64 => {
            each::<Int64Type>(ColumnReaderImpl::new(description, pages), |value| Raw::Int64(*value), visit)
        }
        Type::INT96 => {
            each::<Int96Type>(ColumnReaderImpl::new(description, pages), |value| Raw::Int96(value), visit)
        }
        Type::FLOAT => {
            each::<FloatType>(ColumnReaderImpl::new(description, pages), |value| Raw::Float(*value), visit)
        }
        Type::DOUBLE => {
            each::<DoubleType>(ColumnReaderImpl::new(description, pages), |value| Raw::Double(*value), visit)
        }
        Type::BYTE_ARRAY => each::<ByteArrayType>(
            ColumnReaderImpl::new(description, pages),
            |value| Raw::Bytes(value.data()),
            visit,
        ),
        Type::FIXED_LEN_BYTE_ARRAY => each::<FixedLenByteArrayType>(
            ColumnReaderImpl::new(description, pages),
            |value| Raw::Bytes(value.data()),
            visit,
        ),
    }
}

fn each<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    raw: fn(&T::T) -> Raw<'_>,
    visit: &mut dyn FnMut(Option<Raw<'_>>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    loop {
        values.clear();
        levels.clear();
        let (rows, _, _) =
            reader.read_records(BATCH, Some(&mut levels), None, &mut values).map_err(failed)?;
        if rows == 0 {
            return Ok(());
        }
        let mut values = values.iter();
        // Columns without nulls have no levels.
        for row in 0..rows {
            let is_null = levels.get(row).is_some_and(|level| *level == 0);
            if is_null {
                visit(None)?;
                continue;
            }
            let value = values.next().ok_or_else(|| malformed("a column has fewer values than rows"))?;
            visit(Some(raw(value)))?;
        }
    }
}
