//! Jobs from submission to results, and every way in which they end.

use crate::tasks::{BUFFER, FAIL, SELECT, SLOW_COUNT};
use gp_aws_tests::stack::{Function, Queue, Stack, eventually, unique};
use gp_tests::Job;
use gp_tests::features::{POINT, points};
use gp_tests::job::{messages, status};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[test]
fn a_job_goes_through_the_queue_and_leaves_small_results_in_its_record() {
    let stack = Stack::shared();
    let form = [("f", "json"), ("Input_Features", POINT), ("Distance", "10 Kilometers")];
    let job = Job::submit(stack.site(), BUFFER, &form);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let buffer = job.result(stack.site(), "Output_Features");
    assert_eq!(buffer["features"].as_array().unwrap().len(), 1, "{buffer}");
    let worker = stack.logged(Function::Worker, &job.id);
    assert!(worker.iter().any(|event| event["message"] == "job ended"), "the worker ran it: {worker:?}");
    assert_eq!(stack.objects(&format!("results/{}", job.id)), [""; 0], "nothing is stored beside the record");
    assert_eq!(stack.objects(&format!("inputs/{}", job.id)), [""; 0]);
    assert!(stack.item(&job.id)["due_ms"].is_null(), "an ended job leaves the index of forgotten ones");
}

#[test]
fn what_is_too_large_for_the_record_lies_in_the_bucket_and_is_read_from_there() {
    let stack = Stack::shared();
    let features = points(2_000);
    let job = Job::submit(
        stack.site(),
        SELECT,
        &[("f", "json"), ("Input_Features", &features), ("Where_Clause", "1=1")],
    );
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    assert_eq!(stack.objects(&format!("inputs/{}", job.id)), [format!("inputs/{}", job.id)]);
    assert_eq!(stack.objects(&format!("results/{}", job.id)), [format!("results/{}/1-0", job.id)]);
    assert_eq!(job.result(stack.site(), "Output_Features")["features"].as_array().unwrap().len(), 2_000);
    let input = stack.site().get(&format!("{}/inputs/Input_Features?f=json", job.path)).json();
    assert_eq!(input["value"]["features"].as_array().unwrap().len(), 2_000, "inputs can be read back");
    let bytes = stack.item(&job.id).to_string().len();
    assert!(bytes < 4_096, "the record stays small: {bytes} bytes");
}

#[test]
fn a_finished_job_says_what_it_cost() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0.2")]);
    let ended = job.wait(stack.site());
    let said = messages(&ended);
    let (_, cost) = said.split_once("Estimated cost: $").unwrap_or_else(|| panic!("no cost: {said}"));
    let dollars: f64 = cost.split(' ').next().unwrap().parse().unwrap();
    assert!((1e-6..1e-3).contains(&dollars), "{cost}");
    assert!(cost.contains("GB-seconds") && cost.contains("us-east-1"), "{cost}");
    let stored: Value = serde_json::from_str(stack.item(&job.id)["cost"]["S"].as_str().unwrap()).unwrap();
    assert!((stored["usd"].as_f64().unwrap() - dollars).abs() < 1e-8, "{stored} {dollars}");
}

#[test]
fn a_job_that_fails_says_why_and_is_not_tried_again() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), FAIL, &[("f", "json"), ("Message", "the river is too deep")]);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobFailed");
    for part in [
        "this run is going to fail",
        "the river is too deep",
        "Failed to execute (Fail).",
        "Estimated cost: $",
    ] {
        assert!(messages(&ended).contains(part), "{part}: {ended}");
    }
    assert_eq!(stack.item(&job.id)["attempt"]["N"], "1");
    let error = stack.site().get(&format!("{}/results/Result?f=json", job.path)).error();
    assert!(error.details.contains("the river is too deep"), "{error:?}");
}

#[test]
fn a_wrong_value_makes_a_failed_job_whose_messages_name_it() {
    let stack = Stack::shared();
    let job = Job::submit(
        stack.site(),
        BUFFER,
        &[("f", "json"), ("Input_Features", POINT), ("Distance", "many Meters")],
    );
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("Distance"), "{ended}");
}

/// Squares around one place, each as good as over all others, in metres of Web Mercator.
fn squares(count: usize) -> String {
    let mut text = String::from(
        "{\"geometryType\":\"esriGeometryPolygon\",\"spatialReference\":{\"wkid\":3857},\"fields\":[{\"name\":\"OBJECTID\",\
         \"type\":\"esriFieldTypeOID\",\"alias\":\"OBJECTID\"}],\"features\":[",
    );
    for id in 1..=count {
        let comma = if id > 1 { "," } else { "" };
        let (low, high) = (id, 1_000_000 + id);
        let _ = write!(
            text,
            "{comma}{{\"attributes\":{{\"OBJECTID\":{id}}},\"geometry\":{{\"rings\":[[[{low},{low}],[{low},{high}],[{high},{high}],\
             [{high},{low}],[{low},{low}]]]}}}}"
        );
    }
    text + "]}"
}

