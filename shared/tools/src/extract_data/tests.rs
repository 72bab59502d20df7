use crate::testing::{Run, line, run_with, set, square};
use gp_core::{DataFile, InputSource, RunFiles, SourceError, SourceFeatures, Wanted};
use gp_esri::{DataReference, Geometry};
use gp_formats::{Format, Input, ReadOptions, zipped_names};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gp-tools-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn files(&self) -> RunFiles {
        RunFiles { folder: self.0.clone(), url: "https://host/".to_owned() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Gives the file whose path follows the host of the URL.
struct Disk;

impl InputSource for Disk {
    fn features(&self, _: &DataReference, _: &Wanted<'_>) -> Result<SourceFeatures, SourceError> {
        Err(SourceError::Elsewhere)
    }

    fn file(&self, reference: &DataReference) -> Result<DataFile, SourceError> {
        let path = reference.url.strip_prefix("https://host").unwrap();
        Ok(DataFile(Input::open(Path::new(path)).unwrap()))
    }
}

/// What was said, and the zip file.
struct Extracted {
    warnings: Vec<String>,
    zip: PathBuf,
    _folder: Folder,
}

pub(crate) fn import(path: &Path, more: &Value) -> Result<Run, String> {
    let folder = Folder::new();
    let mut parameters = json!({ "Input_File": { "url": format!("https://host{}", path.display()) } });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run_with("ImportFeatures", &parameters, &Disk, folder.files())
}

fn extract(parameters: &Value) -> Result<Extracted, String> {
    let folder = Folder::new();
    let run = run_with("ExtractData", parameters, &Disk, folder.files())?;
    assert!(!folder.0.join("extract_data").exists(), "what was packed is gone");
    Ok(Extracted { warnings: run.warnings, zip: folder.0.join("results/output.zip"), _folder: folder })
}

impl Extracted {
    fn names(&self) -> Vec<String> {
        let options = ReadOptions {
            limits: gp_esri::ReadLimits::default(),
            max_decompressed_bytes: 1 << 20,
            layer: None,
            extent: None,
            scratch: &self._folder.0,
            stop: &|| false,
        };
        zipped_names(&Input::open(&self.zip).unwrap(), &options).unwrap()
    }

    fn layer(&self, name: &str) -> Run {
        import(&self.zip, &json!({ "Layer": name })).unwrap()
    }
}

/// Two towns and a road in degrees on WGS 84.
fn towns() -> Value {
    let rows = [("Zürich", 434_000, 8.5, 47.4), ("Bern", 134_000, 7.4, 46.9)];
    let rows = rows.map(|(name, pop, x, y)| (json!({ "NAME": name, "POP": pop }), json!({ "x": x, "y": y })));
    set("Point", 4326, &rows)
}

fn roads() -> Value {
    set("Polyline", 4326, &[(json!({ "ROAD": "A1" }), line(&[[7.4, 46.9], [8.0, 47.3], [8.5, 47.4]]))])
}

#[test]
fn every_format_brings_layers_back_from_its_zip_file() {
    for format in Format::all() {
        let parameters = json!({
            "Layers_to_Clip": [towns(), roads()], "Layer_Names": ["towns", "roads"], "Feature_Format": format.name(),
        });
        let extracted = extract(&parameters).unwrap();
        let towns = extracted.layer("towns");
        let mut rows: Vec<(String, String)> =
            towns.column("NAME").into_iter().zip(towns.column("POP")).collect();
        let bern = rows.iter().position(|(name, _)| name == "Bern").unwrap();
        // FlatGeobuf has rows in an order of its own.
        rows.sort();
        let expected = [("Bern", "134000"), ("Zürich", "434000")];
        assert_eq!(rows, expected.map(|(name, pop)| (name.to_owned(), pop.to_owned())), "{format:?}");
        let Geometry::Point(point) = towns.geometry(bern) else { panic!("{format:?}: no point") };
        assert!((point.xy[0] - 7.4).abs() < 1e-9 && (point.xy[1] - 46.9).abs() < 1e-9, "{format:?}");
        let read = towns.features.spatial_reference.as_ref().and_then(|sr| sr.wkid);
        assert_eq!(read, Some(4326), "{format:?}");
        let roads = extracted.layer("ROADS");
        assert_eq!(roads.column("ROAD"), ["A1"], "{format:?}");
        assert!(
            matches!(roads.geometry(0), Geometry::Polyline(paths) if paths[0].xy.len() == 3),
            "{format:?}"
        );
        let error = import(&extracted.zip, &json!({})).err().unwrap();
        assert!(
            error.starts_with("Layer: ") && error.contains("towns") && error.contains("roads"),
            "{error}"
        );
    }
}

#[test]
fn the_zip_file_holds_a_file_a_layer_or_one_for_all_and_never_a_zip_file() {
    let names = |format: &str| {
        let layers = json!({ "Layers_to_Clip": [towns(), roads()], "Feature_Format": format });
        extract(&layers).unwrap().names()
    };
    assert_eq!(names("CSV"), ["layer_1.csv", "layer_2.csv"]);
    assert_eq!(names("GEOJSON"), ["layer_1.geojson", "layer_2.geojson"]);
    assert_eq!(names("GEOPACKAGE"), ["output.gpkg"]);
    assert_eq!(names("KMZ"), ["output.kmz"]);
    let parts = names("SHAPEFILE");
    assert!(
        parts.contains(&"layer_1.shp".to_owned()) && parts.contains(&"layer_2.prj".to_owned()),
        "{parts:?}"
    );
}

#[test]
fn layers_are_cut_to_the_area_whatever_its_reference_and_keep_their_attributes() {
    let polygons = set(
        "Polygon",
        5070,
        &[(json!({ "A": 7 }), square(-5.0, 0.0, 10.0)), (json!({ "A": 8 }), square(50.0, 0.0, 1.0))],
    );
    let parameters = json!({
        "Layers_to_Clip": [polygons], "Feature_Format": "GEOPACKAGE",
        "Area_of_Interest": set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 20.0))]),
    });
    let kept = extract(&parameters).unwrap().layer("layer_1");
    assert_eq!(kept.column("A"), ["7"]);
    assert!((kept.area(0) - 50.0).abs() < 1e-9);

    let parameters = json!({
        "Layers_to_Clip": [towns()], "Feature_Format": "CSV",
        "Area_of_Interest": set("Polygon", 3857, &[(json!({}), square(900_000.0, 5_900_000.0, 200_000.0))]),
    });
    assert_eq!(extract(&parameters).unwrap().layer("layer_1").column("NAME"), ["Zürich"]);
}

