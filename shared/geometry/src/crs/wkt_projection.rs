//! Well-known text, version 1: what the keywords mean, as Esri and as OGC (GDAL) write them.
//!
//! The result is a list of PROJ parameters, the same form in which codes are defined. Esri's names differ from OGC's
//! (`D_North_American_1983`, `Lambert_Conformal_Conic` for one and two parallels), so names are compared by letters and
//! digits alone. Angles are in the unit of the geographic system, lengths in that of the projected one.

use std::fmt::Write;

use super::CrsError;
use super::catalog::{self, Entry};
use super::wkt::{Node, Value};

const GEOGRAPHIC: [&str; 6] = ["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS", "BASEGEOGCRS"];
const PROJECTED: [&str; 3] = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const COMPOUND: [&str; 3] = ["COMPD_CS", "COMPOUNDCRS", "BOUNDCRS"];

/// Letters and digits of a name, in lower case and without Esri's prefix of datums.
pub(super) fn normal(name: &str) -> String {
    let name = name.strip_prefix("D_").unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The horizontal system within a compound one, or the node itself.
fn horizontal(root: &Node) -> &Node {
    let inner =
        COMPOUND.contains(&root.keyword.as_str()).then(|| root.child(&PROJECTED).or(root.child(&GEOGRAPHIC)));
    inner.flatten().unwrap_or(root)
}

/// The name of the system.
pub(super) fn name(root: &Node) -> String {
    horizontal(root).text(0).unwrap_or_default().chars().take(80).collect()
}

/// The code in AUTHORITY or ID at the end of the system itself, if it is one of EPSG or Esri.
pub(super) fn authority_code(root: &Node) -> Option<u32> {
    let authority =
        horizontal(root).children().rfind(|node| matches!(node.keyword.as_str(), "AUTHORITY" | "ID"))?;
    if !matches!(authority.text(0)?.to_ascii_uppercase().as_str(), "EPSG" | "ESRI") {
        return None;
    }
    match authority.values.get(1)? {
        Value::Text(code) => code.parse().ok(),
        Value::Number(code) if (1.0..=1e7).contains(code) => Some(*code as u32),
        Value::Number(_) | Value::Node(_) => None,
    }
}

/// Whether the keywords are those of version 2.
pub(super) fn is_version_2(root: &Node) -> bool {
    let keyword = horizontal(root).keyword.as_str();
    keyword != "GEOGCS"
        && keyword != "PROJCS"
        && (GEOGRAPHIC.contains(&keyword) || PROJECTED.contains(&keyword))
}

fn geographic(root: &Node) -> Option<&Node> {
    let node = horizontal(root);
    if GEOGRAPHIC.contains(&node.keyword.as_str()) { Some(node) } else { node.child(&GEOGRAPHIC) }
}

/// Radians in a unit of the geographic system.
pub(super) fn angular_unit(root: &Node) -> Option<f64> {
    let unit = geographic(root)?.child(&["UNIT"])?.number(1)?;
    let degree = 1_f64.to_radians();
    // Texts cut the degree off after 15 digits.
    Some(if (unit - degree).abs() < 1e-11 { degree } else { unit })
}

/// The name of the datum.
pub(super) fn datum_name(root: &Node) -> Option<&str> {
    geographic(root)?.child(&["DATUM"])?.text(0)
}

/// Translates a system of version 1.
pub(super) fn to_parameters(root: &Node) -> Result<Entry, CrsError> {
    let system = horizontal(root);
    let name = name(root);
    let bad = |reason: &str| CrsError::BadText { reason: format!("{reason} in \"{name}\"") };
    let geographic = geographic(root).ok_or_else(|| bad("neither a GEOGCS nor a PROJCS"))?;
    let datum = geographic.child(&["DATUM"]).ok_or_else(|| bad("no DATUM"))?;
    let spheroid = datum.child(&["SPHEROID", "ELLIPSOID"]).ok_or_else(|| bad("no SPHEROID"))?;
    let (Some(a_m), Some(rf)) = (spheroid.number(1), spheroid.number(2)) else {
        return Err(bad("a SPHEROID without axis and flattening"));
    };
    let angular_unit = angular_unit(root).ok_or_else(|| bad("no UNIT of the GEOGCS"))?;

    let mut parameters = if system.keyword == "PROJCS" {
        projection(system, &name, angular_unit.to_degrees())?
    } else {
        format!("+proj=longlat +angular_unit={angular_unit}")
    };
    let _ = write!(parameters, " +a={a_m} +rf={rf}");
    if let Some(meridian) = geographic.child(&["PRIMEM"]) {
        let place = meridian.text(0).unwrap_or_default().to_ascii_lowercase();
        let degrees = meridian.number(1).unwrap_or_default();
        if super::names::is_prime_meridian(&place) {
            let _ = write!(parameters, " +pm={place}");
        } else if degrees.abs() > 0.0 {
            let _ = write!(parameters, " +pm={degrees}");
        }
    }
    let shift = datum.child(&["TOWGS84"]).map(|node| {
        let numbers = (0..7).map_while(|index| node.number(index)).map(|number| number.to_string());
        numbers.collect::<Vec<_>>().join(",")
    });
    let datum_name = datum.text(0).unwrap_or_default();
    if let Some(shift) = shift {
        let _ = write!(parameters, " +towgs84={shift}");
    } else if let Some(code) = catalog::geographic_code_of_datum(datum_name) {
        let _ = write!(parameters, " +datum_of={code}");
    } else {
        let _ = write!(parameters, " +datum_name={}", normal(datum_name));
    }
    Ok(Entry { name, parameters })
}

/// The parameters of a PROJCS by their names; a parameter that is not there is zero or one.
struct Parameters<'a> {
    system: &'a Node,
    degrees_per_unit: f64,
    meters_per_unit: f64,
}

