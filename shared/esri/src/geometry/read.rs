//! Reading one geometry of Esri JSON or GeoJSON (specification 6.2).
//!
//! Members may come in any order, and whether a third ordinate is z or m is often said only at the end of the feature
//! set. So vertices are kept raw at first, third ordinate in `z` and fourth in `m`, and [`settle_zm`] gives them
//! their meaning.

use super::geojson::{Coordinates, GeoJsonType};
use super::{Geometry, GeometryType, Path, Point, curve};
use crate::ReadError;
use crate::json::{JsonError, Kind, Reader};

/// Coordinates beyond this are no places; the overlay engine refuses them too (it holds up to 2^500, about 3e150, but
/// squares are taken before it).
const MAX_COORDINATE: f64 = 1e300;

/// What reading may still use.
pub(crate) struct Budget {
    pub(crate) vertices_left: usize,
    pub(crate) max_vertices: usize,
    pub(crate) curve_tolerance: f64,
}

impl Budget {
    pub(crate) fn too_many(&self) -> ReadError {
        ReadError::TooManyVertices { max_vertices: self.max_vertices }
    }
}

/// The members of a geometry seen so far.
#[derive(Default)]
pub(crate) struct RawGeometry<'t> {
    pub(crate) has_z: Option<bool>,
    pub(crate) has_m: Option<bool>,
    /// The text of the spatial reference: a million features repeat it, so it is read only when it changes.
    pub(crate) spatial_reference: Option<&'t str>,
    pub(crate) geojson_type: Option<GeoJsonType>,
    coordinates: Option<Coordinates>,
    x: Option<f64>,
    y: Option<f64>,
    z: Option<f64>,
    m: Option<f64>,
    box_corners: [Option<f64>; 4],
    parts: Option<(GeometryType, Vec<Path>)>,
    curves: bool,
    unknown_key: Option<String>,
}

/// A geometry whose members are all read; the ordinates of its paths are still raw.
pub(crate) struct FinishedGeometry {
    pub(crate) geometry: Option<Geometry>,
    /// Known for empty geometries too.
    pub(crate) geometry_type: Option<GeometryType>,
    pub(crate) has_z: Option<bool>,
    pub(crate) has_m: Option<bool>,
    /// Whether coordinates were not finite or absurd, so that the geometry was left out.
    pub(crate) bad_coordinates: bool,
    pub(crate) had_curves: bool,
    /// GeoJSON is in WGS84.
    pub(crate) is_geojson: bool,
}

impl<'t> RawGeometry<'t> {
    /// Reads the geometry that `reader` stands on; `null` has no members.
    pub(crate) fn read(reader: &mut Reader<'t>, budget: &mut Budget) -> Result<RawGeometry<'t>, ReadError> {
        let mut raw = RawGeometry::default();
        if reader.take_null()? {
            return Ok(raw);
        }
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            if !raw.member(&key, reader, budget)? {
                if raw.unknown_key.is_none() {
                    raw.unknown_key = Some(key.into_owned());
                }
                reader.skip_value()?;
            }
        }
        Ok(raw)
    }

    /// Reads the value of `key` if it is a member of geometries; says whether it was.
    pub(crate) fn member(
        &mut self,
        key: &str,
        reader: &mut Reader<'t>,
        budget: &mut Budget,
    ) -> Result<bool, ReadError> {
        let scalar = match key {
            "x" => &mut self.x,
            "y" => &mut self.y,
            "z" => &mut self.z,
            "m" => &mut self.m,
            "xmin" => &mut self.box_corners[0],
            "ymin" => &mut self.box_corners[1],
            "xmax" => &mut self.box_corners[2],
            "ymax" => &mut self.box_corners[3],
            _ => return self.other_member(key, reader, budget),
        };
        *scalar = Some(reader.ordinate().map_err(|error| ReadError::from(error).within(key))?);
        Ok(true)
    }

