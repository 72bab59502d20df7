//! Reading well-known binary.

use super::Dimensions;
use crate::FormatError;
use crate::budget::Budget;
use crate::gather::push_ring;
use crate::ogc_types::refusal;
use gp_esri::{Geometry, Path, Point};

/// Why a geometry could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WkbError {
    /// The bytes are no geometry.
    #[error("{0}")]
    Malformed(String),
    /// A geometry type that this server does not have, or more vertices than it takes.
    #[error(transparent)]
    Refused(FormatError),
}

impl WkbError {
    /// The same as an error of a file of that format; `place` says where in it.
    pub(crate) fn within(self, format: &'static str, place: impl std::fmt::Display) -> FormatError {
        match self {
            WkbError::Malformed(reason) => FormatError::malformed(format, format_args!("{place}: {reason}")),
            WkbError::Refused(FormatError::Unsupported(reason)) => {
                FormatError::Unsupported(format!("{place}: {reason}"))
            }
            WkbError::Refused(error) => error,
        }
    }
}

impl From<FormatError> for WkbError {
    fn from(error: FormatError) -> WkbError {
        WkbError::Refused(error)
    }
}

/// The codes of geometry types (ISO 13249-3, 5.1.67); the thousands say Z and M.
const POINT: u32 = 1;
const LINE_STRING: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_LINE_STRING: u32 = 5;
const MULTI_POLYGON: u32 = 6;
/// PostGIS's flags in the type.
const FLAG_Z: u32 = 0x8000_0000;
const FLAG_M: u32 = 0x4000_0000;
const FLAG_SRID: u32 = 0x2000_0000;

/// The bytes of the smallest geometry within another: byte order, type, count.
const LEAST_MEMBER_BYTES: usize = 9;

/// Reads one geometry; `None` where it is empty. Its vertices are counted against the budget before they are read. Rings
/// come out closed, and turned by their role as Esri has it: exteriors clockwise, holes counter-clockwise.
pub(crate) fn read_wkb(bytes: &[u8], budget: &mut Budget<'_>) -> Result<Option<Geometry>, WkbError> {
    let cursor = &mut Cursor { bytes, at: 0 };
    let header = cursor.header()?;
    let mut paths = Vec::new();
    Ok(match header.kind {
        POINT => cursor.point(header, budget)?.map(Geometry::Point),
        LINE_STRING => {
            paths.push(cursor.path(header, budget)?);
            some_paths(paths).map(Geometry::Polyline)
        }
        POLYGON => {
            cursor.rings(header, budget, &mut paths)?;
            some_paths(paths).map(Geometry::Polygon)
        }
        MULTI_POINT => {
            let mut points = Path::default();
            for _ in 0..cursor.count(header, LEAST_MEMBER_BYTES)? {
                let member = cursor.member(POINT)?;
                if let Some(point) = cursor.point(member, budget)? {
                    push(&mut points, point);
                }
            }
            some_paths(vec![points]).and_then(|mut paths| paths.pop()).map(Geometry::Multipoint)
        }
        MULTI_LINE_STRING => {
            for _ in 0..cursor.count(header, LEAST_MEMBER_BYTES)? {
                let member = cursor.member(LINE_STRING)?;
                paths.push(cursor.path(member, budget)?);
            }
            some_paths(paths).map(Geometry::Polyline)
        }
        MULTI_POLYGON => {
            for _ in 0..cursor.count(header, LEAST_MEMBER_BYTES)? {
                let member = cursor.member(POLYGON)?;
                cursor.rings(member, budget, &mut paths)?;
            }
            some_paths(paths).map(Geometry::Polygon)
        }
        kind => return Err(unknown_type(kind)),
    })
}

/// The paths that hold something, all with z if one has it and all with m if one has it; `None` if there are none.
fn some_paths(mut paths: Vec<Path>) -> Option<Vec<Path>> {
    paths.retain(|path| !path.xy.is_empty());
    let has_z = paths.iter().any(|path| !path.z.is_empty());
    let has_m = paths.iter().any(|path| !path.m.is_empty());
    for path in &mut paths {
        let count = path.xy.len();
        for (wanted, values) in [(has_z, &mut path.z), (has_m, &mut path.m)] {
            if wanted {
                values.resize(count, f64::NAN);
            }
        }
    }
    (!paths.is_empty()).then_some(paths)
}

/// Adds a point of a multipoint; those before it may have had no z or m.
fn push(points: &mut Path, point: Point) {
    for (values, value) in [(&mut points.z, point.z), (&mut points.m, point.m)] {
        if let Some(value) = value {
            values.resize(points.xy.len(), f64::NAN);
            values.push(value);
        }
    }
    points.xy.push(point.xy);
}

fn unknown_type(kind: u32) -> WkbError {
    match refusal(kind) {
        Some(refusal) => refusal.into(),
        None => WkbError::Malformed(format!("{kind} is no geometry type of well-known binary")),
    }
}

