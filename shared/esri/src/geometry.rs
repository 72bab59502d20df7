//! Geometries as Esri JSON has them: flat lists of rings and paths, each vertex with optional z and m.
//!
//! Coordinates are kept as `[f64; 2]` because that is what the overlay engine, the projection and the writer take; z and
//! m lie in arrays of their own, empty where there are none, so that the common planar case costs nothing.

pub(crate) mod curve;
mod extent;
pub(crate) mod geojson;
pub(crate) mod ordinates;
pub(crate) mod path;
pub(crate) mod read;
mod write;

pub use extent::Extent;
pub use write::write_geometry;
pub(crate) use write::{WrittenGeometry, write_members};

/// One position: `[x, y]` in the units of the spatial reference of its feature set.
pub type Xy = [f64; 2];

/// A sequence of vertices: a path of a polyline, a ring of a polygon, the points of a multipoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// The positions. A ring repeats its first position at its end.
    pub xy: Vec<Xy>,
    /// One z a vertex, or empty when the feature set has no z. NaN where a vertex has none.
    pub z: Vec<f64>,
    /// One measure a vertex, or empty when the feature set has no m. NaN where a vertex has none.
    pub m: Vec<f64>,
}

/// A single position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The position.
    pub xy: Xy,
    /// Height, in the units of the vertical reference, when there is one.
    pub z: Option<f64>,
    /// Measure, when there is one.
    pub m: Option<f64>,
}

/// A geometry of a feature. Empty geometries do not exist here: a feature without geometry has `None`.
#[derive(Clone, Debug, PartialEq)]
pub enum Geometry {
    /// `esriGeometryPoint`
    Point(Point),
    /// `esriGeometryMultipoint`
    Multipoint(Path),
    /// `esriGeometryPolyline`: one or more paths.
    Polyline(Vec<Path>),
    /// `esriGeometryPolygon`: rings in any order; exteriors clockwise, holes counter-clockwise (specification 6.2).
    Polygon(Vec<Path>),
}

/// The geometry type of a feature set. An envelope is read as a polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeometryType {
    /// `esriGeometryPoint`
    Point,
    /// `esriGeometryMultipoint`
    Multipoint,
    /// `esriGeometryPolyline`
    Polyline,
    /// `esriGeometryPolygon`
    Polygon,
}

/// An axis-parallel box, in the units of a spatial reference that travels beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Least x.
    pub xmin: f64,
    /// Least y.
    pub ymin: f64,
    /// Greatest x.
    pub xmax: f64,
    /// Greatest y.
    pub ymax: f64,
}

impl Path {
    /// A path without z and m.
    pub fn from_xy(xy: Vec<Xy>) -> Path {
        Path { xy, z: Vec::new(), m: Vec::new() }
    }
}

impl Point {
    /// A point without z and m.
    pub fn from_xy(xy: Xy) -> Point {
        Point { xy, z: None, m: None }
    }
}

impl Geometry {
    /// The type that a feature set of this geometry declares.
    pub fn geometry_type(&self) -> GeometryType {
        match self {
            Geometry::Point(_) => GeometryType::Point,
            Geometry::Multipoint(_) => GeometryType::Multipoint,
            Geometry::Polyline(_) => GeometryType::Polyline,
            Geometry::Polygon(_) => GeometryType::Polygon,
        }
    }

