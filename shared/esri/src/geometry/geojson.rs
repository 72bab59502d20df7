//! Geometries of GeoJSON (RFC 7946), an input that the protocol does not know but people have.
//!
//! Separate because GeoJSON says the opposite of Esri on ring orientation, and nests polygons.

use super::path::{Budget, close_ring, push_vertex, read_path, read_paths};
use super::{Geometry, GeometryType, Path, Point, Xy};
use crate::ReadError;
use crate::json::Reader;

/// The type of a GeoJSON geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeoJsonType {
    Point,
    MultiPoint,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
    GeometryCollection,
}

/// The `coordinates` member, which may come before the type that says what they are.
#[derive(Default)]
pub(crate) struct Coordinates {
    /// Levels of brackets: 1 is a position, 4 a list of polygons.
    depth: usize,
    paths: Vec<Path>,
    /// Where each polygon begins in `paths`: its exterior ring.
    exteriors: Vec<usize>,
}

impl Coordinates {
    pub(crate) fn read(reader: &mut Reader<'_>, budget: &mut Budget) -> Result<Coordinates, ReadError> {
        let mut coordinates =
            Coordinates { depth: reader.opening_brackets(), paths: Vec::new(), exteriors: vec![0] };
        let curves = &mut false;
        match coordinates.depth {
            0 if reader.take_null()? => {}
            0 => return Err(reader.unexpected("an array of coordinates").into()),
            1 => {
                let mut ordinates = [0.0; 4];
                let mut path = Path::default();
                let count = reader.position(&mut ordinates)?;
                match count {
                    0 => {}
                    1 => return Err(ReadError::invalid("a position needs two numbers, and this has one")),
                    _ => push_vertex(&mut path, &ordinates, count),
                }
                coordinates.paths.push(path);
            }
            2 => coordinates.paths.push(read_path(reader, budget, curves)?),
            3 => coordinates.paths = read_paths(reader, budget, curves)?,
            4 => {
                coordinates.exteriors.clear();
                reader.begin_array()?;
                while reader.next_element()? {
                    let polygon = coordinates.exteriors.len();
                    let rings = read_paths(reader, budget, curves)
                        .map_err(|error| error.within(format_args!("[{polygon}]")))?;
                    coordinates.exteriors.push(coordinates.paths.len());
                    coordinates.paths.extend(rings);
                }
            }
            depth => {
                return Err(ReadError::invalid(format!(
                    "coordinates nested {depth} deep: 4 is the most there is"
                )));
            }
        }
        if *curves {
            return Err(ReadError::invalid("an object among coordinates: GeoJSON has no curves"));
        }
        Ok(coordinates)
    }

    pub(crate) fn has_z(&self) -> bool {
        self.paths.iter().any(|path| !path.z.is_empty())
    }

    pub(crate) fn has_m(&self) -> bool {
        self.paths.iter().any(|path| !path.m.is_empty())
    }
}

impl GeoJsonType {
    pub(crate) fn from_name(name: &str) -> Option<GeoJsonType> {
        Some(match name {
            "Point" => GeoJsonType::Point,
            "MultiPoint" => GeoJsonType::MultiPoint,
            "LineString" => GeoJsonType::LineString,
            "MultiLineString" => GeoJsonType::MultiLineString,
            "Polygon" => GeoJsonType::Polygon,
            "MultiPolygon" => GeoJsonType::MultiPolygon,
            "GeometryCollection" => GeoJsonType::GeometryCollection,
            _ => return None,
        })
    }

    pub(crate) fn geometry_type(self) -> Result<GeometryType, ReadError> {
        Ok(match self {
            GeoJsonType::Point => GeometryType::Point,
            GeoJsonType::MultiPoint => GeometryType::Multipoint,
            GeoJsonType::LineString | GeoJsonType::MultiLineString => GeometryType::Polyline,
            GeoJsonType::Polygon | GeoJsonType::MultiPolygon => GeometryType::Polygon,
            GeoJsonType::GeometryCollection => {
                return Err(ReadError::invalid(
                    "a GeometryCollection has no counterpart here: send its members as features, one geometry type a set",
                ));
            }
        })
    }

    /// The geometry of this type with these coordinates, rings turned Esri's way; `None` when there are none.
    pub(crate) fn assemble(self, coordinates: Coordinates) -> Result<Option<Geometry>, ReadError> {
        let Coordinates { depth, mut paths, exteriors } = coordinates;
        if paths.iter().all(|path| path.xy.is_empty()) {
            return Ok(None);
        }
        let expected = match self {
            GeoJsonType::Point => 1,
            GeoJsonType::MultiPoint | GeoJsonType::LineString => 2,
            GeoJsonType::MultiLineString | GeoJsonType::Polygon => 3,
            GeoJsonType::MultiPolygon | GeoJsonType::GeometryCollection => 4,
        };
        if depth != expected {
            return Err(ReadError::invalid(format!(
                "coordinates of a {self:?} are arrays nested {expected} deep, these are {depth} deep"
            )));
        }
        if self.geometry_type()? == GeometryType::Polygon {
            for (index, ring) in paths.iter_mut().enumerate() {
                close_ring(ring);
                turn(
                    ring,
                    if exteriors.binary_search(&index).is_ok() {
                        Turn::Clockwise
                    } else {
                        Turn::Counterclockwise
                    },
                );
            }
        }
        paths.retain(|path| !path.xy.is_empty());
        Ok(match self.geometry_type()? {
            GeometryType::Point => paths.pop().and_then(|path| {
                let ordinate = |values: &[f64]| values.first().copied().filter(|value| value.is_finite());
                let xy = *path.xy.first()?;
                Some(Geometry::Point(Point { xy, z: ordinate(&path.z), m: ordinate(&path.m) }))
            }),
            GeometryType::Multipoint => paths.pop().map(Geometry::Multipoint),
            GeometryType::Polyline => Some(Geometry::Polyline(paths)),
            GeometryType::Polygon => Some(Geometry::Polygon(paths)),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Clockwise,
    Counterclockwise,
}

/// Reverses a ring that does not turn as `wanted`. Role decides, not the given orientation: many writers of GeoJSON get it wrong.
fn turn(ring: &mut Path, wanted: Turn) {
    let is = if doubled_area(&ring.xy) < 0.0 { Turn::Clockwise } else { Turn::Counterclockwise };
    if is != wanted {
        ring.xy.reverse();
        ring.z.reverse();
        ring.m.reverse();
    }
}

/// Twice the signed area, positive when counter-clockwise; taken from the first vertex so that large coordinates cancel.
fn doubled_area(xy: &[Xy]) -> f64 {
    let Some([x0, y0]) = xy.first().copied() else { return 0.0 };
    xy.windows(2)
        .map(|edge| (edge[0][0] - x0) * (edge[1][1] - y0) - (edge[1][0] - x0) * (edge[0][1] - y0))
        .sum()
}
