//! What the operator finds in the logs: one event a request and a job, joined by job and by trace, with metrics.

use crate::tasks::{FAIL, SLOW_COUNT};
use gp_aws_tests::stack::{Function, Stack};
use gp_tests::Job;
use gp_tests::job::status;
use serde_json::Value;

#[test]
fn request_and_job_are_one_event_each_joined_by_the_jobs_id_and_the_trace() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", "0.1")]);
    stack.logged(Function::Worker, &job.id);
    let requests = stack.logged(Function::Api, &job.id);
    let submitted = only(&requests, "request");
    assert_eq!((&submitted["job.id"], &submitted["status"]), (&job.id.as_str().into(), &200.into()));
    assert_eq!(
        (&submitted["service"], &submitted["task"]),
        (&"Samples/TaskJobs".into(), &"SlowCount".into())
    );
    let jobs = stack.logged(Function::Worker, &job.id);
    let ended = only(&jobs, "job ended");
    assert_eq!((&ended["outcome"], &ended["job.attempt"]), (&"succeeded".into(), &1.into()));
    assert!(submitted["trace"].as_str().is_some_and(|trace| trace.starts_with("1-")), "{submitted}");
    assert_eq!(submitted["trace"], ended["trace"], "one trace spans request and job");
    assert_eq!(status(&job.wait(stack.site())), "esriJobSucceeded");
}

#[test]
fn events_carry_the_metrics_that_the_dashboard_shows() {
    let stack = Stack::shared();
    let job = Job::submit(stack.site(), FAIL, &[("f", "json"), ("Message", "quoted words of a user")]);
    job.wait(stack.site());
    let jobs = stack.logged(Function::Worker, &job.id);
    let ended = only(&jobs, "job ended");
    let directive = &ended["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "ServerlessGP");
    assert_eq!(ended["stack"], stack.stack_name());
    for metric in ["jobs", "job_failures", "queue_s", "job_s", "attempts", "cost_usd"] {
        assert!(ended[metric].is_number(), "{metric}: {ended}");
    }
    assert_eq!(ended["job_failures"], 1.0);
    for function in [Function::Api, Function::Worker] {
        let quoted = stack.logged_so_far(function, "quoted words");
        assert_eq!(quoted.len(), 0, "what users send is in no log: {quoted:?}");
    }
}

/// The one event with that message.
fn only<'a>(events: &'a [Value], message: &str) -> &'a Value {
    let found: Vec<&Value> = events.iter().filter(|event| event["message"] == message).collect();
    assert_eq!(found.len(), 1, "one event {message:?}: {events:?}");
    found[0]
}
