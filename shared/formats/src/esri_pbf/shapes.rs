//! Reading the geometries of a feature collection: lists of lengths and of differences.

use super::quantise::Transform;
use super::schema;
use super::wire::{Message, malformed, unzigzag};
use crate::FormatError;
use crate::gather::Gathering;
use gp_esri::{Geometry, GeometryType, Path, Point};

/// How a shape is read: what the header says about all.
pub(super) struct Shapes {
    pub(super) transform: Transform,
    pub(super) geometry_type: Option<GeometryType>,
    pub(super) has_z: bool,
    pub(super) has_m: bool,
    /// Kept from one feature to the next.
    pub(super) lengths: Vec<u64>,
    pub(super) coordinates: Vec<u64>,
}

impl Shapes {
    /// Reads the geometry of a feature; `None` where it has no vertices.
    pub(super) fn read(
        &mut self,
        mut message: Message<'_>,
        gathering: &mut Gathering<'_>,
    ) -> Result<Option<Geometry>, FormatError> {
        self.lengths.clear();
        self.coordinates.clear();
        let mut own_type = None;
        while let Some((number, value)) = message.next()? {
            match number {
                1 => own_type = schema::geometry_type(value.u32()?),
                2 => value.extend(&mut self.lengths)?,
                3 => value.extend(&mut self.coordinates)?,
                _ => {}
            }
        }
        // Servers say the type once, for the layer; the number for "point" in a geometry is what is understood without it.
        let Some(geometry_type) = self.geometry_type.or(own_type) else { return Ok(None) };
        let stride = 2 + usize::from(self.has_z) + usize::from(self.has_m);
        if self.coordinates.is_empty() {
            return Ok(None);
        }
        if !self.coordinates.len().is_multiple_of(stride) {
            return Err(malformed(format_args!(
                "a geometry has {} coordinates, which are no vertices of {stride}",
                self.coordinates.len()
            )));
        }
        let vertices = self.coordinates.len() / stride;
        gathering.budget().vertices(vertices)?;
        if self.lengths.is_empty() {
            self.lengths.push(vertices as u64);
        }
        let promised = self.lengths.iter().fold(0, |sum: u64, length| sum.saturating_add(*length));
        if promised != vertices as u64 {
            return Err(malformed(format_args!(
                "the parts of a geometry have {promised} vertices, but {vertices} follow"
            )));
        }
        let mut paths = Vec::new();
        let mut rest = &self.coordinates[..];
        for length in self.lengths.iter().filter(|length| **length > 0) {
            // The sum was checked, so a length is no more than the vertices that are left.
            let (part, others) = rest.split_at(stride * *length as usize);
            paths.push(self.path(part, stride)?);
            rest = others;
        }
        Ok(match geometry_type {
            GeometryType::Point => paths.first().and_then(point).map(Geometry::Point),
            GeometryType::Multipoint => joined(paths).map(Geometry::Multipoint),
            GeometryType::Polyline => Some(Geometry::Polyline(paths)),
            GeometryType::Polygon => Some(Geometry::Polygon(paths)),
        })
    }

    /// The vertices of a part, each told by its difference from the one before.
    fn path(&self, part: &[u64], stride: usize) -> Result<Path, FormatError> {
        let mut path = Path::default();
        let mut steps = [0_i64; 4];
        for vertex in part.chunks_exact(stride) {
            let mut values = [0.0; 4];
            for (axis, difference) in vertex.iter().enumerate() {
                // Esri's parsers wrap around as well: a sum out of range is no place on any map.
                steps[axis] = steps[axis].wrapping_add(unzigzag(*difference));
                // Without z, the third ordinate is m.
                let axis_of_transform = if axis == 2 && !self.has_z { 3 } else { axis };
                values[axis] = self.transform.coordinate(axis_of_transform, steps[axis]);
                if !values[axis].is_finite() {
                    return Err(malformed("a coordinate is not finite"));
                }
            }
            path.xy.push([values[0], values[1]]);
            if self.has_z {
                path.z.push(values[2]);
            }
            if self.has_m {
                path.m.push(values[2 + usize::from(self.has_z)]);
            }
        }
        Ok(path)
    }
}

fn point(path: &Path) -> Option<Point> {
    Some(Point { xy: *path.xy.first()?, z: path.z.first().copied(), m: path.m.first().copied() })
}

/// The points of all parts.
fn joined(paths: Vec<Path>) -> Option<Path> {
    paths.into_iter().reduce(|mut all, path| {
        all.xy.extend(path.xy);
        all.z.extend(path.z);
        all.m.extend(path.m);
        all
    })
}
