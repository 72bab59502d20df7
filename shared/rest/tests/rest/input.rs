use crate::common::{POINT, Server, escaped};

#[tokio::test]
async fn all_inputs_come_as_a_bare_array_with_defaults_filled_in() {
    let server = Server::new();
    let path = server.submit("Echo", &format!("Text=hi&Input_Features={}", escaped(POINT))).await;
    insta::assert_snapshot!(server.get(&format!("{path}/inputs?f=pjson")).await.text());
}

#[tokio::test]
async fn one_input_is_found_without_regard_to_case() {
    let server = Server::new();
    let path = server.submit("Echo", "Names=x,y").await;
    let answer = server.get(&format!("{path}/inputs/names")).await;
    assert_eq!(
        answer.text(),
        r#"{"paramName":"Names","dataType":"GPMultiValue:GPString","value":["x","y"]}"#
    );
}

#[tokio::test]
async fn an_input_that_could_not_be_read_is_shown_as_it_came() {
    let server = Server::new();
    let path = server.run("Echo", "Input_Features=%7Bbroken").await;
    assert_eq!(server.get(&path).await.json()["jobStatus"], "esriJobFailed");
    let json = server.get(&format!("{path}/inputs/Input_Features")).await.json();
    assert_eq!(json["value"], "{broken");
}

#[tokio::test]
async fn an_unknown_input_is_an_error() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    let (code, text) = server.get(&format!("{path}/inputs/Foo")).await.error();
    assert!(code == 400 && text.contains("Foo"), "{text}");
}

#[tokio::test]
async fn expired_inputs_say_so() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    server.memory.change(&path, |job| job.payloads = None);
    let (code, text) = server.get(&format!("{path}/inputs")).await.error();
    assert!(code == 400 && text.contains("expired at"), "{text}");
}

#[tokio::test]
async fn a_token_is_neither_stored_nor_shown() {
    let server = Server::new();
    let path = server.submit("Echo", "token=secret&Text=hi").await;
    assert!(!server.get(&format!("{path}/inputs")).await.text().contains("secret"));
}
