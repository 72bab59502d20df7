//! Requests that are wrong, each in its own way: HTTP 200 and an error that names the parameter or the limit; as a job, a
//! failed job whose messages do. The server answers the next request as if nothing had been.

use gp_tests::features::POINT;
use gp_tests::job::{messages, result_of, status};
use gp_tests::{Job, Server};

const ECHO: &str = "services/Samples/Tasks/GPServer/EchoValues/execute";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Names and values of a form.
type Pairs = &'static [(&'static str, &'static str)];

/// Wrong inputs of Buffer, with what the error must name. What is not given is right.
const WRONG_BUFFERS: &[(&str, Pairs, &[&str])] = &[
    ("bad JSON", &[("Input_Features", "{\"features\":[}")], &["Input_Features", "not valid JSON"]),
    (
        "JSON that breaks off",
        &[("Input_Features", "{\"features\":[{\"geometry\":{\"x\":1")],
        &["Input_Features", "end"],
    ),
    ("a text for features", &[("Input_Features", "hello")], &["Input_Features"]),
    ("a number for features", &[("Input_Features", "5")], &["Input_Features"]),
    (
        "a text as coordinate",
        &[("Input_Features", "{\"x\":\"east\",\"y\":1,\"spatialReference\":{\"wkid\":4326}}")],
        &["Input_Features"],
    ),
    (
        "an object as coordinate",
        &[("Input_Features", "{\"rings\":[[[0,{}],[1,1]]]}")],
        &["Input_Features", "rings"],
    ),
    ("a missing required parameter", &[("Input_Features", "")], &["Input_Features", "ERROR 000735"]),
    ("an unknown choice", &[("Method", "SIDEWAYS")], &["Method", "SIDEWAYS", "GEODESIC"]),
    (
        "an unknown unit",
        &[("Distance", "{\"distance\":5,\"units\":\"esriCubits\"}")],
        &["Distance", "esriCubits"],
    ),
    ("a distance of text", &[("Distance", "{\"distance\":\"far\",\"units\":\"esriMeters\"}")], &["Distance"]),
    (
        "a distance that is not a number",
        &[("Distance", "{\"distance\":NaN,\"units\":\"esriMeters\"}")],
        &["Distance"],
    ),
    ("an infinite distance", &[("Distance", "{\"distance\":1e999,\"units\":\"esriMeters\"}")], &["Distance"]),
    ("no distance at all", &[("Distance", "")], &["Distance"]),
    (
        "an unknown wkid",
        &[("Input_Features", "{\"x\":1,\"y\":2,\"spatialReference\":{\"wkid\":987654}}")],
        &["Input_Features", "987654"],
    ),
    (
        "a broken WKT",
        &[("Input_Features", "{\"x\":1,\"y\":2,\"spatialReference\":{\"wkt\":\"PROJCS[\"}}")],
        &["Input_Features"],
    ),
    ("an unknown wkid of the output", &[("env:outSR", "987654")], &["987654"]),
    (
        "a field that is not there",
        &[("Dissolve_Type", "LIST"), ("Dissolve_Fields", "NOWHERE")],
        &["Dissolve_Fields", "NOWHERE"],
    ),
];

fn buffer_form<'a>(wrong: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let right = [("f", "json"), ("Input_Features", POINT), ("Distance", "1 Kilometers")];
    let kept = right.into_iter().filter(|(name, _)| !wrong.iter().any(|(other, _)| other == name));
    kept.chain(wrong.iter().copied()).collect()
}

#[test]
fn wrong_inputs_are_errors_that_name_the_parameter() {
    let server = Server::start();
    for (what, wrong, named) in WRONG_BUFFERS {
        let error = server.post("services/Analysis/GPServer/Buffer/execute", &buffer_form(wrong)).error();
        assert_eq!(
            (error.code, error.message.as_str()),
            (400, "Unable to complete operation."),
            "{what}: {error:?}"
        );
        for name in *named {
            assert!(error.details.contains(name), "{what}: {name} is not in {:?}", error.details);
        }
    }
}

