//! The calls of AWS that a request or a job may make, counted one by one between the functions and the emulator, and the
//! size of what is stored: what a job costs is what these tests say (`infra/costs.py`).
//!
//! The stack is the test's own (`GP_AWS_TOOLS`), because the calls of others would be counted too.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is a failed test, and sizes are told")]

use gp_aws_tests::OwnStack;
use gp_aws_tests::stack::{Function, eventually};
use gp_tests::{Job, Reply};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const ECHO: &str = "Samples/TaskJobs/GPServer/EchoValues";
const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
const BUFFER: &str = "AnalysisJobs/GPServer/Buffer";
/// Apart from inlined values an item takes no more.
const MAX_RECORD_BYTES: usize = 4096;

const CLAIM_AND_END: (&str, usize) = ("DynamoDB.UpdateItem", 2);
const SEND: (&str, usize) = ("SQS.SendMessage", 1);
const CREATE: (&str, usize) = ("DynamoDB.PutItem", 1);
const READ: (&str, usize) = ("DynamoDB.GetItem", 1);
const STORE: (&str, usize) = ("S3.PutObject", 1);
const FETCH: (&str, usize) = ("S3.GetObject", 1);

/// The stack whose calls are counted.
struct Counter {
    own: OwnStack,
}

impl Counter {
    /// Does something and asserts what a function called meanwhile.
    fn counts<T>(&self, function: Function, budget: &[(&str, usize)], doing: impl FnOnce() -> T) -> T {
        let place = self.own.proxy.len();
        let done = doing();
        self.assert_since(place, function, budget);
        done
    }

    fn assert_since(&self, place: usize, function: Function, budget: &[(&str, usize)]) {
        let counted = self.own.proxy.counts(place, self.own.stack.name(function));
        let budget: BTreeMap<String, usize> =
            budget.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        assert_eq!(counted, budget, "{function:?}");
    }

    /// Submits a job and waits for its end without polling; asserts what both functions called.
    fn job(
        &self,
        task: &str,
        form: &[(&str, &str)],
        submit: &[(&str, usize)],
        worker: &[(&str, usize)],
    ) -> Job {
        let place = self.own.proxy.len();
        let job = Job::submit(self.own.stack.site(), task, form);
        self.assert_since(place, Function::Api, submit);
        eventually("the end of the job", || {
            let calls = self.own.proxy.since(place);
            calls
                .iter()
                .any(|kept| kept.call.ends_job() && kept.call.job().as_ref() == Some(&job.id))
                .then_some(())
        });
        self.assert_since(place, Function::Worker, worker);
        self.assert_since(place, Function::Api, submit);
        job
    }

    fn get(&self, path: &str) -> Reply {
        self.own.stack.site().send("GET", path, &[("Accept-Encoding", "gzip")], &[])
    }

    /// Asserts how large the record of a job is without its inputs and results.
    fn assert_record_is_small(&self, job: &Job) -> usize {
        let mut item = self.own.stack.item(&job.id);
        let item = item.as_object_mut().unwrap();
        for inlined in ["inputs", "payloads"] {
            item.remove(inlined);
        }
        let bytes = item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum();
        assert!(bytes < MAX_RECORD_BYTES, "{bytes} bytes: {item:?}");
        bytes
    }
}

#[test]
fn every_job_and_request_makes_the_calls_of_its_budget_and_no_other() {
    let counter = Counter { own: OwnStack::start(&[]) };
    count_jobs(&counter);
    count_a_redirect(&counter);
    count_keyed_submissions(&counter);
    count_what_needs_no_data(&counter);
}

