//! Where what lies in a record of a `.shp`, and the geometry that it makes.

use super::{FIXED_BYTES, Kind, Shape};
use crate::FormatError;
use crate::bytes_at::{f64_le, u32_le};
use crate::shapefile::{NO_DATA_BELOW, malformed};
use gp_esri::{Geometry, GeometryType, Path, Point, Xy};

const VERTEX_BYTES: u64 = 16;
const VALUE_BYTES: u64 = 8;
/// The least and the greatest value stand before z and before m.
const RANGE_BYTES: u64 = 16;

/// Where what lies in the content of a multipoint, line or polygon.
pub(super) struct Layout {
    part_count: u64,
    pub(super) vertex_count: u64,
    parts_at: u64,
    xy_at: u64,
    z_at: Option<u64>,
    m_at: Option<u64>,
    pub(super) end: u64,
}

impl Layout {
    /// `None` where the record is too short for what it promises.
    pub(super) fn new(fixed: &[u8], content_bytes: u64, kind: Kind) -> Option<Layout> {
        let is_multipoint = kind.geometry_type == GeometryType::Multipoint;
        let (part_count, vertex_count, parts_at) = match is_multipoint {
            true => (0, u64::from(u32_le(fixed, 36)?), 40),
            false => (u64::from(u32_le(fixed, 36)?), u64::from(u32_le(fixed, 40)?), FIXED_BYTES),
        };
        let values_bytes = RANGE_BYTES + VALUE_BYTES * vertex_count;
        let xy_at = parts_at + 4 * part_count;
        let mut end = xy_at + VERTEX_BYTES * vertex_count;
        let z_at = kind.has_z.then_some(end + RANGE_BYTES);
        if kind.has_z {
            end += values_bytes;
        }
        // Measures are optional, and nothing says whether they are there but the length.
        let may_have_m = kind.has_m || kind.has_z;
        let has_m = may_have_m && vertex_count > 0 && end + values_bytes <= content_bytes;
        let m_at = has_m.then_some(end + RANGE_BYTES);
        if has_m {
            end += values_bytes;
        }
        (end <= content_bytes && part_count <= vertex_count).then_some(Layout {
            part_count,
            vertex_count,
            parts_at,
            xy_at,
            z_at,
            m_at,
            end,
        })
    }

    pub(super) fn shape(&self, content: &[u8], geometry_type: GeometryType) -> Result<Shape, FormatError> {
        let cut = || malformed("the .shp ends within a record: it was cut");
        let positions = content_of(content, self.xy_at, VERTEX_BYTES * self.vertex_count).ok_or_else(cut)?;
        let xy: Vec<Xy> = positions.as_chunks::<16>().0.iter().map(xy_of).collect();
        if xy.iter().flatten().any(|value| !value.is_finite() || *value <= NO_DATA_BELOW) {
            return Ok(Shape::Unreadable);
        }
        let values = |at: Option<u64>| -> Result<Vec<f64>, FormatError> {
            let Some(at) = at else { return Ok(Vec::new()) };
            let bytes = content_of(content, at, VALUE_BYTES * self.vertex_count).ok_or_else(cut)?;
            let values = bytes.as_chunks::<8>().0.iter();
            Ok(values.map(|bytes| value_or_nan(f64::from_le_bytes(*bytes))).collect())
        };
        let (z, mut m) = (values(self.z_at)?, values(self.m_at)?);
        if m.iter().all(|value| value.is_nan()) {
            m = Vec::new();
        }
        let all = Path { xy, z, m };
        if all.xy.is_empty() {
            return Ok(Shape::Null);
        }
        if geometry_type == GeometryType::Multipoint {
            return Ok(Shape::Geometry(Geometry::Multipoint(all)));
        }
        let starts = content_of(content, self.parts_at, 4 * self.part_count).ok_or_else(cut)?;
        let starts: Vec<usize> =
            starts.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes) as usize).collect();
        let mut paths = split(&all, &starts)?;
        if geometry_type == GeometryType::Polyline {
            return Ok(Shape::Geometry(Geometry::Polyline(paths)));
        }
        for ring in &mut paths {
            gp_geometry::close(ring);
        }
        Ok(Shape::Geometry(Geometry::Polygon(paths)))
    }
}

/// The paths that begin at those vertices.
fn split(all: &Path, starts: &[usize]) -> Result<Vec<Path>, FormatError> {
    let bad = || malformed("the parts of a shape are not in order");
    if starts.first() != Some(&0) {
        return Err(bad());
    }
    let mut paths = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(all.xy.len());
        let xy = all.xy.get(*start..end).ok_or_else(bad)?;
        let part = |values: &[f64]| values.get(*start..end).unwrap_or_default().to_vec();
        if !xy.is_empty() {
            paths.push(Path { xy: xy.to_vec(), z: part(&all.z), m: part(&all.m) });
        }
    }
    Ok(paths)
}

pub(super) fn point(content: &[u8], kind: Kind) -> Option<Point> {
    let xy = xy_of(content.get(4..)?.first_chunk()?);
    let value = |at: usize| Some(value_or_nan(f64_le(content, at)?)).filter(|value| !value.is_nan());
    let z = if kind.has_z { value(20) } else { None };
    let m = match kind {
        Kind { has_z: true, .. } => value(28),
        Kind { has_m: true, .. } => value(20),
        _ => None,
    };
    Some(Point { xy, z, m })
}

fn xy_of(bytes: &[u8; 16]) -> Xy {
    [f64_le(bytes, 0).unwrap_or(f64::NAN), f64_le(bytes, 8).unwrap_or(f64::NAN)]
}

fn value_or_nan(value: f64) -> f64 {
    if value.is_finite() && value > NO_DATA_BELOW { value } else { f64::NAN }
}

fn content_of(content: &[u8], at: u64, count: u64) -> Option<&[u8]> {
    content.get(usize::try_from(at).ok()?..)?.get(..usize::try_from(count).ok()?)
}
