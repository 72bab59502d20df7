//! Files of runs: what tools read that was uploaded, and what they write, on workers and on the function that executes.

use gp_aws_tests::stack::Stack;
use gp_tests::job::{result_of, status};
use gp_tests::{Job, repository};
use serde_json::{Value, json};

const SYNCHRONOUS: &str = "services/Analysis/GPServer";
const JOBS: &str = "services/AnalysisJobs/GPServer";

/// The bytes behind a file result, which the bucket sends.
fn file_behind(stack: &Stack, value: &Value) -> Vec<u8> {
    let url = value["url"].as_str().expect("a file has a URL");
    let path = url.split_once("/arcgis/rest/").expect("a URL of this server").1;
    let reply = stack.site().get(path);
    if reply.status == 200 {
        return reply.body;
    }
    assert_eq!(reply.status, 303, "{:.300}", reply.text());
    let found =
        stack.follow(reply.header("location").expect("a redirect says where to"), &[("Origin", "null")]);
    assert_eq!(found.status, 200, "{:.300}", found.text());
    found.body
}

fn uploaded(stack: &Stack, service: &str) -> String {
    let file = std::fs::read(repository().join("tests/oracles/files/rivers.gpkg")).expect("a file");
    stack.site().upload(service, "rivers.gpkg", &file)
}

/// What is written of the cities of the uploaded file.
fn extracting(id: &str, format: &'static str) -> [(&'static str, String); 3] {
    let layers = json!([{"itemID": id, "layer": "cities"}]).to_string();
    [("f", "json".to_owned()), ("Layers_to_Clip", layers), ("Feature_Format", format.to_owned())]
}

#[test]
fn execute_writes_an_uploaded_layer_into_a_file_that_its_url_gives() {
    let stack = Stack::shared();
    let id = uploaded(&stack, SYNCHRONOUS);
    for format in ["GEOPACKAGE", "GEOPARQUET"] {
        let form = extracting(&id, format);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = stack.site().post(&format!("{SYNCHRONOUS}/ExtractData/execute"), &form).json();
        assert!(reply["error"].is_null(), "{format}: {reply}");
        let zip = file_behind(&stack, result_of(&reply, "Output_Zip_File"));
        assert!(zip.starts_with(b"PK\x03\x04"), "{format}: {} bytes", zip.len());
    }
}

#[test]
fn a_file_that_a_job_wrote_is_the_input_of_the_next_one() {
    let stack = Stack::shared();
    let form = extracting(&uploaded(&stack, JOBS), "GEOPARQUET");
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let job = Job::submit(stack.site(), "AnalysisJobs/GPServer/ExtractData", &form);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let zip = file_behind(&stack, &job.result(stack.site(), "Output_Zip_File"));
    let input = json!({"itemID": stack.site().upload(JOBS, "cities.zip", &zip)}).to_string();
    let next = [("f", "json"), ("Input_File", input.as_str())];
    let next = Job::submit(stack.site(), "AnalysisJobs/GPServer/ImportFeatures", &next);
    assert_eq!(status(&next.wait(stack.site())), "esriJobSucceeded");
    let features = next.result(stack.site(), "Output_Features");
    assert_eq!(features["features"].as_array().map(Vec::len), Some(20), "{features:.300}");
}

#[test]
fn an_upload_in_many_parts_is_read_as_one_file_by_a_worker() {
    let stack = Stack::shared();
    let file = std::fs::read(repository().join("tests/oracles/files/cities.csv")).unwrap();
    let register = [("f", "json"), ("itemName", "cities.csv")];
    let answer = stack.site().post(&format!("{JOBS}/uploads/register"), &register).json();
    let id = answer["item"]["itemID"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    for (number, part) in file.chunks(1000).enumerate() {
        let texts = [("f", "json"), ("partId", &*number.to_string())];
        let reply = stack.site().post_file(&format!("{JOBS}/uploads/{id}/uploadPart"), &texts, "part", part);
        assert_eq!(reply.json()["success"], true, "{}", reply.text());
    }
    let commit = stack.site().post(&format!("{JOBS}/uploads/{id}/commit"), &[("f", "json")]).json();
    assert_eq!(commit["item"]["committed"], true, "{commit}");
    let input = json!({"itemID": id}).to_string();
    let form = [("f", "json"), ("Input_File", input.as_str())];
    let job = Job::submit(stack.site(), "AnalysisJobs/GPServer/ImportFeatures", &form);
    let ended = job.wait(stack.site());
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let features = job.result(stack.site(), "Output_Features");
    assert_eq!(features["features"].as_array().map(Vec::len), Some(243));
}
