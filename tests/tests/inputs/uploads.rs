//! Uploaded files as inputs (specification 1.12, 2.7 form 7): features, rows, files, rasters, alone and in lists.

use super::files::every_format;
use super::outputs::{download, path_of};
use super::{ECHO, ECHO_JOBS, echo, parsed, real_layer, refusal, sorted, wired};
use gp_tests::job::{result_of, status};
use gp_tests::{Job, Server};
use serde_json::json;

const TASKS: &str = "services/Samples/Tasks/GPServer";
const TASK_JOBS: &str = "services/Samples/TaskJobs/GPServer";

/// The sample services of this name and kind, with uploads.
fn service(name: &str, execution_type: &str) -> String {
    format!(
        "folder = \"Samples\"\nname = \"{name}\"\ndescription = \"Echo\"\nexecution_type = \"{execution_type}\"\n\
         maximum_records = 1000\ntime_limit_s = 60\n[uploads]\n[[task]]\ntool = \"EchoValues\"\n"
    )
}

/// A server that reads nothing from this machine: uploads need no leave.
fn server() -> Server {
    let (tasks, jobs) = (service("Tasks", "synchronous"), service("TaskJobs", "asynchronous"));
    Server::start_publishing(&[("tasks.toml", &tasks), ("jobs.toml", &jobs)], &[])
}

fn item(id: &str) -> String {
    json!({"itemID": id}).to_string()
}

#[test]
fn an_upload_of_every_format_is_features_and_rows_as_they_are_in_the_file() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    for (name, bytes, expected) in every_format(&layer) {
        let id = server.upload(TASKS, &name, &bytes);
        let form = [("f", "json"), ("Features", &*item(&id)), ("simplifyFeatures", "false")];
        let reply = server.post(ECHO, &form).json();
        assert!(reply["error"].is_null(), "{name}: {reply}");
        let found = parsed(&result_of(&reply, "Out_Features").to_string());
        assert_eq!(sorted(found.features), sorted(wired(&expected).features), "{name}");
        let reply = echo(&server, "Rows", &item(&id));
        assert_eq!(result_of(&reply, "Out_Rows")["features"].as_array().unwrap().len(), 14, "{name}");
    }
}

#[test]
fn a_job_reads_uploads_of_its_service_in_a_list_and_as_files() {
    let server = server();
    let layer = real_layer("counties_albers.json");
    let mut all = every_format(&layer);
    all.truncate(4);
    let ids: Vec<String> = all.iter().map(|(name, bytes, _)| server.upload(TASK_JOBS, name, bytes)).collect();
    let list = json!([{"itemId": ids[0], "filter": "OBJECTID = 1"}, {"itemID": ids[1]}, {"features": []}])
        .to_string();
    let form =
        [("f", "json"), ("Multi_Features", &*list), ("File", &*item(&ids[2])), ("Raster", &*item(&ids[3]))];
    let job = Job::submit(&server, ECHO_JOBS, &form);
    let ended = job.wait(&server);
    assert_eq!(status(&ended), "esriJobSucceeded", "{ended}");
    let sets = job.result(&server, "Out_Multi_Features");
    let counts: Vec<usize> =
        sets.as_array().unwrap().iter().map(|set| set["features"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [1, 14, 0]);
    for (result, index) in [("Out_File", 2), ("Out_Raster", 3)] {
        let value = job.result(&server, result);
        assert_eq!(download(&server, &path_of(&value)).body, all[index].1, "{value}");
    }
}

#[test]
fn an_upload_that_is_deleted_unfinished_or_of_another_service_is_refused_and_named() {
    let server = server();
    let id = server.upload(TASKS, "a.json", br#"{"features":[]}"#);
    echo(&server, "Features", &item(&id));
    assert_eq!(
        server.post(&format!("{TASKS}/uploads/{id}/delete"), &[("f", "json")]).json()["success"],
        true
    );
    let text = refusal(&server, "Features", &item(&id));
    assert!(text.contains(&id), "{text}");

    let form = [("itemName", "b.json"), ("f", "json")];
    let registered = server.post(&format!("{TASKS}/uploads/register"), &form).json();
    let id = registered["item"]["itemID"].as_str().unwrap();
    let text = refusal(&server, "File", &item(id));
    assert!(text.contains(id), "{text}");

    let id = server.upload(TASK_JOBS, "c.json", br#"{"features":[]}"#);
    let text = refusal(&server, "Features", &item(&id));
    assert!(text.contains(&id), "{text}");
}

#[test]
fn an_upload_that_is_no_file_of_features_is_refused_with_its_name() {
    let server = server();
    for (name, bytes) in
        [("lake.tif", &b"II*\0"[..]), ("broken.json", b"{\"features\":[{"), ("broken.zip", b"PK\x03\x04")]
    {
        let id = server.upload(TASKS, name, bytes);
        let text = refusal(&server, "Features", &item(&id));
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn a_name_that_would_leave_its_folder_does_not() {
    let server = server();
    for name in ["../../evil.tif", "..\\\\..\\\\evil.tif", "/etc/evil.tif", ".hidden.tif", "a b%2f..%2f.tif"]
    {
        let json =
            server.post_file(&format!("{TASKS}/uploads/upload"), &[("f", "json")], name, b"II*").json();
        let Some(id) = json["item"]["itemID"].as_str() else {
            assert!(json["error"]["code"].is_i64(), "{json}");
            continue;
        };
        let reply = echo(&server, "Raster", &item(id));
        let path = path_of(result_of(&reply, "Out_Raster"));
        assert!(path.split('/').all(|part| part != "..") && path.matches('/').count() == 4, "{name}: {path}");
        assert_eq!(download(&server, &path).body, b"II*", "{name}");
    }
    let outside = server.data().parent().unwrap().join("evil.tif");
    assert!(!outside.exists());
}