impl Parameters<'_> {
    fn number(&self, names: &[&str]) -> Option<f64> {
        let parameters = self.system.children().filter(|node| node.keyword == "PARAMETER");
        parameters
            .filter(|node| node.text(0).is_some_and(|name| names.contains(&normal(name).as_str())))
            .find_map(|node| node.number(1))
    }

    fn degrees(&self, names: &[&str]) -> f64 {
        let value = self.number(names).unwrap_or_default() * self.degrees_per_unit;
        // Grads of a text become degrees with a last digit that the definition by code does not have.
        (value * 1e13).round() / 1e13
    }

    fn meters(&self, names: &[&str]) -> f64 {
        self.number(names).unwrap_or_default() * self.meters_per_unit
    }

    fn scale(&self) -> f64 {
        self.number(&["scalefactor"]).unwrap_or(1.0)
    }

    fn latitude_0(&self) -> f64 {
        self.degrees(&["latitudeoforigin", "latitudeofcenter", "latitudeofcentre"])
    }

    fn longitude_0(&self) -> f64 {
        self.degrees(&["centralmeridian", "longitudeofcenter", "longitudeofcentre", "longitudeoforigin"])
    }

    fn parallel_1(&self) -> f64 {
        self.degrees(&["standardparallel1"])
    }

    fn parallel_2(&self) -> Option<f64> {
        self.number(&["standardparallel2"]).map(|_| self.degrees(&["standardparallel2"]))
    }
}

fn projection(system: &Node, name: &str, degrees_per_unit: f64) -> Result<String, CrsError> {
    let bad = |reason: &str| CrsError::BadText { reason: format!("{reason} in \"{name}\"") };
    let unit = system
        .child(&["UNIT"])
        .and_then(|unit| unit.number(1))
        .ok_or_else(|| bad("no UNIT of the PROJCS"))?;
    let method =
        system.child(&["PROJECTION"]).and_then(|node| node.text(0)).ok_or_else(|| bad("no PROJECTION"))?;
    let p = Parameters { system, degrees_per_unit, meters_per_unit: unit };
    let (lat_0, lon_0, lat_1, k_0) = (p.latitude_0(), p.longitude_0(), p.parallel_1(), p.scale());
    let center = format!("+lat_0={lat_0} +lon_0={lon_0}");
    let web_mercator = system.children().any(|node| {
        node.keyword == "EXTENSION" && node.text(1).is_some_and(|text| text.contains("+nadgrids=@null"))
    });
    let specific = match normal(method).as_str() {
        _ if web_mercator => return Ok(WEB_MERCATOR.to_owned()),
        "mercatorauxiliarysphere" if lon_0.abs() + lat_1.abs() > 0.0 => {
            return Err(unsupported(name, "Web Mercator with another meridian or parallel than 0"));
        }
        "mercatorauxiliarysphere" | "popularvisualisationpseudomercator" => {
            return Ok(WEB_MERCATOR.to_owned());
        }
        "transversemercator" | "gausskruger" | "transversemercatorcomplex" => {
            format!("+proj=tmerc {center} +k_0={k_0}")
        }
        "transversemercatorsouthorientated" => format!("+proj=tmerc +axis=wsu {center} +k_0={k_0}"),
        "lambertconformalconic" | "lambertconformalconic1sp" | "lambertconformalconic2sp" => {
            match p.parallel_2() {
                Some(lat_2) => format!("+proj=lcc +lat_1={lat_1} +lat_2={lat_2} {center} +k_0={k_0}"),
                None if p.number(&["standardparallel1"]).is_some() => {
                    format!("+proj=lcc +lat_1={lat_1} {center} +k_0={k_0}")
                }
                None => format!("+proj=lcc +lat_1={lat_0} {center} +k_0={k_0}"),
            }
        }
        "albers" | "albersconicequalarea" => {
            format!("+proj=aea +lat_1={lat_1} +lat_2={} {center}", p.parallel_2().unwrap_or(lat_1))
        }
        "equidistantconic" => {
            format!("+proj=eqdc +lat_1={lat_1} +lat_2={} {center}", p.parallel_2().unwrap_or(lat_1))
        }
        "mercator" | "mercator1sp" | "mercator2sp" => {
            format!("+proj=merc +lon_0={lon_0} {}", mercator_scale(&p))
        }
        "polarstereographic" | "polarstereographicvarianta" | "polarstereographicvariantb" => polar(&p),
        "stereographicnorthpole" => format!("+proj=stere +lat_0=90 +lon_0={lon_0} +lat_ts={lat_1}"),
        "stereographicsouthpole" => format!("+proj=stere +lat_0=-90 +lon_0={lon_0} +lat_ts={lat_1}"),
        "stereographic" => format!("+proj=stere {center} +k_0={k_0}"),
        "doublestereographic" | "obliquestereographic" => format!("+proj=sterea {center} +k_0={k_0}"),
        "lambertazimuthalequalarea" => format!("+proj=laea {center}"),
        "azimuthalequidistant" => format!("+proj=aeqd {center}"),
        "equidistantcylindrical" | "equirectangular" => format!("+proj=eqc {center} +lat_ts={lat_1}"),
        "platecarree" => format!("+proj=eqc +lon_0={lon_0}"),
        "cylindricalequalarea" => format!("+proj=cea +lon_0={lon_0} +lat_ts={lat_1}"),
        "behrmann" => format!("+proj=cea +lon_0={lon_0} +lat_ts=30"),
        "cassini" | "cassinisoldner" => format!("+proj=cass {center}"),
        "polyconic" => format!("+proj=poly {center}"),
        "mollweide" => format!("+proj=moll +lon_0={lon_0}"),
        "robinson" => format!("+proj=robin +lon_0={lon_0}"),
        "sinusoidal" => format!("+proj=sinu +lon_0={lon_0}"),
        "equalearth" => format!("+proj=eqearth +lon_0={lon_0}"),
        "millercylindrical" => format!("+proj=mill +R_A +lon_0={lon_0}"),
        "hotineobliquemercator"
        | "hotineobliquemercatorazimuthnaturalorigin"
        | "rectifiedskeworthomorphicnaturalorigin" => oblique_mercator(&p, " +no_uoff"),
        "hotineobliquemercatorazimuthcenter" | "obliquemercator" | "rectifiedskeworthomorphiccenter" => {
            oblique_mercator(&p, "")
        }
        "krovak" => krovak(&p).ok_or_else(|| unsupported(name, "Krovak with axes to the south and west"))?,
        _ => return Err(unsupported(name, &format!("the projection {method}"))),
    };
    let (x_0, y_0) = (p.meters(&["falseeasting"]), p.meters(&["falsenorthing"]));
    Ok(format!("{specific} +x_0={x_0} +y_0={y_0} +to_meter={unit}"))
}

