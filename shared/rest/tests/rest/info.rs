use crate::common::Server;
use http::StatusCode;

#[tokio::test]
async fn info_says_the_version_and_that_nobody_signs_in() {
    insta::assert_snapshot!(Server::new().get("info?f=pjson").await.text());
}

#[tokio::test]
async fn a_healthy_server_says_so_in_any_case() {
    let server = Server::new();
    for path in ["info/healthCheck", "info/healthcheck?f=json", "info/HealthCheck/"] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::OK, r#"{"success":true}"#),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_server_whose_store_is_down_is_unhealthy_by_its_http_status() {
    let server = Server::new();
    server.memory.go_down();
    let answer = server.get("info/healthCheck?f=json").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.text(), r#"{"success":false}"#);
}
