//! Limits that keep the server alive and the clients informed: features, memory, busy workers, floods.

use gp_tests::features::{points, star};
use gp_tests::job::{messages, status};
use gp_tests::server::eventually;
use gp_tests::{Job, Server};
use std::time::{Duration, Instant};

const BUFFER: &str = "services/Analysis/GPServer/Buffer/execute";
const BUFFER_JOBS: &str = "AnalysisJobs/GPServer/Buffer";
const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";

/// How long an answer that needs no worker may take on a machine whose processors are all taken.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

#[test]
fn more_features_than_an_execute_may_have_name_the_limit_and_the_asynchronous_service() {
    let server = Server::start_with(&["--max-execute-features", "100"]);
    let form = |count: usize| {
        [("f", "json".to_owned()), ("Input_Features", points(count)), ("Distance", "1 Meters".to_owned())]
    };
    let post = |count: usize| {
        let form = form(count);
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.post(BUFFER, &pairs)
    };
    assert_eq!(post(100).json()["results"][0]["value"]["features"].as_array().unwrap().len(), 100);
    let error = post(101).error();
    for part in ["Input_Features", "more than 100 features", "AnalysisJobs"] {
        assert!(error.details.contains(part), "{part} is not in {error:?}");
    }
}

#[test]
fn more_features_than_a_job_may_have_fail_it_naming_the_limit() {
    let server = Server::start_with(&["--max-features", "100"]);
    let form = [("f", "json"), ("Input_Features", &*points(101)), ("Distance", "1 Meters")];
    let ended = Job::submit(&server, BUFFER_JOBS, &form).wait(&server);
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("Input_Features: more than 100 features"), "{ended}");
}

#[test]
fn a_worker_that_runs_out_of_memory_fails_one_job_with_the_reason() {
    let server = Server::start_with(&["--worker-memory", "128", "--workers", "1"]);
    let form = [("f", "json"), ("Input_Features", &*star(100_000)), ("Distance", "1000 Meters")];
    let greedy = Job::submit(&server, BUFFER_JOBS, &form);
    let small = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    let ended = greedy.wait(&server);
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("ran out of memory: a worker may use 128 MB"), "{ended}");
    assert_eq!(status(&small.wait(&server)), "esriJobSucceeded");
}

#[test]
fn polls_are_answered_while_every_worker_is_busy() {
    let server = Server::start_with(&["--workers", "1"]);
    let jobs: Vec<Job> =
        (0..30).map(|_| Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0.2")])).collect();
    let (first, last) = (&jobs[0], &jobs[29]);
    let mut client = server.client();
    for _ in 0..40 {
        let asked = Instant::now();
        let job = last.poll_by(&mut client).unwrap();
        assert_eq!(status(&job), "esriJobSubmitted", "every worker should have been busy");
        first.poll_by(&mut client).unwrap();
        assert!(asked.elapsed() < ANSWER_LIMIT, "{:?}: {job}", asked.elapsed());
    }
    assert_eq!(status(&last.wait(&server)), "esriJobSucceeded");
}

#[test]
fn a_flood_of_slow_executes_leaves_the_rest_answered_and_is_sent_to_the_asynchronous_service() {
    let server = Server::start_with(&["--execute-workers", "1"]);
    let features = star(10_000);
    let form = [("f", "json"), ("Input_Features", features.as_str()), ("Distance", "1000 Meters")];
    let job = Job::submit(&server, SLOW_COUNT, &[("f", "json"), ("Seconds", "0")]);
    std::thread::scope(|scope| {
        let flood: Vec<_> = (0..12).map(|_| scope.spawn(|| server.post(BUFFER, &form))).collect();
        let (mut client, mut answered) = (server.client(), 0);
        while !flood.iter().all(|request| request.is_finished()) {
            let asked = Instant::now();
            assert_eq!(
                client.send("GET", "/arcgis/rest/info?f=json", &[], &[]).unwrap().json()["currentVersion"],
                11.3
            );
            job.poll_by(&mut client).unwrap();
            assert!(asked.elapsed() < 2 * ANSWER_LIMIT, "{:?}", asked.elapsed());
            answered += 1;
            gp_tests::server::pause();
        }
        assert!(answered > 20, "{answered}");
        let replies: Vec<_> = flood.into_iter().map(|request| request.join().unwrap()).collect();
        let refused: Vec<_> = replies.iter().filter(|reply| reply.json().get("error").is_some()).collect();
        assert!(!refused.is_empty() && refused.len() < replies.len(), "{} refused", refused.len());
        for reply in refused {
            let error = reply.error();
            assert!(error.details.contains("busy") && error.details.contains("AnalysisJobs"), "{error:?}");
        }
    });
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
}

#[test]
fn an_execute_whose_client_has_gone_is_stopped() {
    let server = Server::start_with(&["--execute-workers", "1"]);
    let features = star(20_000);
    let body = gp_tests::client::encoded(&[
        ("f", "json"),
        ("Input_Features", &features),
        ("Distance", "1000 Meters"),
    ]);
    let head = format!(
        "POST /arcgis/rest/{BUFFER} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut stream, [head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
    let worker = eventually("a worker", Duration::from_secs(10), || server.workers().first().copied());
    drop(stream);
    eventually("the end of the worker", Duration::from_secs(10), || {
        (!server.workers().contains(&worker)).then_some(())
    });
}

#[test]
fn a_flood_of_slow_executes_of_one_service_leaves_a_worker_for_the_others() {
    let server = Server::start_with(&["--execute-workers", "2"]);
    let slow = [("f", "json"), ("Seconds", "3")];
    let select = [("f", "json"), ("Input_Features", &*points(50)), ("Where_Clause", "1=1")];
    std::thread::scope(|scope| {
        let slow_count = "services/Samples/Tasks/GPServer/SlowCount/execute";
        let flood: Vec<_> = (0..6).map(|_| scope.spawn(|| server.post(slow_count, &slow))).collect();
        eventually("a worker", Duration::from_secs(10), || server.workers().first().copied());
        let reply = server.post("services/Analysis/GPServer/Select/execute", &select).json();
        assert_eq!(reply["results"][0]["value"]["features"].as_array().unwrap().len(), 50, "{reply}");
        assert!(flood.iter().any(|request| !request.is_finished()), "the flood was over before");
        for request in flood {
            let _ = request.join();
        }
    });
}
