//! The reply: JSON as asked for (plain, indented, or as a call for script tags), compressed where the client takes it.

mod encoding;
mod pretty;

use crate::error::{Failure, error_json};
use axum::body::Body;
use bytes::Bytes;
use encoding::Encoding;
use gp_core::{Parameters, RequestError};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

/// Replies up to this size are shaped on the thread that answers; indenting or compressing more would hold up others.
const MAX_INLINE_BYTES: usize = 64 << 10;

const MAX_CALLBACK_BYTES: usize = 200;

/// What a resource answers, before it takes its shape.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The JSON text, or the bytes of another media type.
    pub(crate) json: Bytes,
    /// What the bytes are when they are not JSON; they are then sent as they are, in no other shape.
    pub(crate) media_type: Option<&'static str>,
    /// 200, except for a failed health check.
    pub(crate) status: StatusCode,
    /// Whether it may differ the next moment, as a job does.
    pub(crate) is_volatile: bool,
    /// `code` of the error body.
    pub(crate) code: Option<u16>,
    /// What only the log is told.
    pub(crate) cause: Option<String>,
}

/// The shape asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    is_indented: bool,
    callback: Option<String>,
}

impl Reply {
    /// A reply that stays the same while the catalog does.
    pub(crate) fn stable(json: impl Into<Bytes>) -> Reply {
        let (json, status) = (json.into(), StatusCode::OK);
        Reply { json, media_type: None, status, is_volatile: false, code: None, cause: None }
    }

    /// A reply that is no JSON.
    pub(crate) fn file(media_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
        Reply { media_type: Some(media_type), ..Reply::stable(bytes) }
    }

    /// A reply that no cache may keep.
    pub(crate) fn volatile(json: impl Into<Bytes>) -> Reply {
        Reply { is_volatile: true, ..Reply::stable(json) }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Reply {
        let code = Some(failure.error.code);
        Reply { code, cause: failure.cause, ..Reply::volatile(error_json(&failure.error)) }
    }
}

impl Shape {
    /// Reads `f` and `callback`. Until there are pages, `f=html` means indented JSON. Also code 400 for another format or
    /// a callback that is no JavaScript path: the shape is then what can be had, because errors have one too.
    pub(crate) fn read(parameters: &Parameters) -> (Shape, Result<(), RequestError>) {
        let mut shape = Shape::default();
        match parameters.get("callback") {
            Some(path) if is_script_path(path) => shape.callback = Some(path.to_owned()),
            Some(_) => {
                let detail = "callback: only letters, digits and _ . $ [ ] are allowed";
                return (shape, Err(RequestError::invalid(detail)));
            }
            None => {}
        }
        // R clients quote it: f="json".
        let format = parameters.get("f").unwrap_or("json").trim_matches(['"', '\'', ' ']);
        let is = |name: &str| format.eq_ignore_ascii_case(name);
        shape.is_indented = is("pjson") || is("html");
        if is("json") || shape.is_indented {
            return (shape, Ok(()));
        }
        let shown: String = format.chars().take(40).collect();
        let details = vec![format!("f: the format {shown:?} is not available here; use json or pjson")];
        (shape, Err(RequestError { code: 400, message: "Invalid format".into(), details }))
    }

    /// The body, and the name of its encoding.
    fn apply(&self, json: Bytes, encoding: Option<Encoding>) -> (Bytes, Option<Encoding>) {
        let mut body = if self.is_indented { Bytes::from(pretty::indent(&json)) } else { json };
        if let Some(callback) = &self.callback {
            body = Bytes::from([callback.as_bytes(), b"(", &body, b");"].concat());
        }
        match encoding.and_then(|encoding| Some((encoding.compress(&body)?, encoding))) {
            Some((compressed, encoding)) => (Bytes::from(compressed), Some(encoding)),
            None => (body, None),
        }
    }
}

/// The HTTP response, without the headers that belong to the whole server, and the size of its body.
pub(crate) async fn build(reply: Reply, shape: Shape, request: &Parts) -> (Response<Body>, usize) {
    let encoding = Encoding::asked_for(&request.headers, ACCEPT_ENCODING);
    let shape = if reply.media_type.is_some() { Shape::default() } else { shape };
    let content_type = match (reply.media_type, &shape.callback) {
        (Some(media_type), _) => media_type,
        (None, Some(_)) => "application/javascript;charset=utf-8",
        (None, None) => "application/json;charset=utf-8",
    };
    let needs_work = shape.is_indented || encoding.is_some();
    let (body, encoding) = if needs_work && reply.json.len() > MAX_INLINE_BYTES {
        let json = reply.json.clone();
        let shaping = tokio::task::spawn_blocking(move || shape.apply(json, encoding));
        // It only fails when the process is ending; the plain text is then still an answer.
        shaping.await.unwrap_or((reply.json, None))
    } else {
        shape.apply(reply.json, encoding)
    };
    let size = body.len();
    let mut response =
        Response::new(if request.method == Method::HEAD { Body::empty() } else { Body::from(body) });
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    if reply.is_volatile {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    (response, size)
}

/// `window._EsriLeafletCallbacks.c0`, but nothing that could be more than a function's name (specification 1.2).
fn is_script_path(path: &str) -> bool {
    path.len() <= MAX_CALLBACK_BYTES
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$[]".contains(&byte))
}
