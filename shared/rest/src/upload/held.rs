//! How much of a multipart body is held: what has come and was not taken yet.
//!
//! Separate because the parser takes all that it gets, and says nothing of how much it has. Whatever a client sends, no more of
//! it may be held than [`MAX_HELD_BYTES`] and a few chunks.

use crate::request::body::Chunks;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, stream};
use gp_core::{ByteSource, RequestError, UploadError};
use multer::Field;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may wait to be understood: the headers of parts, mostly. A client that sends a head without end is refused.
const MAX_HELD_BYTES: usize = 1 << 20;

/// The bytes of a part, which are held no longer once they are asked for.
pub(super) struct PartSource<'p> {
    pub(super) part: Field<'p>,
    pub(super) held: Arc<AtomicUsize>,
}

/// The chunks of a body, not more than one whenever the parser asks: it would take all that are there, and a client that
/// is faster than the disk could fill the memory.
pub(super) fn one_at_a_time(
    chunks: &mut Chunks,
    held: Arc<AtomicUsize>,
) -> impl Stream<Item = Result<Bytes, RequestError>> + Send {
    stream::unfold((chunks, held, false), |(chunks, held, is_later)| async move {
        if is_later {
            tokio::task::yield_now().await;
        }
        let next = match chunks.next().await {
            Ok(Some(bytes)) if held.load(Ordering::Relaxed) <= MAX_HELD_BYTES => {
                held.fetch_add(bytes.len(), Ordering::Relaxed);
                Ok(bytes)
            }
            Ok(Some(_)) => Err(RequestError::bad("the head of a part in the multipart body is too long")),
            Ok(None) => return None,
            Err(error) => Err(error),
        };
        Some((next, (chunks, held, true)))
    })
}

/// Counts bytes as held no longer.
pub(super) fn taken(held: &AtomicUsize, count: usize) {
    // Nobody else changes it meanwhile: parser and reader take turns within one task.
    held.store(held.load(Ordering::Relaxed).saturating_sub(count), Ordering::Relaxed);
}

/// Why a body is not taken.
pub(super) fn refusal(error: multer::Error) -> RequestError {
    match error {
        multer::Error::StreamReadFailed(source) => match source.downcast::<RequestError>() {
            Ok(own) => *own,
            Err(other) => RequestError::bad(format!("the multipart body cannot be read: {other}")),
        },
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => {
            RequestError::bad("the multipart body broke off before its closing boundary; send it again")
        }
        other => RequestError::bad(format!("the multipart body cannot be read: {other}")),
    }
}

#[async_trait]
impl ByteSource for PartSource<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        loop {
            let Some(bytes) = self.part.chunk().await.map_err(refusal)? else { return Ok(None) };
            taken(&self.held, bytes.len());
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }
}
