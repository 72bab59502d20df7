//! The raw offset of a line to its right: one parallel a segment, joined by arcs on the outer side of a turn.
//!
//! Raw, because it crosses itself; the winding number sorts that out. Seen as a sum: a rectangle to the right of every
//! segment and a sector at every left turn, all counter-clockwise. On the inner side of a turn two rectangles overlap
//! and the offset runs from the end of one to the vertex and on to the start of the other. Where both segments are
//! long enough the kite of this detour lies in both rectangles and is cut off, which saves the engine two crossings.

use gp_esri::Xy;

use super::disc::STEP_RADIANS;

/// How far, in distances, a line in a plane may be moved outward where it bulges inward: a tenth of what GEOS allows
/// itself.
pub(crate) const SKIPPED_BULGE: f64 = 0.001;

/// How many vertices one skip may take: keeps the search linear.
const LONGEST_SKIP: usize = 32;

/// The offset of a closed ring (first vertex repeated at the end) to its right, in the ring's direction; not closed.
/// Bulges are skipped as by [`without_small_bulges`].
pub(crate) fn ring_to_the_right(ring: &[Xy], distance: f64, bulge: f64) -> Vec<Xy> {
    let mut ring = without_small_bulges(ring, distance, bulge);
    ring.dedup();
    let mut offset = Vec::with_capacity(ring.len() * 3);
    if ring.len() < 3 {
        return offset;
    }
    let last = ring.len() - 2;
    for i in 0..=last {
        let before = if i == 0 { ring[last] } else { ring[i - 1] };
        add_join(&mut offset, before, ring[i], ring[i + 1], distance);
    }
    offset
}

/// The offset of an open line to its right, from the first to the last vertex.
pub(crate) fn line_to_the_right(line: &[Xy], distance: f64) -> Vec<Xy> {
    let mut offset = Vec::with_capacity(line.len() * 3);
    let [first, second, ..] = line else { return offset };
    offset.push(beside(*first, *first, *second, distance));
    for turn in line.windows(3) {
        add_join(&mut offset, turn[0], turn[1], turn[2], distance);
    }
    if let [.., before, last] = line {
        offset.push(beside(*last, *before, *last, distance));
    }
    offset
}

/// The half circle around the end of a line that comes from `before`, from its right side to its left, ends left out.
pub(crate) fn add_round_end(offset: &mut Vec<Xy>, before: Xy, end: Xy, distance: f64) {
    let normal = right_normal(before, end);
    add_arc(offset, end, normal, std::f64::consts::PI, distance);
}

/// `line` without vertices that bulge to the left by less than `bulge`, a small share of the distance.
///
/// Each chord lies to the right of what it replaces, so what the offset covers only grows.
pub(crate) fn without_small_bulges(line: &[Xy], distance: f64, bulge: f64) -> Vec<Xy> {
    let tolerance = bulge * distance;
    let mut kept = Vec::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        kept.push(line[at]);
        let mut best = at + 1;
        let farthest = (at + LONGEST_SKIP).min(line.len().saturating_sub(1));
        for end in at + 2..=farthest {
            if !is_small_bulge(line, at, end, tolerance) {
                break;
            }
            best = end;
        }
        at = best;
    }
    kept
}

/// Whether all vertices between two lie to the left of their chord, beside it and near it.
fn is_small_bulge(line: &[Xy], start: usize, end: usize, tolerance: f64) -> bool {
    let (a, b) = (line[start], line[end]);
    let chord = [b[0] - a[0], b[1] - a[1]];
    let length = chord[0].hypot(chord[1]);
    line[start + 1..end].iter().all(|p| {
        let from_start = [p[0] - a[0], p[1] - a[1]];
        let along = chord[0] * from_start[0] + chord[1] * from_start[1];
        let left = chord[0] * from_start[1] - chord[1] * from_start[0];
        left >= 0.0 && left <= tolerance * length && along >= 0.0 && along <= length * length
    })
}

/// The offset around the vertex `at`: end of the first parallel, what joins it, start of the second.
fn add_join(offset: &mut Vec<Xy>, before: Xy, at: Xy, after: Xy, distance: f64) {
    let (n, m) = (right_normal(before, at), right_normal(at, after));
    let cross = n[0] * m[1] - n[1] * m[0];
    let dot = n[0] * m[0] + n[1] * m[1];
    let end = [at[0] + distance * n[0], at[1] + distance * n[1]];
    let start = [at[0] + distance * m[0], at[1] + distance * m[1]];
    if cross < 0.0 {
        let shorter = length(before, at).min(length(at, after));
        // The sine of the turn, or the tangent of half of it: how far the kite reaches along the segments, in distances.
        let reach = (-cross).max(-cross / (1.0 + dot));
        // Twice, so that the kites at both ends of a segment do not overlap: they may be taken away only once. Close to a
        // full turn back the kite is endless.
        if 1.0 + dot > 1e-6 && shorter >= 2.0 * distance * reach {
            let scale = distance / (1.0 + dot);
            offset.push([at[0] + scale * (n[0] + m[0]), at[1] + scale * (n[1] + m[1])]);
        } else {
            offset.extend([end, at, start]);
        }
        return;
    }
    offset.push(end);
    if cross > 0.0 || dot < 0.0 {
        add_arc(offset, at, n, cross.atan2(dot).abs(), distance);
        offset.push(start);
    }
}

/// The vertices strictly inside an arc that turns counter-clockwise from `normal`, in as many equal steps as GEOS takes.
fn add_arc(offset: &mut Vec<Xy>, center: Xy, normal: Xy, angle: f64, distance: f64) {
    let steps = (angle / STEP_RADIANS + 0.5).floor() as u32;
    for step in 1..steps {
        let (sin, cos) = (angle * f64::from(step) / f64::from(steps)).sin_cos();
        offset.push([
            center[0] + distance * (normal[0] * cos - normal[1] * sin),
            center[1] + distance * (normal[0] * sin + normal[1] * cos),
        ]);
    }
}

/// The point beside `at` on the right of a segment.
fn beside(at: Xy, from: Xy, to: Xy, distance: f64) -> Xy {
    let normal = right_normal(from, to);
    [at[0] + distance * normal[0], at[1] + distance * normal[1]]
}

fn right_normal(from: Xy, to: Xy) -> Xy {
    let length = length(from, to);
    if length > 0.0 { [(to[1] - from[1]) / length, (from[0] - to[0]) / length] } else { [0.0, 0.0] }
}

fn length(from: Xy, to: Xy) -> f64 {
    (to[0] - from[0]).hypot(to[1] - from[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulge_to_the_left_is_skipped_and_one_to_the_right_is_kept() {
        let left = [[0.0, 0.0], [1.0, 0.001], [2.0, 0.0]];
        assert_eq!(without_small_bulges(&left, 10.0, SKIPPED_BULGE).len(), 2);
        let right = [[0.0, 0.0], [1.0, -0.001], [2.0, 0.0]];
        assert_eq!(without_small_bulges(&right, 10.0, SKIPPED_BULGE).len(), 3);
    }

    #[test]
    fn the_inner_side_of_a_turn_between_long_segments_is_one_vertex() {
        let turn_right = [[0.0, 0.0], [10.0, 0.0], [10.0, -10.0]];
        assert_eq!(line_to_the_right(&turn_right, 1.0), vec![[0.0, -1.0], [9.0, -1.0], [9.0, -10.0]]);
    }
}
