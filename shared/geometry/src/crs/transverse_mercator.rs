//! Transverse Mercator on an ellipsoid: Krüger's series to the sixth order in the third flattening.
//!
//! By hand because most data is in UTM or a national grid of this projection. Coefficients: Krüger 1912 as extended in
//! C. Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85 (2011), equations 35 and 36;
//! conformal latitude: Karney, "On auxiliary latitudes" (2022), appendix. Good to nanometres within 35° of the meridian.

use std::f64::consts::{PI, TAU};

use super::Ellipsoid;
use gp_esri::Xy;

/// A transverse Mercator projection with everything folded into a few numbers.
#[derive(Clone, Debug)]
pub(super) struct TransverseMercator {
    longitude_0_rad: f64,
    /// Rectifying radius times scale factor, in units of the reference.
    scale: f64,
    x_0: f64,
    y_0: f64,
    to_rectifying: [f64; 6],
    from_rectifying: [f64; 6],
    to_conformal: [f64; 6],
    from_conformal: [f64; 6],
}

/// What the projection is made of; offsets in metres.
pub(super) struct Parameters {
    pub(super) ellipsoid: Ellipsoid,
    pub(super) latitude_0_rad: f64,
    pub(super) longitude_0_rad: f64,
    pub(super) scale_factor: f64,
    pub(super) x_0_m: f64,
    pub(super) y_0_m: f64,
    pub(super) unit_m: f64,
}

/// Beyond this many rectifying radii from the meridian the series has lost its meaning (PROJ has the same limit).
const MAX_ETA: f64 = 2.623_395_162_778;
/// Further from the meridian the projection folds the other side of the earth over the poles: formally defined, but no
/// place that anybody means by these coordinates.
const MAX_LONGITUDE_RAD: f64 = 80.0 / 180.0 * PI;
/// sin 10°: within 10° of a pole every longitude is near the meridian's great circle, and is kept.
const POLAR_COSINE: f64 = 0.173_648_177_666_930_34;

/// Whether a place lies where the projection is meant for: `lambda` is its longitude from the central meridian, in
/// radians between -π and π, `cos_latitude` the cosine of its latitude of any kind.
pub(super) fn is_usable(lambda: f64, cos_latitude: f64) -> bool {
    lambda.abs() <= MAX_LONGITUDE_RAD || cos_latitude <= POLAR_COSINE
}

impl TransverseMercator {
    pub(super) fn new(parameters: &Parameters) -> TransverseMercator {
        let f = parameters.ellipsoid.f;
        let n = f / (2.0 - f);
        let n2 = n * n;
        let radius_m =
            parameters.ellipsoid.a_m / (1.0 + n) * (1.0 + n2 / 4.0 + n2 * n2 / 64.0 + n2.powi(3) / 256.0);
        let scale = radius_m * parameters.scale_factor / parameters.unit_m;
        let mut projection = TransverseMercator {
            longitude_0_rad: parameters.longitude_0_rad,
            scale,
            x_0: parameters.x_0_m / parameters.unit_m,
            y_0: parameters.y_0_m / parameters.unit_m,
            to_rectifying: evaluate(&TO_RECTIFYING, n),
            from_rectifying: evaluate(&FROM_RECTIFYING, n),
            to_conformal: evaluate(&TO_CONFORMAL, n),
            from_conformal: evaluate(&FROM_CONFORMAL, n),
        };
        let [_, y] = projection.forward([parameters.longitude_0_rad, parameters.latitude_0_rad]);
        projection.y_0 -= y - projection.y_0;
        projection
    }

