//! Files that clients upload: in parts through the gateway, and directly to the bucket.

use gp_aws_tests::stack::Stack;
use gp_tests::Client;
use serde_json::Value;

const UPLOADS: &str = "services/AnalysisJobs/GPServer/uploads";
const MB: usize = 1 << 20;

/// Bytes that do not repeat within a part.
fn noise(seed: u32, len: usize) -> Vec<u8> {
    (0..len as u32).map(|n| ((n ^ seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn item_path(answer: &Value) -> String {
    assert_eq!(answer["success"], true, "{answer}");
    format!("{UPLOADS}/{}", answer["item"]["itemID"].as_str().unwrap_or_default())
}

fn post(stack: &Stack, path: &str, form: &[(&str, &str)]) -> Value {
    stack.site().post(path, form).json()
}

#[test]
fn a_file_of_60_megabytes_in_parts_comes_back_behind_a_redirect() {
    let stack = Stack::shared();
    let register = [("f", "json"), ("itemName", "lake.tif"), ("description", "d")];
    let item = item_path(&post(&stack, &format!("{UPLOADS}/register"), &register));
    let mut whole = Vec::new();
    for number in 1..=15 {
        let part = noise(number, 4 * MB);
        let texts = [("f", "json"), ("partId", &*number.to_string())];
        let answer = stack.site().post_file(&format!("{item}/uploadPart"), &texts, "part", &part).json();
        assert_eq!(answer["success"], true, "{answer}");
        whole.extend_from_slice(&part);
    }
    let (id, bucket_path) = (item.rsplit('/').next().unwrap(), |id: &str| format!("uploads/{id}/"));
    assert_eq!(stack.objects(&bucket_path(id)).len(), 15);
    let numbers: Vec<u32> = (1..=15).collect();
    assert_eq!(stack.site().get(&format!("{item}/parts?f=json")).json()["parts"], serde_json::json!(numbers));
    let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let answer = post(&stack, &format!("{item}/commit"), &[("f", "json"), ("parts", &list.join(","))]);
    assert_eq!(answer["item"]["committed"], true, "{answer}");
    for _ in 0..2 {
        let reply = stack.site().get(&format!("{item}/download"));
        assert_eq!(reply.status, 303, "{:.300}", reply.text());
        let found = stack.follow(reply.header("location").unwrap(), &[("Origin", "null")]);
        assert_eq!(found.status, 200, "{:.300}", found.text());
        assert!(found.body == whole, "the file came back changed: {} bytes", found.body.len());
        let disposition = found.header("content-disposition").unwrap();
        assert!(disposition.contains("filename=\"lake.tif\""), "{disposition}");
    }
    assert_eq!(post(&stack, &format!("{item}/delete"), &[("f", "json")])["success"], true);
    assert_eq!(stack.objects(&bucket_path(id)).len(), 0);
    assert_eq!(stack.site().get(&format!("{item}?f=json")).error().code, 404);
}

#[test]
fn a_small_file_comes_and_goes_in_one_request() {
    let stack = Stack::shared();
    let file = noise(0, 4 * MB);
    let texts = [("f", "json"), ("description", "d")];
    let answer = stack.site().post_file(&format!("{UPLOADS}/upload"), &texts, "d\u{e4}ta.csv", &file).json();
    let item = item_path(&answer);
    assert_eq!(answer["item"]["itemName"], "d\u{e4}ta.csv");
    let reply = stack.site().get(&format!("{item}/download"));
    assert_eq!(reply.status, 200, "{:.300}", reply.text());
    assert!(reply.body == file, "the file came back changed: {} bytes", reply.body.len());
    assert!(reply.header("content-disposition").unwrap().contains("d%C3%A4ta.csv"));
    let info = stack.site().get(&format!("{UPLOADS}/info?f=json")).json();
    assert!(info["maxUploadPartBytes"].as_u64().unwrap() > 4 * MB as u64, "{info}");
}

#[test]
fn a_file_sent_to_a_presigned_url_is_seen_once_it_is_committed() {
    let stack = Stack::shared();
    let file = noise(7, 9 * MB);
    let size = file.len().to_string();
    let form = [("f", "json"), ("itemName", "lake.tif"), ("size", size.as_str())];
    let answer = post(&stack, &format!("{UPLOADS}/presign"), &form);
    let item = item_path(&answer);
    let commit = format!("{item}/commit");
    let early = stack.site().post(&commit, &[("f", "json")]).error();
    assert!(early.details.contains("have come yet"), "{early:?}");
    let headers = answer["headers"].as_object().unwrap();
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let url = answer["url"].as_str().unwrap();
    let target = url.strip_prefix(stack.endpoint()).unwrap();
    let put = |bytes: &[u8]| {
        Client::new(stack.site().address()).send("PUT", target, &headers, bytes).unwrap().status
    };
    assert_ne!(put(&file[1..]), 200, "another length is refused");
    assert_eq!(put(&file), 200);
    assert_eq!(stack.site().get(&format!("{item}?f=json")).json()["committed"], false);
    assert_eq!(post(&stack, &commit, &[("f", "json")])["item"]["committed"], true);
    assert_ne!(put(&noise(8, file.len())), 200, "what has come is never replaced");
    let reply = stack.site().get(&format!("{item}/download"));
    assert_eq!(reply.status, 303, "{:.300}", reply.text());
    let found = stack.follow(reply.header("location").unwrap(), &[]);
    assert!(found.body == file, "the file came back changed: {} bytes", found.body.len());
}

#[test]
fn a_file_beyond_one_request_is_told_of_parts_and_presign() {
    let stack = Stack::shared();
    let file = noise(1, 4_707_000);
    let error =
        stack.site().post_file(&format!("{UPLOADS}/upload"), &[("f", "json")], "lake.tif", &file).error();
    assert_eq!(error.code, 413, "{error:?}");
    assert!(error.details.contains("uploadPart") && error.details.contains("presign"), "{error:?}");
}
