//! The recorded requests of appendix A, as the clients send them, against a task with inputs of the same types: the sample
//! that echoes, published as `Do It`. What the sample does not have (`File`, `VT`) is sent all the same and ignored.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use gp_tests::client::encoded;
use gp_tests::job::{Job, status};
use gp_tests::{Reply, Server};
use serde_json::{Value, json};

const SYNC: &str = "services/Sync/GPServer/Do%20It";
const ASYNC: &str = "Async/GPServer/Do%20It";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn server() -> Server {
    let file = |name: &str, execution_type: &str| {
        format!(
            "name = \"{name}\"\nexecution_type = \"{execution_type}\"\nmaximum_records = 1000\ntime_limit_s = 30\n\
             [[task]]\ntool = \"EchoValues\"\nname = \"Do It\"\n"
        )
    };
    Server::start_publishing(
        &[("sync.toml", &file("Sync", "synchronous")), ("async.toml", &file("Async", "asynchronous"))],
        &[],
    )
}

fn result(reply: &Value, name: &str) -> Value {
    let results = reply["results"].as_array().unwrap_or_else(|| panic!("no results: {reply}"));
    results.iter().find(|result| result["paramName"] == name).unwrap()["value"].clone()
}

#[test]
fn arcgis_for_python() {
    let server = server();
    let headers = [
        FORM,
        ("User-Agent", "Geosaurus/1.0.0a1"),
        ("Referer", "http"),
        ("Accept-Encoding", "gzip, deflate"),
    ];
    let service = server.get("services/Async/GPServer?f=json").json();
    assert_eq!(service["tasks"], json!(["Do It"]));
    assert!(service["resultMapServerName"].is_string(), "{service}");
    let task = server.send("POST", &format!("services/{ASYNC}"), &[FORM], b"f=json").json();
    assert_eq!(task["name"], "Do It");
    let features = "{\"features\": [{\"geometry\": {\"x\": 1.0, \"y\": 2.0, \"spatialReference\": {\"wkid\": 4326}}, \"attributes\": \
                    {\"a\": 1, \"OBJECTID\": 1}}], \"objectIdFieldName\": \"OBJECTID\", \"displayFieldName\": \"OBJECTID\", \
                    \"spatialReference\": {\"wkid\": 4326}, \"geometryType\": \"esriGeometryPoint\", \"fields\": [{\"name\": \"a\", \
                    \"type\": \"esriFieldTypeInteger\", \"alias\": \"a\", \"sqlType\": \"sqlTypeInteger\"}, {\"name\": \"OBJECTID\", \
                    \"type\": \"esriFieldTypeOID\", \"alias\": \"OBJECTID\"}]}";
    let body = encoded(&[
        ("f", "json"),
        ("Features", features),
        ("Linear_Unit", "{\"distance\": 5, \"units\": \"esriMiles\"}"),
        ("Date", "1577836800000"),
        ("Boolean", "true"),
        ("Long", ""),
        ("Multi_String", "['a', 'b']"),
        ("File", "{\"url\": \"\"}"),
        ("String", ""),
        ("VT", "[[1, 'x']]"),
        ("Field", ""),
    ]);
    let submitted = server.send("POST", &format!("services/{ASYNC}/submitJob"), &headers, body.as_bytes());
    let job = Job::of(ASYNC, &submitted);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    let ended = server.get(&format!("{}?f=json&returnMessages=True", job.path)).json();
    assert!(
        ended["results"]["Out_Features"]["paramUrl"].is_string() && ended["messages"].is_array(),
        "{ended}"
    );
    let value = job.result(&server, "Out_Features");
    assert_eq!(
        value["features"][0],
        json!({"attributes": {"a": 1, "OBJECTID": 1}, "geometry": {"x": 1, "y": 2}})
    );
    assert_eq!(job.result(&server, "Out_Multi_String"), json!(["a", "b"]));
    assert_eq!(job.result(&server, "Out_Date"), 1_577_836_800_000_i64);
    assert_eq!(job.result(&server, "Out_Long"), 0);
    let cancel = server.get(&format!("{}/cancel?f=json", job.path)).error();
    assert_eq!(cancel.message, "Invalid or missing input parameters.");
}

#[test]
fn arcgis_core_executes() {
    let server = server();
    let query = encoded(&[
        ("env:outSR", "102100"),
        (
            "Features",
            "{\"features\":[{\"aggregateGeometries\":null,\"geometry\":{\"spatialReference\":{\"wkid\":4326},\"x\":1,\"y\":2},\
             \"symbol\":null,\"attributes\":{\"a\":1},\"popupTemplate\":null}],\"geometryType\":\"esriGeometryPoint\"}",
        ),
        ("Linear_Unit", "{\"distance\":5,\"units\":\"esriMiles\"}"),
        ("Date", "0"),
        ("Multi_String", "[\"a\",\"c\"]"),
        ("Boolean", "true"),
        ("returnZ", "true"),
        ("f", "json"),
    ]);
    let reply =
        server.send("GET", &format!("{SYNC}/execute?{query}"), &[("Origin", "https://app.example.org")], &[]);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let json = reply.json();
    let features = result(&json, "Out_Features");
    assert_eq!(features["spatialReference"], json!({"wkid": 102100, "latestWkid": 3857}));
    assert_eq!(features["features"][0]["attributes"], json!({"a": 1}));
    assert!(
        (features["features"][0]["geometry"]["x"].as_f64().unwrap() - 111_319.490_793).abs() < 1e-3,
        "{features}"
    );
    assert_eq!(result(&json, "Out_Multi_String"), json!(["a", "c"]));
    assert_eq!(result(&json, "Out_Boolean"), true);
}

