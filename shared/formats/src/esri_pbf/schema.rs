//! The numbers of the schema that reading and writing share.

use gp_esri::{FieldType, GeometryType};

/// `GeometryType` of a table.
pub(super) const NO_GEOMETRY: u32 = 127;
/// `GeometryType` of multipatches, which no feature set holds.
pub(super) const MULTIPATCH: u32 = 4;

const GEOMETRY_TYPES: [(u32, GeometryType); 4] = [
    (0, GeometryType::Point),
    (1, GeometryType::Multipoint),
    (2, GeometryType::Polyline),
    (3, GeometryType::Polygon),
];

/// `FieldType`, by its number.
const FIELD_TYPES: [FieldType; 17] = [
    FieldType::SmallInteger,
    FieldType::Integer,
    FieldType::Single,
    FieldType::Double,
    FieldType::String,
    FieldType::Date,
    FieldType::Oid,
    FieldType::Geometry,
    FieldType::Blob,
    FieldType::Raster,
    FieldType::Guid,
    FieldType::GlobalId,
    FieldType::Xml,
    FieldType::BigInteger,
    FieldType::DateOnly,
    FieldType::TimeOnly,
    FieldType::TimestampOffset,
];

pub(super) fn geometry_type(code: u32) -> Option<GeometryType> {
    GEOMETRY_TYPES.iter().find(|(known, _)| *known == code).map(|(_, geometry_type)| *geometry_type)
}

pub(super) fn geometry_code(geometry_type: Option<GeometryType>) -> u32 {
    let known = GEOMETRY_TYPES.iter().find(|(_, known)| Some(*known) == geometry_type);
    known.map_or(NO_GEOMETRY, |(code, _)| *code)
}

pub(super) fn field_type(code: u32) -> Option<FieldType> {
    FIELD_TYPES.get(code as usize).copied()
}

pub(super) fn field_code(field_type: FieldType) -> u64 {
    // The table holds every type: a test says so.
    FIELD_TYPES.iter().position(|known| *known == field_type).unwrap_or(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_type_has_a_number() {
        for field_type in FieldType::all() {
            assert_eq!(super::field_type(field_code(field_type) as u32), Some(field_type));
        }
    }
}
