use crate::common::{Answer, Server, url};
use axum::body::Body;
use gp_core::Limits;
use gp_rest::{Origins, RestSettings};
use http::{Request, StatusCode};

async fn from(server: &Server, origin: &str, path: &str) -> Answer {
    server.send(Request::get(url(path)).header("origin", origin).body(Body::empty()).unwrap()).await
}

fn listed(origins: Origins) -> Server {
    let credentialed_origins = vec!["https://app.example.org".to_owned()];
    Server::with(RestSettings { credentialed_origins, origins, ..RestSettings::default() }, Limits::default())
}

#[tokio::test]
async fn every_page_may_read_every_reply_errors_included() {
    let server = Server::new();
    for path in ["info", "services/Foo/GPServer", "nothing", "services/Echo/GPServer?f=kmz"] {
        let answer = from(&server, "https://page.example", path).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn only_listed_origins_may_send_credentials() {
    let server = listed(Origins::Any);
    let known = from(&server, "https://app.example.org", "info").await;
    assert_eq!(known.header("access-control-allow-origin"), "https://app.example.org");
    assert_eq!(known.header("access-control-allow-credentials"), "true");
    let unknown = from(&server, "https://other.example", "info").await;
    assert_eq!(unknown.header("access-control-allow-origin"), "*");
    assert_eq!(unknown.header("access-control-allow-credentials"), "");
    let vary: Vec<_> = unknown.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept-Encoding", "Origin"]);
}

#[tokio::test]
async fn a_server_may_be_closed_to_other_pages() {
    let server = listed(Origins::Listed);
    assert_eq!(
        from(&server, "https://other.example", "info").await.header("access-control-allow-origin"),
        ""
    );
}

#[tokio::test]
async fn a_preflight_is_answered_on_any_path() {
    let server = Server::new();
    for path in ["services/Echo/GPServer/Echo/execute", "nothing"] {
        let request = Request::options(url(path)).header("origin", "https://page.example");
        let request = request.header("access-control-request-method", "POST").body(Body::empty()).unwrap();
        let answer = server.send(request).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        for name in ["X-Esri-Authorization", "Authorization", "Content-Type"] {
            assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
        }
        assert_ne!(answer.header("access-control-max-age"), "");
    }
}
