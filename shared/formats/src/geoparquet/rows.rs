//! Reading the rows of a file: row group by row group, in each one column after the other.

use super::kind::{Kind, Raw};
use super::metadata::{self, Geometries};
use super::pages::{CheckedPages, Chunks};
use super::{FORMAT, failed, malformed, thrift, unreadable};
use crate::gather::{Gathering, MAX_FIELDS};
use crate::wkb::read_wkb;
use crate::{FormatError, Input, ReadLayer, ReadOptions};
use gp_esri::{Attribute, Envelope, FeatureSet, Field, Geometry};
use parquet::basic::{LogicalType, Type};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;

/// The greatest metadata, in bytes: they are read in one piece.
const MAX_METADATA_BYTES: u64 = 32 * 1024 * 1024;
/// What is read of the end of a file at once: most metadata are shorter.
const TAIL_BYTES: u64 = 64 * 1024;
/// Rows of a group: of each is kept whether it is needed.
const MAX_GROUP_ROWS: usize = 1 << 26;
/// Values that are read at once.
const BATCH: usize = 1024;

/// The columns that are read.
struct Plan {
    geometry: Option<usize>,
    /// The number of a column in the file, for each field.
    fields: Vec<(usize, Kind)>,
    /// Timestamps finer than a millisecond, a field.
    cut: Vec<usize>,
}

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
    let mut text_bytes_left = options.max_decompressed_bytes;
    for group in metadata.row_groups() {
        if (options.stop)() {
            return Err(FormatError::Stopped);
        }
        if let (Some(envelope), Some(geometries)) = (&options.envelope, &geometries)
            && is_outside(group, geometries, envelope)
        {
            continue;
        }
        let mut rows = begin(group, &chunks, &plan, &mut gathering, options)?;
        for field in 0..plan.fields.len() {
            read_field(field, group, &chunks, &mut plan, &mut rows, &mut text_bytes_left)?;
        }
        rows.needed.into_iter().for_each(|(row, geometry)| gathering.push(row, geometry));
    }
    let cut: Vec<_> = plan.cut.iter().enumerate().filter(|(_, count)| **count > 0).collect();
    for (field, count) in cut {
        let name = metadata.file_metadata().schema_descr().column(plan.fields[field].0).name().to_owned();
        gathering
            .warn(format!("{count} values of field {name} are finer than a millisecond and were cut to one"));
    }
    Ok(gathering.finish(input.stem()))
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

/// What is known about the geometries; `None` of a table.
fn geometries_of(metadata: &ParquetMetaData) -> Result<Option<Geometries>, FormatError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let geo = pairs.into_iter().flatten().find(|pair| pair.key == metadata::KEY);
    if let Some(text) = geo.and_then(|pair| pair.value.as_deref()) {
        return metadata::read(text).map(Some);
    }
    // Parquet itself has learnt what a geometry is: then no other metadata are needed.
    for column in metadata.file_metadata().schema_descr().columns() {
        let crs = match column.logical_type_ref() {
            Some(LogicalType::Geometry(geometry)) => &geometry.crs,
            Some(LogicalType::Geography(geography)) => &geography.crs,
            _ => continue,
        };
        let spatial_reference = match crs.as_deref() {
            None => Some(gp_esri::SpatialReference::from_wkid(4326)),
            Some(text) => {
                let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
                metadata::reference_of(&value)
            }
        };
        return Ok(Some(Geometries {
            column: column.name().to_owned(),
            spatial_reference,
            ..Geometries::default()
        }));
    }
    Ok(None)
}

