//! `…/GPServer/uploads` and below (specification 1.12).

use crate::common::{Answer, NOW_MS, Server, url};
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use gp_core::Limits;
use gp_rest::RestSettings;
use http::{Request, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::convert::Infallible;

const UPLOADS: &str = "services/EchoJobs/GPServer/uploads";
const MULTIPART: &str = "multipart/form-data; boundary=B";

/// A body with a file and texts behind it.
fn form(file_name: &str, bytes: &[u8], texts: &[(&str, &str)]) -> Vec<u8> {
    let mut body =
        format!("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(bytes);
    for (name, value) in texts {
        body.extend_from_slice(
            format!("\r\n--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}").as_bytes(),
        );
    }
    body.extend_from_slice(b"\r\n--B--\r\n");
    body
}

async fn upload(server: &Server, file_name: &str, bytes: &[u8]) -> Answer {
    let texts = [("f", "json"), ("description", "what it is")];
    server.post_as(MULTIPART, &format!("{UPLOADS}/upload"), form(file_name, bytes, &texts)).await
}

/// The path of a registered item.
async fn registered(server: &Server) -> String {
    let answer = server.post(&format!("{UPLOADS}/register"), "f=json&itemName=lake.csv&description=d").await;
    path_of(&answer.json()["item"])
}

fn path_of(item: &Value) -> String {
    format!("{UPLOADS}/{}", item["itemID"].as_str().unwrap())
}

async fn send_part(server: &Server, item: &str, number: u32, bytes: &[u8]) -> Answer {
    let number = number.to_string();
    let body = form("part.bin", bytes, &[("f", "json"), ("partId", &number)]);
    server.post_as(MULTIPART, &format!("{item}/uploadPart"), body).await
}

#[tokio::test]
async fn a_service_that_takes_uploads_says_so_and_what_it_takes() {
    let server = Server::new();
    assert_eq!(server.get("services/EchoJobs/GPServer?f=json").await.json()["capabilities"], "Uploads");
    assert_eq!(server.get("services/Echo/GPServer?f=json").await.json()["capabilities"], "");
    let info = server.get(&format!("{UPLOADS}/info?f=json")).await.json();
    assert_eq!(info, json!({"maxUploadFileSize": 1, "allowedUploadFileTypes": "csv,zip"}));
    assert!(server.get(&format!("{UPLOADS}?f=json")).await.json()["operations"].is_array());
    for path in ["uploads", "uploads/info", "uploads/upload", "uploads/i123"] {
        let (code, text) = server.post(&format!("services/Echo/GPServer/{path}"), "f=json").await.error();
        assert!(code == 404 && text.contains("takes no uploads") && text.contains("Echo"), "{text}");
    }
}

#[tokio::test]
async fn an_uploaded_file_is_an_item_that_can_be_read_downloaded_and_deleted() {
    let server = Server::new();
    let bytes = b"x,y\r\n--\n\r\n1,2\0\xff";
    let answer = upload(&server, "C:\\data\\lake.csv", bytes).await.json();
    assert_eq!(answer["success"], true);
    let item = &answer["item"];
    let id = item["itemID"].as_str().unwrap();
    assert!(id.len() == 37 && id.starts_with('i'), "{id}");
    let expected = json!({"itemID": id, "itemName": "lake.csv", "description": "what it is", "date": NOW_MS, "committed": true});
    assert_eq!(item, &expected);
    let path = path_of(item);
    assert_eq!(server.get(&format!("{path}?f=json")).await.json(), expected);
    let file = server.get(&format!("{path}/download?f=whatever")).await;
    assert_eq!((file.status, file.body.as_ref()), (StatusCode::OK, &bytes[..]));
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("content-length"), bytes.len().to_string());
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"lake.csv\"; filename*=UTF-8''lake.csv"
    );
    assert_eq!(file.header("access-control-allow-origin"), "*");
    let head =
        server.send(Request::head(url(&format!("{path}/download"))).body(Body::empty()).unwrap()).await;
    assert_eq!((head.header("content-length"), head.body.len()), (file.header("content-length"), 0));
    assert_eq!(server.post(&format!("{path}/delete"), "f=json").await.json(), json!({"success": true}));
    for child in ["", "/download", "/parts"] {
        let (code, text) = server.get(&format!("{path}{child}")).await.error();
        assert!(code == 404 && text.contains(id), "{text}");
    }
    assert!(server.uploads.is_empty());
}

