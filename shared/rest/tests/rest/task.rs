use crate::common::{Server, url};
use axum::body::Body;
use gp_rest::RestSettings;
use http::Request;

#[tokio::test]
async fn a_task_describes_its_parameters() {
    insta::assert_snapshot!(Server::new().get("services/Echo/GPServer/Echo?f=pjson").await.text());
}

#[tokio::test]
async fn every_parameter_has_every_key_and_no_text_is_null() {
    let json = Server::new().get("services/Echo/GPServer/Echo").await.json();
    for parameter in json["parameters"].as_array().unwrap() {
        assert!(parameter.get("defaultValue").is_some());
        for key in
            ["name", "dataType", "displayName", "description", "direction", "parameterType", "category"]
        {
            assert!(parameter[key].is_string(), "{key} of {parameter}");
        }
    }
}

#[tokio::test]
async fn a_task_with_a_space_in_its_name_is_found() {
    let json = Server::new().get("services/Echo/GPServer/Echo%20It?f=json").await.json();
    assert_eq!(json["name"], "Echo It");
    assert_eq!(json["helpUrl"], "http://gis.test/arcgis/rest/services/Echo/GPServer/Echo%20It");
}

#[tokio::test]
async fn the_help_url_is_the_one_that_the_client_can_reach() {
    let path = url("services/Echo/GPServer/Echo");
    let proxied = |server: Server| {
        let request = Request::get(&path).header("host", "inner:8080").header("x-forwarded-proto", "https");
        let request = request.header("x-forwarded-host", "gis.example.org").body(Body::empty()).unwrap();
        async move { server.send(request).await.json()["helpUrl"].as_str().unwrap().to_owned() }
    };
    let below = "/arcgis/rest/services/Echo/GPServer/Echo";
    assert_eq!(proxied(Server::new()).await, format!("https://gis.example.org{below}"));
    let settings =
        RestSettings { public_url: Some("https://public.example.org/".into()), ..RestSettings::default() };
    let server = Server::with(settings, gp_core::Limits::default());
    assert_eq!(proxied(server).await, format!("https://public.example.org{below}"));
}

#[tokio::test]
async fn a_task_that_is_not_there_is_named() {
    let server = Server::new();
    for path in ["Foo", "echo", "Foo/execute", "Foo/submitJob", "Foo/jobs/j1"] {
        let (code, text) = server.get(&format!("services/Echo/GPServer/{path}")).await.error();
        let task = path.split('/').next().unwrap();
        assert_eq!((code, text), (404, format!("Task {task} does not exist in service Echo/GPServer.")));
    }
}
