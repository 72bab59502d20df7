//! The validity screen: one sweep over all edges says whether rings cross, touch or overlap, and how they are nested.
//!
//! Shamos and Hoey's sweep in O(n log n), with exact signs. A ring may touch another in single points, as OGC allows; a
//! ring that touches itself, rings that share a piece of line, and an interior that touching rings cut in two are defects.
//! Separate from the repair because overlay results, orientation and parts ask the same question.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use super::nesting::{NONE, Nesting};
use super::status::Status;
use crate::relate::segment::{cross_properly, is_zero, orientation};
use gp_esri::{Path, Xy};

/// Greatest usable coordinate, 2^500: products of two differences must stay finite, and the overlay engine takes no more.
pub(crate) const MAX_COORDINATE: f64 = 3.273390607896142e150;

/// Why rings do not make a valid polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Not closed, fewer than three different vertices, or a coordinate that is not finite or is huge.
    Ring,
    /// Two edges cross or overlap, or a ring touches itself.
    Crossing,
    /// Rings touch so often that they cut the interior in two.
    Disconnected,
}

/// Whether a position can be computed with: finite, and not so far away that products overflow.
pub fn is_usable(xy: Xy) -> bool {
    xy[0].abs() <= MAX_COORDINATE && xy[1].abs() <= MAX_COORDINATE
}

/// Least extent, in units of the coordinates, of a ring that can be computed with, 2^-500: products of differences must
/// not vanish. Smaller rings count as having no area.
const MIN_EXTENT: f64 = 3.054936363499605e-151;

/// Whether a ring is so small that its area is nothing.
pub(crate) fn is_speck(ring: &Path) -> bool {
    let Some(&[x0, y0]) = ring.xy.first() else { return true };
    ring.xy.iter().all(|[x, y]| (x - x0).abs() < MIN_EXTENT && (y - y0).abs() < MIN_EXTENT)
}

/// Sweeps over closed rings. Orientation plays no part in validity.
pub(crate) fn survey(rings: &[Path]) -> Result<Nesting, Defect> {
    let mut sweep = Sweep::load(rings)?;
    sweep.run()?;
    sweep.finish()
}

#[derive(Clone, Copy)]
struct Edge {
    /// The end that the sweep meets first: less x, then less y.
    left: Xy,
    right: Xy,
    ring: u32,
    /// Whether the ring runs from left to right here.
    forward: bool,
}

#[derive(Clone, Copy)]
struct Event {
    x: u64,
    y: u64,
    /// The vertex; its edge to the next vertex has the same number.
    vertex: u32,
    /// The vertex before it in the ring.
    previous: u32,
}

struct Sweep {
    edges: Vec<Edge>,
    events: Vec<Event>,
    status: Status,
    parents: Vec<u32>,
    counter_clockwise: Vec<bool>,
    /// The rings that meet at each point where several do.
    touches: Vec<Vec<u32>>,
}

