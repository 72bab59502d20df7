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
    server.memory.change(&path, |job| {
        job.payloads = None;
        job.expires_at_ms = Some(crate::common::NOW_MS);
    });
    let (code, text) = server.get(&format!("{path}/inputs")).await.error();
    assert!(code == 400 && text.contains("expired at"), "{text}");
}

#[tokio::test]
async fn a_token_is_neither_stored_nor_shown() {
    let server = Server::new();
    let path = server.submit("Echo", "token=secret&Text=hi").await;
    assert!(!server.get(&format!("{path}/inputs")).await.text().contains("secret"));
}

#[tokio::test]
async fn features_are_shown_as_they_came_unless_that_is_no_strict_json() {
    let server = Server::new();
    let nan = POINT.replace("\"z\":3", "\"z\":NaN");
    for (given, is_json) in [(POINT, true), (nan.as_str(), false)] {
        let path = server.submit("Echo", &format!("Input_Features={}", escaped(given))).await;
        let answer = server.get(&format!("{path}/inputs/Input_Features")).await;
        assert_eq!(answer.text().contains(given), is_json);
        assert_eq!(answer.json()["value"].is_object(), is_json);
    }
}

#[tokio::test]
async fn large_features_are_shown_too() {
    let server = Server::new();
    let features = POINT.replace("OBJECTID\":7", &format!("TEXT\":\"{}\"", "x".repeat(200_000)));
    let path = server.submit("Echo", &format!("Input_Features={}", escaped(&features))).await;
    assert!(server.get(&format!("{path}/inputs/Input_Features")).await.text().contains(&features));
}

#[tokio::test]
async fn the_token_of_an_input_by_url_is_not_shown() {
    let server = Server::new();
    let layer = escaped(r#"{"url":"https://h/FeatureServer/0?token=secret","serviceToken":"secret"}"#);
    let path = server.submit("Echo", &format!("Input_Features={layer}&Text={layer}&Names=[{layer}]")).await;
    let text = server.get(&format!("{path}/inputs")).await.text();
    assert!(!text.contains("secret") && text.contains("https://h/FeatureServer/0"), "{text}");
}

#[tokio::test]
async fn no_secret_of_a_link_is_shown_wherever_it_stands() {
    let server = Server::new();
    for (name, given, shown) in [
        ("Files", r#"["https://h/a.zip?sig=secret","https://h/b.zip?sig=secret"]"#, "https://h/b.zip"),
        ("Files", "https://h/a.zip?sig=secret,https://u:secret@h/b.zip", "https://h/a.zip,https://h/b.zip"),
        ("Files", "['https://h/a.zip?sig=secret', {'url': 'https://h/b.zip?sig=secret'}]", "https://h/b.zip"),
        ("Reference", r#"{"projectionFile":"https://u:secret@h/a.prj?sig=secret"}"#, "https://h/a.prj"),
        (
            "Either",
            r#"{"dataType":"GPDataFile","value":{"url":"https://h/a.zip?sig=secret","token":"secret"}}"#,
            "https://h/a.zip",
        ),
        ("Either", r#"{"dataType":"GPDataFile","value":"https://h/a.zip?sig=secret"}"#, "https://h/a.zip"),
        ("Rows", r#"[{"file":{"url":"https://h/a.zip?sig=secret"},"n":1}]"#, "https://h/a.zip"),
        ("Rows", r#"["[{\"url\":\"https://h/a.zip?sig=secret\"},1]"]"#, "https://h/a.zip"),
    ] {
        let path = server.submit("Twice", &format!("{name}={}", escaped(given))).await;
        let text = server.get(&format!("{path}/inputs/{name}")).await.text();
        assert!(!text.contains("secret") && text.contains(shown), "{given}: {text}");
    }
}

#[tokio::test]
async fn a_hidden_text_reads_back_empty_and_a_file_as_it_was_named() {
    let server = Server::new();
    let file = escaped(r#"{"url":"https://user:secret@h/a.zip?sig=secret"}"#);
    let path = server.submit("Echo", &format!("Password=secret&File={file}")).await;
    let text = server.get(&format!("{path}/inputs")).await.text();
    assert!(!text.contains("secret") && text.contains(r#"{"url":"https://h/a.zip"}"#), "{text}");
    let json = server.get(&format!("{path}/inputs/Password")).await.json();
    assert_eq!((json["dataType"].as_str(), json["value"].as_str()), (Some("GPStringHidden"), Some("")));
}
