//! The properties of geometries by their names, and their values.

use crate::inside::point_inside;
use crate::measures::Measures;
use gp_esri::{Geometry, GeometryType, Path, Xy};
use gp_geometry::{centroid, is_clockwise};

/// A property of a geometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Property {
    Area,
    AreaGeodesic,
    Length,
    LengthGeodesic,
    Perimeter,
    PerimeterGeodesic,
    Centroid(Axis),
    Inside(Axis),
    ExtentMin(Axis),
    ExtentMax(Axis),
    PointCount,
    PartCount,
    HoleCount,
    LineStart(Axis),
    LineEnd(Axis),
    LineBearing,
    Point(Axis),
}

/// An ordinate of a vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Axis {
    X,
    Y,
    Z,
    M,
}

/// The properties with the geometry types that have them.
const PROPERTIES: &[(&str, Property, &[GeometryType])] = &[
    ("AREA", Property::Area, POLYGON),
    ("AREA_GEODESIC", Property::AreaGeodesic, POLYGON),
    ("LENGTH", Property::Length, LINE),
    ("LENGTH_GEODESIC", Property::LengthGeodesic, LINE),
    ("PERIMETER_LENGTH", Property::Perimeter, POLYGON),
    ("PERIMETER_LENGTH_GEODESIC", Property::PerimeterGeodesic, POLYGON),
    ("CENTROID_X", Property::Centroid(Axis::X), ANY),
    ("CENTROID_Y", Property::Centroid(Axis::Y), ANY),
    ("INSIDE_X", Property::Inside(Axis::X), ANY),
    ("INSIDE_Y", Property::Inside(Axis::Y), ANY),
    ("EXTENT_MIN_X", Property::ExtentMin(Axis::X), ANY),
    ("EXTENT_MIN_Y", Property::ExtentMin(Axis::Y), ANY),
    ("EXTENT_MIN_Z", Property::ExtentMin(Axis::Z), ANY),
    ("EXTENT_MAX_X", Property::ExtentMax(Axis::X), ANY),
    ("EXTENT_MAX_Y", Property::ExtentMax(Axis::Y), ANY),
    ("EXTENT_MAX_Z", Property::ExtentMax(Axis::Z), ANY),
    ("POINT_COUNT", Property::PointCount, ANY),
    ("PART_COUNT", Property::PartCount, ANY),
    ("HOLE_COUNT", Property::HoleCount, POLYGON),
    ("LINE_START_X", Property::LineStart(Axis::X), LINE),
    ("LINE_START_Y", Property::LineStart(Axis::Y), LINE),
    ("LINE_START_Z", Property::LineStart(Axis::Z), LINE),
    ("LINE_START_M", Property::LineStart(Axis::M), LINE),
    ("LINE_END_X", Property::LineEnd(Axis::X), LINE),
    ("LINE_END_Y", Property::LineEnd(Axis::Y), LINE),
    ("LINE_END_Z", Property::LineEnd(Axis::Z), LINE),
    ("LINE_END_M", Property::LineEnd(Axis::M), LINE),
    ("LINE_BEARING", Property::LineBearing, LINE),
    ("POINT_X", Property::Point(Axis::X), POINT),
    ("POINT_Y", Property::Point(Axis::Y), POINT),
    ("POINT_Z", Property::Point(Axis::Z), POINT),
    ("POINT_M", Property::Point(Axis::M), POINT),
];

const POINT: &[GeometryType] = &[GeometryType::Point];
const LINE: &[GeometryType] = &[GeometryType::Polyline];
const POLYGON: &[GeometryType] = &[GeometryType::Polygon];
const ANY: &[GeometryType] =
    &[GeometryType::Point, GeometryType::Multipoint, GeometryType::Polyline, GeometryType::Polygon];

impl Property {
    /// The property of that name, in any case.
    pub(super) fn from_name(name: &str) -> Result<Property, String> {
        let found = PROPERTIES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        found.map(|(_, property, _)| *property).ok_or_else(|| {
            let names: Vec<&str> = PROPERTIES.iter().map(|(name, ..)| *name).collect();
            format!("\"{name}\" is no property; use one of {}", names.join(", "))
        })
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        PROPERTIES.iter().find(|(_, property, _)| *property == self).map_or("", |(name, ..)| name)
    }

    /// Whether geometries of that type have it.
    pub(super) fn is_of(self, geometry_type: GeometryType) -> bool {
        PROPERTIES.iter().any(|(_, property, types)| *property == self && types.contains(&geometry_type))
    }

    /// Whether it is a whole number.
    pub(super) fn is_count(self) -> bool {
        matches!(self, Property::PointCount | Property::PartCount | Property::HoleCount)
    }

    /// Whether it is an area or a length in the plane, which angles have not.
    pub(super) fn is_planar_measure(self) -> bool {
        matches!(self, Property::Area | Property::Length | Property::Perimeter)
    }

    /// Whether it is measured on the ellipsoid.
    pub(super) fn is_geodesic(self) -> bool {
        matches!(self, Property::AreaGeodesic | Property::LengthGeodesic | Property::PerimeterGeodesic)
    }
}

