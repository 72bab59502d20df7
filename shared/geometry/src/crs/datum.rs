//! Datums: how longitude and latitude on one datum become those on another, through WGS 84.
//!
//! Modern datums (WGS 84, NAD83, ETRS89, GDA94 and 2020, SIRGAS, JGD, CGCS2000, …) are taken as equal: they differ by
//! less than about two metres, and so do the realisations hidden behind each name. Old ones go by the three or seven
//! parameters of their TOWGS84 (position vector, as EPSG method 9606 and PROJ have it). Grids are not built in.

use super::Ellipsoid;
use crate::geodesic::geocentric_of_radians;
use gp_esri::Xy;

/// The relation of a datum to WGS 84.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Datum {
    /// Taken as WGS 84.
    Null,
    /// Translation in metres, rotation in radians, scale factor.
    Helmert(Helmert),
    /// No parameters are known. Holds the name, so that two references on the same datum can still be related.
    Unrelated(String),
}

/// Parameters to WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Helmert {
    translation_m: [f64; 3],
    rotation_rad: [f64; 3],
    scale: f64,
    note: Option<&'static str>,
}

const ARC_SECOND_RAD: f64 = std::f64::consts::PI / 648_000.0;

const NAD27_NOTE: &str = "NAD27 is shifted by its mean parameters for the conterminous United States, \
                          good to about 10 m there and worse elsewhere; the shift grids are not built in";
const NZGD49_NOTE: &str =
    "NZGD49 is shifted by seven parameters, good to about 4 m; the shift grid is not built in";
const OSGB36_NOTE: &str =
    "OSGB36 is shifted by seven parameters, good to about 2 m; the shift grid is not built in";

/// The datums that PROJ strings call by name, with the parameters of PROJ (NAD27: EPSG 1173, OSGB36: EPSG 1314).
const NAMED: &[(&str, &[f64], Option<&str>)] = &[
    ("WGS84", &[], None),
    ("NAD83", &[], None),
    ("NAD27", &[-8.0, 160.0, 176.0], Some(NAD27_NOTE)),
    ("OSGB36", &[446.448, -125.157, 542.06, 0.15, 0.247, 0.842, -20.489], Some(OSGB36_NOTE)),
    ("nzgd49", &[59.47, -5.04, 187.44, 0.47, -0.1, 1.024, -4.5993], Some(NZGD49_NOTE)),
    ("potsdam", &[598.1, 73.7, 418.2, 0.202, 0.045, -2.455, 6.7], None),
    ("carthage", &[-263.0, 6.0, 431.0], None),
    ("hermannskogel", &[577.326, 90.129, 463.919, 5.137, 1.474, 5.297, 2.4232], None),
    ("ire65", &[482.530, -130.596, 564.557, -1.042, -0.214, -0.631, 8.15], None),
    ("GGRS87", &[-199.87, 74.79, 246.62], None),
];

impl Datum {
    /// The datum of that PROJ name; `None` when PROJ has no such name.
    pub(super) fn named(name: &str) -> Option<Datum> {
        let (_, parameters, note) = NAMED.iter().find(|entry| entry.0.eq_ignore_ascii_case(name))?;
        if parameters.is_empty() { Some(Datum::Null) } else { Datum::from_towgs84(parameters, *note) }
    }

    /// From the three or seven numbers of TOWGS84: metres, arc seconds, parts per million.
    pub(super) fn from_towgs84(parameters: &[f64], note: Option<&'static str>) -> Option<Datum> {
        let (translation_m, rest) = parameters.split_first_chunk::<3>()?;
        let (rotation_s, scale_ppm) = match rest {
            [] => ([0.0; 3], 0.0),
            [x, y, z, scale] => ([*x, *y, *z], *scale),
            _ => return None,
        };
        Some(Datum::Helmert(Helmert {
            translation_m: *translation_m,
            rotation_rad: rotation_s.map(|angle| angle * ARC_SECOND_RAD),
            scale: 1.0 + scale_ppm * 1e-6,
            note,
        }))
    }

    /// What is known to be inexact about it.
    pub(super) fn note(&self) -> Option<&'static str> {
        match self {
            Datum::Helmert(helmert) => helmert.note,
            Datum::Null | Datum::Unrelated(_) => None,
        }
    }

    /// Moves longitudes and latitudes (radians) on this datum to WGS 84.
    pub(super) fn reach_wgs84(&self, ellipsoid: Ellipsoid, positions: &mut [Xy]) {
        let Datum::Helmert(helmert) = self else { return };
        for position in positions {
            let moved = helmert.forward(geocentric_of_radians(*position, ellipsoid));
            *position = to_geographic(moved, super::WGS84_ELLIPSOID);
        }
    }

    /// Moves longitudes and latitudes (radians) on WGS 84 to this datum.
    pub(super) fn leave_wgs84(&self, ellipsoid: Ellipsoid, positions: &mut [Xy]) {
        let Datum::Helmert(helmert) = self else { return };
        for position in positions {
            let moved = helmert.inverse(geocentric_of_radians(*position, super::WGS84_ELLIPSOID));
            *position = to_geographic(moved, ellipsoid);
        }
    }
}

impl Helmert {
    /// Whether it changes nothing.
    pub(super) fn is_null(&self) -> bool {
        let zero = |value: &f64| value.abs() < 1e-15;
        self.translation_m.iter().all(zero) && self.rotation_rad.iter().all(zero) && zero(&(self.scale - 1.0))
    }

    fn forward(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let ([tx, ty, tz], [rx, ry, rz], s) = (self.translation_m, self.rotation_rad, self.scale);
        [tx + s * (x - rz * y + ry * z), ty + s * (rz * x + y - rx * z), tz + s * (-ry * x + rx * y + z)]
    }

    /// Transposed rotation, as PROJ and EPSG take it: exact to 1e-9 of the shift, far below the parameters' accuracy.
    fn inverse(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let ([tx, ty, tz], [rx, ry, rz], s) = (self.translation_m, self.rotation_rad, self.scale);
        let (x, y, z) = ((x - tx) / s, (y - ty) / s, (z - tz) / s);
        [x + rz * y - ry * z, -rz * x + y + rx * z, ry * x - rx * y + z]
    }
}

/// Bowring's formula, taken twice: below a nanometre for points within kilometres of the ellipsoid.
fn to_geographic([x, y, z]: [f64; 3], ellipsoid: Ellipsoid) -> Xy {
    let Ellipsoid { a_m, f } = ellipsoid;
    let b_m = a_m * (1.0 - f);
    let e2 = f * (2.0 - f);
    let second_e2 = e2 / (1.0 - e2);
    let p = x.hypot(y);
    let mut reduced = (z * a_m).atan2(p * b_m);
    let mut latitude = 0.0;
    for _ in 0..2 {
        let (sin, cos) = reduced.sin_cos();
        latitude = (z + second_e2 * b_m * sin * sin * sin).atan2(p - e2 * a_m * cos * cos * cos);
        reduced = ((1.0 - f) * latitude.sin()).atan2(latitude.cos());
    }
    [y.atan2(x), latitude]
}
