//! Whole files.

use crate::stand_in::{Reply, Server, fetcher, never, ok, reply, settings};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use gp_esri::DataReference;
use gp_fetch::{FetchError, FetchSettings, Fetcher, LayerQuery};
use gp_formats::Input;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

fn download(fetcher: &Fetcher, reference: &DataReference) -> Result<Input, FetchError> {
    let scratch = tempfile::tempdir().unwrap();
    let result = fetcher.download(reference, scratch.path(), &never);
    if result.is_err() {
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "a failure leaves nothing behind");
    }
    // What was opened can be read after its name has gone.
    result
}

fn text(input: &Input) -> String {
    String::from_utf8(input.read_all(1 << 20).unwrap().unwrap()).unwrap()
}

#[test]
fn a_file_comes_with_its_name_and_goes_when_it_is_dropped() {
    let server = Server::start(|_| ok("{}"));
    let scratch = tempfile::tempdir().unwrap();
    let input =
        fetcher().download(&server.reference("/a/b%20c.geojson?key=1#x"), scratch.path(), &never).unwrap();
    assert_eq!((input.name.as_str(), text(&input).as_str()), ("b c.geojson", "{}"));
    assert!(input.bytes().path().unwrap().starts_with(scratch.path()));
    assert_eq!(server.asked()[0].query["key"], "1");
    drop(input);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_name_is_what_the_server_says_and_never_a_path() {
    for (path, header, name) in [
        ("/x", ("Content-Disposition", "attachment; filename=\"../../roads.zip\""), "roads.zip"),
        ("/x.csv", ("Content-Disposition", "attachment; filename=download"), "x.csv"),
        ("/data", ("Content-Type", "application/geo+json; charset=utf-8"), "data.geojson"),
        ("/data", ("Content-Type", "text/csv"), "data.csv"),
        ("/", ("X-Nothing", ""), "file"),
        ("/%2e%2e%2fpasswd", ("X-Nothing", ""), "passwd"),
    ] {
        let server = Server::start(move |_| Reply::Bytes(reply(200, &[header], b"x")));
        assert_eq!(download(&fetcher(), &server.reference(path)).unwrap().name, name, "{path}");
    }
}

#[test]
fn compressed_bodies_are_decompressed() {
    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }
    let plain = "features ".repeat(1000).into_bytes();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&plain).unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(&plain).unwrap();
    for (encoding, body) in [
        ("gzip", gzip(&plain)),
        ("X-GZIP", [gzip(&plain[..9]), gzip(&plain[9..])].concat()),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", bare.finish().unwrap()),
        ("identity", plain.clone()),
    ] {
        let cut = body.clone();
        let server =
            Server::start(move |_| Reply::Bytes(reply(200, &[("Content-Encoding", encoding)], &body)));
        let input = download(&fetcher(), &server.reference("/a.csv")).unwrap();
        assert_eq!(text(&input).into_bytes(), plain, "{encoding}");
        if encoding != "identity" {
            let half = cut[..cut.len() / 2].to_vec();
            let server =
                Server::start(move |_| Reply::Bytes(reply(200, &[("Content-Encoding", encoding)], &half)));
            let error = download(&fetcher(), &server.reference("/a.csv")).err().unwrap();
            assert!(matches!(error, FetchError::Malformed { .. }), "{error}");
        }
    }
    let server = Server::start(|_| Reply::Bytes(reply(200, &[("Content-Encoding", "br")], b"x")));
    assert!(matches!(
        download(&fetcher(), &server.reference("/a")).err().unwrap(),
        FetchError::Unsupported { .. }
    ));
}

#[test]
fn bodies_in_chunks_and_until_the_end_of_the_connection_are_read() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = format!("{head}3;name=value\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
    for bytes in [
        chunked.clone(),
        format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{chunked}"),
        "HTTP/1.0 200 OK\r\n\r\nabc0123456789".to_owned(),
        "HTTP/1.1 200\r\ncontent-length:13\r\n\r\nabc0123456789 and more".to_owned(),
    ] {
        let reply = bytes.clone();
        let server = Server::start(move |_| Reply::Cut(reply.clone().into_bytes()));
        assert_eq!(
            text(&download(&fetcher(), &server.reference("/a.csv")).unwrap()),
            "abc0123456789",
            "{bytes}"
        );
    }
}

