//! A result of more features than a service sends: none of them in the reply, all of them in a file whose link is in a
//! warning (specification 2.8), and that file is an input again.

use super::outputs::download;
use super::{ECHO, ECHO_JOBS, numbers, parsed, server};
use gp_esri::ReadLimits;
use gp_formats::{Format, Input, ReadOptions};
use gp_tests::Job;
use gp_tests::features::points;
use gp_tests::job::{messages, result_of, status};
use serde_json::{Value, json};

/// What the sample services send, and one more.
const MANY: usize = 1001;

/// The links in the messages of a reply.
fn links(reply: &Value) -> Vec<String> {
    let text = messages(reply);
    text.split_whitespace().filter(|word| word.starts_with("http://")).map(str::to_owned).collect()
}

fn is_exceeded(set: &Value) -> bool {
    set["features"].as_array().is_some_and(Vec::is_empty) && set["exceededTransferLimit"] == true
}

/// The link gives every feature, to us, to the readers of formats and to the server itself.
fn check_link(server: &gp_tests::Server, url: &str) {
    let (_, path) = url.split_once("/arcgis/rest/").unwrap();
    let bytes = download(server, path).body;
    assert_eq!(parsed(&String::from_utf8(bytes.clone()).unwrap()).features.len(), MANY);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.json");
    std::fs::write(&file, bytes).unwrap();
    let options = ReadOptions {
        limits: ReadLimits::default(),
        max_decompressed_bytes: 100 << 20,
        layer: None,
        extent: None,
        scratch: folder.path(),
        stop: &|| false,
    };
    let read = gp_formats::read(&Input::open(&file).unwrap(), Format::EsriJson, &options).unwrap();
    assert_eq!(read.features.features.len(), MANY);
    let reference = json!({"url": url, "filter": "OBJECTID > 999"}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("Features", &*reference)]).json();
    assert_eq!(numbers(result_of(&reply, "Out_Features"), "OBJECTID"), [1000, 1001], "{reply}");
}

#[test]
fn an_execute_of_too_many_features_gives_none_and_a_link_to_all() {
    let server = server();
    let reply = server.post(ECHO, &[("f", "json"), ("Features", &*points(MANY))]).json();
    assert!(is_exceeded(result_of(&reply, "Out_Features")), "{reply:.500}");
    let links = links(&reply);
    assert_eq!(links.len(), 1, "{}", messages(&reply));
    assert!(messages(&reply).contains("1001 features, more than the 1000"), "{}", messages(&reply));
    check_link(&server, &links[0]);
    let reply = server.post(ECHO, &[("f", "json"), ("Features", &*points(MANY - 1))]).json();
    assert_eq!(result_of(&reply, "Out_Features")["features"].as_array().unwrap().len(), MANY - 1);
    assert_eq!(result_of(&reply, "Out_Features")["exceededTransferLimit"], false);
}

#[test]
fn a_job_of_too_many_features_gives_none_and_a_link_to_all() {
    let server = server();
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Features", &*points(MANY))]);
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let found = links(&ended);
    assert_eq!(found.len(), 1, "{}", messages(&ended));
    for options in ["", "&outSR=4326", "&returnZ=true"] {
        let value =
            server.get(&format!("{}/results/Out_Features?f=json{options}", job.path)).json()["value"].clone();
        assert!(is_exceeded(&value), "{value:.500}");
    }
    check_link(&server, &found[0]);
}

#[test]
fn rows_of_a_table_are_counted_too() {
    let server = server();
    let rows: Vec<Value> = (1..=MANY).map(|id| json!({"attributes": {"OBJECTID": id}})).collect();
    let reply = server.post(ECHO, &[("f", "json"), ("Rows", &*json!({"features": rows}).to_string())]).json();
    assert!(is_exceeded(result_of(&reply, "Out_Rows")));
    let links = links(&reply);
    let (_, path) = links[0].split_once("/arcgis/rest/").unwrap();
    assert_eq!(parsed(&download(&server, path).text()).features.len(), MANY);
}

#[test]
fn each_layer_of_a_list_that_has_too_many_features_has_a_link_of_its_own() {
    let server = server();
    let list = format!("[{},{},{}]", points(MANY), points(2), points(MANY));
    let reply = server.post(ECHO, &[("f", "json"), ("Multi_Features", &*list)]).json();
    let sets = result_of(&reply, "Out_Multi_Features").as_array().unwrap();
    assert!(is_exceeded(&sets[0]) && is_exceeded(&sets[2]), "{reply:.500}");
    assert_eq!(numbers(&sets[1], "OBJECTID"), [1, 2]);
    let found = links(&reply);
    assert_eq!(found.len(), 2, "{}", messages(&reply));
    found.iter().for_each(|url| check_link(&server, url));
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("Multi_Features", &*list)]);
    let ended = job.wait(&server);
    assert_eq!(links(&ended).len(), 2, "{}", messages(&ended));
    assert!(is_exceeded(&job.result(&server, "Out_Multi_Features")[0]));
}
