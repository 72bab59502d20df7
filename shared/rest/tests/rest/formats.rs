//! Features in other formats than Esri JSON (specification 1.8, 1.9, 1.11, 3.3).

use crate::common::{Answer, Server, escaped, url};
use axum::body::Body;
use bytes::Bytes;
use gp_core::Limits;
use gp_esri::{FeatureSet, Geometry, ReadLimits};
use gp_formats::{Format, FormatError, Input, ReadLayer, ReadOptions, read, read_pbf};
use gp_rest::RestSettings;
use http::{Request, StatusCode};
use std::sync::Arc;

const EXECUTE: &str = "services/Echo/GPServer/Echo/execute";
const TWICE: &str = "services/Echo/GPServer/Twice/execute";
const GEO_JSON: &str = "application/geo+json";
const KMZ: &str = "application/vnd.google-earth.kmz";
const PBF: &str = "application/x-protobuf";

/// A point at 1° E and 2° N in metres of Web Mercator, with z and m.
const METRES: &str = r#"{"geometryType":"esriGeometryPoint","spatialReference":{"wkid":3857},"hasZ":true,"hasM":true,
    "fields":[{"name":"OBJECTID","type":"esriFieldTypeOID","alias":"OBJECTID"},{"name":"NAME","type":"esriFieldTypeString","alias":"Name"}],
    "features":[{"geometry":{"x":111319.490793,"y":222684.208506,"z":3,"m":4},"attributes":{"OBJECTID":7,"NAME":"é"}}]}"#;

/// More points than the services here return.
fn too_many() -> String {
    let point = r#"{"geometry":{"x":1,"y":2},"attributes":{}}"#;
    format!(
        r#"{{"geometryType":"esriGeometryPoint","spatialReference":{{"wkid":4326}},"features":[{}]}}"#,
        vec![point; 1001].join(",")
    )
}

fn form(features: &str, more: &str) -> String {
    format!("Input_Features={}&{more}", escaped(features))
}

fn options() -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 1 << 20,
        layer: None,
        extent: None,
        scratch: std::path::Path::new("/nowhere"),
        stop: &|| false,
    }
}

fn kmz(body: &Bytes) -> Input {
    Input::new("a.kmz", Arc::new(body.clone()))
}

fn kmz_layer(body: &Bytes, layer: &str) -> Result<ReadLayer, FormatError> {
    read(&kmz(body), Format::Kmz, &ReadOptions { layer: Some(layer.to_owned()), ..options() })
}

fn only_point(set: &FeatureSet) -> gp_esri::Point {
    assert_eq!(set.features.len(), 1);
    match set.features[0].geometry {
        Some(Geometry::Point(point)) => point,
        ref other => panic!("{other:?}"),
    }
}

fn assert_degrees([x, y]: [f64; 2]) {
    assert!((x - 1.0).abs() < 1e-8 && (y - 2.0).abs() < 1e-8, "{x} {y}");
}

/// The one point of a GeoJSON answer, its z if it has one.
fn geojson_point(answer: &Answer) -> Option<f64> {
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, GEO_JSON));
    let json = answer.json();
    assert_eq!(json["type"], "FeatureCollection", "{json}");
    assert!(json.get("properties").is_none() && json.get("crs").is_none(), "{json}");
    let features = json["features"].as_array().unwrap();
    assert_eq!((features.len(), &features[0]["type"]), (1, &"Feature".into()), "{json}");
    assert_eq!((&features[0]["id"], &features[0]["properties"]["NAME"]), (&7.into(), &"é".into()));
    let geometry = &features[0]["geometry"];
    assert_eq!(geometry["type"], "Point");
    let position: Vec<f64> =
        geometry["coordinates"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
    assert_degrees([position[0], position[1]]);
    position.get(2).copied()
}

