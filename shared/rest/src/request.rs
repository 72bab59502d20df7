//! The request: its parameters from query, form, multipart or JSON body, merged into one list (specification 1.2; 0,
//! rule 3), and the URL under which the client sees this server.

pub(crate) mod body;
mod compressed;
pub(crate) mod form;
mod json;
pub(crate) mod memory;
mod multipart;

use crate::error::Failure;
use axum::body::Body;
use bytes::Bytes;
use gp_core::{Limits, Parameters, RequestError};
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, header::AsHeaderName};
use memory::Room;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Bodies of more bytes than this are taken apart on a blocking thread.
const MAX_INLINE_BYTES: usize = 256 << 10;

/// What was read of a request.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Those of the query first, then those of the body. When `problem` is set, those that could be read.
    pub(crate) parameters: Parameters,
    /// What is wrong with the rest.
    pub(crate) problem: Option<Failure>,
    /// Size of the body.
    pub(crate) body_bytes: usize,
}

/// Reads the parameters of a request to its end. What they hold counts in `room`, which is to be kept as long as they.
pub(crate) async fn receive(
    parts: &Parts,
    body: Body,
    room: &mut Room<'_>,
    limits: &Limits,
    max_parameters: usize,
) -> Received {
    let mut received = Received::default();
    let query = parts.uri.query().unwrap_or_default();
    let query = form::read(query.as_bytes(), &mut received.parameters, max_parameters);
    let body = match body::read(&parts.headers, body, limits.max_body_bytes, room).await {
        Ok(bytes) => {
            received.body_bytes = bytes.len();
            compressed::read(&parts.headers, bytes, limits.max_decompressed_bytes, room).await
        }
        Err(error) => Err(error),
    };
    let body = match body {
        Ok(bytes) => {
            read_parameters(&parts.headers, bytes, &mut received.parameters, limits, max_parameters).await
        }
        Err(error) => Err(error),
    };
    received.problem = query.and(body).err().map(Failure::from);
    received
}

/// Scheme and host of this server as the client sees them, from the proxy's headers or the request's own.
pub(crate) fn origin(parts: &Parts) -> String {
    let first = |name: HeaderName| {
        text(&parts.headers, name).and_then(|value| value.split(',').next()).map(str::trim)
    };
    let scheme = match first(HeaderName::from_static("x-forwarded-proto")) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    };
    let is_host = |host: &&str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        !host.is_empty() && host.len() <= 255 && host.bytes().all(is_letter)
    };
    let host = first(HeaderName::from_static("x-forwarded-host")).or_else(|| text(&parts.headers, HOST));
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    format!("{scheme}://{}", host.filter(is_host).unwrap_or("localhost"))
}

/// The text of a header; `None` when it is absent or no text.
pub(crate) fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

async fn read_parameters(
    headers: &HeaderMap,
    body: Bytes,
    parameters: &mut Parameters,
    limits: &Limits,
    max_parameters: usize,
) -> Result<(), RequestError> {
    if body.is_empty() {
        return Ok(());
    }
    let content_type = text(headers, CONTENT_TYPE).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let is_multipart = kind.eq_ignore_ascii_case("multipart/form-data");
    if body.len() > MAX_INLINE_BYTES {
        let runtime = Handle::current();
        let (content_type, max_depth) = (content_type.to_owned(), limits.max_json_depth);
        let mut so_far = std::mem::take(parameters);
        let read = spawn_blocking(move || {
            let result = if is_multipart {
                // It never waits: all of the body is there.
                runtime.block_on(multipart::read(&content_type, body, &mut so_far, max_parameters))
            } else {
                read_text(&content_type, &body, &mut so_far, max_depth, max_parameters)
            };
            (so_far, result)
        });
        let (all, result) = read.await.map_err(|_| RequestError::internal())?;
        *parameters = all;
        return result;
    }
    if is_multipart {
        return multipart::read(content_type, body, parameters, max_parameters).await;
    }
    read_text(content_type, &body, parameters, limits.max_json_depth, max_parameters)
}

/// Reads a form or JSON body.
fn read_text(
    content_type: &str,
    body: &[u8],
    parameters: &mut Parameters,
    max_depth: usize,
    max_parameters: usize,
) -> Result<(), RequestError> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    check_charset(content_type)?;
    let is_json = kind.eq_ignore_ascii_case("application/json");
    if is_json || (!is_form(kind) && body.trim_ascii_start().starts_with(b"{")) {
        let text = std::str::from_utf8(body)
            .map_err(|_| RequestError::bad("the JSON body is not valid UTF-8; send it in UTF-8"))?;
        return json::read(text, parameters, max_parameters, max_depth);
    }
    if !is_form(kind) && !looks_like_a_form(body) {
        return Err(RequestError::bad(format!(
            "the request body has the content type {kind:?}; send application/x-www-form-urlencoded, multipart/form-data \
             or application/json"
        )));
    }
    form::read(body, parameters, max_parameters)
}

fn is_form(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether a body without a known content type begins with `name=`.
fn looks_like_a_form(body: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:%+*".contains(byte);
    let end = body.iter().position(|byte| !is_letter(byte));
    end.is_some_and(|end| end > 0 && body[end] == b'=')
}

fn check_charset(content_type: &str) -> Result<(), RequestError> {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match charset {
        Some(name) if !["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)) => {
            Err(RequestError::bad(format!("the request body has the charset {name}; send it in UTF-8")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_proxy_says_under_which_url_the_client_sees_the_server() {
        assert_eq!(origin(&parts(&[("host", "h:6080")])), "http://h:6080");
        let proxied =
            [("host", "inner"), ("x-forwarded-proto", "https, http"), ("x-forwarded-host", "gis.org")];
        assert_eq!(origin(&parts(&proxied)), "https://gis.org");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for host in ["", "a b", "h/evil", "h\"><script>"] {
            assert_eq!(origin(&parts(&[("host", host)])), "http://localhost", "{host}");
        }
    }
}
