use crate::common::Server;

#[tokio::test]
async fn the_root_lists_folders_and_the_services_outside_them() {
    insta::assert_snapshot!(Server::new().get("services?f=pjson").await.text());
}

#[tokio::test]
async fn a_folder_lists_its_services_under_their_full_names() {
    insta::assert_snapshot!(Server::new().get("services/Samples?f=pjson").await.text());
}

#[tokio::test]
async fn the_landing_path_shows_the_root() {
    let server = Server::new();
    assert_eq!(server.get("").await.body, server.get("services").await.body);
}

#[tokio::test]
async fn an_unknown_folder_is_an_error() {
    let (code, text) = Server::new().get("services/samples").await.error();
    assert_eq!((code, text.split(" | ").next()), (404, Some("Folder not found")));
}

#[tokio::test]
async fn paths_outside_the_tree_are_invalid() {
    let server = Server::new();
    for path in
        ["nothing", "../sharing/rest/info", "../admin/generateToken", "services/Echo/GPServer/Echo/validate"]
    {
        let url =
            format!("http://gis.test/arcgis/{}", path.strip_prefix("../").unwrap_or(&format!("rest/{path}")));
        let answer = server.send(http::Request::get(url).body(axum::body::Body::empty()).unwrap()).await;
        let expected = r#"{"error":{"code":400,"message":"Invalid URL","details":["Invalid URL"]}}"#;
        assert_eq!(answer.text(), expected, "{path}");
    }
}
