//! As much HTTP/1.1 as tests need: one message from a connection, and a GET.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Fetches a plain `http` URL.
pub fn get(url: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let mut connection = TcpStream::connect(authority).unwrap();
    write!(connection, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").unwrap();
    let (head, bytes) = read_message(&mut BufReader::new(connection)).unwrap().unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: bytes[head.len()..].to_vec(), head }
}

impl Answer {
    /// The value of a header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        header(&self.head, name).unwrap_or_default()
    }
}

/// Reads one request or answer: its head, and all of its bytes as they came. `None` at the end of the connection.
pub(crate) fn read_message(from: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let mut bytes = head.clone().into_bytes();
    if header(&head, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        read_chunks(from, &mut bytes)?;
    } else {
        let length: u64 = header(&head, "content-length").and_then(|digits| digits.parse().ok()).unwrap_or(0);
        from.take(length).read_to_end(&mut bytes)?;
    }
    Ok(Some((head, bytes)))
}

fn read_chunks(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        bytes.extend_from_slice(line.as_bytes());
        from.take(size + 2).read_to_end(bytes)?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
