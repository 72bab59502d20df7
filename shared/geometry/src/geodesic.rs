//! Geodesics on an ellipsoid: lengths, areas, directions and dense lines, by Karney's method (GeographicLib).
//!
//! All positions are longitude and latitude in degrees. Rings are Esri's: exteriors clockwise, holes counter-clockwise;
//! GeographicLib counts the other way round, and its unsigned area of a clockwise ring is that of the rest of the
//! earth, so areas are taken signed and made absolute ring by ring.

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic, PolygonArea, Winding};
use gp_esri::{Path, Xy};

use crate::crs::Ellipsoid;

/// An ellipsoid made ready for measuring.
#[derive(Clone, Debug)]
pub struct Geodesy {
    geodesic: Geodesic,
    ellipsoid: Ellipsoid,
    earth_area_m2: f64,
}

/// The way between two positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inverse {
    /// Length of the shortest line in metres.
    pub distance_m: f64,
    /// Direction at its start, clockwise from north, -180 to 180.
    pub azimuth_start_deg: f64,
    /// Direction at its end, clockwise from north, -180 to 180.
    pub azimuth_end_deg: f64,
}

/// A position in degrees as geocentric x, y and z in metres, on the surface of the ellipsoid. The straight line between
/// two of them is never longer than the geodesic, and hardly shorter between neighbours.
pub fn geocentric([longitude, latitude]: Xy, ellipsoid: Ellipsoid) -> [f64; 3] {
    geocentric_of_radians([longitude.to_radians(), latitude.to_radians()], ellipsoid)
}

/// [`geocentric`] of a position in radians.
pub(crate) fn geocentric_of_radians([longitude, latitude]: Xy, ellipsoid: Ellipsoid) -> [f64; 3] {
    let ((sin, cos), (sin_longitude, cos_longitude)) = (latitude.sin_cos(), longitude.sin_cos());
    let squared_eccentricity = ellipsoid.f * (2.0 - ellipsoid.f);
    let normal_m = ellipsoid.a_m / (1.0 - squared_eccentricity * sin * sin).sqrt();
    let (ring_m, z_m) = (normal_m * cos, normal_m * (1.0 - squared_eccentricity) * sin);
    [ring_m * cos_longitude, ring_m * sin_longitude, z_m]
}

/// More pieces than this in one edge is a mistake in the units, not a wish.
const MAX_PIECES_PER_EDGE: f64 = 100_000.0;

impl Geodesy {
    /// Prepares the series for one ellipsoid.
    pub fn new(ellipsoid: Ellipsoid) -> Geodesy {
        let geodesic = Geodesic::new(ellipsoid.a_m, ellipsoid.f);
        let earth_area_m2 = geodesic.area();
        Geodesy { geodesic, ellipsoid, earth_area_m2 }
    }

    /// The ellipsoid.
    pub fn ellipsoid(&self) -> Ellipsoid {
        self.ellipsoid
    }

    /// The shortest line between two positions; NaN where a position is no longitude and latitude.
    pub fn inverse(&self, from: Xy, to: Xy) -> Inverse {
        let nan = f64::NAN;
        if !(is_position(from) && is_position(to)) {
            return Inverse { distance_m: nan, azimuth_start_deg: nan, azimuth_end_deg: nan };
        }
        let (distance_m, azimuth_start_deg, azimuth_end_deg, _) =
            self.geodesic.inverse(from[1], from[0], to[1], to[0]);
        Inverse { distance_m, azimuth_start_deg, azimuth_end_deg }
    }

    /// The length of the shortest line in metres.
    pub fn distance_m(&self, from: Xy, to: Xy) -> f64 {
        if !(is_position(from) && is_position(to)) {
            return f64::NAN;
        }
        self.geodesic.inverse(from[1], from[0], to[1], to[0])
    }

