//! The overlay of two polygons whose outlines only cross, by walking along them from crossing to crossing.
//!
//! Most pairs of an overlay cross in a few places and touch nowhere. Then the result is the outline of each as far as it
//! lies in the other, joined at the crossings (Weiler and Atherton 1977), and nothing has to be swept. Whether outlines
//! cross is decided by exact signs; wherever they touch, overlap, or cross so closely that rounding could confuse the
//! order, and whenever the result is not valid, the answer is `None`, and the general engine has to do it.

#[cfg(test)]
mod tests;

use super::validity::survey;
use crate::prepared::{Location, PreparedPolygon};
use crate::relate::segment::{Meeting, is_zero, meet, on_segment, orientation, parameter, segment_box};
use crate::rings::envelope_of;
use gp_esri::{Path, Xy};

/// Which part of the plain polygon is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// What lies in the prepared one.
    Inside,
    /// What lies outside of it.
    Outside,
}

/// Crossings of one edge nearer to each other than this part of its length could be told in the wrong order.
const CLOSEST: f64 = 1e-9;

/// Rings that nothing crosses are looked up one by one: beyond so many looks at a vertex or a crossing, the engine, which
/// sweeps, is quicker.
const MOST_LOOKS: usize = 10_000_000;

/// Where the outlines cross.
struct Crossing {
    xy: Xy,
    /// Ring of the prepared polygon, the edge in it, and how far along.
    prepared: (usize, usize, f64),
    /// The same of the plain polygon.
    plain: (usize, usize, f64),
    /// Whether the prepared outline, walked so that what is wanted of its plane lies to the right, enters the plain one.
    enters: bool,
}

/// The part of `plain`, a valid polygon, inside or outside a prepared one; `None` when this way cannot tell.
pub(crate) fn walk(prepared: &PreparedPolygon, plain: &[Path], of: Of) -> Option<Vec<Path>> {
    let crossings = crossings(prepared, plain, of)?;
    let vertices: usize = plain.iter().map(|ring| ring.xy.len()).sum();
    let looks = prepared.ring_count().saturating_mul(vertices + crossings.len());
    if looks.saturating_add(plain.len().saturating_mul(crossings.len())) > MOST_LOOKS {
        return None;
    }
    let forward = of == Of::Inside;
    let mut along_prepared: Vec<usize> = (0..crossings.len()).collect();
    along_prepared.sort_unstable_by(|a, b| order(crossings[*a].prepared, crossings[*b].prepared));
    let mut along_plain: Vec<usize> = (0..crossings.len()).collect();
    along_plain.sort_unstable_by(|a, b| order(crossings[*a].plain, crossings[*b].plain));
    let next_prepared = successors(&along_prepared, |number| crossings[number].prepared, forward)?;
    let next_plain = successors(&along_plain, |number| crossings[number].plain, true)?;
    // Along either outline, entering and leaving must take turns.
    let alternates =
        |next: &[usize]| (0..next.len()).all(|at| crossings[at].enters != crossings[next[at]].enters);
    if !alternates(&next_prepared) || !alternates(&next_plain) {
        return None;
    }
    let mut rings = Vec::new();
    let mut is_walked = vec![false; crossings.len()];
    for start in (0..crossings.len()).filter(|number| crossings[*number].enters) {
        if is_walked[start] {
            continue;
        }
        let mut ring: Vec<Xy> = Vec::new();
        let mut at = start;
        loop {
            is_walked[at] = true;
            ring.push(crossings[at].xy);
            let exit = next_prepared[at];
            let (from, to) = (crossings[at].prepared, crossings[exit].prepared);
            if forward {
                add_forward(&mut ring, prepared.ring(from.0), from, to);
            } else {
                add_backward(&mut ring, prepared.ring(from.0), from, to);
            }
            ring.push(crossings[exit].xy);
            let entry = next_plain[exit];
            let (from, to) = (crossings[exit].plain, crossings[entry].plain);
            add_forward(&mut ring, &plain[from.0].xy, from, to);
            if entry == start {
                break;
            }
            if is_walked[entry] {
                return None;
            }
            at = entry;
        }
        rings.push(ring);
    }
    add_whole_prepared(prepared, plain, &crossings, forward, &mut rings)?;
    add_whole_plain(prepared, plain, &crossings, of, &mut rings)?;
    let rings: Vec<Path> = rings.into_iter().filter_map(closed).collect();
    (rings.is_empty() || survey(&rings).is_ok_and(|nesting| nesting.all_oriented())).then_some(rings)
}

/// All crossings; `None` when the outlines meet in any other way.
fn crossings(prepared: &PreparedPolygon, plain: &[Path], of: Of) -> Option<Vec<Crossing>> {
    let (mut crossings, mut near) = (Vec::new(), Vec::new());
    for (ring, path) in plain.iter().enumerate() {
        for (edge, pair) in path.xy.windows(2).enumerate() {
            let segment = [pair[0], pair[1]];
            prepared.edges_near(&segment_box(segment[0], segment[1]), &mut near);
            for number in &near {
                let other = prepared.edge(*number);
                let xy = match meet(other, segment) {
                    Meeting::Apart => continue,
                    Meeting::Cross(xy) => xy,
                    Meeting::Touch(_) | Meeting::Overlap(..) => return None,
                };
                let (prepared_ring, prepared_edge) = prepared.ring_of_edge(*number);
                let end = if of == Of::Inside { other[1] } else { other[0] };
                crossings.push(Crossing {
                    xy,
                    prepared: (prepared_ring, prepared_edge, parameter(other, xy)),
                    plain: (ring, edge, parameter(segment, xy)),
                    enters: orientation(segment[0], segment[1], end) < 0.0,
                });
            }
        }
    }
    Some(crossings)
}

