use crate::common::{POINT, Server, escaped};
use gp_core::JobStatus;

#[tokio::test]
async fn a_result_has_its_three_keys() {
    let server = Server::new();
    let path = server.run("Echo", &format!("Input_Features={}", escaped(POINT))).await;
    insta::assert_snapshot!(
        server.get(&format!("{path}/results/Output_Features?f=pjson&returnType=data")).await.text()
    );
}

#[tokio::test]
async fn all_results_come_as_a_bare_array() {
    let server = Server::new();
    let path = server.run("Echo", "Text=hi").await;
    insta::assert_snapshot!(server.get(&format!("{path}/results?f=pjson")).await.text());
}

#[tokio::test]
async fn a_result_is_found_without_regard_to_case() {
    let server = Server::new();
    let path = server.run("Echo", "Text=hi").await;
    let answer = server.post(&format!("{path}/results/output_text/"), "f=json").await;
    assert_eq!(answer.text(), r#"{"paramName":"Output_Text","dataType":"GPString","value":"hi"}"#);
}

#[tokio::test]
async fn an_unknown_result_is_an_error() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    let (code, text) = server.get(&format!("{path}/results/undefined")).await.error();
    assert!(
        code == 400 && text.starts_with("Unable to complete operation.") && text.contains("undefined"),
        "{text}"
    );
}

#[tokio::test]
async fn a_result_is_projected_and_keeps_z_as_this_request_asks() {
    let server = Server::new();
    let path = server.run("Echo", &format!("Input_Features={}", escaped(POINT))).await;
    for sr in ["outSR=3857", "outSR=%7B%22wkid%22:102100%7D", "env:outSR=3857", "outSR=3857&env:outSR=4326"] {
        let json = server.get(&format!("{path}/results/Output_Features?{sr}&returnZ=true")).await.json();
        let value = &json["value"];
        assert_eq!(value["spatialReference"]["latestWkid"], 3857, "{sr}: {json}");
        let geometry = &value["features"][0]["geometry"];
        assert!((geometry["x"].as_f64().unwrap() - 111_319.49).abs() < 0.01, "{geometry}");
        assert_eq!(geometry["z"], 3);
    }
    let (code, text) = server.get(&format!("{path}/results/Output_Features?outSR=nonsense")).await.error();
    assert!(code == 400 && text.contains("outSR"), "{text}");
}

#[tokio::test]
async fn a_job_without_results_yet_names_its_status() {
    let server = Server::new();
    let path = server.submit("Echo", "").await;
    for (status, name) in
        [(JobStatus::Submitted, "esriJobSubmitted"), (JobStatus::Executing, "esriJobExecuting")]
    {
        server.memory.change(&path, |job| job.status = status);
        for below in ["results", "results/Output_Text"] {
            let (code, text) = server.get(&format!("{path}/{below}")).await.error();
            assert!(code == 400 && text.contains(name), "{text}");
        }
    }
}

#[tokio::test]
async fn a_job_that_failed_gives_its_error_messages_instead_of_results() {
    let server = Server::new();
    let path = server.run("Fail", "Reason=no+luck").await;
    let (code, text) = server.get(&format!("{path}/results")).await.error();
    assert!(code == 400 && text.contains("esriJobFailed") && text.contains("no luck"), "{text}");
    assert!(!text.contains("about to fail"), "warnings are not why: {text}");
}

#[tokio::test]
async fn expired_results_say_since_when() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    server.memory.change(&path, |job| {
        job.payloads = None;
        job.expires_at_ms = Some(crate::common::NOW_MS);
    });
    let (code, text) = server.get(&format!("{path}/results/Output_Text")).await.error();
    assert!(code == 400 && text.contains("expired at Monday, November 23, 2026 3:26:49 PM"), "{text}");
}

#[tokio::test]
async fn results_that_are_gone_before_their_time_are_a_fault_of_the_server() {
    let server = Server::new();
    let path = server.run("Echo", "").await;
    server.memory.change(&path, |job| job.payloads = None);
    let (code, text) = server.get(&format!("{path}/results/Output_Text")).await.error();
    assert!(code == 500 && text.contains("missing on the server"), "{text}");
}

#[tokio::test]
async fn results_too_large_for_the_record_come_from_the_blob_store() {
    let server = Server::new();
    let text = "x".repeat(200_000);
    let path = server.run("Echo", &format!("Text={text}")).await;
    assert_eq!(server.get(&format!("{path}/results/Output_Text")).await.json()["value"], text.as_str());
    assert_eq!(server.get(&format!("{path}/inputs/Text")).await.json()["value"], text.as_str());
}

#[tokio::test]
async fn rows_come_as_arrays_or_with_their_column_names() {
    let server = Server::new();
    let rows = escaped(r#"[{"volume":"high","n":1},[2]]"#);
    let path = server.run("Echo", &format!("Rows={rows}")).await;
    let value = async |query: &str| {
        server.get(&format!("{path}/results/Output_Rows?{query}")).await.json()["value"].to_string()
    };
    assert_eq!(value("f=json").await, r#"[[1,"HIGH"],[2,null]]"#);
    assert_eq!(value("returnColumnName=true").await, r#"[{"n":1,"volume":"HIGH"},{"n":2,"volume":null}]"#);
}

#[tokio::test]
async fn a_composite_is_of_the_type_that_was_given() {
    let server = Server::new();
    for (given, data_type, value) in [("5", "GPLong", "5"), ("five", "GPString", "\"five\"")] {
        let path = server.run("Echo", &format!("Either={given}")).await;
        let json = server.get(&format!("{path}/results/Output_Either")).await.json();
        assert_eq!(
            (json["dataType"].as_str().unwrap(), json["value"].to_string().as_str()),
            (data_type, value)
        );
    }
}