    fn other_member(
        &mut self,
        key: &str,
        reader: &mut Reader<'t>,
        budget: &mut Budget,
    ) -> Result<bool, ReadError> {
        let geometry_type = match key {
            "rings" | "curveRings" => GeometryType::Polygon,
            "paths" | "curvePaths" => GeometryType::Polyline,
            "points" => GeometryType::Multipoint,
            "hasZ" => {
                self.has_z = read_flag(reader)?;
                return Ok(true);
            }
            "hasM" => {
                self.has_m = read_flag(reader)?;
                return Ok(true);
            }
            "spatialReference" => {
                self.spatial_reference = Some(reader.raw_value()?);
                return Ok(true);
            }
            "coordinates" => {
                self.coordinates =
                    Some(Coordinates::read(reader, budget).map_err(|error| error.within(key))?);
                return Ok(true);
            }
            "type" if reader.peek()? == Kind::String => {
                self.geojson_type = GeoJsonType::from_name(&reader.string()?);
                return Ok(true);
            }
            // Known members that say nothing about the place.
            "zmin" | "zmax" | "mmin" | "mmax" | "id" | "ids" | "bbox" | "type" => {
                reader.skip_value()?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        if reader.take_null()? {
            return Ok(true);
        }
        let parts = if geometry_type == GeometryType::Multipoint {
            vec![read_path(reader, budget, &mut self.curves).map_err(|error| error.within(key))?]
        } else {
            read_paths(reader, budget, &mut self.curves).map_err(|error| error.within(key))?
        };
        // A true-curve member beside its densified twin: the one with vertices counts.
        if self.parts.as_ref().is_none_or(|(_, before)| before.is_empty()) {
            self.parts = Some((geometry_type, parts));
        }
        Ok(true)
    }

    /// Whether no member told a shape.
    pub(crate) fn is_shapeless(&self) -> bool {
        self.x.is_none()
            && self.y.is_none()
            && self.parts.is_none()
            && self.coordinates.is_none()
            && self.geojson_type.is_none()
            && self.box_corners.iter().all(Option::is_none)
    }

    /// The geometry that the members make.
    pub(crate) fn finish(self) -> Result<FinishedGeometry, ReadError> {
        let mut finished = FinishedGeometry {
            geometry: None,
            geometry_type: None,
            has_z: self.has_z,
            has_m: self.has_m,
            bad_coordinates: false,
            had_curves: self.curves,
            is_geojson: self.geojson_type.is_some(),
        };
        let is_shapeless = self.is_shapeless();
        if let Some(geojson_type) = self.geojson_type {
            let coordinates = self.coordinates.unwrap_or_default();
            (finished.has_z, finished.has_m) = (Some(coordinates.has_z()), Some(coordinates.has_m()));
            finished.geometry_type = Some(geojson_type.geometry_type()?);
            finished.geometry = geojson_type.assemble(coordinates)?;
        } else if self.coordinates.is_some() {
            return Err(ReadError::invalid(
                "coordinates without a type: a GeoJSON geometry needs one, such as \"Polygon\"",
            ));
        } else if let Some((geometry_type, parts)) = self.parts {
            finished.geometry_type = Some(geometry_type);
            finished.geometry = from_parts(geometry_type, parts);
        } else if self.box_corners.iter().any(Option::is_some) {
            finished.geometry_type = Some(GeometryType::Polygon);
            finished.geometry = from_box(self.box_corners)?;
        } else if !is_shapeless {
            finished.geometry_type = Some(GeometryType::Point);
            let (Some(x), Some(y)) = (self.x, self.y) else {
                return Err(ReadError::invalid("a point needs both x and y"));
            };
            let some = |ordinate: Option<f64>| ordinate.filter(|value| value.is_finite());
            finished.geometry = Some(Geometry::Point(Point { xy: [x, y], z: some(self.z), m: some(self.m) }));
        } else if let Some(key) = self.unknown_key {
            return Err(ReadError::invalid(format!(
                "a geometry with {:?} but none of x and y, points, paths, rings, curvePaths, curveRings, or xmin to ymax",
                crate::text::shortened(&key)
            )));
        }
        match &finished.geometry {
            // Esri's empty point: `{"x":null}` or `{"x":"NaN"}`.
            Some(Geometry::Point(point)) if point.xy[0].is_nan() => finished.geometry = None,
            Some(geometry) if !is_sane(geometry) => {
                finished.geometry = None;
                finished.bad_coordinates = true;
            }
            _ => {}
        }
        Ok(finished)
    }
}

/// Gives the raw third and fourth ordinates of `geometry` their meaning; says whether any had to be dropped because
/// neither `hasZ` nor `hasM` covers them. Points name their z and m and are left alone.
pub(crate) fn settle_zm(geometry: &mut Geometry, has_z: bool, has_m: bool) -> bool {
    let mut dropped = false;
    for path in paths_mut(geometry) {
        if has_m && !has_z {
            std::mem::swap(&mut path.z, &mut path.m);
        }
        if !has_z {
            dropped |= !path.z.is_empty();
            path.z = Vec::new();
        }
        if !has_m {
            dropped |= !path.m.is_empty();
            path.m = Vec::new();
        }
    }
    dropped
}

/// Gives every path one z and one m a vertex where the set has them, NaN where the path has none.
pub(crate) fn fill_zm(geometry: &mut Geometry, has_z: bool, has_m: bool) {
    for path in paths_mut(geometry) {
        let count = path.xy.len();
        for (wanted, values) in [(has_z, &mut path.z), (has_m, &mut path.m)] {
            if wanted {
                values.resize(count, f64::NAN);
            }
        }
    }
}

fn paths_mut(geometry: &mut Geometry) -> &mut [Path] {
    match geometry {
        Geometry::Point(_) => &mut [],
        Geometry::Multipoint(points) => std::slice::from_mut(points),
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths,
    }
}

/// A flag: a JSON boolean, or a text or number that stands for one; `None` for anything else.
pub(crate) fn read_flag(reader: &mut Reader<'_>) -> Result<Option<bool>, JsonError> {
    match reader.peek()? {
        Kind::Bool => reader.bool().map(Some),
        Kind::Number => Ok(Some(reader.f64()?.abs() > 0.0)),
        Kind::String => Ok(reader.string()?.parse().ok()),
        _ => reader.skip_value().map(|()| None),
    }
}

pub(super) fn read_paths(
    reader: &mut Reader<'_>,
    budget: &mut Budget,
    curves: &mut bool,
) -> Result<Vec<Path>, ReadError> {
    let mut paths = Vec::new();
    reader.begin_array()?;
    while reader.next_element()? {
        let path = read_path(reader, budget, curves)
            .map_err(|error| error.within(format_args!("[{}]", paths.len())))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Reads one path, third ordinates into `z` and fourth into `m`; objects in it are curves.
pub(super) fn read_path(
    reader: &mut Reader<'_>,
    budget: &mut Budget,
    curves: &mut bool,
) -> Result<Path, ReadError> {
    let mut path = Path::default();
    let mut ordinates = [0.0; 4];
    reader.begin_array()?;
    while reader.next_element()? {
        let index = path.xy.len();
        if index >= budget.vertices_left {
            return Err(budget.too_many());
        }
        match reader.position(&mut ordinates) {
            Ok(count) if count >= 2 => push_vertex(&mut path, &ordinates, count),
            Ok(_) => {
                return Err(ReadError::invalid("a position needs x and y").within(format_args!("[{index}]")));
            }
            Err(JsonError::Kind { found: Kind::Object, .. }) => {
                *curves = true;
                curve::read_curve(reader, &mut path, budget)
                    .map_err(|error| error.within(format_args!("[{index}]")))?;
            }
            Err(error) => return Err(ReadError::from(error).within(format_args!("[{index}]"))),
        }
    }
    budget.vertices_left = budget.vertices_left.saturating_sub(path.xy.len());
    Ok(path)
}

/// Appends a vertex of `count` ordinates.
#[inline]
pub(super) fn push_vertex(path: &mut Path, ordinates: &[f64; 4], count: usize) {
    let before = path.xy.len();
    path.xy.push([ordinates[0], ordinates[1]]);
    if count > 2 || !path.z.is_empty() {
        path.z.resize(before, f64::NAN);
        path.z.push(if count > 2 { ordinates[2] } else { f64::NAN });
    }
    if count > 3 || !path.m.is_empty() {
        path.m.resize(before, f64::NAN);
        path.m.push(if count > 3 { ordinates[3] } else { f64::NAN });
    }
}

/// Repeats the first vertex at the end of a ring that does not end there.
pub(super) fn close_ring(ring: &mut Path) {
    let (Some(first), Some(last)) = (ring.xy.first().copied(), ring.xy.last()) else { return };
    let closed = first[0].to_bits() == last[0].to_bits() && first[1].to_bits() == last[1].to_bits();
    if closed && ring.xy.len() > 1 {
        return;
    }
    ring.xy.push(first);
    for values in [&mut ring.z, &mut ring.m] {
        if let Some(first) = values.first().copied() {
            values.push(first);
        }
    }
}

fn from_parts(geometry_type: GeometryType, mut parts: Vec<Path>) -> Option<Geometry> {
    parts.retain(|path| !path.xy.is_empty());
    if parts.is_empty() {
        return None;
    }
    match geometry_type {
        GeometryType::Polygon => {
            parts.iter_mut().for_each(close_ring);
            Some(Geometry::Polygon(parts))
        }
        GeometryType::Polyline => Some(Geometry::Polyline(parts)),
        GeometryType::Multipoint | GeometryType::Point => parts.pop().map(Geometry::Multipoint),
    }
}

/// The ring around a box, clockwise; an empty box (`xmin` null) has none. Ranges of z and m have no place in it.
fn from_box(corners: [Option<f64>; 4]) -> Result<Option<Geometry>, ReadError> {
    if corners[0].is_some_and(f64::is_nan) {
        return Ok(None);
    }
    let [Some(xmin), Some(ymin), Some(xmax), Some(ymax)] = corners else {
        return Err(ReadError::invalid("an envelope needs xmin, ymin, xmax and ymax"));
    };
    let ([xmin, xmax], [ymin, ymax]) = ([xmin.min(xmax), xmin.max(xmax)], [ymin.min(ymax), ymin.max(ymax)]);
    let xy = vec![[xmin, ymin], [xmin, ymax], [xmax, ymax], [xmax, ymin], [xmin, ymin]];
    Ok(Some(Geometry::Polygon(vec![Path::from_xy(xy)])))
}

fn is_sane(geometry: &Geometry) -> bool {
    let mut sane = true;
    geometry.for_each_xy(|[x, y]| sane &= x.abs() <= MAX_COORDINATE && y.abs() <= MAX_COORDINATE);
    sane
}