fn count_jobs(counter: &Counter) {
    let long = long_text();

    let small = counter.job(ECHO, &[("f", "json"), ("String", "small")], &[CREATE, SEND], &[CLAIM_AND_END]);
    let large = counter.job(
        ECHO,
        &[("f", "json"), ("String", &long)],
        &[CREATE, SEND, STORE],
        &[CLAIM_AND_END, FETCH, STORE],
    );
    let failing =
        counter.job("Samples/TaskJobs/GPServer/Fail", &[("f", "json")], &[CREATE, SEND], &[CLAIM_AND_END]);
    counter.job(SLOW_COUNT, &[("f", "json"), ("Seconds", "4")], &[CREATE, SEND], &[CLAIM_AND_END]);
    let with_heartbeat = [("DynamoDB.UpdateItem", 3)];
    let slow = counter.job(SLOW_COUNT, &[("f", "json"), ("Seconds", "7")], &[CREATE, SEND], &with_heartbeat);

    for job in [&small, &large, &failing, &slow] {
        counter.counts(Function::Api, &[READ], || counter.get(&format!("{}?f=json", job.path)));
    }
    let result = |job: &Job| counter.get(&format!("{}/results/Out_String?f=json", job.path));
    counter.counts(Function::Api, &[READ], || result(&small));
    counter.counts(Function::Api, &[READ, FETCH], || result(&large));

    let sizes = [&small, &large, &failing, &slow].map(|job| counter.assert_record_is_small(job));
    println!(
        "records without inputs and results: {sizes:?} bytes (13 results, 13 results, failed, 1 result)"
    );
}

/// A result behind a redirect is not read by the function.
fn count_a_redirect(counter: &Counter) {
    let features = scattered_points(10_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Distance", "1000 Meters")];
    let place = counter.own.proxy.len();
    let job = Job::submit(counter.own.stack.site(), BUFFER, &form);
    job.wait(counter.own.stack.site());
    let stored = counter.own.proxy.counts(place, counter.own.stack.name(Function::Worker));
    assert_eq!((stored["S3.GetObject"], stored["S3.PutObject"]), (1, 1), "{stored:?}");
    let path = format!("{}/results/Output_Features?f=json", job.path);
    let reply = counter.counts(Function::Api, &[READ], || counter.get(&path));
    assert_eq!(reply.status, 303, "{:.300}", reply.text());
    counter.assert_record_is_small(&job);
}

fn count_keyed_submissions(counter: &Counter) {
    let keyed = || {
        let headers = [("Idempotency-Key", "once"), ("Content-Type", "application/x-www-form-urlencoded")];
        let path = format!("services/{ECHO}/submitJob");
        Job::of(ECHO, &counter.own.stack.site().send("POST", &path, &headers, b"f=json&String=keyed"))
    };
    let transaction = ("DynamoDB.TransactWriteItems", 1);
    let first = counter.counts(Function::Api, &[transaction, SEND], keyed);
    first.wait(counter.own.stack.site());
    let again = counter.counts(Function::Api, &[transaction, READ], keyed);
    assert_eq!(first.id, again.id);
}

fn count_what_needs_no_data(counter: &Counter) {
    let place = counter.own.proxy.len();
    let site = counter.own.stack.site();
    let reply =
        site.post("services/Samples/Tasks/GPServer/EchoValues/execute", &[("f", "json"), ("String", "now")]);
    assert!(reply.text().contains("now"), "{}", reply.text());
    for path in [
        "services?f=json",
        "services/AnalysisJobs/GPServer?f=json",
        "services/AnalysisJobs/GPServer/Buffer?f=json",
    ] {
        assert_eq!(site.get(path).status, 200);
    }
    counter.assert_since(place, Function::Execute, &[]);
    counter.assert_since(place, Function::Api, &[]);
}

/// As DynamoDB counts, by its developer guide ("DynamoDB item sizes and formats").
fn value_bytes(value: &Value) -> usize {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("B", Value::String(base64)) => base64.len() / 4 * 3,
        ("L", Value::Array(values)) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        ("NULL" | "BOOL", _) => 1,
        other => unreachable!("{other:?} is not stored"),
    }
}

/// A text that fits neither among the inputs nor among the results of a record, however it is compressed.
fn long_text() -> String {
    let mut state = 1_u64;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789xy"[(state >> 58) as usize],
        )
    };
    (0..12_000).map(letter).collect()
}

/// Points whose buffers compress badly, in metres of Web Mercator.
fn scattered_points(count: usize) -> String {
    let mut features = String::new();
    for id in 1..=count {
        let (x_m, y_m) = (id as f64 * 271.828_182_8 % 3e6, 5e6 + id as f64 * 314_159.265_3 % 3e6);
        let comma = if id > 1 { "," } else { "" };
        let _ = write!(features, "{comma}{{\"geometry\":{{\"x\":{x_m},\"y\":{y_m}}}}}");
    }
    format!(
        "{{\"geometryType\":\"esriGeometryPoint\",\"spatialReference\":{{\"wkid\":3857}},\"features\":[{features}]}}"
    )
}
