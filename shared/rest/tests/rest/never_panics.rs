use crate::common::Server;
use axum::body::Body;
use http::{Request, Uri};
use proptest::prelude::*;

const CONTENT_TYPES: &[&str] = &[
    "",
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=B",
    "text/plain",
];

/// Paths near the grammar, with pieces that break it.
fn any_path() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "arcgis",
        "rest",
        "services",
        "info",
        "Echo",
        "EchoJobs",
        "Samples",
        "GPServer",
        "MapServer",
        "Echo%20It",
        "Fail",
        "execute",
        "submitJob",
        "jobs",
        "j00000000000000000000000000000000",
        "results",
        "inputs",
        "uploads",
        "uploadPart",
        "i00000000-0000-4000-8000-000000000000",
        "cancel",
        "%2F",
        "%zz",
        "%ff",
        "..",
        "",
        "Ärger",
    ]);
    let tail = proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.join("/"));
    (any::<bool>(), tail)
        .prop_map(|(near, tail)| if near { format!("/arcgis/rest/services/{tail}") } else { tail })
}

fn any_query() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "f=json",
        "f=pjson",
        "f=",
        "f=x",
        "f=geojson",
        "f=kmz",
        "f=pbf",
        "&",
        "=",
        "Text=a",
        "Names=[",
        "Input_Features={",
        "{\"a\":1}",
        "callback=a.b",
        "callback=(",
        "outSR=4326",
        "context={}",
        "returnZ=maybe",
        "%",
        "%C3",
        "\"",
        "--B",
        "\r\n",
    ]);
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_request_is_answered_with_http_200(
        path in any_path(),
        query in any_query(),
        body in prop_oneof![any_query().prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..200)],
        kind in proptest::sample::select(CONTENT_TYPES),
        method in proptest::sample::select(vec!["GET", "POST", "HEAD", "PUT"]),
    ) {
        let uri: Uri = match format!("http://gis.test{path}?{query}").parse() {
            Ok(uri) => uri,
            Err(_) => return Ok(()),
        };
        let request = Request::builder().method(method).uri(uri).header("content-type", kind).body(Body::from(body));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(Server::new().send(request.unwrap()));
        prop_assert_eq!(answer.status.as_u16(), 200);
        let text = String::from_utf8_lossy(&answer.body);
        prop_assert!(!text.contains("fault of its own"), "{}", text);
    }
}
