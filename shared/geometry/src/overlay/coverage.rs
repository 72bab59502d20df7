//! The union of polygons that do not overlap and whose shared borders have the same vertices: a coverage, such as
//! counties or parcels.
//!
//! Every edge that two polygons share runs both ways and cancels out; what is left is the outline (the idea of GEOS's
//! coverage union). Whether it was a coverage shows in the result: only where no two polygons overlap do the edges that
//! are left make valid rings, exteriors one way round and holes the other. Otherwise, and where an outline touches itself
//! so that its rings are not told apart, the answer is `None`.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use super::validity::survey;
use gp_esri::{Path, Xy};
use std::collections::HashMap;

/// The union of valid polygons that make up a coverage; `None` when they do not.
pub(crate) fn union_of_coverage(rings: &[&[Xy]]) -> Option<Vec<Path>> {
    let mut edges = Edges::new(rings)?;
    edges.cancel()?;
    let outline = edges.outline()?;
    let is_coverage = outline.is_empty() || survey(&outline).is_ok_and(|nesting| nesting.all_oriented());
    is_coverage.then_some(outline)
}

/// The vertices of closed rings, one ring after the other. An edge has the number of its first vertex; the last vertex
/// of a ring begins none.
struct Edges {
    xy: Vec<Xy>,
    /// Where each ring begins, and the end of the last.
    starts: Vec<usize>,
    /// Edges that have cancelled out.
    is_gone: Vec<bool>,
}

/// No entry of the table of edges.
const EMPTY: u32 = u32::MAX;

impl Edges {
    fn new(rings: &[&[Xy]]) -> Option<Edges> {
        let count = rings.iter().map(|ring| ring.len()).sum();
        if count >= EMPTY as usize / 2 {
            return None;
        }
        let mut edges = Edges { xy: Vec::with_capacity(count), starts: vec![0], is_gone: vec![false; count] };
        for ring in rings.iter().filter(|ring| ring.len() > 3) {
            // Minus zero must equal zero.
            edges.xy.extend(ring.iter().map(|[x, y]| [x + 0.0, y + 0.0]));
            edges.starts.push(edges.xy.len());
        }
        Some(edges)
    }

    /// Marks the edges that run both ways; `None` when one runs the same way twice.
    fn cancel(&mut self) -> Option<()> {
        let slots = (2 * self.xy.len()).next_power_of_two().max(2);
        let shift = 64 - slots.trailing_zeros();
        let mut table = vec![EMPTY; slots];
        for ring in 0..self.starts.len() - 1 {
            for edge in self.starts[ring]..self.starts[ring + 1] - 1 {
                let (from, to) = (self.xy[edge], self.xy[edge + 1]);
                let slot = self.slot(&table, shift, from, to);
                if table[slot] != EMPTY {
                    return None;
                }
                table[slot] = edge as u32;
            }
        }
        for ring in 0..self.starts.len() - 1 {
            let own = self.starts[ring]..self.starts[ring + 1] - 1;
            let mut edge = own.start;
            while edge < own.end {
                if !self.is_gone[edge] {
                    let slot = self.slot(&table, shift, self.xy[edge + 1], self.xy[edge]);
                    if table[slot] != EMPTY {
                        edge = self.cancel_border(edge, own.end, table[slot] as usize);
                        continue;
                    }
                }
                edge += 1;
            }
        }
        Some(())
    }

    /// Marks a shared border from one edge on; gives the edge after it. Borders are long: what follows on one side is
    /// what comes before on the other.
    fn cancel_border(&mut self, mut edge: usize, end: usize, mut opposite: usize) -> usize {
        let first = self.starts[self.starts.partition_point(|start| *start <= opposite) - 1];
        loop {
            (self.is_gone[edge], self.is_gone[opposite]) = (true, true);
            edge += 1;
            if edge == end || opposite == first || self.xy[opposite - 1] != self.xy[edge + 1] {
                return edge;
            }
            opposite -= 1;
        }
    }

    /// The slot of an edge, or the free one where it belongs.
    fn slot(&self, table: &[u32], shift: u32, from: Xy, to: Xy) -> usize {
        let mut slot = (hash(from, to) >> shift) as usize;
        loop {
            let edge = table[slot];
            if edge == EMPTY || self.xy[edge as usize] == from && self.xy[edge as usize + 1] == to {
                return slot;
            }
            slot = (slot + 1) & (table.len() - 1);
        }
    }

    /// What is left, as rings; `None` when it does not close.
    fn outline(&self) -> Option<Vec<Path>> {
        let mut rings = Vec::new();
        let mut arcs: Vec<Vec<Xy>> = Vec::new();
        for ring in self.starts.windows(2) {
            self.add_arcs(ring[0], ring[1] - 1, &mut rings, &mut arcs);
        }
        join(arcs, &mut rings)?;
        Some(rings)
    }

