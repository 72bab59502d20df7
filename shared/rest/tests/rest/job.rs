use crate::common::{NOW_MS, Server};
use gp_core::{JobStatus, Message, MessageLevel, Progress};

#[tokio::test]
async fn a_waiting_job_has_no_results_yet() {
    let server = Server::new();
    let path = server.submit("Echo", "Text=hi").await;
    insta::assert_snapshot!(server.get(&format!("{path}?f=pjson")).await.steady());
}

#[tokio::test]
async fn an_executing_job_shows_its_progress() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    server.memory.change(&path, |job| job.status = JobStatus::Executing);
    assert_eq!(
        server.get(&path).await.json()["progress"],
        serde_json::json!({"type": "default", "message": "Executing..."})
    );
    let progress = Progress { message: "Row 30 of 100".into(), percent: Some(30) };
    server.memory.change(&path, |job| job.progress = Some(progress));
    assert_eq!(
        server.get(&path).await.json()["progress"],
        serde_json::json!({"type": "step", "message": "Row 30 of 100", "percent": 30})
    );
}

#[tokio::test]
async fn a_job_that_succeeded_links_its_results_and_inputs() {
    let server = Server::new();
    let path = server.run("Echo", "Text=hi").await;
    insta::assert_snapshot!(server.get(&format!("{path}?f=pjson")).await.steady());
}

#[tokio::test]
async fn a_job_that_failed_says_why_and_is_no_error_body() {
    let server = Server::new();
    let path = server.run("Fail", "Reason=no+luck").await;
    insta::assert_snapshot!(server.get(&format!("{path}?f=pjson")).await.steady());
}

#[tokio::test]
async fn a_wrong_value_makes_a_failed_job_that_names_the_parameter() {
    let server = Server::new();
    let path = server.run("Echo", "Volume=MIDDLE").await;
    let json = server.get(&path).await.json();
    assert_eq!(json["jobStatus"], "esriJobFailed");
    assert!(json["messages"].to_string().contains("Volume"), "{json}");
}

#[tokio::test]
async fn messages_are_left_out_when_the_client_does_not_want_them() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    for wanted in ["", "?returnMessages=true", "?returnMessages=True", "?returnMessages=nonsense"] {
        assert!(server.get(&format!("{path}{wanted}")).await.json()["messages"].is_array(), "{wanted}");
    }
    assert!(server.get(&format!("{path}?returnMessages=False")).await.json().get("messages").is_none());
}

#[tokio::test]
async fn messages_can_be_asked_for_alone() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    server.memory.change(&path, |job| job.messages = vec![Message::info("a"), Message::error("b")]);
    insta::assert_snapshot!(server.get(&format!("{path}/messages?f=pjson")).await.steady());
}

#[tokio::test]
async fn a_quiet_service_publishes_no_messages() {
    let server = Server::new();
    let answer = server.get("services/Samples/QuietJobs/GPServer/Echo/submitJob").await.json();
    let path = format!("services/Samples/QuietJobs/GPServer/Echo/jobs/{}", answer["jobId"].as_str().unwrap());
    let said = |level| Message { level, text: "x".into() };
    server
        .memory
        .change(&path, |job| job.messages = vec![said(MessageLevel::Info), said(MessageLevel::Error)]);
    assert_eq!(server.get(&path).await.json()["messages"], serde_json::json!([]));
}

#[tokio::test]
async fn job_resources_are_not_cached() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    for below in ["", "/messages", "/results", "/results/Output_Text", "/inputs", "/inputs/Text"] {
        assert_eq!(
            server.get(&format!("{path}{below}")).await.header("cache-control"),
            "no-cache",
            "{below}"
        );
    }
}

#[tokio::test]
async fn an_id_in_upper_case_is_the_same_job() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    let (parent, id) = path.rsplit_once('/').unwrap();
    let upper = format!("{parent}/{}", id.to_ascii_uppercase());
    assert_eq!(server.get(&upper).await.body, server.get(&path).await.body);
}

#[tokio::test]
async fn an_unknown_job_and_a_job_of_another_task_are_the_same_error() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    let id = path.rsplit('/').next().unwrap();
    for (task, id) in [
        ("EchoJobs/GPServer/Echo", "j00000000000000000000000000000000"),
        ("EchoJobs/GPServer/Echo", "nonsense"),
        ("EchoJobs/GPServer/Fail", id),
        ("Samples/QuietJobs/GPServer/Echo", id),
    ] {
        let expected = (404, format!("Job {id} does not exist."));
        for below in
            ["", "/cancel", "/messages", "/results", "/results/Output_Text", "/inputs", "/inputs/Text"]
        {
            if task.ends_with("Fail") && below.contains("/Text") {
                continue;
            }
            assert_eq!(
                server.get(&format!("services/{task}/jobs/{id}{below}")).await.error(),
                expected,
                "{below}"
            );
        }
    }
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    let form = format!("f=json&id={}&returnMessages=false", path.rsplit('/').next().unwrap());
    assert_eq!(
        server.post(&format!("{path}/cancel"), form).await.steady(),
        r#"{"jobId":"j…","jobStatus":"esriJobCancelled"}"#
    );
    assert_eq!(server.get(&path).await.json()["jobStatus"], "esriJobCancelled");
}

#[tokio::test]
async fn an_executing_job_is_told_to_stop() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    server.memory.change(&path, |job| {
        job.status = JobStatus::Executing;
        job.lease.until_ms = NOW_MS + 30_000;
    });
    let json = server.get(&format!("{path}/cancel")).await.json();
    assert_eq!(json["jobStatus"], "esriJobCancelling");
    assert!(json.get("progress").is_none() && json["messages"].is_array(), "{json}");
}

#[tokio::test]
async fn a_job_that_has_ended_cannot_be_cancelled() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    let (code, text) = server.get(&format!("{path}/cancel")).await.error();
    assert_eq!(code, 400);
    assert!(text.starts_with("Invalid or missing input parameters."), "{text}");
}

#[tokio::test]
async fn an_expired_job_still_tells_how_it_ended() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    server.memory.change(&path, |job| job.payloads = None);
    assert_eq!(server.get(&path).await.json()["jobStatus"], "esriJobSucceeded");
}