#[test]
fn files_are_in_the_reference_that_was_asked_for_unless_the_format_knows_only_degrees() {
    let extracted = |format: &str| {
        let parameters =
            json!({ "Layers_to_Clip": [towns()], "Feature_Format": format, "Spatial_Reference": 3857 });
        extract(&parameters).unwrap()
    };
    let shapefile = extracted("SHAPEFILE").layer("layer_1");
    let Geometry::Point(point) = shapefile.geometry(0) else { panic!("no point") };
    assert!((point.xy[0] - 946_215.67).abs() < 1.0, "{point:?}");
    let geojson = extracted("GEOJSON");
    assert!(
        geojson.warnings.iter().any(|text| text.starts_with("Spatial_Reference: GEOJSON")),
        "{:?}",
        geojson.warnings
    );
    assert!(matches!(geojson.layer("layer_1").geometry(0), Geometry::Point(point) if point.xy[0] < 9.0));
}

#[test]
fn names_are_made_fit_for_files_and_unlike_each_other() {
    let parameters = json!({
        "Layers_to_Clip": [towns(), towns(), towns(), towns()], "Feature_Format": "CSV",
        "Layer_Names": ["a/../b", "Rivers", "rivers"],
    });
    let extracted = extract(&parameters).unwrap();
    assert_eq!(extracted.names(), ["a____b.csv", "Rivers.csv", "rivers_1.csv", "layer_4.csv"]);
    assert!(
        extracted.warnings.contains(&"Layer_Names: a/../b is named a____b".to_owned()),
        "{:?}",
        extracted.warnings
    );
    assert!(extracted.warnings.contains(&"Layer_Names: rivers is named rivers_1".to_owned()));
}

