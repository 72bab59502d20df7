//! A reference system as numbers: projection, parameters, units, ellipsoid, datum.
//!
//! Everything arrives here as a list of PROJ parameters, whether it came from a code or from well-known text, so that
//! two ways of writing the same system compare equal and there is one place that decides on datums.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::names::{ELLIPSOIDS, PRIME_MERIDIANS};
use super::projection::{Projection, Setup};
use super::{CrsError, Ellipsoid, WGS84_ELLIPSOID, catalog};

/// One coordinate reference system.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) code: Option<u32>,
    pub(super) ellipsoid: Ellipsoid,
    pub(super) datum: Datum,
    /// Metres in a unit of a projected system.
    pub(super) unit_m: f64,
    /// Radians in a unit of a geographic system.
    pub(super) angular_unit_rad: f64,
    pub(super) projection: Projection,
    kind: String,
    numbers: BTreeMap<String, f64>,
}

const SURVEY_FOOT_M: f64 = 1200.0 / 3937.0;

/// Parameters that say where and how, and so must agree between equal systems.
const NUMBERS: [&str; 16] = [
    "lat_0", "lon_0", "lat_1", "lat_2", "lat_ts", "lon_1", "lon_2", "x_0", "y_0", "k_0", "lonc", "alpha",
    "gamma", "h", "zone", "lon_wrap",
];
const FLAGS: [&str; 6] = ["south", "no_uoff", "hyperbolic", "guam", "czech", "R_A"];

impl Definition {
    /// Reads a list such as `+proj=utm +zone=33 +datum=WGS84`.
    pub(super) fn parse(parameters: &str, name: &str, code: Option<u32>) -> Result<Definition, CrsError> {
        let label = label(name, code);
        let unsupported = |what: String| CrsError::Unsupported { name: label.clone(), what };
        let values = split(parameters);
        let number = |key: &str| -> Result<Option<f64>, CrsError> {
            let Some(text) = values.get(key) else { return Ok(None) };
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.map(Some).ok_or_else(|| unsupported(format!("{key} = {text}")))
        };

        let ellipsoid =
            ellipsoid(&values, &number)?.ok_or_else(|| unsupported("an unknown ellipsoid".to_owned()))?;
        if !(ellipsoid.a_m > 1.0 && (0.0..0.1).contains(&ellipsoid.f)) {
            return Err(unsupported(format!(
                "an ellipsoid of {} m, flattening {}",
                ellipsoid.a_m, ellipsoid.f
            )));
        }
        let datum =
            datum(&values, ellipsoid, name).ok_or_else(|| unsupported("an unknown datum".to_owned()))?;
        let prime_meridian_deg = match values.get("pm") {
            None => 0.0,
            Some(pm) => match PRIME_MERIDIANS.iter().find(|(known, _)| known == pm) {
                Some((_, degrees)) => *degrees,
                None => number("pm")?.unwrap_or_default(),
            },
        };
        let unit_m = match values.get("units").copied() {
            Some("m") => 1.0,
            Some("us-ft") => SURVEY_FOOT_M,
            Some("ft") => 0.3048,
            Some("km") => 1000.0,
            Some("link") => 0.201_168,
            Some(other) => return Err(unsupported(format!("the unit {other}"))),
            None => number("to_meter")?.unwrap_or(1.0),
        };
        let angular_unit_rad = number("angular_unit")?.unwrap_or(1_f64.to_radians());
        if !(unit_m > 1e-6 && unit_m < 1e9 && angular_unit_rad > 1e-12 && angular_unit_rad < 10.0) {
            return Err(unsupported(format!("a unit of {unit_m} m or {angular_unit_rad} rad")));
        }

        let mut kind = values.get("proj").copied().unwrap_or_default().to_owned();
        let mut numbers = BTreeMap::new();
        for key in NUMBERS {
            if let Some(value) = number(key)? {
                numbers.insert(key.to_owned(), value);
            }
        }
        if let Some(value) = number("k")? {
            numbers.insert("k_0".to_owned(), value);
        }
        // A polar projection that is true to scale "at the pole" is one without a parallel.
        if kind == "stere" && numbers.get("lat_ts").is_some_and(|parallel| parallel.abs() >= 90.0) {
            numbers.remove("lat_ts");
        }
        for key in ["alpha", "gamma"] {
            numbers.entry(key.to_owned()).and_modify(|angle| *angle = angle.rem_euclid(360.0));
        }
        let mut flags: Vec<&str> = FLAGS.into_iter().filter(|flag| values.contains_key(flag)).collect();
        if kind == "utm" {
            utm_as_transverse_mercator(&mut numbers, flags.contains(&"south"))
                .ok_or_else(|| unsupported("a UTM zone that is not 1 to 60".to_owned()))?;
            kind = "tmerc".to_owned();
            flags.clear();
        }
        let axis = values.get("axis").copied().unwrap_or("enu");
        let setup = Setup {
            kind: &kind,
            numbers: &numbers,
            flags: &flags,
            axis,
            ellipsoid,
            prime_meridian_deg,
            unit_m,
            angular_unit_rad,
        };
        let projection = Projection::new(&setup).map_err(unsupported)?;

        for flag in flags {
            numbers.insert(flag.to_owned(), 1.0);
        }
        numbers.insert("pm".to_owned(), prime_meridian_deg);
        if axis != "enu" {
            numbers.insert(axis.to_owned(), 1.0);
        }
        // A parameter that has its default value is the same as none.
        numbers.retain(
            |key, value| if key == "k_0" { (*value - 1.0).abs() > 1e-15 } else { value.abs() > 1e-12 },
        );
        Ok(Definition {
            name: name.to_owned(),
            code,
            ellipsoid,
            datum,
            unit_m,
            angular_unit_rad,
            projection,
            kind,
            numbers,
        })
    }

