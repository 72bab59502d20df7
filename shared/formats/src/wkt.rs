//! Well-known text of geometries (simple features, ISO 13249), as columns of CSV files hold it.
//!
//! Separate because it is a language of its own. Read are the seven simple types with z and m, `EMPTY`, and the reference
//! before it that PostGIS writes (`SRID=4326;`). It must never recurse by what stands in the text: the types nest two deep and
//! no deeper.

mod scan;
mod write;

pub(crate) use write::write_wkt;

use crate::budget::Budget;
use crate::{FormatError, text};
use gp_esri::{Geometry, GeometryType, Path, Point};
use gp_geometry::{close, orient};
use scan::Scan;

/// A geometry that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wkt {
    /// `None` when it is empty.
    pub(crate) geometry: Option<Geometry>,
    pub(crate) geometry_type: GeometryType,
    /// The code of its reference.
    pub(crate) srid: Option<u32>,
    pub(crate) has_z: bool,
    pub(crate) has_m: bool,
}

/// Why a text is no geometry.
#[derive(Debug)]
pub(crate) enum WktError {
    /// What is wrong, and where.
    Syntax(String),
    /// A type that features cannot have, or too many vertices.
    Refused(FormatError),
}

/// The types of simple features.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
}

/// Names in upper case. `LINEARRING` is a line to some writers.
const SHAPES: &[(&str, Shape)] = &[
    ("POINT", Shape::Point),
    ("LINESTRING", Shape::LineString),
    ("LINEARRING", Shape::LineString),
    ("POLYGON", Shape::Polygon),
    ("MULTIPOINT", Shape::MultiPoint),
    ("MULTILINESTRING", Shape::MultiLineString),
    ("MULTIPOLYGON", Shape::MultiPolygon),
];
/// Types that exist and have no counterpart here.
const OTHERS: &[&str] = &[
    "GEOMETRYCOLLECTION",
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
    "POLYHEDRALSURFACE",
    "TIN",
    "TRIANGLE",
];

/// Whether a text begins like well-known text.
pub(crate) fn is_wkt_like(text: &str) -> bool {
    let mut scan = Scan::new(text);
    if scan.srid().is_err() {
        return false;
    }
    let word = scan.word().to_ascii_uppercase();
    shape_of(&word).is_some() || OTHERS.iter().any(|other| word.starts_with(other))
}

/// Reads a geometry; its rings are turned Esri's way.
pub(crate) fn read_wkt(text: &str, budget: &mut Budget<'_>) -> Result<Wkt, WktError> {
    let mut scan = Scan::new(text);
    let srid = scan.srid()?;
    let word = scan.word().to_ascii_uppercase();
    let Some((shape, mut suffix)) = shape_of(&word) else {
        return Err(match OTHERS.iter().find(|other| word.starts_with(*other)) {
            Some(other) => WktError::Refused(FormatError::Unsupported(format!(
                "a {other} has no counterpart here: write its parts as points, lines or polygons, one kind a file"
            ))),
            None => WktError::Syntax(format!("{:?} is no geometry", text::shortened(text.trim()))),
        });
    };
    let mut next = scan.word().to_ascii_uppercase();
    if suffix.is_empty() && matches!(next.as_str(), "Z" | "M" | "ZM") {
        suffix = next;
        next = scan.word().to_ascii_uppercase();
    }
    let declared = !suffix.is_empty();
    let mut reader = Reader { scan, budget, z: suffix.contains('Z'), m: suffix.contains('M'), declared };
    let paths = match next.as_str() {
        "EMPTY" => Vec::new(),
        "" => reader.paths(shape)?,
        other => return Err(WktError::Syntax(format!("{:?} was not expected", text::shortened(other)))),
    };
    reader.scan.end()?;
    let (has_z, has_m) = (reader.z, reader.m);
    Ok(Wkt { geometry: assemble(shape, paths), geometry_type: shape.geometry_type(), srid, has_z, has_m })
}

/// The type of a word, and the `Z`, `M` or `ZM` that ends it.
fn shape_of(word: &str) -> Option<(Shape, String)> {
    SHAPES.iter().find_map(|(name, shape)| {
        let suffix = word.strip_prefix(name)?;
        matches!(suffix, "" | "Z" | "M" | "ZM").then(|| (*shape, suffix.to_owned()))
    })
}

impl Shape {
    fn geometry_type(self) -> GeometryType {
        match self {
            Shape::Point => GeometryType::Point,
            Shape::MultiPoint => GeometryType::Multipoint,
            Shape::LineString | Shape::MultiLineString => GeometryType::Polyline,
            Shape::Polygon | Shape::MultiPolygon => GeometryType::Polygon,
        }
    }
}

