//! Well-known text, version 1, of systems that stand in the lists as parameters only: Esri's own and newer ones of EPSG.
//!
//! Written are the usual projections, in Esri's words, which every reader knows. It is the reverse of `wkt_projection.rs` and
//! may be incomplete: whoever asks compares what the text means with what was meant.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::catalog::{self, Entry};
use super::listed;

/// Parameters of a projection: Esri's name, PROJ's name, and the value where there is none.
type Parameters = &'static [(&'static str, &'static str, f64)];

const ORIGIN: Parameters = &[("Central_Meridian", "lon_0", 0.0), ("Latitude_Of_Origin", "lat_0", 0.0)];
const CENTER: Parameters = &[("Longitude_Of_Center", "lon_0", 0.0), ("Latitude_Of_Center", "lat_0", 0.0)];
const MERIDIAN: Parameters = &[("Central_Meridian", "lon_0", 0.0)];
const TRANSVERSE: Parameters =
    &[("Central_Meridian", "lon_0", 0.0), ("Scale_Factor", "k_0", 1.0), ("Latitude_Of_Origin", "lat_0", 0.0)];
const ONE_PARALLEL: Parameters = &[
    ("Central_Meridian", "lon_0", 0.0),
    ("Standard_Parallel_1", "lat_1", 0.0),
    ("Scale_Factor", "k_0", 1.0),
    ("Latitude_Of_Origin", "lat_0", 0.0),
];
const TWO_PARALLELS: Parameters = &[
    ("Central_Meridian", "lon_0", 0.0),
    ("Standard_Parallel_1", "lat_1", 0.0),
    ("Standard_Parallel_2", "lat_2", 0.0),
    ("Latitude_Of_Origin", "lat_0", 0.0),
];
const TRUE_SCALE: Parameters = &[("Central_Meridian", "lon_0", 0.0), ("Standard_Parallel_1", "lat_ts", 0.0)];

/// PROJ's projections in Esri's words. The first that has a matching parameter is meant.
const PROJECTIONS: &[(&str, &str, Parameters)] = &[
    ("tmerc", "Transverse_Mercator", TRANSVERSE),
    ("aea", "Albers", TWO_PARALLELS),
    ("eqdc", "Equidistant_Conic", TWO_PARALLELS),
    ("laea", "Lambert_Azimuthal_Equal_Area", ORIGIN),
    ("aeqd", "Azimuthal_Equidistant", ORIGIN),
    ("sterea", "Double_Stereographic", TRANSVERSE),
    ("cass", "Cassini", ORIGIN),
    ("poly", "Polyconic", ORIGIN),
    ("ortho", "Orthographic", CENTER),
    ("gnom", "Gnomonic", CENTER),
    ("merc", "Mercator", TRUE_SCALE),
    ("eqc", "Equidistant_Cylindrical", TRUE_SCALE),
    ("cea", "Cylindrical_Equal_Area", TRUE_SCALE),
    ("robin", "Robinson", MERIDIAN),
    ("moll", "Mollweide", MERIDIAN),
    ("sinu", "Sinusoidal", MERIDIAN),
    ("mill", "Miller_Cylindrical", MERIDIAN),
    ("eqearth", "Equal_Earth", MERIDIAN),
];

/// Metres in the units that PROJ names.
const UNITS: &[(&str, &str, f64)] = &[
    ("m", "Meter", 1.0),
    ("us-ft", "Foot_US", 1200.0 / 3937.0),
    ("ft", "Foot", 0.3048),
    ("km", "Kilometer", 1000.0),
    ("link", "Link", 0.201_168),
];

/// The text of an entry of the list; `None` where it cannot be put into these words.
pub(super) fn text(entry: &Entry) -> Option<String> {
    let words = entry.parameters.split_whitespace().map(|word| word.trim_start_matches('+'));
    let values: BTreeMap<&str, &str> = words.map(|word| word.split_once('=').unwrap_or((word, ""))).collect();
    let mut numbers: BTreeMap<&str, f64> =
        values.iter().filter_map(|(key, value)| Some((*key, value.parse().ok()?))).collect();
    let geographic = match (values.get("datum_of"), values.get("datum_name")) {
        (Some(code), _) => code.parse().ok()?,
        // The register's name of WGS 84 is in no text.
        (None, Some(&"worldgeodeticsystem1984")) => 4326,
        (None, Some(name)) => catalog::geographic_code_of_datum(name)?,
        (None, None) => return None,
    };
    let base = geographic_text(geographic)?;
    let mut kind = *values.get("proj")?;
    if kind == "longlat" || values.contains_key("axis") || values.contains_key("pm") {
        return None;
    }
    if kind == "utm" {
        kind = "tmerc";
        numbers.insert("lon_0", numbers.get("zone")? * 6.0 - 183.0);
        numbers.insert("k_0", 0.9996);
        numbers.insert("x_0", 500_000.0);
        numbers.insert("y_0", if values.contains_key("south") { 10_000_000.0 } else { 0.0 });
    }
    if let Some(scale) = numbers.get("k").copied() {
        numbers.insert("k_0", scale);
    }
    let (name, parameters) = projection(kind, &numbers)?;
    let (unit_name, unit_m) = match values.get("units") {
        None => ("Meter", 1.0),
        Some(unit) => UNITS.iter().find(|known| known.0 == *unit).map(|known| (known.1, known.2))?,
    };
    let number = |key: &str, otherwise: f64| numbers.get(key).copied().unwrap_or(otherwise);
    let mut text = format!("PROJCS[\"{}\",{base},PROJECTION[\"{name}\"]", entry.name.replace('"', ""));
    for (parameter, key) in [("False_Easting", "x_0"), ("False_Northing", "y_0")] {
        let _ = write!(text, ",PARAMETER[\"{parameter}\",{}]", decimal(number(key, 0.0) / unit_m));
    }
    for (parameter, key, otherwise) in parameters {
        let _ = write!(text, ",PARAMETER[\"{parameter}\",{}]", decimal(number(key, *otherwise)));
    }
    let _ = write!(text, ",UNIT[\"{unit_name}\",{}]]", decimal(unit_m));
    Some(text)
}

fn projection(kind: &str, numbers: &BTreeMap<&str, f64>) -> Option<(&'static str, Parameters)> {
    match kind {
        "lcc" if numbers.contains_key("lat_2") => Some(("Lambert_Conformal_Conic", TWO_PARALLELS)),
        "lcc" => Some(("Lambert_Conformal_Conic", ONE_PARALLEL)),
        "stere"
            if numbers.get("lat_0").is_some_and(|lat| lat.abs() >= 90.0)
                && numbers.contains_key("lat_ts") =>
        {
            let is_north = numbers.get("lat_0").is_some_and(|lat| *lat > 0.0);
            let name = if is_north { "Stereographic_North_Pole" } else { "Stereographic_South_Pole" };
            Some((name, TRUE_SCALE))
        }
        "stere" => Some(("Stereographic", TRANSVERSE)),
        _ => PROJECTIONS.iter().find(|known| known.0 == kind).map(|known| (known.1, known.2)),
    }
}

/// The text of a geographic system, as the list has it.
fn geographic_text(code: u32) -> Option<Cow<'static, str>> {
    Some(listed::find(code)?.text).filter(|text| text.starts_with("GEOGCS"))
}

/// Readers of Esri's texts want a point in every number.
fn decimal(number: f64) -> String {
    let text = number.to_string();
    if text.contains('.') { text } else { text + ".0" }
}
