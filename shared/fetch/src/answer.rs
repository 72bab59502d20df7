//! What an answer that is a failure means: HTTP statuses, and ArcGIS errors, which come with status 200 (specification 5.1).

use crate::head::Head;
use crate::secrets::Secrets;
use crate::{FetchError, UrlKind};
use serde_json::Value;

/// Largest answer that is looked at for an error, in bytes.
pub(crate) const MAX_ERROR_BYTES: usize = 64 << 10;

/// How far into an answer the mark of a web page is looked for, in bytes.
const PAGE_MARK_BYTES: usize = 512;

const NO_TOKEN: &str = "add \"token\" to the input";
const BAD_TOKEN: &str = "the one that was given is not valid, or has expired; give a new one";

/// The failure that a status other than 2xx means, with what the body says of it.
pub(crate) fn status_error(
    head: &Head,
    body: &[u8],
    kind: UrlKind,
    place: &str,
    secrets: &Secrets,
) -> FetchError {
    if let Some(error) = arcgis_error(body, place, secrets) {
        return error;
    }
    // Whoever keeps files knows no tokens of ArcGIS (specification 7.5).
    if kind == UrlKind::File && matches!(head.status, 401 | 403) {
        return FetchError::CredentialsNeeded { place: place.to_owned(), status: head.status };
    }
    let message = match head.status {
        404 | 410 => "there is nothing at this url",
        429 => "it is asked too often; try again later",
        400..500 => "it does not take the request",
        500..600 => "it has a failure of its own; try again later",
        _ => "it redirects without saying where",
    };
    error_of(i64::from(head.status), message.to_owned(), place)
}

/// The failure that an ArcGIS error means; `None` where the body is none.
pub(crate) fn arcgis_error(body: &[u8], place: &str, secrets: &Secrets) -> Option<FetchError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if body.len() > MAX_ERROR_BYTES || first != Some(&b'{') {
        return None;
    }
    let document: Value = serde_json::from_slice(body).ok()?;
    let error = document.get("error")?.as_object()?;
    let code = error.get("code").and_then(|code| code.as_i64().or_else(|| code.as_str()?.parse().ok()));
    let mut sentences: Vec<&str> = Vec::new();
    let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for text in error.get("message").into_iter().chain(details).filter_map(Value::as_str) {
        let text = text.trim();
        if !text.is_empty() && !sentences.contains(&text) {
            sentences.push(text);
        }
    }
    let message = if sentences.is_empty() {
        "it does not say why".to_owned()
    } else {
        secrets.strip(&sentences.join(" "))
    };
    Some(error_of(code.unwrap_or(500), message, place))
}

/// Whether what came for a file is a web page: its first element says so. Data in XML may be sent as one by mistake, and is none.
pub(crate) fn is_web_page(first: &[u8]) -> bool {
    let begins = beginning(first);
    let mut rest = begins.as_str();
    while let Some(end) = prolog_end(rest) {
        rest = rest.get(end..).unwrap_or_default().trim_start();
    }
    ["<!doctype html", "<html"].iter().any(|mark| rest.starts_with(mark))
}

/// Where a declaration of XML or a comment ends that the text begins with.
fn prolog_end(text: &str) -> Option<usize> {
    let closed_by = |opened: &str, closed: &str| {
        text.strip_prefix(opened)?.find(closed).map(|at| opened.len() + at + closed.len())
    };
    closed_by("<?", "?>").or_else(|| closed_by("<!--", "-->"))
}

/// Whether what came from a layer is a web page: neither JSON nor protocol buffers begin as markup does.
pub(crate) fn is_page_of_layer(head: &Head, body: &[u8]) -> bool {
    let begins = beginning(body);
    begins.starts_with('<') || (is_called_page(head) && !begins.is_empty() && !begins.starts_with('{'))
}

fn is_called_page(head: &Head) -> bool {
    const KIND: &str = "text/html";
    let kind = head.header("content-type").and_then(|kind| kind.get(..KIND.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(KIND))
}

/// The beginning in lower case, without spaces and a byte order mark before it.
fn beginning(body: &[u8]) -> String {
    let first = String::from_utf8_lossy(body.get(..PAGE_MARK_BYTES).unwrap_or(body));
    first.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '\u{feff}').to_ascii_lowercase()
}

fn error_of(code: i64, message: String, place: &str) -> FetchError {
    let place = place.to_owned();
    match code {
        401 | 499 => FetchError::TokenNeeded { place, advice: NO_TOKEN },
        498 => FetchError::TokenNeeded { place, advice: BAD_TOKEN },
        403 => FetchError::Forbidden { place },
        _ => FetchError::Server { place, code, message },
    }
}
