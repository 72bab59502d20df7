//! Cross-origin requests: every reply says which pages may read it, errors included (specification 0, rule 11).

use crate::{Origins, RestSettings};
use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, HEAD, OPTIONS");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "X-Esri-Authorization, Authorization, Content-Type, Content-Encoding, Idempotency-Key, X-Request-Id, X-Requested-With, Cache-Control",
);
const REPLY_HEADERS: HeaderValue = HeaderValue::from_static("X-Request-Id");
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("86400");

/// The answer to OPTIONS on any path: what a page may send.
pub(crate) fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    response
}

/// Adds to a reply who may read it.
pub(crate) fn allow(settings: &RestSettings, request: &HeaderMap, reply: &mut HeaderMap) {
    let origin = request.get(ORIGIN);
    let is_listed = |origin: &&HeaderValue| {
        settings.credentialed_origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes())
    };
    if let Some(origin) = origin.filter(is_listed) {
        reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        reply.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    } else if settings.origins == Origins::Any {
        reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if !settings.credentialed_origins.is_empty() {
        reply.append(VARY, HeaderValue::from_static("Origin"));
    }
    reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, REPLY_HEADERS);
}
