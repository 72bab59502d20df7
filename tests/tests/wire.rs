//! What is wrong with a request as HTTP: too large, broken off, flooded, no HTTP at all. One connection may suffer, the
//! server does not.

use gp_tests::Server;
use gp_tests::client::encoded;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ECHO: &str = "services/Samples/Tasks/GPServer/EchoValues/execute";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

#[test]
fn a_body_of_100_mb_is_refused_naming_the_limit_and_the_next_request_is_answered() {
    let server = Server::start();
    let body = [b"f=json&String=".as_slice(), &vec![b'a'; 100 << 20]].concat();
    let mut client = server.client();
    let reply = client.send("POST", &format!("/arcgis/rest/{ECHO}"), &[FORM], &body).unwrap();
    let error = reply.error();
    assert!(error.code == 413 && error.details.contains("67108864 bytes"), "{error:?}");
    let next = client.send("GET", "/arcgis/rest/info?f=json", &[], &[]).unwrap();
    assert_eq!(next.json()["currentVersion"], 11.3);
}

#[test]
fn a_client_that_waits_for_leave_to_send_too_much_is_refused_before_it_sends() {
    let server = Server::start();
    let request = format!(
        "POST /arcgis/rest/{ECHO} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 200000000\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    let error = server.client().send_bytes(request.as_bytes()).unwrap().error();
    assert_eq!(error.code, 413, "{error:?}");
}

#[test]
fn the_body_limit_is_a_setting() {
    let server = Server::start_with(&["--max-body", "1"]);
    let body = encoded(&[("f", "json"), ("String", &"a".repeat(1 << 20))]);
    let error = server.send("POST", ECHO, &[FORM], body.as_bytes()).error();
    assert!(error.code == 413 && error.details.contains("1048576 bytes"), "{error:?}");
}

#[test]
fn a_flood_of_headers_ends_that_connection_only() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut request = "GET /arcgis/rest/info HTTP/1.1\r\nHost: x\r\n".to_owned();
    request.push_str(&"X-Flood: 0123456789012345678901234567890123456789\r\n".repeat(100_000));
    // The server may close in the middle of it.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(server.get("info?f=json").json()["currentVersion"], 11.3);
}

#[test]
fn bytes_that_are_no_http_end_that_connection_only() {
    let server = Server::start();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(server.get("info?f=json").json()["currentVersion"], 11.3);
}

#[test]
fn a_body_that_breaks_off_starts_nothing() {
    let server = Server::start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = "POST /arcgis/rest/services/Samples/TaskJobs/GPServer/SlowCount/submitJob HTTP/1.1\r\nHost: x\r\n\
                X-Request-Id: broke-off\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nSeconds=0";
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    assert_eq!(server.get("info?f=json").json()["currentVersion"], 11.3);
    assert!(!server.log().contains("job ended"), "{}", server.log());
}
