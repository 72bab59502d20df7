use crate::common::{Server, url};
use axum::body::Body;
use gp_core::Limits;
use gp_rest::RestSettings;
use http::Request;

const EXECUTE: &str = "services/Echo/GPServer/Echo/execute";
const FORM: &str = "application/x-www-form-urlencoded";

fn multipart(parts: &[(&str, &str)]) -> String {
    let part = |(name, text): &(&str, &str)| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--B--\r\n"
}

async fn said(answer: impl Future<Output = crate::common::Answer>) -> String {
    let answer = answer.await;
    let json = answer.json();
    json["results"][1]["value"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

#[tokio::test]
async fn parameters_come_by_query_form_multipart_or_json() {
    let server = Server::new();
    let parts = multipart(&[("f", "json"), ("Text", "a b&ä")]);
    assert_eq!(said(server.get(&format!("{EXECUTE}?Text=a+b%26%C3%A4"))).await, "a b&ä");
    assert_eq!(said(server.post(EXECUTE, "Text=a%20b%26%c3%a4")).await, "a b&ä");
    assert_eq!(said(server.post_as("multipart/form-data; boundary=B", EXECUTE, parts)).await, "a b&ä");
    let json = r#"{"Text":"a b&\u00e4","Names":["x"],"Input_Features":null,"f":"json"}"#;
    assert_eq!(said(server.post_as("application/json", EXECUTE, json)).await, "a b&ä");
}

#[tokio::test]
async fn query_and_form_are_merged_and_the_last_of_a_name_wins() {
    let server = Server::new();
    assert_eq!(said(server.post(&format!("{EXECUTE}?Text=query"), "Volume=HIGH")).await, "QUERY");
    assert_eq!(said(server.post(&format!("{EXECUTE}?Text=query"), "Text=one&Text=two")).await, "two");
}

#[tokio::test]
async fn names_are_matched_exactly_first_and_then_without_case() {
    let server = Server::new();
    assert_eq!(said(server.get(&format!("{EXECUTE}?text=lower"))).await, "lower");
    assert_eq!(said(server.get(&format!("{EXECUTE}?Text=exact&text=lower"))).await, "exact");
}

#[tokio::test]
async fn a_part_that_is_a_file_is_its_text() {
    let body = "--B\r\nContent-Disposition: form-data; name=\"Text\"; filename=\"blob\"\r\n\
                Content-Type: application/json\r\n\r\nfrom a file\r\n--B--\r\n";
    let server = Server::new();
    assert_eq!(said(server.post_as("multipart/form-data; boundary=B", EXECUTE, body)).await, "from a file");
}

#[tokio::test]
async fn an_empty_body_is_fine_whatever_its_type_says() {
    let server = Server::new();
    for kind in [FORM, "application/json", "multipart/form-data", "text/plain", ""] {
        assert_eq!(said(server.post_as(kind, EXECUTE, "")).await, "hello", "{kind}");
    }
}

#[tokio::test]
async fn a_body_of_unknown_type_is_read_as_the_form_or_object_that_it_is() {
    let server = Server::new();
    assert_eq!(said(server.post_as("text/plain", EXECUTE, "Text=plain")).await, "plain");
    assert_eq!(said(server.post_as("", EXECUTE, " {\"Text\":\"object\"}")).await, "object");
    let (code, text) = server.post_as("text/csv", EXECUTE, "a;b\n1;2").await.error();
    assert!(code == 400 && text.contains("text/csv"), "{text}");
}

#[tokio::test]
async fn malformed_bodies_are_errors_that_say_what_to_change() {
    let server = Server::new();
    for (kind, body, word) in [
        ("application/json", &b"{\"Text\":"[..], "JSON"),
        ("application/json", b"[1]", "JSON"),
        ("application/json", b"{\"Text\":\"\xff\"}", "UTF-8"),
        ("multipart/form-data", b"--B", "multipart"),
        ("multipart/form-data; boundary=B", b"--B\r\nContent-Disp", "multipart"),
        (
            "multipart/form-data; boundary=B",
            b"--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--",
            "without a name",
        ),
        (FORM, b"Text=%ff%fe", "Text: not valid UTF-8"),
        (FORM, b"Text=\xff", "Text: not valid UTF-8"),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", b"Text=a", "charset"),
    ] {
        let (code, text) = server.post_as(kind, EXECUTE, body).await.error();
        assert!(code == 400 && text.contains(word), "{kind}: {text}");
    }
}

#[tokio::test]
async fn a_percent_sign_that_escapes_nothing_stands_for_itself() {
    assert_eq!(said(Server::new().post(EXECUTE, "Text=100%&x=%zz")).await, "100%");
}

#[tokio::test]
async fn nested_json_beyond_the_limit_is_refused() {
    let body = format!("{{\"Text\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let (code, text) = Server::new().post_as("application/json", EXECUTE, body).await.error();
    assert!(code == 400 && text.contains("nested deeper"), "{text}");
}

fn compressed(encoding: &str, body: Vec<u8>) -> Request<Body> {
    let request =
        Request::post(url(EXECUTE)).header("content-type", FORM).header("content-encoding", encoding);
    request.body(Body::from(body)).unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_compressed_with_gzip_is_read() {
    let server = Server::new();
    let long = format!("Text={}", "x".repeat(1 << 20));
    assert_eq!(said(server.send(compressed("gzip", gzip("Text=x")))).await, "x");
    assert_eq!(said(server.send(compressed("GZIP", gzip(&long)))).await.len(), 1 << 20);
}

#[tokio::test]
async fn a_body_that_a_gateway_decompressed_already_is_read() {
    let server = Server::new();
    assert_eq!(said(server.send(compressed("gzip", b"Text=x".to_vec()))).await, "x");
}

#[tokio::test]
async fn a_body_compressed_otherwise_or_broken_is_refused_naming_gzip() {
    let cut = gzip("Text=x")[..12].to_vec();
    let mut lying = gzip(&format!("Text={}", "x".repeat(5000)));
    let end = lying.len() - 4;
    lying[end..].copy_from_slice(&10_u32.to_le_bytes());
    let spoilt = String::from_utf8_lossy(&gzip("Text=x")).into_owned().into_bytes();
    for (encoding, body) in
        [("br", vec![1]), ("gzip", b"\x1f".to_vec()), ("gzip", cut), ("gzip", lying), ("gzip", spoilt)]
    {
        let (code, text) = Server::new().send(compressed(encoding, body)).await.error();
        assert!(code == 400 && text.contains("gzip"), "{text}");
    }
}

#[tokio::test]
async fn a_body_that_is_small_only_while_compressed_is_refused_before_it_takes_memory() {
    let limits = Limits { max_decompressed_bytes: 10_000, ..Limits::default() };
    let bomb = gzip(&format!("Text={}", "x".repeat(10_000)));
    assert!(bomb.len() < 1000);
    let server = Server::with(RestSettings::default(), limits);
    let (code, text) = server.send(compressed("gzip", bomb)).await.error();
    assert!(code == 413 && text.contains("10000"), "{text}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_the_limit() {
    let limits = Limits { max_body_bytes: 1000, ..Limits::default() };
    let server = Server::with(RestSettings::default(), limits);
    assert_eq!(said(server.post(EXECUTE, format!("Text=x&pad={}", "a".repeat(900)))).await, "x");
    let (code, text) = server.post(EXECUTE, format!("Text={}", "a".repeat(1000))).await.error();
    assert!(code == 413 && text.contains("1000 bytes"), "{text}");
    let request =
        Request::post(url(EXECUTE)).header("content-length", "5000").header("expect", "100-continue");
    let (code, _) = server.send(request.body(Body::from("never read")).unwrap()).await.error();
    assert_eq!(code, 413);
}

#[tokio::test]
async fn ten_thousand_parameters_are_read_and_one_more_is_refused() {
    let server = Server::new();
    let form = format!("Text=many{}", "&x=1".repeat(9_999));
    assert_eq!(said(server.post(EXECUTE, form.clone())).await, "many");
    let (code, text) = server.post(EXECUTE, form + "&x=1").await.error();
    assert!(code == 400 && text.contains("10000 parameters"), "{text}");
}

#[tokio::test]
async fn other_methods_are_refused_with_http_200() {
    let server = Server::new();
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = Request::builder().method(method).uri(url(EXECUTE)).body(Body::empty()).unwrap();
        let (code, text) = server.send(request).await.error();
        assert!(code == 405 && text.contains(method), "{text}");
    }
}

#[tokio::test]
async fn a_large_multipart_body_is_read_as_a_small_one() {
    let text = "ä".repeat(1_000_000);
    let parts = multipart(&[("f", "json"), ("Text", &text)]);
    let server = Server::new();
    assert!(said(server.post_as("multipart/form-data; boundary=B", EXECUTE, parts)).await == text);
}