/// The geometry of all paths; those of each polygon are already turned.
fn assemble(shape: Shape, mut paths: Vec<Path>) -> Option<Geometry> {
    paths.retain(|path| !path.xy.is_empty());
    if paths.is_empty() {
        return None;
    }
    match shape.geometry_type() {
        GeometryType::Point => {
            let path = paths.pop()?;
            let xy = *path.xy.first()?;
            let finite = |values: &[f64]| values.first().copied().filter(|value| value.is_finite());
            Some(Geometry::Point(Point { xy, z: finite(&path.z), m: finite(&path.m) }))
        }
        GeometryType::Multipoint => {
            let mut all = Path::default();
            for path in paths {
                all.xy.extend(path.xy);
                all.z.extend(path.z);
                all.m.extend(path.m);
            }
            Some(Geometry::Multipoint(all))
        }
        GeometryType::Polyline => Some(Geometry::Polyline(paths)),
        GeometryType::Polygon => Some(Geometry::Polygon(paths)),
    }
}

struct Reader<'t, 'b, 'o> {
    scan: Scan<'t>,
    budget: &'b mut Budget<'o>,
    z: bool,
    m: bool,
    /// Whether the text, or its first position, said which ordinates there are.
    declared: bool,
}

impl Reader<'_, '_, '_> {
    fn paths(&mut self, shape: Shape) -> Result<Vec<Path>, WktError> {
        match shape {
            Shape::Point | Shape::LineString => Ok(vec![self.path()?]),
            Shape::Polygon => self.polygon(),
            Shape::MultiLineString => self.list(|reader| Ok(vec![reader.path()?])),
            Shape::MultiPolygon => self.list(Reader::polygon),
            // Both ((1 2), (3 4)) and (1 2, 3 4) are written.
            Shape::MultiPoint => self.list(|reader| {
                if reader.scan.at('(') || reader.scan.peek_word_is("EMPTY") {
                    return Ok(vec![reader.path()?]);
                }
                let mut path = Path::default();
                reader.position(&mut path)?;
                Ok(vec![path])
            }),
        }
    }

    /// `( … , … )` or `EMPTY`.
    fn list(
        &mut self,
        item: impl Fn(&mut Self) -> Result<Vec<Path>, WktError>,
    ) -> Result<Vec<Path>, WktError> {
        let mut paths = Vec::new();
        if self.scan.take_empty() {
            return Ok(paths);
        }
        self.scan.expect('(')?;
        loop {
            paths.append(&mut item(self)?);
            if !self.scan.take(',') {
                break;
            }
        }
        self.scan.expect(')')?;
        Ok(paths)
    }

    fn polygon(&mut self) -> Result<Vec<Path>, WktError> {
        let mut rings = self.list(|reader| Ok(vec![reader.path()?]))?;
        rings.retain(|ring| !ring.xy.is_empty());
        for ring in &mut rings {
            close(ring);
        }
        orient(&mut rings);
        Ok(rings)
    }

    fn path(&mut self) -> Result<Path, WktError> {
        let mut path = Path::default();
        if self.scan.take_empty() {
            return Ok(path);
        }
        self.scan.expect('(')?;
        loop {
            self.position(&mut path)?;
            if !self.scan.take(',') {
                break;
            }
        }
        self.scan.expect(')')?;
        Ok(path)
    }

    /// Two to four numbers. A position that is not a number is none: that is how an empty point among others is written.
    fn position(&mut self, path: &mut Path) -> Result<(), WktError> {
        let mut ordinates = [f64::NAN; 4];
        let mut count = 0;
        while let Some(number) = self.scan.number()? {
            match ordinates.get_mut(count) {
                Some(ordinate) => *ordinate = number,
                None => return Err(self.scan.wrong("a position has four numbers at most")),
            }
            count += 1;
        }
        if count < 2 {
            return Err(self.scan.wrong("a position needs two numbers"));
        }
        if !self.declared {
            (self.z, self.m) = (count > 2, count > 3);
            self.declared = true;
        }
        if count != 2 + usize::from(self.z) + usize::from(self.m) {
            return Err(self.scan.wrong("the positions have different numbers of ordinates"));
        }
        let [x, y, third, fourth] = ordinates;
        if !x.is_finite() || !y.is_finite() {
            return Ok(());
        }
        self.budget.vertices(1).map_err(WktError::Refused)?;
        path.xy.push([x, y]);
        if self.z {
            path.z.push(third);
        }
        if self.m {
            path.m.push(if self.z { fourth } else { third });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
