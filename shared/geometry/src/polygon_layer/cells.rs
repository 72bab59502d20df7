//! The cells in the box of one polygon: which edges touch each, and which of the others lie in it.

use super::grid::Grid;
use super::{Edge, Entry, Part, SLACK};
use gp_esri::{Envelope, Path, Xy};

/// Cells that an edge touches, on average: a polygon whose edges touch more, such as a comb, is not kept in cells.
const MAX_TOUCHES: usize = 8;

/// Reused from polygon to polygon.
#[derive(Default)]
pub(super) struct Cells {
    first: [usize; 2],
    last: [usize; 2],
    edges: Vec<Edge>,
    /// How many edges touch each cell of the box.
    counts: Vec<u32>,
    /// Cell in the box and edge, as the edges come; given up when there are too many.
    touches: Vec<(u32, u32)>,
    most_touches: usize,
    /// Where the edges of each cell begin in `order`, and the end of the last.
    starts: Vec<u32>,
    /// The edges cell by cell.
    order: Vec<u32>,
    /// Row and x of every crossing of an edge with the middle of a row.
    crossings: Vec<(u32, f64)>,
}

impl Cells {
    pub(super) fn fill(&mut self, grid: &Grid, envelope: &Envelope, rings: &[Path]) {
        (self.first, self.last) = grid.span(envelope);
        self.counts.clear();
        self.counts.resize(self.width() * (self.last[1] - self.first[1] + 1), 0);
        self.edges.clear();
        self.touches.clear();
        self.most_touches = MAX_TOUCHES * rings.iter().map(|ring| ring.xy.len()).sum::<usize>();
        self.crossings.clear();
        for pair in rings.iter().flat_map(|ring| ring.xy.windows(2)) {
            self.mark(grid, pair[0], pair[1]);
        }
        self.crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        if self.is_kept() {
            self.sort_touches();
        }
    }

    fn width(&self) -> usize {
        self.last[0] - self.first[0] + 1
    }

    fn mark(&mut self, grid: &Grid, a: Xy, b: Xy) {
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        if !(low[1] <= high[1] && a[0].is_finite() && b[0].is_finite()) {
            return;
        }
        let number = self.edges.len() as u32;
        let edge =
            if low[0] <= high[0] { Edge { left: low, right: high } } else { Edge { left: high, right: low } };
        self.edges.push(edge);
        let (first_row, last_row) = (grid.row(low[1]), grid.row(high[1]));
        let slope = (high[0] - low[0]) / (high[1] - low[1]);
        let (left, right) = (edge.left[0], edge.right[0]);
        let slack_y = SLACK * low[1].abs().max(high[1].abs());
        let slack_x = SLACK * left.abs().max(right.abs()) + 2.0 * slack_y * slope.abs();
        for row in first_row..=last_row {
            let (mut from, mut to) = (left, right);
            if first_row < last_row && slope.is_finite() && slack_x.is_finite() {
                let bottom = (grid.height(row as f64) - slack_y).clamp(low[1], high[1]);
                let top = (grid.height(row as f64 + 1.0) + slack_y).clamp(low[1], high[1]);
                let (at_bottom, at_top) =
                    (low[0] + (bottom - low[1]) * slope, low[0] + (top - low[1]) * slope);
                from = (at_bottom.min(at_top) - slack_x).max(left);
                to = (at_bottom.max(at_top) + slack_x).min(right);
            }
            let line = (row - self.first[1]) * self.width();
            let (start, end) = (grid.column(from) - self.first[0], grid.column(to) - self.first[0]);
            let touched = line + start..=line + end;
            self.counts[touched.clone()].iter_mut().for_each(|count| *count += 1);
            if self.is_kept() {
                self.touches.extend(touched.map(|cell| (cell as u32, number)));
            }
            self.crossings.extend(crossing(&edge, grid.middle(row)).map(|x| (row as u32, x)));
        }
    }

    /// Whether the edges of the cells are few enough to be kept.
    fn is_kept(&self) -> bool {
        self.touches.len() <= self.most_touches
    }

    fn sort_touches(&mut self) {
        self.starts.clear();
        self.starts.push(0);
        let mut end = 0;
        // One place ahead: every start moves to the end of its cell, which is the start of the next.
        for count in &self.counts {
            self.starts.push(end);
            end += count;
        }
        self.order.clear();
        self.order.resize(self.touches.len(), 0);
        for (cell, edge) in &self.touches {
            let slot = &mut self.starts[*cell as usize + 1];
            self.order[*slot as usize] = *edge;
            *slot += 1;
        }
    }

    /// Adds the cells that the polygon touches or covers. A cell that no edge touches is inside when an odd number of
    /// edges cross the middle of its row before it; no crossing lies so near to its middle that rounding could matter,
    /// and neither does one of the edges that do not touch a cell which others touch.
    pub(super) fn collect(
        &self,
        grid: &Grid,
        polygon: u32,
        found: &mut Vec<(u32, Entry)>,
        edges: &mut Vec<Edge>,
    ) {
        let is_kept = self.is_kept() && edges.len() + self.touches.len() <= u32::MAX as usize;
        let mut crossings = self.crossings.iter().peekable();
        for row in self.first[1]..=self.last[1] {
            let mut is_inside = false;
            while crossings.next_if(|crossing| (crossing.0 as usize) < row).is_some() {}
            let line = (row - self.first[1]) * self.width();
            for column in self.first[0]..=self.last[0] {
                let middle = grid.middle_of_column(column);
                while crossings
                    .next_if(|crossing| crossing.0 as usize == row && crossing.1 < middle)
                    .is_some()
                {
                    is_inside = !is_inside;
                }
                let cell = line + column - self.first[0];
                let part = match u16::try_from(self.counts[cell]) {
                    Ok(0) if is_inside => Part::All,
                    Ok(0) => continue,
                    Ok(count) if is_kept => {
                        let touching =
                            &self.order[self.starts[cell] as usize..self.starts[cell + 1] as usize];
                        let first = edges.len() as u32;
                        edges.extend(touching.iter().map(|edge| self.edges[*edge as usize]));
                        let before = edges[first as usize..]
                            .iter()
                            .filter(|edge| crossing(edge, grid.middle(row)).is_some_and(|x| x < middle))
                            .count();
                        Part::Bounded { first, count, is_odd: is_inside != (before % 2 == 1) }
                    }
                    _ => Part::Prepared,
                };
                found.push(((row * grid.columns + column) as u32, Entry { polygon, part }));
            }
        }
    }
}

/// Where an edge crosses the height of a middle, about.
fn crossing(edge: &Edge, middle: f64) -> Option<f64> {
    let Edge { left, right } = edge;
    if (left[1] <= middle) == (right[1] <= middle) {
        return None;
    }
    Some(left[0] + (middle - left[1]) * ((right[0] - left[0]) / (right[1] - left[1])))
}