    pub(super) fn is_geographic(&self) -> bool {
        matches!(self.projection, Projection::Geographic { .. })
    }

    pub(super) fn label(&self) -> String {
        label(&self.name, self.code)
    }

    /// Whether longitude and latitude mean the same in both.
    pub(super) fn same_datum(&self, other: &Definition) -> bool {
        match (&self.datum, &other.datum) {
            (Datum::Null, Datum::Null) => true,
            (own, others) => own == others && near(self.ellipsoid.a_m, other.ellipsoid.a_m),
        }
    }

    pub(super) fn same_as(&self, other: &Definition) -> bool {
        // NAD83 and WGS 84 differ only in the ninth digit of the ellipsoid: equal as angles, not as grids.
        let same_ellipsoid = near(self.ellipsoid.a_m, other.ellipsoid.a_m)
            && (near(self.ellipsoid.f, other.ellipsoid.f) || self.is_geographic());
        let same_numbers = self.numbers.len() == other.numbers.len()
            && self
                .numbers
                .iter()
                .all(|(key, value)| other.numbers.get(key).is_some_and(|v| near(*v, *value)));
        let same_units =
            near(self.unit_m, other.unit_m) && near(self.angular_unit_rad, other.angular_unit_rad);
        self.kind == other.kind && same_numbers && same_units && same_ellipsoid && self.same_datum(other)
    }
}

/// Equal to 11 digits: texts are written with about 15, codes with 16.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * a.abs().max(b.abs()).max(1e-3)
}

fn label(name: &str, code: Option<u32>) -> String {
    match code {
        Some(code) if name.is_empty() => code.to_string(),
        Some(code) => format!("{code} ({name})"),
        None if name.is_empty() => "given as text".to_owned(),
        None => format!("\"{name}\""),
    }
}

fn utm_as_transverse_mercator(numbers: &mut BTreeMap<String, f64>, south: bool) -> Option<()> {
    let zone = numbers.remove("zone").filter(|zone| (1.0..=60.0).contains(zone) && zone.fract() == 0.0)?;
    numbers.insert("lon_0".to_owned(), zone * 6.0 - 183.0);
    numbers.insert("k_0".to_owned(), 0.9996);
    numbers.insert("x_0".to_owned(), 500_000.0);
    numbers.insert("y_0".to_owned(), if south { 10_000_000.0 } else { 0.0 });
    Some(())
}

