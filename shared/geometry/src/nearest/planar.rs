//! The shortest connection of two segments in a plane.

use super::Link;
use crate::relate::segment::{Meeting, meet, same};
use gp_esri::Xy;

/// The shortest connection; either segment may be a point.
pub(super) fn link(from: [Xy; 2], to: [Xy; 2]) -> Link {
    if same(from[0], from[1]) && same(to[0], to[1]) {
        return Link { distance: apart(from[0], to[0]), from: from[0], to: to[0] };
    }
    match meet(from, to) {
        Meeting::Touch(p) | Meeting::Cross(p) | Meeting::Overlap(p, _) => {
            return Link { distance: 0.0, from: p, to: p };
        }
        Meeting::Apart => {}
    }
    let onto = |p: Xy, segment: [Xy; 2]| {
        let q = nearest_on(p, segment);
        (apart(p, q), p, q)
    };
    let turned = |(distance, p, q)| (distance, q, p);
    // Segments that do not meet are nearest at an end of one of them.
    let ways = [onto(from[0], to), onto(from[1], to), turned(onto(to[0], from)), turned(onto(to[1], from))];
    let mut best = ways[0];
    for way in &ways[1..] {
        if way.0 < best.0 {
            best = *way;
        }
    }
    Link { distance: best.0, from: best.1, to: best.2 }
}

fn nearest_on(p: Xy, [a, b]: [Xy; 2]) -> Xy {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let t = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy);
    // Also for a segment without length, whose t is no number.
    if t <= 0.0 || t.is_nan() {
        a
    } else if t >= 1.0 {
        b
    } else {
        [a[0] + t * dx, a[1] + t * dy]
    }
}

fn apart(a: Xy, b: Xy) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}
