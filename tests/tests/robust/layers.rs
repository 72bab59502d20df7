//! The layers that tools are tried on: the nasty files of `tests/data`, and sets that lack something, say something
//! strange, or lie where coordinates are unusual, in every geometry type.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A layer as a request carries it.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) json: String,
    /// The geometry type without `esriGeometry`; empty for a table.
    pub(crate) kind: String,
    pub(crate) wkid: u64,
}

pub(crate) const KINDS: [&str; 4] = ["Point", "Multipoint", "Polyline", "Polygon"];

/// In the name of a layer whose object ids are not unique: what keeps ids cannot make them so.
pub(crate) const IDS_REPEAT: &str = "ids that repeat";

/// A plane in metres, one in feet, and degrees.
const METRES: u32 = 5070;
const FEET: u32 = 2263;
const DEGREES: u32 = 4326;

/// All layers.
pub(crate) fn all() -> Result<Vec<Layer>> {
    let mut layers = nasty()?;
    for kind in KINDS {
        layers.extend(bare(kind).into_iter().chain(placed(kind)).chain(dressed(kind)));
    }
    layers.push(new("table", "", json!({ "fields": fields(), "features": [
        { "attributes": { "OBJECTID": 1, "NAME": "a", "COUNT": 2 } }, { "attributes": { "OBJECTID": 2, "NAME": null } },
    ] })));
    Ok(layers)
}

/// A layer that nothing is wrong with, near the others that have this reference.
pub(crate) fn partner(kind: &str, wkid: u64) -> Layer {
    let wkid = if wkid == u64::from(DEGREES) { DEGREES } else { METRES };
    let (corner, size) = if wkid == DEGREES { ([170.0, -30.0], 9.0) } else { ([5.0, 5.0], 60.0) };
    let rows = (0..3).map(|row| geometry(kind, [corner[0] + f64::from(row), corner[1]], size)).collect();
    layer("partner", kind, wkid, rows)
}

