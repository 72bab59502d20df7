//! One structured event a request, and the id that ties it to the reply and to the caller's own log.
//!
//! Never a token, a body, a query string or a value: only what the resource is and how it went.

use crate::request::text;
use crate::resource::Resource;
use gp_core::JobId;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The header that carries the id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_ID_BYTES: usize = 64;
const MAX_USER_AGENT_BYTES: usize = 200;

/// How a request went.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    /// HTTP status.
    pub(crate) status: u16,
    /// `code` of the error body; `None` when the reply is no error.
    pub(crate) code: Option<u16>,
    /// What only the log is told.
    pub(crate) cause: Option<&'a str>,
    /// The job that was submitted.
    pub(crate) job: Option<&'a JobId>,
    /// Size of the request's body.
    pub(crate) bytes_in: usize,
    /// Size of the reply's body as sent.
    pub(crate) bytes_out: usize,
}

/// The caller's id if it is harmless, else a new one.
pub(crate) fn request_id(parts: &Parts) -> HeaderValue {
    let is_harmless = |id: &&HeaderValue| {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(is_letter)
    };
    match parts.headers.get(REQUEST_ID).filter(is_harmless) {
        Some(id) => id.clone(),
        None => new_id(),
    }
}

/// Writes the event: an error for a fault of ours, a warning for a request that was refused.
pub(crate) fn log(
    parts: &Parts,
    id: &HeaderValue,
    resource: Option<&Resource>,
    started: Instant,
    outcome: &Outcome,
) {
    let job =
        resource.and_then(Resource::job).map(|path| path.job.as_str()).or(outcome.job.map(JobId::as_str));
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                request.id = id.to_str().unwrap_or_default(),
                method = parts.method.as_str(),
                resource = resource.map_or("none", Resource::kind),
                service = resource.and_then(Resource::service).map(|name| name.as_str()),
                task = resource.and_then(Resource::task).map(|path| path.task.as_str()),
                job.id = job,
                status = outcome.status,
                code = outcome.code,
                cause = outcome.cause,
                duration_ms = started.elapsed().as_secs_f64() * 1e3,
                bytes_in = outcome.bytes_in,
                bytes_out = outcome.bytes_out,
                user_agent = text(&parts.headers, USER_AGENT).map(beginning),
                "request"
            )
        };
    }
    match outcome.code {
        Some(500..) => event!(error),
        Some(_) => event!(warn),
        None if outcome.status >= 500 => event!(error),
        None => event!(info),
    }
}

/// Unguessable enough not to collide: ids are for reading logs, they open nothing.
fn new_id() -> HeaderValue {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let seed = SEED.get_or_init(RandomState::new);
    let mut digits = [0; 32];
    for (half, number) in [seed.hash_one((count, 0_u8)), seed.hash_one((count, 1_u8))].into_iter().enumerate()
    {
        for place in 0..16 {
            digits[half * 16 + place] = b"0123456789abcdef"[(number >> (60 - 4 * place) & 15) as usize];
        }
    }
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("none"))
}

/// What `to_str` gave is ASCII, so every cut is between characters.
fn beginning(user_agent: &str) -> &str {
    user_agent.get(..MAX_USER_AGENT_BYTES).unwrap_or(user_agent)
}
