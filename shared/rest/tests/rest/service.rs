use crate::common::Server;

#[tokio::test]
async fn a_synchronous_service_describes_itself() {
    insta::assert_snapshot!(Server::new().get("services/Echo/GPServer?f=pjson").await.text());
}

#[tokio::test]
async fn an_asynchronous_service_says_so() {
    let json = Server::new().get("services/EchoJobs/GPServer").await.json();
    assert_eq!(json["executionType"], "esriExecutionTypeAsynchronous");
}

#[tokio::test]
async fn item_info_has_every_key_and_no_null() {
    insta::assert_snapshot!(
        Server::new().get("services/Samples/Echo/GPServer/info/iteminfo?f=pjson").await.text()
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named_with_its_type() {
    let server = Server::new();
    for (path, service) in [
        ("services/Foo/GPServer", "Foo/GPServer"),
        ("services/Samples/Foo/GPServer/Echo/execute", "Samples/Foo/GPServer"),
        ("services/echo/GPServer", "echo/GPServer"),
        ("services/Echo/MapServer/jobs/j1", "Echo/MapServer"),
    ] {
        let expected =
            format!(r#"{{"error":{{"code":404,"message":"Service {service} not found ","details":[]}}}}"#);
        assert_eq!(server.get(path).await.text(), expected);
    }
}

#[tokio::test]
async fn slashes_may_be_doubled_or_trailing() {
    let server = Server::new();
    let plain = server.get("services/Echo/GPServer").await.body;
    assert_eq!(server.get("services//Echo///GPServer//").await.body, plain);
}

#[tokio::test]
async fn get_and_post_answer_alike() {
    let server = Server::new();
    for path in
        ["info", "services", "services/Samples", "services/Echo/GPServer", "services/Echo/GPServer/Echo"]
    {
        assert_eq!(
            server.get(&format!("{path}?f=json")).await.body,
            server.post(path, "f=json").await.body,
            "{path}"
        );
    }
}

#[tokio::test]
async fn metadata_is_xml_and_the_thumbnail_an_image_in_whatever_format_they_are_asked_for() {
    let server = Server::new();
    for path in ["info/metadata", "info/metadata?f=json&callback=x", "Echo/metadata?f=xml", "Echo/metadata"] {
        let answer = server.get(&format!("services/Echo/GPServer/{path}")).await;
        assert_eq!(answer.header("content-type"), "text/xml;charset=utf-8", "{path}");
        let text = answer.text();
        assert!(text.starts_with("<?xml") && text.ends_with("</metadata>"), "{text}");
    }
    let answer = server.get("services/Echo/GPServer/info/thumbnail?f=pjson").await;
    assert_eq!(answer.header("content-type"), "image/png");
    assert!(answer.body.starts_with(b"\x89PNG\r\n\x1a\n") && answer.body.ends_with(b"IEND\xaeB`\x82"));
    let missing = ["Foo/GPServer/info/metadata", "Foo/GPServer/info/thumbnail", "Echo/GPServer/Foo/metadata"];
    for path in missing {
        assert_eq!(server.get(&format!("services/{path}")).await.error().0, 404, "{path}");
    }
}
