//! Points in a k-d tree: the nearest to a position, and all within a distance.
//!
//! Separate from [`crate::BoxIndex`] because points can be halved evenly: a balanced tree without pointers, its leaves
//! small runs of positions that lie side by side in memory (Friedman, Bentley and Finkel 1977). Every node knows the box
//! of its points, which rules out more than the plane that cuts it would where points are clustered. Plane or space: `N`
//! is 2 or 3.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Positions in a leaf, at the most: as many as are scanned faster than they are told apart.
const LEAF: usize = 8;
/// Levels that a tree can have: more points than memory holds.
const MAX_DEPTH: usize = 40;

/// Points by number, the position in which they were given.
#[derive(Clone, Debug)]
pub struct PointIndex<const N: usize> {
    /// In the order of the leaves.
    points: Vec<[f64; N]>,
    numbers: Vec<u32>,
    /// The nodes, level by level from the root, which is node 1: the children of a node are twice it and one more.
    boxes: Vec<Extent<N>>,
    /// Levels of inner nodes.
    depth: u32,
}

impl<const N: usize> PointIndex<N> {
    /// Builds the tree. Points with a coordinate that is not finite are never found.
    pub fn new(points: &[[f64; N]]) -> PointIndex<N> {
        let usable = |number: &u32| points[*number as usize].iter().all(|value| value.is_finite());
        let mut numbers: Vec<u32> = (0..points.len() as u32).filter(usable).collect();
        let count = numbers.len();
        let mut depth = 0;
        while count >> depth > LEAF {
            depth += 1;
        }
        for level in 0..depth {
            for part in 0..1_usize << level {
                let (start, end) = (start_of(part, level, count), start_of(part + 1, level, count));
                let middle = start_of(2 * part + 1, level + 1, count);
                let run = &mut numbers[start..end];
                let axis = Extent::around(run.iter().map(|number| points[*number as usize])).widest_axis();
                let at = |number: &u32| points[*number as usize][axis];
                run.select_nth_unstable_by(middle - start, |a, b| at(a).total_cmp(&at(b)).then(a.cmp(b)));
            }
        }
        let points: Vec<[f64; N]> = numbers.iter().map(|number| points[*number as usize]).collect();
        let leaves = 1_usize << depth;
        let mut boxes = vec![Extent::EMPTY; 2 * leaves];
        for leaf in 0..leaves {
            let run = start_of(leaf, depth, count)..start_of(leaf + 1, depth, count);
            boxes[leaves + leaf] = Extent::around(points[run].iter().copied());
        }
        for node in (1..leaves).rev() {
            boxes[node] = boxes[2 * node].join(&boxes[2 * node + 1]);
        }
        PointIndex { points, numbers, boxes, depth }
    }

    /// The nearest point and its distance, among those not farther than `limit`; of equally near ones the least number.
    pub fn nearest(&self, to: [f64; N], limit: f64) -> Option<(usize, f64)> {
        let mut best: Option<(u32, f64)> = None;
        let mut reach = limit.max(0.0).powi(2);
        self.search(to, limit, |number, squared| {
            let better = match best {
                None => squared <= reach,
                Some((other, least)) => squared < least || (squared <= least && number < other),
            };
            if better {
                best = Some((number, squared));
                reach = squared;
            }
            reach
        });
        best.map(|(number, squared)| (number as usize, squared.sqrt()))
    }

    /// The numbers of the nearest points, as many as asked for, nearest first; of equally near ones the least come first.
    pub fn nearest_few(&self, to: [f64; N], count: usize) -> Vec<usize> {
        let mut best: BinaryHeap<(Squared, u32)> = BinaryHeap::with_capacity(count + 1);
        if count == 0 {
            return Vec::new();
        }
        self.search(to, f64::INFINITY, |number, squared| {
            best.push((Squared(squared), number));
            if best.len() > count {
                best.pop();
            }
            match best.peek() {
                Some((Squared(farthest), _)) if best.len() == count => *farthest,
                _ => f64::INFINITY,
            }
        });
        best.into_sorted_vec().into_iter().map(|(_, number)| number as usize).collect()
    }

    /// The numbers of all points not farther than `limit`, ascending, each with its distance.
    pub fn within(&self, to: [f64; N], limit: f64) -> Vec<(usize, f64)> {
        let reach = limit.max(0.0).powi(2);
        let mut found = Vec::new();
        self.search(to, limit, |number, squared| {
            if squared <= reach {
                found.push((number as usize, squared.sqrt()));
            }
            reach
        });
        found.sort_unstable_by_key(|(number, _)| *number);
        found
    }

