//! Data that is kept with a service: layer choice lists (specification 2.2, 2.7 form 8), by `execute` and by jobs.

use super::stand_in::{LAYER, RealLayer, files};
use super::{ECHO, ECHO_JOBS, real_layer, written};
use gp_tests::job::{result_of, status};
use gp_tests::{Job, Server};
use serde_json::{Value, json};

/// A service that offers rivers and cities of a file beside its own, counties of a feature service and a file on a web
/// server, none of which a request could fetch by itself.
fn publishing(counties: &str, roads: &str) -> Server {
    let file = gp_tests::repository().join("tests/oracles/files/rivers.gpkg");
    let service = |name: &str, execution_type: &str| {
        format!(
            r#"
folder = "Samples"
name = "{name}"
execution_type = "{execution_type}"
maximum_records = 1000
time_limit_s = 60
[[layer]]
name = "Great Rivers"
file = "{}"
layer = "rivers"
[[layer]]
name = "Cities"
file = "{0}"
layer = "cities"
[[layer]]
name = "World"
file = "{0}"
[[layer]]
name = "Counties"
url = "{counties}"
[[layer]]
name = "Roads"
url = "{roads}"
[[task]]
tool = "EchoValues"
[task.layers]
Features = ["Great Rivers", "Counties"]
Multi_Features = ["Great Rivers", "Cities", "Counties"]
Rows = ["Cities"]
File = ["Roads", "World"]
Raster_Layer = ["Roads"]
"#,
            file.display()
        )
    };
    let (tasks, jobs) = (service("Tasks", "synchronous"), service("TaskJobs", "asynchronous"));
    Server::start_publishing(&[("tasks.toml", &tasks), ("jobs.toml", &jobs)], &[])
}

/// The server, and what it reads from.
fn server() -> (Server, [super::stand_in::Server; 2]) {
    let counties = RealLayer::of(real_layer("counties_albers.json")).serve();
    let roads = files([("/roads.tif".to_owned(), b"II*\0roads".to_vec())].into());
    let server = publishing(&counties.url(LAYER), &roads.url("/roads.tif"));
    (server, [counties, roads])
}

fn count(features: &Value) -> usize {
    features["features"].as_array().unwrap_or_else(|| panic!("{features}")).len()
}

#[test]
fn a_task_publishes_the_names_of_its_layers_as_choices() {
    let (server, _stand_ins) = server();
    let task = server.get("services/Samples/Tasks/GPServer/EchoValues?f=json").json();
    let choices = |name: &str| {
        let parameters = task["parameters"].as_array().unwrap();
        let found = parameters.iter().find(|parameter| parameter["name"] == name);
        found.unwrap_or_else(|| panic!("no parameter {name}"))["choiceList"].clone()
    };
    assert_eq!(choices("Features"), json!(["Great Rivers", "Counties"]));
    assert_eq!(choices("Multi_Features"), json!(["Great Rivers", "Cities", "Counties"]));
    assert_eq!(choices("Raster_Layer"), json!(["Roads"]));
    assert_eq!(choices("Raster"), Value::Null);
}

#[test]
fn the_name_of_a_layer_stands_for_its_features_in_every_spelling_of_it() {
    let (server, _stand_ins) = server();
    for name in ["Great Rivers", "great rivers", "\"Great Rivers\"", " Great Rivers "] {
        let reply = server.post(ECHO, &[("f", "json"), ("Features", name)]).json();
        let rivers = result_of(&reply, "Out_Features");
        assert_eq!(rivers["geometryType"], "esriGeometryPolyline", "{name}: {reply}");
        assert_eq!(count(rivers), 3, "{name}");
    }
    let reply = server.post(ECHO, &[("f", "json"), ("Features", "Counties"), ("Rows", "Cities")]).json();
    assert_eq!(count(result_of(&reply, "Out_Features")), 14, "a layer of another server, in pages: {reply}");
    assert_eq!(count(result_of(&reply, "Out_Rows")), 20);
}

