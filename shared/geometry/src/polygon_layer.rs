//! Many polygons prepared together: in which of them does a point lie?
//!
//! A grid over all polygons. A cell that no edge of a polygon touches lies wholly in it or wholly outside, and knows
//! which; only points in a cell that an edge touches are located exactly, in that polygon alone. So most points of a
//! layer cost one look into the grid, however many vertices the polygons have.

use crate::prepared::{Location, PreparedPolygon};
use crate::rings::envelope_of;
use gp_esri::{Envelope, Path, Xy};
use std::sync::OnceLock;

/// Cells at the most, along both axes together: the grid stays smaller than the polygons, or at least below 16 MB.
const MAX_CELLS: f64 = 4_194_304.0;
/// Cells in the boxes of all polygons, at the most: bounds the time that overlapping polygons take.
const MAX_BOX_CELLS: f64 = 33_554_432.0;
/// By how much an interpolated position is widened, as a part of the largest coordinate: a thousand rounding errors.
const SLACK: f64 = 1e-12;

/// Polygons by number, the position in which they were given.
pub struct PolygonLayer<'a> {
    polygons: Vec<&'a [Path]>,
    prepared: Vec<OnceLock<PreparedPolygon>>,
    grid: Grid,
    /// Where the entries of each cell begin, and the end of the last.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

/// A polygon in a cell: its number, and whether an edge of it touches the cell.
#[derive(Clone, Copy)]
struct Entry {
    polygon: u32,
    is_crossed: bool,
}