    /// The runs of edges of a ring that are left; all of it when nothing has gone.
    fn add_arcs(&self, start: usize, end: usize, rings: &mut Vec<Path>, arcs: &mut Vec<Vec<Xy>>) {
        let Some(gone) = (start..end).find(|edge| self.is_gone[*edge]) else {
            rings.push(Path::from_xy(self.xy[start..=end].to_vec()));
            return;
        };
        let mut arc: Vec<Xy> = Vec::new();
        // From after an edge that has gone, once around.
        for edge in (gone + 1..end).chain(start..=gone) {
            if self.is_gone[edge] {
                arcs.extend((!arc.is_empty()).then(|| std::mem::take(&mut arc)));
                continue;
            }
            if arc.is_empty() {
                arc.push(self.xy[edge]);
            }
            arc.push(self.xy[edge + 1]);
        }
    }
}

/// Joins arcs to closed rings. Where several arcs begin at the end of one, the one that bounds the same piece of the
/// inside follows: the first counter-clockwise from the way back.
fn join(arcs: Vec<Vec<Xy>>, rings: &mut Vec<Path>) -> Option<()> {
    let key = |xy: Xy| xy.map(f64::to_bits);
    let mut beginnings: HashMap<[u64; 2], Vec<usize>> = HashMap::with_capacity(arcs.len());
    for (number, arc) in arcs.iter().enumerate() {
        beginnings.entry(key(arc[0])).or_default().push(number);
    }
    let mut is_used = vec![false; arcs.len()];
    for first in 0..arcs.len() {
        if is_used[first] {
            continue;
        }
        is_used[first] = true;
        let mut ring = arcs[first].clone();
        // Where each node of the ring lies in it: a ring that comes back to one is closed there.
        let mut nodes = HashMap::from([(key(ring[0]), 0)]);
        loop {
            let [.., before, end] = ring[..] else { return None };
            if let Some(position) = nodes.get(&key(end)).copied() {
                let mut closed = ring.split_off(position);
                if ring.is_empty() {
                    rings.push(Path::from_xy(closed));
                    break;
                }
                ring.push(end);
                for xy in &closed[1..] {
                    nodes.remove(&key(*xy));
                }
                nodes.insert(key(end), position);
                closed.shrink_to_fit();
                rings.push(Path::from_xy(closed));
            } else {
                nodes.insert(key(end), ring.len() - 1);
            }
            let candidates = beginnings.get(&key(end))?.iter().copied().filter(|number| !is_used[*number]);
            let turn = |number: &usize| turn_at(end, before, arcs[*number][1]);
            let next = candidates.min_by(|a, b| turn(a).total_cmp(&turn(b)))?;
            is_used[next] = true;
            ring.extend_from_slice(&arcs[next][1..]);
        }
    }
    Some(())
}

/// The angle counter-clockwise from the way back to the way on, above 0 and up to a full turn.
fn turn_at([x, y]: Xy, back: Xy, on: Xy) -> f64 {
    let angle = |to: Xy| (to[1] - y).atan2(to[0] - x);
    let turn = (angle(on) - angle(back)).rem_euclid(std::f64::consts::TAU);
    if turn > 0.0 { turn } else { std::f64::consts::TAU }
}

/// Mixes the bits of four coordinates; the upper bits are the good ones.
fn hash(from: Xy, to: Xy) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut mixed = 0_u64;
    for value in [from[0], from[1], to[0], to[1]] {
        mixed = (mixed.rotate_left(23) ^ value.to_bits()).wrapping_mul(ODD);
    }
    mixed ^ mixed >> 29
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area;

    fn square(x: f64, y: f64, size: f64) -> Vec<Xy> {
        vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]
    }

    fn union(rings: &[Vec<Xy>]) -> Option<Vec<Path>> {
        union_of_coverage(&rings.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn shared_borders_vanish_and_vertices_on_the_outline_stay() {
        let found = union(&[square(0.0, 0.0, 1.0), square(1.0, 0.0, 1.0), square(5.0, 5.0, 1.0)]).unwrap();
        assert_eq!(found.len(), 2);
        assert!((area(&found) - 3.0).abs() < 1e-12);
        assert!(found.iter().any(|ring| ring.xy.len() == 7));
    }

    #[test]
    fn a_ring_of_squares_has_a_hole_and_corners_that_touch_are_no_crossing() {
        let around = [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2), (2, 2)];
        let found = union(&around.map(|(x, y)| square(f64::from(x), f64::from(y), 1.0))).unwrap();
        assert_eq!(found.len(), 2);
        assert!((area(&found) - 8.0).abs() < 1e-12);
        let diagonal = [square(0.0, 0.0, 1.0), square(1.0, 1.0, 1.0)];
        assert_eq!(union(&diagonal).unwrap().len(), 2);
    }

    #[test]
    fn an_outline_that_touches_itself_within_a_border_is_left_to_the_engine() {
        let without_corner = [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2)];
        assert_eq!(union(&without_corner.map(|(x, y)| square(f64::from(x), f64::from(y), 1.0))), None);
    }

    #[test]
    fn what_overlaps_is_no_coverage() {
        assert_eq!(union(&[square(0.0, 0.0, 2.0), square(1.0, 1.0, 2.0)]), None);
        assert_eq!(union(&[square(0.0, 0.0, 2.0), square(0.0, 0.0, 2.0)]), None);
        assert_eq!(union(&[square(0.0, 0.0, 3.0), square(1.0, 1.0, 1.0)]), None);
        assert_eq!(union(&[square(0.0, 0.0, 3.0), square(0.0, 0.0, 1.0)]), None);
        assert_eq!(union(&[]), Some(Vec::new()));
    }
}