#[test]
fn a_job_takes_a_list_of_layers_and_files_of_the_service() {
    let (server, _stand_ins) = server();
    for list in ["Cities,Great Rivers", r#"["Cities","Great Rivers"]"#] {
        let form = [("f", "json"), ("Multi_Features", list), ("File", "World"), ("Raster_Layer", "roads")];
        let job = Job::submit(&server, ECHO_JOBS, &form);
        let ended = job.wait(&server);
        assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
        let value =
            |name: &str| server.get(&format!("{}/results/{name}?f=json", job.path)).json()["value"].clone();
        let multi = value("Out_Multi_Features");
        let counts: Vec<usize> = multi.as_array().unwrap().iter().map(count).collect();
        assert_eq!(counts, [20, 3]);
        assert!(value("Out_File")["url"].as_str().unwrap().ends_with("World.gpkg"));
        assert_eq!(value("Out_Raster_Layer")["format"], "tif");
    }
}

#[test]
fn what_is_no_name_of_the_list_is_refused_naming_the_parameter_and_the_layers() {
    let (server, stand_ins) = server();
    let inline = written(&real_layer("counties_albers.json"));
    let url = json!({"url": stand_ins[0].url(LAYER)}).to_string();
    for value in ["Lakes", "Cities", &inline, &url, r#"{"itemID":"i1"}"#, "../rivers.gpkg"] {
        let error = server.post(ECHO, &[("f", "json"), ("Features", value)]).error();
        assert!(error.details.starts_with("Features: "), "{value:.100}: {error:?}");
        assert!(error.details.contains("is not one of Great Rivers, Counties"), "{value:.100}: {error:?}");
    }
    let error = server.post(ECHO, &[("f", "json"), ("File", "Great Rivers")]).error();
    assert!(error.details.contains("File: \"Great Rivers\" is not one of Roads, World"), "{error:?}");
    let reply = server.post(ECHO, &[("f", "json"), ("Rows", "null"), ("File", "null")]).json();
    assert!(reply["error"].is_null(), "{reply}");
    let lists = json!([{"itemID": "i1"}, "Cities"]).to_string();
    let error = server.post(ECHO, &[("f", "json"), ("Multi_Features", &lists)]).error();
    assert!(error.details.contains("Multi_Features: value 1: "), "{error:?}");
}

#[test]
fn a_layer_that_cannot_be_read_any_more_fails_with_its_name_and_without_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret place.geojson");
    std::fs::copy(gp_tests::repository().join("tests/oracles/files/cities.kml"), &file).unwrap();
    let service = format!(
        "folder = \"Samples\"\nname = \"Tasks\"\nexecution_type = \"synchronous\"\nmaximum_records = 9\ntime_limit_s = 60\n\
         [[layer]]\nname = \"Cities\"\nfile = \"{}\"\n[[task]]\ntool = \"EchoValues\"\n[task.layers]\nFeatures = [\"Cities\"]\n",
        file.display()
    );
    let server = Server::start_publishing(&[("tasks.toml", &service)], &[]);
    std::fs::remove_file(&file).unwrap();
    let error = server.post(ECHO, &[("f", "json"), ("Features", "Cities")]).error();
    assert!(error.details.contains("Features: the layer Cities cannot be read at the moment"), "{error:?}");
    assert!(!error.details.contains("secret"), "{error:?}");
}

#[test]
fn a_layer_within_an_extent_gives_what_overlaps_it() {
    let (server, _stand_ins) = server();
    let all = server.post(ECHO, &[("f", "json"), ("Rows", "Cities")]).json();
    let context =
        r#"{"extent":{"xmin":-20,"ymin":-40,"xmax":50,"ymax":40,"spatialReference":{"wkid":4326}}}"#;
    let form = [("f", "json"), ("Multi_Features", "Cities"), ("context", context)];
    let some = server.post(ECHO, &form).json();
    let (all, some) = (result_of(&all, "Out_Rows"), &result_of(&some, "Out_Multi_Features")[0]);
    assert!(count(some) > 0 && count(some) < count(all), "{some}");
}
