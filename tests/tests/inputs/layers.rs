//! Layers of feature services as inputs of executes and jobs: pages, filters, time, tables, protocol buffers, errors.

use super::stand_in::{LAYER, RealLayer, Reply, Server, ok, reply};
use super::{ECHO, ECHO_JOBS, echo, numbers, parsed, real_layer, refusal, server, sorted, wired};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry};
use gp_tests::Job;
use gp_tests::job::{messages, result_of, status};
use serde_json::json;

/// Counties as layer: fourteen polygons in metres, two pages.
fn counties() -> RealLayer {
    RealLayer::of(real_layer("counties_albers.json"))
}

fn reference(stand_in: &Server) -> String {
    json!({"url": stand_in.url(LAYER)}).to_string()
}

#[test]
fn a_layer_of_two_pages_comes_whole_and_exactly_as_json_and_as_protocol_buffers() {
    let server = server();
    for writes_pbf in [false, true] {
        let stand_in = RealLayer { writes_pbf, ..counties() }.serve();
        let reply = echo(&server, "Features", &reference(&stand_in));
        let found = parsed(&result_of(&reply, "Out_Features").to_string());
        let expected = real_layer("counties_albers.json");
        assert_eq!(found.spatial_reference.as_ref().unwrap().code(), Some(5070));
        let names = |set: &[Field]| set.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&found.fields), names(&expected.fields));
        assert_near(&found, &expected);
        let asked_pbf = stand_in.asked().iter().any(|asked| asked.parameter("f") == Some("pbf"));
        assert_eq!(asked_pbf, writes_pbf);
    }
}

#[test]
fn filters_and_times_choose_what_is_read() {
    let mut set = real_layer("counties_albers.json");
    set.fields.push(Field::new("WHEN", FieldType::Date));
    for (index, feature) in set.features.iter_mut().enumerate() {
        feature.attributes.push(Attribute::Integer(index as i64 * 1000));
    }
    let stand_in = RealLayer { time_field: Some("WHEN"), ..RealLayer::of(set) }.serve();
    let (server, url) = (server(), stand_in.url(LAYER));
    for (reference, expected) in [
        (json!({"url": url, "filter": "OBJECTID <= 3"}), vec![1, 2, 3]),
        (json!({"url": url, "filter": "NAME LIKE 'Barn%' OR OBJECTID = 7"}), vec![1, 7]),
        (json!({"url": url, "time": "2000,4000"}), vec![3, 4, 5]),
        (json!({"url": url, "time": "12000,null"}), vec![13, 14]),
        (json!({"url": url, "time": 5000}), vec![6]),
        (json!({"url": url, "time": "null,4000", "filter": "OBJECTID > 3"}), vec![4, 5]),
        (json!({"url": format!("{url}/query?where=OBJECTID%3C4&f=json"), "filter": "OBJECTID > 2"}), vec![3]),
        (
            json!({"url": format!("{url}/query?where=1%3D1&resultOffset=4&resultRecordCount=2&f=html")}),
            vec![5, 6],
        ),
        (json!(format!("{url}/query?where=OBJECTID%3D9")), vec![9]),
    ] {
        let reply = echo(&server, "Features", &reference.to_string());
        assert_eq!(numbers(result_of(&reply, "Out_Features"), "OBJECTID"), expected, "{reference}");
    }
    let text = refusal(&server, "Features", &json!({"url": url, "filter": "NOWHERE = 1"}).to_string());
    assert!(text.contains("NOWHERE"), "{text}");
}

#[test]
fn a_job_reads_a_layer_and_says_so_in_its_inputs() {
    let (server, stand_in) = (server(), counties().serve());
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &reference(&stand_in))]);
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    assert_eq!(numbers(&job.result(&server, "Out_Features"), "OBJECTID"), (1..=14).collect::<Vec<_>>());
    let input = server.get(&format!("{}/inputs/Features?f=json", job.path)).json();
    assert_eq!(input["value"]["url"], stand_in.url(LAYER), "{input}");
}

