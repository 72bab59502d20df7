//! Features in binary formats, as the server process sends them, read back by the readers of files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

use gp_esri::{FeatureSet, Geometry, ReadLimits};
use gp_formats::{Format, Input, ReadOptions, read, read_pbf};
use gp_tests::features::{POINT, points};
use gp_tests::{Job, Reply, Server};
use std::path::Path;
use std::sync::Arc;

const BUFFER: &str = "services/Analysis/GPServer/Buffer/execute";
const BUFFER_JOBS: &str = "AnalysisJobs/GPServer/Buffer";
/// More than the synchronous sample service returns.
const TOO_MANY: usize = 1001;

fn options() -> ReadOptions<'static> {
    ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 1 << 24,
        layer: None,
        extent: None,
        scratch: Path::new("/nowhere"),
        stop: &|| false,
    }
}

fn kmz(reply: &Reply) -> FeatureSet {
    assert_eq!(reply.header("content-type"), Some("application/vnd.google-earth.kmz"), "{}", reply.text());
    let input = Input::new("reply.kmz", Arc::new(bytes::Bytes::from(reply.body.clone())));
    read(&input, Format::Kmz, &options()).unwrap().features
}

/// The vertices of the only polygon, all within 0.02 degrees of 8° E, 50° N.
fn assert_buffer(features: &FeatureSet) {
    let [feature] = &features.features[..] else { panic!("{} features", features.features.len()) };
    let Some(Geometry::Polygon(rings)) = &feature.geometry else { panic!("{:?}", feature.geometry) };
    for [x, y] in rings.iter().flat_map(|ring| &ring.xy) {
        assert!((x - 8.0).abs() < 0.02 && (y - 50.0).abs() < 0.02, "{x} {y}");
    }
}

#[test]
fn a_buffer_comes_back_whole_as_kmz_and_as_pbf() {
    let server = Server::start();
    let form = [("f", "kmz"), ("Input_Features", POINT), ("Distance", "1 Kilometers"), ("env:outSR", "3857")];
    assert_buffer(&kmz(&server.post(BUFFER, &form)));
    let job = Job::submit(&server, BUFFER_JOBS, &form);
    job.wait(&server);
    let result = |query: &str| server.get(&format!("{}/results/Output_Features?{query}", job.path));
    assert_buffer(&kmz(&result("f=kmz")));
    let reply = result("f=pbf&outSR=4326");
    assert_eq!(reply.header("content-type"), Some("application/x-protobuf"));
    let (features, warnings) = read_pbf(&reply.body, &options()).unwrap();
    assert_buffer(&features);
    assert_eq!((features.exceeded_transfer_limit, warnings), (false, Vec::new()));
    let (in_metres, _) = read_pbf(&result("f=pbf").body, &options()).unwrap();
    assert_eq!(in_metres.spatial_reference.and_then(|sr| sr.code()), Some(3857));
}

#[test]
fn a_result_above_the_limit_is_marked_or_names_the_file_that_has_all_of_it() {
    let server = Server::start();
    let path = "services/Samples/Tasks/GPServer/EchoValues/execute";
    let features = points(TOO_MANY);
    let geojson = server.post(path, &[("f", "geojson"), ("Features", &features)]).json();
    let expected = serde_json::json!({
        "type": "FeatureCollection", "properties": {"exceededTransferLimit": true}, "features": []
    });
    assert_eq!(geojson, expected);
    let error = server.post(path, &[("f", "kmz"), ("Features", &features)]).error();
    for part in ["Out_Features", "1001 features", "a KMZ cannot say so", "/rest/directories/arcgisoutput/"] {
        assert!(error.details.contains(part), "{part} is not in {error:?}");
    }
}