/// How properties are measured.
pub(super) struct Measuring {
    pub(super) planar: Measures,
    /// `None` where the spatial reference is unknown.
    pub(super) geodesic: Option<Measures>,
    /// Whether coordinates are angles.
    pub(super) is_geographic: bool,
    pub(super) length_unit_m: f64,
    pub(super) area_unit_m2: f64,
}

impl Measuring {
    /// The value; `None` where the geometry has none. NaN of what has no place in the coordinate system.
    pub(super) fn value(&self, property: Property, geometry: &Geometry) -> Option<f64> {
        let geodesic = self.geodesic.as_ref();
        Some(match property {
            Property::Area => self.planar.area_m2(geometry) / self.area_unit_m2,
            Property::AreaGeodesic => geodesic?.area_m2(geometry) / self.area_unit_m2,
            Property::Length | Property::Perimeter => self.planar.length_m(geometry) / self.length_unit_m,
            Property::LengthGeodesic | Property::PerimeterGeodesic => {
                geodesic?.length_m(geometry) / self.length_unit_m
            }
            Property::Centroid(axis) => of_position(centroid(geometry)?, axis)?,
            Property::Inside(axis) => of_position(point_inside(geometry)?.xy, axis)?,
            Property::ExtentMin(axis) => ordinates(geometry, axis).reduce(f64::min)?,
            Property::ExtentMax(axis) => ordinates(geometry, axis).reduce(f64::max)?,
            Property::PointCount => geometry.vertex_count() as f64,
            Property::PartCount => part_count(geometry) as f64,
            Property::HoleCount => hole_count(geometry) as f64,
            Property::LineStart(axis) => of_vertex(paths(geometry).first()?, 0, axis)?,
            Property::LineEnd(axis) => {
                let last = paths(geometry).last()?;
                of_vertex(last, last.xy.len().checked_sub(1)?, axis)?
            }
            Property::LineBearing => self.bearing_deg(geometry)?,
            Property::Point(axis) => ordinates(geometry, axis).next()?,
        })
    }

    /// From the first vertex to the last, clockwise from north, 0 to 360; `None` where both are one.
    fn bearing_deg(&self, geometry: &Geometry) -> Option<f64> {
        let ends = |geometry: &Geometry| {
            let (first, last) = (paths(geometry).first()?.xy.first()?, paths(geometry).last()?.xy.last()?);
            let differ = first.iter().zip(last).any(|(a, b)| a.total_cmp(b).is_ne());
            differ.then_some((*first, *last))
        };
        let azimuth_deg = match &self.geodesic {
            Some(Measures::Geodesic { globe, geodesy }) if self.is_geographic => {
                let (from, to) = ends(&globe.to_degrees(geometry))?;
                geodesy.inverse(from, to).azimuth_start_deg
            }
            _ => {
                let (from, to) = ends(geometry)?;
                (to[0] - from[0]).atan2(to[1] - from[1]).to_degrees()
            }
        };
        Some(azimuth_deg.rem_euclid(360.0))
    }
}

fn paths(geometry: &Geometry) -> &[Path] {
    match geometry {
        Geometry::Point(_) => &[],
        Geometry::Multipoint(points) => std::slice::from_ref(points),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths,
    }
}

fn of_position([x, y]: Xy, axis: Axis) -> Option<f64> {
    match axis {
        Axis::X => Some(x),
        Axis::Y => Some(y),
        Axis::Z | Axis::M => None,
    }
}

fn of_vertex(path: &Path, vertex: usize, axis: Axis) -> Option<f64> {
    match axis {
        Axis::X | Axis::Y => of_position(*path.xy.get(vertex)?, axis),
        Axis::Z => path.z.get(vertex).copied(),
        Axis::M => path.m.get(vertex).copied(),
    }
}

/// The ordinates of all vertices that have one.
fn ordinates<'a>(geometry: &'a Geometry, axis: Axis) -> impl Iterator<Item = f64> + 'a {
    let of_point = match geometry {
        Geometry::Point(point) => match axis {
            Axis::Z => point.z,
            Axis::M => point.m,
            Axis::X | Axis::Y => of_position(point.xy, axis),
        },
        _ => None,
    };
    let of_path =
        move |path: &'a Path| (0..path.xy.len()).filter_map(move |vertex| of_vertex(path, vertex, axis));
    of_point.into_iter().chain(paths(geometry).iter().flat_map(of_path)).filter(|value| !value.is_nan())
}

fn part_count(geometry: &Geometry) -> usize {
    match geometry {
        Geometry::Polygon(rings) => rings.iter().filter(|ring| is_clockwise(&ring.xy)).count(),
        Geometry::Polyline(paths) => paths.len(),
        Geometry::Multipoint(points) => points.xy.len(),
        Geometry::Point(_) => 1,
    }
}

fn hole_count(geometry: &Geometry) -> usize {
    match geometry {
        Geometry::Polygon(rings) => rings.len() - part_count(geometry),
        _ => 0,
    }
}
