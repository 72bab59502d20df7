//! Files that are read in parts.

use crate::stand_in::{Asked, Reply, Server, fetcher, ok, redirect, reply, settings};
use gp_fetch::{FetchError, FetchSettings, Fetcher, SharedStop};
use gp_formats::Input;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const BYTE_COUNT: usize = 3_000_000;

/// Made once: without optimisation it takes longer than the server may be silent.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| (0..251).cycle().take(BYTE_COUNT).collect());

fn stop() -> SharedStop {
    Arc::new(|| false)
}

fn part(asked: &Asked, all: &[u8], version: (&str, &str)) -> Reply {
    let Some(range) = asked.headers.get("range") else {
        return Reply::Bytes(reply(200, &[version], all));
    };
    if asked.headers.get("if-range").is_some_and(|wanted| wanted != version.1) {
        return Reply::Bytes(reply(200, &[version], all));
    }
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (first, last) = (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap().min(all.len() - 1));
    let range = format!("bytes {first}-{last}/{}", all.len());
    Reply::Bytes(reply(206, &[version, ("Content-Range", &range)], &all[first..=last]))
}

fn open(server: &Server, path: &str) -> Result<Option<Input>, FetchError> {
    fetcher().remote(&server.reference(path), stop())
}

#[test]
fn only_the_parts_that_are_read_are_fetched_and_none_twice() {
    let server = Server::start(move |asked| part(asked, &BYTES, ("ETag", "\"v1\"")));
    let input = open(&server, "/a.fgb").unwrap().unwrap();
    assert_eq!((input.name.as_str(), input.bytes().byte_len()), ("a.fgb", BYTE_COUNT as u64));
    let mut reader = input.reader();
    let mut buffer = [0; 1000];
    for at in [0, 5_000, 2_500_000, 2_501_000, BYTE_COUNT - 1000, 131_000] {
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        reader.read_exact(&mut buffer).unwrap();
        assert_eq!(buffer[..], BYTES[at..at + 1000]);
    }
    // The first block, that of 2.5 MB, the last, the second.
    assert_eq!(server.asked().len(), 4);
    assert!(server.asked()[1..].iter().all(|asked| asked.headers["if-range"] == "\"v1\""));
    assert_eq!(input.read_all(10_000_000).unwrap().unwrap(), *BYTES);
    assert!(server.asked().len() < 14, "reading in order asks for more at once: {}", server.asked().len());
}

#[test]
fn parts_come_over_one_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    let server = Server::start_on(
        |asked| part(asked, &BYTES, ("ETag", "\"v1\"")),
        move |socket| {
            counter.fetch_add(1, Ordering::SeqCst);
            Box::new(socket)
        },
    );
    let input = open(&server, "/a.fgb").unwrap().unwrap();
    for at in [2_500_000, 1_000_000, 500_000] {
        input.bytes().read_at(at, &mut [0; 10]).unwrap();
    }
    assert_eq!((server.asked().len(), connections.load(Ordering::SeqCst)), (4, 1));
}

#[test]
fn the_time_for_one_input_is_that_of_all_its_parts() {
    LazyLock::force(&BYTES);
    let server = Server::start(|asked| {
        std::thread::sleep(Duration::from_millis(100));
        part(asked, &BYTES, ("ETag", "\"v1\""))
    });
    let settings = FetchSettings { total_timeout: Duration::from_millis(1500), ..settings() };
    let input = Fetcher::new(settings).remote(&server.reference("/a.fgb"), stop()).unwrap().unwrap();
    let offsets = (1..22).rev().map(|block| block * 131_072);
    let mut results = offsets.map(|offset| input.bytes().read_at(offset, &mut [0; 10]));
    let error = results.find_map(Result::err).unwrap();
    assert!(error.to_string().contains("reading it may take 1.5 seconds"), "{error}");
    assert!(server.asked().len() < 20, "{}", server.asked().len());
}

#[test]
fn a_server_without_parts_or_versions_is_left_to_download() {
    for (name, value) in [("X-Nothing", "1"), ("ETag", "W/\"weak\"")] {
        let server = Server::start(move |asked| part(asked, &BYTES, (name, value)));
        assert!(open(&server, "/a.fgb").unwrap().is_none(), "{value}");
    }
    let server = Server::start(|_| ok("whole"));
    assert!(open(&server, "/a.fgb").unwrap().is_none());
    let server = Server::start(|_| Reply::Bytes(reply(416, &[], b"")));
    assert!(open(&server, "/a.fgb").unwrap().is_none());
    let server = Server::start(|_| Reply::Bytes(reply(404, &[], b"")));
    assert!(matches!(open(&server, "/a.fgb").err().unwrap(), FetchError::Server { code: 404, .. }));
}

#[test]
fn a_file_that_changes_is_an_error() {
    for second in ["\"v2\"", "changed without saying"] {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |asked| {
            let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
            let mut asked = asked.clone();
            if second != "\"v2\"" {
                asked.headers.remove("if-range");
            }
            let version = if is_first { "\"v1\"" } else { "\"v2\"" };
            part(&asked, &BYTES, ("ETag", version))
        });
        let input = open(&server, "/a.fgb").unwrap().unwrap();
        let error = input.bytes().read_at(1_000_000, &mut [0; 10]).unwrap_err();
        assert!(error.to_string().contains("changed while it was read"), "{error}");
    }
}

#[test]
fn parts_are_what_was_asked_for_or_an_error() {
    for wrong in [
        "bytes 0-9/3000000",
        "bytes 5-4/3",
        "items 0-1/2",
        "bytes 0-131071/*",
        "bytes 917504-1048575/3000001",
    ] {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |asked| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                return part(asked, &BYTES, ("ETag", "\"v1\""));
            }
            Reply::Bytes(reply(206, &[("ETag", "\"v1\""), ("Content-Range", wrong)], b"0123456789"))
        });
        let input = open(&server, "/a.fgb").unwrap().unwrap();
        assert!(input.bytes().read_at(1_000_000, &mut [0; 10]).is_err(), "{wrong}");
    }
}

#[test]
fn a_place_that_was_redirected_to_and_expires_is_asked_for_anew() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/a.fgb" => redirect(302, &format!("/signed/{}", count.fetch_add(1, Ordering::SeqCst))),
        "/signed/0" if asked.headers.contains_key("if-range") => Reply::Bytes(reply(403, &[], b"expired")),
        _ => part(asked, &BYTES, ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")),
    });
    let input = open(&server, "/a.fgb").unwrap().unwrap();
    assert_eq!(input.name, "a.fgb");
    assert_eq!(input.read_all(10_000_000).unwrap().unwrap(), *BYTES);
}
