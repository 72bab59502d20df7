//! Results beyond what Lambda carries: the client is sent to the bucket, and gets all of it.

use crate::tasks::{BUFFER, SLOW_COUNT};
use flate2::read::GzDecoder;
use gp_aws_tests::stack::Stack;
use gp_tests::job::status;
use gp_tests::{Job, Reply};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Read;

/// 6 MB, Lambda's limit for a reply.
const LAMBDA_BYTES: usize = 6_291_556;

/// Points all over Europe, in metres of Web Mercator: no two buffers look alike, so that compression gains little.
fn scattered(count: usize) -> String {
    let mut text = String::from(
        "{\"geometryType\":\"esriGeometryPoint\",\"spatialReference\":{\"wkid\":3857},\"fields\":[{\"name\":\"OBJECTID\",\
         \"type\":\"esriFieldTypeOID\",\"alias\":\"OBJECTID\"}],\"features\":[",
    );
    for id in 1..=count {
        let comma = if id > 1 { "," } else { "" };
        // Multiples of irrational numbers: spread evenly, and the same in each run.
        let (x, y) = (id as f64 * std::f64::consts::SQRT_2 % 1.0, id as f64 * std::f64::consts::E % 1.0);
        let (x_m, y_m) = (x * 3e6, 5e6 + y * 3e6);
        let _ = write!(
            text,
            "{comma}{{\"attributes\":{{\"OBJECTID\":{id}}},\"geometry\":{{\"x\":{x_m},\"y\":{y_m}}}}}"
        );
    }
    text + "]}"
}

fn buffers(stack: &Stack, count: usize) -> Job {
    let features = scattered(count);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Distance", "1000 Meters")];
    let job = Job::submit(stack.site(), BUFFER, &form);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    job
}

/// The body behind a 303, as a page gets it that follows, and how many bytes it is.
fn followed(stack: &Stack, reply: &Reply) -> (Value, usize) {
    assert_eq!(reply.status, 303, "{:.300}", reply.text());
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("*"),
        "the redirect itself must be readable"
    );
    let url = reply.header("location").expect("a redirect says where to");
    // A browser that follows to another host says that it is from nowhere.
    let found = stack.follow(url, &[("Origin", "null"), ("Accept-Encoding", "gzip")]);
    assert_eq!(found.status, 200, "{:.300}", found.text());
    assert_eq!(found.header("access-control-allow-origin"), Some("*"), "{:?}", found.headers);
    assert_eq!(found.header("content-type"), Some("application/json;charset=utf-8"));
    let mut plain = Vec::new();
    match found.header("content-encoding") {
        Some("gzip") => drop(GzDecoder::new(found.body.as_slice()).read_to_end(&mut plain).expect("gzip")),
        other => {
            assert_eq!(other, None);
            plain.clone_from(&found.body);
        }
    }
    (serde_json::from_slice(&plain).expect("JSON"), plain.len())
}

#[test]
fn a_result_of_20_megabytes_is_whole_behind_a_redirect_after_get_and_post() {
    let stack = Stack::shared();
    let job = buffers(&stack, 10_000);
    let path = format!("{}/results/Output_Features", job.path);
    let page = ("Origin", "https://maps.example.org");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let replies = [
        stack.site().send("GET", &format!("{path}?f=json"), &[page], &[]),
        stack.site().send("GET", &format!("{path}?f=json"), &[page, ("Accept-Encoding", "gzip")], &[]),
        stack.site().send("POST", &path, &[page, form], b"f=json"),
    ];
    for reply in replies {
        let (json, bytes) = followed(&stack, &reply);
        assert!(bytes > 20_000_000, "{bytes} bytes");
        assert_eq!(json["paramName"], "Output_Features");
        assert_eq!(json["value"]["features"].as_array().unwrap().len(), 10_000);
        assert!(json["value"].get("exceededTransferLimit").is_none_or(|exceeded| exceeded == false));
    }
    for query in ["f=json&outSR=4326", "f=pjson"] {
        let reply = stack.site().send("GET", &format!("{path}?{query}"), &[page], &[]);
        let error = reply.error();
        assert!(error.details.contains("f=json"), "{query} says what can be had: {error:?}");
    }
}

#[test]
fn a_result_beyond_lambdas_limit_is_inline_compressed_and_elsewhere_plain() {
    let stack = Stack::shared();
    let job = buffers(&stack, 4_000);
    let path = format!("{}/results/Output_Features?f=json", job.path);
    let page = ("Origin", "https://maps.example.org");
    let compressed = stack.site().send("GET", &path, &[page, ("Accept-Encoding", "gzip")], &[]);
    assert_eq!((compressed.status, compressed.header("content-encoding")), (200, Some("gzip")));
    let mut inline = Vec::new();
    GzDecoder::new(compressed.body.as_slice()).read_to_end(&mut inline).unwrap();
    assert!(inline.len() > LAMBDA_BYTES, "{} bytes", inline.len());
    let (elsewhere, bytes) = followed(&stack, &stack.site().send("GET", &path, &[page], &[]));
    assert_eq!(bytes, inline.len());
    assert_eq!(serde_json::from_slice::<Value>(&inline).unwrap(), elsewhere);
    assert_eq!(elsewhere["value"]["features"].as_array().unwrap().len(), 4_000);

    let (projected, _) =
        followed(&stack, &stack.site().send("GET", &format!("{path}&outSR=4326"), &[page], &[]));
    assert_eq!(projected["value"]["spatialReference"]["wkid"], 4326, "also what is made for the request");
    assert_eq!(projected["value"]["features"].as_array().unwrap().len(), 4_000);
    assert_eq!(
        stack.objects(&format!("replies/{}", job.id)).len(),
        2,
        "what was made is kept under the job's name"
    );
}

#[test]
fn an_execute_that_answers_too_much_names_the_asynchronous_service() {
    let stack = Stack::shared();
    let features = scattered(6_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Distance", "1000 Meters")];
    let error = stack.site().post("services/Analysis/GPServer/Buffer/execute", &form).error();
    assert_eq!(error.code, 413, "{error:?}");
    assert!(error.details.contains("AnalysisJobs") && error.details.contains("bytes"), "{error:?}");
}

#[test]
fn an_execute_that_takes_too_long_names_the_asynchronous_service() {
    let stack = Stack::shared();
    let error =
        stack.site().get("services/Samples/Tasks/GPServer/SlowCount/execute?Seconds=40&f=json").error();
    assert!(
        error.details.contains("Samples/TaskJobs") || error.details.contains("asynchronous"),
        "{error:?}"
    );
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
}
