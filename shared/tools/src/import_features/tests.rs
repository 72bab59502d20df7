use crate::extract_data::tests::{Folder, import};
use gp_esri::Geometry;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A file of that name with those bytes.
fn file(folder: &Folder, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.0.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn import_bytes(name: &str, bytes: &[u8], more: &Value) -> Result<crate::testing::Run, String> {
    let folder = Folder::new();
    import(&file(&folder, name, bytes), more)
}

/// A zip file of these files.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = Folder::new();
    let named = files.iter().enumerate().map(|(number, (name, text))| {
        ((*name).to_owned(), file(&folder, &number.to_string(), text.as_bytes()))
    });
    let path = folder.0.join("out.zip");
    gp_formats::zip_files(&path, &named.collect::<Vec<_>>(), &|| false).unwrap();
    std::fs::read(path).unwrap()
}

const TOWNS: &str = "NAME,lon,lat\nBern,7.4,46.9\n";

#[test]
fn the_content_counts_more_than_the_extension_and_a_named_format_most() {
    let geojson = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"A":1},"geometry":{"type":"Point","coordinates":[7,46]}}]}"#;
    let read = import_bytes("a.json", geojson, &json!({})).unwrap();
    assert!(matches!(read.geometry(0), Geometry::Point(point) if point.xy[1] > 45.9));
    assert_eq!(read.names(), ["OBJECTID", "A"], "object ids are counted");
    let read = import_bytes("a.txt", TOWNS.as_bytes(), &json!({ "Format": "csv" })).unwrap();
    assert_eq!(read.column("NAME"), ["Bern"]);
    let error = import_bytes("a.gpkg", b"NAME\nx\n", &json!({})).err().unwrap();
    assert!(error.starts_with("Input_File: a.gpkg: the file is no readable GeoPackage"), "{error}");
    assert!(error.contains("Format"), "{error}");
}

#[test]
fn rows_without_geometry_come_as_the_other_output() {
    let read = import_bytes("a.csv", b"NAME,POP\nBern,1\n", &json!({})).unwrap();
    assert!(read.features.geometry_type.is_none() && read.more.is_empty());
    assert_eq!(read.column("POP"), ["1"]);
    assert!(!read.warnings.iter().any(|text| text.contains("spatial reference")), "{:?}", read.warnings);
}

#[test]
fn a_reference_is_used_only_where_the_file_names_none() {
    let wkt = b"SHAPE,A\nPOINT (600000 200000),1\n";
    let read = import_bytes("a.csv", wkt, &json!({ "Input_Spatial_Reference": 21781 })).unwrap();
    assert_eq!(read.features.spatial_reference.as_ref().and_then(|sr| sr.wkid), Some(21781));
    let read = import_bytes("a.csv", wkt, &json!({})).unwrap();
    assert!(read.warnings.iter().any(|text| text.contains("Input_Spatial_Reference")), "{:?}", read.warnings);
    let geojson = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[7,46]}}]}"#;
    let read = import_bytes("a.geojson", geojson, &json!({ "Input_Spatial_Reference": 3857 })).unwrap();
    assert_eq!(read.features.spatial_reference.as_ref().and_then(|sr| sr.wkid), Some(4326));
    assert!(read.warnings.iter().any(|text| text.contains("is not used")), "{:?}", read.warnings);
}

#[test]
fn a_file_is_taken_out_of_a_zip_file_by_its_name_or_its_format() {
    let two = zip(&[("data/towns.csv", TOWNS), ("lakes.csv", "LAKE\nZug\n"), ("README.txt", "hello")]);
    let read = |more: Value| import_bytes("a.zip", &two, &more);
    assert_eq!(read(json!({ "Layer": "Towns" })).unwrap().column("NAME"), ["Bern"]);
    let error = read(json!({})).err().unwrap();
    assert_eq!(error, "Layer: the file holds several layers: name one of towns, lakes");
    let error = read(json!({ "Layer": "seas" })).err().unwrap();
    assert_eq!(error, "Layer: the file has no layer seas: it has towns, lakes");
    let mixed = zip(&[("towns.csv", TOWNS), ("lakes.json", "{}")]);
    let read = import_bytes("a.zip", &mixed, &json!({ "Format": "CSV" })).unwrap();
    assert_eq!(read.column("NAME"), ["Bern"]);
    let point = r#"{"type":"Feature","properties":{"A":7},"geometry":{"type":"Point","coordinates":[7,46]}}"#;
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{point}]}}"#);
    let geojson = zip(&[("towns.json", &collection)]);
    for format in ["AUTO", "GEOJSON"] {
        let read = import_bytes("a.zip", &geojson, &json!({ "Format": format })).unwrap();
        assert_eq!(read.column("A"), ["7"]);
    }
}

#[test]
fn a_zip_file_within_a_zip_file_is_left_alone() {
    let folder = Folder::new();
    let inner = file(&folder, "inner.zip", &zip(&[("towns.csv", TOWNS)]));
    let outer = folder.0.join("outer.zip");
    gp_formats::zip_files(&outer, &[("inner.zip".to_owned(), inner)], &|| false).unwrap();
    let error = import(&outer, &json!({})).err().unwrap();
    assert!(error.starts_with("Input_File: outer.zip: "), "{error}");
}

#[test]
fn a_layer_that_a_file_of_one_does_not_have_is_refused() {
    assert_eq!(
        import_bytes("towns.csv", TOWNS.as_bytes(), &json!({ "Layer": "lakes" })).err().unwrap(),
        "Layer: the file has no layer lakes: it has towns"
    );
    import_bytes("towns.csv", TOWNS.as_bytes(), &json!({ "Layer": "TOWNS" })).unwrap();
}

#[test]
fn a_damaged_file_is_an_error_that_says_what_is_wrong_with_which_file() {
    let whole = zip(&[("towns.csv", TOWNS)]);
    for end in [0, 3, 30, whole.len() / 2, whole.len() - 1] {
        let error = import_bytes("a.zip", &whole[..end], &json!({})).err().unwrap();
        assert!(error.starts_with("Input_File: a.zip: "), "{end}: {error}");
    }
    let error = import_bytes("a.exe", b"MZ", &json!({})).err().unwrap();
    assert!(error.starts_with("Input_File: .exe is not allowed here"), "{error}");
}