#[tokio::test]
async fn names_beyond_ascii_come_in_every_way_that_clients_send_them() {
    let server = Server::new();
    for disposition in [
        "filename=\"d\u{e4}ta \u{1f30d}.csv\"",
        "filename*=utf-8''d%C3%A4ta%20%F0%9F%8C%8D.csv",
        "filename=\"x.csv\"; filename*=UTF-8''d%C3%A4ta%20%F0%9F%8C%8D.csv",
    ] {
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; {disposition}\r\n\r\n1\r\n--B--\r\n"
        );
        let answer = server.post_as(MULTIPART, &format!("{UPLOADS}/upload?f=json"), body).await.json();
        assert_eq!(answer["item"]["itemName"], "d\u{e4}ta \u{1f30d}.csv", "{disposition}: {answer}");
        let file = server.get(&format!("{}/download", path_of(&answer["item"]))).await;
        assert!(
            file.header("content-disposition").ends_with("filename*=UTF-8''d%C3%A4ta%20%F0%9F%8C%8D.csv")
        );
    }
}

#[tokio::test]
async fn a_file_in_parts_is_registered_sent_and_committed() {
    let server = Server::new();
    let item = registered(&server).await;
    assert_eq!(server.get(&item).await.json()["committed"], false);
    for (number, bytes) in [(2, "world"), (10, "!"), (1, "hullo "), (1, "hello ")] {
        let answer = send_part(&server, &item, number, bytes.as_bytes()).await.json();
        assert_eq!(answer["success"], true, "{answer}");
    }
    let python = form("p.bin", b"never", &[("f", "json"), ("partNumber", "3")]);
    assert_eq!(
        server.post_as(MULTIPART, &format!("{item}/uploadPart"), python).await.json()["success"],
        true
    );
    assert_eq!(server.get(&format!("{item}/parts")).await.json(), json!({"parts": [1, 2, 3, 10]}));
    let (code, text) = server.get(&format!("{item}/download")).await.error();
    assert!(code == 400 && text.contains("commit"), "{text}");
    let commit = format!("{item}/commit");
    let answer = server.post(&commit, "f=json&parts=1,2,10").await.json();
    assert_eq!((&answer["success"], &answer["item"]["committed"]), (&json!(true), &json!(true)));
    assert_eq!(server.get(&format!("{item}/download")).await.body, "hello world!");
    assert_eq!(
        server.post(&commit, "f=json&parts=1&parts=2&parts=10").await.json()["success"],
        true,
        "once more"
    );
    let (_, text) = server.post(&commit, "f=json&parts=[2]").await.error();
    assert!(text.contains("is complete"), "{text}");
    let (_, text) = send_part(&server, &item, 4, b"late").await.error();
    assert!(text.contains("is complete"), "{text}");
}

#[tokio::test]
async fn without_a_list_parts_are_in_the_order_of_their_numbers() {
    let server = Server::new();
    let item = registered(&server).await;
    for number in [3, 1, 2] {
        send_part(&server, &item, number, number.to_string().as_bytes()).await;
    }
    // SHA-256 of "123".
    let checksum = "a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3";
    let wrong = checksum.replace('a', "b");
    let (_, text) = server.post(&format!("{item}/commit"), format!("f=json&checksum={wrong}")).await.error();
    assert!(text.contains("SHA-256") && text.contains(checksum), "{text}");
    let answer = server.post(&format!("{item}/commit"), format!("f=json&checksum={checksum}")).await.json();
    assert_eq!(answer["item"]["committed"], true, "{answer}");
    let (_, text) = server.post(&format!("{item}/commit"), format!("f=json&checksum={wrong}")).await.error();
    assert!(
        text.contains("checksum"),
        "a commit that is repeated with another checksum is no success: {text}"
    );
    assert_eq!(server.get(&format!("{item}/download")).await.body, "123");
}

#[tokio::test]
async fn a_commit_names_the_parts_that_are_missing_or_named_twice() {
    let server = Server::new();
    let item = registered(&server).await;
    let commit = format!("{item}/commit");
    for (with, expected) in [("f=json", "has no parts yet"), ("f=json&parts=1", "has no parts yet")] {
        let (code, text) = server.post(&commit, with).await.error();
        assert!(code == 400 && text.contains(expected), "{text}");
    }
    send_part(&server, &item, 1, b"a").await;
    for (with, expected) in [
        ("f=json&parts=1,2,7", "not received yet: 2, 7"),
        ("f=json&parts=1,1", "1 is named twice"),
        ("f=json&parts=one", "\"one\" is no part's number"),
        ("f=json&checksum=12", "checksum: give the MD5"),
    ] {
        let (code, text) = server.post(&commit, with).await.error();
        assert!(code == 400 && text.contains(expected), "{text}");
    }
    send_part(&server, &item, 3, b"c").await;
    let (code, text) = server.post(&commit, "f=json").await.error();
    assert!(code == 400 && text.contains("part 2 has not come, though part 3 has"), "{text}");
    assert_eq!(server.get(&item).await.json()["committed"], false);
}

