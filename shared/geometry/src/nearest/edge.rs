//! Where along an edge in degrees the place nearest to a position lies, for tools that cut edges there.

use super::geodesic::{Globe, cut};
use crate::crs::Ellipsoid;
use gp_esri::Xy;

/// Measures from positions to edges that are straight in degrees.
pub struct EdgeGauge {
    globe: Globe,
}

/// Room for the pieces of one edge, however long.
const ROOM: usize = 1_000;

impl EdgeGauge {
    /// For positions in degrees on this ellipsoid.
    pub fn new(ellipsoid: Ellipsoid) -> EdgeGauge {
        EdgeGauge { globe: Globe::new(ellipsoid) }
    }

    /// The distance in metres from a position to an edge, and the share of the way along it, 0 to 1, at which it is
    /// nearest; the first of several. NaN where one of them has no place on the ellipsoid.
    pub fn nearest(&self, from: Xy, edge: [Xy; 2]) -> (f64, f64) {
        let pieces = cut(vec![edge], ROOM);
        let count = pieces.len() as f64;
        let mut best = (f64::NAN, 0.0);
        for (number, piece) in pieces.into_iter().enumerate() {
            let link = self.globe.link([from, from], piece, f64::INFINITY);
            if best.0.is_nan() || link.distance < best.0 {
                best = (link.distance, (number as f64 + share(link.to, piece)) / count);
            }
        }
        best
    }
}

/// How far along a piece one of its places lies, whose longitude may have turned round.
fn share(place: Xy, [a, b]: [Xy; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let along = if dx.abs() > dy.abs() {
        let turned = place[0] - a[0] - dx / 2.0;
        (turned - 360.0 * (turned / 360.0).round() + dx / 2.0) / dx
    } else {
        (place[1] - a[1]) / dy
    };
    // No number where the piece has no length.
    if along.is_nan() { 0.0 } else { along.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::WGS84_ELLIPSOID;

    #[test]
    fn the_share_is_that_of_the_nearest_place_on_short_long_and_turned_edges() {
        let gauge = EdgeGauge::new(WGS84_ELLIPSOID);
        let near = |from: Xy, edge: [Xy; 2], expected: f64| {
            let (distance_m, share) = gauge.nearest(from, edge);
            assert!((share - expected).abs() < 1e-9 && distance_m < 120_000.0, "{distance_m} {share}");
        };
        near([25.0, 1.0], [[0.0, 0.0], [100.0, 0.0]], 0.25);
        near([-179.75, 1.0], [[179.0, 0.0], [181.0, 0.0]], 0.625);
        near([10.0, 20.5], [[10.0, 20.0], [10.0, 21.0]], 0.5);
        near([1.0, -1.0], [[1.0, 0.0], [1.0, 1.0]], 0.0);
        near([1.0, 1.0], [[1.0, 0.5], [1.0, 0.5]], 0.0);
        assert!(gauge.nearest([0.0, 91.0], [[0.0, 0.0], [1.0, 0.0]]).0.is_nan());
    }
}
