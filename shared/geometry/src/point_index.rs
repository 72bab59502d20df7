//! Points in a k-d tree: the nearest to a position, and all within a distance.
//!
//! Separate from [`crate::BoxIndex`] because points need no boxes: a balanced tree without pointers, its leaves small
//! runs of positions that lie side by side in memory (Friedman, Bentley and Finkel 1977). Plane or space: `N` is 2 or 3.

/// Positions in a leaf, at the most: as many as are scanned faster than they are told apart.
const LEAF: usize = 12;
/// Levels that a tree can have: more points than memory holds.
const MAX_DEPTH: usize = 40;

/// Points by number, the position in which they were given.
#[derive(Clone, Debug)]
pub struct PointIndex<const N: usize> {
    /// In the order of the leaves.
    points: Vec<[f64; N]>,
    numbers: Vec<u32>,
    /// The inner nodes, level by level: the axis that is cut, and where.
    cuts: Vec<(u8, f64)>,
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
        let mut cuts = Vec::with_capacity((1 << depth) - 1);
        for level in 0..depth {
            for part in 0..1_usize << level {
                let (start, end) = (start_of(part, level, count), start_of(part + 1, level, count));
                let middle = start_of(2 * part + 1, level + 1, count);
                let run = &mut numbers[start..end];
                let axis = widest_axis(points, run);
                let at = |number: &u32| points[*number as usize][axis];
                let (_, cut, _) =
                    run.select_nth_unstable_by(middle - start, |a, b| at(a).total_cmp(&at(b)).then(a.cmp(b)));
                cuts.push((axis as u8, points[*cut as usize][axis]));
            }
        }
        let points = numbers.iter().map(|number| points[*number as usize]).collect();
        PointIndex { points, numbers, cuts, depth }
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
        // The root is node 1, so that the children of a node are twice it and one more.
        let mut open = [Branch { node: 1, squared: 0.0, offsets: [0.0; N] }; MAX_DEPTH];
        let mut waiting = 1;
        let first_leaf = 1_usize << self.depth;
        while waiting > 0 {
            waiting -= 1;
            let Branch { mut node, squared, mut offsets } = open[waiting];
            if squared > reach {
                continue;
            }
            while node < first_leaf {
                let (axis, cut) = self.cuts[node - 1];
                let axis = usize::from(axis);
                let beyond = to[axis] - cut;
                let (near, far) =
                    if beyond < 0.0 { (2 * node, 2 * node + 1) } else { (2 * node + 1, 2 * node) };
                let before = offsets[axis];
                offsets[axis] = beyond;
                let far_squared: f64 = offsets.iter().map(|offset| offset * offset).sum();
                if far_squared <= reach {
                    open[waiting] = Branch { node: far, squared: far_squared, offsets };
                    waiting += 1;
                }
                offsets[axis] = before;
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

/// A branch still to be searched: its node, how far off it is at the least (squared), and how far along each axis.
#[derive(Clone, Copy)]
struct Branch<const N: usize> {
    node: usize,
    squared: f64,
    offsets: [f64; N],
}

/// Where a part of a level begins, of `count` points.
fn start_of(part: usize, level: u32, count: usize) -> usize {
    // In 128 bits: parts times points may not fit into 64.
    ((part as u128 * count as u128) >> level) as usize
}

fn widest_axis<const N: usize>(points: &[[f64; N]], numbers: &[u32]) -> usize {
    let (mut low, mut high) = ([f64::INFINITY; N], [f64::NEG_INFINITY; N]);
    for number in numbers {
        for axis in 0..N {
            low[axis] = low[axis].min(points[*number as usize][axis]);
            high[axis] = high[axis].max(points[*number as usize][axis]);
        }
    }
    let width = |axis: usize| high[axis] - low[axis];
    (1..N).fold(0, |widest, axis| if width(axis) > width(widest) { axis } else { widest })
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
