//! Exact predicates on points and segments: on which side, on the segment, do two segments meet.
//!
//! Separate because every answer about inside, outside and touching rests on these few functions. Signs come from
//! Shewchuk's adaptive predicates (crate `robust`), never from a tolerance; only the coordinates of a crossing are rounded.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use super::double::Double;
use gp_esri::{Envelope, Xy};
use robust::Coord;

/// What two segments have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meeting {
    /// Nothing.
    Apart,
    /// One point that is an end of at least one of them: exact.
    Touch(Xy),
    /// One point inside both: rounded.
    Cross(Xy),
    /// A shared piece of positive length, its ends in the direction of the first segment.
    Overlap(Xy, Xy),
}

/// Positive when `c` lies left of the line from `a` to `b`, zero when exactly on it.
#[inline]
pub(crate) fn orientation(a: Xy, b: Xy, c: Xy) -> f64 {
    robust::orient2d(Coord { x: a[0], y: a[1] }, Coord { x: b[0], y: b[1] }, Coord { x: c[0], y: c[1] })
}

/// Whether two positions are the same; minus zero equals zero.
#[inline]
pub(crate) fn same(a: Xy, b: Xy) -> bool {
    a == b
}

/// Whether `value` is exactly zero: a predicate's "on the line", or no extent at all.
#[inline]
pub(crate) fn is_zero(value: f64) -> bool {
    value == 0.0
}

/// The box around a segment.
#[inline]
pub fn segment_box(a: Xy, b: Xy) -> Envelope {
    Envelope { xmin: a[0].min(b[0]), ymin: a[1].min(b[1]), xmax: a[0].max(b[0]), ymax: a[1].max(b[1]) }
}

/// Whether `p` lies on the segment, ends included.
pub(crate) fn on_segment(p: Xy, a: Xy, b: Xy) -> bool {
    segment_box(a, b).contains(p) && is_zero(orientation(a, b, p))
}

/// Whether the two segments cross at a point inside both.
#[inline]
pub(crate) fn cross_properly(a: [Xy; 2], b: [Xy; 2]) -> bool {
    let (s0, s1) = (orientation(a[0], a[1], b[0]), orientation(a[0], a[1], b[1]));
    if !(s0 > 0.0 && s1 < 0.0 || s0 < 0.0 && s1 > 0.0) {
        return false;
    }
    let (s2, s3) = (orientation(b[0], b[1], a[0]), orientation(b[0], b[1], a[1]));
    s2 > 0.0 && s3 < 0.0 || s2 < 0.0 && s3 > 0.0
}

/// What segments `a` and `b` have in common. Either may be a single point.
pub(crate) fn meet(a: [Xy; 2], b: [Xy; 2]) -> Meeting {
    if !segment_box(a[0], a[1]).intersects(&segment_box(b[0], b[1])) {
        return Meeting::Apart;
    }
    let (a0, a1) = (orientation(b[0], b[1], a[0]), orientation(b[0], b[1], a[1]));
    if a0 > 0.0 && a1 > 0.0 || a0 < 0.0 && a1 < 0.0 {
        return Meeting::Apart;
    }
    let (b0, b1) = (orientation(a[0], a[1], b[0]), orientation(a[0], a[1], b[1]));
    if b0 > 0.0 && b1 > 0.0 || b0 < 0.0 && b1 < 0.0 {
        return Meeting::Apart;
    }
    if is_zero(a0) && is_zero(a1) && is_zero(b0) && is_zero(b1) {
        return meet_on_line(a, b);
    }
    for (side, p) in [(a0, a[0]), (a1, a[1]), (b0, b[0]), (b1, b[1])] {
        if is_zero(side) {
            let other = if p == a[0] || p == a[1] { b } else { a };
            return if on_segment(p, other[0], other[1]) { Meeting::Touch(p) } else { Meeting::Apart };
        }
    }
    Meeting::Cross(crossing(a, b))
}

/// How far along the segment from `a` to `b` its place nearest to `p` lies: 0 at `a`, 1 at `b`.
pub fn nearest_share(p: Xy, a: Xy, b: Xy) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 { ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2 } else { 0.0 };
    t.clamp(0.0, 1.0)
}

/// The distance from `p` to the segment, in the unit of the coordinates.
pub fn distance_to_segment(p: Xy, a: Xy, b: Xy) -> f64 {
    let t = nearest_share(p, a, b);
    (p[0] - a[0] - t * (b[0] - a[0])).hypot(p[1] - a[1] - t * (b[1] - a[1]))
}

/// The distance between two segments, zero when they meet.
pub(crate) fn segment_distance(a: [Xy; 2], b: [Xy; 2]) -> f64 {
    if meet(a, b) != Meeting::Apart {
        return 0.0;
    }
    let ends = [
        distance_to_segment(a[0], b[0], b[1]),
        distance_to_segment(a[1], b[0], b[1]),
        distance_to_segment(b[0], a[0], a[1]),
        distance_to_segment(b[1], a[0], a[1]),
    ];
    ends.into_iter().fold(f64::INFINITY, f64::min)
}