#[tokio::test]
async fn execute_gives_its_features_as_geojson_in_wgs84_whatever_reference_is_asked_for() {
    let server = Server::new();
    for more in [
        "f=geojson",
        "f=GeoJSON",
        "f=\"geojson\"",
        "f=geojson&env:outSR=3857",
        "f=geojson&context={\"outSR\":32632}",
        "f=geojson&returnFeatureCollection=true",
    ] {
        let answer = server.post(EXECUTE, form(METRES, &more.replace('"', "%22"))).await;
        assert_eq!(geojson_point(&answer), None, "{more}");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn geojson_and_kmz_hold_z_when_it_is_asked_for() {
    let server = Server::new();
    let answer = server.post(EXECUTE, form(METRES, "f=geojson&returnZ=true&returnM=true")).await;
    assert_eq!(geojson_point(&answer), Some(3.0));
    let path = server.run("Echo", &form(METRES, "")).await;
    for (flag, z) in [("", None), ("&returnM=true", None), ("&returnZ=true", Some(3.0))] {
        let answer = server.get(&format!("{path}/results/Output_Features?f=geojson{flag}")).await;
        assert_eq!(geojson_point(&answer), z, "{flag}");
        let answer = server.get(&format!("{path}/results/Output_Features?f=kmz{flag}")).await;
        let point = only_point(&kmz_layer(&answer.body, "Output_Features").unwrap().features);
        assert_eq!(point.z, z, "{flag}");
    }
}

#[tokio::test]
async fn a_result_is_geojson_in_wgs84_whatever_reference_is_asked_for() {
    let server = Server::new();
    let path = server.run("Echo", &form(METRES, "env:outSR=32632")).await;
    for query in ["f=geojson", "f=geojson&outSR=3857", "f=geojson&returnFeatureCollection=1"] {
        let answer = server.get(&format!("{path}/results/output_features?{query}")).await;
        assert_eq!(geojson_point(&answer), None, "{query}");
    }
}

#[tokio::test]
async fn a_result_is_pbf_in_the_reference_asked_for_with_z_and_m_as_asked_for() {
    let server = Server::new();
    let path = server.run("Echo", &form(METRES, "")).await;
    for (query, code, z, m) in [
        ("", 3857, None, None),
        ("&outSR=4326&returnZ=true", 4326, Some(3.0), None),
        ("&returnZ=true&returnM=true", 3857, Some(3.0), Some(4.0)),
    ] {
        let answer = server.get(&format!("{path}/results/Output_Features?f=pbf{query}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, PBF));
        assert_eq!(answer.header("content-disposition"), "");
        let (set, _) = read_pbf(&answer.body, &options()).unwrap();
        assert_eq!(set.spatial_reference.as_ref().and_then(|sr| sr.code()), Some(code));
        assert_eq!((set.fields[1].name.as_str(), set.fields[1].alias.as_str()), ("NAME", "Name"));
        let point = only_point(&set);
        assert_eq!((point.z.is_some(), point.m.is_some()), (z.is_some(), m.is_some()), "{query}");
        assert!((point.z.unwrap_or(3.0) - 3.0).abs() < 1e-6 && (point.m.unwrap_or(4.0) - 4.0).abs() < 1e-6);
        if code == 4326 {
            assert_degrees(point.xy);
        } else {
            assert!((point.xy[0] - 111_319.490_793).abs() < 1e-4, "{:?}", point.xy);
        }
    }
    let (code, text) = server.get(&format!("{path}/results/Output_Features?f=pbf&outSR=99999")).await.error();
    assert!(code == 400 && text.contains("outSR") && text.contains("99999"), "{text}");
}

#[tokio::test]
async fn kmz_comes_as_a_file_with_a_layer_for_each_feature_output() {
    let server = Server::new();
    let path = server.run("Echo", &form(METRES, "")).await;
    let one = server.get(&format!("{path}/results/Output_Features?f=kmz")).await;
    let also_one = server.post(EXECUTE, form(METRES, "f=kmz&env:outSR=3857")).await;
    for answer in [&one, &also_one] {
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, KMZ));
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename=\"Output_Features.kmz\""), "{disposition}");
        assert_degrees(only_point(&kmz_layer(&answer.body, "Output_Features").unwrap().features).xy);
    }
    let two = server.post(TWICE, form(METRES, "f=kmz")).await;
    assert!(two.header("content-disposition").starts_with("attachment; filename=\"Twice.kmz\""));
    let several = read(&kmz(&two.body), Format::Kmz, &options()).unwrap_err();
    let expected = ["First_Features", "Second_Features"];
    assert!(matches!(&several, FormatError::SeveralLayers { names } if *names == expected), "{several}");
    assert_degrees(only_point(&kmz_layer(&two.body, "Second_Features").unwrap().features).xy);
}