#[test]
fn analysis_tools_work_on_layers_by_url() {
    let (server, stand_in) = (server(), counties().serve());
    let form = |name: &'static str| [("f", "json".to_owned()), (name, reference(&stand_in))];
    let run = |task: &str, more: &[(&'static str, &str)]| {
        let mut pairs = form("Input_Features").to_vec();
        pairs.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let by_url = server.post(&format!("services/Analysis/GPServer/{task}/execute"), &pairs).json();
        let given = super::written(&real_layer("counties_albers.json"));
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (*name, if *name == "Input_Features" { given.as_str() } else { *value }))
            .collect();
        let as_is = server.post(&format!("services/Analysis/GPServer/{task}/execute"), &pairs).json();
        assert!(by_url["error"].is_null(), "{by_url}");
        assert_eq!(by_url["results"], as_is["results"], "{task}");
        by_url["results"][0]["value"]["features"].as_array().unwrap().len()
    };
    assert_eq!(run("Buffer", &[("Distance", "1 Kilometers")]), 14);
    assert_eq!(run("Select", &[("Where_Clause", "OBJECTID <= 3")]), 3);
    let pairs = [("f", "json"), ("Distance", "1 Kilometers"), ("Input_Features", &reference(&stand_in))];
    let job = Job::submit(&server, "AnalysisJobs/GPServer/Buffer", &pairs);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
}

#[test]
fn rows_of_a_table_come_without_geometry_and_those_of_a_layer_lose_it_with_a_warning() {
    let server = server();
    let table =
        FeatureSet { geometry_type: None, spatial_reference: None, ..real_layer("counties_albers.json") };
    let mut table = table;
    table.features.iter_mut().for_each(|feature| feature.geometry = None);
    let stand_in = RealLayer::of(table).serve();
    let reply = echo(&server, "Rows", &reference(&stand_in));
    assert_eq!(numbers(result_of(&reply, "Out_Rows"), "OBJECTID").len(), 14);
    assert!(!messages(&reply).contains("geometr"), "{reply}");
    let stand_in = counties().serve();
    let reply = echo(&server, "Rows", &reference(&stand_in));
    assert!(result_of(&reply, "Out_Rows")["features"][0]["geometry"].is_null());
    assert!(messages(&reply).contains("Rows: the layer has geometries"), "{}", messages(&reply));
    let geometry = stand_in.asked().iter().any(|asked| asked.parameter("returnGeometry") == Some("true"));
    assert!(!geometry, "geometries that nobody wants were asked for");
}

#[test]
fn only_what_the_extent_touches_is_asked_for_and_nothing_else_comes_out() {
    let (server, stand_in) = (server(), counties().serve());
    let context = r#"{"extent":{"xmin":0,"ymin":0,"xmax":1,"ymax":1,"spatialReference":{"wkid":5070}}}"#;
    let form = [("f", "json"), ("Features", &*reference(&stand_in)), ("context", context)];
    let reply = server.post(ECHO, &form).json();
    assert_eq!(numbers(result_of(&reply, "Out_Features"), "OBJECTID"), Vec::<i64>::new(), "{reply}");
    assert!(
        stand_in.asked().iter().any(|asked| asked.parameter("geometryType") == Some("esriGeometryEnvelope"))
    );
}

#[test]
fn a_layer_is_asked_for_no_more_than_the_world_however_far_a_map_was_moved() {
    let (server, stand_in) = (server(), counties().serve());
    for (xmin, xmax) in [(-125.0, -65.0), (235.0, 295.0), (170.0, 295.0)] {
        let extent =
            json!({"xmin": xmin, "ymin": 25, "xmax": xmax, "ymax": 50, "spatialReference": {"wkid": 4326}});
        let context = json!({"extent": extent}).to_string();
        let form = [("f", "json"), ("Features", &*reference(&stand_in)), ("context", &*context)];
        let reply = server.post(ECHO, &form).json();
        let found = numbers(result_of(&reply, "Out_Features"), "OBJECTID").len();
        assert!(found > 0, "{xmin}: {reply}");
    }
    let boxes: Vec<String> =
        stand_in.asked().iter().filter_map(|asked| asked.parameter("geometry").map(str::to_owned)).collect();
    for text in &boxes {
        let asked: serde_json::Value = serde_json::from_str(text).unwrap();
        let x = |key: &str| asked[key].as_f64().unwrap();
        assert!(-180.0 <= x("xmin") && x("xmax") <= 180.0, "{text}");
    }
    assert!(boxes.len() >= 3, "{boxes:?}");
}