impl<'a> PolygonLayer<'a> {
    /// Puts valid polygons into a grid; empty ones are never found.
    pub fn new(polygons: Vec<&'a [Path]>) -> PolygonLayer<'a> {
        let boxes: Vec<Envelope> = polygons.iter().map(|rings| envelope_of(rings)).collect();
        let edges: usize = polygons.iter().flat_map(|rings| rings.iter()).map(|ring| ring.xy.len()).sum();
        let grid = Grid::new(&boxes, edges);
        let mut found: Vec<(u32, Entry)> = Vec::new();
        let mut marks = Marks::default();
        for (number, rings) in polygons.iter().enumerate() {
            if !boxes[number].is_empty() {
                marks.fill(&grid, &boxes[number], rings);
                marks.collect(&grid, number as u32, &mut found);
            }
        }
        let mut starts = vec![0_u32; grid.columns * grid.rows + 1];
        for (cell, _) in &found {
            starts[*cell as usize + 1] += 1;
        }
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![Entry { polygon: 0, is_crossed: false }; found.len()];
        // Polygon by polygon, so that those of a cell are in ascending order.
        for (cell, entry) in found {
            let slot = &mut next[cell as usize];
            entries[*slot as usize] = entry;
            *slot += 1;
        }
        let prepared = polygons.iter().map(|_| OnceLock::new()).collect();
        PolygonLayer { polygons, prepared, grid, starts, entries }
    }

    /// The polygons at a position, ascending, each with whether the position lies in its area or on its border.
    pub fn at(&self, xy: Xy) -> impl Iterator<Item = (usize, Location)> + '_ {
        let entries = match self.grid.cell(xy) {
            Some(cell) => &self.entries[self.starts[cell] as usize..self.starts[cell + 1] as usize],
            None => &[],
        };
        entries.iter().filter_map(move |entry| {
            let number = entry.polygon as usize;
            if !entry.is_crossed {
                return Some((number, Location::Inside));
            }
            let polygon = self.prepared[number].get_or_init(|| PreparedPolygon::new(self.polygons[number]));
            let location = polygon.locate(xy);
            (location != Location::Outside).then_some((number, location))
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Grid {
    envelope: Envelope,
    columns: usize,
    rows: usize,
    columns_per_unit: f64,
    rows_per_unit: f64,
}

impl Grid {
    fn new(boxes: &[Envelope], edges: usize) -> Grid {
        let mut envelope = Envelope::EMPTY;
        for of in boxes.iter().filter(|of| !of.is_empty()) {
            envelope.include([of.xmin, of.ymin]);
            envelope.include([of.xmax, of.ymax]);
        }
        let mut cells = (edges as f64).clamp(1.0, MAX_CELLS);
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

    fn column(&self, x: f64) -> usize {
        // A negative product becomes column 0.
        (((x - self.envelope.xmin) * self.columns_per_unit) as usize).min(self.columns - 1)
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.envelope.ymin) * self.rows_per_unit) as usize).min(self.rows - 1)
    }

    fn cell(&self, [x, y]: Xy) -> Option<usize> {
        let Envelope { xmin, ymin, xmax, ymax } = self.envelope;
        let is_inside = xmin <= x && x <= xmax && ymin <= y && y <= ymax;
        is_inside.then(|| self.row(y) * self.columns + self.column(x))
    }

    /// The first and the last column and row of a box.
    fn span(&self, of: &Envelope) -> ([usize; 2], [usize; 2]) {
        ([self.column(of.xmin), self.row(of.ymin)], [self.column(of.xmax), self.row(of.ymax)])
    }

    /// The height of the line through the middle of a row.
    fn middle(&self, row: usize) -> f64 {
        self.height(row as f64 + 0.5)
    }

    /// The height of the border below a row, counted in rows.
    fn height(&self, row: f64) -> f64 {
        if self.rows_per_unit > 0.0 {
            self.envelope.ymin + row / self.rows_per_unit
        } else {
            self.envelope.ymin
        }
    }

    fn middle_of_column(&self, column: usize) -> f64 {
        if self.columns_per_unit > 0.0 {
            self.envelope.xmin + (column as f64 + 0.5) / self.columns_per_unit
        } else {
            self.envelope.xmin
        }
    }
}

/// The cells in the box of one polygon: those that its edges touch, and where its edges cross the middles of rows.
#[derive(Default)]
struct Marks {
    first: [usize; 2],
    last: [usize; 2],
    is_crossed: Vec<bool>,
    /// Row and x of every crossing of an edge with the middle of a row.
    crossings: Vec<(u32, f64)>,
}

impl Marks {
    fn fill(&mut self, grid: &Grid, envelope: &Envelope, rings: &[Path]) {
        (self.first, self.last) = grid.span(envelope);
        self.is_crossed.clear();
        self.is_crossed.resize(self.width() * (self.last[1] - self.first[1] + 1), false);
        self.crossings.clear();
        for edge in rings.iter().flat_map(|ring| ring.xy.windows(2)) {
            self.mark(grid, edge[0], edge[1]);
        }
        self.crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    }

    fn width(&self) -> usize {
        self.last[0] - self.first[0] + 1
    }

    fn mark(&mut self, grid: &Grid, a: Xy, b: Xy) {
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        if !(low[1] <= high[1] && a[0].is_finite() && b[0].is_finite()) {
            return;
        }
        let (first_row, last_row) = (grid.row(low[1]), grid.row(high[1]));
        let slope = (high[0] - low[0]) / (high[1] - low[1]);
        let (left, right) = (low[0].min(high[0]), low[0].max(high[0]));
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
            self.is_crossed[line + start..=line + end].fill(true);
            let middle = grid.middle(row);
            if (low[1] <= middle) != (high[1] <= middle) {
                self.crossings.push((row as u32, low[0] + (middle - low[1]) * slope));
            }
        }
    }

    /// Adds the cells that the polygon touches or covers. A cell that no edge touches is inside when an odd number of
    /// edges cross the middle of its row before it; no crossing lies so near to its middle that rounding could matter.
    fn collect(&self, grid: &Grid, polygon: u32, found: &mut Vec<(u32, Entry)>) {
        let mut crossings = self.crossings.iter().peekable();
        for row in self.first[1]..=self.last[1] {
            let mut is_inside = false;
            while crossings.next_if(|crossing| (crossing.0 as usize) < row).is_some() {}
            let line = (row - self.first[1]) * self.width();
            for column in self.first[0]..=self.last[0] {
                let cell = (row * grid.columns + column) as u32;
                if self.is_crossed[line + column - self.first[0]] {
                    found.push((cell, Entry { polygon, is_crossed: true }));
                    continue;
                }
                let middle = grid.middle_of_column(column);
                while crossings
                    .next_if(|crossing| crossing.0 as usize == row && crossing.1 < middle)
                    .is_some()
                {
                    is_inside = !is_inside;
                }
                if is_inside {
                    found.push((cell, Entry { polygon, is_crossed: false }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Spiky rings around random centres, some with a hole.
    fn stars(count: usize, far: f64) -> Vec<Vec<Path>> {
        let mut seed = 3;
        let star = |x: f64, y: f64, radius: f64, seed: &mut u64, clockwise: bool| {
            let mut xy: Vec<Xy> = (0..30)
                .map(|step| {
                    let angle = std::f64::consts::TAU * f64::from(step) / 30.0;
                    let reach = radius * (0.4 + 0.6 * random(seed));
                    [far + x + reach * angle.sin(), y + reach * angle.cos()]
                })
                .collect();
            if !clockwise {
                xy.reverse();
            }
            xy.push(xy[0]);
            Path::from_xy(xy)
        };
        (0..count)
            .map(|number| {
                let (x, y) = (random(&mut seed) * 100.0, random(&mut seed) * 100.0);
                let radius = 1.0 + random(&mut seed) * 20.0;
                let mut rings = vec![star(x, y, radius, &mut seed, true)];
                if number % 3 == 0 {
                    rings.push(star(x, y, radius * 0.4, &mut seed, false));
                }
                rings
            })
            .collect()
    }

    #[test]
    fn every_point_is_where_each_polygon_says() {
        for (count, far) in [(0, 0.0), (1, 0.0), (60, 0.0), (40, 1e9)] {
            let polygons = stars(count, far);
            let layer = PolygonLayer::new(polygons.iter().map(Vec::as_slice).collect());
            let prepared: Vec<PreparedPolygon> =
                polygons.iter().map(|rings| PreparedPolygon::new(rings)).collect();
            let mut seed = 5;
            let mut places: Vec<Xy> = (0..3_000)
                .map(|_| [far + random(&mut seed) * 130.0 - 15.0, random(&mut seed) * 130.0 - 15.0])
                .collect();
            places.extend(polygons.iter().flatten().flat_map(|ring| ring.xy.iter().copied()));
            places.extend([[f64::NAN, 0.0], [f64::INFINITY, 0.0]]);
            for xy in places {
                let expected: Vec<(usize, Location)> = prepared
                    .iter()
                    .map(|polygon| polygon.locate(xy))
                    .enumerate()
                    .filter(|(_, location)| *location != Location::Outside)
                    .collect();
                assert_eq!(layer.at(xy).collect::<Vec<_>>(), expected, "{xy:?}");
            }
        }
    }

    #[test]
    fn flat_huge_and_empty_polygons_do_no_harm() {
        let flat = vec![Path::from_xy(vec![[0.0, 0.0], [5.0, 0.0], [9.0, 0.0], [0.0, 0.0]])];
        let huge =
            vec![Path::from_xy(vec![[-1e150, -1e150], [-1e150, 1e150], [1e150, 1e150], [-1e150, -1e150]])];
        let layer = PolygonLayer::new(vec![&flat, &[], &huge]);
        assert_eq!(layer.at([5.0, 0.0]).next(), Some((0, Location::Boundary)));
        assert_eq!(layer.at([-1e149, 1e149]).collect::<Vec<_>>(), [(2, Location::Inside)]);
        assert_eq!(layer.at([1e151, 0.0]).count(), 0);
    }
}
