//! Codes: where the definition of an EPSG or Esri code comes from.
//!
//! Three sources, in this order: corrections made here, the list of the `crs-definitions` crate, and `more_codes.txt`,
//! which holds what that list lacks (newer EPSG codes and Esri's own) and is written by
//! `tests/oracles/crs/make_crs_tables.py` from the register of PROJ. Only definitions are decided here; datums and
//! formulas are not.

use std::sync::OnceLock;

use super::listed;
use super::wkt;
use super::wkt_projection;

/// A definition as a list of PROJ parameters. Two keys are our own: `angular_unit` (radians) and `datum_of` (the
/// geographic code whose datum it is).
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) parameters: String,
}

/// Lines `code|name|parameters`, sorted by code.
const MORE_CODES: &str = include_str!("more_codes.txt");

/// The codes of Web Mercator. Esri's 102113 and EPSG's 3785 stood for a sphere as datum, but nobody meant that.
const WEB_MERCATOR_CODES: [u32; 5] = [3857, 102_100, 102_113, 900_913, 3785];

const WEB_MERCATOR: &str = "+proj=webmerc +datum=WGS84";

/// Corrections of the list: key of the datum (or code of the system), parameters that replace those of the list.
///
/// The list keeps older parameters than EPSG has now: "Israel 1993 to WGS 84 (2)", "Amersfoort to WGS 84 (4)",
/// "S-JTSK to WGS 84 (5)", "Pulkovo 1942(58) to WGS 84 (19)" for Romania; rotations are turned to position vectors.
const CORRECTIONS: &[(&str, &str)] = &[
    ("israel1993", "+towgs84=23.772,17.49,17.859,-0.3132,-1.85274,1.67299,-5.4262"),
    (
        "amersfoort",
        "+towgs84=565.4171,50.3319,465.5524,-0.398957388243134,0.343987817378283,-1.87740163998045,4.0725",
    ),
    (
        "systemjednotnetrigonometrickesitekatastralni",
        "+alpha=30.28813975277778 +towgs84=572.213,85.334,461.94,4.9732,1.529,5.2484,3.5378",
    ),
    ("3844", "+towgs84=2.329,-147.042,-92.08,-0.309,0.325,0.497,5.69"),
];

pub(super) fn current_code(code: u32) -> u32 {
    if WEB_MERCATOR_CODES.contains(&code) {
        return 3857;
    }
    match find_more(code).and_then(|entry| entry.parameters.strip_prefix("+alias_of=")?.parse().ok()) {
        Some(current) => current,
        None => code,
    }
}

pub(super) fn find(code: u32) -> Option<Entry> {
    if code == 3857 {
        return Some(Entry {
            name: "WGS 84 / Pseudo-Mercator".to_owned(),
            parameters: WEB_MERCATOR.to_owned(),
        });
    }
    if let Some(entry) = find_more(code) {
        return Some(entry);
    }
    let definition = listed::find(code)?;
    // Krovak with axes to the south and west stands in the list as if they went east and north; the rotations of
    // Fatu Iva 72 have opposite signs here and in EPSG, 4.7 km apart.
    if definition.parameters.is_empty() || matches!(code, 2065 | 5513 | 3303 | 4688) {
        return None;
    }
    let mut parameters = definition.parameters.to_owned();
    let mut name = format!("EPSG:{code}");
    // PROJ strings do not say in which unit a geographic system has its angles; the text beside them does.
    if let Ok(root) = wkt::parse(&definition.text) {
        name = wkt_projection::name(&root);
        if let Some(unit) = wkt_projection::angular_unit(&root).filter(|_| root.keyword == "GEOGCS") {
            parameters.push_str(&format!(" +angular_unit={unit}"));
        }
        if let Some(datum) = wkt_projection::datum_name(&root) {
            let datum = wkt_projection::normal(datum);
            for (key, correction) in CORRECTIONS {
                if *key == datum || key.parse() == Ok(code) {
                    // The last of two equal parameters counts.
                    parameters.push_str(&format!(" {correction}"));
                }
            }
            parameters.push_str(&format!(" +datum_name={datum}"));
        }
    }
    Some(Entry { name, parameters })
}

fn find_more(code: u32) -> Option<Entry> {
    static INDEX: OnceLock<Vec<(u32, &str)>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let lines = MORE_CODES.lines().filter_map(|line| line.split_once('|'));
        lines.filter_map(|(code, rest)| Some((code.parse().ok()?, rest))).collect()
    });
    let at = index.binary_search_by_key(&code, |line| line.0).ok()?;
    let (name, parameters) = index[at].1.split_once('|')?;
    Some(Entry { name: name.to_owned(), parameters: parameters.to_owned() })
}

/// The code whose name in `more_codes.txt` is that; the names of Esri's own codes are those of its texts.
pub(super) fn code_of_esri_name(name: &str) -> Option<u32> {
    MORE_CODES.lines().find_map(|line| {
        let mut parts = line.split('|');
        let code = parts.next()?;
        if parts.next()?.eq_ignore_ascii_case(name) { code.parse().ok().map(current_code) } else { None }
    })
}

/// The code of that name, however it is spelled; a geographic one where a projected one is called the same.
pub(super) fn code_of_name(name: &str) -> Option<u32> {
    let wanted = spelling(name);
    if wanted.is_empty() {
        return None;
    }
    if wanted == spelling("WGS_1984_Web_Mercator_Auxiliary_Sphere") {
        return Some(3857);
    }
    // A second's thousandth for all of them, and asked for once a run: no table of its own.
    let is_called_so = |code: &u32| listed::name(*code).is_some_and(|known| spelling(known) == wanted);
    let of_epsg = || listed::codes().find(is_called_so);
    let more = MORE_CODES.lines().find_map(|line| {
        let (code, rest) = line.split_once('|')?;
        let (known, _) = rest.split_once('|')?;
        if spelling(known) == wanted { code.parse().ok().map(current_code) } else { None }
    });
    of_epsg().or(more)
}

/// What the spellings of a name have in common: letters and digits, `GCS_WGS_1984` like `WGS 84`.
fn spelling(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let letters = letters.strip_prefix("gcs").unwrap_or(&letters);
    letters
        .replace("northamerican19", "nad")
        .replace("1984", "84")
        .replace("1983", "83")
        .replace("1927", "27")
}

/// Lines `name|code`: datum names of OGC and Esri texts, letters and digits only, and their geographic code.
const DATUM_NAMES: &str = include_str!("datum_names.txt");

/// The geographic code of a datum name as it stands in a text, `D_North_American_1983` or `OSGB_1936`.
pub(super) fn geographic_code_of_datum(name: &str) -> Option<u32> {
    let name = wkt_projection::normal(name);
    DATUM_NAMES.lines().find_map(|line| {
        let (known, code) = line.split_once('|')?;
        if known == name { code.parse().ok() } else { None }
    })
}