#[tokio::test]
async fn a_file_of_another_type_or_none_is_refused_naming_what_is_taken() {
    let server = Server::new();
    for name in ["run.exe", "lake", "..", "", "a.csv/"] {
        for answer in [
            upload(&server, name, b"1").await,
            server.post(&format!("{UPLOADS}/register"), format!("f=json&itemName={name}")).await,
        ] {
            let (code, text) = answer.error();
            assert!(
                code == 400 && (text.contains("csv, zip") || text.contains("itemName")),
                "{name}: {text}"
            );
        }
    }
    assert!(server.uploads.is_empty(), "nothing was stored");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_by_what_is_announced_and_by_what_comes() {
    let server = Server::new();
    let upload = url(&format!("{UPLOADS}/upload"));
    let large = form("a.csv", &vec![b'x'; (1 << 20) + 1], &[("f", "json")]);
    let streamed = |body: &[u8]| {
        let pieces: Vec<_> =
            body.chunks(100_000).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
        Body::from_stream(stream::iter(pieces))
    };
    let post = || Request::post(&upload).header("content-type", MULTIPART);
    for request in [
        post().body(streamed(&large)).unwrap(),
        post()
            .header("content-length", 3 << 20)
            .header("expect", "100-continue")
            .body(Body::empty())
            .unwrap(),
        post().header("content-length", "4000000000").body(streamed(&large)).unwrap(),
    ] {
        let (code, text) = server.send(request).await.error();
        assert!(code == 413 && text.contains("1 MB"), "{text}");
    }
    let item = registered(&server).await;
    let half = vec![b'x'; (1 << 19) + 1];
    assert_eq!(send_part(&server, &item, 1, &half).await.json()["success"], true);
    let (code, text) = send_part(&server, &item, 2, &half).await.error();
    assert!(code == 413 && text.contains("1 MB"), "{text}");
    let named_first = format!("{item}/uploadPart?partId=2");
    let body = form("p", &half, &[("f", "json")]);
    let (code, _) = server.post_as(MULTIPART, &named_first, body).await.error();
    assert_eq!(code, 413);
    assert_eq!(
        send_part(&server, &item, 1, &half).await.json()["success"],
        true,
        "the same part may come again"
    );
    let exact = form("a.csv", &vec![b'x'; 1 << 20], &[("f", "json")]);
    assert_eq!(server.send(post().body(streamed(&exact)).unwrap()).await.json()["success"], true);
}

#[tokio::test]
async fn a_file_goes_to_the_store_as_it_comes() {
    let server = Server::new();
    let body = form("a.csv", &vec![b'x'; 1 << 20], &[("f", "json")]);
    let pieces: Vec<_> =
        body.chunks(10_000).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
    let request = Request::post(url(&format!("{UPLOADS}/upload"))).header("content-type", MULTIPART);
    let request = request.body(Body::from_stream(stream::iter(pieces))).unwrap();
    assert_eq!(server.send(request).await.json()["success"], true);
    let sizes = server.uploads.piece_sizes();
    assert!(sizes.iter().max() <= Some(&30_000), "pieces of {:?} bytes", sizes.iter().max());
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_nothing_is_left_of_it() {
    let server = Server::new();
    let item = registered(&server).await;
    let (upload, part) = (format!("{UPLOADS}/upload"), format!("{item}/uploadPart"));
    let text_part = |name: &str, text: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let file =
        |name: &str| format!("--B\r\nContent-Disposition: form-data; name=\"file\"; {name}\r\n\r\nabc\r\n");
    let (named, end) = (file("filename=\"a.csv\""), "--B--\r\n");
    let long_head =
        format!("--B\r\nContent-Disposition: form-data; name=\"file\"; x=\"{}", "x".repeat(3 << 20));
    let long_head: Vec<String> =
        long_head.as_bytes().chunks(60_000).map(|piece| String::from_utf8_lossy(piece).into()).collect();
    for (path, pieces, expected) in [
        (&upload, vec![text_part("f", "json"), end.into()], "in a part named \"file\""),
        (&upload, vec![file("x=y"), end.into()], "has no file name"),
        (&upload, vec![named.clone(), named.clone(), end.into()], "one file in a request"),
        (&upload, vec![named.clone()], "broke off"),
        (&upload, vec![named.clone()[..60].to_owned()], "broke off"),
        (
            &upload,
            vec![text_part("data", &"x".repeat(70_000)), named.clone(), end.into()],
            "data: more than 65536 bytes",
        ),
        (
            &upload,
            vec![named.clone(), text_part("description", &"x".repeat(5000)), end.into()],
            "description",
        ),
        (&upload, vec![text_part("a", "b").repeat(101), end.into()], "more than 100 parameters"),
        (&upload, long_head, "head of a part"),
        (&part, vec![file("x=y"), end.into()], "partId: give the part's number"),
        (&part, vec![file("x=y"), text_part("partId", "-1"), end.into()], "partId: give the part's number"),
        (&part, vec![file("x=y"), text_part("partId", "4000000000"), end.into()], "is too large"),
        (&part, vec![text_part("partId", "1"), end.into()], "in a part named \"file\""),
    ] {
        let pieces: Vec<_> =
            pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::from(piece))).collect();
        let answer = server.post_as(MULTIPART, path, Body::from_stream(stream::iter(pieces))).await;
        let (_, text) = answer.error();
        assert!(text.contains(expected), "{expected}: {text}");
        assert!(server.uploads.is_empty(), "{expected}: bytes are left");
    }
    for content_type in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        let (_, text) = server.post_as(content_type, &upload, "file=abc&f=json").await.error();
        assert!(text.contains("multipart"), "{text}");
    }
    let request =
        Request::post(url(&upload)).header("content-type", MULTIPART).header("content-encoding", "gzip");
    let (_, text) = server.send(request.body(Body::from("x")).unwrap()).await.error();
    assert!(text.contains("without Content-Encoding"), "{text}");
}

