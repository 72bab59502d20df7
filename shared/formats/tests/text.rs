//! Files that GDAL wrote are read as GDAL reads them. `data/make_text.py` makes both.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use gp_esri::date::date_to_text;
use gp_esri::{Attribute, Feature, FieldType, Geometry, Path, ReadLimits, Xy};
use gp_formats::{Format, FormatError, Input, ReadLayer, ReadOptions, read};
use serde_json::Value;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The file of a case: beside the expectations, or one of the project's nasty layers.
fn path_of(name: &str) -> PathBuf {
    let own = folder().join("tests/data/text").join(name);
    if own.exists() { own } else { folder().join("../../tests/data/nasty").join(name) }
}

fn options(layer: Option<&str>) -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 1_000_000,
        layer: layer.map(str::to_owned),
        extent: None,
        scratch: std::path::Path::new("/tmp"),
        stop: &|| false,
    }
}

/// The names of the layers of a file, as the error lists them when one is asked for that is not there.
fn layer_names(input: &Input, format: Format) -> Vec<String> {
    match read(input, format, &options(Some("no layer has this name"))) {
        Err(FormatError::NoLayer { names, .. }) => names,
        _ => Vec::new(),
    }
}

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("tests/data/text/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn read_case(case: &Value) -> (String, Format, ReadLayer) {
    let name = case["file"].as_str().unwrap();
    let input = Input::open(&path_of(name)).unwrap();
    let format = Format::of(name, &input.read_all(1_000_000).unwrap().unwrap()).unwrap();
    let layer = read(&input, format, &options(case["layer"].as_str())).unwrap();
    (format!("{name} {}", case["layer"]), format, layer)
}

/// A value as the expectation writes it.
fn json_of(value: &Attribute, field_type: FieldType) -> Value {
    match value {
        Attribute::Null => Value::Null,
        Attribute::Integer(value) if field_type == FieldType::Date => date_to_text(*value).into(),
        Attribute::Integer(value) => (*value).into(),
        Attribute::Double(value) => (*value).into(),
        Attribute::Text(text) => text.as_ref().into(),
    }
}

fn same(ours: &Value, theirs: &Value, format: Format) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) if ours.is_f64() || theirs.is_f64() => {
            ours.as_f64() == theirs.as_f64()
        }
        // GDAL reads an empty cell as an empty text, and whole numbers of KML that have no type as text.
        (Value::Null, Value::String(theirs)) if format == Format::Csv => theirs.is_empty(),
        (Value::Number(ours), Value::String(theirs)) => ours.to_string() == *theirs,
        _ => ours == theirs,
    }
}

fn paths(geometry: &Geometry) -> Vec<Path> {
    match geometry {
        Geometry::Point(point) => {
            vec![Path { z: point.z.into_iter().collect(), ..Path::from_xy(vec![point.xy]) }]
        }
        Geometry::Multipoint(points) => vec![points.clone()],
        Geometry::Polyline(paths) | Geometry::Polygon(paths) => paths.clone(),
    }
}

/// Twice the area, positive when clockwise.
fn clockwise_area(ring: &[Xy]) -> f64 {
    ring.windows(2).map(|edge| edge[1][0] * edge[0][1] - edge[0][0] * edge[1][1]).sum()
}

fn assert_geometry(feature: &Feature, expected: &Value, name: &str) {
    let Some(geometry) = &feature.geometry else {
        assert!(expected.is_null(), "{name}: there is a geometry");
        return;
    };
    let paths = paths(geometry);
    let mut positions: Vec<Vec<f64>> = Vec::new();
    for path in &paths {
        for (place, [x, y]) in path.xy.iter().enumerate() {
            positions.push([*x, *y].into_iter().chain(path.z.get(place).copied()).collect());
        }
    }
    positions.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let theirs = expected["positions"].as_array().unwrap();
    assert_eq!(positions.len(), theirs.len(), "{name}");
    for (ours, theirs) in positions.iter().zip(theirs) {
        let theirs: Vec<f64> =
            theirs.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        // Altitudes that are zero everywhere are none here.
        let rest = theirs.get(ours.len()..).unwrap();
        assert!(
            *ours == theirs[..ours.len()] && rest.iter().all(|z| *z == 0.0),
            "{name}: {ours:?} {theirs:?}"
        );
    }
    let rings = if matches!(geometry, Geometry::Polygon(_)) { &paths[..] } else { &[] };
    assert_eq!(rings.len() as u64, expected["rings"].as_u64().unwrap(), "{name}");
    // Only if each exterior is clockwise and each hole is not.
    let area: f64 = rings.iter().map(|ring| clockwise_area(&ring.xy) / 2.0).sum();
    assert!((area - expected["area"].as_f64().unwrap()).abs() < 1e-6, "{name}: area {area}");
}

#[test]
fn files_of_gdal_hold_what_gdal_reads_in_them() {
    let cases = cases();
    assert_eq!(cases.len(), 12);
    for case in &cases {
        let (name, format, layer) = read_case(case);
        let set = &layer.features;
        let rows = case["rows"].as_array().unwrap();
        assert_eq!(set.features.len(), rows.len(), "{name}");
        for (place, column) in case["columns"].as_array().unwrap().iter().enumerate() {
            let column = column.as_str().unwrap();
            let index = set.field_index(column).unwrap_or_else(|| panic!("{name} has no column {column}"));
            for (feature, row) in set.features.iter().zip(rows) {
                let ours = json_of(&feature.attributes[index], set.fields[index].field_type);
                assert!(same(&ours, &row[place], format), "{name}, {column}: {ours} is not {}", row[place]);
            }
        }
        for (feature, geometry) in set.features.iter().zip(case["geometries"].as_array().unwrap()) {
            assert_geometry(feature, geometry, &name);
        }
        let code = set.spatial_reference.as_ref().and_then(|reference| reference.code());
        // GDAL gives positions with heights the three-dimensional form of WGS 84.
        let theirs = case["epsg"].as_u64().map(|code| if code == 4979 { 4326 } else { code });
        assert_eq!(code.map(u64::from), theirs, "{name}");
    }
}

#[test]
fn columns_have_the_types_that_gdal_wrote() {
    use FieldType::{BigInteger, Date, Double, Integer, String};
    for name in ["cities.geojson", "cities.geojsons", "cities.csv"] {
        let case = cases().into_iter().find(|case| case["file"] == name).unwrap();
        let (_, _, layer) = read_case(&case);
        let types: Vec<FieldType> = layer.features.fields.iter().map(|field| field.field_type).collect();
        assert_eq!(types, [String, String, Integer, BigInteger, Double, Date], "{name}");
    }
}

#[test]
fn the_layers_of_a_document_are_its_folders() {
    let input = Input::open(&path_of("places.kml")).unwrap();
    assert_eq!(layer_names(&input, Format::Kml), ["cities", "countries"]);
    let input = Input::open(&path_of("rivers.kmz")).unwrap();
    assert_eq!(layer_names(&input, Format::Kmz), ["rivers"]);
}
