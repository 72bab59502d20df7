//! Many polygons prepared together: in which of them does a point lie?
//!
//! A grid over all polygons. A cell that no edge of a polygon touches lies wholly in it or wholly outside, and knows
//! which; most points of a layer cost one look into the grid, however many vertices the polygons have. A cell that edges
//! touch keeps those edges, and a point in it is located by them alone: how many edges lie between the point and the
//! left end of the cell's middle line is counted by exact signs, and what lies farther left is known of the cell.

mod cells;
mod grid;
#[cfg(test)]
mod tests;

use crate::prepared::{Location, PreparedPolygon};
use crate::relate::segment::{is_zero, orientation};
use crate::rings::envelope_of;
use cells::Cells;
use gp_esri::{Envelope, Path, Xy};
use grid::Grid;
use std::sync::OnceLock;

/// By how much an interpolated position is widened, as a part of the largest coordinate: a thousand rounding errors.
const SLACK: f64 = 1e-12;

/// Polygons by number, the position in which they were given.
pub struct PolygonLayer<'a> {
    polygons: Vec<&'a [Path]>,
    /// Those with too many edges in too many cells to keep them there.
    prepared: Vec<OnceLock<PreparedPolygon>>,
    grid: Grid,
    /// Where the entries of each cell begin, and the end of the last.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    edges: Vec<Edge>,
}

/// A polygon in a cell.
#[derive(Clone, Copy)]
struct Entry {
    polygon: u32,
    part: Part,
}

/// What of a cell a polygon covers.
#[derive(Clone, Copy)]
enum Part {
    /// All of it: no edge touches the cell.
    All,
    /// What these edges bound.
    Bounded {
        /// The number of the first edge.
        first: u32,
        count: u16,
        /// Whether an odd number of other edges crosses the cell's middle line to the left of it.
        is_odd: bool,
    },
    /// What the prepared polygon says.
    Prepared,
}

/// An edge from its left end to its right end; from either where it is upright.
#[derive(Clone, Copy)]
struct Edge {
    left: Xy,
    right: Xy,
}

impl<'a> PolygonLayer<'a> {
    /// Puts valid polygons into a grid; empty ones are never found.
    pub fn new(polygons: Vec<&'a [Path]>) -> PolygonLayer<'a> {
        let boxes: Vec<Envelope> = polygons.iter().map(|rings| envelope_of(rings)).collect();
        let count: usize = polygons.iter().flat_map(|rings| rings.iter()).map(|ring| ring.xy.len()).sum();
        let grid = Grid::new(&boxes, count);
        let (mut found, mut edges) = (Vec::new(), Vec::new());
        let mut cells = Cells::default();
        for (number, rings) in polygons.iter().enumerate() {
            if !boxes[number].is_empty() {
                cells.fill(&grid, &boxes[number], rings);
                cells.collect(&grid, number as u32, &mut found, &mut edges);
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
        let mut entries = vec![Entry { polygon: 0, part: Part::All }; found.len()];
        // Polygon by polygon, so that those of a cell are in ascending order.
        for (cell, entry) in found {
            let slot = &mut next[cell as usize];
            entries[*slot as usize] = entry;
            *slot += 1;
        }
        let prepared = polygons.iter().map(|_| OnceLock::new()).collect();
        PolygonLayer { polygons, prepared, grid, starts, entries, edges }
    }

    /// The polygons at a position, ascending, each with whether the position lies in its area or on its border.
    pub fn at(&self, xy: Xy) -> impl Iterator<Item = (usize, Location)> + '_ {
        let (entries, middle) = match self.grid.cell(xy) {
            Some(cell) => (
                &self.entries[self.starts[cell] as usize..self.starts[cell + 1] as usize],
                self.grid.middle(cell / self.grid.columns),
            ),
            None => (&[][..], 0.0),
        };
        entries.iter().filter_map(move |entry| {
            let number = entry.polygon as usize;
            let location = match entry.part {
                Part::All => Location::Inside,
                Part::Bounded { first, count, is_odd } => {
                    let edges = &self.edges[first as usize..first as usize + usize::from(count)];
                    locate(xy, edges, middle, is_odd)
                }
                Part::Prepared => self.prepared[number]
                    .get_or_init(|| PreparedPolygon::new(self.polygons[number]))
                    .locate(xy),
            };
            (location != Location::Outside).then_some((number, location))
        })
    }
}

/// Where a point lies in a cell; exact.
///
/// The way from the point goes up or down to the cell's middle line and along it to the left. It is thought to lie a
/// trifle to the right of the point and a trifle less above the middle, so that it passes no vertex. Which edges it
/// crosses then follows from the side of each edge on which the point lies: where an edge under or over the point
/// crosses the middle, one of both legs crosses it, or both, or neither, as its slope says.
fn locate([x, y]: Xy, edges: &[Edge], middle: f64, mut is_odd: bool) -> Location {
    for Edge { left, right } in edges {
        if x < left[0] {
            continue;
        }
        let (low, high) = (left[1].min(right[1]), left[1].max(right[1]));
        let crosses_middle = low <= middle && middle < high;
        let is_beside = x <= right[0] && low <= y && y <= high;
        let side = if is_beside { orientation(*left, *right, [x, y]) } else { y - low };
        if is_beside && is_zero(side) {
            return Location::Boundary;
        }
        if x >= right[0] {
            is_odd ^= crosses_middle;
            continue;
        }
        let is_above = side > 0.0;
        is_odd ^= is_above != if crosses_middle { left[1] < right[1] } else { high <= middle };
    }
    if is_odd { Location::Inside } else { Location::Outside }
}
