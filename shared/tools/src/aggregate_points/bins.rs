//! Squares and hexagons of one size on a grid that begins at the origin, so that they are the same for any points.
//!
//! Squares are half open: a point on a border is in the bin to the right of it, or above. Hexagons have a flat top; their
//! size is the distance of opposite sides. A point is in the hexagon whose centre is nearest.

use crate::summaries::{EmptyAreas, Plan, Summed};
use crate::within::Piece;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, Feature, FeatureSet, Geometry, GeometryType, Path, Xy};
use std::collections::BTreeMap;

/// The shape of bins.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Shape {
    Square,
    Hexagon,
}

/// A grid of bins.
pub(super) struct Bins {
    shape: Shape,
    /// The side of a square, the distance of opposite sides of a hexagon, in units of the coordinates.
    size: f64,
    /// Between the middles of two columns.
    column_width: f64,
}

/// A bin by its row and column: they sort from south to north, then from west to east.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bin {
    row: i64,
    column: i64,
}

/// Bins farther from the origin than this many are no longer exact.
const MOST_BINS_FROM_ORIGIN: f64 = 1e9;

impl Bins {
    /// A grid; `size` is positive.
    pub(super) fn new(shape: Shape, size: f64) -> Bins {
        let column_width = match shape {
            Shape::Square => size,
            // Three quarters of the width of a hexagon, which is 2 / √3 of its height.
            Shape::Hexagon => size * 0.75_f64.sqrt(),
        };
        Bins { shape, size, column_width }
    }

    /// Whether the bins are large enough for coordinates in this box.
    pub(super) fn reach(&self, envelope: &Envelope) -> bool {
        let sides = [envelope.xmin, envelope.ymin, envelope.xmax, envelope.ymax];
        sides.iter().all(|side| (side / self.size).abs() < MOST_BINS_FROM_ORIGIN)
    }

    /// The bin of a point.
    pub(super) fn bin_of(&self, [x, y]: Xy) -> Bin {
        let column = (x / self.column_width).floor() as i64;
        if self.shape == Shape::Square {
            return Bin { row: (y / self.size).floor() as i64, column };
        }
        let nearest_in = |column: i64| {
            let row = (y / self.size - self.shift(column) + 0.5).floor() as i64;
            let bin = Bin { row, column };
            let [center_x, center_y] = self.center(bin);
            ((x - center_x).hypot(y - center_y), bin)
        };
        let (left, right) = (nearest_in(column), nearest_in(column + 1));
        if left.0 <= right.0 { left.1 } else { right.1 }
    }

    /// The clockwise ring around a bin. Neighbours have equal vertices: these are multiples of half a size.
    pub(super) fn ring(&self, bin: Bin) -> Path {
        let (column, row) = (bin.column as f64, bin.row as f64);
        if self.shape == Shape::Square {
            let at = |right: f64, up: f64| [(column + right) * self.size, (row + up) * self.size];
            return Path::from_xy(vec![at(0.0, 0.0), at(0.0, 1.0), at(1.0, 1.0), at(1.0, 0.0), at(0.0, 0.0)]);
        }
        // Across in quarters of the width, of which a column is three; up in halves of the height.
        let (across, up) = (3.0 * column, 2.0 * (row + self.shift(bin.column)));
        let at = |right: f64, above: f64| {
            [(across + right) * (self.column_width / 3.0), (up + above) * (self.size / 2.0)]
        };
        Path::from_xy(vec![
            at(-2.0, 0.0),
            at(-1.0, 1.0),
            at(1.0, 1.0),
            at(2.0, 0.0),
            at(1.0, -1.0),
            at(-1.0, -1.0),
            at(-2.0, 0.0),
        ])
    }

    /// How many vertices the bins around this box have at most.
    pub(super) fn vertices_over(&self, envelope: &Envelope) -> f64 {
        let (columns, rows) = self.span(envelope);
        let vertices = if self.shape == Shape::Square { 5.0 } else { 7.0 };
        (columns.1 - columns.0 + 1) as f64 * (rows.1 - rows.0 + 1) as f64 * vertices
    }

    /// The bins whose boxes touch this box, which is not empty; squares, that have a point of it.
    pub(super) fn over(&self, envelope: &Envelope) -> Vec<Bin> {
        let (columns, rows) = self.span(envelope);
        let all =
            (rows.0..=rows.1).flat_map(|row| (columns.0..=columns.1).map(move |column| Bin { row, column }));
        if self.shape == Shape::Square {
            return all.collect();
        }
        let (half_width, half_height) = (self.column_width / 1.5, self.size / 2.0);
        let touches = |bin: &Bin| {
            let [x, y] = self.center(*bin);
            let around = Envelope {
                xmin: x - half_width,
                ymin: y - half_height,
                xmax: x + half_width,
                ymax: y + half_height,
            };
            around.intersects(envelope)
        };
        all.filter(touches).collect()
    }

