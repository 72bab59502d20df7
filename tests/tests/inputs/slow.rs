//! Servers that never answer: whoever waits for them can be stopped.

use super::stand_in::{LAYER, Reply, Server, reply};
use super::{ECHO_JOBS, server};
use gp_tests::Job;
use gp_tests::job::{is_terminal, messages, status};
use gp_tests::server::eventually;
use serde_json::json;
use std::time::Duration;

/// Far longer than a cancel takes (a third of a second), and shorter than the silence is waited for.
const STOP_LIMIT: Duration = Duration::from_secs(10);

#[test]
fn a_job_that_waits_for_a_silent_server_is_cancelled_while_it_waits() {
    let server = server();
    for answer in [
        || Reply::Silence(Vec::new()),
        || Reply::Silence(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
        || Reply::Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Duration::from_millis(20)),
    ] {
        let stand_in = Server::start(move |_| answer());
        for (parameter, path) in [("Features", LAYER), ("File", "/lake.tif")] {
            let reference = json!({"url": stand_in.url(path)}).to_string();
            let before = stand_in.asked().len();
            let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), (parameter, &reference)]);
            eventually("the request", Duration::from_secs(20), || {
                (stand_in.asked().len() > before).then_some(())
            });
            job.cancel(&server);
            let ended = job.wait_until(&server, STOP_LIMIT, is_terminal);
            assert_eq!(status(&ended), "esriJobCancelled", "{ended}");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_is_told_and_no_half_of_it_is_used() {
    let server = server();
    let stand_in = Server::start(|_| {
        let mut bytes = reply(200, &[], br#"{"features":[{"attributes":{"A":1}}]}"#);
        bytes.truncate(bytes.len() - 5);
        Reply::Cut(bytes)
    });
    for (parameter, path) in [("Features", "/a.json"), ("File", "/a.json")] {
        let reference = json!({"url": stand_in.url(path)}).to_string();
        let ended = Job::submit(&server, ECHO_JOBS, &[("f", "json"), (parameter, &reference)]).wait(&server);
        assert_eq!(status(&ended), "esriJobFailed", "{ended}");
        assert!(messages(&ended).contains(&format!("{parameter}: ")), "{ended}");
    }
}