#[test]
fn wrong_inputs_make_failed_jobs_whose_messages_name_the_parameter() {
    let server = Server::start();
    let task = "AnalysisJobs/GPServer/Buffer";
    let jobs: Vec<Job> =
        WRONG_BUFFERS.iter().map(|(_, wrong, _)| Job::submit(&server, task, &buffer_form(wrong))).collect();
    for (job, (what, _, named)) in jobs.iter().zip(WRONG_BUFFERS) {
        let ended = job.wait(&server);
        assert_eq!(status(&ended), "esriJobFailed", "{what}: {ended}");
        for name in *named {
            assert!(messages(&ended).contains(name), "{what}: {name} is not in {ended}");
        }
        assert!(messages(&ended).ends_with("Failed to execute (Buffer)."), "{what}: {ended}");
    }
}

#[test]
fn coordinates_that_are_not_numbers_are_empty_points_or_refused_and_never_numbers() {
    let server = Server::start();
    let nan = "{\"geometryType\":\"esriGeometryPoint\",\"spatialReference\":{\"wkid\":4326},\"features\":[{\"geometry\":{\"x\":\"NaN\",\"y\":\"NaN\"}}]}";
    let reply =
        server.post("services/Analysis/GPServer/Buffer/execute", &buffer_form(&[("Input_Features", nan)]));
    assert_eq!(reply.json()["results"][0]["value"]["features"], serde_json::json!([]), "{}", reply.text());
    for bad in [
        "{\"x\":1e999,\"y\":0}",
        "{\"rings\":[[[0,0],[NaN,1],[1,1],[0,0]]]}",
        "{\"paths\":[[[0,0],[1,Infinity]]]}",
    ] {
        let reply = server.post(ECHO, &[("f", "json"), ("Features", bad)]);
        if reply.json().get("error").is_some() {
            assert!(reply.error().details.contains("Features"), "{bad}: {}", reply.text());
        } else {
            assert!(
                !reply.text().contains("Infinity") && !reply.text().contains("NaN"),
                "{bad}: {}",
                reply.text()
            );
        }
    }
}

#[test]
fn an_empty_set_is_no_error() {
    let server = Server::start();
    let empty =
        "{\"geometryType\":\"esriGeometryPoint\",\"spatialReference\":{\"wkid\":4326},\"features\":[]}";
    let reply =
        server.post("services/Analysis/GPServer/Buffer/execute", &buffer_form(&[("Input_Features", empty)]));
    assert_eq!(reply.json()["results"][0]["value"]["features"], serde_json::json!([]), "{}", reply.text());
}

#[test]
fn deep_nesting_is_refused_naming_the_limit_and_the_parameter() {
    let server = Server::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let form = format!("{{\"features\":[],\"extra\":{}}}", deep(100_000));
        let error = server.post(ECHO, &[("f", "json"), ("Features", &form)]).error();
        assert!(error.details.contains("Features") && error.details.contains("64 levels"), "{error:?}");
        let json =
            server.send("POST", ECHO, &[("Content-Type", "application/json")], deep(100_000).as_bytes());
        assert_eq!(json.error().code, 400);
        for name in ["Multi_String", "context", "Linear_Unit", "env:outSR"] {
            if (name, open) == ("Multi_String", "{\"a\":") {
                // An object is one text of the list, and JSON in a text stays a text.
                continue;
            }
            let error = server.post(ECHO, &[("f", "json"), (name, &deep(100_000))]).error();
            assert!(error.details.contains(name), "{name}: {error:?}");
        }
    }
    let deep = format!("{{\"features\":[],\"extra\":{}1{}}}", "[".repeat(20), "]".repeat(20));
    let server = Server::start_with(&["--max-json-depth", "10"]);
    let error = server.post(ECHO, &[("f", "json"), ("Features", &deep)]).error();
    assert!(error.details.contains("10 levels"), "{error:?}");
}

