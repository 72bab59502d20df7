//! The objects of uploads.

use crate::S3Blobs;
use crate::failure::{unavailable, unusable};
use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use gp_core::{ByteSource, SendTo, StoreError, StoredBytes, UploadError, UploadId, UploadItem};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How long a link works; a slow transfer is not cut off, only a late start is refused.
const READ_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long a client may take until it begins to send.
const SEND_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Objects that S3 removes by one call.
const MAX_REMOVED: usize = 1000;

/// The name of an object.
pub(super) fn key(id: &UploadId, name: &str) -> String {
    format!("uploads/{id}/{name}")
}

/// One PutObject, which is all or nothing.
pub(super) async fn put(blobs: &S3Blobs, id: &UploadId, name: &str, bytes: Bytes) -> Result<(), StoreError> {
    let put = blobs.client.put_object().bucket(&blobs.bucket).key(key(id, name));
    let put = put.content_type("application/octet-stream").body(ByteStream::from(bytes));
    put.send().await.map_err(|error| unavailable("store uploaded bytes", &error)).map(|_| ())
}

/// Removes objects as far as that succeeds; the bucket's lifecycle removes the rest.
pub(super) async fn remove(blobs: &S3Blobs, id: &UploadId, names: &[String]) {
    for names in names.chunks(MAX_REMOVED) {
        let mut delete = Delete::builder().quiet(true);
        for name in names {
            match ObjectIdentifier::builder().key(key(id, name)).build() {
                Ok(object) => delete = delete.objects(object),
                Err(error) => tracing::warn!(%error, "an object cannot be named"),
            }
        }
        let Ok(delete) = delete.build() else { continue };
        let removed = blobs.client.delete_objects().bucket(&blobs.bucket).delete(delete).send().await;
        if let Err(error) = removed {
            let error = unavailable("remove uploaded bytes", &error);
            tracing::warn!(error = &error as &dyn std::error::Error, "uploaded bytes stay until they expire");
        }
    }
}

/// How many bytes the object has; `None` when there is none.
pub(super) async fn size(blobs: &S3Blobs, id: &UploadId, name: &str) -> Result<Option<u64>, StoreError> {
    match blobs.client.head_object().bucket(&blobs.bucket).key(key(id, name)).send().await {
        Ok(object) => Ok(object.content_length().and_then(|length| u64::try_from(length).ok())),
        // 403 is what S3 says of an object that is not there to whoever may not list the bucket.
        Err(error)
            if error.raw_response().is_some_and(|answer| [403, 404].contains(&answer.status().as_u16())) =>
        {
            Ok(None)
        }
        Err(error) => Err(unavailable("look for uploaded bytes", &error)),
    }
}

/// A presigned GET, which makes a browser save the file under a name when there is a `disposition`.
pub(super) async fn link(
    blobs: &S3Blobs,
    id: &UploadId,
    name: &str,
    disposition: Option<&str>,
) -> Result<String, StoreError> {
    let mut get = blobs.client.get_object().bucket(&blobs.bucket).key(key(id, name));
    if let Some(disposition) = disposition {
        get = get.response_content_type("application/octet-stream").response_content_disposition(disposition);
    }
    let signed = get.presigned(lifetime(READ_LIFETIME)?).await;
    signed.map(|signed| signed.uri().to_owned()).map_err(|error| unavailable("sign a link", &error))
}

/// A presigned PUT of exactly so many bytes, once. The length is signed, so S3 refuses any other; so is the condition that
/// there is no such object, because a committed item never changes.
pub(super) async fn send_to(
    blobs: &S3Blobs,
    id: &UploadId,
    bytes: StoredBytes,
) -> Result<SendTo, StoreError> {
    let length = i64::try_from(bytes.byte_len).map_err(|error| unusable("sign a link", error.to_string()))?;
    let put = blobs.client.put_object().bucket(&blobs.bucket).key(key(id, &bytes.name));
    let put = put.content_length(length).if_none_match("*");
    let signed = put.presigned(lifetime(SEND_LIFETIME)?).await;
    let signed = signed.map_err(|error| unavailable("sign a link", &error))?;
    // Every client sends these two by itself.
    let is_asked_for =
        |name: &str| !["host", "content-length"].iter().any(|own| own.eq_ignore_ascii_case(name));
    let headers = signed.headers().filter(|(name, _)| is_asked_for(name));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(SendTo { url: signed.uri().to_owned(), headers, bytes })
}

/// The bytes of the item's parts, one object after the other.
pub(super) async fn open(blobs: Arc<S3Blobs>, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
    let waiting = item.parts.iter().map(|part| (key(&item.id, &part.bytes.name), part.bytes.byte_len));
    let mut objects = Objects { blobs, waiting: waiting.collect(), current: None };
    objects.advance().await?;
    Ok(Box::new(objects))
}

/// What is left to read.
struct Objects {
    blobs: Arc<S3Blobs>,
    waiting: VecDeque<(String, u64)>,
    /// The object that is being read, and how many bytes are left of it.
    current: Option<(ByteStream, u64)>,
}

impl Objects {
    /// Opens the next object; whether there is one.
    async fn advance(&mut self) -> Result<bool, StoreError> {
        let Some((name, byte_len)) = self.waiting.pop_front() else { return Ok(false) };
        self.current = Some((self.blobs.download(&name).await?, byte_len));
        Ok(true)
    }
}

#[async_trait]
impl ByteSource for Objects {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        loop {
            let Some((body, left)) = &mut self.current else {
                if self.advance().await? {
                    continue;
                }
                return Ok(None);
            };
            match body.next().await {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => {
                    *left = left.saturating_sub(bytes.len() as u64);
                    return Ok(Some(bytes));
                }
                Some(Err(error)) => return Err(StoreError::unavailable("read uploaded bytes", error).into()),
                None if *left > 0 => {
                    return Err(StoreError::Corrupt("an object of an upload".to_owned()).into());
                }
                None => self.current = None,
            }
        }
    }
}

fn lifetime(lifetime: Duration) -> Result<PresigningConfig, StoreError> {
    PresigningConfig::expires_in(lifetime).map_err(|error| unusable("sign a link", error.to_string()))
}
