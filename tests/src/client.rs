//! A blocking HTTP/1.1 client that shows what went over the wire.
//!
//! Own code because a real client repairs, retries and hides what these tests look at: headers, framing, broken requests,
//! a connection that is used again. It speaks to this machine only and knows no more of HTTP than the server needs.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a reply may take before the test fails.
const REPLY_LIMIT: Duration = Duration::from_secs(120);

/// One connection; used again for the next request, opened anew when the server closed it.
pub struct Client {
    address: SocketAddr,
    /// What every target begins with.
    prefix: String,
    connection: Option<BufReader<TcpStream>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case, with values, in order.
    pub headers: Vec<(String, String)>,
    /// The body as it came, compressed or not.
    pub body: Vec<u8>,
}

/// The `error` of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    /// `code`
    pub code: i64,
    /// `message`
    pub message: String,
    /// `details`, one a line.
    pub details: String,
}

impl Client {
    /// A client of that server; nothing is sent yet.
    pub fn new(address: SocketAddr) -> Client {
        Client::below(address, "")
    }

    /// A client of the server below that path, which is put before every target.
    pub fn below(address: SocketAddr, prefix: &str) -> Client {
        Client { address, prefix: prefix.to_owned(), connection: None }
    }

    /// Sends a request with these headers besides `Host` and `Content-Length`, and reads the reply.
    ///
    /// # Errors
    /// The connection failed, or the reply is no HTTP.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let mut head = format!("{method} {}{target} HTTP/1.1\r\nHost: {}\r\n", self.prefix, self.address);
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        let was_open = self.connection.is_some();
        match self.exchange(method, head.as_bytes(), body) {
            // A server may close an idle connection at any time; only reading is repeated, because it changes nothing.
            Err(_) if was_open && method != "POST" => self.exchange(method, head.as_bytes(), body),
            other => other,
        }
    }

    /// Sends these bytes as they are and reads one reply.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<Reply> {
        self.exchange("POST", bytes, &[])
    }

    fn exchange(&mut self, method: &str, head: &[u8], body: &[u8]) -> io::Result<Reply> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(REPLY_LIMIT))?;
                stream.set_write_timeout(Some(REPLY_LIMIT))?;
                BufReader::new(stream)
            }
        };
        let stream = connection.get_mut();
        // A server that refuses may answer before it read everything: its answer counts, not the broken pipe.
        let sent = stream.write_all(head).and_then(|()| stream.write_all(body));
        let reply = read_reply(&mut connection, method).map_err(|error| sent.err().unwrap_or(error))?;
        let closes = reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if !closes {
            self.connection = Some(connection);
        }
        Ok(reply)
    }
}

impl Reply {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; a body that is none fails the test.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("the reply is no JSON ({error}): {:.500}", self.text()),
        }
    }

    /// The error in the body; a reply that is none, or not with HTTP 200, fails the test.
    pub fn error(&self) -> ErrorBody {
        assert_eq!(self.status, 200, "{}", self.text());
        let json = self.json();
        let error = &json["error"];
        let (Some(code), Some(message)) = (error["code"].as_i64(), error["message"].as_str()) else {
            panic!("the reply is no error: {:.500}", self.text());
        };
        let details = error["details"].as_array().map(Vec::as_slice).unwrap_or_default();
        let details: Vec<&str> = details.iter().filter_map(Value::as_str).collect();
        ErrorBody { code, message: message.to_owned(), details: details.join("\n") }
    }
}

/// Names and values as a query or a form body.
pub fn encoded(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

/// A text with everything but letters, digits and `-._~` escaped.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn read_reply(from: &mut impl BufRead, method: &str) -> io::Result<Reply> {
    loop {
        let status_line = read_line(from)?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or_else(|| broken(&format!("status line {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken("a header without a colon"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if status == 100 {
            continue;
        }
        if method != "HEAD" && status != 204 {
            reply.body = read_body(from, &reply)?;
        }
        return Ok(reply);
    }
}

fn read_body(from: &mut impl BufRead, reply: &Reply) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if reply.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(from)?;
            let size = line.split(';').next().unwrap_or_default();
            let size = u64::from_str_radix(size.trim(), 16).map_err(|_| broken("a chunk's size"))?;
            from.take(size).read_to_end(&mut body)?;
            read_line(from)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match reply.header("content-length").map(str::parse::<usize>) {
        Some(Ok(length)) => {
            body.resize(length, 0);
            from.read_exact(&mut body)?;
        }
        Some(Err(_)) => return Err(broken("the content length")),
        None => {
            from.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the reply is no HTTP: {what}"))
}
