//! Projections by proj4rs: all but Web Mercator and transverse Mercator.
//!
//! Formulas answer far outside of where they are meant for, some with places on the other side of the earth. So a far
//! position counts only if the way back leads to it.

use std::f64::consts::{PI, TAU};
use std::fmt::Write;

use gp_esri::Xy;
use proj4rs::Proj;
use proj4rs::transform::{Transform, TransformClosure, transform};

use super::projection::Setup;
use super::transverse_mercator;

/// Ten thousand times the earth: far outside of every projection, and small enough to be squared.
const MAX_COORDINATE: f64 = 1e11;
/// How far from the centre formulas are trusted, in radians (60°).
const TRUSTED_RAD: f64 = PI / 3.0;
/// The same for Krovak's, whose formula goes wrong at 10° from Czechia and Slovakia (5°).
const TRUSTED_OF_KROVAK_RAD: f64 = PI / 36.0;
/// How near the way back must come, in radians (1e-3°): ten times the error of the poorest inverse, none of it garbage.
const MAX_RETURN_ERROR_RAD: f64 = 1e-3 / 180.0 * PI;

/// How far from the rim of a map, as shares of the way from its centre, an inverse is tried that fails on it: 2 cm, and for
/// the poorest 2 m.
const RIMS: [f64; 2] = [1e-9, 1e-7];

/// A projection of proj4rs.
pub(super) struct OtherProjection {
    projected: Proj,
    geographic: Proj,
    /// The central meridian, east of Greenwich.
    longitude_0_rad: f64,
    latitude_0_rad: f64,
    /// Where the central meridian crosses the equator, in the units of the projection; the origin where it has no image.
    centre: Xy,
    /// Positions further than this from the centre, in longitude or latitude, are tried by the way back.
    trusted_rad: f64,
    /// Transverse Mercator with unusual axes, which returns from everywhere.
    is_transverse: bool,
}

impl OtherProjection {
    /// The error names what is not supported.
    pub(super) fn new(setup: &Setup<'_>) -> Result<OtherProjection, String> {
        // proj4rs keeps Evenden's series under the name of tmerc.
        let kind = if setup.kind == "tmerc" { "etmerc" } else { setup.kind };
        let b_m = setup.ellipsoid.a_m * (1.0 - setup.ellipsoid.f);
        let shape = format!("+a={} +b={b_m}", setup.ellipsoid.a_m);
        let mut text = format!("+proj={kind} {shape} +to_meter={} +axis={}", setup.unit_m, setup.axis);
        for (key, value) in setup.numbers {
            let _ = write!(text, " +{key}={value}");
        }
        for flag in setup.flags {
            let _ = write!(text, " +{flag}");
        }
        if setup.prime_meridian_deg.abs() > 0.0 {
            let _ = write!(text, " +pm={}", setup.prime_meridian_deg);
        }
        let describe = |error: proj4rs::errors::Error| format!("the projection {} ({error})", setup.kind);
        let projected = Proj::from_proj_string(&text).map_err(describe)?;
        let geographic = Proj::from_proj_string(&format!("+proj=longlat {shape}")).map_err(describe)?;
        if projected.is_geocent() || !projected.has_inverse() || !projected.has_forward() {
            return Err(format!("the projection {}", setup.kind));
        }
        let number = |key: &str| setup.numbers.get(key).copied();
        let longitude_0_deg = number("lon_0").or(number("lonc")).unwrap_or(0.0) + setup.prime_meridian_deg;
        let mut centre = [[longitude_0_deg.to_radians(), 0.0]];
        convert(&geographic, &projected, &mut centre);
        let [centre] = centre;
        Ok(OtherProjection {
            projected,
            geographic,
            centre: if centre[0].is_nan() { [0.0, 0.0] } else { centre },
            longitude_0_rad: longitude_0_deg.to_radians(),
            latitude_0_rad: number("lat_0").unwrap_or(0.0).to_radians(),
            trusted_rad: if kind == "krovak" { TRUSTED_OF_KROVAK_RAD } else { TRUSTED_RAD },
            is_transverse: kind == "etmerc",
        })
    }

