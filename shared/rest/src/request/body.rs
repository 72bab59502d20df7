//! The bytes of a request's body: not too many, not too slow, and not while others hold the memory.

use super::memory::Room;
use super::text;
use axum::body::Body;
use bytes::Bytes;
use gp_core::RequestError;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Bytes of a refused body which are still read and thrown away: a client that is answered while it sends sees a
/// broken connection instead of the answer.
const MAX_DRAINED_BYTES: usize = 256 << 20;

/// How long a client may be silent, and how long a body may take besides the time that its bytes allow.
const PATIENCE: Duration = Duration::from_secs(30);
/// The slowest line that is served: who sends slower keeps a place from others.
const LEAST_BYTES_A_SECOND: f64 = 16_384.0;
/// Bytes that are reserved before they came: what is announced need not be true.
const MAX_RESERVED_BYTES: usize = 1 << 20;

/// A body that is read a chunk at a time, from a client that may not be silent for long.
pub(crate) struct Chunks {
    body: Body,
    byte_count: usize,
    started: Instant,
}

impl Chunks {
    /// The chunks of that body; the client's time begins now.
    pub(crate) fn new(body: Body) -> Chunks {
        Chunks { body, byte_count: 0, started: Instant::now() }
    }

    /// Bytes that came so far.
    pub(crate) fn byte_count(&self) -> usize {
        self.byte_count
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// The body stops arriving, or breaks off.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RequestError> {
        loop {
            let allowed = PATIENCE + Duration::from_secs_f64(self.byte_count as f64 / LEAST_BYTES_A_SECOND);
            let left = allowed.saturating_sub(self.started.elapsed()).min(PATIENCE);
            let Ok(frame) = timeout(left, self.body.frame()).await else {
                return Err(RequestError::bad("the request body arrives too slowly; send it without pauses"));
            };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| RequestError::bad("the request body broke off before its end"))?;
            if let Ok(data) = frame.into_data() {
                self.byte_count += data.len();
                return Ok(Some(data));
            }
        }
    }

    /// Reads what is left and throws it away, as far as that is sensible.
    pub(crate) async fn drain(&mut self) {
        let most = self.byte_count.saturating_add(MAX_DRAINED_BYTES);
        while self.byte_count <= most && matches!(self.next().await, Ok(Some(_))) {}
    }
}

/// What the client says that the body has; 0 when it does not say.
pub(crate) fn announced_bytes(headers: &HeaderMap) -> usize {
    text(headers, CONTENT_LENGTH).and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Reads the body to its end.
///
/// # Errors
/// It is too large (code 413), stops arriving, or there is no memory for it now.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
    room: &mut Room<'_>,
) -> Result<Bytes, RequestError> {
    let announced = announced_bytes(headers);
    let mut refusal = check_size(announced, max_bytes).err();
    if headers.contains_key(EXPECT)
        && let Some(refusal) = refusal
    {
        // The client waits for leave to send; it gets its answer instead.
        return Err(refusal);
    }
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    let mut chunks = Chunks::new(body);
    while let Some(data) = chunks.next().await? {
        let count = chunks.byte_count();
        if refusal.is_none() {
            refusal = match check_size(count, max_bytes) {
                Ok(()) => room.grow(count).await.err(),
                Err(refusal) => Some(refusal),
            };
        }
        if refusal.is_some() {
            (first, whole) = (Bytes::new(), Vec::new());
            room.release();
            if count > max_bytes.saturating_add(MAX_DRAINED_BYTES) {
                break;
            }
        } else if first.is_empty() {
            first = data;
        } else {
            if whole.is_empty() {
                whole.reserve(announced.min(MAX_RESERVED_BYTES).max(first.len() + data.len()));
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&data);
        }
    }
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok(if whole.is_empty() { first } else { Bytes::from(whole) }),
    }
}

fn check_size(count: usize, max_bytes: usize) -> Result<(), RequestError> {
    if count > max_bytes {
        let detail = format!(
            "the request body has more than {max_bytes} bytes, which is the limit of this server; send fewer features, or \
             compress the body, a form, with gzip (Content-Encoding); files go to the uploads of a service"
        );
        return Err(RequestError { code: 413, ..RequestError::bad(detail) });
    }
    Ok(())
}