#[tokio::test]
async fn only_post_changes_anything() {
    let server = Server::new();
    let item = registered(&server).await;
    for path in ["upload", "register?itemName=a.csv", "presign?itemName=a.csv&size=1"] {
        let (code, text) = server.get(&format!("{UPLOADS}/{path}")).await.error();
        assert!(code == 405 && text.contains("POST"), "{text}");
    }
    for path in ["uploadPart", "commit", "delete"] {
        let (code, _) = server.get(&format!("{item}/{path}")).await.error();
        assert_eq!(code, 405);
        let head = Request::head(url(&format!("{item}/{path}"))).body(Body::empty()).unwrap();
        assert_eq!(server.send(head).await.status, StatusCode::OK);
    }
    assert_eq!(server.get(&item).await.json()["committed"], false, "it is still there");
    assert_eq!(
        server.post(&item, "f=json").await.json()["committed"],
        false,
        "what is read may be POSTed for"
    );
}

#[tokio::test]
async fn an_item_of_another_service_or_past_its_time_does_not_exist() {
    let server = Server::new();
    let item = registered(&server).await;
    let elsewhere = item.replace("services/EchoJobs", "services/Samples/QuietJobs");
    let id = item.rsplit('/').next().unwrap();
    for path in [
        elsewhere.as_str(),
        &format!("{UPLOADS}/i00000000-0000-4000-8000-000000000000"),
        &format!("{UPLOADS}/x"),
    ] {
        for child in ["", "/parts", "/download"] {
            let (code, text) = server.get(&format!("{path}{child}")).await.error();
            assert!(code == 404 && text.contains("does not exist"), "{text}");
        }
        for child in ["commit", "delete"] {
            assert_eq!(server.post(&format!("{path}/{child}"), "f=json").await.error().0, 404);
        }
        assert_eq!(send_part(&server, path, 1, b"a").await.error().0, 404);
    }
    assert!(server.get(&item).await.json()["itemID"].is_string());
    assert_eq!(server.get(&item.replace(id, &id.to_uppercase())).await.json()["itemID"], id, "in any case");
    server.uploads.change(id, |item| item.expires_at_ms = NOW_MS);
    let (code, text) = server.get(&item).await.error();
    assert!(code == 404 && text.contains("24 hours"), "{text}");
    assert_eq!(send_part(&server, &item, 1, b"a").await.error().0, 404);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_of_the_server() {
    let server = Server::new();
    server.uploads.go_down();
    assert_eq!(upload(&server, "a.csv", b"1").await.error().0, 500);
    assert!(server.uploads.is_empty(), "the bytes were removed");
}

#[tokio::test]
async fn presign_tells_where_to_send_a_file_that_a_commit_makes_visible() {
    let server = Server::new();
    let presign = format!("{UPLOADS}/presign");
    let (_, text) = server.post(&presign, "f=json&itemName=lake.csv&size=5").await.error();
    assert!(text.contains("uploads/upload"), "{text}");
    server.uploads.give_urls();
    let answer = server.post(&presign, "f=json&itemName=lake.csv&size=5").await.json();
    let item = path_of(&answer["item"]);
    let id = answer["item"]["itemID"].as_str().unwrap();
    assert_eq!(answer["url"], format!("https://store.example.org/put/{id}"));
    assert_eq!(answer["headers"], json!({"if-none-match": "*"}));
    assert_eq!(
        (&answer["method"], &answer["size"], &answer["item"]["committed"]),
        (&json!("PUT"), &json!(5), &json!(false))
    );
    let (_, text) = send_part(&server, &item, 1, b"a").await.error();
    assert!(text.contains("URL that presign gave"), "{text}");
    let commit = format!("{item}/commit");
    let (_, text) = server.post(&commit, "f=json").await.error();
    assert!(text.contains("have come yet"), "{text}");
    server.uploads.arrive(id, Bytes::from_static(b"hell"));
    let (_, text) = server.post(&commit, "f=json").await.error();
    assert!(text.contains("4 bytes were sent, but 5"), "{text}");
    server.uploads.arrive(id, Bytes::from_static(b"hello"));
    assert_eq!(server.post(&commit, "f=json").await.json()["item"]["committed"], true);
    assert_eq!(server.get(&format!("{item}/download")).await.body, "hello");
    for (with, expected) in [
        ("f=json&itemName=lake.csv", "size"),
        ("f=json&itemName=lake.csv&size=much", "size"),
        ("f=json&itemName=lake.csv&size=2000000", "1 MB"),
        ("f=json&itemName=lake.exe&size=2", "csv, zip"),
        ("f=json&size=2", "itemName"),
    ] {
        let (_, text) = server.post(&presign, with).await.error();
        assert!(text.contains(expected), "{with}: {text}");
    }
}

#[tokio::test]
async fn a_download_that_a_reply_cannot_carry_is_elsewhere() {
    let settings = RestSettings { max_reply_bytes: Some(1000), ..RestSettings::default() };
    let server = Server::with(settings, Limits::default());
    let small = upload(&server, "a.csv", &[b'x'; 750]).await.json();
    assert_eq!(server.get(&format!("{}/download", path_of(&small["item"]))).await.body.len(), 750);
    let large = upload(&server, "a.csv", &[b'x'; 751]).await.json();
    let path = format!("{}/download", path_of(&large["item"]));
    let (code, text) = server.get(&path).await.error();
    assert!(code == 413 && text.contains("751 bytes"), "{text}");
    server.uploads.give_urls();
    let answer = server.get(&path).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.header("location").starts_with("https://store.example.org/i"));
}

#[tokio::test]
async fn a_file_whose_request_asks_for_an_unknown_format_leaves_nothing_behind() {
    let server = Server::new();
    let body = form("a.csv", b"1,2", &[("f", "amf")]);
    let (code, _) = server.post_as(MULTIPART, &format!("{UPLOADS}/upload"), body).await.error();
    assert_eq!((code, server.uploads.is_empty()), (400, true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn never_panics_whatever_the_body(
        cut in 0_usize..300,
        flips in proptest::collection::vec((0_usize..300, any::<u8>()), 0..4),
        piece in 1_usize..50,
    ) {
        let mut body = form("a.csv", b"1,2\n3,4\n", &[("f", "json"), ("description", "d")]);
        for (at, byte) in flips {
            if let Some(place) = body.get_mut(at) {
                *place = byte;
            }
        }
        body.truncate(cut.max(1));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::new();
            let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
            let answer = server.post_as(MULTIPART, &format!("{UPLOADS}/upload"), Body::from_stream(stream::iter(pieces))).await;
            let json = answer.json();
            assert!(json["success"] == true || json["error"]["code"] == 400, "{json}");
            assert_eq!(json["success"] != true, server.uploads.is_empty());
        });
    }
}
