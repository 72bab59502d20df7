//! Rules of the protocol that need more than one request, or a server with settings of its own.

use flate2::read::GzDecoder;
use gp_tests::client::encoded;
use gp_tests::features::{POINT, points};
use gp_tests::job::{JOB_LIMIT, is_terminal, messages, result_of, status};
use gp_tests::{Job, Server};
use serde_json::json;
use std::collections::HashSet;
use std::io::Read;
use std::time::Duration;

const ECHO: &str = "services/Samples/Tasks/GPServer/EchoValues";
const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
const ECHO_JOBS: &str = "Samples/TaskJobs/GPServer/EchoValues";

/// A service with the sample tools as jobs; `more` are lines of its file.
fn sample_jobs(more: &str) -> String {
    format!(
        "name = \"Jobs\"\nexecution_type = \"asynchronous\"\nmaximum_records = 10\ntime_limit_s = 60\n{more}\n\
         [[task]]\ntool = \"EchoValues\"\n[[task]]\ntool = \"Fail\"\n[[task]]\ntool = \"SlowCount\"\n"
    )
}

#[test]
fn replies_above_one_kilobyte_are_compressed_as_asked_for_and_say_the_same() {
    let server = Server::start();
    let plain = server.get(&format!("{ECHO}?f=json"));
    assert!(plain.header("content-encoding").is_none() && plain.body.len() > 1024);
    let gzip = server.send("GET", &format!("{ECHO}?f=json"), &[("Accept-Encoding", "gzip, deflate")], &[]);
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut text = Vec::new();
    GzDecoder::new(gzip.body.as_slice()).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    let zstd = server.send("GET", &format!("{ECHO}?f=json"), &[("Accept-Encoding", "gzip, zstd")], &[]);
    assert_eq!(zstd.header("content-encoding"), Some("zstd"));
    assert_eq!(zstd::decode_all(zstd.body.as_slice()).unwrap(), plain.body);
    let small = server.send("GET", "info?f=json", &[("Accept-Encoding", "gzip")], &[]);
    assert!(small.header("content-encoding").is_none());
}

