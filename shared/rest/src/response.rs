//! The reply: JSON as asked for (plain, indented, or as a call for script tags), compressed where the client takes it.

mod encoding;
mod pretty;

use crate::error::{Failure, error_json};
use crate::reply_format::{self, ReplyFormat};
use crate::resource::Resource;
use crate::upload::{Download, disposition};
use axum::body::Body;
use bytes::Bytes;
pub(crate) use encoding::Encoding;
use gp_core::{Content, JobId, Parameters, RequestError, StoreError, StoredResult};
use gp_formats::Format;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

/// Replies up to this size are shaped on the thread that answers; indenting or compressing more would hold up others.
const MAX_INLINE_BYTES: usize = 64 << 10;

const MAX_CALLBACK_BYTES: usize = 200;

/// What a resource answers, before it takes its shape.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The JSON text, or the bytes of another media type.
    pub(crate) json: Bytes,
    /// What the bytes are when they are not plain JSON; unless they are GeoJSON, they are then sent in no other shape.
    pub(crate) media_type: Option<&'static str>,
    /// The name to keep them under, of bytes that are a file and compressed in themselves.
    pub(crate) file_name: Option<String>,
    /// A file to send instead of `json`, as it is read.
    pub(crate) download: Option<Download>,
    /// A stored body to send instead of `json`.
    pub(crate) stored: Option<StoredResult>,
    /// 200, except for a failed health check and a reply that is elsewhere.
    pub(crate) status: StatusCode,
    /// Where the reply is, when it is elsewhere.
    pub(crate) location: Option<HeaderValue>,
    /// Whether it may differ the next moment, as a job does.
    pub(crate) is_volatile: bool,
    /// `code` of the error body.
    pub(crate) code: Option<u16>,
    /// What only the log is told.
    pub(crate) cause: Option<String>,
    /// The job that it is about, where the URL does not say so.
    pub(crate) job: Option<JobId>,
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
        let (media_type, stored, location, code, cause, job) = (None, None, None, None, None, None);
        Reply {
            json,
            media_type,
            file_name: None,
            download: None,
            stored,
            status,
            location,
            is_volatile: false,
            code,
            cause,
            job,
        }
    }

    /// A reply that is no JSON.
    pub(crate) fn file(media_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
        Reply { media_type: Some(media_type), ..Reply::stable(bytes) }
    }

    /// A result as it is stored.
    pub(crate) fn stored(result: StoredResult) -> Reply {
        Reply { stored: Some(result), ..Reply::volatile(Bytes::new()) }
    }

    /// A reply that is too large to come this way: 303, which turns a POST into a GET. The body is for clients that do
    /// not follow it.
    pub(crate) fn elsewhere(url: &str) -> Reply {
        let error = RequestError {
            code: 303,
            message: "See Other".into(),
            details: vec![format!("the reply is too large to be sent this way; it is at {url}")],
        };
        let location = HeaderValue::from_str(url).ok();
        Reply { status: StatusCode::SEE_OTHER, location, ..Reply::volatile(error_json(&error)) }
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
    pub(crate) fn read(
        parameters: &Parameters,
        resource: Option<&Resource>,
    ) -> (Shape, Result<(), RequestError>) {
        let mut shape = Shape::default();
        match parameters.get("callback") {
            Some(path) if is_script_path(path) => shape.callback = Some(path.to_owned()),
            Some(_) => {
                let detail = "callback: only letters, digits and _ . $ [ ] are allowed";
                return (shape, Err(RequestError::invalid(detail)));
            }
            None => {}
        }
        shape.is_indented = ReplyFormat::asked(parameters) == Some(ReplyFormat::IndentedJson);
        (shape, reply_format::check(parameters, resource))
    }

    /// Whether it is JSON as it is stored.
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_indented && self.callback.is_none()
    }

    /// The body, and its encoding.
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

/// A reply in its shape, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Shaped {
    pub(crate) body: Bytes,
    pub(crate) content: Content,
    status: StatusCode,
    location: Option<HeaderValue>,
    disposition: Option<HeaderValue>,
    is_volatile: bool,
}

impl Shaped {
    /// Whether the body is text as it stands; anything else is carried as base64.
    pub(crate) fn is_text(&self) -> bool {
        let media_type = self.content.media_type;
        let is_json = media_type.starts_with("application/json") || media_type.ends_with("+json");
        let is_other_text = media_type.starts_with("text/")
            || media_type.starts_with("application/javascript")
            || media_type.starts_with("application/xml");
        self.content.encoding.is_none() && (is_json || is_other_text)
    }
}

/// Gives a reply the shape asked for.
///
/// # Errors
/// A stored result is corrupt.
pub(crate) async fn shape(reply: Reply, shape: Shape, request: &Parts) -> Result<Shaped, StoreError> {
    let is_json = reply.media_type.is_none_or(|media_type| media_type == Format::GeoJson.media_type());
    let shape = if is_json { shape } else { Shape::default() };
    let media_type = match (&shape.callback, reply.media_type) {
        (Some(_), _) => "application/javascript;charset=utf-8",
        (None, Some(media_type)) => media_type,
        (None, None) => "application/json;charset=utf-8",
    };
    let disposition =
        reply.file_name.as_deref().and_then(|name| HeaderValue::from_str(&disposition(name)).ok());
    let (body, encoding) = match reply.stored {
        Some(stored)
            if stored.is_gzip() && shape.is_plain() && Encoding::is_gzip_accepted(&request.headers) =>
        {
            (stored.bytes().clone(), Some(Encoding::Gzip.name()))
        }
        Some(stored) => shaped_body(shape, stored.body()?, request).await,
        None if reply.file_name.is_some() => (reply.json, None),
        None => shaped_body(shape, reply.json, request).await,
    };
    let content = Content { media_type, encoding };
    let (status, location, is_volatile) = (reply.status, reply.location, reply.is_volatile);
    Ok(Shaped { body, content, status, location, disposition, is_volatile })
}

async fn shaped_body(shape: Shape, json: Bytes, request: &Parts) -> (Bytes, Option<&'static str>) {
    let encoding = Encoding::asked_for(&request.headers);
    let needs_work = shape.is_indented || encoding.is_some();
    let (body, encoding) = if needs_work && json.len() > MAX_INLINE_BYTES {
        let plain = json.clone();
        let shaping = tokio::task::spawn_blocking(move || shape.apply(json, encoding));
        // It only fails when the process is ending; the plain text is then still an answer.
        shaping.await.unwrap_or((plain, None))
    } else {
        shape.apply(json, encoding)
    };
    (body, encoding.map(Encoding::name))
}

/// The HTTP response, without the headers that belong to the whole server, and the size of its body.
pub(crate) fn build(shaped: Shaped, request: &Parts) -> (Response<Body>, usize) {
    let size = shaped.body.len();
    let is_head = request.method == Method::HEAD;
    let mut response = Response::new(if is_head { Body::empty() } else { Body::from(shaped.body) });
    *response.status_mut() = shaped.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(shaped.content.media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(encoding) = shaped.content.encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(disposition) = shaped.disposition {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    if let Some(location) = shaped.location {
        headers.insert(LOCATION, location);
    }
    if shaped.is_volatile {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    (response, size)
}

/// `window._EsriLeafletCallbacks.c0`, but nothing that could be more than a function's name (specification 1.2).
fn is_script_path(path: &str) -> bool {
    path.len() <= MAX_CALLBACK_BYTES
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$[]".contains(&byte))
}