fn nasty() -> Result<Vec<Layer>> {
    let folder = gp_tests::repository().join("tests/data/nasty");
    let entries = std::fs::read_dir(&folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.sort();
    let read = |file: std::path::PathBuf| -> Result<Layer> {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
        let name = file.file_stem().context("no name")?.to_string_lossy().into_owned();
        let kind = value["geometryType"].as_str().unwrap_or("esriGeometry").replace("esriGeometry", "");
        Ok(new(&name, &kind, value))
    };
    files.into_iter().map(read).collect()
}

/// Sets that lack something.
fn bare(kind: &str) -> Vec<Layer> {
    let good = vec![geometry(kind, [0.0, 0.0], 50.0), geometry(kind, [20.0, 10.0], 50.0)];
    let with_gap = vec![good[0].clone(), Value::Null, good[1].clone()];
    let without = |member: &str, name: &str| {
        let mut value: Value = serde_json::from_str(&layer("", kind, METRES, good.clone()).json).unwrap();
        value.as_object_mut().unwrap().remove(member);
        new(name, kind, value)
    };
    let bare_rows: Vec<Value> = good.iter().map(|geometry| json!({ "geometry": geometry })).collect();
    let named_rows: Vec<Value> = good
        .iter()
        .map(|geometry| json!({ "attributes": { "NAME": "x", "COUNT": 1 }, "geometry": geometry }))
        .collect();
    let head = |rows: Vec<Value>, fields: Vec<Value>| {
        json!({ "geometryType": format!("esriGeometry{kind}"), "spatialReference": { "wkid": METRES },
                "fields": fields, "features": rows })
    };
    vec![
        layer("empty", kind, METRES, Vec::new()),
        layer("null geometry only", kind, METRES, vec![Value::Null, Value::Null]),
        layer("some null geometry", kind, METRES, with_gap),
        without("spatialReference", "no reference"),
        new("no fields", kind, head(bare_rows, Vec::new())),
        new("no object ids", kind, head(named_rows, fields()[1..].to_vec())),
        layer("one feature", kind, METRES, vec![good[0].clone()]),
    ]
}

/// Sets at unusual places.
fn placed(kind: &str) -> Vec<Layer> {
    let at = |name: &str, wkid: u32, size: f64, corners: &[[f64; 2]]| {
        layer(name, kind, wkid, corners.iter().map(|corner| geometry(kind, *corner, size)).collect())
    };
    vec![
        at("feet", FEET, 500.0, &[[987_000.0, 200_000.0], [987_300.0, 200_100.0]]),
        at(
            "antimeridian",
            DEGREES,
            2.0,
            &[[179.0, 10.0], [-181.0, 10.0], [178.0, -1.0], [180.0, 0.0], [-180.0, 0.0]],
        ),
        at("poles", DEGREES, 1.0, &[[0.0, 89.0], [179.5, 89.0], [0.0, -90.0], [90.0, 90.0]]),
        at("beyond the poles", DEGREES, 30.0, &[[0.0, 80.0], [700.0, -95.0], [-200.0, 91.0]]),
        at("whole world", DEGREES, 180.0, &[[-180.0, -90.0], [0.0, -90.0]]),
        at("huge coordinates", METRES, 1e300, &[[0.0, 0.0], [-1e300, 1e300]]),
        at("large coordinates", METRES, 1e12, &[[0.0, 0.0], [-1e15, 1e15], [1e17, 3.0]]),
        at("tiny coordinates", METRES, 1e-300, &[[0.0, 0.0], [1e-300, 2e-300]]),
        at("small coordinates", METRES, 1e-9, &[[0.0, 0.0], [5.0, 5.0]]),
        at("a millimetre, far apart", METRES, 0.001, &[[0.0, 0.0], [1e7, 0.0], [1e7, 0.0005]]),
        at("size zero", METRES, 0.0, &[[10.0, 10.0], [10.0, 10.0]]),
        at("unknown reference", 999_999, 50.0, &[[0.0, 0.0], [20.0, 10.0]]),
        at("duplicates", METRES, 50.0, &[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
        at("neighbours", METRES, 50.0, &[[0.0, 0.0], [50.0, 0.0], [0.0, 50.0], [50.0, 50.0]]),
    ]
}

/// Sets with z and m, and with fields and values that tools may not expect.
fn dressed(kind: &str) -> Vec<Layer> {
    let good = || vec![geometry(kind, [0.0, 0.0], 50.0), geometry(kind, [20.0, 10.0], 50.0)];
    let raised = |name: &str, z: bool, m: bool| {
        let mut value: Value = serde_json::from_str(&layer(name, kind, METRES, good()).json).unwrap();
        (value["hasZ"], value["hasM"]) = (json!(z), json!(m));
        for feature in value["features"].as_array_mut().unwrap() {
            raise(&mut feature["geometry"], z, m);
        }
        new(name, kind, value)
    };
    // The names that tools give to columns of their own, other types, and values that do not fit them.
    let names = [
        ("FID", "OID"),
        ("ORIG_FID", "Integer"),
        ("Join_Count", "String"),
        ("FID_Input_Features", "Integer"),
        ("Shape_Length", "Double"),
        ("Shape_Area", "Double"),
        ("NEAR_FID", "Date"),
        ("NAME", "String"),
        ("FREQUENCY", "GUID"),
        ("COUNT", "SmallInteger"),
    ];
    let declared: Vec<Value> = names
        .iter()
        .map(|(name, kind)| json!({ "name": name, "type": format!("esriFieldType{kind}"), "length": 20 }))
        .collect();
    let values = json!({ "FID": 7, "ORIG_FID": 2_147_483_647, "Join_Count": "é🦀'\"", "FID_Input_Features": -1,
        "Shape_Length": "NaN", "Shape_Area": 1e300, "NEAR_FID": -62_135_596_800_000_i64, "NAME": "", "COUNT": 3 });
    let rows: Vec<Value> = good()
        .into_iter()
        .map(|geometry| json!({ "attributes": values, "geometry": geometry }))
        .chain([json!({ "attributes": { "FID": 7 }, "geometry": geometry(kind, [1.0, 1.0], 5.0) })])
        .collect();
    let strange = json!({ "geometryType": format!("esriGeometry{kind}"), "spatialReference": { "wkid": METRES },
        "fields": declared, "features": rows });
    vec![
        raised("z", true, false),
        raised("m", false, true),
        raised("z and m", true, true),
        new(&format!("fields of tools, {IDS_REPEAT}"), kind, strange),
    ]
}

/// Adds z and m to every position; the last m is NaN.
fn raise(geometry: &mut Value, z: bool, m: bool) {
    if let Some(point) = geometry.as_object_mut().filter(|point| point.contains_key("x")) {
        if z {
            point.insert("z".into(), json!(5.5));
        }
        if m {
            point.insert("m".into(), json!("NaN"));
        }
        return;
    }
    for member in ["points", "paths", "rings"] {
        if let Some(list) = geometry.get_mut(member) {
            raise_positions(list, z, m);
        }
    }
}

fn raise_positions(list: &mut Value, z: bool, m: bool) {
    for entry in list.as_array_mut().unwrap() {
        if entry[0].is_array() {
            raise_positions(entry, z, m);
            continue;
        }
        let position = entry.as_array_mut().unwrap();
        if z {
            position.push(json!(1.25));
        }
        if m {
            position.push(json!("NaN"));
        }
    }
}

/// A shape of this type whose lower left corner is `corner`.
pub(crate) fn geometry(kind: &str, corner: [f64; 2], size: f64) -> Value {
    let [x, y] = corner;
    let s = size;
    match kind {
        "Point" => json!({ "x": x, "y": y }),
        "Multipoint" => json!({ "points": [[x, y], [x + s, y + s], [x + s / 2.0, y]] }),
        "Polyline" => json!({ "paths": [[[x, y], [x + s, y + s], [x + 2.0 * s, y]]] }),
        _ => json!({ "rings": [[[x, y], [x, y + s], [x + s, y + s], [x + s, y], [x, y]]] }),
    }
}

/// A layer of these geometries with an object id, a text and a number.
pub(crate) fn layer(name: &str, kind: &str, wkid: u32, geometries: Vec<Value>) -> Layer {
    let rows: Vec<Value> = geometries
        .into_iter()
        .enumerate()
        .map(|(row, geometry)| {
            let name = if row % 2 == 0 { "a" } else { "b" };
            let attributes = json!({ "OBJECTID": row + 1, "NAME": name, "COUNT": row });
            json!({ "attributes": attributes, "geometry": geometry })
        })
        .collect();
    let value = json!({ "geometryType": format!("esriGeometry{kind}"), "spatialReference": { "wkid": wkid },
        "fields": fields(), "features": rows });
    new(name, kind, value)
}

fn fields() -> Vec<Value> {
    vec![
        json!({ "name": "OBJECTID", "type": "esriFieldTypeOID" }),
        json!({ "name": "NAME", "type": "esriFieldTypeString", "length": 30 }),
        json!({ "name": "COUNT", "type": "esriFieldTypeInteger" }),
    ]
}

fn new(name: &str, kind: &str, mut value: Value) -> Layer {
    // Nobody reads this member, but whoever judges an outcome sees of which layer it is.
    value["displayFieldName"] = json!(name);
    let wkid = value["spatialReference"]["wkid"].as_u64().unwrap_or(0);
    Layer { name: format!("{kind} {name}"), json: value.to_string(), kind: kind.to_owned(), wkid }
}
