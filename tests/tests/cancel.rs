//! A job that is told to stop stops, whatever it is doing, and stays stopped (specification 4.5); a time limit does the same.

use gp_tests::features::star;
use gp_tests::job::{is_terminal, messages, status};
use gp_tests::server::{eventually, pause};
use gp_tests::{Job, Server};
use std::time::{Duration, Instant};

const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
const BUFFER: &str = "AnalysisJobs/GPServer/Buffer";

/// Far longer than a cancel takes, and far shorter than what is cancelled would.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Memory must not end the star first: its buffer reserves 76 GB, of which it touches one or two in this time.
const MEMORY: &[&str] = &["--worker-memory", "200000"];

#[test]
fn a_job_that_is_executing_is_cancelled_and_never_seems_to_execute_again() {
    let server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "50")]);
    job.wait_until(&server, Duration::from_secs(20), |status| status == "esriJobExecuting");
    let reply = job.cancel(&server).json();
    assert_eq!(
        (&reply["jobId"], &reply["jobStatus"]),
        (&job.id.as_str().into(), &"esriJobCancelling".into())
    );
    assert!(reply["messages"].is_array(), "{reply}");
    let mut client = server.client();
    let ended = eventually("the cancellation", STOP_LIMIT, || {
        let json = job.poll_by(&mut client).unwrap();
        assert!(["esriJobCancelling", "esriJobCancelled"].contains(&status(&json)), "{json}");
        is_terminal(status(&json)).then_some(json)
    });
    assert!(messages(&ended).ends_with("Cancel complete."), "{ended}");
    let again = job.cancel(&server).error();
    assert_eq!((again.code, again.message.as_str()), (400, "Invalid or missing input parameters."));
    let results = server.get(&format!("{}/results?f=json", job.path)).error();
    assert!(results.details.contains("esriJobCancelled"), "{results:?}");
}

#[test]
fn no_more_jobs_are_called_executing_than_there_are_workers_while_they_take_long() {
    let server = Server::start_with(&["--workers", "2"]);
    let short = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&short.wait(&server)), "esriJobSucceeded");
    let jobs: Vec<Job> =
        (0..9).map(|_| Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "50")])).collect();
    for job in &jobs[..2] {
        job.wait_until(&server, Duration::from_secs(20), |status| status == "esriJobExecuting");
    }
    for job in &jobs[2..] {
        assert_eq!(status(&job.poll(&server)), "esriJobSubmitted");
        assert_eq!(job.cancel(&server).json()["jobStatus"], "esriJobCancelled", "nothing had to be stopped");
    }
}

#[test]
fn a_job_that_waits_is_cancelled_at_once_and_never_runs() {
    let server = Server::start_with(&["--workers", "1"]);
    let busy: Vec<Job> =
        (0..30).map(|_| Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0.1")])).collect();
    let waiting = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    let reply = waiting.cancel(&server).json();
    assert_eq!(reply["jobStatus"], "esriJobCancelled", "{reply}");
    for job in &busy {
        assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    }
    let ended = waiting.poll(&server);
    assert_eq!(status(&ended), "esriJobCancelled");
    assert_eq!(messages(&ended), "Submitted.\nCancel complete.");
}

#[test]
fn the_million_vertex_star_is_cancelled_after_twelve_seconds_inside_one_call() {
    let server = Server::start_with(MEMORY);
    let form = [("f", "json"), ("Input_Features", &*star(1_000_000)), ("Distance", "1000 Meters")];
    let job = Job::submit(&server, BUFFER, &form);
    job.wait_until(&server, Duration::from_secs(30), |status| status == "esriJobExecuting");
    let (executing_since, mut client) = (Instant::now(), server.client());
    while executing_since.elapsed() < Duration::from_secs(12) {
        let json = job.poll_by(&mut client).unwrap();
        assert_eq!(status(&json), "esriJobExecuting", "the star should take longer than that: {json}");
        pause();
    }
    let workers = server.workers();
    let asked = Instant::now();
    assert_eq!(job.cancel(&server).json()["jobStatus"], "esriJobCancelling");
    job.wait_until(&server, STOP_LIMIT, |status| status == "esriJobCancelled");
    println!("cancelled after {:?}", asked.elapsed());
    eventually("a line for operators about a run that would not stop", STOP_LIMIT, || {
        server.log().contains("its worker is killed").then_some(())
    });
    eventually("the end of the worker", STOP_LIMIT, || (server.workers() != workers).then_some(()));
    let next = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    assert_eq!(status(&next.wait(&server)), "esriJobSucceeded");
}

#[test]
fn the_million_vertex_star_ends_at_its_time_limit_inside_one_call_and_says_so() {
    let file = "name = \"Short\"\nexecution_type = \"asynchronous\"\nmaximum_records = 10\ntime_limit_s = 2\n\
                [[task]]\ntool = \"Buffer\"\n[[task]]\ntool = \"SlowCount\"\n";
    let server = Server::start_publishing(&[("short.toml", file)], MEMORY);
    let form = [("f", "json"), ("Input_Features", &*star(1_000_000)), ("Distance", "1000 Meters")];
    let job = Job::submit(&server, "Short/GPServer/Buffer", &form);
    job.wait_until(&server, Duration::from_secs(30), |status| status == "esriJobExecuting");
    let executing_since = Instant::now();
    let ended = job.wait_until(&server, Duration::from_secs(2) + STOP_LIMIT, is_terminal);
    println!("timed out after {:?}", executing_since.elapsed());
    assert_eq!(status(&ended), "esriJobFailed", "R would poll a timed out job for ever: {ended}");
    assert!(messages(&ended).contains("time limit of 2 seconds"), "{ended}");
    let cooperative = Job::submit(&server, "Short/GPServer/SlowCount", &[("f", "json"), ("Seconds", "30")]);
    let ended = cooperative.wait(&server);
    assert!(messages(&ended).contains("time limit of 2 seconds"), "{ended}");
}

#[test]
fn a_cancelled_job_stays_cancelled_across_a_crash() {
    let mut server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "50")]);
    job.wait_until(&server, Duration::from_secs(20), |status| status == "esriJobExecuting");
    job.cancel(&server);
    server.kill_9();
    server.restart();
    let ended = job.wait_until(&server, Duration::from_secs(10), is_terminal);
    assert_eq!(status(&ended), "esriJobCancelled");
}
