//! Files that runs make: their links give the bytes, and nothing else does.

use super::stand_in::{Server as StandIn, files};
use super::{ECHO, ECHO_JOBS, server};
use gp_tests::job::{result_of, status};
use gp_tests::{Job, Reply, Server};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Bytes of a raster that compresses badly and holds everything.
pub fn raster() -> Vec<u8> {
    (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

pub fn stand_in() -> StandIn {
    files(HashMap::from([
        ("/lake.tif".to_owned(), raster()),
        ("/Größe%20x.pdf".to_owned(), b"%PDF".to_vec()),
    ]))
}

/// The path below `/arcgis/rest/` of the `url` of a value.
pub fn path_of(value: &Value) -> String {
    let url = value["url"].as_str().unwrap_or_else(|| panic!("no url: {value}"));
    let (_, path) = url.split_once("/arcgis/rest/").unwrap_or_else(|| panic!("not on this server: {url}"));
    path.to_owned()
}

pub fn download(server: &Server, path: &str) -> Reply {
    let reply = server.get(path);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply
}

#[test]
fn files_and_rasters_of_execute_and_of_jobs_download_with_equal_bytes() {
    let (server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let form = [
        ("f", "json"),
        ("File", &*reference),
        ("Raster", &reference),
        ("Raster_Layer", &*stand_in.url("/lake.tif")),
    ];
    let reply = server.post(ECHO, &form).json();
    assert!(reply["error"].is_null(), "{reply}");
    let mut paths = Vec::new();
    for name in ["Out_File", "Out_Raster", "Out_Raster_Layer"] {
        let value = result_of(&reply, name);
        assert_eq!(value["format"].as_str(), (name != "Out_File").then_some("tif"), "{value}");
        let path = path_of(value);
        assert!(path.starts_with("directories/arcgisoutput/Samples_Tasks_GPServer/"), "{path}");
        let file = download(&server, &path);
        assert!(file.body == raster(), "{name} came back changed");
        assert_eq!(file.header("content-type"), Some("image/tiff"));
        paths.push(path);
    }
    paths.dedup();
    assert_eq!(paths.len(), 3, "files of one name must not be one file: {paths:?}");

    let job = Job::submit(&server, ECHO_JOBS, &form);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    for name in ["Out_File", "Out_Raster", "Out_Raster_Layer"] {
        let path = path_of(&job.result(&server, name));
        let folder = format!("directories/arcgisjobs/samples_taskjobs_gpserver/{}/scratch/", job.id);
        assert!(path.starts_with(&folder), "{path}");
        assert!(download(&server, &path).body == raster(), "{name} came back changed");
    }
}

#[test]
fn a_file_is_an_input_again() {
    let (server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let first = server.post(ECHO, &[("f", "json"), ("Raster", &*reference)]).json();
    let second =
        server.post(ECHO, &[("f", "json"), ("Raster", &*result_of(&first, "Out_Raster").to_string())]).json();
    assert!(second["error"].is_null(), "{second}");
    assert!(download(&server, &path_of(result_of(&second, "Out_Raster"))).body == raster());
}

#[test]
fn files_of_this_server_are_inputs_though_its_address_is_private() {
    let server = gp_tests::Server::start();
    let layer = super::written(&super::real_layer("counties_albers.json"));
    let extract =
        [("f", "json"), ("Layers_to_Clip", &*format!("[{layer}]")), ("Feature_Format", "GEOPACKAGE")];
    let reply = server.post("services/Analysis/GPServer/ExtractData/execute", &extract).json();
    let of_execute = result_of(&reply, "Output_Zip_File").to_string();
    let job = Job::submit(&server, "AnalysisJobs/GPServer/ExtractData", &extract);
    assert_eq!(status(&job.wait(&server)), "esriJobSucceeded");
    let of_job = job.result(&server, "Output_Zip_File").to_string();
    for file in [&of_execute, &of_job] {
        for form in [
            vec![("f", "json"), ("Input_File", &**file)],
            vec![("f", "pjson"), ("Input_File", file.trim_matches(['{', '}']).split_once(':').unwrap().1)],
        ] {
            let import = server.post("services/Analysis/GPServer/ImportFeatures/execute", &form).json();
            let found = result_of(&import, "Output_Features");
            assert_eq!(found["features"].as_array().map(Vec::len), Some(14), "{file}: {import:.500}");
        }
        let next = Job::submit(
            &server,
            "AnalysisJobs/GPServer/ImportFeatures",
            &[("f", "json"), ("Input_File", file)],
        );
        assert_eq!(status(&next.wait(&server)), "esriJobSucceeded");
    }
    let never_made = of_execute.replace("output.zip", "other.zip");
    let of_no_job = of_job.replace("/scratch/", "/secret/");
    for (wrong, expected) in
        [(&never_made, "there is no file other.zip here"), (&of_no_job, "it has expired")]
    {
        let form = [("f", "json"), ("Input_File", &**wrong)];
        let error = server.post("services/Analysis/GPServer/ImportFeatures/execute", &form).error();
        assert!(error.details.starts_with("Input_File: ") && error.details.contains(expected), "{error:?}");
    }
}

#[test]
fn a_part_of_a_file_can_be_asked_for() {
    let (server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("File", &*reference)]).json();
    let path = path_of(result_of(&reply, "Out_File"));
    let part = server.send("GET", &path, &[("Range", "bytes=100-199")], &[]);
    // A server may send the whole; a part must be the one that was asked for.
    match part.status {
        200 => assert!(part.body == raster()),
        206 => assert_eq!(part.body, raster()[100..200]),
        other => panic!("{other}: {}", part.text()),
    }
    let head = server.send("HEAD", &path, &[], &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn names_of_other_alphabets_come_back_as_they_are() {
    let (server, stand_in) = (server(), stand_in());
    let url = stand_in.url("/Gr%C3%B6%C3%9Fe%20x.pdf");
    let stand_in_of_it =
        StandIn::start(|_| super::stand_in::Reply::Bytes(super::stand_in::reply(200, &[], b"%PDF")));
    let url = url.replace(&stand_in.port.to_string(), &stand_in_of_it.port.to_string());
    let reply = server.post(ECHO, &[("f", "json"), ("File", &*json!({"url": url}).to_string())]).json();
    let path = path_of(result_of(&reply, "Out_File"));
    assert!(path.is_ascii() && path.ends_with(".pdf"), "{path}");
    assert_eq!(download(&server, &path).body, b"%PDF");
}

#[test]
fn a_url_that_leads_out_of_its_folder_makes_no_file_there_and_none_is_served() {
    let server = server();
    let stand_in =
        StandIn::start(|_| super::stand_in::Reply::Bytes(super::stand_in::reply(200, &[], b"II*")));
    for path in [
        "/x/..%2f..%2f..%2fevil.tif",
        "/%2e%2e%2fevil.tif",
        "/..%5c..%5cevil.tif",
        "/%00evil.tif",
        "/.tif",
        "/",
    ] {
        let reference = json!({"url": stand_in.url(path)}).to_string();
        let reply = server.post(ECHO, &[("f", "json"), ("Raster", &*reference)]).json();
        assert!(reply["error"].is_null(), "{path}: {reply}");
        let out = path_of(result_of(&reply, "Out_Raster"));
        assert!(
            !out.contains("..") && !out.contains("%2F") && !out.contains("%5C") && !out.contains("%00"),
            "{out}"
        );
        assert_eq!(download(&server, &out).body, b"II*", "{path}");
    }
}

#[test]
fn nothing_but_the_link_gives_a_file() {
    let (server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("File", &*reference)]).json();
    let of_execute = path_of(result_of(&reply, "Out_File"));
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("File", &*reference)]);
    job.wait(&server);
    let of_job = path_of(&job.result(&server, "Out_File"));
    let (folder, name) = of_execute.rsplit_once('/').unwrap();
    let (run_folder, _) = folder.rsplit_once('/').unwrap();
    let (job_folder, job_name) = of_job.rsplit_once('/').unwrap();
    let other_id = "0123456789abcdef0123456789abcdef";
    let other_job = of_job.replace(&job.id, &format!("j{other_id}"));
    for path in [
        format!("{run_folder}/o{other_id}/{name}"),
        format!("{folder}/other.tif"),
        format!("{folder}/{name}x"),
        format!("{folder}/..%2f{name}"),
        format!("{folder}/%2e%2e/{name}"),
        format!("{folder}/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"),
        format!("{folder}/%00{name}"),
        format!("{folder}/"),
        folder.to_owned(),
        run_folder.to_owned(),
        "directories/arcgisoutput".to_owned(),
        "directories/arcgisoutput/".to_owned(),
        "directories/arcgisjobs/".to_owned(),
        "directories/".to_owned(),
        other_job,
        of_job.replace("samples_taskjobs", "samples_tasks"),
        format!("{job_folder}/other.tif"),
        format!("{job_folder}/"),
        job_folder.to_owned(),
        format!("{job_folder}/..%2f{job_name}"),
        format!("{job_folder}/..%2f..%2f..%2f..%2fetc%2fpasswd"),
    ] {
        let reply = server.get(&path);
        let text = reply.text();
        let is_refused = reply.status == 404 || reply.json()["error"]["code"].is_i64();
        assert!(is_refused, "{path}: {} {text:.200}", reply.status);
        assert!(reply.body != raster() && !text.contains("root:") && !text.contains("lake.tif,"), "{path}");
    }
    assert_eq!(server.get(&format!("{run_folder}/o{other_id}/{name}")).status, 404);
    assert_eq!(server.get(&format!("{folder}/other.tif")).status, 404);
    assert_eq!(server.get(&format!("{job_folder}/other.tif")).status, 404);
    assert!(download(&server, &of_execute).body == raster());
    assert!(download(&server, &of_job).body == raster());
}

#[test]
fn a_file_is_still_there_when_the_server_was_killed_and_started_again() {
    let (mut server, stand_in) = (server(), stand_in());
    let reference = json!({"url": stand_in.url("/lake.tif")}).to_string();
    let reply = server.post(ECHO, &[("f", "json"), ("File", &*reference)]).json();
    let job = Job::submit(&server, ECHO_JOBS, &[("f", "json"), ("File", &*reference)]);
    job.wait(&server);
    let paths = [path_of(result_of(&reply, "Out_File")), path_of(&job.result(&server, "Out_File"))];
    server.kill_9();
    server.restart();
    for path in paths {
        assert!(download(&server, &path).body == raster(), "{path}");
    }
}
