//! A static tree of boxes: packed once along a Hilbert curve, then asked which boxes touch a box, or which is nearest.
//!
//! Own and small, because results must come in ascending order and ties must be broken by number, so that tools give
//! the same answer every time.

use crate::relate::segment::segment_box;
use gp_esri::{Envelope, Xy};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Children of a node: a node's boxes fill eight cache lines.
const FAN_OUT: usize = 16;

/// Boxes by number, the position in which they were given.
#[derive(Clone, Debug)]
pub struct BoxIndex {
    /// The numbers of the boxes in the order of the leaves.
    numbers: Vec<u32>,
    /// The boxes of the leaves, then of each level above, up to a single root.
    levels: Vec<Vec<Envelope>>,
}

impl BoxIndex {
    /// Packs boxes. Empty boxes are kept and never found.
    pub fn new(boxes: Vec<Envelope>) -> BoxIndex {
        let mut all = Envelope::EMPTY;
        for envelope in boxes.iter().filter(|envelope| !envelope.is_empty()) {
            all.include([envelope.xmin, envelope.ymin]);
            all.include([envelope.xmax, envelope.ymax]);
        }
        let keyed = |(number, envelope): (usize, &Envelope)| (hilbert_key(envelope, &all), number as u32);
        let mut order: Vec<(u32, u32)> = boxes.iter().enumerate().map(keyed).collect();
        order.sort_unstable();
        let numbers: Vec<u32> = order.into_iter().map(|(_, number)| number).collect();
        let mut levels: Vec<Vec<Envelope>> =
            vec![numbers.iter().map(|number| boxes[*number as usize]).collect()];
        while let Some(level) = levels.last()
            && level.len() > FAN_OUT
        {
            let above = level.chunks(FAN_OUT).map(around).collect();
            levels.push(above);
        }
        BoxIndex { numbers, levels }
    }

    /// Packs the boxes of segments.
    pub fn of_segments<'a>(segments: impl IntoIterator<Item = &'a [Xy; 2]>) -> BoxIndex {
        BoxIndex::new(segments.into_iter().map(|[from, to]| segment_box(*from, *to)).collect())
    }

    /// Packs positions.
    pub fn of_points<'a>(points: impl IntoIterator<Item = &'a Xy>) -> BoxIndex {
        BoxIndex::new(points.into_iter().map(|xy| segment_box(*xy, *xy)).collect())
    }

    /// The numbers of the boxes that touch `envelope`, ascending.
    pub fn query(&self, envelope: &Envelope) -> impl Iterator<Item = usize> + use<> {
        let mut found = Vec::new();
        let top = self.levels.len() - 1;
        let mut open: Vec<(usize, usize)> = vec![(top, 0)];
        while let Some((level, start)) = open.pop() {
            let end = (start + FAN_OUT).min(self.levels[level].len());
            for (position, child) in self.levels[level][start..end].iter().enumerate() {
                if !child.intersects(envelope) {
                    continue;
                }
                if level == 0 {
                    found.push(self.numbers[start + position] as usize);
                } else {
                    open.push((level - 1, (start + position) * FAN_OUT));
                }
            }
        }
        found.sort_unstable();
        found.into_iter()
    }

    /// The nearest item to a box and its distance, among those not farther than `limit`. `distance` gives the true
    /// distance to the item of a number, never less than that to its box. Of equally near items the least number wins.
    pub fn nearest(
        &self,
        to: &Envelope,
        limit: f64,
        mut distance: impl FnMut(usize) -> f64,
    ) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let mut open =
            BinaryHeap::from([Reverse(Candidate { distance: 0.0, level: self.levels.len(), start: 0 })]);
        while let Some(Reverse(Candidate { distance: reach, level, start })) = open.pop() {
            if reach > best.map_or(limit, |(_, distance)| distance) {
                break;
            }
            let Some(level) = level.checked_sub(1) else {
                let number = self.numbers[start] as usize;
                let found = distance(number);
                let better = match best {
                    None => found <= limit,
                    Some((other, least)) => match found.total_cmp(&least) {
                        Ordering::Less => true,
                        Ordering::Equal => number < other,
                        Ordering::Greater => false,
                    },
                };
                if better {
                    best = Some((number, found));
                }
                continue;
            };
            let end = (start + FAN_OUT).min(self.levels[level].len());
            for position in start..end {
                let reach = box_distance(to, &self.levels[level][position]);
                let start = if level == 0 { position } else { position * FAN_OUT };
                if reach.is_finite() && reach <= best.map_or(limit, |(_, distance)| distance) {
                    open.push(Reverse(Candidate { distance: reach, level, start }));
                }
            }
        }
        best
    }

    /// The nearest item to a point; see [`BoxIndex::nearest`].
    pub fn nearest_to_point(&self, [x, y]: Xy, distance: impl FnMut(usize) -> f64) -> Option<(usize, f64)> {
        self.nearest(&Envelope { xmin: x, ymin: y, xmax: x, ymax: y }, f64::INFINITY, distance)
    }

    /// The box around all boxes.
    pub fn envelope(&self) -> Envelope {
        self.levels.last().map_or(Envelope::EMPTY, |level| around(level))
    }
}

