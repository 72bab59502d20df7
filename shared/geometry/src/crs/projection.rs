//! Projections: longitude and latitude in radians, east of Greenwich, to the coordinates of a system and back.
//!
//! Web Mercator and transverse Mercator by hand, for speed and because PROJ's default for the latter is Krüger's series
//! while proj4rs follows Evenden's shorter one; everything else by proj4rs, which is given no datum at all.

use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;

use gp_esri::Xy;

use super::Ellipsoid;
use super::other_projection::OtherProjection;
use super::transverse_mercator::{Parameters, TransverseMercator};

/// How coordinates are made of angles.
pub(super) enum Projection {
    /// Angles in units of that many radians, counted from that meridian (radians).
    Geographic { unit_rad: f64, prime_meridian_rad: f64 },
    /// Mercator of the sphere of that radius in metres, applied to ellipsoidal latitudes.
    WebMercator { radius_m: f64 },
    /// Krüger's series.
    TransverseMercator(Box<TransverseMercator>),
    /// Any other.
    Other(Box<OtherProjection>),
}

/// What a projection is built from.
pub(super) struct Setup<'a> {
    pub(super) kind: &'a str,
    pub(super) numbers: &'a BTreeMap<String, f64>,
    pub(super) flags: &'a [&'a str],
    pub(super) axis: &'a str,
    pub(super) ellipsoid: Ellipsoid,
    pub(super) prime_meridian_deg: f64,
    pub(super) unit_m: f64,
    pub(super) angular_unit_rad: f64,
}

/// Latitudes may exceed 90° by rounding.
const LATITUDE_SLACK_RAD: f64 = 1e-10;
/// Longitudes beyond this are no longitudes (PROJ has the same limit); between 180° and this they are continued.
const MAX_LONGITUDE_RAD: f64 = 10.0;
/// Esri's clients draw the poles at this latitude in Web Mercator, where they would lie at infinity.
const MAX_WEB_MERCATOR_LATITUDE_RAD: f64 = 89.99999 / 180.0 * std::f64::consts::PI;
/// Above it 1 - sin φ loses the digits that the short formula needs.
const STEEP_LATITUDE_RAD: f64 = 1.45;

impl Projection {
    /// The error names what is not supported.
    pub(super) fn new(setup: &Setup<'_>) -> Result<Projection, String> {
        match setup.kind {
            "longlat" | "latlong" => Ok(Projection::Geographic {
                unit_rad: setup.angular_unit_rad,
                prime_meridian_rad: setup.prime_meridian_deg.to_radians(),
            }),
            "webmerc" => Ok(Projection::WebMercator { radius_m: setup.ellipsoid.a_m }),
            "tmerc" | "etmerc" if setup.axis == "enu" => {
                let number = |key: &str, default| setup.numbers.get(key).copied().unwrap_or(default);
                Ok(Projection::TransverseMercator(Box::new(TransverseMercator::new(&Parameters {
                    ellipsoid: setup.ellipsoid,
                    latitude_0_rad: number("lat_0", 0.0).to_radians(),
                    longitude_0_rad: (number("lon_0", 0.0) + setup.prime_meridian_deg).to_radians(),
                    scale_factor: number("k_0", 1.0),
                    x_0_m: number("x_0", 0.0),
                    y_0_m: number("y_0", 0.0),
                    unit_m: setup.unit_m,
                }))))
            }
            _ => Ok(Projection::Other(Box::new(OtherProjection::new(setup)?))),
        }
    }

    /// Coordinates to longitude and latitude in radians; NaN where there is none.
    pub(super) fn to_angles(&self, positions: &mut [Xy]) {
        match self {
            Projection::Geographic { unit_rad, prime_meridian_rad } => {
                for position in positions {
                    let [longitude, latitude] = position.map(|angle| angle * unit_rad);
                    let valid = latitude.abs() <= FRAC_PI_2 + LATITUDE_SLACK_RAD
                        && longitude.abs() <= MAX_LONGITUDE_RAD;
                    *position =
                        if valid { [longitude + prime_meridian_rad, latitude] } else { [f64::NAN; 2] };
                }
            }
            Projection::WebMercator { radius_m } => {
                for position in positions {
                    let [longitude, y] = position.map(|coordinate| coordinate / radius_m);
                    let valid = longitude.abs() <= MAX_LONGITUDE_RAD && y.is_finite();
                    let latitude = FRAC_PI_2 - 2.0 * (-y).exp().atan();
                    *position = if valid { [longitude, latitude] } else { [f64::NAN; 2] };
                }
            }
            Projection::TransverseMercator(projection) => {
                for position in positions {
                    *position = projection.inverse(*position);
                }
            }
            Projection::Other(other) => other.inverse(positions),
        }
    }

    /// Longitude and latitude in radians to coordinates; NaN where there are none.
    pub(super) fn of_angles(&self, positions: &mut [Xy]) {
        match self {
            Projection::Geographic { unit_rad, prime_meridian_rad } => {
                for position in positions {
                    let [longitude, latitude] = *position;
                    *position = [(longitude - prime_meridian_rad) / unit_rad, latitude / unit_rad];
                }
            }
            Projection::WebMercator { radius_m } => {
                for position in positions {
                    let [longitude, latitude] = *position;
                    *position = [longitude * radius_m, web_mercator_y(latitude) * radius_m];
                }
            }
            Projection::TransverseMercator(projection) => {
                for position in positions {
                    *position = projection.forward(*position);
                }
            }
            Projection::Other(other) => other.forward(positions),
        }
    }
}

fn web_mercator_y(latitude: f64) -> f64 {
    if latitude.abs() > STEEP_LATITUDE_RAD {
        let latitude = latitude.clamp(-MAX_WEB_MERCATOR_LATITUDE_RAD, MAX_WEB_MERCATOR_LATITUDE_RAD);
        return latitude.tan().asinh();
    }
    let sin = latitude.sin();
    0.5 * ((1.0 + sin) / (1.0 - sin)).ln()
}
