//! Files of every format by URL: features, rows, other files and rasters, and what is wrong with a file that is none.

use super::stand_in::{Reply, files, reply};
use super::{ECHO_JOBS, echo, numbers, parsed, real_layer, refusal, server, sorted, wired};
use gp_esri::{FeatureSet, ReadLimits};
use gp_formats::{Format, Input, ReadOptions, WriteLayer};
use gp_tests::Job;
use gp_tests::job::{messages, result_of, status};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

/// A layer as a file of that format, and what the format's own reader takes from it.
pub fn file_of(format: Format, layer: &FeatureSet, folder: &Path) -> (String, Vec<u8>, FeatureSet) {
    let mut layer = layer.clone();
    if let Some(reference) = format.required_reference() {
        gp_geometry::project_features(&mut layer, &reference).unwrap();
    }
    let name = format!("counties.{}", format.extension());
    let path = folder.join(&name);
    gp_formats::write(&path, format, &[WriteLayer { name: "counties", features: &layer }], &|| false)
        .unwrap();
    let options = ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 100 << 20,
        layer: None,
        extent: None,
        scratch: folder,
        stop: &|| false,
    };
    let read = gp_formats::read(&Input::open(&path).unwrap(), format, &options).unwrap();
    (name, std::fs::read(&path).unwrap(), read.features)
}

/// Every format: name of the file, its bytes, its features.
pub fn every_format(layer: &FeatureSet) -> Vec<(String, Vec<u8>, FeatureSet)> {
    let folder = tempfile::tempdir().unwrap();
    Format::all().map(|format| file_of(format, layer, folder.path())).collect()
}

#[test]
fn features_come_from_a_file_of_every_format_as_they_are_in_it() {
    let (server, layer) = (server(), real_layer("counties_albers.json"));
    let all = every_format(&layer);
    let stand_in = files(all.iter().map(|(name, bytes, _)| (format!("/{name}"), bytes.clone())).collect());
    for (name, _, expected) in &all {
        assert_eq!(expected.features.len(), 14, "{name}");
        let reference = json!({"url": stand_in.url(&format!("/{name}"))}).to_string();
        // Repairs would close and turn rings, which is not the reader's work.
        let form = [("f", "json"), ("Features", &*reference), ("simplifyFeatures", "false")];
        let reply = server.post(super::ECHO, &form).json();
        assert!(reply["error"].is_null(), "{name}: {reply}");
        let found = parsed(&result_of(&reply, "Out_Features").to_string());
        assert_eq!(sorted(found.features), sorted(wired(expected).features), "{name}");
        let reply = echo(&server, "Rows", &reference);
        assert_eq!(result_of(&reply, "Out_Rows")["features"].as_array().unwrap().len(), 14, "{name}");
    }
    let job = Job::submit(
        &server,
        ECHO_JOBS,
        &[(
            "Multi_Features",
            &*json!(
                all.iter()
                    .map(|(name, ..)| json!({"url": stand_in.url(&format!("/{name}"))}))
                    .collect::<Vec<_>>()
            )
            .to_string(),
        )],
    );
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    let sets = job.result(&server, "Out_Multi_Features");
    let counts: Vec<usize> =
        sets.as_array().unwrap().iter().map(|set| set["features"].as_array().unwrap().len()).collect();
    assert_eq!(counts, vec![14; all.len()]);
}

#[test]
fn a_filter_chooses_from_a_file_too() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    let stand_in = files(HashMap::from([("/a.json".to_owned(), super::written(&layer).into_bytes())]));
    let reference = json!({"url": stand_in.url("/a.json"), "filter": "OBJECTID IN (2, 5)"}).to_string();
    assert_eq!(
        numbers(result_of(&echo(&server, "Features", &reference), "Out_Features"), "OBJECTID"),
        [2, 5]
    );
    let reference = json!({"url": stand_in.url("/a.json"), "filter": "NOWHERE = 1"}).to_string();
    let text = refusal(&server, "Features", &reference);
    assert!(text.contains("filter") && text.contains("NOWHERE"), "{text}");
}

