//! Replies that are too large for their carrier.

use crate::common::{Answer, Server, url};
use axum::body::Body;
use gp_core::Limits;
use gp_rest::RestSettings;
use http::{Request, StatusCode};

const MAX_REPLY_BYTES: usize = 20_000;

fn server() -> Server {
    let settings = RestSettings {
        max_reply_bytes: Some(MAX_REPLY_BYTES),
        max_changed_bytes: 100_000,
        ..RestSettings::default()
    };
    let server = Server::with(settings, Limits::default());
    server.memory.give_links();
    server
}

/// Text that hardly shrinks.
fn noise(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[(state >> 26) as usize],
        )
    };
    (0..bytes).map(|_| letter()).collect()
}

async fn get(server: &Server, path: &str, accepts: &str) -> Answer {
    server.send(Request::get(url(path)).header("accept-encoding", accepts).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_stored_result_that_does_not_fit_is_answered_by_where_it_is() {
    let server = server();
    let path = server.run("Echo", &format!("Text={}", noise(60_000))).await;
    for query in ["f=json", ""] {
        let answer = get(&server, &format!("{path}/results/Output_Text?{query}"), "gzip").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let location = answer.header("location");
        assert!(location.starts_with("https://store.example.org/Result("), "{location}");
        assert!(answer.text().contains(location), "who does not follow is told: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    assert_eq!(server.memory.replies(), [], "nothing was stored again");
}

#[tokio::test]
async fn a_result_that_fits_compressed_is_sent_as_it_is_stored() {
    let server = server();
    let path = server.run("Echo", &format!("Text={}", "x".repeat(60_000))).await;
    let answer = get(&server, &format!("{path}/results/Output_Text"), "gzip").await;
    assert_eq!((answer.status, answer.header("content-encoding")), (StatusCode::OK, "gzip"));
    assert!(answer.body.len() < 1000);
}

#[tokio::test]
async fn any_other_large_reply_about_a_job_is_stored_in_its_shape_and_answered_by_where_it_is() {
    let server = server();
    let path = server.run("Echo", &format!("Text={}", noise(60_000))).await;
    for reply in [
        "results/Output_Text?f=pjson",
        "results/Output_Text?callback=c.d",
        "results",
        "results?f=pjson",
        "inputs/Text",
    ] {
        let answer = get(&server, &format!("{path}/{reply}"), "gzip").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{reply}: {}", answer.text());
        assert!(answer.header("location").starts_with("https://store.example.org/Reply("));
    }
    let again = get(&server, &format!("{path}/results?f=pjson"), "gzip").await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(server.memory.replies().len(), 5, "the same reply is stored once");
}

#[tokio::test]
async fn a_client_without_gzip_gets_plain_text_while_there_is_memory_for_it() {
    let server = server();
    let small = server.run("Echo", &format!("Text={}", noise(60_000))).await;
    let answer = get(&server, &format!("{small}/results/Output_Text"), "identity").await;
    assert!(answer.header("location").contains("Reply("), "plain text, stored: {}", answer.text());
    let large = server.run("Echo", &format!("Text={}", noise(150_000))).await;
    let answer = get(&server, &format!("{large}/results/Output_Text"), "identity").await;
    assert!(answer.header("location").contains("Result("), "the compressed body: {}", answer.text());
}

#[tokio::test]
async fn a_result_that_is_too_large_to_be_changed_says_how_to_get_it() {
    let server = server();
    let path = server.run("Echo", &format!("Text={}", noise(150_000))).await;
    let (code, text) = get(&server, &format!("{path}/results"), "gzip").await.error();
    assert!(code == 400 && text.contains("results/Output_Text alone with f=json"), "{text}");
}

#[tokio::test]
async fn an_execute_whose_answer_does_not_fit_names_the_asynchronous_service() {
    let server = server();
    let form = format!("Text={}", noise(60_000));
    let (code, text) = server.post("services/Echo/GPServer/Echo/execute", form).await.error();
    assert!(code == 413 && text.contains("EchoJobs/Echo/submitJob"), "{text}");
}
