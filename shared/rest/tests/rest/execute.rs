use crate::common::{POINT, Server, escaped, url};
use axum::body::Body;
use http::{Request, StatusCode};

const EXECUTE: &str = "services/Echo/GPServer/Echo/execute";

#[tokio::test]
async fn results_and_messages_come_back() {
    let form = format!("f=pjson&Text=hi&Input_Features={}", escaped(POINT));
    insta::assert_snapshot!(Server::new().post(EXECUTE, form).await.steady());
}

#[tokio::test]
async fn without_parameters_the_defaults_apply() {
    let json = Server::new().get(EXECUTE).await.json();
    assert_eq!(json["results"][1]["value"], "hello");
    assert_eq!(json["results"][2]["value"], serde_json::json!(["a", "b"]));
    assert!(json["results"][0]["value"]["features"].as_array().unwrap().is_empty(), "{json}");
}

#[tokio::test]
async fn an_empty_text_means_not_given_and_unknown_parameters_are_ignored() {
    let json = Server::new()
        .get(&format!("{EXECUTE}?Text=&Names=&env:outSR=&context=&nonsense=1&_ts=2"))
        .await
        .json();
    assert_eq!(json["results"][1]["value"], "hello");
    assert_eq!(json["results"][2]["value"], serde_json::json!(["a", "b"]));
}

#[tokio::test]
async fn a_list_may_come_in_each_of_its_four_forms() {
    let server = Server::new();
    for query in ["Names=[\"x\",\"y\"]", "Names=x&Names=y", "Names=x,y", "Names=['x', 'y']"] {
        let query = query.replace('"', "%22").replace(' ', "%20");
        let json = server.get(&format!("{EXECUTE}?{query}")).await.json();
        assert_eq!(json["results"][2]["value"], serde_json::json!(["x", "y"]), "{query}");
    }
}

#[tokio::test]
async fn z_is_kept_only_when_asked_for() {
    let server = Server::new();
    for (flag, has_z) in
        [("", false), ("&returnZ=False", false), ("&returnZ=True", true), ("&returnZ=1", true)]
    {
        let form = format!("Input_Features={}{flag}", escaped(POINT));
        let json = server.post(EXECUTE, form).await.json();
        let geometry = &json["results"][0]["value"]["features"][0]["geometry"];
        assert_eq!(geometry.get("z").is_some(), has_z, "{flag}: {json}");
    }
    let (code, text) = server.get(&format!("{EXECUTE}?returnZ=perhaps")).await.error();
    assert_eq!(code, 400);
    assert!(text.contains("returnZ") && text.contains("perhaps"), "{text}");
}

#[tokio::test]
async fn a_feature_collection_is_sent_when_asked_for() {
    let form = format!("returnFeatureCollection=true&Input_Features={}", escaped(POINT));
    let json = Server::new().post(EXECUTE, form).await.json();
    let value = &json["results"][0]["value"];
    assert!(value["layerDefinition"].is_object() && value["featureSet"]["features"].is_array(), "{json}");
}

#[tokio::test]
async fn a_tool_that_fails_says_why_in_the_details() {
    let answer = Server::new().get("services/Echo/GPServer/Fail/execute?Reason=no%20luck&f=pjson").await;
    insta::assert_snapshot!(answer.text());
}

#[tokio::test]
async fn wrong_values_name_their_parameters() {
    let server = Server::new();
    let (code, text) = server.get(&format!("{EXECUTE}?Volume=MIDDLE")).await.error();
    assert!(code == 400 && text.contains("Volume"), "{code} {text}");
    let (code, text) = server.get("services/Echo/GPServer/Fail/execute").await.error();
    assert!(code == 400 && text.contains("Reason"), "{code} {text}");
}

#[tokio::test]
async fn on_an_asynchronous_service_it_is_refused_and_submit_job_is_named() {
    let (code, text) = Server::new().get("services/EchoJobs/GPServer/Echo/execute").await.error();
    assert!(
        code == 400 && text.starts_with("Unable to complete operation.") && text.contains("submitJob"),
        "{text}"
    );
}

#[tokio::test]
async fn head_runs_nothing() {
    let server = Server::new();
    for path in ["services/Echo/GPServer/Fail/execute", "services/EchoJobs/GPServer/Echo/submitJob"] {
        let answer = server.send(Request::head(url(path)).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    }
    assert_eq!(server.memory.job_count(), 0);
}