#[test]
fn a_file_is_known_by_its_first_bytes_or_media_type_where_its_name_says_nothing() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    let folder = tempfile::tempdir().unwrap();
    for (format, path) in [(Format::GeoPackage, "/download/7"), (Format::FlatGeobuf, "/download/8")] {
        let (_, bytes, _) = file_of(format, &layer, folder.path());
        let stand_in = files(HashMap::from([(path.to_owned(), bytes)]));
        let reply = echo(&server, "Features", &json!({"url": stand_in.url(path)}).to_string());
        assert_eq!(result_of(&reply, "Out_Features")["features"].as_array().unwrap().len(), 14, "{path}");
    }
    let (_, bytes, _) = file_of(Format::GeoJson, &layer, folder.path());
    let stand_in = super::stand_in::Server::start(move |_| {
        Reply::Bytes(reply(200, &[("Content-Type", "application/geo+json; charset=utf-8")], &bytes))
    });
    let reply = echo(&server, "Features", &json!({"url": stand_in.url("/download/9")}).to_string());
    assert_eq!(result_of(&reply, "Out_Features")["features"].as_array().unwrap().len(), 14);
}

#[test]
fn a_file_without_a_telling_name_is_of_the_format_that_the_reference_says() {
    let (server, layer) = (server(), real_layer("counties_albers.json"));
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes, _) = file_of(Format::GeoJson, &layer, folder.path());
    let stand_in = files(HashMap::from([("/download/9".to_owned(), bytes)]));
    for format in ["geojson", "GEOJSON"] {
        let reference = json!({"url": stand_in.url("/download/9"), "format": format}).to_string();
        let reply = echo(&server, "Features", &reference);
        assert_eq!(result_of(&reply, "Out_Features")["features"].as_array().unwrap().len(), 14, "{format}");
    }
    let reference = json!({"url": stand_in.url("/download/9"), "format": "docx"}).to_string();
    assert!(refusal(&server, "Features", &reference).contains("there is no format"));
}

#[test]
fn a_time_that_a_file_cannot_be_asked_for_is_a_warning() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    let stand_in = files(HashMap::from([("/a.json".to_owned(), super::written(&layer).into_bytes())]));
    let reference = json!({"url": stand_in.url("/a.json"), "time": "0,1000"}).to_string();
    let reply = echo(&server, "Features", &reference);
    assert!(messages(&reply).contains("a.json: time was not applied"), "{:.900}", messages(&reply));
}

#[test]
fn rows_are_all_taken_whatever_the_extent() {
    let (server, layer) = (server(), real_layer("counties_albers.json"));
    let all = every_format(&layer);
    let stand_in = files(all.iter().map(|(name, bytes, _)| (format!("/{name}"), bytes.clone())).collect());
    let context = r#"{"extent":{"xmin":1,"ymin":1,"xmax":2,"ymax":2,"spatialReference":{"wkid":4326}}}"#;
    for (name, ..) in &all {
        let reference = json!({"url": stand_in.url(&format!("/{name}"))}).to_string();
        let form = [("f", "json"), ("Rows", &*reference), ("context", context)];
        let reply = server.post(super::ECHO, &form).json();
        assert_eq!(
            result_of(&reply, "Out_Rows")["features"].as_array().unwrap().len(),
            14,
            "{name}: {reply:.300}"
        );
    }
}

#[test]
fn an_import_by_execute_is_held_to_the_features_of_an_execute() {
    let server = gp_tests::Server::start_with(&["--private-inputs", "--max-execute-features", "10"]);
    let layer = real_layer("counties_albers.json");
    let stand_in = files(HashMap::from([("/a.json".to_owned(), super::written(&layer).into_bytes())]));
    let reference = json!({"url": stand_in.url("/a.json")}).to_string();
    let form = [("f", "json"), ("Input_File", &*reference)];
    let error = server.post("services/Analysis/GPServer/ImportFeatures/execute", &form).error();
    assert_eq!(error.code, 413, "{error:?}");
    assert!(error.details.contains("Input_File: a.json"), "{error:?}");
    assert!(error.details.contains("AnalysisJobs/ImportFeatures/submitJob"), "{error:?}");
    let job = Job::submit(&server, "AnalysisJobs/GPServer/ImportFeatures", &form);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
}

