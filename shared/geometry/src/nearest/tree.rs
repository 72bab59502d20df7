//! A static tree of boxes in three dimensions, packed once, that hands out boxes from near to far.
//!
//! The sister of [`crate::BoxIndex`], which packs and searches in the same way: in three dimensions, and open-ended, because
//! how far to look is known only once some of what is near has been measured.

use crate::index::{Candidate, hilbert_key};
use crate::relate::segment::segment_box;
use gp_esri::{Envelope, Xy};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Children of a node.
const FAN_OUT: usize = 8;

/// A box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cuboid {
    pub(super) low: [f64; 3],
    pub(super) high: [f64; 3],
}

/// Boxes by number, the position in which they were given.
pub(super) struct Tree {
    /// The numbers of the boxes in the order of the leaves.
    numbers: Vec<u32>,
    /// The boxes of the leaves, then of each level above, up to a single root.
    levels: Vec<Vec<Cuboid>>,
}

impl Tree {
    /// Packs the boxes of segments along a Hilbert curve over the segments, which must be finite.
    pub(super) fn new(items: &[[Xy; 2]], box_of: impl Fn([Xy; 2]) -> Cuboid) -> Tree {
        let mut all = Envelope::EMPTY;
        items.iter().flatten().for_each(|xy| all.include(*xy));
        let keyed =
            |(number, [a, b]): (usize, &[Xy; 2])| (hilbert_key(&segment_box(*a, *b), &all), number as u32);
        let mut order: Vec<(u32, u32)> = items.iter().enumerate().map(keyed).collect();
        order.sort_unstable();
        let numbers: Vec<u32> = order.into_iter().map(|(_, number)| number).collect();
        let mut levels: Vec<Vec<Cuboid>> =
            vec![numbers.iter().map(|number| box_of(items[*number as usize])).collect()];
        while let Some(level) = levels.last()
            && level.len() > FAN_OUT
        {
            let above = level.chunks(FAN_OUT).map(around).collect();
            levels.push(above);
        }
        Tree { numbers, levels }
    }

    /// The box around all boxes.
    pub(super) fn whole(&self) -> Option<Cuboid> {
        self.levels.last().filter(|level| !level.is_empty()).map(|level| around(level))
    }

    /// Visits boxes from near to far until they are farther than `limit`, which each visit sets anew.
    pub(super) fn visit(&self, from: &Cuboid, mut limit: f64, mut visit: impl FnMut(usize) -> f64) {
        let root = Candidate { distance: 0.0, level: self.levels.len(), start: 0 };
        let mut open = BinaryHeap::from([Reverse(root)]);
        while let Some(Reverse(Candidate { distance, level, start })) = open.pop() {
            if distance > limit {
                break;
            }
            let Some(level) = level.checked_sub(1) else {
                limit = visit(self.numbers[start] as usize);
                continue;
            };
            let end = (start + FAN_OUT).min(self.levels[level].len());
            for (position, child) in self.levels[level][start..end].iter().enumerate() {
                let distance = apart(from, child);
                if distance <= limit {
                    let position = start + position;
                    let start = if level == 0 { position } else { position * FAN_OUT };
                    open.push(Reverse(Candidate { distance, level, start }));
                }
            }
        }
    }
}

fn around(boxes: &[Cuboid]) -> Cuboid {
    let mut all = boxes[0];
    for other in &boxes[1..] {
        for axis in 0..3 {
            all.low[axis] = all.low[axis].min(other.low[axis]);
            all.high[axis] = all.high[axis].max(other.high[axis]);
        }
    }
    all
}

/// The straight distance between two boxes, zero when they touch.
pub(super) fn apart(a: &Cuboid, b: &Cuboid) -> f64 {
    let gap = |axis: usize| (a.low[axis] - b.high[axis]).max(b.low[axis] - a.high[axis]).max(0.0);
    let (x, y, z) = (gap(0), gap(1), gap(2));
    // Not hypot: a few last digits matter less here than speed, and `BOX_RATIO` allows for them.
    (x * x + y * y + z * z).sqrt()
}
