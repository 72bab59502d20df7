//! The centers of the discs in grid order, and the walk over the centers near one.
//!
//! Cells are as wide as a disc, so all discs that can meet one lie in its cell and the eight around it. Centers are
//! sorted by row and column: the three cells of a row are one run of the list, found by cursors that only move forward.

use gp_esri::Xy;

use super::super::fill;

/// Distinct centers, sorted by grid cell, then by x and y.
pub(super) struct Centers {
    /// The positions.
    pub(super) xy: Vec<Xy>,
    /// Row and column of the cell of each: `row << 32 | column`, both counted from 1.
    cells: Vec<u64>,
}

/// Runs of centers, one for each of the three rows around a cell, that move forward with the cell.
pub(super) struct Nearby {
    cell: u64,
    runs: [(usize, usize); 3],
}

/// Connected clusters of discs.
pub(super) struct Clusters {
    /// The centers of each cluster.
    pub(super) clusters: Vec<Vec<u32>>,
    /// For each center, whether it is in one of them.
    pub(super) of_center: Vec<bool>,
}

impl Centers {
    /// Sorts and deduplicates; positions that are not usable are left out.
    pub(super) fn new(points: &[Xy], radius: f64) -> Centers {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for point in points.iter().filter(|point| fill::is_usable(**point)) {
            low = [low[0].min(point[0]), low[1].min(point[1])];
            high = [high[0].max(point[0]), high[1].max(point[1])];
        }
        let extent = (high[0] - low[0]).max(high[1] - low[1]);
        // A little over the diameter, so that rounding never puts touching discs two cells apart; and never so small
        // that a row or column number outgrows its 32 bits.
        let cell = (2.0 * radius * (1.0 + 1e-6)).max(extent / f64::from(1 << 30));
        let number = |value: f64, low: f64| ((value - low) / cell) as u64 + 1;
        let mut keyed: Vec<(u64, Xy)> = points
            .iter()
            .filter(|point| fill::is_usable(**point))
            .map(|&point| (number(point[1], low[1]) << 32 | number(point[0], low[0]), point))
            .collect();
        keyed.sort_unstable_by(|(a, p), (b, q)| {
            a.cmp(b).then_with(|| p[0].total_cmp(&q[0])).then_with(|| p[1].total_cmp(&q[1]))
        });
        // 0.0 and -0.0 are the same place, so the difference counts and not the bits.
        keyed.dedup_by(|(_, p), (_, q)| p[0] - q[0] == 0.0 && p[1] - q[1] == 0.0);
        let (cells, xy) = keyed.into_iter().unzip();
        Centers { xy, cells }
    }

    /// The greatest absolute coordinate.
    pub(super) fn largest_coordinate(&self) -> f64 {
        self.xy.iter().fold(0.0, |largest, [x, y]| largest.max(x.abs()).max(y.abs()))
    }

    /// Where a walk in grid order starts.
    pub(super) fn nearby(&self) -> Nearby {
        Nearby { cell: 0, runs: [(0, 0); 3] }
    }

    /// The runs of centers whose discs can meet that of center `i`. Calls must come with rising `i`.
    pub(super) fn runs_near(&self, nearby: &mut Nearby, i: usize) -> [(usize, usize); 3] {
        let cell = self.cells[i];
        if cell != nearby.cell {
            nearby.cell = cell;
            for (run, row) in nearby.runs.iter_mut().zip([cell - (1 << 32), cell, cell + (1 << 32)]) {
                let mut start = run.0;
                while start < self.cells.len() && self.cells[start] < row - 1 {
                    start += 1;
                }
                let mut end = start.max(run.1);
                while end < self.cells.len() && self.cells[end] <= row + 1 {
                    end += 1;
                }
                *run = (start, end);
            }
        }
        nearby.runs
    }

    /// The clusters of overlapping or touching discs that hold one of `seeds`.
    pub(super) fn clusters_of(&self, seeds: &[u32], radius: f64) -> Clusters {
        let mut found = Clusters { clusters: Vec::new(), of_center: vec![false; self.xy.len()] };
        // Discs that touch within rounding belong together.
        let reach = 2.0 * radius * (1.0 + 1e-6);
        for &seed in seeds {
            if found.of_center[seed as usize] {
                continue;
            }
            found.of_center[seed as usize] = true;
            let mut cluster = vec![seed];
            let mut visited = 0;
            while visited < cluster.len() {
                let center = cluster[visited] as usize;
                visited += 1;
                let [x, y] = self.xy[center];
                for row in
                    [self.cells[center] - (1 << 32), self.cells[center], self.cells[center] + (1 << 32)]
                {
                    let start = self.cells.partition_point(|cell| *cell < row - 1);
                    for other in start..self.xy.len() {
                        if self.cells[other] > row + 1 {
                            break;
                        }
                        let [dx, dy] = [self.xy[other][0] - x, self.xy[other][1] - y];
                        if !found.of_center[other] && dx * dx + dy * dy <= reach * reach {
                            found.of_center[other] = true;
                            cluster.push(other as u32);
                        }
                    }
                }
            }
            found.clusters.push(cluster);
        }
        found
    }
}
