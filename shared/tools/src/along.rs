//! Places along lines: how far they are from the start, what vertex is there, and cutting lines at them.

use crate::distance::Reach;
use gp_esri::{Path, Point, Xy};
use gp_geometry::{Crs, Geodesy};

/// How lengths along lines are measured.
pub(crate) enum Ruler {
    /// In the plane and the units of the coordinates.
    Planar,
    /// In metres, along geodesics between vertices.
    Geodesic {
        /// The ellipsoid.
        geodesy: Box<Geodesy>,
        /// Degrees in a unit of the coordinates.
        degrees_per_unit: f64,
    },
}

impl Ruler {
    /// As ArcGIS measures: angles on the ellipsoid, all else in the plane.
    pub(crate) fn natural(crs: Option<&Crs>) -> Ruler {
        match crs {
            Some(crs) if crs.is_geographic() => Ruler::Geodesic {
                geodesy: Box::new(Geodesy::new(crs.ellipsoid())),
                degrees_per_unit: crs.degrees_per_unit().unwrap_or(1.0),
            },
            _ => Ruler::Planar,
        }
    }

    /// The ruler that a distance is laid off with.
    pub(crate) fn of(reach: Reach, crs: Option<&Crs>) -> Ruler {
        match reach {
            Reach::Planar(_) => Ruler::Planar,
            Reach::Geodesic(_) => Ruler::natural(crs),
        }
    }

    /// The distance between two positions; NaN where one of them has no place on the ellipsoid.
    pub(crate) fn distance(&self, from: Xy, to: Xy) -> f64 {
        match self {
            Ruler::Planar => (to[0] - from[0]).hypot(to[1] - from[1]),
            Ruler::Geodesic { geodesy, degrees_per_unit } => {
                geodesy.distance_m(scaled(from, *degrees_per_unit), scaled(to, *degrees_per_unit))
            }
        }
    }

    /// The position a share of the way from one position to another.
    fn between(&self, from: Xy, to: Xy, share: f64) -> Xy {
        let Ruler::Geodesic { geodesy, degrees_per_unit } = self else {
            return straight(from, to, share);
        };
        let (from, to) = (scaled(from, *degrees_per_unit), scaled(to, *degrees_per_unit));
        let way = geodesy.inverse(from, to);
        let [mut longitude, latitude] = geodesy.direct(from, way.azimuth_start_deg, way.distance_m * share);
        // The geodesic between 179 and -179 leaves the range that its ends keep to.
        if longitude.abs() > 180.0 && from[0].abs() <= 180.0 && to[0].abs() <= 180.0 {
            longitude -= 360.0_f64.copysign(longitude);
        }
        scaled([longitude, latitude], 1.0 / degrees_per_unit)
    }
}

fn scaled([x, y]: Xy, factor: f64) -> Xy {
    [x * factor, y * factor]
}

/// The position a share of the way along a straight segment.
pub(crate) fn straight(from: Xy, to: Xy, share: f64) -> Xy {
    [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
}

/// A place on a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stop {
    /// The segment that it lies on.
    pub(crate) segment: usize,
    /// How far along the segment, 0 to 1.
    pub(crate) share: f64,
    /// The vertex there, z and m between those of its neighbours.
    pub(crate) vertex: Point,
}

impl Stop {
    /// The place at a share of a segment, whose position is given; at its ends the vertex itself.
    pub(crate) fn new(path: &Path, segment: usize, share: f64, xy: Xy) -> Stop {
        let vertex = if share <= 0.0 {
            vertex(path, segment)
        } else if share >= 1.0 {
            vertex(path, segment + 1)
        } else {
            let of = |values: &[f64]| {
                let (from, to) = (values.get(segment)?, values.get(segment + 1)?);
                Some(from + share * (to - from)).filter(|value| value.is_finite())
            };
            Point { xy, z: of(&path.z), m: of(&path.m) }
        };
        Stop { segment, share, vertex }
    }
}

/// A vertex of a path, with its z and m.
pub(crate) fn vertex(path: &Path, index: usize) -> Point {
    let of = |values: &[f64]| values.get(index).copied().filter(|value| value.is_finite());
    Point { xy: path.xy[index], z: of(&path.z), m: of(&path.m) }
}

/// A path with the distance of every vertex from its start.
pub(crate) struct MeasuredPath<'a> {
    path: &'a Path,
    ruler: &'a Ruler,
    reached: Vec<f64>,
}