type NumberOf<'a> = &'a dyn Fn(&str) -> Result<Option<f64>, CrsError>;

fn ellipsoid(values: &BTreeMap<&str, &str>, number: NumberOf<'_>) -> Result<Option<Ellipsoid>, CrsError> {
    if let Some(radius) = number("R")? {
        return Ok(Some(Ellipsoid { a_m: radius, f: 0.0 }));
    }
    if let Some(a_m) = number("a")? {
        let f = match (number("b")?, number("rf")?) {
            (Some(b_m), _) => (a_m - b_m) / a_m,
            (None, Some(rf)) if rf > 0.0 => 1.0 / rf,
            _ => 0.0,
        };
        return Ok(Some(Ellipsoid { a_m, f }));
    }
    let of_datum = match values.get("datum").copied() {
        Some("NAD83" | "GGRS87") => "GRS80",
        Some("NAD27") => "clrk66",
        Some("OSGB36") => "airy",
        Some("nzgd49") => "intl",
        Some("potsdam" | "hermannskogel") => "bessel",
        Some("carthage") => "clrk80ign",
        Some("ire65") => "mod_airy",
        _ => "WGS84",
    };
    let name = values.get("ellps").copied().unwrap_or(of_datum);
    let found = ELLIPSOIDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    Ok(found.map(|&(_, a_m, rf)| Ellipsoid { a_m, f: if rf > 0.0 { 1.0 / rf } else { 0.0 } }))
}

/// `towgs84` goes before names, and names before what the ellipsoid suggests.
fn datum(values: &BTreeMap<&str, &str>, ellipsoid: Ellipsoid, name: &str) -> Option<Datum> {
    if values.contains_key("towgs84") || values.contains_key("datum") {
        return stated_datum(values, ellipsoid);
    }
    let named = values.get("datum_name").copied();
    let code = match values.get("datum_of") {
        Some(code) => code.parse().ok(),
        None => named.and_then(catalog::geographic_code_of_datum),
    };
    if let Some(entry) = code.and_then(catalog::find) {
        let values = split(&entry.parameters);
        if values.contains_key("towgs84") || values.contains_key("datum") {
            return stated_datum(&values, ellipsoid);
        }
    }
    // A sphere is nobody's datum, nor is "not specified": as PROJ does, their angles are taken as those of WGS 84.
    let nameless = named.is_some_and(|name| name.starts_with("notspecified") || name.starts_with("unknown"));
    if is_modern(ellipsoid) || ellipsoid.f <= 0.0 || nameless {
        return Some(Datum::Null);
    }
    Some(Datum::Unrelated(match code {
        Some(code) => code.to_string(),
        None => named.unwrap_or(name).to_owned(),
    }))
}

fn stated_datum(values: &BTreeMap<&str, &str>, ellipsoid: Ellipsoid) -> Option<Datum> {
    let Some(text) = values.get("towgs84") else { return Datum::named(values.get("datum")?) };
    let numbers = text.split(',').map(|n| n.parse().ok().filter(|n: &f64| n.is_finite()));
    let datum = Datum::from_towgs84(&numbers.collect::<Option<Vec<f64>>>()?, None)?;
    match datum {
        Datum::Helmert(helmert) if helmert.is_null() && is_modern(ellipsoid) => Some(Datum::Null),
        datum => Some(datum),
    }
}

/// WGS 84 or GRS 80: no datum before the satellites used them.
fn is_modern(ellipsoid: Ellipsoid) -> bool {
    near(ellipsoid.a_m, WGS84_ELLIPSOID.a_m) && (ellipsoid.f - WGS84_ELLIPSOID.f).abs() < 1e-10
}

fn split(parameters: &str) -> BTreeMap<&str, &str> {
    parameters
        .split_whitespace()
        .map(|word| word.trim_start_matches('+'))
        .map(|word| word.split_once('=').unwrap_or((word, "")))
        .collect()
}
