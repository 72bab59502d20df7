//! The 64-sided polygon that stands for a disc in every buffer.
//!
//! Separate because three places must agree on it to the last bit: buffers of points, their dissolve, and round ends.
//! Sixteen segments a quarter is what the peers use (GEOS `quad_segs=16`), so areas can be compared with theirs.

use std::f64::consts::PI;
use std::sync::LazyLock;

use gp_esri::{Path, Xy};

/// Sides of the polygon that stands for a full disc.
pub(crate) const SIDES: usize = 64;

/// The angle between two neighbouring vertices, in radians.
pub(crate) const STEP_RADIANS: f64 = 2.0 * PI / SIDES as f64;

/// The vertices of the unit disc, counter-clockwise from (1, 0).
///
/// Built from one quarter, so that the polygon is exactly symmetric under quarter turns.
pub(crate) static UNIT: LazyLock<[Xy; SIDES]> = LazyLock::new(|| {
    let mut unit = [[0.0; 2]; SIDES];
    for k in 0..SIDES / 4 {
        let (sin, cos) = (k as f64 * STEP_RADIANS).sin_cos();
        unit[k] = [cos, sin];
        unit[k + SIDES / 4] = [-sin, cos];
        unit[k + SIDES / 2] = [-cos, -sin];
        unit[k + 3 * SIDES / 4] = [sin, -cos];
    }
    unit
});

/// The disc around `center` as a clockwise, closed ring.
pub(crate) fn ring(center: Xy, radius: f64) -> Path {
    let mut xy = Vec::with_capacity(SIDES + 1);
    let unit = &*UNIT;
    xy.push(vertex(unit, center, radius, 0));
    xy.extend((0..SIDES).rev().map(|k| vertex(unit, center, radius, k)));
    Path::from_xy(xy)
}

/// Vertex `k` of the disc around `center`.
pub(crate) fn vertex(unit: &[Xy; SIDES], [x, y]: Xy, radius: f64, k: usize) -> Xy {
    let [cos, sin] = unit[k % SIDES];
    [x + radius * cos, y + radius * sin]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_is_closed_clockwise_and_has_64_sides() {
        let ring = ring([3.0, -2.0], 5.0);
        assert_eq!(ring.xy.len(), SIDES + 1);
        assert_eq!(ring.xy.first(), ring.xy.last());
        let doubled_area: f64 = ring.xy.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum();
        let expected = -(SIDES as f64) * 25.0 * STEP_RADIANS.sin();
        assert!((doubled_area - expected).abs() < 1e-9);
    }
}