    /// Longitude and latitude in radians to easting and northing.
    pub(super) fn forward(&self, [longitude, latitude]: Xy) -> Xy {
        let mut lambda = longitude - self.longitude_0_rad;
        if lambda.abs() > PI {
            lambda -= TAU * (lambda / TAU).round();
        }
        let (sin, cos) = latitude.sin_cos();
        let conformal = latitude + sine_series(&self.to_conformal, 2.0 * sin * cos, 1.0 - 2.0 * sin * sin);
        let (sin_chi, cos_chi) = conformal.sin_cos();
        if !is_usable(lambda, cos_chi) {
            return [f64::NAN; 2];
        }
        let (sin_lambda, cos_lambda) = lambda.sin_cos();
        // With w = tanh η', the double angles that the series needs are rational in u, v and w.
        let (u, v, w) = (sin_chi, cos_chi * cos_lambda, cos_chi * sin_lambda);
        let h2 = u * u + v * v;
        let double_xi = (2.0 * u * v / h2, (v - u) * (v + u) / h2);
        let double_eta = (2.0 * w / h2, (1.0 + w * w) / h2);
        let (xi, eta) = complex_series(&self.to_rectifying, double_xi, double_eta);
        let (xi, eta) = (u.atan2(v) + xi, w.atanh() + eta);
        if eta.abs() > MAX_ETA || eta.is_nan() {
            return [f64::NAN; 2];
        }
        [self.x_0 + self.scale * eta, self.y_0 + self.scale * xi]
    }

    /// Easting and northing to longitude and latitude in radians.
    pub(super) fn inverse(&self, [x, y]: Xy) -> Xy {
        let (xi, eta) = ((y - self.y_0) / self.scale, (x - self.x_0) / self.scale);
        // More than a quarter of the earth beyond a pole is no place of this projection.
        if !(eta.abs() <= MAX_ETA && xi.abs() <= PI) {
            return [f64::NAN; 2];
        }
        let (sin, cos) = xi.sin_cos();
        let (growing, shrinking) = ((2.0 * eta).exp(), (-2.0 * eta).exp());
        let double_eta = ((growing - shrinking) / 2.0, f64::midpoint(growing, shrinking));
        let (dxi, deta) =
            complex_series(&self.from_rectifying, (2.0 * sin * cos, 1.0 - 2.0 * sin * sin), double_eta);
        let (xi, eta) = (xi + dxi, eta + deta);
        let (sin_xi, cos_xi) = xi.sin_cos();
        let (sinh_eta, cosh_eta) = (eta.sinh(), eta.cosh());
        let lambda = sinh_eta.atan2(cos_xi);
        let along = sinh_eta.hypot(cos_xi);
        let chi = sin_xi.atan2(along);
        let (sin_chi, cos_chi) = (sin_xi / cosh_eta, along / cosh_eta);
        if !is_usable(lambda, cos_chi) {
            return [f64::NAN; 2];
        }
        let latitude =
            chi + sine_series(&self.from_conformal, 2.0 * sin_chi * cos_chi, 1.0 - 2.0 * sin_chi * sin_chi);
        let mut longitude = lambda + self.longitude_0_rad;
        if longitude.abs() > PI + 1e-12 {
            longitude -= TAU * (longitude / TAU).round();
        }
        [longitude, latitude]
    }
}

/// Σ cⱼ sin 2jφ by Clenshaw's recurrence.
fn sine_series(coefficients: &[f64; 6], sin_double: f64, cos_double: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for coefficient in coefficients.iter().rev() {
        (b1, b2) = (coefficient + 2.0 * cos_double * b1 - b2, b1);
    }
    b1 * sin_double
}

/// Σ cⱼ sin 2j(ξ + iη) by Clenshaw's recurrence, from (sin, cos) of 2ξ and (sinh, cosh) of 2η.
fn complex_series(coefficients: &[f64; 6], xi: (f64, f64), eta: (f64, f64)) -> (f64, f64) {
    let (sin_re, sin_im) = (xi.0 * eta.1, xi.1 * eta.0);
    let (cos_re, cos_im) = (2.0 * xi.1 * eta.1, -2.0 * xi.0 * eta.0);
    let (mut re1, mut im1, mut re2, mut im2) = (0.0, 0.0, 0.0, 0.0);
    for coefficient in coefficients.iter().rev() {
        let re = coefficient + cos_re * re1 - cos_im * im1 - re2;
        let im = cos_re * im1 + cos_im * re1 - im2;
        (re2, im2, re1, im1) = (re1, im1, re, im);
    }
    (sin_re * re1 - sin_im * im1, sin_re * im1 + sin_im * re1)
}