#[tokio::test]
async fn geojson_of_several_feature_outputs_is_refused_before_anything_is_run() {
    let server = Server::new();
    let (code, text) = server.post(TWICE, form(METRES, "f=geojson")).await.error();
    for part in ["First_Features, Second_Features", "use f=json", "results/<parameter>", "EchoJobs/Twice"] {
        assert!(code == 400 && text.contains(part), "{part}: {text}");
    }
    let path = server.run("Twice", &form(METRES, "")).await;
    geojson_point(&server.get(&format!("{path}/results/Second_Features?f=geojson")).await);
}

#[tokio::test]
async fn an_input_that_holds_features_comes_as_a_kmz() {
    let server = Server::new();
    let path = server.run("Echo", &form(METRES, "")).await;
    let answer = server.get(&format!("{path}/inputs/Input_Features?f=kmz")).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, KMZ));
    assert_degrees(only_point(&kmz_layer(&answer.body, "Input_Features").unwrap().features).xy);
    let (code, text) = server.get(&format!("{path}/inputs/Text?f=kmz")).await.error();
    assert!(
        code == 400 && text.contains("the input Text is GPString: only features can be sent so"),
        "{text}"
    );
    let path = server.run("Echo", "").await;
    let (code, text) = server.get(&format!("{path}/inputs/Input_Features?f=kmz")).await.error();
    assert!(code == 400 && text.contains("the input Input_Features was not given"), "{text}");
}

#[tokio::test]
async fn what_is_no_features_is_refused_with_what_it_is() {
    let server = Server::new();
    let path = server.run("Echo", "Either=5&Text=hi").await;
    for format in ["geojson", "kmz", "pbf"] {
        for (name, data_type) in [("Output_Either", "GPLong"), ("Output_Text", "GPString")] {
            let (code, text) = server.get(&format!("{path}/results/{name}?f={format}")).await.error();
            let wanted = format!(
                "the result {name} is {data_type}: only feature results can be sent as {format}; use f=json"
            );
            assert!(code == 400 && text.contains(&wanted), "{text}");
        }
    }
    for format in ["geojson", "kmz"] {
        let path = format!("services/Echo/GPServer/Fail/execute?Reason=x&f={format}");
        let (code, text) = server.get(&path).await.error();
        assert!(code == 400 && text.contains("Fail has no feature output"), "not run: {text}");
    }
}

#[tokio::test]
async fn each_resource_lists_the_formats_that_it_has() {
    let server = Server::new();
    let job = server.run("Echo", "").await;
    let plain = "use json, pjson or html";
    let run = "use json, pjson, html, geojson or kmz";
    let result = "use json, pjson, html, geojson, kmz or pbf";
    for (path, format, offered) in [
        ("info", "geojson", plain),
        ("services/Echo/GPServer/Echo", "kmz", plain),
        (EXECUTE, "pbf", run),
        (EXECUTE, "amf", run),
        ("services/EchoJobs/GPServer/Echo/submitJob", "image", run),
        (&job, "kmz", plain),
        (&format!("{job}/results"), "geojson", plain),
        (&format!("{job}/inputs"), "kmz", plain),
        (&format!("{job}/inputs/Text"), "pbf", "use json, pjson, html or kmz"),
        (&format!("{job}/results/Output_Features"), "image", result),
        (&format!("{job}/results/Output_Features"), "amf", result),
    ] {
        let (code, text) = server.get(&format!("{path}?f={format}")).await.error();
        assert!(
            code == 400 && text.starts_with("Invalid format") && text.ends_with(offered)
                || text.contains(&format!("{offered} | a job may have several results")),
            "{path}: {text}"
        );
    }
    let (_, text) = server.get(&format!("{job}?f=kmz")).await.error();
    assert!(text.contains("results/<parameter>?f=kmz"), "{text}");
}

