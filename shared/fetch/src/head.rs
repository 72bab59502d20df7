//! The head of an HTTP/1.1 request and of its answer (RFC 9112).

use crate::FetchError;
use crate::connect::Connection;
use crate::request::{Encodings, Request, TokenPlace};
use crate::target::host_name;
use crate::wait::Wait;
use url::{Host, Position};

/// Most headers of one answer.
const MAX_HEADERS: usize = 128;
/// Most provisional answers before the real one.
const MAX_PROVISIONAL: usize = 8;

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) framing: Framing,
    /// Whether another request may follow on the connection.
    pub(crate) keeps_alive: bool,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// The header of that name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The bytes of a request.
pub(crate) fn request_bytes(request: &Request, wait: &Wait<'_>) -> Result<Vec<u8>, FetchError> {
    let url = &request.url;
    let host = match url.host() {
        Some(Host::Ipv6(address)) => format!("[{address}]"),
        _ => host_name(url),
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let form = request.form_bytes();
    let method = if form.is_some() { "POST" } else { "GET" };
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}{port}\r\n");
    let mut add = |name: &str, value: &str| {
        // A line break in a value would begin another header.
        if value.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) {
            return Err(wait.refused("its token holds characters that a token cannot have"));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
        Ok(())
    };
    add("User-Agent", concat!("serverless-gp/", env!("CARGO_PKG_VERSION")))?;
    add("Accept", "*/*")?;
    let encodings = if request.encodings == Encodings::Any { "gzip, deflate" } else { "identity" };
    add("Accept-Encoding", encodings)?;
    for (name, value) in &request.headers {
        add(name, value)?;
    }
    if let Some(token) = request.token.as_ref().filter(|token| token.place == TokenPlace::Header) {
        add("X-Esri-Authorization", &format!("Bearer {}", token.value))?;
    }
    if let Some(form) = &form {
        add("Content-Type", "application/x-www-form-urlencoded")?;
        add("Content-Length", &form.len().to_string())?;
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&form.unwrap_or_default());
    Ok(bytes)
}

/// Reads the head of an answer. `None` when the connection ended before its first byte.
pub(crate) fn read_head(
    connection: &mut Connection,
    max_header_bytes: usize,
    wait: &Wait<'_>,
) -> Result<Option<Head>, FetchError> {
    for _ in 0..MAX_PROVISIONAL {
        let head = loop {
            if let Some((head, byte_count)) = parse(connection.buffered(), wait)? {
                connection.take(byte_count);
                break head;
            }
            if connection.buffered().len() >= max_header_bytes {
                return Err(wait.malformed(format!("its headers are larger than {max_header_bytes} bytes")));
            }
            if connection.fill(wait)? == 0 {
                if connection.buffered().is_empty() {
                    return Ok(None);
                }
                return Err(wait.unreachable("the connection was cut"));
            }
        };
        if head.status >= 200 {
            return Ok(Some(head));
        }
        if head.status == 101 {
            break;
        }
    }
    Err(wait.no_http("provisional answers only"))
}

/// The head at the beginning of these bytes and its length; `None` while it is not complete.
fn parse(bytes: &[u8], wait: &Wait<'_>) -> Result<Option<(Head, usize)>, FetchError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let byte_count = match response.parse(bytes) {
        Ok(httparse::Status::Complete(byte_count)) => byte_count,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(wait.no_http(&error.to_string())),
    };
    let status = response.code.unwrap_or_default();
    let headers: Vec<(String, String)> = response
        .headers
        .iter()
        .map(|header| {
            (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned())
        })
        .collect();
    let framing = framing(status, &headers).ok_or_else(|| wait.no_http("no clear length"))?;
    let closes = headers.iter().any(|(name, value)| {
        name == "connection" && value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
    });
    let keeps_alive = response.version == Some(1) && !closes && framing != Framing::UntilClose;
    Ok(Some((Head { status, headers, framing, keeps_alive }, byte_count)))
}

/// How the end of the body is known (RFC 9112, 6.3); `None` where headers contradict each other.
fn framing(status: u16, headers: &[(String, String)]) -> Option<Framing> {
    if status < 200 || status == 204 || status == 304 {
        return Some(Framing::Length(0));
    }
    let all = |wanted: &str| -> Vec<&str> {
        headers.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
    };
    let (codings, lengths) = (all("transfer-encoding"), all("content-length"));
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Some(Framing::UntilClose),
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Some(Framing::Chunked),
        ([], [first, rest @ ..]) if rest.iter().all(|length| length == first) => {
            let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { first.parse().ok().map(Framing::Length) } else { None }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FetchSettings;
    use proptest::prelude::*;

    fn framing_of(headers: &str) -> Result<Framing, FetchError> {
        let text = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
        let wait = Wait::new(&FetchSettings::default(), &|| false);
        parse(text.as_bytes(), &wait).map(|parsed| parsed.unwrap().0.framing)
    }

    #[test]
    fn a_body_has_one_clear_length_or_the_answer_is_refused() {
        assert_eq!(framing_of("").unwrap(), Framing::UntilClose);
        assert_eq!(framing_of("Content-Length: 7\r\n").unwrap(), Framing::Length(7));
        assert_eq!(framing_of("Content-Length: 7\r\ncontent-length: 7\r\n").unwrap(), Framing::Length(7));
        assert_eq!(framing_of("Transfer-Encoding: Chunked\r\n").unwrap(), Framing::Chunked);
        for headers in [
            "Content-Length: 7\r\nContent-Length: 8\r\n",
            "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 7, 7\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        ] {
            assert!(framing_of(headers).is_err(), "{headers}");
        }
    }

    proptest! {
        #[test]
        fn parsing_a_head_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "HTTP/1.1 [0-9]{3} \\PC{0,20}\r\n(\\PC{1,9}: ?\\PC{0,9}\r\n){0,3}\r\n") {
            let wait = Wait::new(&FetchSettings::default(), &|| false);
            let _ = parse(&bytes, &wait);
            let _ = parse(text.as_bytes(), &wait);
        }
    }
}
