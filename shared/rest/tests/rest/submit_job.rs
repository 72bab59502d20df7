use crate::common::{Server, url};
use axum::body::Body;
use http::{Request, StatusCode};

const SUBMIT: &str = "services/EchoJobs/GPServer/Echo/submitJob";

#[tokio::test]
async fn a_submission_is_answered_with_the_jobs_id() {
    let answer = Server::new().post(SUBMIT, "f=json&Text=hi").await;
    assert_eq!(answer.steady(), r#"{"jobId":"j…","jobStatus":"esriJobSubmitted"}"#);
    assert_eq!(answer.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn on_a_synchronous_service_it_is_refused_and_execute_is_named() {
    let (code, text) = Server::new().get("services/Echo/GPServer/Echo/submitJob").await.error();
    assert!(
        code == 400 && text.starts_with("Unable to complete operation.") && text.contains("execute"),
        "{text}"
    );
}

#[tokio::test]
async fn a_store_that_is_down_never_shows_as_an_http_error() {
    let server = Server::new();
    server.memory.go_down();
    let answer = server.get(SUBMIT).await;
    let (code, text) = answer.error();
    assert_eq!(code, 500);
    assert!(!text.contains("fire"), "the cause belongs in the log: {text}");
}

#[tokio::test]
async fn a_panic_is_an_error_body_and_not_a_dropped_connection() {
    let server = Server::new();
    server.memory.panic_from_now_on();
    let answer = server.get(SUBMIT).await;
    let (code, text) = answer.error();
    assert_eq!(code, 500);
    assert!(text.contains(answer.header("x-request-id")), "{text}");
    assert!(!text.contains("mind"), "a panic's message may quote what the user sent: {text}");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_job_by_header_or_parameter() {
    let server = Server::new();
    let submit = |key: &str, form: &'static str| {
        let request = Request::post(url(SUBMIT)).header("idempotency-key", key);
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form));
        server.send(request.unwrap())
    };
    let first = submit("k1", "Text=a").await;
    assert_eq!(submit("k1", "Text=a").await.body, first.body);
    assert_eq!(server.get(&format!("{SUBMIT}?Text=a&gp:idempotencyKey=k1")).await.body, first.body);
    assert_ne!(submit("k2", "Text=a").await.body, first.body);
    let (code, text) = submit("k1", "Text=b").await.error();
    assert!(code == 400 && text.contains("idempotency key"), "{text}");
    assert_eq!(submit("k1", "Text=a").await.status, StatusCode::OK);
}
