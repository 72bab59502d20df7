use crate::common::{Answer, Server, url};
use axum::body::Body;
use http::Request;
use std::io::Read;

const SERVICE: &str = "services/Echo/GPServer";
const EXECUTE: &str = "services/Echo/GPServer/Echo/execute";
const JSON: &str = "application/json;charset=utf-8";

async fn accepting(server: &Server, encoding: &str, path: &str) -> Answer {
    server
        .send(Request::get(url(path)).header("accept-encoding", encoding).body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn json_is_plain_unless_people_ask_for_lines() {
    let server = Server::new();
    let plain = server.get(SERVICE).await;
    assert_eq!(plain.header("content-type"), JSON);
    assert!(!plain.text().contains('\n'));
    for format in ["json", "JSON", "%22json%22", "%27json%27", ""] {
        assert_eq!(server.get(&format!("{SERVICE}?f={format}")).await.body, plain.body, "{format}");
    }
    for format in ["pjson", "html"] {
        let indented = server.get(&format!("{SERVICE}?f={format}")).await;
        assert_eq!(indented.json(), plain.json());
        assert!(indented.text().starts_with("{\n  \"currentVersion\": 11.3,\n"), "{}", indented.text());
    }
}

#[tokio::test]
async fn other_formats_are_refused_and_those_there_are_named() {
    let server = Server::new();
    for format in ["kmz", "image", "geojson", "pbf", "help"] {
        let (code, text) = server.get(&format!("{SERVICE}?f={format}")).await.error();
        assert!(code == 400 && text.starts_with("Invalid format") && text.contains(format), "{text}");
    }
}

#[tokio::test]
async fn a_callback_wraps_replies_and_errors() {
    let server = Server::new();
    let answer = server.get("services/Foo/GPServer?f=json&callback=window._EsriLeafletCallbacks.c0").await;
    assert_eq!(answer.header("content-type"), "application/javascript;charset=utf-8");
    let expected = "window._EsriLeafletCallbacks.c0({\"error\":{\"code\":404,\"message\":\"Service Foo/GPServer not \
                    found \",\"details\":[]}});";
    assert_eq!(answer.text(), expected);
    assert!(
        server
            .get(&format!("{SERVICE}?f=kmz&callback=a[0].$b"))
            .await
            .text()
            .starts_with("a[0].$b({\"error\"")
    );
}

#[tokio::test]
async fn a_callback_that_could_be_code_is_refused() {
    let server = Server::new();
    for callback in ["alert(1)//", "a%3Bb", "%3Cscript%3E", "a%20b"] {
        let answer = server.get(&format!("{SERVICE}?callback={callback}")).await;
        assert_eq!(answer.header("content-type"), JSON);
        assert_eq!(answer.error().0, 400);
    }
}

#[tokio::test]
async fn replies_above_one_kilobyte_are_compressed_as_the_client_likes() {
    let server = Server::new();
    let path = "services/Echo/GPServer/Echo?f=json";
    let plain = server.get(path).await.body;
    let gzip = accepting(&server, "gzip, deflate", path).await;
    assert_eq!((gzip.header("content-encoding"), gzip.header("vary")), ("gzip", "Accept-Encoding"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    let zstd = accepting(&server, "gzip, zstd", path).await;
    assert_eq!(zstd.header("content-encoding"), "zstd");
    assert_eq!(zstd::decode_all(&zstd.body[..]).unwrap(), plain);
    assert_eq!(zstd.header("content-length"), zstd.body.len().to_string());
    assert_eq!(accepting(&server, "gzip;q=0", path).await.body, plain);
}

#[tokio::test]
async fn small_replies_are_not_compressed() {
    let answer = accepting(&Server::new(), "gzip", "info").await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), ("", "Accept-Encoding"));
}

#[tokio::test]
async fn megabytes_are_indented_wrapped_and_compressed_too() {
    let server = Server::new();
    let text = "long ".repeat(100_000);
    let request =
        Request::post(url(&format!("{EXECUTE}?f=pjson&callback=cb"))).header("accept-encoding", "gzip");
    let answer = server.send(request.body(Body::from(format!("Text={text}"))).unwrap()).await;
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut unpacked).unwrap();
    assert!(
        unpacked.starts_with("cb({\n") && unpacked.ends_with("});") && unpacked.contains(text.trim_end())
    );
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = Server::new();
    for path in ["info", "services", SERVICE, "services/Foo/GPServer", "nothing"] {
        let get = server.get(path).await;
        let head = server.send(Request::head(url(path)).body(Body::empty()).unwrap()).await;
        assert!(head.body.is_empty());
        for name in ["content-type", "content-length", "vary", "access-control-allow-origin"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        assert_eq!(head.header("content-length"), get.body.len().to_string());
    }
}
