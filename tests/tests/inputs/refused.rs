//! What is never fetched: this machine, private networks and the service of a cloud that hands out credentials, however they
//! are spelled, unless the operator allows the first two.

use super::stand_in::{Server, files, redirect};
use super::{ECHO_JOBS, refusal};
use gp_tests::Job;
use gp_tests::job::{messages, status};
use serde_json::json;
use std::collections::HashMap;

const PARAMETERS: &[&str] = &["Features", "Rows", "File", "Raster", "Raster_Layer"];

#[test]
fn without_leave_no_address_of_this_machine_or_of_a_private_network_is_fetched() {
    let stand_in = files(HashMap::from([("/a.json".to_owned(), br#"{"features":[]}"#.to_vec())]));
    let (server, port) = (gp_tests::Server::start(), stand_in.port);
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "224.0.0.1",
        "255.255.255.255",
    ];
    for host in hosts {
        for (index, parameter) in PARAMETERS.iter().enumerate() {
            // Every host as a file of the first parameter, and as a layer or a file of one other.
            if index > 0 && host.len() % (PARAMETERS.len() - 1) + 1 != index {
                continue;
            }
            let path = if index % 2 == 0 { "a.json" } else { "x/FeatureServer/0" };
            let reference = json!({"url": format!("http://{host}:{port}/{path}")}).to_string();
            let text = refusal(&server, parameter, &reference);
            assert!(text.contains("is not fetched"), "{host}: {text}");
        }
    }
    for url in [format!("http://127.0.0.1:{port}/a.json"), server_url(&server)] {
        assert!(refusal(&server, "Features", &url).contains("is not fetched"));
    }
    let reference = json!({"projectionFile": stand_in.url("/a.json")}).to_string();
    assert!(refusal(&server, "Spatial_Reference", &reference).contains("is not fetched"));
    let text = refusal(
        &server,
        "Multi_Features",
        &json!([{"features": []}, {"url": stand_in.url("/a.json")}]).to_string(),
    );
    assert!(text.contains("value 2: ") && text.contains("is not fetched"), "{text}");
    let reference = json!({"url": stand_in.url("/a.json")}).to_string();
    let ended = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("File", &reference)]).wait(&server);
    assert_eq!(status(&ended), "esriJobFailed");
    assert!(messages(&ended).contains("File: ") && messages(&ended).contains("is not fetched"), "{ended}");
    assert_eq!(stand_in.asked().len(), 0, "the server was asked: {:?}", stand_in.asked());
}

fn server_url(server: &gp_tests::Server) -> String {
    format!("http://{}/arcgis/rest/services?f=json", server.address())
}

#[test]
fn with_leave_the_service_that_hands_out_credentials_is_still_refused_by_address_and_by_redirect() {
    let server = super::server();
    for host in ["169.254.169.254", "[::ffff:a9fe:a9fe]", "2852039166", "[fe80::1]", "0xa9.254.169.254"] {
        let text =
            refusal(&server, "File", &json!({"url": format!("http://{host}/latest/meta-data/")}).to_string());
        assert!(text.contains("is not fetched"), "{host}: {text}");
        let to = format!("http://{host}/latest/meta-data/");
        let stand_in = Server::start(move |_| redirect(302, &to));
        for parameter in ["File", "Features"] {
            let text = refusal(&server, parameter, &json!({"url": stand_in.url("/a.json")}).to_string());
            assert!(text.contains("is not fetched"), "{host}: {text}");
        }
    }
}

#[test]
fn a_redirect_to_another_scheme_or_in_a_circle_is_refused() {
    let server = super::server();
    for (to, part) in [
        ("file:///etc/passwd", "redirects to a url that is not read here"),
        ("ftp://h/a", "redirects to a url that is not read here"),
        ("/a.json", "redirect"),
    ] {
        let stand_in = Server::start(move |_| redirect(302, to));
        let text = refusal(&server, "File", &json!({"url": stand_in.url("/a.json")}).to_string());
        assert!(text.contains(part) && !text.contains("root:"), "{to}: {text}");
    }
}

#[test]
fn the_operator_says_which_hosts_are_read() {
    let stand_in = files(HashMap::from([("/a.json".to_owned(), br#"{"features":[]}"#.to_vec())]));
    let reference = json!({"url": stand_in.url("/a.json")}).to_string();
    for args in [["--deny-input-host", "127.0.0.0/8"], ["--allow-input-host", "*.example.com"]] {
        let server = gp_tests::Server::start_with(&[&["--private-inputs"], args.as_slice()].concat());
        let text = refusal(&server, "Features", &reference);
        assert!(text.contains("not allowed") || text.contains("is not fetched"), "{text}");
    }
    assert_eq!(stand_in.asked().len(), 0);
}