#[test]
fn what_a_format_cannot_hold_is_a_warning_that_names_the_layer() {
    let long = json!({ "A_NAME_OF_MANY_LETTERS": 5_000_000_000_i64 });
    let mut lakes = set("Point", 4326, &[(long, json!({ "x": 1, "y": 1 }))]);
    lakes["fields"][1]["type"] = json!("esriFieldTypeBigInteger");
    lakes["fields"][1]["domain"] = json!({ "type": "range", "name": "d", "range": [0, 9] });
    for format in ["SHAPEFILE", "KML", "KMZ", "GEOPACKAGE", "CSV", "GEOJSON"] {
        for layers in [vec![&lakes], vec![&lakes, &lakes]] {
            let parameters = json!({
                "Layers_to_Clip": layers, "Layer_Names": ["lakes"], "Feature_Format": format,
            });
            let warnings = extract(&parameters).unwrap().warnings;
            let is_named =
                |text: &String| text.starts_with("lakes: ") && text.contains("A_NAME_OF_MANY_LETTERS");
            assert!(warnings.iter().any(is_named), "{format}: {warnings:?}");
        }
    }
}

#[test]
fn an_empty_layer_and_rows_without_geometry_are_written_in_every_format() {
    for format in Format::all() {
        let mut empty = towns();
        empty["features"] = json!([]);
        let rows = set("Point", 4326, &[(json!({ "NAME": "a" }), Value::Null)]);
        let parameters = json!({ "Layers_to_Clip": [empty, rows], "Feature_Format": format.name() });
        let extracted = extract(&parameters).unwrap();
        assert_eq!(extracted.layer("layer_2").column("NAME"), ["a"], "{format:?}");
        assert!(extracted.layer("layer_1").features.features.is_empty(), "{format:?}");
    }
}

#[test]
fn what_is_wrong_is_said_with_the_name_of_the_parameter() {
    let error = |parameters: &Value| extract(parameters).err().unwrap();
    assert!(error(&json!({ "Layers_to_Clip": [] })).starts_with("Layers_to_Clip: "));
    let names = json!({ "Layers_to_Clip": [towns()], "Layer_Names": ["a", "b"] });
    assert!(error(&names).starts_with("Layer_Names: there are 2 names for 1 layers"));
    let area = json!({ "Layers_to_Clip": [towns()], "Area_of_Interest": set("Polygon", 4326, &[]) });
    assert!(error(&area).starts_with("Area_of_Interest: it holds no polygon"));
    let unknown = json!({ "Layers_to_Clip": [towns()], "Spatial_Reference": 999_999 });
    assert!(error(&unknown).starts_with("Spatial_Reference: "));
    let nowhere = json!({ "Layers_to_Clip": [set("Point", 0, &[(json!({}), json!({ "x": 1, "y": 1 }))])], "Feature_Format": "KML" });
    assert!(error(&nowhere).starts_with("Layers_to_Clip: layer_1: "), "{}", error(&nowhere));
    let format = json!({ "Layers_to_Clip": [towns()], "Feature_Format": "DWG" });
    assert!(error(&format).starts_with("Feature_Format: "));
}

#[test]
fn an_error_of_writing_names_the_format_and_the_layers() {
    let wide = json!({
        "geometryType": "esriGeometryPoint", "spatialReference": { "wkid": 4326 },
        "fields": (0..300).map(|number| json!({ "name": format!("F{number}"), "type": "esriFieldTypeInteger" })).collect::<Vec<_>>(),
        "features": [],
    });
    let error = extract(&json!({ "Layers_to_Clip": [towns(), wide], "Layer_Names": ["towns", "wide"] }));
    let error = error.err().unwrap();
    assert!(error.starts_with("Feature_Format: ") && error.contains("wide"), "{error}");
}
