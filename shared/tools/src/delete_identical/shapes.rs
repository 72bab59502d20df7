//! Which geometries have been seen, exactly or within a tolerance.

#![expect(
    clippy::float_cmp,
    reason = "without a tolerance shapes are the same only where their vertices are"
)]

use crate::along::Ruler;
use gp_esri::{Geometry, Path, Xy};
use std::collections::HashMap;

/// Metres a degree of latitude, at the least: cells made with it are large enough everywhere.
const LEAST_METERS_PER_DEGREE: f64 = 110_000.0;

/// The geometries that are kept, by the cell of a grid that the lower left corner of their box lies in, and their
/// vertices' count.
pub(super) struct Shapes<'a> {
    ruler: &'a Ruler,
    tolerance: f64,
    /// The height of a cell, in units of the coordinates. Cells of 0 hold one value each.
    cell: f64,
    kept: HashMap<Key, Vec<Option<&'a Geometry>>>,
}

/// Column, row, number of vertices.
type Key = (i64, i64, usize);

impl<'a> Shapes<'a> {
    /// Knows no shape yet. `tolerance` is in units of the ruler.
    pub(super) fn new(ruler: &'a Ruler, tolerance: f64) -> Shapes<'a> {
        let cell = match ruler {
            Ruler::Planar => tolerance,
            Ruler::Geodesic { degrees_per_unit, .. } => {
                tolerance / LEAST_METERS_PER_DEGREE / degrees_per_unit
            }
        };
        Shapes { ruler, tolerance, cell, kept: HashMap::new() }
    }

    /// Whether no shape like this one is known; from now on it is.
    pub(super) fn is_new(&mut self, geometry: Option<&'a Geometry>) -> bool {
        let (corner, count) = match geometry {
            Some(geometry) => {
                let envelope = geometry.envelope();
                ([envelope.xmin, envelope.ymin], geometry.vertex_count())
            }
            None => ([0.0, 0.0], 0),
        };
        let is_known = self.keys_around(corner, count).iter().any(|key| {
            self.kept.get(key).is_some_and(|known| known.iter().any(|known| self.same(*known, geometry)))
        });
        if !is_known {
            let row = self.row(corner[1]);
            let key = (self.column(corner[0], row), row, count);
            self.kept.entry(key).or_default().push(geometry);
        }
        !is_known
    }

    fn row(&self, y: f64) -> i64 {
        cell_of(y, self.cell)
    }

    fn column(&self, x: f64, row: i64) -> i64 {
        cell_of(x, self.cell_width(row))
    }

    /// The width of the cells of a row, the same for all that lie in it: on the ellipsoid wider towards the poles.
    fn cell_width(&self, row: i64) -> f64 {
        let Ruler::Geodesic { degrees_per_unit, .. } = self.ruler else { return self.cell };
        // The latitude, within the row and the ones beside it, that is nearest to a pole.
        let latitude = (row.unsigned_abs() + 2) as f64 * self.cell * degrees_per_unit;
        let shrink = latitude.min(90.0).to_radians().cos();
        let turn = 360.0 / degrees_per_unit;
        (self.cell / shrink.max(f64::MIN_POSITIVE)).min(turn)
    }

    /// The cells in which shapes within the tolerance have their corners.
    fn keys_around(&self, [x, y]: Xy, count: usize) -> Vec<Key> {
        let row = self.row(y);
        if self.cell <= 0.0 {
            return vec![(self.column(x, row), row, count)];
        }
        let turns: &[f64] = match self.ruler {
            Ruler::Planar => &[0.0],
            Ruler::Geodesic { .. } => &[-360.0, 0.0, 360.0],
        };
        let mut keys = Vec::new();
        for row in row.saturating_sub(1)..=row.saturating_add(1) {
            let width = self.cell_width(row);
            for turn in turns {
                let turn = match self.ruler {
                    Ruler::Geodesic { degrees_per_unit, .. } => turn / degrees_per_unit,
                    Ruler::Planar => *turn,
                };
                // The corner may be in a row whose cells are narrower; a cell here is as wide as the tolerance anyway.
                let (first, last) = (cell_of(x + turn - width, width), cell_of(x + turn + width, width));
                keys.extend((first..=last).map(|column| (column, row, count)));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn same(&self, a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(Geometry::Point(a)), Some(Geometry::Point(b))) => {
                self.near(a.xy, b.xy) && (self.tolerance > 0.0 || (a.z == b.z && a.m == b.m))
            }
            (Some(Geometry::Multipoint(a)), Some(Geometry::Multipoint(b))) => self.same_from(a, b, 0, false),
            (Some(Geometry::Polyline(a)), Some(Geometry::Polyline(b))) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_from(a, b, 0, false))
            }
            (Some(Geometry::Polygon(a)), Some(Geometry::Polygon(b))) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_ring(a, b))
            }
            _ => false,
        }
    }

    /// Whether a ring is the other, which may begin at another vertex.
    fn same_ring(&self, a: &Path, b: &Path) -> bool {
        let count = a.xy.len().saturating_sub(1);
        a.xy.len() == b.xy.len() && (0..count).any(|start| self.same_from(a, b, start, true))
    }

    /// Whether the vertices of `a` are those of `b` from `start` on; those of a ring go on at its beginning.
    fn same_from(&self, a: &Path, b: &Path, start: usize, is_ring: bool) -> bool {
        if a.xy.len() != b.xy.len() {
            return false;
        }
        let count = if is_ring { a.xy.len() - 1 } else { a.xy.len() };
        (0..count).all(|index| {
            let other = (start + index) % count;
            let same_value = |a: &[f64], b: &[f64]| {
                let of =
                    |values: &[f64], index: usize| values.get(index).copied().filter(|value| !value.is_nan());
                of(a, index) == of(b, other)
            };
            self.near(a.xy[index], b.xy[other])
                && (self.tolerance > 0.0 || (same_value(&a.z, &b.z) && same_value(&a.m, &b.m)))
        })
    }

    fn near(&self, a: Xy, b: Xy) -> bool {
        if self.tolerance > 0.0 { self.ruler.distance(a, b) <= self.tolerance } else { a == b }
    }
}

/// The number of the cell that a coordinate lies in; of cells without size, of the coordinate itself.
fn cell_of(value: f64, cell: f64) -> i64 {
    if cell > 0.0 {
        (value / cell).floor() as i64
    } else {
        // Minus zero equals zero.
        (value + 0.0).to_bits() as i64
    }
}
