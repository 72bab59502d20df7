//! Spatial relations between any two geometries: intersects, contains, within, touches, and distance.
//!
//! Everything is planar, degrees included, and rests on exact signs. A geometry is prepared once ([`Shape`]) and then
//! asked often, as a spatial join does. Names and meanings are those of Esri's spatial relationships; where Esri's words
//! leave a choice, the function's comment says what was chosen.

mod distance;
mod double;
mod outline;
pub(crate) mod segment;

pub use distance::{distance, within_distance};

use crate::index::BoxIndex;
use crate::lines::{points_off, segments_of};
use crate::measure::point_in_interior;
use crate::prepared::{Location, PreparedPolygon};
use crate::rings::part_indices;
use gp_esri::{Envelope, Geometry, GeometryType, Path, Xy};
use outline::{ends_of, is_end, pieces};
use segment::{Meeting, meet, on_segment, segment_box};

/// A geometry prepared for many questions.
#[derive(Clone, Debug)]
pub struct Shape {
    kind: GeometryType,
    envelope: Envelope,
    /// Points of a point or multipoint; vertices of lines and rings otherwise.
    points: Vec<Xy>,
    /// Segments of lines and rings.
    segments: Vec<[Xy; 2]>,
    /// Over the segments, or over the points where there are none.
    index: BoxIndex,
    polygon: Option<PreparedPolygon>,
    /// Open ends of a line: its boundary. Ends where an even number of paths meet are none.
    ends: Vec<Xy>,
    /// One point inside each part of a polygon.
    interior: Vec<Xy>,
}

impl Shape {
    /// Prepares a repaired geometry.
    pub fn new(geometry: &Geometry) -> Shape {
        let mut points = Vec::with_capacity(geometry.vertex_count());
        geometry.for_each_xy(|xy| points.push(xy));
        let paths: &[Path] = match geometry {
            Geometry::Point(_) | Geometry::Multipoint(_) => &[],
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths,
        };
        let segments = segments_of(paths);
        let boxes = if segments.is_empty() {
            points.iter().map(|p| segment_box(*p, *p)).collect()
        } else {
            segments.iter().map(|[a, b]| segment_box(*a, *b)).collect()
        };
        let is_polygon = matches!(geometry, Geometry::Polygon(_));
        Shape {
            kind: geometry.geometry_type(),
            envelope: geometry.envelope(),
            index: BoxIndex::new(boxes),
            polygon: is_polygon.then(|| PreparedPolygon::new(paths)),
            ends: if is_polygon { Vec::new() } else { ends_of(paths) },
            interior: if is_polygon { interior_points(paths) } else { Vec::new() },
            points,
            segments,
        }
    }

    /// The box around the geometry.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The prepared polygon, when it is one.
    pub fn polygon(&self) -> Option<&PreparedPolygon> {
        self.polygon.as_ref()
    }

    fn dimension(&self) -> u8 {
        match self.kind {
            GeometryType::Point | GeometryType::Multipoint => 0,
            GeometryType::Polyline => 1,
            GeometryType::Polygon => 2,
        }
    }

    /// Where a point lies: for a line, its open ends are its boundary; for points, all is inside.
    fn locate(&self, p: Xy) -> Location {
        if let Some(polygon) = &self.polygon {
            return polygon.locate(p);
        }
        if self.segments.is_empty() {
            return if self.index.query(&segment_box(p, p)).next().is_some() {
                Location::Inside
            } else {
                Location::Outside
            };
        }
        let on_line = |number: usize| on_segment(p, self.segments[number][0], self.segments[number][1]);
        match self.index.query(&segment_box(p, p)).any(on_line) {
            true if is_end(&self.ends, p) => Location::Boundary,
            true => Location::Inside,
            false => Location::Outside,
        }
    }

    /// Whether segments of the two outlines or lines meet in a way that `test` accepts.
    fn any_meeting(&self, other: &Shape, mut test: impl FnMut(Meeting) -> bool) -> bool {
        let (few, many) =
            if self.segments.len() <= other.segments.len() { (self, other) } else { (other, self) };
        for segment in &few.segments {
            let envelope = segment_box(segment[0], segment[1]);
            if !envelope.intersects(&many.envelope) {
                continue;
            }
            for number in many.index.query(&envelope) {
                // A shape without segments has its points in the index.
                let Some(met) = many.segments.get(number) else { return false };
                if test(meet(*segment, *met)) {
                    return true;
                }
            }
        }
        false
    }
}

/// Whether they share a point.
pub fn intersects(a: &Shape, b: &Shape) -> bool {
    if !a.envelope.intersects(&b.envelope) {
        return false;
    }
    if a.dimension() == 0 || b.dimension() == 0 {
        let (points, other) = if a.dimension() == 0 { (a, b) } else { (b, a) };
        return points.points.iter().any(|p| other.locate(*p) != Location::Outside);
    }
    if a.any_meeting(b, |meeting| meeting != Meeting::Apart) {
        return true;
    }
    // No line meets: one holds the other, or a part of it, or they are apart.
    let holds = |outer: &Shape, inner: &Shape| {
        outer.polygon.is_some() && inner.points.iter().any(|p| outer.locate(*p) != Location::Outside)
    };
    holds(a, b) || holds(b, a)
}