    /// Where one arrives after a distance in a direction (clockwise from north). The longitude continues that of
    /// `from` and may leave -180 to 180, so that a circle across the antimeridian stays in one piece.
    pub fn direct(&self, from: Xy, azimuth_deg: f64, distance_m: f64) -> Xy {
        if !(is_position(from) && azimuth_deg.is_finite() && distance_m.is_finite()) {
            return [f64::NAN; 2];
        }
        let (latitude, longitude): (f64, f64) =
            self.geodesic.direct(from[1], from[0], azimuth_deg, distance_m);
        [longitude + 360.0 * ((from[0] - longitude) / 360.0).round(), latitude]
    }

    /// The length of a line in metres.
    pub fn length_m(&self, line: &[Xy]) -> f64 {
        line.windows(2).map(|pair| self.distance_m(pair[0], pair[1])).sum()
    }

    /// The area within one ring in square metres, whichever way it turns; rings around a pole included.
    ///
    /// A ring that goes once around the earth holds the pole of the smaller part.
    pub fn ring_area_m2(&self, ring: &[Xy]) -> f64 {
        self.signed_area_m2(ring).abs()
    }

    /// The area of a polygon in square metres: rings that turn clockwise add, the others take away.
    ///
    /// Esri's orientation, made sure of by repair, is trusted; the result is never negative.
    pub fn polygon_area_m2(&self, rings: &[Path]) -> f64 {
        let sum: f64 = rings.iter().map(|ring| self.signed_area_m2(&ring.xy)).sum();
        sum.abs()
    }

    /// Lengths of all paths of a polyline, or of the outline of a polygon, in metres.
    pub fn total_length_m(&self, paths: &[Path]) -> f64 {
        paths.iter().map(|path| self.length_m(&path.xy)).sum()
    }

    /// Puts positions into every edge, along its geodesic, so that no piece is longer than `max_length_m`.
    pub fn densify(&self, line: &[Xy], max_length_m: f64) -> Vec<Xy> {
        let mut dense = Vec::with_capacity(line.len());
        dense.extend(line.first());
        for pair in line.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let way = self.inverse(from, to);
            let pieces = (way.distance_m / max_length_m).ceil().min(MAX_PIECES_PER_EDGE);
            // NaN and infinite counts leave the edge alone.
            if pieces >= 2.0 && max_length_m > 0.0 {
                dense.extend(self.between(from, way, pieces as usize));
            }
            dense.push(to);
        }
        dense
    }

    /// The positions that cut a way from `from` into pieces of one length, without its ends. Longitudes go on from that of
    /// `from` and may leave -180 to 180.
    pub fn between(&self, from: Xy, way: Inverse, pieces: usize) -> impl Iterator<Item = Xy> + '_ {
        let mut previous = from[0];
        let position = move |piece: usize| {
            let distance_m = way.distance_m * piece as f64 / pieces as f64;
            let [longitude, latitude] = self.direct(from, way.azimuth_start_deg, distance_m);
            previous = longitude + 360.0 * ((previous - longitude) / 360.0).round();
            [previous, latitude]
        };
        (1..pieces).map(position)
    }

    /// Positive for clockwise rings. NaN where a vertex is no position.
    fn signed_area_m2(&self, ring: &[Xy]) -> f64 {
        if !ring.iter().copied().all(is_position) {
            return f64::NAN;
        }
        let open = match ring.split_last() {
            Some((last, rest)) if ring.len() > 1 && ring.first() == Some(last) => rest,
            _ => ring,
        };
        if open.len() < 3 {
            return 0.0;
        }
        let mut polygon = PolygonArea::new(&self.geodesic, Winding::Clockwise);
        for [longitude, latitude] in open {
            polygon.add_point(*latitude, *longitude);
        }
        let (_, area_m2, _) = polygon.compute(true);
        if area_m2.abs() > self.earth_area_m2 / 2.0 {
            area_m2 - self.earth_area_m2.copysign(area_m2)
        } else {
            area_m2
        }
    }
}