/// Decides which columns are read, and says which are not.
fn plan(
    metadata: &ParquetMetaData,
    geometries: Option<&Geometries>,
) -> Result<(Plan, FeatureSet, Vec<String>), FormatError> {
    let mut schema = FeatureSet::default();
    let mut warnings = Vec::new();
    let mut plan = Plan { geometry: None, fields: Vec::new(), cut: Vec::new() };
    if let Some(geometries) = geometries {
        schema.geometry_type = geometries.geometry_type;
        schema.spatial_reference.clone_from(&geometries.spatial_reference);
        warnings.clone_from(&geometries.warnings);
    }
    let covering = geometries.and_then(|geometries| geometries.covering.as_ref());
    let covering = covering.and_then(|paths| paths[0].split('.').next());
    let (mut left_out, mut decimals) = (Vec::new(), Vec::new());
    for (index, column) in metadata.file_metadata().schema_descr().columns().iter().enumerate() {
        let path = column.path().parts();
        let root = path.first().cloned().unwrap_or_default();
        let is_flat = path.len() == 1 && column.max_rep_level() == 0 && column.max_def_level() <= 1;
        if is_flat && geometries.is_some_and(|geometries| geometries.column == root) {
            if column.physical_type() != Type::BYTE_ARRAY {
                return Err(malformed(format_args!("its column of geometries, {root}, holds no bytes")));
            }
            plan.geometry = Some(index);
            continue;
        }
        let is_other = geometries.is_some_and(|geometries| geometries.others.contains(&root));
        match Kind::of(column).filter(|_| is_flat && !is_other) {
            Some(kind) => {
                if matches!(kind, Kind::Decimal(_)) {
                    decimals.push(root.clone());
                }
                let mut field = Field::new(root, kind.field_type());
                field.nullable = Some(column.max_def_level() > 0);
                schema.fields.push(field);
                plan.fields.push((index, kind));
            }
            // The boxes of the geometries are no loss.
            None if covering != Some(root.as_str()) && !left_out.contains(&root) => left_out.push(root),
            None => {}
        }
    }
    if plan.fields.len() > MAX_FIELDS {
        return Err(FormatError::TooLarge(format!("the file has more than {MAX_FIELDS} columns")));
    }
    if geometries.is_some() && plan.geometry.is_none() {
        return Err(malformed("the column that its metadata say holds the geometries is not there"));
    }
    if !left_out.is_empty() {
        warnings.push(format!(
            "these columns hold lists, structures, bytes or further geometries and were left out: {}",
            left_out.join(", ")
        ));
    }
    if !decimals.is_empty() {
        warnings.push(format!("these columns hold decimals and came as floats: {}", decimals.join(", ")));
    }
    plan.cut = vec![0; plan.fields.len()];
    Ok((plan, schema, warnings))
}

/// Whether the boxes of all geometries of a row group miss the envelope, as far as their statistics say.
fn is_outside(group: &RowGroupMetaData, geometries: &Geometries, envelope: &Envelope) -> bool {
    let Some(covering) = &geometries.covering else { return false };
    let bound = |path: &str, is_least: bool| -> Option<f64> {
        let column = group.columns().iter().find(|column| column.column_path().string() == path)?;
        match (column.statistics()?, is_least) {
            (Statistics::Double(values), true) => values.min_opt().copied(),
            (Statistics::Double(values), false) => values.max_opt().copied(),
            (Statistics::Float(values), true) => values.min_opt().map(|value| f64::from(*value)),
            (Statistics::Float(values), false) => values.max_opt().map(|value| f64::from(*value)),
            _ => None,
        }
    };
    let [xmin, ymin, xmax, ymax] = covering;
    let bounds = (bound(xmin, true), bound(ymin, true), bound(xmax, false), bound(ymax, false));
    let (Some(xmin), Some(ymin), Some(xmax), Some(ymax)) = bounds else { return false };
    !Envelope { xmin, ymin, xmax, ymax }.intersects(envelope)
}

/// Makes the needed rows of a group, with their geometries.
fn begin(
    group: &RowGroupMetaData,
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
                error.within(FORMAT, format_args!("the geometry of row {row} of a row group"))
            })?,
            _ => None,
        };
        let touches = |envelope: &Envelope| {
            geometry.as_ref().is_some_and(|geometry| geometry.envelope().intersects(envelope))
        };
        let is_needed = options.envelope.as_ref().is_none_or(touches);
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
    text_bytes_left: &mut u64,
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
            *text_bytes_left = text_bytes_left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                FormatError::TooLarge(
                    "the texts of the file become more bytes than an input may: send a part of it".to_owned(),
                )
            })?;
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
