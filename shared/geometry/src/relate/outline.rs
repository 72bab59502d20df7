//! How the lines or outlines of one shape lie to another: which of inside, boundary and outside their pieces see.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use super::Shape;
use super::segment::{Meeting, meet, parameter, segment_box};
use crate::lines::SegmentCutter;
use crate::prepared::Location;
use gp_esri::{Path, Xy};
use std::cmp::Ordering;

/// What the pieces of a line see of another shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    /// A piece of positive length lies inside: in the area of a polygon, or along a line.
    pub(super) inside: bool,
    /// A piece lies outside.
    pub(super) outside: bool,
}

/// Judges the lines or the outline of `of` against `other`.
pub(super) fn pieces(of: &Shape, other: &Shape) -> Pieces {
    let mut found = Pieces::default();
    let mut cutter = SegmentCutter::default();
    for segment in &of.segments {
        if let Some(polygon) = &other.polygon {
            cutter.cut(polygon, *segment, |_, _, location| {
                found.inside |= location == Location::Inside;
                found.outside |= location == Location::Outside;
            });
        } else {
            let (covered, whole) = cover(*segment, other);
            found.inside |= covered;
            found.outside |= !whole;
        }
        if found.inside && found.outside {
            break;
        }
    }
    found
}

/// Whether a line covers some, and all, of a segment.
fn cover(segment: [Xy; 2], line: &Shape) -> (bool, bool) {
    let mut stretches: Vec<(f64, f64)> = Vec::new();
    for number in line.index.query(&segment_box(segment[0], segment[1])) {
        let Some(met) = line.segments.get(number) else { break };
        if let Meeting::Overlap(from, to) = meet(segment, *met) {
            stretches.push((parameter(segment, from), parameter(segment, to)));
        }
    }
    stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reach = 0.0;
    for (from, to) in &stretches {
        if *from > reach {
            return (true, false);
        }
        reach = to.max(reach);
    }
    (!stretches.is_empty(), reach >= 1.0)
}

/// The open ends of paths, in order: positions at which an odd number of paths begin or end.
pub(super) fn ends_of(paths: &[Path]) -> Vec<Xy> {
    let both = paths.iter().flat_map(|path| [path.xy.first(), path.xy.last()]).flatten();
    let mut all: Vec<Xy> = both.map(|xy| without_minus_zero(*xy)).collect();
    all.sort_unstable_by(in_order);
    all.chunk_by(|a, b| a == b).filter(|same| same.len() % 2 == 1).map(|same| same[0]).collect()
}

/// Whether a position is one of the ends.
pub(super) fn is_end(ends: &[Xy], p: Xy) -> bool {
    let p = without_minus_zero(p);
    ends.binary_search_by(|end| in_order(end, &p)).is_ok()
}

fn in_order(a: &Xy, b: &Xy) -> Ordering {
    a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
}

/// Minus zero, which equals zero, comes before it in order.
fn without_minus_zero([x, y]: Xy) -> Xy {
    [x + 0.0, y + 0.0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crossed_by_outline, touches};
    use gp_esri::Geometry;

    fn round(count: u32) -> Vec<Xy> {
        let angle = |step: u32| f64::from(step % count) / f64::from(count) * std::f64::consts::TAU;
        (0..=count).map(|step| [angle(step).cos(), -angle(step).sin()]).collect()
    }

    #[test]
    fn outlines_that_are_the_same_all_along_are_not_compared_vertex_by_edge() {
        let polygon = || Shape::new(&Geometry::Polygon(vec![Path::from_xy(round(50_000))]));
        assert!(!crossed_by_outline(&polygon(), &polygon()));
    }

    #[test]
    fn lines_of_very_many_parts_that_touch_in_their_ends_are_not_compared_end_by_end() {
        let teeth = |from: f64, to: f64| {
            let tooth = |n: i32| Path::from_xy(vec![[f64::from(n), from], [f64::from(n), to]]);
            Shape::new(&Geometry::Polyline((-20_000..20_000).map(tooth).collect()))
        };
        assert!(touches(&teeth(0.0, 1.0), &teeth(-0.0, -1.0)));
    }
}