/// Row j holds the factors of n¹ to n⁶.
fn evaluate(table: &[[f64; 6]; 6], n: f64) -> [f64; 6] {
    table.map(|row| row.iter().rev().fold(0.0, |sum, factor| (sum + factor) * n))
}

#[rustfmt::skip]
const TO_RECTIFYING: [[f64; 6]; 6] = [
    [1.0 / 2.0, -2.0 / 3.0, 5.0 / 16.0, 41.0 / 180.0, -127.0 / 288.0, 7891.0 / 37_800.0],
    [0.0, 13.0 / 48.0, -3.0 / 5.0, 557.0 / 1440.0, 281.0 / 630.0, -1_983_433.0 / 1_935_360.0],
    [0.0, 0.0, 61.0 / 240.0, -103.0 / 140.0, 15_061.0 / 26_880.0, 167_603.0 / 181_440.0],
    [0.0, 0.0, 0.0, 49_561.0 / 161_280.0, -179.0 / 168.0, 6_601_661.0 / 7_257_600.0],
    [0.0, 0.0, 0.0, 0.0, 34_729.0 / 80_640.0, -3_418_889.0 / 1_995_840.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 212_378_941.0 / 319_334_400.0],
];
#[rustfmt::skip]
const FROM_RECTIFYING: [[f64; 6]; 6] = [
    [-1.0 / 2.0, 2.0 / 3.0, -37.0 / 96.0, 1.0 / 360.0, 81.0 / 512.0, -96_199.0 / 604_800.0],
    [0.0, -1.0 / 48.0, -1.0 / 15.0, 437.0 / 1440.0, -46.0 / 105.0, 1_118_711.0 / 3_870_720.0],
    [0.0, 0.0, -17.0 / 480.0, 37.0 / 840.0, 209.0 / 4480.0, -5569.0 / 90_720.0],
    [0.0, 0.0, 0.0, -4397.0 / 161_280.0, 11.0 / 504.0, 830_251.0 / 7_257_600.0],
    [0.0, 0.0, 0.0, 0.0, -4583.0 / 161_280.0, 108_847.0 / 3_991_680.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, -20_648_693.0 / 638_668_800.0],
];
#[rustfmt::skip]
const TO_CONFORMAL: [[f64; 6]; 6] = [
    [-2.0, 2.0 / 3.0, 4.0 / 3.0, -82.0 / 45.0, 32.0 / 45.0, 4642.0 / 4725.0],
    [0.0, 5.0 / 3.0, -16.0 / 15.0, -13.0 / 9.0, 904.0 / 315.0, -1522.0 / 945.0],
    [0.0, 0.0, -26.0 / 15.0, 34.0 / 21.0, 8.0 / 5.0, -12_686.0 / 2835.0],
    [0.0, 0.0, 0.0, 1237.0 / 630.0, -12.0 / 5.0, -24_832.0 / 14_175.0],
    [0.0, 0.0, 0.0, 0.0, -734.0 / 315.0, 109_598.0 / 31_185.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 444_337.0 / 155_925.0],
];
#[rustfmt::skip]
const FROM_CONFORMAL: [[f64; 6]; 6] = [
    [2.0, -2.0 / 3.0, -2.0, 116.0 / 45.0, 26.0 / 45.0, -2854.0 / 675.0],
    [0.0, 7.0 / 3.0, -8.0 / 5.0, -227.0 / 45.0, 2704.0 / 315.0, 2323.0 / 945.0],
    [0.0, 0.0, 56.0 / 15.0, -136.0 / 35.0, -1262.0 / 105.0, 73_814.0 / 2835.0],
    [0.0, 0.0, 0.0, 4279.0 / 630.0, -332.0 / 35.0, -399_572.0 / 14_175.0],
    [0.0, 0.0, 0.0, 0.0, 4174.0 / 315.0, -144_838.0 / 6237.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 601_676.0 / 22_275.0],
];
