//! Equal cells over the boxes of many polygons.

use super::SLACK;
use gp_esri::{Envelope, Xy};

/// Cells at the most, along both axes together: the grid stays smaller than the polygons, or at least below 16 MB.
const MAX_CELLS: f64 = 4_194_304.0;
/// Edges a cell, on average over the whole grid: with fewer, making it costs more than the questions gain.
const EDGES_PER_CELL: f64 = 3.0;
/// Cells in the boxes of all polygons, at the most: bounds the time that overlapping polygons take.
const MAX_BOX_CELLS: f64 = 33_554_432.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    envelope: Envelope,
    pub(super) columns: usize,
    pub(super) rows: usize,
    columns_per_unit: f64,
    rows_per_unit: f64,
}

impl Grid {
    pub(super) fn new(boxes: &[Envelope], edges: usize) -> Grid {
        let mut envelope = Envelope::EMPTY;
        for of in boxes.iter().filter(|of| !of.is_empty()) {
            envelope.include([of.xmin, of.ymin]);
            envelope.include([of.xmax, of.ymax]);
        }
        let mut cells = (edges as f64 / EDGES_PER_CELL).clamp(1.0, MAX_CELLS);
        loop {
            let grid = Grid::of_cells(envelope, cells);
            let of_box = |of: &Envelope| {
                let (first, last) = grid.span(of);
                ((last[0] - first[0] + 1) * (last[1] - first[1] + 1)) as f64
            };
            let covered: f64 = boxes.iter().filter(|of| !of.is_empty()).map(of_box).sum();
            if cells <= 1.0 || covered <= MAX_BOX_CELLS.max(boxes.len() as f64) {
                return grid;
            }
            cells = (cells / 2.0).max(1.0);
        }
    }

    /// About so many cells, as square as their number allows; one where the box is too small or too far off to divide.
    fn of_cells(envelope: Envelope, cells: f64) -> Grid {
        let (width, height) = (envelope.xmax - envelope.xmin, envelope.ymax - envelope.ymin);
        let across = |length: f64, other: f64, far: f64| {
            let count = (cells * length / other).sqrt().floor();
            let finest = length / (far * SLACK * 1e3);
            if count.is_finite() && finest.is_finite() {
                count.clamp(1.0, finest.clamp(1.0, cells))
            } else {
                1.0
            }
        };
        let columns = across(width, height, envelope.xmin.abs().max(envelope.xmax.abs()));
        let rows = across(height, width, envelope.ymin.abs().max(envelope.ymax.abs()));
        let per_unit = |count: f64, length: f64| if count > 1.0 { count / length } else { 0.0 };
        Grid {
            envelope,
            columns: columns as usize,
            rows: rows as usize,
            columns_per_unit: per_unit(columns, width),
            rows_per_unit: per_unit(rows, height),
        }
    }

    pub(super) fn column(&self, x: f64) -> usize {
        // A negative product becomes column 0.
        (((x - self.envelope.xmin) * self.columns_per_unit) as usize).min(self.columns - 1)
    }

    pub(super) fn row(&self, y: f64) -> usize {
        (((y - self.envelope.ymin) * self.rows_per_unit) as usize).min(self.rows - 1)
    }

    pub(super) fn cell(&self, [x, y]: Xy) -> Option<usize> {
        self.envelope.contains([x, y]).then(|| self.row(y) * self.columns + self.column(x))
    }

    /// The first and the last column and row of a box.
    pub(super) fn span(&self, of: &Envelope) -> ([usize; 2], [usize; 2]) {
        ([self.column(of.xmin), self.row(of.ymin)], [self.column(of.xmax), self.row(of.ymax)])
    }

    /// The height of the line through the middle of a row.
    pub(super) fn middle(&self, row: usize) -> f64 {
        self.height(row as f64 + 0.5)
    }

    /// The height of the border below a row, counted in rows.
    pub(super) fn height(&self, row: f64) -> f64 {
        if self.rows_per_unit > 0.0 {
            self.envelope.ymin + row / self.rows_per_unit
        } else {
            self.envelope.ymin
        }
    }

    pub(super) fn middle_of_column(&self, column: usize) -> f64 {
        if self.columns_per_unit > 0.0 {
            self.envelope.xmin + (column as f64 + 0.5) / self.columns_per_unit
        } else {
            self.envelope.xmin
        }
    }
}
