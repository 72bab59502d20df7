//! The azimuthal equidistant plane around a center: metres east and north, by geodesics from the center.
//!
//! Distances from the center are exact. Between a point `r` from the center and one at distance `d` from it the plane
//! is off by about `(r / R)² / 6` of `d` (R the earth's radius): 0.01 % for r = 150 km.

use crate::geodesic::Geodesy;
use gp_esri::Xy;

/// The plane around one center.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalPlane<'a> {
    geodesy: &'a Geodesy,
    center: Xy,
}

impl<'a> LocalPlane<'a> {
    /// The plane around a position in degrees.
    pub(crate) fn new(geodesy: &'a Geodesy, center: Xy) -> LocalPlane<'a> {
        LocalPlane { geodesy, center }
    }

    /// Longitude and latitude to metres.
    pub(crate) fn project(&self, position: Xy) -> Xy {
        let inverse = self.geodesy.inverse(self.center, position);
        let (sin, cos) = inverse.azimuth_start_deg.to_radians().sin_cos();
        [inverse.distance_m * sin, inverse.distance_m * cos]
    }

    /// Metres to longitude and latitude; the longitude is the one nearest to the center's.
    pub(crate) fn unproject(&self, [x, y]: Xy) -> Xy {
        self.geodesy.direct(self.center, x.atan2(y).to_degrees(), x.hypot(y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::WGS84_ELLIPSOID;

    #[test]
    fn there_and_back_is_where_it_was_across_the_antimeridian_too() {
        let geodesy = Geodesy::new(WGS84_ELLIPSOID);
        let plane = LocalPlane::new(&geodesy, [179.5, 65.0]);
        for position in [[179.5, 65.0], [-179.0, 64.0], [170.0, 70.0]] {
            let [longitude, latitude] = plane.unproject(plane.project(position));
            let turned = (longitude - position[0]).rem_euclid(360.0);
            assert!(turned.min(360.0 - turned) < 1e-9 && (latitude - position[1]).abs() < 1e-9);
        }
    }
}