/// Whether `b` lies in `a`; boundaries may touch.
pub fn contains(a: &Shape, b: &Shape) -> bool {
    within(b, a)
}

/// Whether `a` lies in `b`; boundaries may touch, and `a` may even lie on the boundary alone.
pub fn within(a: &Shape, b: &Shape) -> bool {
    if a.dimension() > b.dimension() || !box_within(&a.envelope, &b.envelope) {
        return false;
    }
    match (a.dimension(), &b.polygon) {
        (0, _) => a.points.iter().all(|p| b.locate(*p) != Location::Outside),
        (1, Some(_)) => !pieces(a, b).outside,
        (1, None) => !pieces(a, b).outside,
        _ => !pieces(a, b).outside && !pieces(b, a).inside && !has_gap_inside(a, b),
    }
}

/// Whether `b` lies in `a` and touches its boundary nowhere.
pub fn completely_contains(a: &Shape, b: &Shape) -> bool {
    completely_within(b, a)
}

/// Whether `a` lies in `b` and touches its boundary nowhere.
pub fn completely_within(a: &Shape, b: &Shape) -> bool {
    if !within(a, b) {
        return false;
    }
    if a.dimension() == 0 {
        return a.points.iter().all(|p| b.locate(*p) == Location::Inside);
    }
    if b.polygon.is_some() {
        return !a.any_meeting(b, |meeting| meeting != Meeting::Apart);
    }
    b.ends.iter().all(|end| a.locate(*end) == Location::Outside)
}

/// Whether `b` lies in `a`, but not on its boundary alone (Clementini's contains).
pub fn contains_clementini(a: &Shape, b: &Shape) -> bool {
    within_clementini(b, a)
}

/// Whether `a` lies in `b`, but not on its boundary alone (Clementini's within).
pub fn within_clementini(a: &Shape, b: &Shape) -> bool {
    within(a, b) && interiors_intersect(a, b)
}

/// Whether they meet with their boundaries only.
pub fn touches(a: &Shape, b: &Shape) -> bool {
    intersects(a, b) && !interiors_intersect(a, b)
}

/// Whether their outlines meet at a single point, not only along a shared stretch. The outline of a line is the line.
/// Points have none.
pub fn crossed_by_outline(a: &Shape, b: &Shape) -> bool {
    if a.dimension() == 0 || b.dimension() == 0 || !a.envelope.intersects(&b.envelope) {
        return false;
    }
    let (mut single, mut shared) = (Vec::new(), Vec::new());
    let crosses = a.any_meeting(b, |meeting| match meeting {
        Meeting::Cross(_) => true,
        Meeting::Touch(p) => {
            single.push(p);
            false
        }
        Meeting::Overlap(from, to) => {
            shared.push([from, to]);
            false
        }
        Meeting::Apart => false,
    });
    crosses || !points_off(single, &shared).is_empty()
}

/// Whether their outlines share a stretch of positive length.
pub fn shares_line_segment(a: &Shape, b: &Shape) -> bool {
    a.envelope.intersects(&b.envelope) && a.any_meeting(b, |meeting| matches!(meeting, Meeting::Overlap(..)))
}

/// Whether they cover the same set of points and are of the same dimension.
pub fn identical(a: &Shape, b: &Shape) -> bool {
    a.dimension() == b.dimension() && a.envelope == b.envelope && within(a, b) && within(b, a)
}

/// Whether their interiors share a point.
pub fn interiors_intersect(a: &Shape, b: &Shape) -> bool {
    if !a.envelope.intersects(&b.envelope) {
        return false;
    }
    let (low, high) = if a.dimension() <= b.dimension() { (a, b) } else { (b, a) };
    match (low.dimension(), high.dimension()) {
        (0, _) => low.points.iter().any(|p| high.locate(*p) == Location::Inside),
        (1, 1) => low.any_meeting(high, |meeting| match meeting {
            Meeting::Apart => false,
            Meeting::Cross(_) | Meeting::Overlap(..) => true,
            Meeting::Touch(p) => low.locate(p) == Location::Inside && high.locate(p) == Location::Inside,
        }),
        (1, _) => pieces(low, high).inside,
        // Without outline inside the other, parts are equal or apart: one point of each tells.
        _ => {
            let meets =
                |points: &[Xy], shape: &Shape| points.iter().any(|p| shape.locate(*p) == Location::Inside);
            pieces(a, b).inside || pieces(b, a).inside || meets(&a.interior, b) || meets(&b.interior, a)
        }
    }
}

/// Whether a part of polygon `a` is a gap of `b`: all outlines agree, but what `a` fills, `b` leaves out.
fn has_gap_inside(a: &Shape, b: &Shape) -> bool {
    a.interior.iter().any(|p| b.locate(*p) == Location::Outside)
}

fn interior_points(rings: &[Path]) -> Vec<Xy> {
    let parts = part_indices(rings);
    parts
        .into_iter()
        .filter_map(|part| {
            let part: Vec<Path> = part.into_iter().map(|ring| rings[ring].clone()).collect();
            point_in_interior(&part)
        })
        .collect()
}

fn box_within(inner: &Envelope, outer: &Envelope) -> bool {
    outer.xmin <= inner.xmin
        && inner.xmax <= outer.xmax
        && outer.ymin <= inner.ymin
        && inner.ymax <= outer.ymax
}