    /// Longitudes and latitudes in radians to coordinates.
    pub(super) fn forward(&self, positions: &mut [Xy]) {
        let far: Vec<(usize, Xy)> = positions
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, [longitude, latitude])| {
                self.beyond_meridian(*longitude).abs() > self.trusted_rad
                    || (latitude - self.latitude_0_rad).abs() > self.trusted_rad
            })
            .collect();
        if self.is_transverse {
            positions.iter_mut().for_each(|position| self.keep_usable(position));
        }
        convert(&self.geographic, &self.projected, positions);
        if far.is_empty() {
            return;
        }
        let mut back: Vec<Xy> =
            far.iter().map(|(index, _)| positions.get(*index).copied().unwrap_or([f64::NAN; 2])).collect();
        convert(&self.projected, &self.geographic, &mut back);
        for ((index, before), after) in far.iter().zip(&back) {
            if !is_near(*before, *after) && !self.returns_near_by(*before) {
                positions[*index] = [f64::NAN; 2];
            }
        }
    }

    /// Whether a place a trifle nearer to the centre returns: some inverses fail on the rim of the map, where rounding may
    /// lie outside.
    fn returns_near_by(&self, [longitude, latitude]: Xy) -> bool {
        let beyond = self.beyond_meridian(longitude);
        RIMS.into_iter().any(|rim| {
            let within = [longitude - beyond * rim, latitude * (1.0 - rim)];
            let mut back = [within];
            convert(&self.geographic, &self.projected, &mut back);
            convert(&self.projected, &self.geographic, &mut back);
            is_near(within, back[0])
        })
    }

    /// Coordinates to longitudes and latitudes in radians.
    pub(super) fn inverse(&self, positions: &mut [Xy]) {
        for position in positions.iter_mut() {
            let [x, y] = *position;
            convert(&self.projected, &self.geographic, std::slice::from_mut(position));
            // On the rim of the map, where rounding may lie outside.
            for rim in RIMS {
                if position[0].is_nan() {
                    let [center_x, center_y] = self.centre;
                    *position = [x - (x - center_x) * rim, y - (y - center_y) * rim];
                    convert(&self.projected, &self.geographic, std::slice::from_mut(position));
                }
            }
        }
        if self.is_transverse {
            positions.iter_mut().for_each(|position| self.keep_usable(position));
        }
    }

    fn keep_usable(&self, position: &mut Xy) {
        if !transverse_mercator::is_usable(self.beyond_meridian(position[0]), position[1].cos()) {
            *position = [f64::NAN; 2];
        }
    }

    /// The longitude counted from the central meridian, between -π and π.
    fn beyond_meridian(&self, longitude: f64) -> f64 {
        let lambda = longitude - self.longitude_0_rad;
        lambda - TAU * (lambda / TAU).round()
    }
}

/// Whether two places are the same but for rounding; at a pole every longitude is.
fn is_near(one: Xy, other: Xy) -> bool {
    let longitude = one[0] - other[0];
    let longitude = (longitude - TAU * (longitude / TAU).round()) * one[1].cos();
    longitude.abs() <= MAX_RETURN_ERROR_RAD && (one[1] - other[1]).abs() <= MAX_RETURN_ERROR_RAD
}

fn convert(from: &Proj, to: &Proj, positions: &mut [Xy]) {
    // The adapter below never returns an error: failures become NaN position by position.
    let _ = transform(from, to, &mut Positions(positions));
}

struct Positions<'a>(&'a mut [Xy]);

impl Transform for Positions<'_> {
    fn transform_coordinates<F: TransformClosure>(&mut self, step: &mut F) -> proj4rs::errors::Result<()> {
        for position in self.0.iter_mut() {
            let [x, y] = *position;
            if !(x.abs() < MAX_COORDINATE && y.abs() < MAX_COORDINATE) {
                *position = [f64::NAN; 2];
                continue;
            }
            *position = step(x, y, 0.0).map_or([f64::NAN; 2], |(x, y, _)| [x, y]);
        }
        Ok(())
    }
}
