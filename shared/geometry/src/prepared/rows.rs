//! Edges of a polygon in rows of equal height, each row in runs.
//!
//! A run is a set of edges whose x intervals within the row join up. Left and right of a run no edge of the row passes, so
//! inside or outside is one stored bit there. Separate because it knows nothing of what is asked of the edges.

use gp_esri::{Envelope, Xy};

/// Entries an edge may cost on average: beyond that, rows become higher. Bounds memory for long thin spikes.
const MAX_ENTRIES_PER_EDGE: f64 = 3.0;

/// By how much an interpolated x is widened, as a part of the largest coordinate: a thousand times the rounding error.
const X_SLACK: f64 = 1e-12;

#[derive(Clone, Debug)]
pub(super) struct Rows {
    ymin: f64,
    rows_per_unit: f64,
    /// Where the runs of each row begin, and the end of the last.
    row_starts: Vec<u32>,
    runs: Vec<Run>,
    /// Edge numbers, run by run.
    entries: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    xmin: f64,
    xmax: f64,
    first: u32,
    end: u32,
    inside_before: bool,
}

impl Rows {
    pub(super) fn new(edges: &[[Xy; 2]], envelope: &Envelope) -> Rows {
        let height = envelope.ymax - envelope.ymin;
        let climb: f64 = edges.iter().map(|[a, b]| (b[1] - a[1]).abs()).sum();
        let edge_count = edges.len() as f64;
        let wanted = (MAX_ENTRIES_PER_EDGE - 1.0) * edge_count * height / climb;
        let mut count = if wanted.is_finite() { wanted.clamp(1.0, edge_count.max(1.0)) as usize } else { 1 };
        let mut rows = Rows {
            ymin: envelope.ymin,
            rows_per_unit: 0.0,
            row_starts: vec![0],
            runs: vec![],
            entries: vec![],
        };
        loop {
            let per_unit = count as f64 / height;
            rows.rows_per_unit = if count > 1 && per_unit.is_finite() { per_unit } else { 0.0 };
            rows.row_starts = vec![0; count + 1];
            // The middle of every row must lie in it, or rounding has the better of so fine a division.
            if count == 1 || (0..count).all(|row| rows.row(rows.middle(row)) == row) {
                break;
            }
            count /= 2;
        }
        rows.fill(edges);
        rows
    }

    /// The edges of the run at a position, and whether the gap before that run lies inside.
    pub(super) fn at(&self, [x, y]: Xy) -> (&[u32], bool) {
        let row = self.row(y);
        let runs = self.runs_of(row);
        let index = runs.partition_point(|run| run.xmax < x);
        let Some(run) = runs.get(index) else { return (&[], false) };
        if x < run.xmin {
            return (&[], run.inside_before);
        }
        (&self.entries[run.first as usize..run.end as usize], run.inside_before)
    }

    /// Whether `test` holds for an edge of a run that reaches into the box. An edge may be asked about repeatedly.
    pub(super) fn any_near(&self, envelope: &Envelope, mut test: impl FnMut(u32) -> bool) -> bool {
        for row in self.row(envelope.ymin)..=self.row(envelope.ymax) {
            let runs = self.runs_of(row);
            let first = runs.partition_point(|run| run.xmax < envelope.xmin);
            for run in runs[first..].iter().take_while(|run| run.xmin <= envelope.xmax) {
                if self.entries[run.first as usize..run.end as usize].iter().any(|edge| test(*edge)) {
                    return true;
                }
            }
        }
        false
    }

    fn row(&self, y: f64) -> usize {
        // A negative or undefined product becomes row 0.
        (((y - self.ymin) * self.rows_per_unit) as usize).min(self.row_starts.len() - 2)
    }

    fn middle(&self, row: usize) -> f64 {
        if self.rows_per_unit > 0.0 { self.ymin + (row as f64 + 0.5) / self.rows_per_unit } else { self.ymin }
    }

    fn runs_of(&self, row: usize) -> &[Run] {
        &self.runs[self.row_starts[row] as usize..self.row_starts[row + 1] as usize]
    }

    fn fill(&mut self, edges: &[[Xy; 2]]) {
        let count = self.row_starts.len() - 1;
        let mut ends = vec![0_u32; count + 1];
        let span = |rows: &Rows, [a, b]: [Xy; 2]| (rows.row(a[1].min(b[1])), rows.row(a[1].max(b[1])));
        for edge in edges {
            let (first, last) = span(self, *edge);
            ends[first..=last].iter_mut().for_each(|end| *end += 1);
        }
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut by_row = vec![0_u32; total as usize];
        for (number, edge) in edges.iter().enumerate() {
            let (first, last) = span(self, *edge);
            for end in &mut ends[first..=last] {
                by_row[*end as usize] = number as u32;
                *end += 1;
            }
        }
        self.entries.reserve(by_row.len());
        let mut start = 0;
        let mut intervals = Vec::new();
        for (row, end) in ends[..count].iter().enumerate() {
            intervals.clear();
            let (low, high) =
                (self.middle(row) - 0.5 / self.rows_per_unit, self.middle(row) + 0.5 / self.rows_per_unit);
            for edge in &by_row[start..*end as usize] {
                let (xmin, xmax) = x_interval(edges[*edge as usize], low, high);
                intervals.push((xmin, xmax, *edge));
            }
            start = *end as usize;
            self.row_starts[row] = self.runs.len() as u32;
            self.add_runs(edges, row, &mut intervals);
        }
        self.row_starts[count] = self.runs.len() as u32;
    }

    fn add_runs(&mut self, edges: &[[Xy; 2]], row: usize, intervals: &mut [(f64, f64, u32)]) {
        intervals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        let y = self.middle(row);
        let mut inside = false;
        let mut open: Option<Run> = None;
        let mut parity = false;
        for (xmin, xmax, edge) in intervals.iter().copied() {
            let entry = self.entries.len() as u32;
            match &mut open {
                Some(run) if xmin <= run.xmax => run.xmax = run.xmax.max(xmax),
                _ => {
                    self.runs.extend(open.take());
                    inside ^= std::mem::take(&mut parity);
                    open = Some(Run { xmin, xmax, first: entry, end: entry, inside_before: inside });
                }
            }
            self.entries.push(edge);
            if let Some(run) = &mut open {
                run.end = entry + 1;
            }
            let [a, b] = edges[edge as usize];
            parity ^= (a[1] <= y) != (b[1] <= y);
        }
        self.runs.extend(open);
    }
}

/// The x that an edge takes between two heights, widened for rounding, never beyond its ends.
fn x_interval([a, b]: [Xy; 2], low: f64, high: f64) -> (f64, f64) {
    let (xmin, xmax) = (a[0].min(b[0]), a[0].max(b[0]));
    let slope = (b[0] - a[0]) / (b[1] - a[1]);
    if !slope.is_finite() || !low.is_finite() || !high.is_finite() {
        return (xmin, xmax);
    }
    let (ymin, ymax) = (a[1].min(b[1]), a[1].max(b[1]));
    let at_low = a[0] + (low.clamp(ymin, ymax) - a[1]) * slope;
    let at_high = a[0] + (high.clamp(ymin, ymax) - a[1]) * slope;
    let slack = X_SLACK * (xmin.abs().max(xmax.abs()) + (ymin.abs().max(ymax.abs())) * slope.abs());
    if !slack.is_finite() {
        return (xmin, xmax);
    }
    ((at_low.min(at_high) - slack).max(xmin), (at_low.max(at_high) + slack).min(xmax))
}