#[test]
fn failures_that_pass_are_tried_again_and_others_are_not() {
    for (status, asked) in
        [(429, 3), (502, 3), (503, 3), (504, 3), (500, 1), (404, 1), (400, 1), (401, 1), (403, 1)]
    {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Bytes(reply(status, &[("Retry-After", "0")], b"later")),
            1 => Reply::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123".to_vec()),
            _ => ok("done"),
        });
        let result = download(&fetcher(), &server.reference("/a.csv"));
        assert_eq!((server.asked().len(), result.is_ok()), (asked, asked == 3), "{status}");
    }
    let server = Server::start(|_| Reply::Cut(Vec::new()));
    assert!(matches!(
        download(&fetcher(), &server.reference("/a")).err().unwrap(),
        FetchError::Unreachable { .. }
    ));
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn pages_and_errors_that_come_instead_of_a_file_are_told_from_files() {
    for (content_type, page) in [
        ("text/html", "\n<!DOCTYPE html><title>Log in"),
        ("Text/HTML;charset=utf-8", "<?xml version=\"1.0\"?><html>"),
        ("text/html", "<!-- Log in --><html>"),
        ("", "\u{feff}<html lang=\"en\">"),
    ] {
        let bytes = reply(200, &[("Content-Type", content_type)], page.as_bytes());
        let server = Server::start(move |_| Reply::Bytes(bytes.clone()));
        let error = download(&fetcher(), &server.reference("/query.pbf")).err().unwrap();
        assert!(error.to_string().contains("a web page instead of a file"), "{error}");
    }
    let kml = "<?xml version=\"1.0\"?><!-- <html> --><kml><description><![CDATA[<html>]]></description>";
    let server =
        Server::start(move |_| Reply::Bytes(reply(200, &[("Content-Type", "text/html")], kml.as_bytes())));
    assert_eq!(text(&download(&fetcher(), &server.reference("/a.kml")).unwrap()), kml);
    let server = Server::start(|_| ok(r#" {"error":{"code":"498","message":"Invalid token: t0ken"}}"#));
    let reference = DataReference { token: Some("t0ken".to_owned()), ..server.reference("/a/data?x=t0ken") };
    let error = download(&fetcher(), &reference).err().unwrap();
    assert!(matches!(error, FetchError::TokenNeeded { .. }), "{error}");
    assert!(!format!("{error:?}").contains("t0ken"));
    assert_eq!(server.asked()[0].headers["x-esri-authorization"], "Bearer t0ken");
    let server = Server::start(|_| Reply::Bytes(reply(200, &[], b"")));
    assert!(
        download(&fetcher(), &server.reference("/a.zip"))
            .err()
            .unwrap()
            .to_string()
            .contains("an empty file")
    );
}

#[test]
fn a_file_that_is_too_large_is_cut_off() {
    let server = Server::start(|_| Reply::Bytes(reply(200, &[], &[b'x'; 2000])));
    let fetcher = Fetcher::new(FetchSettings { max_bytes: 1999, ..settings() });
    let error = download(&fetcher, &server.reference("/a.zip")).err().unwrap();
    assert!(error.to_string().contains("larger than 1999 bytes"), "{error}");
}

#[test]
fn a_file_that_says_itself_that_it_is_too_large_is_refused_before_it_is_read() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n";
    for more in ["\r\nabc", "Content-Encoding: gzip\r\n\r\n", "Content-Encoding: deflate\r\n\r\n"] {
        let server = Server::start(move |_| Reply::Silence(format!("{head}{more}").into_bytes()));
        let error = download(&fetcher(), &server.reference("/a.zip")).err().unwrap();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn a_layer_whose_answer_says_that_it_is_too_large_is_refused_before_it_is_read() {
    for byte_len in [17_u64 << 20, 100_000_000_000] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {byte_len}\r\n\r\n{{");
        let server = Server::start(move |_| Reply::Silence(head.clone().into_bytes()));
        let reference = server.reference("/arcgis/rest/services/A/FeatureServer/0");
        let error = fetcher().layer(&reference, &LayerQuery::default(), &never).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
    }
}

#[test]
fn a_download_leaves_the_disk_room_for_others() {
    let head = "HTTP/1.1 200 OK\r\n";
    let unannounced = format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").into_bytes();
    for bytes in [reply(200, &[], b"abc"), unannounced] {
        let server = Server::start(move |_| Reply::Bytes(bytes.clone()));
        for (min_free_bytes, has_room) in [(0, true), (1, true), (u64::MAX, false)] {
            let fetcher = Fetcher::new(FetchSettings { min_free_bytes, ..settings() });
            let result = download(&fetcher, &server.reference("/a.csv"));
            assert_eq!(result.is_ok(), has_room, "{min_free_bytes}");
            if let Some(error) = result.err() {
                assert!(error.to_string().contains("no room for it on its disk"), "{error}");
            }
        }
    }
    let claims = format!("{head}Content-Length: {}\r\n\r\nabc", 1_u64 << 60).into_bytes();
    let server = Server::start(move |_| Reply::Cut(claims.clone()));
    let fetcher = Fetcher::new(FetchSettings { min_free_bytes: 1, max_bytes: u64::MAX, ..settings() });
    let error = download(&fetcher, &server.reference("/a.csv")).err().unwrap();
    assert!(matches!(error, FetchError::NoRoom { .. }), "{error}");
}

#[test]
fn a_file_that_is_refused_wants_its_credentials_in_its_url_and_one_of_a_portal_a_token() {
    for status in [401, 403] {
        let server = Server::start(move |_| Reply::Bytes(reply(status, &[], b"<Error>AccessDenied</Error>")));
        let reference = DataReference { token: Some("t0ken".to_owned()), ..server.reference("/a.geojson") };
        let error = download(&fetcher(), &reference).err().unwrap().to_string();
        assert!(error.contains(&format!("may not be read (HTTP {status})")), "{error}");
        assert!(error.contains("credentials of a file belong into its url"), "{error}");
        let server = Server::start(move |_| {
            let said = format!(r#"{{"error":{{"code":{status},"message":"Token Required"}}}}"#);
            Reply::Bytes(reply(status, &[], said.as_bytes()))
        });
        let error = download(&fetcher(), &server.reference("/a/data")).err().unwrap().to_string();
        assert!(error.contains("token") && !error.contains("credentials"), "{error}");
    }
}

#[test]
fn a_token_cannot_bring_headers_along() {
    let server = Server::start(|_| ok("{}"));
    let reference = DataReference { token: Some("a\r\nX-Evil: 1".to_owned()), ..server.reference("/a.csv") };
    assert!(matches!(download(&fetcher(), &reference).err().unwrap(), FetchError::Refused { .. }));
    assert!(server.asked().is_empty());
}