#[test]
fn a_parameter_takes_files_of_the_types_that_it_publishes() {
    let server = server();
    let task = server.get("services/Analysis/GPServer/ImportFeatures?f=json").json();
    let filter = &task["parameters"][0]["filter"];
    assert_eq!(filter["type"], "file", "{task}");
    assert!(filter["list"].as_array().unwrap().contains(&json!("geojson")), "{filter}");
    let point = br#"{"type":"Point","coordinates":[1,2]}"#.to_vec();
    let paths = ["/a.pdf", "/a", "/a.GeoJSON"].map(|path| (path.to_owned(), point.clone()));
    let stand_in = files(HashMap::from(paths));
    let import = |path: &str| {
        let reference = json!({"url": stand_in.url(path)}).to_string();
        let form = [("f", "json"), ("Input_File", &*reference)];
        server.post("services/Analysis/GPServer/ImportFeatures/execute", &form)
    };
    for (path, said) in
        [("/a.pdf", "Input_File: .pdf is not"), ("/a", "Input_File: a file without extension is not")]
    {
        let error = import(path).error();
        assert!(error.details.contains(said) && error.details.contains("geojson"), "{error:?}");
    }
    let reply = import("/a.GeoJSON").json();
    assert_eq!(result_of(&reply, "Output_Features")["features"][0]["geometry"]["x"], 1.0, "{reply}");
}

#[test]
fn a_file_that_is_none_is_refused_with_its_name_and_the_fault() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    let mut names = HashMap::from([
        ("/a.docx".to_owned(), b"PQ".to_vec()),
        ("/page.json".to_owned(), b"<!doctype html><html>Sign in</html>".to_vec()),
        ("/empty.json".to_owned(), Vec::new()),
    ]);
    for (name, mut bytes, _) in every_format(&layer) {
        bytes.truncate(bytes.len() / 3);
        names.insert(format!("/{name}"), bytes);
    }
    let stand_in = files(names.clone());
    for path in names.keys() {
        let reference = json!({"url": stand_in.url(path)}).to_string();
        // A cut file of lines is a file of fewer lines, if the cut is between two.
        if path.ends_with(".geojsonl") || path.ends_with(".csv") {
            continue;
        }
        let text = refusal(&server, "Features", &reference);
        let name = path.trim_start_matches('/');
        assert!(text.contains(name), "{path}: {text}");
    }
    let text = refusal(&server, "Features", &json!({"url": stand_in.url("/gone.json")}).to_string());
    assert!(text.contains("404"), "{text}");
}

#[test]
fn a_projection_file_names_a_spatial_reference() {
    let server = server();
    let text = "PROJCS[\"Home\",GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Mercator\"],UNIT[\"Meter\",1.0]]";
    let stand_in = files(HashMap::from([
        ("/home.prj".to_owned(), text.as_bytes().to_vec()),
        ("/bad.prj".to_owned(), b"home sweet home".to_vec()),
    ]));
    for name in ["Spatial_Reference", "Coordinate_System"] {
        let reference = json!({"projectionFile": stand_in.url("/home.prj")}).to_string();
        let reply = echo(&server, name, &reference);
        assert_eq!(result_of(&reply, &format!("Out_{name}"))["wkt"], text);
        let reference = json!({"projectionFile": stand_in.url("/bad.prj")}).to_string();
        assert!(refusal(&server, name, &reference).contains("projection file"));
    }
}

#[test]
fn what_a_file_loses_is_a_warning_in_the_messages() {
    let (server, mut layer) = (server(), real_layer("counties_albers.json"));
    layer.features.truncate(1);
    let json =
        super::written(&layer).replace("\"features\":", "\"exceededTransferLimit\":true,\"features\":");
    let json = json.replacen(",\"exceededTransferLimit\":false", "", 1);
    let stand_in = files(HashMap::from([("/cut.json".to_owned(), json.into_bytes())]));
    let reply = echo(&server, "Features", &json!({"url": stand_in.url("/cut.json")}).to_string());
    assert!(messages(&reply).contains("Features: "), "{}", messages(&reply));
}
