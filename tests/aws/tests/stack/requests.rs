//! Single requests through the gateway: which function answers, and that nothing on the way changes what was said.

use flate2::read::GzDecoder;
use gp_aws_tests::stack::{Function, Queue, Stack, unique};
use gp_tests::{Client, Reply};
use std::io::Read;

const PAGE: &str = "https://maps.example.org";

/// Sends a request with an id of its own, by which the log of the function that answered can be told.
fn named(stack: &Stack, method: &str, path: &str) -> (String, Reply) {
    let id = unique("named");
    let headers = [("X-Request-Id", id.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let body: &[u8] = if method == "POST" { b"f=json" } else { b"" };
    let reply = stack.site().send(method, path, &headers, body);
    assert_eq!(reply.header("x-request-id"), Some(id.as_str()), "{method} {path}");
    (id, reply)
}

#[test]
fn the_catalog_and_a_task_are_described() {
    let stack = Stack::shared();
    let catalog = stack.site().get("services?f=json").json();
    assert_eq!(catalog["folders"][0], "Samples");
    let task = stack.site().get("services/Analysis/GPServer/Buffer?f=json").json();
    assert_eq!((&task["name"], &task["parameters"][0]["name"]), (&"Buffer".into(), &"Input_Features".into()));
    let help = task["helpUrl"].as_str().unwrap();
    assert!(help.starts_with("http"), "{help}");
}

#[test]
fn execute_is_answered_by_its_own_function_and_everything_else_by_the_other() {
    let stack = Stack::shared();
    let count = "services/Samples/Tasks/GPServer/SlowCount";
    let cases = [
        ("GET", format!("{count}/execute?Seconds=0&f=json"), Function::Execute),
        ("POST", format!("{count}/execute?Seconds=0"), Function::Execute),
        ("GET", "services/Analysis/GPServer/Buffer/execute?f=json".to_owned(), Function::Execute),
        ("POST", "services/Analysis/GPServer/Buffer/execute".to_owned(), Function::Execute),
        ("HEAD", format!("{count}/execute?f=json"), Function::Api),
        ("GET", format!("{count}?f=json"), Function::Api),
        ("GET", "services?f=json".to_owned(), Function::Api),
        ("GET", "info/healthCheck?f=json".to_owned(), Function::Api),
        (
            "POST",
            "services/Samples/TaskJobs/GPServer/SlowCount/submitJob?Seconds=0".to_owned(),
            Function::Api,
        ),
        ("GET", format!("{count}/Execute?Seconds=0&f=json"), Function::Api),
    ];
    for (method, path, function) in cases {
        let (id, _) = named(&stack, method, &path);
        let events = stack.logged(function, &id);
        assert_eq!(events.len(), 1, "{method} {path}: one event a request");
        assert_eq!(
            (&events[0]["message"], &events[0]["function"]),
            (&"request".into(), &stack.name(function).into())
        );
    }
}

#[test]
fn an_execute_in_other_letters_is_told_how_to_write_it() {
    let stack = Stack::shared();
    let reply = stack.site().get("services/Samples/Tasks/GPServer/SlowCount/EXECUTE?Seconds=0&f=json");
    assert!(reply.error().details.contains("end it with exactly /execute"), "{}", reply.text());
}

#[test]
fn a_page_may_ask_before_it_sends() {
    let stack = Stack::shared();
    for path in
        ["services/Analysis/GPServer/Buffer/execute", "services/AnalysisJobs/GPServer/Buffer/submitJob"]
    {
        let asked = [
            ("Origin", PAGE),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type,x-esri-authorization,idempotency-key"),
        ];
        let reply = stack.site().send("OPTIONS", path, &asked, &[]);
        assert!(reply.status == 204 || reply.status == 200, "{}", reply.status);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let allowed = |name: &str| reply.header(name).unwrap_or_default().to_ascii_lowercase();
        for method in ["get", "post", "head"] {
            assert!(allowed("access-control-allow-methods").contains(method), "{:?}", reply.headers);
        }
        for name in ["content-type", "x-esri-authorization", "idempotency-key"] {
            assert!(allowed("access-control-allow-headers").contains(name), "{:?}", reply.headers);
        }
        assert!(reply.body.is_empty());
    }
}

#[test]
fn a_page_may_read_every_reply_errors_included_and_is_told_so_once() {
    let stack = Stack::shared();
    for path in [
        "services?f=json",
        "services/Nowhere/GPServer?f=json",
        "nonsense",
        "services/Samples/Tasks/GPServer/Fail/execute?f=json",
    ] {
        let reply = stack.site().send("GET", path, &[("Origin", PAGE)], &[]);
        let origins: Vec<_> =
            reply.headers.iter().filter(|(name, _)| name == "access-control-allow-origin").collect();
        assert!(origins.len() == 1 && origins[0].1 == "*", "browsers refuse two: {path} {:?}", reply.headers);
        assert!(
            reply
                .header("access-control-expose-headers")
                .unwrap()
                .to_ascii_lowercase()
                .contains("x-request-id")
        );
    }
}

#[test]
fn a_script_comes_as_a_script_from_both_functions() {
    let stack = Stack::shared();
    let reply = stack.site().get("info/healthCheck?f=json&callback=done.c1");
    assert_eq!(
        (reply.text().as_str(), reply.header("content-type").unwrap()),
        (r#"done.c1({"success":true});"#, "application/javascript;charset=utf-8")
    );
    let reply =
        stack.site().get("services/Samples/Tasks/GPServer/SlowCount/execute?Seconds=0&f=json&callback=c2");
    assert!(
        reply.text().starts_with(r#"c2({"results":["#) && reply.text().ends_with("});"),
        "{}",
        reply.text()
    );
}

#[test]
fn names_and_values_arrive_as_they_were_meant_however_they_are_escaped() {
    let stack = Stack::shared();
    let task = stack.site().get("services/%53amples/T%61sks/GPServer/Echo%56alues?f=json").json();
    assert_eq!(task["name"], "EchoValues");
    let query = "f=json&String=%C3%A4%20%26+b%3Dc%2Bd%25&Multi%5FString=%5B%22a%2Cb%22%5D&env%3AoutSR=";
    for path in
        ["services/Samples/Tasks/GPServer/EchoValues", "services/%53amples/T%61sks/GPServer/Echo%56alues"]
    {
        let reply = stack.site().get(&format!("{path}/execute?{query}")).json();
        let value = |name: &str| {
            let results = reply["results"].as_array().unwrap_or_else(|| panic!("{path}: {reply}"));
            results.iter().find(|result| result["paramName"] == name).unwrap()["value"].clone()
        };
        assert_eq!(
            (value("Out_String"), value("Out_Multi_String")),
            ("ä & b=c+d%".into(), serde_json::json!(["a,b"])),
            "{path}"
        );
    }
}

#[test]
fn a_reply_is_compressed_for_who_takes_that_and_plain_for_who_does_not() {
    let stack = Stack::shared();
    let path = "services/Analysis/GPServer/Buffer?f=json";
    let plain = stack.site().get(path);
    assert_eq!(plain.header("content-encoding"), None);
    let compressed = stack.site().send("GET", path, &[("Accept-Encoding", "gzip")], &[]);
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(compressed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
}

#[test]
fn neither_bucket_nor_queue_nor_table_answers_who_has_no_right() {
    let stack = Stack::shared();
    let mut anyone = Client::new(stack.site().address());
    let queue =
        stack.queue_url(Queue::Jobs).split_once("//").unwrap().1.split_once('/').unwrap().1.to_owned();
    let send = format!(
        "Action=SendMessage&QueueUrl={}&MessageBody=x",
        gp_tests::client::escaped(stack.queue_url(Queue::Jobs))
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let scan = [("X-Amz-Target", "DynamoDB_20120810.Scan"), ("Content-Type", "application/x-amz-json-1.0")];
    let refused = [
        anyone.send("GET", &format!("/{}/inputs/none", stack.bucket()), &[], &[]).unwrap(),
        anyone.send("GET", &format!("/{}?list-type=2", stack.bucket()), &[], &[]).unwrap(),
        anyone.send("PUT", &format!("/{}/inputs/none", stack.bucket()), &[], b"x").unwrap(),
        anyone.send("POST", &format!("/{queue}"), &form, send.as_bytes()).unwrap(),
        anyone.send("POST", "/", &scan, br#"{"TableName":"x"}"#).unwrap(),
    ];
    for reply in refused {
        assert!((400..404).contains(&reply.status), "{} {}", reply.status, reply.text());
    }
}
