//! Bodies of requests up to the limits of Lambda and beyond.

use crate::tasks::SELECT;
use flate2::Compression;
use flate2::write::GzEncoder;
use gp_aws_tests::stack::Stack;
use gp_tests::features::points;
use gp_tests::job::status;
use gp_tests::{Job, Reply};
use std::io::Write;

const BOUNDARY: &str = "stack-boundary-51d0";
/// Bytes of a point of [`points`], about.
const POINT_BYTES: usize = 69;

/// The form as parts, which the gateway sends as base64, so that what it weighs on the way does not depend on its text.
fn parts(features: &str) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in [("f", "json"), ("Where_Clause", "1=1"), ("Input_Features", features)] {
        body +=
            &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    (body + &format!("--{BOUNDARY}--\r\n")).into_bytes()
}

fn submit(stack: &Stack, body: &[u8], encoding: Option<&str>) -> Reply {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let mut headers = vec![("Content-Type", content_type.as_str())];
    headers.extend(encoding.map(|encoding| ("Content-Encoding", encoding)));
    stack.site().send("POST", &format!("services/{SELECT}/submitJob"), &headers, body)
}

fn compressed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn check_count(stack: &Stack, reply: &Reply, count: usize) {
    let job = Job::of(SELECT, reply);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let input = stack.item(&job.id)["results"].to_string();
    assert!(input.contains(&count.to_string()), "{count} features came through: {input}");
}

#[test]
fn a_body_of_4_6_megabytes_is_taken_as_it_is() {
    let stack = Stack::shared();
    let count = 4_600_000 / POINT_BYTES;
    let body = parts(&points(count));
    assert!((4_500_000..4_700_000).contains(&body.len()), "{} bytes", body.len());
    check_count(&stack, &submit(&stack, &body, None), count);
}

#[test]
fn a_body_beyond_5_megabytes_is_taken_when_it_is_compressed() {
    let stack = Stack::shared();
    let count = 5_600_000 / POINT_BYTES;
    let body = parts(&points(count));
    assert!(body.len() > 5 << 20, "{} bytes", body.len());
    check_count(&stack, &submit(&stack, &compressed(&body), Some("gzip")), count);
}

#[test]
fn a_body_just_beyond_the_limit_is_told_the_limit_and_what_to_do() {
    let stack = Stack::shared();
    let mut body = parts(&points(4_700_000 / POINT_BYTES));
    body.resize(4_710_000, b' ');
    let error = submit(&stack, &body, None).error();
    assert_eq!(error.code, 413, "{error:?}");
    for part in ["4706", "gzip", "uploads"] {
        assert!(error.details.contains(part), "{part}: {error:?}");
    }
}

#[test]
fn a_body_that_becomes_too_large_is_told_so_before_it_is_unpacked() {
    let stack = Stack::shared();
    let error = submit(&stack, &compressed(&parts(&"1".repeat(40 << 20))), Some("gzip")).error();
    assert_eq!(error.code, 413, "{error:?}");
    assert!(error.details.contains("when decompressed") && error.details.contains("uploads"), "{error:?}");
}

#[test]
fn a_body_beyond_what_lambda_takes_is_refused_by_the_gateway_with_413() {
    let stack = Stack::shared();
    let reply = submit(&stack, &vec![b'x'; 6 << 20], None);
    assert_eq!(reply.status, 413, "{}", reply.text());
}

#[test]
fn a_compressed_form_comes_through_and_compressed_json_is_refused_with_words() {
    let stack = Stack::shared();
    let path = "services/Samples/Tasks/GPServer/EchoValues/execute";
    let send = |content_type: &str, body: &str| {
        let headers = [("Content-Type", content_type), ("Content-Encoding", "gzip")];
        stack.site().send("POST", path, &headers, &compressed(body.as_bytes()))
    };
    let text = "x".repeat(2_000);
    let reply = send("application/x-www-form-urlencoded", &format!("f=json&String={text}"));
    assert!(reply.text().contains(&text), "{}", reply.text());
    // The gateway takes JSON for text whatever its encoding, and what is no text is lost on the way.
    let error = send("application/json", &format!("{{\"f\":\"json\",\"String\":\"{text}\"}}")).error();
    assert!(
        error.code == 400 && (error.details.contains("compressed") || error.details.contains("gzip")),
        "{error:?}"
    );
}