const WEB_MERCATOR: &str = "+proj=webmerc";

fn unsupported(name: &str, what: &str) -> CrsError {
    CrsError::Unsupported { name: format!("\"{name}\""), what: what.to_owned() }
}

fn mercator_scale(p: &Parameters<'_>) -> String {
    if p.number(&["standardparallel1"]).is_some() {
        return format!("+lat_ts={}", p.parallel_1());
    }
    format!("+k_0={}", p.scale())
}

/// Variant A has its origin at the pole and a scale there; in variant B "origin" is the parallel of true scale.
fn polar(p: &Parameters<'_>) -> String {
    let (parallel, lon_0) = (p.latitude_0(), p.longitude_0());
    let pole = if parallel < 0.0 { -90 } else { 90 };
    if parallel.abs() > 89.9999 {
        return format!("+proj=stere +lat_0={pole} +lon_0={lon_0} +k_0={}", p.scale());
    }
    format!("+proj=stere +lat_0={pole} +lon_0={lon_0} +lat_ts={parallel}")
}

fn oblique_mercator(p: &Parameters<'_>, origin: &str) -> String {
    let (lat_0, lonc, k_0) = (p.latitude_0(), p.longitude_0(), p.scale());
    let alpha = p.degrees(&["azimuth"]);
    let gamma_names = ["rectifiedgridangle", "xyplanerotation"];
    let gamma = if p.number(&gamma_names).is_some() { p.degrees(&gamma_names) } else { alpha };
    // The Swiss grid is written as an oblique Mercator whose line runs due east; its own formula has no singularity.
    if origin.is_empty() && (alpha - 90.0).abs() < 1e-9 && (gamma - 90.0).abs() < 1e-9 {
        return format!("+proj=somerc +lat_0={lat_0} +lon_0={lonc} +k_0={k_0}");
    }
    format!("+proj=omerc{origin} +lat_0={lat_0} +lonc={lonc} +alpha={alpha} +gamma={gamma} +k_0={k_0}")
}

fn krovak(p: &Parameters<'_>) -> Option<String> {
    let east_north = match p.number(&["xyplanerotation"]) {
        Some(rotation) => {
            (rotation - 90.0).abs() < 1e-9 && p.number(&["xscale"]).is_some_and(|scale| scale < 0.0)
        }
        None => !p.system.children().any(|node| node.keyword == "AXIS" && node.text(1) == Some("SOUTH")),
    };
    let (lat_0, lon_0, alpha, k_0) = (p.latitude_0(), p.longitude_0(), p.degrees(&["azimuth"]), p.scale());
    east_north.then(|| format!("+proj=krovak +lat_0={lat_0} +lon_0={lon_0} +alpha={alpha} +k_0={k_0}"))
}
