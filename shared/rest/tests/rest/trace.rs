use crate::common::{Server, url};
use axum::body::Body;
use http::Request;
use serde_json::Value;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing::instrument::WithSubscriber;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The request events that one request leaves, as JSON.
async fn events(server: &Server, request: Request<Body>) -> Vec<Value> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    server.send(request).with_subscriber(subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
    events.filter(|event: &Value| event["message"] == "request").collect()
}

#[tokio::test]
async fn a_request_leaves_one_event_without_its_secrets() {
    let server = Server::new();
    let request = Request::post(url("services/Echo/GPServer/Echo/execute?token=secret1"))
        .header("user-agent", "test/1")
        .header("x-request-id", "abc-1")
        .header("x-esri-authorization", "Bearer secret2")
        .body(Body::from("Text=secret3"));
    let events = events(&server, request.unwrap()).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    for (key, value) in [
        ("level", "INFO"),
        ("request.id", "abc-1"),
        ("method", "POST"),
        ("resource", "execute"),
        ("service", "Echo"),
        ("task", "Echo"),
        ("user_agent", "test/1"),
    ] {
        assert_eq!(event[key], value, "{event}");
    }
    assert_eq!((&event["status"], &event["bytes_in"]), (&200.into(), &12.into()), "{event}");
    assert!(
        event["duration_ms"].is_number() && event["bytes_out"].is_number() && event.get("code").is_none()
    );
    assert!(!event.to_string().contains("secret"), "{event}");
}

#[tokio::test]
async fn a_refused_request_is_a_warning_and_a_fault_of_ours_an_error_with_its_cause() {
    let server = Server::new();
    let get = |path: &str| Request::get(url(path)).body(Body::empty()).unwrap();
    let refused = events(&server, get("services/Foo/GPServer")).await;
    assert_eq!((&refused[0]["level"], &refused[0]["code"]), (&"WARN".into(), &404.into()));
    server.memory.go_down();
    let id = "j0123456789abcdef0123456789abcdef";
    let failed = events(&server, get(&format!("services/EchoJobs/GPServer/Echo/jobs/{id}"))).await;
    assert_eq!((&failed[0]["level"], &failed[0]["code"]), (&"ERROR".into(), &500.into()));
    assert_eq!(failed[0]["job.id"], id);
    assert_eq!(failed[0]["cause"], "reach the store: the disk is on fire");
}

#[tokio::test]
async fn every_reply_carries_a_request_id_of_its_own_or_the_callers() {
    let server = Server::new();
    let with_id = |id: &str| {
        let request = Request::get(url("info")).header("x-request-id", id).body(Body::empty()).unwrap();
        let answer = server.send(request);
        async { answer.await.header("x-request-id").to_owned() }
    };
    assert_eq!(with_id("trace.1_a-b").await, "trace.1_a-b");
    for bad in ["", "a b", "a\"b", "é", &"x".repeat(65)] {
        let id = with_id(bad).await;
        assert!(id.len() == 32 && id != bad, "{bad} gave {id}");
    }
    let first = server.get("nothing").await;
    assert_ne!(first.header("x-request-id"), server.get("nothing").await.header("x-request-id"));
}