/// Longitudes may be continued beyond 180°.
fn is_position([longitude, latitude]: Xy) -> bool {
    longitude.abs() <= 1e6 && latitude.abs() <= 90.0 + 1e-9
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "ends of lines and empty rings are exact")]
mod tests {
    use super::*;
    use crate::crs::WGS84_ELLIPSOID;

    fn wgs84() -> Geodesy {
        Geodesy::new(WGS84_ELLIPSOID)
    }

    fn near(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn measures_a_degree_of_the_equator_and_of_a_meridian() {
        near(wgs84().distance_m([0.0, 0.0], [1.0, 0.0]), 111_319.490_793_273_57, 1e-6);
        near(wgs84().distance_m([0.0, 0.0], [0.0, 1.0]), 110_574.388_557_799_7, 1e-3);
        near(wgs84().inverse([0.0, 0.0], [1.0, 0.0]).azimuth_start_deg, 90.0, 1e-9);
    }

    #[test]
    fn a_ring_has_the_same_area_whichever_way_it_turns() {
        let clockwise = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
        let mut counter = clockwise;
        counter.reverse();
        // GeographicLib, Planimeter: 12308778361.469452 m².
        near(wgs84().ring_area_m2(&clockwise), 12_308_778_361.469_452, 1.0);
        near(wgs84().ring_area_m2(&counter), 12_308_778_361.469_452, 1.0);
    }

    #[test]
    fn holes_take_away_and_the_antimeridian_does_not_matter() {
        let square = |x: f64, half: f64| {
            vec![[x - half, -half], [x - half, half], [x + half, half], [x + half, -half], [x - half, -half]]
        };
        let mut hole = square(180.0, 0.5);
        hole.reverse();
        let (outer, inner) = (square(180.0, 1.0), square(180.0, 0.5));
        let wrapped: Vec<Xy> =
            outer.iter().map(|[x, y]| [if *x > 180.0 { x - 360.0 } else { *x }, *y]).collect();
        let expected = wgs84().ring_area_m2(&square(0.0, 1.0)) - wgs84().ring_area_m2(&inner);
        let rings = [Path::from_xy(wrapped), Path::from_xy(hole)];
        near(wgs84().polygon_area_m2(&rings), expected, 1.0);
    }

    #[test]
    fn a_ring_around_the_pole_has_the_area_of_its_cap() {
        let ring: Vec<Xy> = (0..=36).map(|step| [f64::from(step) * 10.0, -60.0]).collect();
        let mut reversed = ring.clone();
        reversed.reverse();
        let area = wgs84().ring_area_m2(&ring);
        near(area, wgs84().ring_area_m2(&reversed), 1.0);
        assert!(area > 3.3e13 && area < 3.5e13, "{area}");
    }

    #[test]
    fn dense_lines_keep_their_ends_and_cross_the_antimeridian_in_one_piece() {
        let dense = wgs84().densify(&[[179.0, 10.0], [-179.0, 10.0]], 10_000.0);
        assert_eq!((dense[0], dense[dense.len() - 1]), ([179.0, 10.0], [-179.0, 10.0]));
        assert!(dense[1..dense.len() - 1].iter().all(|[x, _]| *x > 179.0 && *x < 181.0));
        assert!(dense.windows(2).all(|pair| wgs84().distance_m(pair[0], pair[1]) < 10_000.001));
    }

    #[test]
    fn nothing_panics_on_positions_that_are_none() {
        let bad = [f64::NAN, 0.0];
        assert!(wgs84().distance_m(bad, [0.0, 0.0]).is_nan());
        assert!(wgs84().ring_area_m2(&[[0.0, 0.0], bad, [1.0, 1.0]]).is_nan());
        assert!(wgs84().direct([0.0, 95.0], 0.0, 1.0)[0].is_nan());
        assert_eq!(wgs84().ring_area_m2(&[]), 0.0);
        assert_eq!(wgs84().densify(&[], 1.0).len(), 0);
        assert_eq!(wgs84().densify(&[[0.0, 0.0], [1.0, 0.0]], f64::NAN).len(), 2);
    }
}