#[tokio::test]
async fn submit_job_answers_the_job_as_json_whatever_format_of_features_is_asked_for() {
    let server = Server::new();
    for more in ["f=geojson", "f=kmz", "f=kmz&callback=a.b"] {
        let answer = server.post("services/EchoJobs/GPServer/Echo/submitJob", form(METRES, more)).await;
        assert!(answer.text().contains("\"jobStatus\":\"esriJobSubmitted\""), "{}", answer.text());
        assert!(!answer.header("content-type").contains("geo"));
    }
}

#[tokio::test]
async fn a_callback_takes_geojson_and_no_binary_format() {
    let server = Server::new();
    let answer = server.post(EXECUTE, form(METRES, "f=geojson&callback=a.b")).await;
    assert_eq!(answer.header("content-type"), "application/javascript;charset=utf-8");
    let text = answer.text();
    assert!(text.starts_with("a.b({\"type\":\"FeatureCollection\"") && text.ends_with(");"), "{text}");
    let path = server.run("Echo", &form(METRES, "")).await;
    for (at, format) in [
        (EXECUTE.to_owned(), "kmz"),
        (format!("{path}/results/Output_Features"), "kmz"),
        (format!("{path}/results/Output_Features"), "pbf"),
    ] {
        let answer = server.get(&format!("{at}?f={format}&callback=a.b")).await;
        let text = answer.text();
        assert!(text.starts_with("a.b({\"error\":{\"code\":400") && text.contains("callback: "), "{text}");
    }
}

#[tokio::test]
async fn errors_are_json_whatever_format_is_asked_for() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    for format in ["geojson", "kmz", "pbf"] {
        let answer = server.get(&format!("{path}/results/Output_Features?f={format}")).await;
        assert_eq!(answer.header("content-type"), "application/json;charset=utf-8");
        assert!(answer.error().1.contains("esriJobSubmitted"));
    }
    for format in ["geojson", "kmz"] {
        let (code, text) = server.post(EXECUTE, format!("Input_Features=nonsense&f={format}")).await.error();
        assert!(code == 400 && text.contains("Input_Features"), "{text}");
    }
}

#[tokio::test]
async fn a_result_of_too_many_features_is_empty_and_says_so() {
    let server = Server::new();
    let path = server.run("Echo", &form(&too_many(), "")).await;
    let result = format!("{path}/results/Output_Features");
    let exceeded = serde_json::json!({
        "type": "FeatureCollection", "properties": {"exceededTransferLimit": true}, "features": []
    });
    assert_eq!(server.get(&format!("{result}?f=geojson")).await.json(), exceeded);
    assert_eq!(server.post(EXECUTE, form(&too_many(), "f=geojson")).await.json(), exceeded);
    let (set, _) = read_pbf(&server.get(&format!("{result}?f=pbf")).await.body, &options()).unwrap();
    assert_eq!((set.features.len(), set.exceeded_transfer_limit), (0, true));
    let refused = [
        server.get(&format!("{result}?f=kmz")).await.error(),
        server.post(EXECUTE, form(&too_many(), "f=kmz")).await.error(),
    ];
    for (code, text) in refused {
        assert!(code == 400 && text.contains("1001 features") && text.contains("1000"), "{text}");
        assert!(text.contains("the reply holds none of them; ask for less"), "the run's own words: {text}");
    }
    assert_eq!(server.get(&format!("{result}?f=json")).await.json()["value"]["exceededTransferLimit"], true);
}

