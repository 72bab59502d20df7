//! Reading one geometry of Esri JSON or GeoJSON (specification 6.2).
//!
//! Members may come in any order, and whether a third ordinate is z or m is often said only at the end of the feature
//! set. So vertices are kept raw at first, third ordinate in `z` and fourth in `m`, and `ordinates.rs` gives them
//! their meaning.

use super::geojson::{Coordinates, GeoJsonType};
use super::path::{Budget, close_ring, read_path, read_paths};
use super::{Geometry, GeometryType, Path, Point};
use crate::ReadError;
use crate::json::{JsonError, Kind, Reader};

/// Coordinates beyond this are no places, and products of two of them are infinite. Tools that hold less (the overlay engine
/// holds 2^500) check for themselves.
const MAX_COORDINATE: f64 = 1e300;

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
    /// Whether a position was NaN and not merely null.
    nan_position: bool,
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
    /// Whether coordinates were absurd, or some of several not finite, so that the geometry was left out.
    pub(crate) bad_coordinates: bool,
    /// Whether the position itself was NaN, so that there is none.
    pub(crate) nan_position: bool,
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
        // `null` is Esri's way to write an empty geometry; NaN is mostly an accident of the client.
        if reader.take_null()? {
            *scalar = Some(f64::NAN);
            return Ok(true);
        }
        let value = reader.ordinate().map_err(|error| ReadError::from(error).within(key))?;
        *scalar = Some(value);
        self.nan_position |= value.is_nan() && !matches!(key, "z" | "m");
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
            nan_position: false,
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
            Some(Geometry::Point(point)) if point.xy[0].is_nan() || self.nan_position => {
                finished.geometry = None;
                finished.nan_position = self.nan_position || finished.is_geojson;
            }
            None => finished.nan_position = self.nan_position,
            Some(geometry) if !is_sane(geometry) => {
                finished.geometry = None;
                finished.bad_coordinates = true;
            }
            _ => {}
        }
        Ok(finished)
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