    /// The number of vertices.
    pub fn vertex_count(&self) -> usize {
        match self {
            Geometry::Point(_) => 1,
            Geometry::Multipoint(points) => points.xy.len(),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                paths.iter().map(|path| path.xy.len()).sum()
            }
        }
    }

    /// Calls `visit` for every position, in order.
    pub fn for_each_xy(&self, mut visit: impl FnMut(Xy)) {
        match self {
            Geometry::Point(point) => visit(point.xy),
            Geometry::Multipoint(points) => points.xy.iter().for_each(|xy| visit(*xy)),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                paths.iter().flat_map(|path| &path.xy).for_each(|xy| visit(*xy));
            }
        }
    }

    /// Calls `visit` with every run of positions, to change them in place.
    pub fn for_each_xy_mut(&mut self, mut visit: impl FnMut(&mut [Xy])) {
        match self {
            Geometry::Point(point) => visit(std::slice::from_mut(&mut point.xy)),
            Geometry::Multipoint(points) => visit(&mut points.xy),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                paths.iter_mut().for_each(|path| visit(&mut path.xy));
            }
        }
    }

    /// The smallest box around all positions.
    pub fn envelope(&self) -> Envelope {
        let mut envelope = Envelope::EMPTY;
        self.for_each_xy(|xy| envelope.include(xy));
        envelope
    }

    /// Removes z and m; says whether there were any.
    pub fn drop_zm(&mut self) -> bool {
        let clear = |path: &mut Path| {
            let had = !path.z.is_empty() || !path.m.is_empty();
            path.z = Vec::new();
            path.m = Vec::new();
            had
        };
        match self {
            Geometry::Point(point) => {
                let had = point.z.is_some() || point.m.is_some();
                (point.z, point.m) = (None, None);
                had
            }
            Geometry::Multipoint(points) => clear(points),
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => {
                paths.iter_mut().fold(false, |had, path| clear(path) | had)
            }
        }
    }
}

impl GeometryType {
    /// The name on the wire, `esriGeometryPoint` and so on.
    pub fn name(self) -> &'static str {
        match self {
            GeometryType::Point => "esriGeometryPoint",
            GeometryType::Multipoint => "esriGeometryMultipoint",
            GeometryType::Polyline => "esriGeometryPolyline",
            GeometryType::Polygon => "esriGeometryPolygon",
        }
    }

    /// The type of a wire name, compared without regard to case; an envelope is a polygon here.
    pub fn from_name(name: &str) -> Option<GeometryType> {
        const TYPES: [(&str, GeometryType); 5] = [
            ("esriGeometryPoint", GeometryType::Point),
            ("esriGeometryMultipoint", GeometryType::Multipoint),
            ("esriGeometryPolyline", GeometryType::Polyline),
            ("esriGeometryPolygon", GeometryType::Polygon),
            ("esriGeometryEnvelope", GeometryType::Polygon),
        ];
        TYPES
            .iter()
            .find(|(wire, _)| wire.eq_ignore_ascii_case(name))
            .map(|(_, geometry_type)| *geometry_type)
    }
}

impl Envelope {
    /// Contains nothing; `include` makes it grow.
    pub const EMPTY: Envelope = Envelope {
        xmin: f64::INFINITY,
        ymin: f64::INFINITY,
        xmax: f64::NEG_INFINITY,
        ymax: f64::NEG_INFINITY,
    };

    /// Grows to hold `xy`.
    pub fn include(&mut self, [x, y]: Xy) {
        self.xmin = self.xmin.min(x);
        self.ymin = self.ymin.min(y);
        self.xmax = self.xmax.max(x);
        self.ymax = self.ymax.max(y);
    }

    /// Whether a position lies in it or on its edge; one that is not a number does not.
    #[inline]
    pub fn contains(&self, [x, y]: Xy) -> bool {
        self.xmin <= x && x <= self.xmax && self.ymin <= y && y <= self.ymax
    }

    /// Whether the two boxes share a point, borders included.
    pub fn intersects(&self, other: &Envelope) -> bool {
        self.xmin <= other.xmax
            && other.xmin <= self.xmax
            && self.ymin <= other.ymax
            && other.ymin <= self.ymax
    }

    /// The box as a closed ring, clockwise as exteriors are.
    pub fn ring(&self) -> [Xy; 5] {
        let Envelope { xmin, ymin, xmax, ymax } = *self;
        [[xmin, ymin], [xmin, ymax], [xmax, ymax], [xmax, ymin], [xmin, ymin]]
    }

    /// Whether the box holds nothing.
    pub fn is_empty(&self) -> bool {
        self.xmin > self.xmax || self.ymin > self.ymax
    }
}