#[test]
fn a_connection_is_used_again_and_every_reply_has_a_request_id_of_its_own() {
    let server = Server::start();
    let mut client = server.client();
    let mut ids = HashSet::new();
    for _ in 0..20 {
        let reply = client.send("GET", "/arcgis/rest/info?f=json", &[], &[]).unwrap();
        assert_ne!(reply.header("connection"), Some("close"));
        ids.insert(reply.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 20);
}

#[test]
fn a_request_is_one_log_event_that_holds_no_value() {
    let server = Server::start();
    let headers = [("X-Request-Id", "find-me-1"), ("Content-Type", "application/x-www-form-urlencoded")];
    server.send("POST", &format!("{ECHO}/execute?token=tell-nobody"), &headers, b"String=tell-nobody&f=json");
    let log = gp_tests::server::eventually("the log event", Duration::from_secs(5), || {
        let log = server.log();
        log.contains("find-me-1").then_some(log)
    });
    let events: Vec<&str> = log.lines().filter(|line| line.contains("find-me-1")).collect();
    assert_eq!(events.len(), 1, "{log}");
    let event: serde_json::Value = serde_json::from_str(events[0]).unwrap();
    assert_eq!((&event["resource"], &event["task"]), (&json!("execute"), &json!("EchoValues")));
    assert!(!log.contains("tell-nobody"), "{log}");
}

#[test]
fn the_same_idempotency_key_gives_the_same_job_and_other_inputs_are_refused() {
    let server = Server::start();
    let path = format!("services/{ECHO_JOBS}/submitJob");
    let submit = |key: &str, body: &str| {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/x-www-form-urlencoded")];
        server.send("POST", &path, &headers, body.as_bytes())
    };
    let first = Job::of(ECHO_JOBS, &submit("key-1", "f=json&Long=1"));
    assert_eq!(Job::of(ECHO_JOBS, &submit("key-1", "f=json&Long=1")).id, first.id);
    first.wait(&server);
    let again = submit("key-1", "f=json&Long=1&token=other&_ts=3");
    assert_eq!(again.json(), json!({"jobId": first.id, "jobStatus": "esriJobSucceeded"}));
    let error = submit("key-1", "f=json&Long=2").error();
    assert!(error.code == 400 && error.details.contains("idempotency key"), "{error:?}");
    assert_ne!(Job::of(ECHO_JOBS, &submit("key-2", "f=json&Long=2")).id, first.id);
    let by_parameter = [("f", "json"), ("gp:idempotencyKey", "key-1"), ("Long", "1")];
    assert_eq!(Job::submit(&server, ECHO_JOBS, &by_parameter).id, first.id);
    let too_long = submit(&"k".repeat(256), "f=json").error();
    assert!(too_long.details.contains("255"), "{too_long:?}");
}

#[test]
fn an_idempotency_key_is_remembered_across_a_crash() {
    let mut server = Server::start();
    let form = [("f", "json"), ("gp:idempotencyKey", "before the crash"), ("Long", "1")];
    let job = Job::submit(&server, ECHO_JOBS, &form);
    server.kill_9();
    server.restart();
    assert_eq!(Job::submit(&server, ECHO_JOBS, &form).id, job.id);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
}

#[test]
fn a_job_goes_from_submitted_over_executing_to_its_end_and_never_back() {
    let server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("Seconds", "1"), ("f", "json")]);
    let order = ["esriJobSubmitted", "esriJobExecuting", "esriJobSucceeded"];
    let (mut seen, mut percents) = (Vec::new(), Vec::new());
    let mut client = server.client();
    gp_tests::server::eventually("the end", JOB_LIMIT, || {
        let json = job.poll_by(&mut client).unwrap();
        let place = order.iter().position(|known| *known == status(&json)).unwrap();
        assert!(seen.last().is_none_or(|last| *last <= place), "{seen:?} {json}");
        seen.push(place);
        if status(&json) == "esriJobExecuting" {
            assert!(json["progress"]["message"].is_string(), "{json}");
            percents.extend(json["progress"]["percent"].as_i64());
            assert!(json.get("results").is_none());
        } else {
            assert!(json.get("progress").is_none(), "{json}");
        }
        is_terminal(status(&json)).then_some(())
    });
    assert!(seen.contains(&1), "{seen:?}");
    assert!(
        percents.is_sorted() && percents.last().is_some_and(|percent| (1..=100).contains(percent)),
        "{percents:?}"
    );
}

#[test]
fn a_job_is_found_in_upper_case_and_only_under_its_own_task() {
    let server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("Seconds", "0"), ("f", "json")]);
    job.wait(&server);
    let upper = server.get(&format!("services/{SLOW_COUNT}/jobs/{}?f=json", job.id.to_uppercase()));
    assert_eq!(upper.json()["jobId"], job.id.as_str());
    let elsewhere = server.get(&format!("services/{ECHO_JOBS}/jobs/{}?f=json", job.id)).error();
    assert_eq!((elsewhere.code, elsewhere.message), (404, format!("Job {} does not exist.", job.id)));
}

#[test]
fn results_of_a_job_that_has_not_ended_say_to_ask_again_and_its_inputs_can_be_read() {
    let server = Server::start();
    let job = Job::submit(&server, SLOW_COUNT, &[("Seconds", "30"), ("f", "json")]);
    for path in ["results/Count", "results"] {
        let error = server.get(&format!("{}/{path}?f=json", job.path)).error();
        assert!(error.code == 400 && error.details.contains("no results yet"), "{error:?}");
    }
    let input = server.get(&format!("{}/inputs/Seconds?f=json", job.path)).json();
    assert_eq!(input, json!({"paramName": "Seconds", "dataType": "GPDouble", "value": 30}));
}