#[tokio::test]
async fn no_features_at_all_are_an_empty_collection() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    let result = format!("{path}/results/Output_Features");
    for answer in
        [server.get(&format!("{result}?f=geojson")).await, server.get(&format!("{EXECUTE}?f=geojson")).await]
    {
        assert_eq!(answer.json(), serde_json::json!({"type": "FeatureCollection", "features": []}));
    }
    let (set, _) = read_pbf(&server.get(&format!("{result}?f=pbf")).await.body, &options()).unwrap();
    assert_eq!((set.features.len(), set.exceeded_transfer_limit), (0, false));
    assert_eq!(server.get(&format!("{result}?f=kmz")).await.header("content-type"), KMZ);
}

#[tokio::test]
async fn features_of_no_known_reference_are_refused_where_the_format_demands_one() {
    let server = Server::new();
    let unplaced = METRES.replace(r#""spatialReference":{"wkid":3857},"#, "");
    let path = server.run("Echo", &form(&unplaced, "")).await;
    for format in ["geojson", "kmz"] {
        let at = format!("{path}/results/Output_Features?f={format}");
        let (code, text) = server.get(&at).await.error();
        assert!(code == 400 && text.contains("WGS 84") && text.contains("use f=json"), "{text}");
    }
    read_pbf(&server.get(&format!("{path}/results/Output_Features?f=pbf")).await.body, &options()).unwrap();
}

#[tokio::test]
async fn return_true_curves_is_taken_and_must_be_true_or_false() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    let result = format!("{path}/results/Output_Features");
    for at in [EXECUTE, "services/EchoJobs/GPServer/Echo/submitJob", &result] {
        for flag in ["true", "False", "TRUE", ""] {
            let answer = server.get(&format!("{at}?returnTrueCurves={flag}")).await;
            assert!(answer.json().get("error").is_none(), "{at} {flag}: {}", answer.text());
        }
        let (code, text) = server.get(&format!("{at}?returnTrueCurves=arcs")).await.error();
        assert!(code == 400 && text.contains("returnTrueCurves") && text.contains("arcs"), "{at}: {text}");
    }
}

#[tokio::test]
async fn a_feature_collection_names_its_layer_as_the_output_on_both_ways() {
    let server = Server::new();
    let path = server.run("Echo", &form(METRES, "")).await;
    let job =
        server.get(&format!("{path}/results/Output_Features?returnFeatureCollection=true")).await.json();
    let now = server.post(EXECUTE, form(METRES, "returnFeatureCollection=true")).await.json();
    for value in [&job["value"], &now["results"][0]["value"]] {
        let layer = &value["layerDefinition"];
        let members = ["name", "type", "geometryType", "objectIdField", "fields", "templates"];
        assert!(members.iter().all(|member| layer.get(member).is_some()), "{layer}");
        assert_eq!((&layer["name"], &layer["type"]), (&"Output_Features".into(), &"Feature Layer".into()));
        let set = &value["featureSet"];
        let members =
            ["displayFieldName", "geometryType", "spatialReference", "features", "exceededTransferLimit"];
        assert!(members.iter().all(|member| set.get(member).is_some()), "{set}");
    }
}

