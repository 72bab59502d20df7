//! The header: schema, reference, and where the index is.

use super::flatbuffer::Table;
use super::malformed;
use crate::gather::MAX_FIELDS;
use crate::ogc_types::refusal;
use crate::{FormatError, authority};
use gp_esri::{FeatureSet, Field, FieldType, GeometryType, SpatialReference};

/// The positions of fields in the table of the header.
pub(super) mod slot {
    pub(in super::super) const NAME: usize = 0;
    pub(in super::super) const GEOMETRY_TYPE: usize = 2;
    pub(in super::super) const HAS_Z: usize = 3;
    pub(in super::super) const HAS_M: usize = 4;
    pub(in super::super) const COLUMNS: usize = 7;
    pub(in super::super) const FEATURES_COUNT: usize = 8;
    pub(in super::super) const INDEX_NODE_SIZE: usize = 9;
    pub(in super::super) const CRS: usize = 10;
}

/// The type of a column, by its number in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnType {
    Byte,
    UByte,
    Bool,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    Float,
    Double,
    String,
    Json,
    DateTime,
    Binary,
}

const COLUMN_TYPES: [ColumnType; 15] = [
    ColumnType::Byte,
    ColumnType::UByte,
    ColumnType::Bool,
    ColumnType::Short,
    ColumnType::UShort,
    ColumnType::Int,
    ColumnType::UInt,
    ColumnType::Long,
    ColumnType::ULong,
    ColumnType::Float,
    ColumnType::Double,
    ColumnType::String,
    ColumnType::Json,
    ColumnType::DateTime,
    ColumnType::Binary,
];

impl ColumnType {
    pub(super) fn code(self) -> u8 {
        COLUMN_TYPES.iter().position(|known| *known == self).unwrap_or_default() as u8
    }

    fn field_type(self) -> Option<FieldType> {
        Some(match self {
            ColumnType::Byte | ColumnType::UByte | ColumnType::Bool | ColumnType::Short => {
                FieldType::SmallInteger
            }
            ColumnType::UShort | ColumnType::Int => FieldType::Integer,
            ColumnType::UInt | ColumnType::Long | ColumnType::ULong => FieldType::BigInteger,
            ColumnType::Float => FieldType::Single,
            ColumnType::Double => FieldType::Double,
            ColumnType::String | ColumnType::Json => FieldType::String,
            ColumnType::DateTime => FieldType::Date,
            ColumnType::Binary => return None,
        })
    }
}

/// A column of the file.
pub(super) struct Column {
    pub(super) column_type: ColumnType,
    /// Its field in the feature set; `None` where it was left out.
    pub(super) field: Option<usize>,
}

/// What the header says.
pub(super) struct Header {
    pub(super) name: String,
    /// The schema; no features.
    pub(super) set: FeatureSet,
    pub(super) columns: Vec<Column>,
    /// The type of every geometry, as its number, or 0 where each says its own.
    pub(super) geometry_code: u8,
    pub(super) features_count: u64,
    pub(super) index_node_size: u16,
    pub(super) warnings: Vec<String>,
}

/// Longest name, title or well-known text, in bytes.
const MAX_NAME_BYTES: usize = 4096;
const MAX_WKT_BYTES: usize = 64 * 1024;

pub(super) fn read(bytes: &[u8]) -> Result<Header, FormatError> {
    let table = Table::root(bytes)?;
    let geometry_code = table.u8(slot::GEOMETRY_TYPE)?;
    let mut header = Header {
        name: table.text(slot::NAME, MAX_NAME_BYTES)?.to_owned(),
        set: FeatureSet {
            geometry_type: geometry_type(geometry_code)?,
            spatial_reference: table.table(slot::CRS)?.map(read_crs).transpose()?.flatten(),
            has_z: table.flag(slot::HAS_Z, false)?,
            has_m: table.flag(slot::HAS_M, false)?,
            ..FeatureSet::default()
        },
        columns: Vec::new(),
        geometry_code,
        features_count: table.u64(slot::FEATURES_COUNT)?,
        index_node_size: table.u16(slot::INDEX_NODE_SIZE, 16)?,
        warnings: Vec::new(),
    };
    let columns = table.tables(slot::COLUMNS)?;
    if columns.len() > MAX_FIELDS {
        return Err(FormatError::TooLarge(format!("the layer has more than {MAX_FIELDS} fields")));
    }
    for column in columns.iter() {
        read_column(column?, &mut header)?;
    }
    Ok(header)
}

fn read_column(column: Table<'_>, header: &mut Header) -> Result<(), FormatError> {
    let name = column.text(0, MAX_NAME_BYTES)?;
    let code = column.u8(1)?;
    let column_type = COLUMN_TYPES.get(usize::from(code)).copied();
    let column_type = column_type
        .ok_or_else(|| malformed(format_args!("column {name} has the type {code}, which is none")))?;
    let Some(mut field_type) = column_type.field_type() else {
        header.warnings.push(format!("field {name} holds bytes and was left out"));
        header.columns.push(Column { column_type, field: None });
        return Ok(());
    };
    let is_key = column.flag(9, false)? && field_type.is_integer();
    if is_key && header.set.oid_index().is_none() {
        field_type = FieldType::Oid;
    }
    let mut field = Field::new(name, field_type);
    let title = column.text(2, MAX_NAME_BYTES)?;
    if !title.is_empty() {
        title.clone_into(&mut field.alias);
    }
    if field_type == FieldType::String {
        field.length = u32::try_from(column.i32(4, -1)?).ok().filter(|width| *width > 0);
    }
    field.nullable = Some(column.flag(7, true)?);
    header.columns.push(Column { column_type, field: Some(header.set.fields.len()) });
    header.set.fields.push(field);
    Ok(())
}

fn read_crs(crs: Table<'_>) -> Result<Option<SpatialReference>, FormatError> {
    let organisation = crs.text(0, MAX_NAME_BYTES)?;
    let code = u32::try_from(crs.i32(1, 0)?).unwrap_or(0);
    // EPSG is meant where none is named (header.fbs of FlatGeobuf).
    let named = if organisation.is_empty() { "EPSG" } else { organisation };
    if let Some(reference) = authority::reference(named, code) {
        return Ok(Some(reference));
    }
    if organisation.eq_ignore_ascii_case("OGC") && crs.text(5, MAX_NAME_BYTES)? == "CRS84" {
        return Ok(Some(SpatialReference::from_wkid(4326)));
    }
    // Text that is no well-known text says nothing about where the features are.
    Ok(SpatialReference::from_text(crs.text(4, MAX_WKT_BYTES)?).unwrap_or_default())
}

/// The type of geometries of that number; `None` for 0, where each says its own.
pub(super) fn geometry_type(code: u8) -> Result<Option<GeometryType>, FormatError> {
    Ok(Some(match code {
        0 => return Ok(None),
        1 => GeometryType::Point,
        4 => GeometryType::Multipoint,
        2 | 5 => GeometryType::Polyline,
        3 | 6 => GeometryType::Polygon,
        _ => {
            let unknown = || malformed(format_args!("{code} is no geometry type"));
            return Err(refusal(u32::from(code)).unwrap_or_else(unknown));
        }
    }))
}
