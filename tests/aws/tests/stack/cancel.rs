//! Cancelling: a job that waits, a job that runs.

use crate::tasks::SLOW_COUNT;
use gp_aws_tests::stack::{Function, Stack};
use gp_tests::Job;
use gp_tests::job::{messages, status};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A worker looks every 5 s whether its job was cancelled; the rest is for a busy machine.
const STOP_LIMIT: Duration = Duration::from_secs(12);
const START_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_waiting_job_is_cancelled_at_once_and_running_ones_within_seconds() {
    let stack = Stack::alone();
    let submit =
        |seconds: &str| Job::submit(stack.site(), SLOW_COUNT, &[("f", "json"), ("Seconds", seconds)]);
    let workers = stack.parameter("WorkerMaximumConcurrency");
    let running: Vec<Job> = (0..workers).map(|_| submit("55")).collect();
    for job in &running {
        job.wait_until(stack.site(), START_LIMIT, |status| status == "esriJobExecuting");
    }
    let waiting = submit("55");
    sleep(Duration::from_secs(1));
    assert_eq!(status(&waiting.poll(stack.site())), "esriJobSubmitted", "every worker is busy");
    assert_eq!(waiting.cancel(stack.site()).json()["jobStatus"], "esriJobCancelled");
    let again = waiting.cancel(stack.site()).error();
    assert!(again.details.contains("cannot be cancelled"), "{again:?}");

    let asked = Instant::now();
    for job in &running {
        assert_eq!(job.cancel(stack.site()).json()["jobStatus"], "esriJobCancelling");
    }
    for job in &running {
        let ended = job.wait_until(stack.site(), STOP_LIMIT, |status| status == "esriJobCancelled");
        assert!(messages(&ended).contains("Cancel complete."), "{ended}");
    }
    println!("{workers} running jobs cancelled after {:.1} s", asked.elapsed().as_secs_f64());

    let next = submit("0");
    assert_eq!(status(&next.wait(stack.site())), "esriJobSucceeded", "the workers are free");
    for job in &running {
        let ended = stack.logged(Function::Worker, &job.id);
        let ended: Vec<_> = ended.iter().filter(|event| event["message"] == "job ended").collect();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0]["outcome"], "cancelled", "{ended:?}");
        assert!(ended[0]["duration_ms"].as_f64().unwrap() < 50_000.0, "it really stopped: {ended:?}");
    }
    assert_eq!(
        stack.logged_so_far(Function::Worker, &waiting.id).len(),
        0,
        "its message came too late, and nothing ran"
    );
    assert_eq!(status(&waiting.poll(stack.site())), "esriJobCancelled");
}
