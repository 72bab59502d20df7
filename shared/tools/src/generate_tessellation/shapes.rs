//! Regular tessellations: the corners of a shape are whole numbers of steps of one lattice.

use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Path, Xy};

/// A shape that covers a share of a step more than the extent, by rounding alone, is none.
const ROUNDING: f64 = 1e-9;

/// How shapes are arranged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pattern {
    /// Hexagons with sides at top and bottom; odd columns are half a row higher.
    Hexagon,
    /// Hexagons with sides at left and right; odd rows are half a column further right.
    TransverseHexagon,
    /// Squares.
    Square,
    /// Squares on a corner; odd columns are half a row higher.
    Diamond,
    /// Equilateral triangles, which point up and down by turns.
    Triangle,
}

/// A pattern in its place.
pub(super) struct Lattice {
    pattern: Pattern,
    /// Where the lattice starts: the lower left corner of the extent.
    origin: Xy,
    /// The length of a step along x and y.
    step: Xy,
    /// The size of the extent in steps.
    size: Xy,
}

impl Pattern {
    /// The steps with which a shape has this area.
    fn step(self, area: f64) -> Xy {
        let half_height = 3.0_f64.sqrt() / 2.0;
        match self {
            Pattern::Hexagon | Pattern::TransverseHexagon => {
                let side = (area / (3.0 * half_height)).sqrt();
                let (short, long) = (side / 2.0, side * half_height);
                if self == Pattern::Hexagon { [short, long] } else { [long, short] }
            }
            Pattern::Square => [area.sqrt(); 2],
            Pattern::Diamond => [(area / 2.0).sqrt(); 2],
            Pattern::Triangle => {
                let side = (2.0 * area / half_height).sqrt();
                [side / 2.0, side * half_height]
            }
        }
    }

    /// Steps from a column to the next, and from a row to the next.
    fn pitch(self) -> [i64; 2] {
        match self {
            Pattern::Hexagon => [3, 2],
            Pattern::TransverseHexagon => [2, 3],
            Pattern::Square | Pattern::Triangle => [1, 1],
            Pattern::Diamond => [1, 2],
        }
    }

    /// The corners of a shape clockwise, in steps.
    fn corners(self, [column, row]: [i64; 2]) -> Vec<[i64; 2]> {
        let is_odd = |number: i64| number.rem_euclid(2);
        let (middle, offsets): ([i64; 2], &[[i64; 2]]) = match self {
            Pattern::Hexagon => (
                [3 * column, 2 * row + is_odd(column)],
                &[[-2, 0], [-1, 1], [1, 1], [2, 0], [1, -1], [-1, -1]],
            ),
            Pattern::TransverseHexagon => {
                ([2 * column + is_odd(row), 3 * row], &[[0, 2], [1, 1], [1, -1], [0, -2], [-1, -1], [-1, 1]])
            }
            Pattern::Square => ([column, row], &[[0, 0], [0, 1], [1, 1], [1, 0]]),
            Pattern::Diamond => ([column, 2 * row + is_odd(column)], &[[-1, 0], [0, 1], [1, 0], [0, -1]]),
            Pattern::Triangle if is_odd(column + row) == 0 => ([column, row], &[[0, 0], [1, 1], [2, 0]]),
            Pattern::Triangle => ([column, row], &[[0, 1], [2, 1], [1, 0]]),
        };
        offsets.iter().map(|[x, y]| [middle[0] + x, middle[1] + y]).collect()
    }
}

impl Lattice {
    /// The lattice of shapes of this area, in squared units of the coordinates, that starts where the extent does.
    pub(super) fn new(pattern: Pattern, area: f64, extent: &Envelope) -> Lattice {
        let step = pattern.step(area);
        let size = [(extent.xmax - extent.xmin) / step[0], (extent.ymax - extent.ymin) / step[1]];
        Lattice { pattern, origin: [extent.xmin, extent.ymin], step, size }
    }

    /// How many shapes there are, or a few more.
    pub(super) fn estimated_count(&self) -> f64 {
        let [columns, rows] = self.pattern.pitch();
        (self.size[0] / columns as f64 + 2.0) * (self.size[1] / rows as f64 + 2.0)
    }

    /// Column and row of every shape whose box overlaps the extent, column by column.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn cells(&self, context: &RunContext) -> Result<Vec<[i64; 2]>, ToolError> {
        let [column_pitch, row_pitch] = self.pattern.pitch();
        // No shape reaches further than three steps from where its column and row start.
        let last = |size: f64, pitch: i64| (size.ceil() as i64 + 3) / pitch + 1;
        let mut cells = Vec::new();
        for column in -3..=last(self.size[0], column_pitch) {
            context.check()?;
            for row in -3..=last(self.size[1], row_pitch) {
                if self.overlaps([column, row]) {
                    cells.push([column, row]);
                }
            }
        }
        Ok(cells)
    }

    fn overlaps(&self, cell: [i64; 2]) -> bool {
        let corners = self.pattern.corners(cell);
        [0, 1].into_iter().all(|axis| {
            let along = corners.iter().map(|corner| corner[axis] as f64);
            let (least, most) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            });
            let size = self.size[axis];
            // Of an extent that is smaller than the rounding, the first shape remains.
            most > 0.0 && least < (size - ROUNDING * size.max(1.0)).max(ROUNDING)
        })
    }

    /// The outline of a shape.
    pub(super) fn ring(&self, cell: [i64; 2]) -> Path {
        let place = |[x, y]: [i64; 2]| {
            [self.origin[0] + x as f64 * self.step[0], self.origin[1] + y as f64 * self.step[1]]
        };
        let mut ring: Vec<Xy> = self.pattern.corners(cell).into_iter().map(place).collect();
        ring.push(ring[0]);
        Path::from_xy(ring)
    }
}