impl Sweep {
    fn load(rings: &[Path]) -> Result<Sweep, Defect> {
        let vertices: usize = rings.iter().map(|ring| ring.xy.len()).sum();
        if vertices >= NONE as usize {
            return Err(Defect::Ring);
        }
        let mut edges: Vec<Edge> = Vec::with_capacity(vertices);
        let mut events = Vec::with_capacity(vertices);
        for (ring, path) in rings.iter().enumerate() {
            let first = edges.len();
            let closed = path.xy.len() > 3 && path.xy.first() == path.xy.last();
            if !closed || is_speck(path) || !path.xy.iter().all(|xy| is_usable(*xy)) {
                return Err(Defect::Ring);
            }
            for pair in path.xy.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                if from == to {
                    continue;
                }
                let forward = from < to;
                let (left, right) = if forward { (from, to) } else { (to, from) };
                let vertex = edges.len() as u32;
                events.push(Event {
                    x: key(from[0]),
                    y: key(from[1]),
                    vertex,
                    previous: vertex.wrapping_sub(1),
                });
                edges.push(Edge { left, right, ring: ring as u32, forward });
            }
            if edges.len() < first + 3 {
                return Err(Defect::Ring);
            }
            events[first].previous = edges.len() as u32 - 1;
        }
        events.sort_unstable_by_key(|event| (event.x, event.y, event.vertex));
        Ok(Sweep {
            edges,
            events,
            status: Status::new(),
            parents: vec![NONE; rings.len()],
            counter_clockwise: vec![false; rings.len()],
            touches: Vec::new(),
        })
    }

    fn run(&mut self) -> Result<(), Defect> {
        let mut met = vec![false; self.parents.len()];
        let (mut starting, mut passages) = (Vec::new(), Vec::new());
        let mut index = 0;
        while index < self.events.len() {
            let here = self.events[index];
            let at = self.vertex(here.vertex);
            starting.clear();
            passages.clear();
            let mut ending = 0;
            while let Some(event) = self.events.get(index)
                && (event.x, event.y) == (here.x, here.y)
            {
                passages.push(self.edges[event.vertex as usize].ring);
                for edge in [event.previous, event.vertex] {
                    if self.edges[edge as usize].left == at {
                        starting.push(edge);
                    } else {
                        ending += 1;
                    }
                }
                index += 1;
            }
            self.step(at, ending, &mut starting, &mut passages, &mut met)?;
        }
        Ok(())
    }

    fn vertex(&self, vertex: u32) -> Xy {
        let edge = &self.edges[vertex as usize];
        if edge.forward { edge.left } else { edge.right }
    }

    /// Moves the sweep line over one position: `starting` edges replace those that end or pass there.
    fn step(
        &mut self,
        at: Xy,
        ending: usize,
        starting: &mut Vec<u32>,
        passages: &mut Vec<u32>,
        met: &mut [bool],
    ) -> Result<(), Defect> {
        let edges = &self.edges;
        let side = |edge: u32| {
            let edge = &edges[edge as usize];
            orientation(edge.left, edge.right, at)
        };
        let cursor = self.status.locate(|edge| side(edge) > 0.0);
        let lower = self.status.before(cursor);
        let mut ended = 0;
        let mut arms_left = 0;
        let mut upper = None;
        let starting_here = starting.len();
        for edge in self.status.from(cursor) {
            if edges[edge as usize].right == at {
                ended += 1;
            } else if is_zero(side(edge)) {
                // The edge passes through a vertex: it is an arm on both sides.
                starting.push(edge);
                passages.push(edges[edge as usize].ring);
            } else {
                upper = Some(edge);
                break;
            }
            arms_left += 1;
        }
        if ended != ending {
            // An edge that ends here is not where it should be: an undetected crossing has disturbed the order.
            return Err(Defect::Crossing);
        }
        if starting.len() > 1 && !sort_by_slope(edges, at, starting) {
            return Err(Defect::Crossing);
        }
        if passages.len() > 1 {
            let left: Vec<u32> = self.status.from(cursor).take(arms_left).collect();
            self.touch(starting, &left, passages)?;
        }
        let edges = &self.edges;
        let crosses = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => edges_cross(&edges[a as usize], &edges[b as usize]),
            _ => false,
        };
        let defect = match (starting.first(), starting.last()) {
            (Some(first), Some(last)) => crosses(lower, Some(*first)) || crosses(Some(*last), upper),
            _ => crosses(lower, upper),
        };
        if defect {
            return Err(Defect::Crossing);
        }
        if starting_here == 2 || passages.len() > 1 {
            self.nest(lower, starting, met);
        }
        self.status.replace(cursor, arms_left, starting);
        Ok(())
    }

    /// Several rings meet: each may come once, and they may touch but not cross.
    fn touch(&mut self, right: &[u32], left: &[u32], passages: &mut [u32]) -> Result<(), Defect> {
        passages.sort_unstable();
        if passages.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Defect::Crossing);
        }
        // Around the point, the two arms of a ring must not be interleaved with those of another.
        let mut open: Vec<u32> = Vec::new();
        for edge in right.iter().chain(left.iter().rev()) {
            let ring = self.edges[*edge as usize].ring;
            if open.last() == Some(&ring) {
                open.pop();
            } else {
                open.push(ring);
            }
        }
        if !open.is_empty() {
            return Err(Defect::Crossing);
        }
        self.touches.push(passages.to_vec());
        Ok(())
    }

    /// Finds the parents of rings met for the first time, from what lies below them.
    fn nest(&mut self, lower: Option<u32>, starting: &[u32], met: &mut [bool]) {
        let mut below = lower;
        for edge in starting {
            let Edge { ring, forward, .. } = self.edges[*edge as usize];
            if !std::mem::replace(&mut met[ring as usize], true) {
                // The lower of the two first edges has the interior above it.
                self.counter_clockwise[ring as usize] = forward;
                self.parents[ring as usize] = below.map_or(NONE, |below| {
                    let around = &self.edges[below as usize];
                    if around.forward == self.counter_clockwise[around.ring as usize] {
                        around.ring
                    } else {
                        self.parents[around.ring as usize]
                    }
                });
            }
            below = Some(*edge);
        }
    }

    fn finish(self) -> Result<Nesting, Defect> {
        let Sweep { parents, counter_clockwise, touches, .. } = self;
        let nesting = Nesting::new(parents, counter_clockwise);
        if touches.is_empty() || nesting.stays_connected(&touches) {
            return Ok(nesting);
        }
        Err(Defect::Disconnected)
    }
}

/// Sorts edges that start or pass at a position from bottom to top; false when two of them overlap.
fn sort_by_slope(edges: &[Edge], at: Xy, starting: &mut [u32]) -> bool {
    let mut overlap = false;
    starting.sort_by(|a, b| {
        let side = orientation(at, edges[*a as usize].right, edges[*b as usize].right);
        overlap |= is_zero(side) && a != b;
        0.0_f64.total_cmp(&if is_zero(side) { 0.0 } else { side })
    });
    !overlap
}

#[inline]
fn edges_cross(a: &Edge, b: &Edge) -> bool {
    let (a_low, a_high) = (a.left[1].min(a.right[1]), a.left[1].max(a.right[1]));
    let (b_low, b_high) = (b.left[1].min(b.right[1]), b.left[1].max(b.right[1]));
    a_low <= b_high && b_low <= a_high && cross_properly([a.left, a.right], [b.left, b.right])
}

/// Maps a coordinate to an integer in the same order; minus zero equals zero.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}
