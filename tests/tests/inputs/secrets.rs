//! Tokens of layers reach the server that they open, and nobody else: no message, no echo, no result, no log line.

use super::stand_in::feature_server::Layer;
use super::stand_in::{Server, files};
use super::{ECHO, ECHO_JOBS, numbers};
use gp_tests::Job;
use gp_tests::job::{result_of, status};
use serde_json::json;
use std::collections::HashMap;

const PATH: &str = "/arcgis/rest/services/Places/FeatureServer/0";
const TOKEN: &str = "s3cr3t-7d41c0";

fn guarded() -> Server {
    let layer = Layer { token: Some(TOKEN), ..Layer::of(12) };
    Server::start(move |asked| layer.answer(asked))
}

fn server() -> gp_tests::Server {
    gp_tests::Server::start_with(&["--private-inputs", "--log", "trace"])
}

/// Every way to give a token with a layer.
fn references(stand_in: &Server, token: &str) -> Vec<String> {
    let url = stand_in.url(PATH);
    vec![
        json!({"url": url, "token": token}).to_string(),
        json!({"url": url, "serviceToken": token}).to_string(),
        json!({"url": format!("{url}?token={token}")}).to_string(),
        json!({"url": format!("{url}/query?where=1%3D1&f=json&token={token}")}).to_string(),
        format!("{url}?token={token}"),
        format!("{{'url': '{url}', 'token': '{token}', 'filter': None}}"),
    ]
}

#[test]
fn a_token_opens_a_layer_and_is_never_seen_again() {
    let (server, stand_in) = (server(), guarded());
    for reference in references(&stand_in, TOKEN) {
        let reply = server.post(ECHO, &[("f", "json"), ("Features", &reference)]);
        assert_eq!(numbers(result_of(&reply.json(), "Out_Features"), "OBJECTID").len(), 12, "{reference}");
        assert!(!reply.text().contains(TOKEN), "{}", reply.text());

        let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &reference)]);
        assert_eq!(status(&job.wait(&server)), "esriJobSucceeded", "{reference}");
        for path in ["", "/inputs", "/inputs/Features", "/results", "/results/Out_Features"] {
            for f in ["json", "html"] {
                let text = server.get(&format!("{}{path}?f={f}", job.path)).text();
                assert!(!text.contains(TOKEN), "{path} {f}: {text}");
            }
        }
    }
    let log = server.log();
    assert!(!log.is_empty() && !log.contains(TOKEN), "the token is in the log");
}

#[test]
fn a_token_that_the_server_repeats_in_its_error_is_not_passed_on() {
    let (server, stand_in) = (server(), guarded());
    for reference in references(&stand_in, "wr0ng-51ab") {
        let reply = server.post(ECHO, &[("f", "json"), ("Features", &reference)]);
        let error = reply.error();
        assert!(error.details.contains("token"), "{error:?}");
        assert!(!reply.text().contains("wr0ng-51ab"), "{}", reply.text());
        let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &reference)]);
        let ended = job.wait(&server);
        assert_eq!(status(&ended), "esriJobFailed");
        assert!(!ended.to_string().contains("wr0ng-51ab"), "{ended}");
        let inputs = server.get(&format!("{}/inputs?f=json", job.path)).text();
        assert!(!inputs.contains("wr0ng-51ab"), "{inputs}");
    }
    assert!(!server.log().contains("wr0ng-51ab"));
    let reply =
        server.post(ECHO, &[("f", "json"), ("Features", &json!({"url": stand_in.url(PATH)}).to_string())]);
    assert!(reply.error().details.contains("needs a token"), "{}", reply.text());
}

#[test]
fn the_signed_query_of_a_file_is_in_no_reply_and_no_log() {
    let stand_in = files(HashMap::from([("/lake.tif".to_owned(), b"II*\0raster".to_vec())]));
    let (server, url) = (server(), stand_in.url(&format!("/lake.tif?sig={TOKEN}")));
    let reference = json!({"url": url}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("Raster", &reference), ("File", &reference)]);
    assert!(reply.json()["error"].is_null() && !reply.text().contains(TOKEN), "{}", reply.text());
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("File", &reference), ("Raster_Layer", &url)]);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    for path in ["", "/inputs", "/results"] {
        let text = server.get(&format!("{}{path}?f=json", job.path)).text();
        assert!(!text.contains(TOKEN), "{text}");
    }
    let missing = json!({"url": stand_in.url(&format!("/gone.tif?sig={TOKEN}"))}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("File", &missing)]);
    assert!(reply.error().details.starts_with("File: ") && !reply.text().contains(TOKEN), "{}", reply.text());
    assert!(!server.log().contains(TOKEN));
}