fn order(a: (usize, usize, f64), b: (usize, usize, f64)) -> std::cmp::Ordering {
    (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
}

/// The crossing that follows each on its ring; `None` when two are too close to be sure of their order.
fn successors(
    sorted: &[usize],
    place: impl Fn(usize) -> (usize, usize, f64),
    forward: bool,
) -> Option<Vec<usize>> {
    let mut next = vec![0; sorted.len()];
    let mut first = 0;
    for position in 0..sorted.len() {
        let here = place(sorted[position]);
        let follower = sorted.get(position + 1).copied().filter(|number| place(*number).0 == here.0);
        if let Some(follower) = follower {
            let there = place(follower);
            if here.1 == there.1 && there.2 - here.2 < CLOSEST {
                return None;
            }
        }
        // The last of a ring is followed by its first.
        let follower_or_first = follower.unwrap_or(sorted[first]);
        if forward {
            next[sorted[position]] = follower_or_first;
        } else {
            next[follower_or_first] = sorted[position];
        }
        if follower.is_none() {
            first = position + 1;
        }
    }
    Some(next)
}

/// The vertices of a closed ring after one place and before another.
fn add_forward(
    to: &mut Vec<Xy>,
    ring: &[Xy],
    (_, from, from_t): (usize, usize, f64),
    end: (usize, usize, f64),
) {
    if from == end.1 && from_t < end.2 {
        return;
    }
    let count = ring.len() - 1;
    let mut vertex = (from + 1) % count;
    loop {
        to.push(ring[vertex]);
        if vertex == end.1 {
            return;
        }
        vertex = (vertex + 1) % count;
    }
}

/// The vertices of a closed ring before one place and after another, backwards.
fn add_backward(
    to: &mut Vec<Xy>,
    ring: &[Xy],
    (_, from, from_t): (usize, usize, f64),
    end: (usize, usize, f64),
) {
    if from == end.1 && end.2 < from_t {
        return;
    }
    let count = ring.len() - 1;
    let last = (end.1 + 1) % count;
    let mut vertex = from;
    loop {
        to.push(ring[vertex]);
        if vertex == last {
            return;
        }
        vertex = (vertex + count - 1) % count;
    }
}

/// Adds the rings of the prepared polygon that nothing crosses and that lie in the plain one.
fn add_whole_prepared(
    prepared: &PreparedPolygon,
    plain: &[Path],
    crossings: &[Crossing],
    forward: bool,
    rings: &mut Vec<Vec<Xy>>,
) -> Option<()> {
    let around = envelope_of(plain);
    for ring in 0..prepared.ring_count() {
        let own = prepared.ring_box(ring);
        let may_lie_in = around.contains([own.xmin, own.ymin]) && around.contains([own.xmax, own.ymax]);
        if !may_lie_in || crossings.iter().any(|crossing| crossing.prepared.0 == ring) {
            continue;
        }
        let xy = prepared.ring(ring);
        match locate(plain, *xy.first()?) {
            Location::Outside => {}
            Location::Boundary => return None,
            Location::Inside if forward => rings.push(xy[..xy.len() - 1].to_vec()),
            Location::Inside => rings.push(xy[1..].iter().rev().copied().collect()),
        }
    }
    Some(())
}

/// Adds the rings of the plain polygon that nothing crosses and that lie where they are wanted.
fn add_whole_plain(
    prepared: &PreparedPolygon,
    plain: &[Path],
    crossings: &[Crossing],
    of: Of,
    rings: &mut Vec<Vec<Xy>>,
) -> Option<()> {
    for (ring, path) in plain.iter().enumerate() {
        if crossings.iter().any(|crossing| crossing.plain.0 == ring) {
            continue;
        }
        let is_wanted = match prepared.locate(*path.xy.first()?) {
            Location::Inside => of == Of::Inside,
            Location::Outside => of == Of::Outside,
            Location::Boundary => return None,
        };
        if is_wanted {
            rings.push(path.xy[..path.xy.len() - 1].to_vec());
        }
    }
    Some(())
}

/// Where a point lies in a polygon; exact, and linear in its vertices: see [`MOST_LOOKS`].
fn locate(rings: &[Path], p: Xy) -> Location {
    let mut is_inside = false;
    for pair in rings.iter().flat_map(|ring| ring.xy.windows(2)) {
        let (low, high) = if pair[0][1] <= pair[1][1] { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        if p[1] < low[1] || high[1] < p[1] {
            continue;
        }
        let side = orientation(low, high, p);
        if is_zero(side) && on_segment(p, low, high) {
            return Location::Boundary;
        }
        if low[1] <= p[1] && p[1] < high[1] && side < 0.0 {
            is_inside = !is_inside;
        }
    }
    if is_inside { Location::Inside } else { Location::Outside }
}

/// The ring, closed; nothing when rounding has left no area of it.
fn closed(mut ring: Vec<Xy>) -> Option<Path> {
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring.extend(ring.first().copied());
    (ring.len() > 3).then(|| Path::from_xy(ring))
}
