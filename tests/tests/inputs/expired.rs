//! Files that runs made, after their time.

use super::outputs::{download, path_of, raster, stand_in};
use super::{ECHO, server};
use gp_tests::job::{result_of, status};
use gp_tests::{Job, Server};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[test]
fn files_are_gone_with_the_results_of_their_job() {
    let service = |name: &str, retention: &str| {
        format!(
            "name = \"{name}\"\ndescription = \"Echo\"\nexecution_type = \"asynchronous\"\nmaximum_records = 1000\n\
             time_limit_s = 60\n{retention}\n[[task]]\ntool = \"EchoValues\"\n"
        )
    };
    let (short, long) = (service("Short", "retention_minutes = 0"), service("Long", ""));
    let services = [("short.toml", short.as_str()), ("long.toml", long.as_str())];
    let (mut server, stand_in) = (Server::start_publishing(&services, &["--private-inputs"]), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let run = |server: &Server, name: &str| {
        let job = Job::submit(
            server,
            &format!("{name}/GPServer/EchoValues"),
            &[("f", "json"), ("File", &*reference)],
        );
        assert_eq!(status(&job.wait(server)), "esriJobSucceeded");
        format!("directories/arcgisjobs/{}_gpserver/{}/scratch/lake.tif", name.to_lowercase(), job.id)
    };
    let kept = run(&server, "Long");
    let gone = run(&server, "Short");
    assert_eq!(server.get(&gone).status, 404);
    // What has expired is removed at a start, and once a minute.
    assert!(server.stop().success());
    server.restart();
    gp_tests::server::eventually("the removal of the file", Duration::from_secs(20), || {
        (files_of(&server.data(), raster().len() as u64) == 1).then_some(())
    });
    assert_eq!(server.get(&gone).status, 404);
    assert!(download(&server, &kept).body == raster());
}

/// How many files of that length lie below a folder.
fn files_of(folder: &Path, byte_len: u64) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += files_of(&path, byte_len);
        } else if path.metadata().is_ok_and(|found| found.len() == byte_len) {
            count += 1;
        }
    }
    count
}

#[test]
fn files_of_execute_are_gone_after_a_day() {
    let (mut server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let run = |server: &Server| {
        let reply = server.post(ECHO, &[("f", "json"), ("File", &*reference)]).json();
        result_of(&reply, "Out_File").clone()
    };
    let made = [23, 25].map(|hours| (run(&server), hours));
    for (value, hours) in &made {
        let path = path_of(value);
        let id = path.split('/').nth(3).unwrap();
        let folder = File::open(folder_named(&server.data(), id).unwrap()).unwrap();
        let changed = folder.metadata().unwrap().modified().unwrap();
        folder.set_modified(changed - Duration::from_secs(hours * 3600)).unwrap();
    }
    let [kept, gone] = made.map(|(value, _)| value);
    // What has expired is removed at a start, and once a minute.
    assert!(server.stop().success());
    server.restart();
    gp_tests::server::eventually("the removal of the file", Duration::from_secs(20), || {
        (server.get(&path_of(&gone)).status == 404).then_some(())
    });
    assert_eq!(files_of(&server.data(), raster().len() as u64), 1);
    assert!(download(&server, &path_of(&kept)).body == raster());
    let text = super::refusal(&server, "File", &gone.to_string());
    assert!(text.contains("expired"), "{text}");
}

/// The folder of that name below another.
fn folder_named(below: &Path, name: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        if path.ends_with(name) {
            return Some(path);
        }
        if let Some(found) = folder_named(&path, name) {
            return Some(found);
        }
    }
    None
}