impl<'a> MeasuredPath<'a> {
    /// Measures a path.
    pub(crate) fn new(path: &'a Path, ruler: &'a Ruler) -> MeasuredPath<'a> {
        let mut sum = 0.0;
        let mut reached = Vec::with_capacity(path.xy.len());
        reached.push(0.0);
        for pair in path.xy.windows(2) {
            sum += ruler.distance(pair[0], pair[1]);
            reached.push(sum);
        }
        MeasuredPath { path, ruler, reached }
    }

    /// The whole length; NaN where a vertex has no place on the ellipsoid.
    pub(crate) fn length(&self) -> f64 {
        self.reached.last().copied().unwrap_or(0.0)
    }

    /// The place at a distance from the start; beyond the ends it is the end. `None` of a path without segments.
    pub(crate) fn stop_at(&self, distance: f64) -> Option<Stop> {
        let last = self.path.xy.len().checked_sub(2)?;
        let segment =
            self.reached.partition_point(|reached| *reached <= distance).saturating_sub(1).min(last);
        let (from, to) = (self.reached[segment], self.reached[segment + 1]);
        let share = if to > from { ((distance - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
        let xy = self.ruler.between(self.path.xy[segment], self.path.xy[segment + 1], share);
        Some(Stop::new(self.path, segment, share, xy))
    }
}

/// The paths of a feature, measured one after the other.
pub(crate) struct MeasuredPaths<'a> {
    paths: Vec<MeasuredPath<'a>>,
    /// How far the end of each is from the start of the first.
    ends: Vec<f64>,
}

impl<'a> MeasuredPaths<'a> {
    /// Measures paths.
    pub(crate) fn new(paths: &'a [Path], ruler: &'a Ruler) -> MeasuredPaths<'a> {
        let paths: Vec<MeasuredPath> = paths.iter().map(|path| MeasuredPath::new(path, ruler)).collect();
        let mut sum = 0.0;
        let ends = paths.iter().map(|path| {
            sum += path.length();
            sum
        });
        MeasuredPaths { ends: ends.collect(), paths }
    }

    /// The length of all; NaN where a vertex has no place on the ellipsoid.
    pub(crate) fn length(&self) -> f64 {
        self.ends.last().copied().unwrap_or(0.0)
    }

    /// The vertex at a distance from the start of the first; where one path ends and another begins, the end.
    pub(crate) fn vertex_at(&self, distance: f64) -> Option<Point> {
        let last = self.paths.len().checked_sub(1)?;
        let number = self.ends.partition_point(|end| *end < distance).min(last);
        let start = if number == 0 { 0.0 } else { self.ends[number - 1] };
        Some(self.paths[number].stop_at(distance - start)?.vertex)
    }
}

/// The pieces of a path between stops, which are in order along it. Pieces without length are left out.
pub(crate) fn cut_path(path: &Path, stops: &[Stop]) -> Vec<Path> {
    let mut pieces = Vec::with_capacity(stops.len() + 1);
    let mut current = Path::default();
    let mut stops = stops.iter().peekable();
    for index in 0..path.xy.len() {
        push(&mut current, vertex(path, index), path);
        while let Some(stop) = stops.next_if(|stop| stop.segment == index) {
            push(&mut current, stop.vertex, path);
            finish(&mut current, &mut pieces);
            push(&mut current, stop.vertex, path);
        }
    }
    finish(&mut current, &mut pieces);
    pieces
}

/// Adds a vertex unless the path stands there already.
fn push(current: &mut Path, vertex: Point, like: &Path) {
    if current.xy.last() == Some(&vertex.xy) {
        return;
    }
    current.xy.push(vertex.xy);
    if !like.z.is_empty() {
        current.z.push(vertex.z.unwrap_or(f64::NAN));
    }
    if !like.m.is_empty() {
        current.m.push(vertex.m.unwrap_or(f64::NAN));
    }
}

fn finish(current: &mut Path, pieces: &mut Vec<Path>) {
    let piece = std::mem::take(current);
    if piece.xy.len() > 1 {
        pieces.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corner() -> Path {
        Path { xy: vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]], z: vec![0.0, 10.0, 30.0], m: vec![] }
    }

    #[test]
    fn a_stop_lies_between_vertices_with_z_and_at_a_vertex_is_that_vertex() {
        let (path, ruler) = (corner(), Ruler::Planar);
        let measured = MeasuredPath::new(&path, &ruler);
        let at = |distance: f64| measured.stop_at(distance).unwrap().vertex;
        assert_eq!(at(15.0), Point { xy: [10.0, 5.0], z: Some(20.0), m: None });
        assert_eq!(at(10.0), Point { xy: [10.0, 0.0], z: Some(10.0), m: None });
        assert_eq!((at(-1.0).xy, at(99.0).xy), ([0.0, 0.0], [10.0, 10.0]));
    }

    #[test]
    fn pieces_meet_at_the_stops_and_none_is_without_length() {
        let (path, ruler) = (corner(), Ruler::Planar);
        let measured = MeasuredPath::new(&path, &ruler);
        let stops: Vec<Stop> =
            [0.0, 4.0, 10.0, 20.0].into_iter().filter_map(|distance| measured.stop_at(distance)).collect();
        let pieces = cut_path(&path, &stops);
        let xy: Vec<&[Xy]> = pieces.iter().map(|piece| piece.xy.as_slice()).collect();
        let expected: [&[Xy]; 3] =
            [&[[0.0, 0.0], [4.0, 0.0]], &[[4.0, 0.0], [10.0, 0.0]], &[[10.0, 0.0], [10.0, 10.0]]];
        assert_eq!(xy, expected);
        assert_eq!(pieces[0].z, [0.0, 4.0]);
    }

    #[test]
    fn the_way_across_the_antimeridian_is_the_short_one() {
        let ruler = Ruler::natural(Some(&Crs::from_code(4326).unwrap()));
        let path = Path::from_xy(vec![[179.0, 0.0], [-179.0, 0.0]]);
        let measured = MeasuredPath::new(&path, &ruler);
        assert!((measured.length() - 222_638.981_586_547).abs() < 1e-3);
        let [x, y] = measured.stop_at(measured.length() * 0.75).unwrap().vertex.xy;
        assert!((x + 179.5).abs() < 1e-9 && y.abs() < 1e-9, "{x} {y}");
    }
}