#[test]
fn arcgis_core_submits() {
    let server = server();
    let query = encoded(&[
        (
            "context",
            "{\"extent\":{\"spatialReference\":{\"wkid\":4326},\"xmin\":0,\"ymin\":0,\"xmax\":10,\"ymax\":10},\"outSR\":null,\"processSR\":null}",
        ),
        (
            "Features",
            "{\"features\":[{\"aggregateGeometries\":null,\"geometry\":{\"spatialReference\":{\"wkid\":4326},\"x\":1,\"y\":2},\
             \"symbol\":null,\"attributes\":{\"a\":1},\"popupTemplate\":null},{\"geometry\":{\"spatialReference\":{\"wkid\":4326},\
             \"x\":50,\"y\":2},\"attributes\":{\"a\":2}}],\"geometryType\":\"esriGeometryPoint\"}",
        ),
        ("f", "json"),
    ]);
    let job = Job::of(ASYNC, &server.get(&format!("services/{ASYNC}/submitJob?{query}")));
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    let value =
        server.get(&format!("{}/results/Out_Features?returnType=data&f=json", job.path)).json()["value"]
            .clone();
    assert_eq!(
        value["features"].as_array().unwrap().len(),
        1,
        "only what overlaps the extent takes part: {value}"
    );
}

#[test]
fn bmi_arcgis_restapi() {
    let server = server();
    let headers = [("User-Agent", "restapi/2.4.19 (Python)")];
    let query = "Linear_Unit=5%20Miles&Multi_String=a&Multi_String=c&String=x&env:outSR=&env:processSR=&returnZ=False&returnM=False&f=json";
    let submitted = server.send("GET", &format!("services/{ASYNC}/submitJob?{query}"), &headers, &[]);
    let job = Job::of(ASYNC, &submitted);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    assert_eq!(job.result(&server, "Out_Multi_String"), json!(["a", "c"]));
    assert_eq!(job.result(&server, "Out_String"), "x");
    assert_eq!(job.result(&server, "Out_Linear_Unit"), json!({"distance": 5, "units": "esriMiles"}));
    assert_eq!(job.result(&server, "Out_Features")["features"], json!([]));
}

#[test]
fn arcgis_rest_request() {
    let server = server();
    let post = |path: &str, body: &str| -> Reply {
        let headers = [FORM, ("Referer", "@esri/arcgis-rest-js")];
        server.send("POST", path, &headers, body.as_bytes())
    };
    let body = encoded(&[
        ("f", "json"),
        (
            "Features",
            "{\"features\":[{\"geometry\":{\"x\":1,\"y\":2,\"spatialReference\":{\"wkid\":4326}},\"attributes\":{\"a\":1}}]}",
        ),
        ("Linear_Unit", "{\"distance\":5,\"units\":\"esriMiles\"}"),
        ("Multi_String", "[\"a\",\"c\"]"),
        ("Boolean", "true"),
        ("Date", "0"),
    ]);
    let job = Job::of(ASYNC, &post(&format!("services/{ASYNC}/submitJob"), &body));
    job.wait(&server);
    let ended = post(&job.path, "f=json").json();
    assert_eq!(status(&ended), "esriJobSucceeded");
    for (name, link) in ended["results"].as_object().unwrap() {
        let reply = post(&format!("{}/{}", job.path, link["paramUrl"].as_str().unwrap()), "f=json").json();
        assert_eq!(reply["paramName"], name.as_str());
        assert!(reply["dataType"].is_string() && reply.get("value").is_some(), "{reply}");
    }
    let cancel = post(&format!("{}/cancel", job.path), &format!("f=json&id={}&returnMessages=false", job.id));
    assert_eq!(cancel.error().code, 400);
}

#[test]
fn esri_leaflet() {
    let server = server();
    let callback = "window._EsriLeafletCallbacks.c0";
    let task = server.get(&format!("{SYNC}?f=json&callback={callback}")).text();
    let json =
        task.strip_prefix(callback).and_then(|rest| rest.strip_prefix('(')?.strip_suffix(");")).unwrap();
    let task: Value = serde_json::from_str(json).unwrap();
    assert_eq!(task["executionType"], "esriExecutionTypeSynchronous");
    let query = encoded(&[
        (
            "Features",
            "{\"geometryType\":\"esriGeometryFeature\",\"features\":[{\"geometry\":{\"x\":1,\"y\":2,\"spatialReference\":{\"wkid\":4326}},\"attributes\":{\"a\":1}}]}",
        ),
        ("Linear_Unit", "{\"distance\":5,\"units\":\"esriMiles\"}"),
        ("Multi_String", "a,c"),
        ("outputParam", "Out_Features"),
        ("f", "json"),
    ]);
    let reply = server.get(&format!("{SYNC}/execute?{query}")).json();
    assert_eq!(result(&reply, "Out_Features")["features"].as_array().unwrap().len(), 1, "{reply}");
    assert_eq!(result(&reply, "Out_Multi_String"), json!(["a", "c"]));
}

#[test]
fn r_arcgisutils() {
    let server = server();
    let headers = [FORM, ("X-Esri-Authorization", "Bearer abc"), ("Accept", "*/*")];
    let path = format!("services/{ASYNC}/submitJob");
    let submitted = server.send("POST", &path, &headers, b"String=%22text%22&Long=3&f=%22json%22");
    let job = Job::of(ASYNC, &submitted);
    job.wait(&server);
    let results = server.get(&format!("{}/results?f=json", job.path)).json();
    assert_eq!(
        results.as_array().unwrap()[1],
        json!({"paramName": "Out_Long", "dataType": "GPLong", "value": 3})
    );
    let cancelled =
        server.send("POST", &format!("{}/cancel?f=json", job.path), &headers, b"String=%22text%22&Long=3");
    assert_eq!(cancelled.error().code, 400);
}
