//! Features: a geometry and the values of columns.

use super::flatbuffer::Table;
use super::header::{ColumnType, Header, geometry_type};
use super::malformed;
use crate::FormatError;
use crate::gather::{Gathering, push_ring};
use gp_esri::{Attribute, Geometry, GeometryType, Path, Point, date};

/// The number of the type whose parts are polygons.
const MULTI_POLYGON: u8 = 6;

/// Reads a feature from its bytes and adds it, unless its geometry lies beside the box that was asked for.
pub(super) fn read(bytes: &[u8], header: &Header, gathering: &mut Gathering<'_>) -> Result<(), FormatError> {
    gathering.budget().step()?;
    let table = Table::root(bytes)?;
    if table.tables(2)?.len() > 0 {
        return Err(FormatError::Unsupported(
            "the features of the file have fields of their own each: write it with one schema for all"
                .to_owned(),
        ));
    }
    let geometry = match table.table(0)? {
        Some(geometry) => read_geometry(geometry, header, gathering)?,
        None => None,
    };
    if !gathering.is_needed(geometry.as_ref()) {
        return Ok(());
    }
    let mut row = gathering.row()?;
    read_properties(table.vector(1, 1)?, header, &mut row)?;
    gathering.budget().texts(&row)?;
    gathering.push(row, geometry);
    Ok(())
}

fn read_properties(mut bytes: &[u8], header: &Header, row: &mut [Attribute]) -> Result<(), FormatError> {
    while !bytes.is_empty() {
        let index = usize::from(u16::from_le_bytes(take(&mut bytes)?));
        let column = header.columns.get(index);
        let column = column.ok_or_else(|| {
            malformed(format_args!("a feature has a value of column {index}, which is none"))
        })?;
        let value = read_value(&mut bytes, column.column_type)?;
        if let Some(place) = column.field.and_then(|field| row.get_mut(field)) {
            *place = value;
        }
    }
    Ok(())
}

fn read_value(bytes: &mut &[u8], column_type: ColumnType) -> Result<Attribute, FormatError> {
    Ok(match column_type {
        ColumnType::Byte => Attribute::Integer(i8::from_le_bytes(take(bytes)?).into()),
        ColumnType::UByte => Attribute::Integer(u8::from_le_bytes(take(bytes)?).into()),
        ColumnType::Bool => Attribute::Integer((u8::from_le_bytes(take(bytes)?) != 0).into()),
        ColumnType::Short => Attribute::Integer(i16::from_le_bytes(take(bytes)?).into()),
        ColumnType::UShort => Attribute::Integer(u16::from_le_bytes(take(bytes)?).into()),
        ColumnType::Int => Attribute::Integer(i32::from_le_bytes(take(bytes)?).into()),
        ColumnType::UInt => Attribute::Integer(u32::from_le_bytes(take(bytes)?).into()),
        ColumnType::Long => Attribute::Integer(i64::from_le_bytes(take(bytes)?)),
        ColumnType::ULong => {
            let number = u64::from_le_bytes(take(bytes)?);
            i64::try_from(number).map_or(Attribute::Double(number as f64), Attribute::Integer)
        }
        ColumnType::Float => Attribute::Double(f32::from_le_bytes(take(bytes)?).into()),
        ColumnType::Double => Attribute::Double(f64::from_le_bytes(take(bytes)?)),
        ColumnType::String | ColumnType::Json => Attribute::Text(take_text(bytes)?.into()),
        ColumnType::DateTime => {
            let text = take_text(bytes)?;
            // Text that is no date does not fit the field and is counted as lost.
            date::parse_date(text).map_or_else(|_| Attribute::Text(text.into()), Attribute::Integer)
        }
        ColumnType::Binary => {
            take_bytes(bytes)?;
            Attribute::Null
        }
    })
}

