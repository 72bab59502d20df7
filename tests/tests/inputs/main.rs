//! Inputs and outputs that are only named, through a whole server: layers and files by URL, uploads, files that runs make
//! (specification 1.11, 1.12, 2.7 to 2.9, 7.5). The servers that are read from are on this machine, so this one is started
//! with `--private-inputs`, but where it must refuse to.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test may fail, and nothing here is a library"
)]

mod exceeded;
mod expired;
mod files;
mod layers;
mod outputs;
mod refused;
mod round_trip;
mod secrets;
mod slow;
mod stand_in;
mod stored;
mod uploads;

use gp_esri::{Feature, FeatureSet, ReadLimits, WriteOptions, write_feature_set};
use gp_tests::Server;
use serde_json::Value;

/// The task that gives back what it got.
const ECHO: &str = "services/Samples/Tasks/GPServer/EchoValues/execute";
/// The same, as jobs.
const ECHO_JOBS: &str = "Samples/TaskJobs/GPServer/EchoValues";

/// A server that may read from this machine.
fn server() -> Server {
    Server::start_with(&["--private-inputs"])
}

/// The reply of EchoValues with one parameter; an error fails the test.
fn echo(server: &Server, name: &str, value: &str) -> Value {
    let json = server.post(ECHO, &[("f", "json"), (name, value)]).json();
    assert!(json["error"].is_null(), "{name}={value:.300}: {json}");
    json
}

/// What EchoValues says is wrong with one parameter; the sentence must begin with it.
fn refusal(server: &Server, name: &str, value: &str) -> String {
    let error = server.post(ECHO, &[("f", "json"), (name, value)]).error();
    assert!(error.details.starts_with(&format!("{name}: ")), "{name}={value:.300}: {error:?}");
    error.details
}

/// The features of a layer of `tests/data`.
fn real_layer(name: &str) -> FeatureSet {
    let path = gp_tests::repository().join("tests/data").join(name);
    parsed(&std::fs::read_to_string(path).unwrap())
}

fn parsed(json: &str) -> FeatureSet {
    FeatureSet::from_json(json, &ReadLimits::default()).unwrap().feature_set
}

fn written(set: &FeatureSet) -> String {
    let mut out = Vec::new();
    write_feature_set(&mut out, set, &WriteOptions::default());
    String::from_utf8(out).unwrap()
}

/// The set as it is after it went over the wire.
fn wired(set: &FeatureSet) -> FeatureSet {
    parsed(&written(set))
}

/// Whole numbers of a column, in the order of the features.
fn numbers(features: &Value, field: &str) -> Vec<i64> {
    let features = features["features"].as_array().unwrap_or_else(|| panic!("no features: {features}"));
    features.iter().map(|feature| feature["attributes"][field].as_i64().unwrap()).collect()
}

/// The features in an order that does not depend on where they came from.
fn sorted(mut features: Vec<Feature>) -> Vec<Feature> {
    features.sort_by_key(|feature| format!("{feature:?}"));
    features
}