/// How far along segment `a` the point `p` on it lies: 0 at the start, 1 at the end.
pub(crate) fn parameter(a: [Xy; 2], p: Xy) -> f64 {
    let (dx, dy) = (a[1][0] - a[0][0], a[1][1] - a[0][1]);
    let t = if dx.abs() >= dy.abs() { (p[0] - a[0][0]) / dx } else { (p[1] - a[0][1]) / dy };
    if t.is_finite() { t } else { 0.0 }
}

/// Where two segments cross that do so properly, rounded to the nearest position: the same whichever segment comes
/// first and whichever way they run, so that what is cut on both sides of a border is cut at one vertex.
pub(crate) fn crossing(a: [Xy; 2], b: [Xy; 2]) -> Xy {
    let sorted = |[p, q]: [Xy; 2]| if p <= q { [p, q] } else { [q, p] };
    let (a, b) = (sorted(a), sorted(b));
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let span = |[p, q]: [Xy; 2], axis: usize| Double::difference(q[axis], p[axis]);
    let cross = |[ax, ay]: [Double; 2], [bx, by]: [Double; 2]| ax * by - ay * bx;
    let along_a = [span(a, 0), span(a, 1)];
    let along_b = [span(b, 0), span(b, 1)];
    let between = [span([a[0], b[0]], 0), span([a[0], b[0]], 1)];
    let t = cross(between, along_b) / cross(along_a, along_b);
    let at = |axis: usize| {
        let exact = (Double::from(a[0][axis]) + t * along_a[axis]).round();
        // Beyond 2^500 the products overflow.
        let value = if exact.is_finite() { exact } else { a[0][axis] };
        let low = a[0][axis].min(a[1][axis]).max(b[0][axis].min(b[1][axis]));
        let high = a[0][axis].max(a[1][axis]).min(b[0][axis].max(b[1][axis]));
        if low <= high { value.clamp(low, high) } else { value }
    };
    [at(0), at(1)]
}

fn meet_on_line(a: [Xy; 2], b: [Xy; 2]) -> Meeting {
    // On one line lexicographic order is order along the line.
    let forward = a[0] <= a[1];
    let (a_low, a_high) = if forward { (a[0], a[1]) } else { (a[1], a[0]) };
    let (b_low, b_high) = if b[0] <= b[1] { (b[0], b[1]) } else { (b[1], b[0]) };
    let low = if a_low < b_low { b_low } else { a_low };
    let high = if a_high < b_high { a_high } else { b_high };
    if low > high {
        Meeting::Apart
    } else if same(low, high) {
        Meeting::Touch(low)
    } else if forward {
        Meeting::Overlap(low, high)
    } else {
        Meeting::Overlap(high, low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_meet_in_a_point_a_piece_or_not_at_all() {
        let a = [[0.0, 0.0], [4.0, 0.0]];
        assert_eq!(meet(a, [[1.0, 1.0], [1.0, -1.0]]), Meeting::Cross([1.0, 0.0]));
        assert_eq!(meet(a, [[1.0, 1.0], [1.0, 0.0]]), Meeting::Touch([1.0, 0.0]));
        assert_eq!(meet(a, [[4.0, 0.0], [9.0, 3.0]]), Meeting::Touch([4.0, 0.0]));
        assert_eq!(meet(a, [[6.0, 0.0], [3.0, 0.0]]), Meeting::Overlap([3.0, 0.0], [4.0, 0.0]));
        assert_eq!(meet([a[1], a[0]], [[6.0, 0.0], [3.0, 0.0]]), Meeting::Overlap([4.0, 0.0], [3.0, 0.0]));
        assert_eq!(meet(a, [[4.0, 0.0], [5.0, 0.0]]), Meeting::Touch([4.0, 0.0]));
        assert_eq!(meet(a, [[5.0, 0.0], [6.0, 0.0]]), Meeting::Apart);
        assert_eq!(meet(a, [[0.0, 1.0], [4.0, 1.0]]), Meeting::Apart);
        assert_eq!(meet(a, [[2.0, 0.0], [2.0, 0.0]]), Meeting::Touch([2.0, 0.0]));
    }

    #[test]
    fn a_crossing_is_the_nearest_position_whichever_way_it_is_asked_for() {
        // Lines through thirds far from the origin; the crossing is at (1e7 + 1/3, 1/3).
        let (a, b) = ([[1e7, 0.0], [1e7 + 1.0, 1.0]], [[1e7, 1.0 / 3.0], [1e7 + 1.0, 1.0 / 3.0]]);
        let expected = [1e7 + 1.0 / 3.0, 1.0 / 3.0];
        let turned = |[p, q]: [Xy; 2]| [q, p];
        for (a, b) in [(a, b), (b, a), (turned(a), b), (b, turned(a)), (turned(a), turned(b))] {
            assert_eq!(meet(a, b), Meeting::Cross(expected));
        }
    }

    #[test]
    fn distances_between_segments_are_planar() {
        let a = [[0.0, 0.0], [4.0, 0.0]];
        assert!((segment_distance(a, [[7.0, 4.0], [7.0, 9.0]]) - 5.0).abs() < 1e-12);
        assert!(is_zero(segment_distance(a, [[1.0, -1.0], [1.0, 1.0]])));
    }
}