#[tokio::test]
async fn what_is_compressed_already_is_not_compressed_again() {
    let server = Server::new();
    let path = server
        .run(
            "Echo",
            &form(&too_many().replacen(r#"{"geometry":{"x":1,"y":2},"attributes":{}},"#, "", 500), ""),
        )
        .await;
    for (format, encoding) in [("geojson", "gzip"), ("pbf", "gzip"), ("kmz", "")] {
        let request = Request::get(url(&format!("{path}/results/Output_Features?f={format}")))
            .header("accept-encoding", "gzip");
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{format}");
    }
}

#[tokio::test]
async fn a_reply_that_its_carrier_does_not_take_is_elsewhere_or_an_error_that_says_what_to_do() {
    let settings =
        RestSettings { max_reply_bytes: Some(2_000), max_changed_bytes: 200_000, ..RestSettings::default() };
    let server = Server::with(settings, Limits::default());
    server.memory.give_links();
    // Numbers that do not shrink: as base64 each format is more than the carrier takes.
    let point = |n: u32| {
        let x = f64::from(n.wrapping_mul(2_654_435_761)) / 1e9;
        format!(r#"{{"geometry":{{"x":{x},"y":{}}},"attributes":{{}}}}"#, x.sin())
    };
    let points: Vec<String> = (1..300).map(point).collect();
    let features = format!(
        r#"{{"geometryType":"esriGeometryPoint","spatialReference":{{"wkid":4326}},"features":[{}]}}"#,
        points.join(",")
    );
    let path = server.run("Echo", &form(&features, "")).await;
    for format in ["geojson", "kmz", "pbf"] {
        let answer = server.get(&format!("{path}/results/Output_Features?f={format}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{format}");
        assert!(answer.header("location").starts_with("https://store.example.org/Reply("));
    }
    assert_eq!(server.memory.reply_types(), [GEO_JSON, KMZ, PBF]);
    for format in ["geojson", "kmz"] {
        let (code, text) = server.post(EXECUTE, form(&features, &format!("f={format}"))).await.error();
        assert!(code == 413 && text.contains("EchoJobs/Echo/submitJob"), "{text}");
    }
}

#[tokio::test]
async fn features_that_are_too_many_bytes_to_be_changed_say_how_to_get_them() {
    let settings = RestSettings { max_changed_bytes: 100, ..RestSettings::default() };
    let server = Server::with(settings, Limits::default());
    let path = server.run("Echo", &form(METRES, "")).await;
    let (code, text) = server.get(&format!("{path}/results/Output_Features?f=geojson")).await.error();
    assert!(code == 400 && text.contains("results/Output_Features alone with f=json"), "{text}");
    let (code, text) = server.post(EXECUTE, form(METRES, "f=kmz")).await.error();
    assert!(code == 413 && text.contains("use f=json") && text.contains("EchoJobs/Echo/submitJob"), "{text}");
}

#[tokio::test]
async fn large_results_that_are_changed_wait_for_each_other_and_all_are_answered() {
    let settings = RestSettings { max_changed_bytes: 2 << 20, ..RestSettings::default() };
    let server = Server::with(settings, Limits::default());
    let text = "x".repeat(2000);
    let point = format!(r#"{{"geometry":{{"x":1,"y":2}},"attributes":{{"T":"{text}"}}}}"#);
    let points = vec![point; 800].join(",");
    let features = format!(
        r#"{{"geometryType":"esriGeometryPoint","spatialReference":{{"wkid":4326}},
            "fields":[{{"name":"T","type":"esriFieldTypeString"}}],"features":[{points}]}}"#
    );
    let path = server.run("Echo", &form(&features, "")).await;
    let changed = |query: &str| {
        let path = format!("{path}/results/Output_Features?{query}");
        let server = &server;
        async move { server.get(&path).await.body.len() }
    };
    let (a, b, c, d) =
        tokio::join!(changed("f=geojson"), changed("outSR=3857"), changed("f=pbf"), changed("outSR=25832"));
    // Errors are short.
    assert!([a, b, c, d].iter().all(|length| *length > 100_000), "{:?}", [a, b, c, d]);
}

#[tokio::test]
async fn nothing_is_left_in_the_scratch_folder() {
    let mut server = Server::new();
    let scratch = tempfile::tempdir().unwrap();
    server.app.scratch = scratch.path().join("not there yet");
    let server = server.again();
    geojson_point(&server.post(EXECUTE, form(METRES, "f=geojson")).await);
    server.post(EXECUTE, form(METRES, "f=kmz")).await;
    assert_eq!(std::fs::read_dir(&server.app.scratch).unwrap().count(), 0);
}