#[test]
fn references_of_all_kinds_may_be_mixed_in_a_list() {
    let (server, stand_in) = (server(), counties().serve());
    let list = json!([
        {"url": stand_in.url(LAYER), "filter": "OBJECTID = 2"},
        {"features": [{"attributes": {"OBJECTID": 40}, "geometry": {"x": 1, "y": 2}}]},
        stand_in.url(&format!("{LAYER}/query?where=OBJECTID%3D3&f=json")),
    ]);
    let reply = echo(&server, "Multi_Features", &list.to_string());
    let sets = result_of(&reply, "Out_Multi_Features").as_array().unwrap();
    let first: Vec<Vec<i64>> = sets.iter().map(|set| numbers(set, "OBJECTID")).collect();
    assert_eq!(first, [[2], [40], [3]]);
    let text = refusal(
        &server,
        "Multi_Features",
        &json!([{"features": []}, {"url": stand_in.url("/x/FeatureServer")}]).to_string(),
    );
    assert!(text.contains("value 2: ") && text.contains("whole service"), "{text}");
}

#[test]
fn a_layer_in_another_order_is_the_same_layer() {
    let (server, stand_in) = (server(), counties().serve());
    let url = stand_in.url(&format!("{LAYER}/query?where=1%3D1&orderByFields=NAME&f=json"));
    let reply = echo(&server, "Features", &url);
    let found = parsed(&result_of(&reply, "Out_Features").to_string()).features;
    assert_eq!(sorted(found), sorted(wired(&real_layer("counties_albers.json")).features));
}

#[test]
fn a_server_that_fails_is_told_with_its_reason() {
    let server = server();
    for (answer, expected) in [
        (r#"{"error":{"code":500,"message":"The geodatabase is on fire.","details":[]}}"#, "on fire"),
        ("<html>not here</html>", "a web page"),
        ("{}", "has no fields"),
        (r#"{"type":"Group Layer","fields":[]}"#, "group layer"),
        (
            r#"{"type":"Feature Layer","capabilities":"Map","fields":[{"name":"A","type":"esriFieldTypeOID"}]}"#,
            "query",
        ),
    ] {
        let stand_in = Server::start(move |_| ok(answer));
        let text = refusal(&server, "Features", &reference(&stand_in));
        assert!(text.contains(expected), "{text}");
    }
    let stand_in = Server::start(|_| Reply::Bytes(reply(404, &[], b"")));
    assert!(refusal(&server, "Features", &reference(&stand_in)).contains("404"));
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &reference(&stand_in))]);
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("Features: ") && messages(&ended).contains("404"), "{ended}");
}

#[test]
fn a_layer_of_more_features_than_the_limit_is_refused_before_it_is_read() {
    let server = gp_tests::Server::start_with(&[
        "--private-inputs",
        "--max-execute-features",
        "10",
        "--max-features",
        "13",
    ]);
    let stand_in = counties().serve();
    let text = refusal(&server, "Features", &reference(&stand_in));
    assert!(text.contains("more than 10 features"), "{text}");
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &reference(&stand_in))]);
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("more than 13 features"), "{ended}");
    assert!(stand_in.asked().iter().all(|asked| asked.parameter("outFields").is_none()), "a page was read");
}

/// Whether both have the same attributes and, but for the grid that protocol buffers have, the same vertices.
fn assert_near(found: &FeatureSet, expected: &FeatureSet) {
    const WITHIN_M: f64 = 1e-5;
    assert_eq!(found.features.len(), expected.features.len());
    for (found, expected) in found.features.iter().zip(&wired(expected).features) {
        assert_eq!(found.attributes, expected.attributes);
        let (Some(Geometry::Polygon(found)), Some(Geometry::Polygon(expected))) =
            (&found.geometry, &expected.geometry)
        else {
            panic!("no polygons");
        };
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.xy.len(), expected.xy.len());
            for (found, expected) in found.xy.iter().zip(&expected.xy) {
                assert!((found[0] - expected[0]).abs().max((found[1] - expected[1]).abs()) < WITHIN_M);
            }
        }
    }
}