    /// Hands points with their squared distances to `visit`, near branches first, which says how far (squared) it still
    /// wants to look. A limit below zero, or that is not a number, finds nothing.
    fn search(&self, to: [f64; N], limit: f64, mut visit: impl FnMut(u32, f64) -> f64) {
        if self.points.is_empty()
            || limit.is_nan()
            || limit < 0.0
            || to.iter().any(|value| !value.is_finite())
        {
            return;
        }
        let mut reach = limit.powi(2);
        let mut open = [(0, 0.0); MAX_DEPTH];
        open[0] = (1, self.boxes[1].squared_distance(to));
        let mut waiting = 1;
        let first_leaf = 1_usize << self.depth;
        while waiting > 0 {
            waiting -= 1;
            let (mut node, squared) = open[waiting];
            if squared > reach {
                continue;
            }
            while node < first_leaf {
                let (left, right) = (2 * node, 2 * node + 1);
                let to_left = self.boxes[left].squared_distance(to);
                let to_right = self.boxes[right].squared_distance(to);
                let (near, far, far_squared) =
                    if to_left <= to_right { (left, right, to_right) } else { (right, left, to_left) };
                if far_squared <= reach {
                    open[waiting] = (far, far_squared);
                    waiting += 1;
                }
                node = near;
            }
            let leaf = node - first_leaf;
            let count = self.points.len();
            for slot in start_of(leaf, self.depth, count)..start_of(leaf + 1, self.depth, count) {
                let point = self.points[slot];
                let squared = (0..N).map(|axis| (point[axis] - to[axis]).powi(2)).sum();
                if squared <= reach {
                    reach = visit(self.numbers[slot], squared);
                }
            }
        }
    }
}

/// A squared distance, in order.
#[derive(PartialEq)]
struct Squared(f64);

impl Eq for Squared {}

impl PartialOrd for Squared {
    fn partial_cmp(&self, other: &Squared) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Squared {
    fn cmp(&self, other: &Squared) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The box around points.
#[derive(Clone, Copy, Debug)]
struct Extent<const N: usize> {
    low: [f64; N],
    high: [f64; N],
}

impl<const N: usize> Extent<N> {
    const EMPTY: Extent<N> = Extent { low: [f64::INFINITY; N], high: [f64::NEG_INFINITY; N] };

    fn around(points: impl Iterator<Item = [f64; N]>) -> Extent<N> {
        points.fold(Extent::EMPTY, |all, point| all.join(&Extent { low: point, high: point }))
    }

    fn join(&self, other: &Extent<N>) -> Extent<N> {
        let mut joined = *self;
        for axis in 0..N {
            joined.low[axis] = joined.low[axis].min(other.low[axis]);
            joined.high[axis] = joined.high[axis].max(other.high[axis]);
        }
        joined
    }

    fn widest_axis(&self) -> usize {
        let width = |axis: usize| self.high[axis] - self.low[axis];
        (1..N).fold(0, |widest, axis| if width(axis) > width(widest) { axis } else { widest })
    }

    fn squared_distance(&self, to: [f64; N]) -> f64 {
        let along = |axis: usize| (self.low[axis] - to[axis]).max(to[axis] - self.high[axis]).max(0.0);
        (0..N).map(|axis| along(axis) * along(axis)).sum()
    }
}

/// Where a part of a level begins, of `count` points.
fn start_of(part: usize, level: u32, count: usize) -> usize {
    // In 128 bits: parts times points may not fit into 64.
    ((part as u128 * count as u128) >> level) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clustered, on a coarse grid, so that many points and distances are equal.
    fn points(count: usize) -> Vec<[f64; 2]> {
        let mut seed = 11_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % 100) as f64
        };
        (0..count).map(|_| [next() * next() / 10.0, next()]).collect()
    }

    fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
        ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
    }

    #[test]
    fn what_is_found_is_what_a_scan_finds() {
        for count in [0, 1, 12, 13, 14, 100, 5_000] {
            let all = points(count);
            let index = PointIndex::new(&all);
            for to in points(200) {
                let scan = |limit: f64| {
                    let near = all.iter().enumerate().map(|(number, point)| (number, distance(*point, to)));
                    near.filter(|(_, distance)| *distance <= limit).collect::<Vec<_>>()
                };
                let nearest = scan(f64::INFINITY).into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
                assert_eq!(index.nearest(to, f64::INFINITY), nearest);
                assert_eq!(index.within(to, 7.5), scan(7.5));
                assert_eq!(index.nearest(to, 0.0), scan(0.0).first().copied());
                let mut all = scan(f64::INFINITY);
                all.sort_by(|a, b| a.1.total_cmp(&b.1));
                let few: Vec<usize> = all.iter().take(20).map(|(number, _)| *number).collect();
                assert_eq!(index.nearest_few(to, 20), few);
            }
        }
    }

    #[test]
    fn positions_that_are_none_are_never_found_and_find_nothing() {
        let index = PointIndex::new(&[[f64::NAN, 0.0, 0.0], [1.0, 2.0, 2.0], [f64::INFINITY, 0.0, 0.0]]);
        assert_eq!(index.nearest([0.0; 3], f64::INFINITY), Some((1, 3.0)));
        assert_eq!(index.nearest([f64::NAN, 0.0, 0.0], f64::INFINITY), None);
        assert_eq!(index.nearest([0.0; 3], -1.0), None);
        assert_eq!(index.nearest([0.0; 3], f64::NAN), None);
        assert_eq!(index.within([0.0; 3], 2.9), []);
    }
}
