//! Edges cut into equal pieces, in the plane or along geodesics.

use crate::along::{Ruler, straight};
use gp_core::{RunContext, ToolError};
use gp_esri::{Geometry, Path, Xy};
use gp_geometry::is_valid_polygon;

/// An edge over so many degrees of longitude would go the other way around as a geodesic.
const HALF_TURN_DEG: f64 = 180.0;
/// There is no place beyond this latitude.
const POLE_DEG: f64 = 90.0;

/// What became of a feature.
#[derive(Default)]
pub(super) struct Dense {
    pub(super) geometry: Option<Geometry>,
    /// Whether it has edges that are no geodesics.
    pub(super) has_wide_edges: bool,
    /// Whether it is as it was, because it would not be valid.
    pub(super) would_cross: bool,
}

/// Puts vertices into edges.
pub(super) struct Cutter {
    /// Geodesic for degrees and a length in metres.
    pub(super) ruler: Ruler,
    /// The greatest length of a piece.
    pub(super) length: f64,
    /// The most pieces of an edge.
    pub(super) most: f64,
}

impl Cutter {
    fn pieces(&self, a: Xy, b: Xy) -> f64 {
        let length = match &self.ruler {
            Ruler::Geodesic { .. } if has_no_geodesic(a, b) => 0.0,
            ruler => ruler.distance(a, b),
        };
        // Rounding must not make a piece more of an edge that is a multiple of the length.
        let pieces = (length / self.length * (1.0 - 1e-12)).ceil().min(self.most);
        if pieces >= 1.0 { pieces } else { 1.0 }
    }

    /// How many edges there will be.
    pub(super) fn count(&self, geometry: Option<&Geometry>) -> f64 {
        let Some(Geometry::Polyline(paths) | Geometry::Polygon(paths)) = geometry else { return 0.0 };
        paths.iter().flat_map(|path| path.xy.windows(2)).map(|pair| self.pieces(pair[0], pair[1])).sum()
    }

    /// The feature with its edges cut.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn densify(
        &self,
        geometry: Option<&Geometry>,
        context: &RunContext,
    ) -> Result<Dense, ToolError> {
        let dense = |paths: &[Path]| {
            paths.iter().map(|path| self.dense(path, context)).collect::<Result<Vec<Path>, ToolError>>()
        };
        let (made, paths) = match geometry {
            Some(Geometry::Polyline(paths)) => (Geometry::Polyline(dense(paths)?), paths),
            Some(Geometry::Polygon(rings)) => (Geometry::Polygon(dense(rings)?), rings),
            other => return Ok(Dense { geometry: other.cloned(), ..Dense::default() }),
        };
        let mut edges = paths.iter().flat_map(|path| path.xy.windows(2));
        let is_geodesic = matches!(self.ruler, Ruler::Geodesic { .. });
        let has_wide_edges = is_geodesic && edges.any(|pair| has_no_geodesic(pair[0], pair[1]));
        // A geodesic leaves the straight line between its ends, and may meet what lies beside it.
        let would_cross =
            is_geodesic && matches!(&made, Geometry::Polygon(rings) if !is_valid_polygon(rings));
        let geometry = if would_cross { geometry.cloned() } else { Some(made) };
        Ok(Dense { geometry, has_wide_edges, would_cross })
    }

    fn dense(&self, path: &Path, context: &RunContext) -> Result<Path, ToolError> {
        let mut dense = Path::default();
        for index in 0..path.xy.len() {
            if index > 0 {
                self.cut(path, index - 1, &mut dense, context)?;
            }
            dense.xy.push(path.xy[index]);
            dense.z.extend(path.z.get(index));
            dense.m.extend(path.m.get(index));
        }
        Ok(dense)
    }

    /// Adds the new vertices of the edge from a vertex to the next.
    fn cut(
        &self,
        path: &Path,
        start: usize,
        dense: &mut Path,
        context: &RunContext,
    ) -> Result<(), ToolError> {
        let (a, b) = (path.xy[start], path.xy[start + 1]);
        let pieces = self.pieces(a, b) as usize;
        if pieces < 2 {
            return Ok(());
        }
        let share = |piece: usize| piece as f64 / pieces as f64;
        match &self.ruler {
            Ruler::Geodesic { geodesy, .. } => {
                // Longitudes go on from those of the edge, which may lie beyond 180.
                let middle = f64::midpoint(a[0], b[0]);
                let beside = |[x, y]: Xy| [x - 360.0 * ((x - middle) / 360.0).round(), y];
                for position in geodesy.between(a, geodesy.inverse(a, b), pieces) {
                    // One edge may be cut into millions of pieces.
                    context.check()?;
                    dense.xy.push(beside(position));
                }
            }
            Ruler::Planar => dense.xy.extend((1..pieces).map(|piece| straight(a, b, share(piece)))),
        }
        for (from, to) in [(&path.z, &mut dense.z), (&path.m, &mut dense.m)] {
            if let (Some(a), Some(b)) = (from.get(start), from.get(start + 1)) {
                to.extend((1..pieces).map(|piece| a + (b - a) * share(piece)));
            }
        }
        context.check()
    }
}

fn has_no_geodesic(a: Xy, b: Xy) -> bool {
    (a[0] - b[0]).abs() >= HALF_TURN_DEG || a[1].abs() > POLE_DEG || b[1].abs() > POLE_DEG
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::{Environment, Silent};
    use gp_geometry::Crs;
    use std::sync::Arc;

    #[test]
    fn one_edge_of_many_pieces_can_be_stopped() {
        let degrees = Crs::from_code(4326).unwrap();
        let cutter = Cutter { ruler: Ruler::natural(Some(&degrees)), length: 1.0, most: f64::INFINITY };
        let line = Geometry::Polyline(vec![Path::from_xy(vec![[0.0, 0.0], [80.0, 10.0]])]);
        assert!(cutter.count(Some(&line)) > 8e6);
        let stopped = RunContext::new(Environment::default(), Box::new(Silent), Arc::new(true.into()), None);
        assert!(matches!(cutter.densify(Some(&line), &stopped), Err(ToolError::Cancelled)));
    }
}
