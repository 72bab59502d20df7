//! Spatial references as GeoParquet has them: PROJJSON, which spells out every parameter, with the code beside.
//! <https://proj.org/en/stable/specifications/projjson.html>

use crate::authority;
use gp_esri::SpatialReference;
use serde_json::{Value, json};

/// The reference of a PROJJSON object, by its code; some writers have `EPSG:2056` as text.
pub(super) fn reference_of(crs: &Value) -> Option<SpatialReference> {
    if let Some(text) = crs.as_str() {
        if text == "OGC:CRS84" {
            return Some(SpatialReference::from_wkid(4326));
        }
        let (authority, code) = text.split_once(':')?;
        return authority::reference(authority, code.parse().ok()?);
    }
    let id = if crs["id"].is_object() { &crs["id"] } else { &crs["ids"][0] };
    let authority = id["authority"].as_str()?;
    let code = &id["code"];
    if authority.eq_ignore_ascii_case("OGC") && code.as_str() == Some("CRS84") {
        return Some(SpatialReference::from_wkid(4326));
    }
    let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    authority::reference(authority, u32::try_from(code).ok()?)
}

/// The reference of a code. PROJJSON spells out every parameter, which is known here for UTM on WGS 84 and Web Mercator; of
/// others the code is written, which GeoPandas and PROJ understand although the specification asks for an object.
pub(super) fn crs_of(code: u32) -> Value {
    match code {
        3857 => web_mercator(),
        32601..=32660 => utm(code, code - 32600, Hemisphere::North),
        32701..=32760 => utm(code, code - 32700, Hemisphere::South),
        _ => Value::String(format!("{}:{code}", authority::of_code(code))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hemisphere {
    North,
    South,
}

fn utm(code: u32, zone: u32, hemisphere: Hemisphere) -> Value {
    let (letter, false_northing) = match hemisphere {
        Hemisphere::North => ("N", 0.0),
        Hemisphere::South => ("S", 10_000_000.0),
    };
    let parameter =
        |name: &str, value: f64, unit: &str| json!({ "name": name, "value": value, "unit": unit });
    let conversion = json!({
        "name": format!("UTM zone {zone}{}", letter.to_lowercase()),
        "method": { "name": "Transverse Mercator", "id": { "authority": "EPSG", "code": 9807 } },
        "parameters": [
            parameter("Latitude of natural origin", 0.0, "degree"),
            parameter("Longitude of natural origin", f64::from(zone) * 6.0 - 183.0, "degree"),
            parameter("Scale factor at natural origin", 0.9996, "unity"),
            parameter("False easting", 500_000.0, "metre"),
            parameter("False northing", false_northing, "metre"),
        ],
    });
    projected(code, &format!("WGS 84 / UTM zone {zone}{letter}"), &conversion, ["E", "N"])
}

fn web_mercator() -> Value {
    let parameter = |name: &str, unit: &str| json!({ "name": name, "value": 0.0, "unit": unit });
    let conversion = json!({
        "name": "Popular Visualisation Pseudo-Mercator",
        "method": {
            "name": "Popular Visualisation Pseudo Mercator",
            "id": { "authority": "EPSG", "code": 1024 },
        },
        "parameters": [
            parameter("Latitude of natural origin", "degree"),
            parameter("Longitude of natural origin", "degree"),
            parameter("False easting", "metre"),
            parameter("False northing", "metre"),
        ],
    });
    projected(3857, "WGS 84 / Pseudo-Mercator", &conversion, ["X", "Y"])
}

/// A projected reference on WGS 84, in metres.
fn projected(code: u32, name: &str, conversion: &Value, [x, y]: [&str; 2]) -> Value {
    let axis = |name: &str, abbreviation: &str, direction: &str, unit: &str| json!({ "name": name, "abbreviation": abbreviation, "direction": direction, "unit": unit });
    json!({
        "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
        "type": "ProjectedCRS",
        "name": name,
        "base_crs": {
            "type": "GeographicCRS",
            "name": "WGS 84",
            "datum": {
                "type": "GeodeticReferenceFrame",
                "name": "World Geodetic System 1984",
                "ellipsoid": {
                    "name": "WGS 84",
                    "semi_major_axis": 6_378_137.0,
                    "inverse_flattening": 298.257_223_563,
                },
            },
            "coordinate_system": {
                "subtype": "ellipsoidal",
                "axis": [
                    axis("Geodetic latitude", "Lat", "north", "degree"),
                    axis("Geodetic longitude", "Lon", "east", "degree"),
                ],
            },
            "id": { "authority": "EPSG", "code": 4326 },
        },
        "conversion": conversion,
        "coordinate_system": {
            "subtype": "Cartesian",
            "axis": [axis("Easting", x, "east", "metre"), axis("Northing", y, "north", "metre")],
        },
        "id": { "authority": "EPSG", "code": code },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_code_is_read_as_that_code() {
        for code in [3857, 2056, 32632, 32733, 54030] {
            assert_eq!(reference_of(&crs_of(code)), Some(SpatialReference::from_wkid(code)));
        }
    }
}
