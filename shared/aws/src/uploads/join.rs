//! Many parts put together into one object, so that one link leads to all of the file.
//!
//! S3 can do that by itself only with parts of at least 5 MB, which is more than a request carries here. So they are read
//! and written again, once, a few megabytes at a time, when somebody wants to download the file.

use super::{broken, gather, objects};
use crate::S3Blobs;
use crate::failure::{unavailable, unusable};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use gp_core::{ByteSource, StoreError, UploadItem};
use std::sync::Arc;

/// The name of the object beside those of the parts.
pub(super) const WHOLE: &str = "whole";
/// Bytes that are written at once; S3 takes no less than 5 MB but at the end.
const PIECE_BYTES: usize = 8 << 20;

/// Sees that the whole file is one object. The object appears when all of it is written, and whoever writes it at the same
/// time writes the same: a committed item never changes.
///
/// # Errors
/// S3 failed. What it received is removed by the bucket's lifecycle.
pub(super) async fn join(blobs: &Arc<S3Blobs>, item: &UploadItem) -> Result<(), StoreError> {
    const ACTION: &str = "put the parts of an upload together";
    if objects::size(blobs, &item.id, WHOLE).await? == Some(item.byte_len()) {
        return Ok(());
    }
    let mut source = objects::open(blobs.clone(), item).await?;
    let first = gather(source.as_mut(), PIECE_BYTES).await.map_err(|error| broken(ACTION, error))?;
    if first.len() as u64 == item.byte_len() {
        return objects::put(blobs, &item.id, WHOLE, first).await;
    }
    let key = objects::key(&item.id, WHOLE);
    let create = blobs.client.create_multipart_upload().bucket(&blobs.bucket).key(&key);
    let created = create.content_type("application/octet-stream").send().await;
    let created = created.map_err(|error| unavailable(ACTION, &error))?;
    let upload = created.upload_id().ok_or_else(|| unusable(ACTION, "S3 began an upload without an id"))?;
    let parts = write_pieces(blobs, &key, upload, first, source.as_mut()).await?;
    let completed = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = blobs.client.complete_multipart_upload().bucket(&blobs.bucket).key(&key);
    let complete = complete.upload_id(upload).multipart_upload(completed);
    complete.send().await.map_err(|error| unavailable(ACTION, &error)).map(|_| ())
}

async fn write_pieces(
    blobs: &S3Blobs,
    key: &str,
    upload: &str,
    first: Bytes,
    source: &mut dyn ByteSource,
) -> Result<Vec<CompletedPart>, StoreError> {
    const ACTION: &str = "put the parts of an upload together";
    let mut parts = Vec::new();
    let mut piece = first;
    while !piece.is_empty() {
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        let put = blobs.client.upload_part().bucket(&blobs.bucket).key(key).upload_id(upload);
        let put = put.part_number(number).body(ByteStream::from(piece));
        let done = put.send().await.map_err(|error| unavailable(ACTION, &error))?;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(done.e_tag).build());
        piece = gather(source, PIECE_BYTES).await.map_err(|error| broken(ACTION, error))?;
    }
    Ok(parts)
}