/// The planar distance between two boxes, zero when they touch.
pub(crate) fn box_distance(a: &Envelope, b: &Envelope) -> f64 {
    let dx = (a.xmin - b.xmax).max(b.xmin - a.xmax).max(0.0);
    let dy = (a.ymin - b.ymax).max(b.ymin - a.ymax).max(0.0);
    dx.hypot(dy)
}

/// A node or an item that is still to be looked at: the least is the nearest, and of equally near ones the deepest, which
/// ends soonest.
pub(crate) struct Candidate {
    pub(crate) distance: f64,
    /// One above the level of the children to look at; 0 for a single item.
    pub(crate) level: usize,
    pub(crate) start: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        let key = |candidate: &Candidate| (candidate.level, candidate.start);
        self.distance.total_cmp(&other.distance).then(key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

fn around(boxes: &[Envelope]) -> Envelope {
    let mut all = Envelope::EMPTY;
    for envelope in boxes.iter().filter(|envelope| !envelope.is_empty()) {
        all.include([envelope.xmin, envelope.ymin]);
        all.include([envelope.xmax, envelope.ymax]);
    }
    all
}

/// The place of a box's centre on a Hilbert curve over a grid of 65 536 × 65 536 cells.
pub(crate) fn hilbert_key(envelope: &Envelope, all: &Envelope) -> u32 {
    let cell = |low: f64, high: f64, from: f64, to: f64| {
        // A division by zero or by infinity ends in cell 0: any order is right, only slower.
        (((low / 2.0 + high / 2.0) - from) / (to - from) * 65_535.0) as u32
    };
    let mut x = cell(envelope.xmin, envelope.xmax, all.xmin, all.xmax).min(65_535);
    let mut y = cell(envelope.ymin, envelope.ymax, all.ymin, all.ymax).min(65_535);
    let mut key = 0_u32;
    let mut side = 1_u32 << 15;
    while side > 0 {
        let (right, upper) = (u32::from(x & side > 0), u32::from(y & side > 0));
        key = key << 2 | ((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                x = 65_535 - x;
                y = 65_535 - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(count: usize) -> Vec<Envelope> {
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut make = |_| {
            let (x, y) = (next() * 100.0, next() * 100.0);
            Envelope { xmin: x, ymin: y, xmax: x + next() * 3.0, ymax: y + next() * 3.0 }
        };
        (0..count).map(&mut make).collect()
    }

    #[test]
    fn a_query_finds_what_a_scan_finds_in_ascending_order() {
        for count in [0, 1, 15, 16, 17, 300, 5_000] {
            let boxes = boxes(count);
            let index = BoxIndex::new(boxes.clone());
            for query in &self::boxes(50) {
                let found: Vec<usize> = index.query(query).collect();
                let scanned: Vec<usize> =
                    (0..count).filter(|number| boxes[*number].intersects(query)).collect();
                assert_eq!(found, scanned);
            }
        }
    }

    #[test]
    fn the_nearest_is_the_least_number_among_the_nearest() {
        let mut boxes = boxes(2_000);
        boxes.extend(boxes.clone());
        let index = BoxIndex::new(boxes.clone());
        for query in &self::boxes(100) {
            let at = [query.xmin, query.ymin];
            let point = Envelope { xmin: at[0], ymin: at[1], xmax: at[0], ymax: at[1] };
            let found = index.nearest_to_point(at, |number| box_distance(&point, &boxes[number]));
            let scanned = (0..boxes.len())
                .map(|number| (number, box_distance(&point, &boxes[number])))
                .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            assert_eq!(found, scanned);
        }
        assert_eq!(index.nearest(&boxes[3], -1.0, |_| 0.0), None);
    }

    #[test]
    fn empty_boxes_are_never_found() {
        let index =
            BoxIndex::new(vec![Envelope::EMPTY, Envelope { xmin: 0.0, ymin: 0.0, xmax: 1.0, ymax: 1.0 }]);
        let all = Envelope { xmin: f64::MIN, ymin: f64::MIN, xmax: f64::MAX, ymax: f64::MAX };
        assert_eq!(index.query(&all).collect::<Vec<_>>(), [1]);
        assert_eq!(index.nearest_to_point([5.0, 0.5], |_| 4.0), Some((1, 4.0)));
    }
}