#[test]
fn text_that_is_not_utf8_is_refused_and_the_parameter_named() {
    let server = Server::start();
    let error = server.send("POST", ECHO, &[FORM], b"f=json&String=%ff%fe").error();
    assert!(error.details.contains("String") && error.details.contains("UTF-8"), "{error:?}");
    let error = server.send("POST", ECHO, &[FORM], b"f=json&String=\xff\xfe").error();
    assert!(error.details.contains("String") && error.details.contains("UTF-8"), "{error:?}");
    let error =
        server.send("POST", ECHO, &[("Content-Type", "application/json")], b"{\"String\":\"\xff\"}").error();
    assert!(error.details.contains("UTF-8"), "{error:?}");
    let part = b"--b\r\nContent-Disposition: form-data; name=\"String\"\r\n\r\n\xff\r\n--b--\r\n";
    let error =
        server.send("POST", ECHO, &[("Content-Type", "multipart/form-data; boundary=b")], part).error();
    assert!(error.details.contains("String") && error.details.contains("UTF-8"), "{error:?}");
}

#[test]
fn bad_percent_encoding_stands_for_itself_in_values_and_is_refused_in_paths() {
    let server = Server::start();
    let json = server.send("POST", ECHO, &[FORM], b"f=json&String=100%&Multi_String=%zz").json();
    assert_eq!(result_of(&json, "Out_String"), "100%");
    assert_eq!(*result_of(&json, "Out_Multi_String"), serde_json::json!(["%zz"]));
    for path in
        ["services/%zz/GPServer", "services/%ff/GPServer", "services/Samples%00/GPServer", "services/%"]
    {
        let error = server.get(&format!("{path}?f=json")).error();
        assert!([400, 404].contains(&error.code), "{path}: {error:?}");
    }
}

#[test]
fn multipart_that_is_broken_is_refused() {
    let server = Server::start();
    let whole = "--b\r\nContent-Disposition: form-data; name=\"Long\"\r\n\r\n7\r\n--b--\r\n";
    let send = |content_type: &str, body: &str| {
        server.send("POST", ECHO, &[("Content-Type", content_type)], body.as_bytes())
    };
    assert_eq!(send("multipart/form-data; boundary=b", whole).json()["results"][1]["value"], 7);
    for (content_type, body) in [
        ("multipart/form-data; boundary=b", &whole[..whole.len() - 12]),
        ("multipart/form-data; boundary=b", &whole[..20]),
        ("multipart/form-data; boundary=other", whole),
        ("multipart/form-data", whole),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data\r\n\r\n7\r\n--b--\r\n"),
    ] {
        let error = send(content_type, body).error();
        assert!(
            error.code == 400 && error.details.contains("multipart"),
            "{content_type} {body:?}: {error:?}"
        );
    }
}

#[test]
fn bodies_that_are_no_parameters_are_refused_saying_what_to_send() {
    let server = Server::start();
    for (headers, body, named) in [
        (vec![("Content-Type", "application/xml")], "<a/>", "application/xml"),
        (vec![FORM, ("Content-Encoding", "br")], "f=json", "gzip"),
        (vec![("Content-Type", "application/x-www-form-urlencoded; charset=utf-16")], "f=json", "utf-16"),
        (vec![("Content-Type", "application/json")], "[1]", "JSON body"),
        (vec![("Content-Type", "application/json")], "{\"a\":1}}", "JSON body"),
    ] {
        let error = server.send("POST", ECHO, &headers, body.as_bytes()).error();
        assert!(error.code == 400 && error.details.contains(named), "{body}: {error:?}");
    }
}

#[test]
fn too_many_parameters_are_refused_naming_the_limit() {
    let server = Server::start();
    let error = server.send("POST", ECHO, &[FORM], "Multi_String=a&".repeat(20_000).as_bytes()).error();
    assert!(error.code == 400 && error.details.contains("10000 parameters"), "{error:?}");
}
