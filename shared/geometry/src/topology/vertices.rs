//! Vertices by position: a number for each, and those that lie on the edges of others.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use crate::index::BoxIndex;
use crate::relate::segment::{on_segment, parameter, segment_box};
use gp_esri::Xy;

/// No number.
pub(super) const NONE: u32 = u32::MAX;

/// The rings with the vertices of others put in where they lie exactly on an edge: neighbours whose borders are the same
/// but not cut in the same places get the same vertices. Nothing is moved.
pub fn with_touching_vertices(rings: &[&[Xy]]) -> Vec<Vec<Xy>> {
    let mut vertices = Vertices::new();
    for xy in rings.iter().copied().flatten() {
        vertices.number(*xy);
    }
    let index = BoxIndex::of_points(&vertices.positions);
    let with_vertices = |ring: &&[Xy]| {
        let mut whole: Vec<Xy> = ring.first().copied().into_iter().collect();
        for pair in ring.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let found = index.query(&segment_box(from, to)).map(|number| vertices.positions[number]);
            let is_inside = |xy: &Xy| *xy != from && *xy != to && on_segment(*xy, from, to);
            let mut between: Vec<Xy> = found.filter(is_inside).collect();
            between.sort_by(|a, b| parameter([from, to], *a).total_cmp(&parameter([from, to], *b)));
            whole.extend(between);
            whole.push(to);
        }
        whole
    };
    rings.iter().map(with_vertices).collect()
}

/// Numbers for positions: a table with open addresses, because hashing as `HashMap` does would be most of the work.
pub(super) struct Vertices {
    /// Each position once, in the order in which they came.
    pub(super) positions: Vec<Xy>,
    slots: Vec<u32>,
}

impl Vertices {
    pub(super) fn new() -> Vertices {
        Vertices { positions: Vec::new(), slots: vec![NONE; 1024] }
    }

    /// The number of a position, a new one when it is not known.
    pub(super) fn number(&mut self, [x, y]: Xy) -> u32 {
        // Minus zero is zero.
        let xy = [x + 0.0, y + 0.0];
        if self.positions.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(xy);
        if self.slots[slot] == NONE {
            self.slots[slot] = self.positions.len() as u32;
            self.positions.push(xy);
        }
        self.slots[slot]
    }

    /// Where the position is, or would be.
    fn slot(&self, xy: Xy) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(xy) as usize & mask;
        while self.slots[slot] != NONE && self.positions[self.slots[slot] as usize] != xy {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![NONE; self.slots.len() * 2];
        for number in 0..self.positions.len() {
            let slot = self.slot(self.positions[number]);
            self.slots[slot] = number as u32;
        }
    }
}

fn hash([x, y]: Xy) -> u64 {
    // The golden ratio spreads bits upwards; the finish of MurmurHash3 brings them down again.
    let mut bits = x.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ y.to_bits();
    for _ in 0..2 {
        bits ^= bits >> 33;
        bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    }
    bits ^ bits >> 33
}