#[test]
fn task_names_with_spaces_are_found_percent_encoded_and_plus_is_no_space_there() {
    let file = sample_jobs("")
        .replace("tool = \"EchoValues\"", "tool = \"EchoValues\"\nname = \"911 Calls Hotspot\"");
    let error = std::panic::catch_unwind(|| Server::start_publishing(&[("jobs.toml", &file)], &[]));
    assert!(error.is_err(), "a name that begins with a digit cannot become a Python function");
    let file = file.replace("911 Calls", "Calls of 911");
    let server = Server::start_publishing(&[("jobs.toml", &file)], &[]);
    let task = "Jobs/GPServer/Calls%20of%20911%20Hotspot";
    let json = server.get(&format!("services/{task}?f=json")).json();
    assert_eq!(json["name"], "Calls of 911 Hotspot");
    assert!(json["helpUrl"].as_str().unwrap().ends_with("/Calls%20of%20911%20Hotspot"), "{json}");
    let job = Job::submit(&server, task, &[("f", "json"), ("Long", "3")]);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    assert_eq!(job.result(&server, "Out_Long"), 3);
    assert_eq!(server.get("services/Jobs/GPServer/Calls+of+911+Hotspot?f=json").error().code, 404);
}

#[test]
fn a_service_that_publishes_no_messages_has_an_empty_list_and_keeps_failures_to_itself() {
    let server = Server::start_publishing(&[("jobs.toml", &sample_jobs("message_level = \"none\""))], &[]);
    let job = Job::submit(&server, "Jobs/GPServer/Fail", &[("f", "json"), ("Message", "inner workings")]);
    let ended = job.wait(&server);
    assert_eq!((status(&ended), &ended["messages"]), ("esriJobFailed", &json!([])));
    let error = server.get(&format!("{}/results/Result?f=json", job.path)).error();
    assert!(!error.details.contains("inner workings"), "{error:?}");
}

#[test]
fn a_service_that_publishes_errors_only_leaves_the_rest_out() {
    let server = Server::start_publishing(&[("jobs.toml", &sample_jobs("message_level = \"error\""))], &[]);
    let ended =
        Job::submit(&server, "Jobs/GPServer/Fail", &[("f", "json"), ("Message", "no bridge")]).wait(&server);
    assert_eq!(messages(&ended), "no bridge\nFailed to execute (Fail).");
}

#[test]
fn defaults_and_narrowed_choices_of_a_service_file_are_published_and_used() {
    let file = "name = \"Own\"\nfolder = \"City\"\nexecution_type = \"synchronous\"\nmaximum_records = 5\ntime_limit_s = 9\n\
                [[task]]\ntool = \"EchoValues\"\ndisplay_name = \"Echo!\"\n\
                defaults = { Long = 42, Linear_Unit = { distance = 2, units = \"esriMiles\" }, Choice = \"GREEN\" }\n\
                choices = { Choice = [\"GREEN\", \"RED\"] }\n";
    let server = Server::start_publishing(&[("own.toml", file)], &[]);
    let task = server.get("services/City/Own/GPServer/EchoValues?f=json").json();
    assert_eq!(task["displayName"], "Echo!");
    assert_eq!(task["parameters"][1]["defaultValue"], 42);
    assert_eq!(task["parameters"][4]["choiceList"], json!(["GREEN", "RED"]));
    let reply = server.get("services/City/Own/GPServer/EchoValues/execute?f=json").json();
    assert_eq!(reply["results"][1]["value"], 42);
    assert_eq!(reply["results"][6]["value"], json!({"distance": 2, "units": "esriMiles"}));
    let error = server.get("services/City/Own/GPServer/EchoValues/execute?Choice=DARK_BLUE&f=json").error();
    assert!(error.details.contains("Choice") && error.details.contains("GREEN, RED"), "{error:?}");
}