#[test]
fn a_job_that_runs_out_of_memory_fails_and_names_the_memory() {
    let stack = Stack::shared();
    let features = squares(5_000);
    let form =
        [("f", "json"), ("Input_Features", features.as_str()), ("Overlay_Features", features.as_str())];
    let job = Job::submit(stack.site(), "AnalysisJobs/GPServer/Intersect", &form);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobFailed", "{ended}");
    let said = messages(&ended);
    assert!(said.contains("ran out of memory") && said.contains(" MB"), "{said}");
    assert!(
        said.contains(&stack.parameter("WorkerMemory").to_string()),
        "the function's memory is named: {said}"
    );
    let next = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&next.wait(stack.site())), "esriJobSucceeded", "the worker lives on");
}

#[test]
fn a_repeated_submission_with_the_same_key_is_the_same_job() {
    let stack = Stack::shared();
    let key = unique("key");
    let submit = |seconds: &str, headers: &[(&str, &str)]| {
        let headers = [headers, &[("Content-Type", "application/x-www-form-urlencoded")]].concat();
        let path = format!("services/{SLOW_COUNT}/submitJob");
        stack.site().send("POST", &path, &headers, format!("f=json&Seconds={seconds}").as_bytes())
    };
    let first = Job::of(SLOW_COUNT, &submit("0.1", &[("Idempotency-Key", &key)]));
    let second = Job::of(SLOW_COUNT, &submit("0.1", &[("Idempotency-Key", &key)]));
    assert_eq!(first.id, second.id);
    let other = submit("0.2", &[("Idempotency-Key", &key)]).error();
    assert!(other.details.contains("other inputs") && other.details.contains(&first.id), "{other:?}");
    assert_eq!(status(&first.wait(stack.site())), "esriJobSucceeded");
    let ended = Job::of(SLOW_COUNT, &submit("0.1", &[("Idempotency-Key", &key)]));
    assert_eq!(ended.id, first.id, "also when it has ended");
}

#[test]
fn an_expired_job_still_says_how_it_ended_but_its_results_are_gone() {
    let stack = Stack::shared();
    let features = points(2_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Where_Clause", "1=1")];
    let stored = Job::submit(stack.site(), SELECT, &form);
    let inline = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    for (job, result) in [(&stored, "Output_Features"), (&inline, "Count")] {
        assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
        let kept: i64 = stack.item(&job.id)["expires_ms"]["N"].as_str().unwrap().parse().unwrap();
        let ended: i64 = stack.item(&job.id)["ended_ms"]["N"].as_str().unwrap().parse().unwrap();
        assert!(kept > ended, "results are kept for a while: {kept} {ended}");
        stack.change_item(&job.id, &[("expires_ms", json!({"N": ended.to_string()}))]);
        let tombstone = job.poll(stack.site());
        assert_eq!(status(&tombstone), "esriJobSucceeded");
        assert!(messages(&tombstone).contains("Succeeded at"), "{tombstone}");
        for path in [format!("results/{result}"), "results".to_owned(), "inputs".to_owned()] {
            let error = stack.site().get(&format!("{}/{path}?f=json", job.path)).error();
            assert!(error.details.contains("expired at"), "{path}: {error:?}");
        }
    }
}

#[test]
fn a_result_that_was_removed_before_its_time_is_said_to_be_missing() {
    let stack = Stack::shared();
    let features = points(2_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Where_Clause", "1=1")];
    let job = Job::submit(stack.site(), SELECT, &form);
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    stack.remove_object(&format!("results/{}/1-0", job.id));
    let error = stack.site().get(&format!("{}/results/Output_Features?f=json", job.path)).error();
    assert!(error.code == 500 && error.details.contains("missing on the server"), "{error:?}");
}

#[test]
fn a_job_whose_inputs_were_removed_fails_at_once_and_says_so() {
    let stack = Stack::alone();
    let pause = stack.pause_workers();
    let features = points(2_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Where_Clause", "1=1")];
    let job = Job::submit(stack.site(), SELECT, &form);
    stack.remove_object(&format!("inputs/{}", job.id));
    drop(pause);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("is gone"), "{ended}");
    assert_eq!(stack.item(&job.id)["attempt"]["N"], "1", "nobody tries again what cannot succeed");
}

#[test]
fn a_job_that_is_unknown_or_another_tasks_is_not_found() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    for path in [
        format!("services/{FAIL}/jobs/{}", job.id),
        format!("services/{SLOW_COUNT}/jobs/j{}", "0".repeat(32)),
    ] {
        let error = stack.site().get(&format!("{path}?f=json")).error();
        assert!(error.code == 400 || error.code == 404, "{error:?}");
    }
}

#[test]
fn when_all_is_done_no_message_is_left() {
    let stack = Stack::alone();
    let jobs: Vec<Job> = (0..12)
        .map(|_| Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0.1")]))
        .collect();
    for job in &jobs {
        assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
    }
    eventually("an empty queue", || (stack.messages(Queue::Jobs) == 0).then_some(()));
    assert_eq!(stack.messages(Queue::DeadLetters), 0);
}