    /// The first and last column and row that may touch a box.
    fn span(&self, envelope: &Envelope) -> ((i64, i64), (i64, i64)) {
        // Hexagons reach over their column, and every other column is shifted.
        let more = i64::from(self.shape == Shape::Hexagon);
        let from_to = |low: f64, high: f64, step: f64| {
            ((low / step).floor() as i64 - more, (high / step).floor() as i64 + more)
        };
        (
            from_to(envelope.xmin, envelope.xmax, self.column_width),
            from_to(envelope.ymin, envelope.ymax, self.size),
        )
    }

    /// The centre of a hexagon.
    fn center(&self, bin: Bin) -> Xy {
        [bin.column as f64 * self.column_width, (bin.row as f64 + self.shift(bin.column)) * self.size]
    }

    /// Every other column of hexagons is half a hexagon higher.
    fn shift(&self, column: i64) -> f64 {
        if column.rem_euclid(2) == 1 { 0.5 } else { 0.0 }
    }
}

/// The bins in their order, with what is summed up of the points in each.
///
/// # Errors
/// The run was stopped.
pub(super) fn fill(
    bins: &Bins,
    points: &FeatureSet,
    plan: &Plan<'_>,
    empty_areas: EmptyAreas,
    context: &RunContext,
) -> Result<(FeatureSet, Vec<Summed>), ToolError> {
    let mut filled: BTreeMap<Bin, Summed> = BTreeMap::new();
    let envelope = points.envelope();
    if empty_areas == EmptyAreas::Keep && !envelope.is_empty() {
        filled.extend(bins.over(&envelope).into_iter().map(|bin| (bin, Summed::default())));
    }
    for (row, feature) in points.features.iter().enumerate() {
        context.check()?;
        match &feature.geometry {
            Some(Geometry::Point(point)) => {
                let bin = filled.entry(bins.bin_of(point.xy)).or_default();
                plan.add(bin, Piece { row, amount: 1.0, share: 1.0 });
            }
            Some(Geometry::Multipoint(all)) => {
                let mut counts: BTreeMap<Bin, f64> = BTreeMap::new();
                for xy in &all.xy {
                    *counts.entry(bins.bin_of(*xy)).or_default() += 1.0;
                }
                for (bin, amount) in counts {
                    let share = amount / all.xy.len() as f64;
                    plan.add(filled.entry(bin).or_default(), Piece { row, amount, share });
                }
            }
            _ => {}
        }
    }
    let mut areas = FeatureSet {
        geometry_type: Some(GeometryType::Polygon),
        spatial_reference: points.spatial_reference.clone(),
        ..FeatureSet::default()
    };
    let mut summed = Vec::with_capacity(filled.len());
    for (bin, within) in filled {
        let geometry = Some(Geometry::Polygon(vec![bins.ring(bin)]));
        areas.features.push(Feature { attributes: Vec::new(), geometry });
        summed.push(within);
    }
    Ok((areas, summed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_geometry::{Location, PreparedPolygon, area, is_clockwise};

    #[test]
    fn every_point_is_in_its_bin_and_the_bins_have_the_area_of_their_size() {
        for (shape, expected) in [(Shape::Square, 9.0), (Shape::Hexagon, 9.0 * 0.75_f64.sqrt())] {
            let bins = Bins::new(shape, 3.0);
            for step in 0..500 {
                let xy = [f64::from(step * 37 % 101) - 50.3, f64::from(step * 53 % 97) - 48.7];
                let ring = bins.ring(bins.bin_of(xy));
                assert!(is_clockwise(&ring.xy));
                assert!((area(std::slice::from_ref(&ring)) - expected).abs() < 1e-12);
                assert_ne!(PreparedPolygon::new(&[ring]).locate(xy), Location::Outside, "{xy:?}");
            }
        }
    }

    #[test]
    fn neighbours_have_equal_vertices() {
        let bins = Bins::new(Shape::Hexagon, 0.7);
        let (here, right) = (bins.ring(Bin { row: 4, column: 6 }), bins.ring(Bin { row: 4, column: 7 }));
        let shared = here.xy[..6].iter().filter(|xy| right.xy.contains(xy)).count();
        assert_eq!(shared, 2);
    }

    #[test]
    fn the_bins_over_a_box_hold_every_point_of_it() {
        let bins = Bins::new(Shape::Hexagon, 2.0);
        let envelope = Envelope { xmin: -7.3, ymin: -3.1, xmax: 4.4, ymax: 9.9 };
        let over = bins.over(&envelope);
        for step in 0..400 {
            let xy = [-7.3 + 11.7 * f64::from(step % 20) / 19.0, -3.1 + 13.0 * f64::from(step / 20) / 19.0];
            assert!(over.contains(&bins.bin_of(xy)), "{xy:?}");
        }
        assert!(over.len() as f64 * 7.0 <= bins.vertices_over(&envelope));
    }
}