#[test]
fn more_features_than_maximum_records_give_none_and_a_warning_never_a_silent_half() {
    let file = sample_jobs("").replace("asynchronous", "synchronous").replace("\"Jobs\"", "\"Now\"");
    let server = Server::start_publishing(&[("jobs.toml", &sample_jobs("")), ("now.toml", &file)], &[]);
    for (count, is_exceeded) in [(10, false), (11, true)] {
        let form = [("f", "json"), ("Features", &*points(count))];
        let reply = server.post("services/Now/GPServer/EchoValues/execute", &form).json();
        let job = Job::submit(&server, "Jobs/GPServer/EchoValues", &form);
        let ended = job.wait(&server);
        assert_eq!(status(&ended), "esriJobSucceeded");
        for (value, said) in [
            (result_of(&reply, "Out_Features").clone(), messages(&reply)),
            (job.result(&server, "Out_Features"), messages(&ended)),
        ] {
            assert_eq!(value["exceededTransferLimit"], is_exceeded, "{value}");
            assert_eq!(value["features"].as_array().unwrap().len(), if is_exceeded { 0 } else { count });
            assert_eq!(value["geometryType"], "esriGeometryPoint");
            assert_eq!(said.contains("11 features, more than the 10"), is_exceeded, "{said}");
        }
        let all = server.get(&format!("{}/results?f=json", job.path)).json();
        let all = serde_json::json!({"results": all});
        assert_eq!(result_of(&all, "Out_Features")["exceededTransferLimit"], is_exceeded);
    }
}

#[test]
fn results_that_expired_say_so_while_polls_still_tell_how_the_job_ended() {
    let mut server = Server::start_publishing(&[("jobs.toml", &sample_jobs("retention_minutes = 0"))], &[]);
    let form = [("f", "json"), ("Features", POINT)];
    let job = Job::submit(&server, "Jobs/GPServer/EchoValues", &form);
    job.wait(&server);
    // Whatever has expired is removed at a start, and once a minute.
    assert!(server.stop().success());
    server.restart();
    let path = format!("{}/results/Out_Features?f=json", job.path);
    let text = gp_tests::server::eventually("the removal", Duration::from_secs(10), || {
        let reply = server.get(&path);
        reply.json().get("error").is_some().then(|| reply.error().details)
    });
    assert!(
        text.contains(&job.id) && text.contains("expired at") && text.contains("submit it again"),
        "{text}"
    );
    assert_eq!(status(&job.poll(&server)), "esriJobSucceeded");
    let inputs = server.get(&format!("{}/inputs/Features?f=json", job.path)).error();
    assert!(inputs.details.contains("expired"), "{inputs:?}");
}

#[test]
fn urls_are_those_under_which_the_client_sees_the_server() {
    let help_url = |server: &Server, headers: &[(&str, &str)]| {
        let reply = server.send("GET", "services/Analysis/GPServer/Clip?f=json", headers, &[]);
        reply.json()["helpUrl"].as_str().unwrap().to_owned()
    };
    let server = Server::start();
    let own = format!("http://{}/arcgis/rest/services/Analysis/GPServer/Clip", server.address());
    assert_eq!(help_url(&server, &[]), own);
    let proxied = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "gis.example.org")];
    assert!(help_url(&server, &proxied).starts_with("https://gis.example.org/arcgis/"));
    let server = Server::start_with(&["--public-url", "https://maps.example.org/"]);
    assert!(help_url(&server, &proxied).starts_with("https://maps.example.org/arcgis/"));
}

#[test]
fn listed_origins_may_send_credentials_and_others_may_not() {
    let server = Server::start_with(&["--allow-origin", "https://maps.example.org"]);
    let allowed = |origin: &str| {
        let reply = server.send("GET", "info?f=json", &[("Origin", origin)], &[]);
        let of = |name: &str| reply.header(name).map(str::to_owned);
        (of("access-control-allow-origin"), of("access-control-allow-credentials"))
    };
    let listed = "https://maps.example.org".to_owned();
    assert_eq!(allowed(&listed), (Some(listed.clone()), Some("true".to_owned())));
    assert_eq!(allowed("https://other.example.org"), (Some("*".to_owned()), None));
}

#[test]
fn a_body_in_chunks_is_read() {
    let server = Server::start();
    let form = encoded(&[("f", "json"), ("Long", "12")]);
    let (first, second) = form.split_at(5);
    let request = format!(
        "POST /arcgis/rest/{ECHO}/execute HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let json = server.client().send_bytes(request.as_bytes()).unwrap().json();
    assert_eq!(json["results"][1]["value"], 12);
}