/// What stands before every geometry.
#[derive(Clone, Copy)]
struct Header {
    is_little_endian: bool,
    kind: u32,
    dimensions: Dimensions,
}

impl Header {
    fn vertex_bytes(self) -> usize {
        8 * (2 + usize::from(self.dimensions.z) + usize::from(self.dimensions.m))
    }
}

/// Reads values one after the other.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], WkbError> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk());
        let taken = *taken.ok_or_else(|| self.ends_early())?;
        self.at += COUNT;
        Ok(taken)
    }

    fn ends_early(&self) -> WkbError {
        WkbError::Malformed(format!("the geometry ends early, after {} bytes", self.bytes.len()))
    }

    fn u32(&mut self, is_little_endian: bool) -> Result<u32, WkbError> {
        let bytes = self.take()?;
        Ok(if is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn f64(&mut self, header: Header) -> Result<f64, WkbError> {
        let bytes = self.take()?;
        Ok(if header.is_little_endian { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn header(&mut self) -> Result<Header, WkbError> {
        let is_little_endian = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [other] => {
                return Err(WkbError::Malformed(format!(
                    "a geometry begins with its byte order, 0 or 1, not with {other}"
                )));
            }
        };
        let code = self.u32(is_little_endian)?;
        if code & FLAG_SRID != 0 {
            // The reference of a layer stands in its file.
            self.u32(is_little_endian)?;
        }
        let plain = code & !(FLAG_Z | FLAG_M | FLAG_SRID);
        let thousands = plain / 1000;
        if thousands > 3 {
            return Err(WkbError::Malformed(format!("{code} is no geometry type of well-known binary")));
        }
        let dimensions = Dimensions {
            z: code & FLAG_Z != 0 || thousands & 1 != 0,
            m: code & FLAG_M != 0 || thousands & 2 != 0,
        };
        Ok(Header { is_little_endian, kind: plain % 1000, dimensions })
    }

    /// The header of a geometry within a Multi type.
    fn member(&mut self, kind: u32) -> Result<Header, WkbError> {
        let header = self.header()?;
        if header.kind != kind {
            return Err(WkbError::Malformed(format!(
                "a geometry of several parts has one of type {}, where only type {kind} can be",
                header.kind
            )));
        }
        Ok(header)
    }

    /// A count of things of at least so many bytes each, which must be there.
    fn count(&mut self, header: Header, least_bytes: usize) -> Result<usize, WkbError> {
        let count = self.u32(header.is_little_endian)? as usize;
        let left = self.bytes.len() - self.at;
        if count > left / least_bytes {
            return Err(WkbError::Malformed(format!(
                "the geometry promises {count} parts or vertices, but only {left} bytes follow"
            )));
        }
        Ok(count)
    }

    /// x and y, then z and m where there are any.
    fn vertex(&mut self, header: Header) -> Result<[f64; 4], WkbError> {
        let mut vertex = [self.f64(header)?, self.f64(header)?, f64::NAN, f64::NAN];
        if header.dimensions.z {
            vertex[2] = self.f64(header)?;
        }
        if header.dimensions.m {
            vertex[3] = self.f64(header)?;
        }
        Ok(vertex)
    }

    /// `None` where x and y are NaN, which is how an empty point is written.
    fn point(&mut self, header: Header, budget: &mut Budget<'_>) -> Result<Option<Point>, WkbError> {
        let [x, y, z, m] = self.vertex(header)?;
        if x.is_nan() && y.is_nan() {
            return Ok(None);
        }
        check_finite([x, y])?;
        budget.vertices(1)?;
        let ordinate = |value: f64| value.is_finite().then_some(value);
        Ok(Some(Point { xy: [x, y], z: ordinate(z), m: ordinate(m) }))
    }

    fn path(&mut self, header: Header, budget: &mut Budget<'_>) -> Result<Path, WkbError> {
        let count = self.count(header, header.vertex_bytes())?;
        budget.vertices(count)?;
        // The bytes are there, so this is no more than was read.
        let mut path = Path { xy: Vec::with_capacity(count), ..Path::default() };
        for _ in 0..count {
            let [x, y, z, m] = self.vertex(header)?;
            check_finite([x, y])?;
            path.xy.push([x, y]);
            if header.dimensions.z {
                path.z.push(finite_or_nan(z));
            }
            if header.dimensions.m {
                path.m.push(finite_or_nan(m));
            }
        }
        Ok(path)
    }

    fn rings(
        &mut self,
        header: Header,
        budget: &mut Budget<'_>,
        rings: &mut Vec<Path>,
    ) -> Result<(), WkbError> {
        const COUNT_BYTES: usize = 4;
        for place in 0..self.count(header, COUNT_BYTES)? {
            let ring = self.path(header, budget)?;
            push_ring(rings, ring, place);
        }
        Ok(())
    }
}

fn check_finite(xy: [f64; 2]) -> Result<(), WkbError> {
    match xy.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(WkbError::Malformed(format!("{value} is no coordinate"))),
        None => Ok(()),
    }
}

fn finite_or_nan(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
