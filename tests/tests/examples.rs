//! The program itself: what it prints, what it refuses, how it ends; and the example that it prints.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use gp_tests::Server;
use gp_tests::job::{Job, status};
use gp_tests::server::program;
use rustix::process::Signal;
use std::path::Path;
use std::process::{Command, Output};

/// The repository.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn run(args: &[&str]) -> Output {
    Command::new(program()).args(args).output().unwrap()
}

fn refused_with(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_request_that_is_printed_answers_with_real_features() {
    let server = Server::start();
    let banner = server.banner_when(|text| text.contains("curl "));
    let line = banner.lines().find(|line| line.trim_start().starts_with("curl ")).unwrap();
    // Run by a shell in the repository, as a person would.
    let output = Command::new("sh").args(["-c", line]).current_dir(repository()).output().unwrap();
    let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = &reply["results"][0]["value"];
    assert_eq!(value["geometryType"], "esriGeometryPolygon");
    assert_eq!(value["features"].as_array().unwrap().len(), 1, "dissolved");
    assert!(
        value["features"][0]["geometry"]["rings"].as_array().unwrap().len() > 100,
        "the buffers of 243 cities"
    );
}

#[test]
fn the_example_layers_run_as_a_job() {
    let server = Server::start();
    let read = |name: &str| std::fs::read_to_string(repository().join("examples").join(name)).unwrap();
    let form = [
        ("f", "json"),
        ("Target_Features", &*read("cities.json")),
        ("Join_Features", &read("countries.json")),
    ];
    let job = Job::submit(&server, "AnalysisJobs/GPServer/SpatialJoin", &form);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    let value = job.result(&server, "Output_Features");
    let cities = value["features"].as_array().unwrap();
    assert_eq!(cities.len(), 243);
    let paris = cities.iter().find(|city| city["attributes"]["CITY"] == "Paris").unwrap();
    assert_eq!(paris["attributes"]["NAME"], "France", "{paris}");
}

#[test]
fn help_names_every_setting_with_its_default_and_unit() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for part in [
        "--listen",
        "127.0.0.1:6080",
        "--data",
        "gp-data",
        "--services",
        "--public-url",
        "--allow-origin",
        "--workers",
        "--execute-workers",
        "--worker-memory",
        "MB",
        "--max-body",
        "--max-features",
        "--max-execute-features",
        "--max-json-depth",
        "--log",
        "--log-format",
        "--version",
    ] {
        assert!(help.contains(part), "{part} is not in the help:\n{help}");
    }
}

#[test]
fn a_data_folder_that_another_server_holds_is_refused_naming_both() {
    let server = Server::start();
    let data = server.data().display().to_string();
    let text = refused_with(&["--listen", "127.0.0.1:0", "--data", &data]);
    assert!(
        text.contains(&data) && text.contains(&server.pid().to_string()) && text.contains("--data"),
        "{text}"
    );
    assert_eq!(server.get("info/healthCheck?f=json").json()["success"], true);
}

#[test]
fn an_address_that_is_taken_is_refused_naming_it() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let text = refused_with(&["--listen", &server.address().to_string(), "--data", &data]);
    assert!(text.contains(&server.address().to_string()) && text.contains("--listen"), "{text}");
}

#[test]
fn a_bad_service_file_is_refused_with_file_line_and_reason() {
    let good = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 5\ntime_limit_s = 9\n[[task]]\ntool = \"Clip\"\n";
    for (from, to, line, reason) in [
        ("tool = \"Clip\"", "tool = \"Clap\"", 6, "there is no tool \"Clap\""),
        ("maximum_records = 5", "maximum_records = 0", 3, "maximum_records must be at least 1"),
        ("\"synchronous\"", "\"sometimes\"", 2, "sometimes"),
        ("time_limit_s", "time_limit", 4, "time_limit"),
        ("name = \"S\"", "name = \"S/T\"", 1, "\"S/T\" is no service name"),
        ("[[task]]\n", "[[task]\n", 5, ""),
        ("tool = \"Clip\"", "tool = \"Clip\"\ndefaults = { Speed = 1 }", 7, "\"Speed\" is no input"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bad.toml");
        std::fs::write(&file, good.replace(from, to)).unwrap();
        let data = folder.path().join("data").display().to_string();
        let services = folder.path().display().to_string();
        let text = refused_with(&["--listen", "127.0.0.1:0", "--data", &data, "--services", &services]);
        assert!(
            text.contains(&format!("{}:{line}:", file.display())) && text.contains(reason),
            "{to}: {text}"
        );
    }
}

#[test]
fn a_service_whose_layer_is_not_there_is_refused_naming_layer_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let services = folder.path().display().to_string();
    let file = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 5\ntime_limit_s = 9\n[[layer]]\n\
                name = \"Roads\"\nfile = \"roads.gpkg\"\n[[task]]\ntool = \"Clip\"\nlayers = { Input_Features = [\"Roads\"] }\n";
    std::fs::write(folder.path().join("s.toml"), file).unwrap();
    let data = folder.path().join("data").display().to_string();
    let text = refused_with(&["--listen", "127.0.0.1:0", "--data", &data, "--services", &services]);
    let path = folder.path().join("roads.gpkg").display().to_string();
    assert!(text.contains("the layer \"Roads\" of S") && text.contains(&path), "{text}");
}

#[test]
fn a_folder_without_service_files_and_a_service_defined_twice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let services = folder.path().display().to_string();
    let args = ["--listen", "127.0.0.1:0", "--data", "/nonexistent/gp", "--services", &services];
    assert!(refused_with(&args).contains("has no *.toml file"));
    let file = "name = \"S\"\nexecution_type = \"synchronous\"\nmaximum_records = 5\ntime_limit_s = 9\n[[task]]\ntool = \"Clip\"\n";
    for name in ["a.toml", "b.toml"] {
        std::fs::write(folder.path().join(name), file).unwrap();
    }
    assert!(refused_with(&args).contains("the service S is defined by two files"));
}

#[test]
fn sigint_and_sigterm_end_the_server_in_good_order_with_its_workers() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut server = Server::start();
        let job =
            Job::submit(&server, "Samples/TaskJobs/GPServer/SlowCount", &[("f", "json"), ("Seconds", "0")]);
        job.wait(&server);
        let workers = server.workers();
        assert!(!workers.is_empty());
        server.signal(signal);
        let status = server.wait();
        assert!(status.success(), "{signal:?}: {status}\n{}", server.log());
        for worker in workers {
            gp_tests::server::eventually("the end of a worker", std::time::Duration::from_secs(5), || {
                let gone = !Path::new(&format!("/proc/{worker}/exe")).exists();
                gone.then_some(())
            });
        }
    }
}