fn take<const COUNT: usize>(bytes: &mut &[u8]) -> Result<[u8; COUNT], FormatError> {
    let (taken, rest) =
        bytes.split_first_chunk().ok_or_else(|| malformed("the values of a feature end early"))?;
    *bytes = rest;
    Ok(*taken)
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], FormatError> {
    let length = u32::from_le_bytes(take(bytes)?) as usize;
    let taken = bytes.split_at_checked(length);
    let (taken, rest) = taken.ok_or_else(|| malformed("the values of a feature end early"))?;
    *bytes = rest;
    Ok(taken)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, FormatError> {
    std::str::from_utf8(take_bytes(bytes)?)
        .map_err(|error| malformed(format_args!("text is not UTF-8: {error}")))
}

fn read_geometry(
    table: Table<'_>,
    header: &Header,
    gathering: &mut Gathering<'_>,
) -> Result<Option<Geometry>, FormatError> {
    let code = if header.geometry_code == 0 { table.u8(6)? } else { header.geometry_code };
    let Some(kind) = geometry_type(code)? else { return Ok(None) };
    if code == MULTI_POLYGON {
        let mut rings = Vec::new();
        for part in table.tables(7)?.iter() {
            gathering.budget().step()?;
            let parts = read_paths(part?, gathering)?;
            parts.into_iter().enumerate().for_each(|(place, ring)| push_ring(&mut rings, ring, place));
        }
        return Ok(Some(rings).filter(|rings| !rings.is_empty()).map(Geometry::Polygon));
    }
    let mut paths = read_paths(table, gathering)?;
    if paths.is_empty() {
        return Ok(None);
    }
    Ok(match kind {
        GeometryType::Point => paths.first().and_then(point).map(Geometry::Point),
        GeometryType::Multipoint => Some(Geometry::Multipoint(paths.swap_remove(0))),
        GeometryType::Polyline => Some(Geometry::Polyline(paths)),
        GeometryType::Polygon => {
            let mut rings = Vec::new();
            paths.into_iter().enumerate().for_each(|(place, ring)| push_ring(&mut rings, ring, place));
            Some(Geometry::Polygon(rings))
        }
    })
}

fn point(path: &Path) -> Option<Point> {
    let ordinate = |values: &[f64]| values.first().copied().filter(|value| value.is_finite());
    Some(Point { xy: *path.xy.first()?, z: ordinate(&path.z), m: ordinate(&path.m) })
}

/// The vertices of a table, cut where its list of ends says.
fn read_paths(table: Table<'_>, gathering: &mut Gathering<'_>) -> Result<Vec<Path>, FormatError> {
    let (xy, z, m) = (table.vector(1, 8)?, table.vector(2, 8)?, table.vector(3, 8)?);
    let count = xy.len() / 16;
    gathering.budget().vertices(count)?;
    for ordinates in [z, m] {
        if !ordinates.is_empty() && ordinates.len() != 8 * count {
            return Err(malformed("a geometry has not one z or m a vertex"));
        }
    }
    let ends = table.vector(0, 4)?;
    if ends.is_empty() && count == 0 {
        return Ok(Vec::new());
    }
    let whole = (count as u32).to_le_bytes();
    let ends = if ends.is_empty() { &whole[..] } else { ends };
    let mut paths = Vec::new();
    let mut start = 0;
    for end in ends.chunks_exact(4) {
        let end = end.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)) as usize;
        if end < start || end > count {
            return Err(malformed(format_args!("a part of a geometry ends at vertex {end} of {count}")));
        }
        if end == start {
            // Any number of geometries may refer to one table: a long list of empty parts costs time each time.
            gathering.budget().vertices(1)?;
        } else {
            let path = Path {
                xy: positions(&xy[16 * start..16 * end])?,
                z: if z.is_empty() { Vec::new() } else { ordinates(&z[8 * start..8 * end]) },
                m: if m.is_empty() { Vec::new() } else { ordinates(&m[8 * start..8 * end]) },
            };
            // An empty point is written as NaN.
            if !path.xy.iter().flatten().all(|value| value.is_nan()) {
                paths.push(path);
            }
        }
        start = end;
    }
    if let Some(value) = paths.iter().flat_map(|path| &path.xy).flatten().find(|value| !value.is_finite()) {
        return Err(malformed(format_args!("{value} is no coordinate")));
    }
    Ok(paths)
}

fn positions(bytes: &[u8]) -> Result<Vec<[f64; 2]>, FormatError> {
    let values = doubles(bytes);
    Ok(values.chunks_exact(2).filter_map(|xy| xy.first_chunk().copied()).collect())
}

/// The z or m of vertices; NaN where one is not finite.
fn ordinates(bytes: &[u8]) -> Vec<f64> {
    let mut values = doubles(bytes);
    values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = f64::NAN);
    values
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes
        .chunks_exact(8)
        .filter_map(|bytes| bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes)))
        .collect()
}
