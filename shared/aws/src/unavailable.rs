//! No storage: for what the function that only executes is not granted.

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::StoredFile;
use gp_core::{
    BlobKey, BlobStore, ByteSource, Content, Created, Expected, Job, JobDetail, JobId, JobQueue, JobStore,
    JobUpdate, StoreError, StoredBytes, Updated, UploadBytes, UploadChange, UploadError, UploadId,
    UploadItem, UploadPart, UploadStore,
};
use std::path::Path;
use std::time::Duration;

const REASON: &str = "this function only executes; it has no right to that";

/// A store of jobs, a queue, a store of bytes and one of uploads that fail at every call.
#[derive(Clone, Copy, Debug)]
pub struct Unavailable;

#[async_trait]
impl JobStore for Unavailable {
    async fn create(&self, _: Job, _: Option<(String, [u8; 32])>) -> Result<Created, StoreError> {
        Err(StoreError::unavailable("store a job", REASON))
    }

    async fn get(&self, _: &JobId, _: JobDetail) -> Result<Option<Job>, StoreError> {
        Err(StoreError::unavailable("read a job", REASON))
    }

    async fn claim(&self, _: &JobId, _: i64, _: Duration) -> Result<Option<Job>, StoreError> {
        Err(StoreError::unavailable("claim a job", REASON))
    }

    async fn update(&self, _: &JobId, _: Expected, _: JobUpdate) -> Result<Updated, StoreError> {
        Err(StoreError::unavailable("change a job", REASON))
    }
}

#[async_trait]
impl JobQueue for Unavailable {
    async fn send(&self, _: &JobId) -> Result<(), StoreError> {
        Err(StoreError::unavailable("put a job in line", REASON))
    }
}

#[async_trait]
impl BlobStore for Unavailable {
    async fn put(&self, _: &BlobKey, _: Bytes, _: Content) -> Result<(), StoreError> {
        Err(StoreError::unavailable("store bytes", REASON))
    }

    async fn get(&self, _: &BlobKey) -> Result<Bytes, StoreError> {
        Err(StoreError::unavailable("read bytes", REASON))
    }

    async fn put_file(&self, _: &BlobKey, _: &Path, _: Content) -> Result<(), StoreError> {
        Err(StoreError::unavailable("store a file", REASON))
    }

    async fn file(&self, _: &BlobKey) -> Result<StoredFile, StoreError> {
        Err(StoreError::unavailable("read a file", REASON))
    }

    async fn link(&self, _: &BlobKey) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("sign a link", REASON))
    }
}

#[async_trait]
impl UploadStore for Unavailable {
    async fn create(&self, _: &UploadItem) -> Result<(), StoreError> {
        Err(StoreError::unavailable("store an upload", REASON))
    }

    async fn get(&self, _: &UploadId) -> Result<Option<UploadItem>, StoreError> {
        Err(StoreError::unavailable("read an upload", REASON))
    }

    async fn receive(&self, _: &UploadId, _: &mut dyn ByteSource) -> Result<StoredBytes, UploadError> {
        Err(StoreError::unavailable("store uploaded bytes", REASON).into())
    }

    async fn discard(&self, _: &UploadId, _: StoredBytes) {}

    async fn add_part(&self, _: &UploadId, _: &UploadPart) -> Result<UploadChange, StoreError> {
        Err(StoreError::unavailable("add a part of an upload", REASON))
    }

    async fn commit(&self, _: &UploadItem, _: &[UploadPart]) -> Result<UploadChange, StoreError> {
        Err(StoreError::unavailable("commit an upload", REASON))
    }

    async fn delete(&self, _: &UploadItem) -> Result<UploadChange, StoreError> {
        Err(StoreError::unavailable("delete an upload", REASON))
    }

    async fn read(&self, _: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
        Err(StoreError::unavailable("read uploaded bytes", REASON))
    }

    async fn locate(&self, _: &UploadItem) -> Result<UploadBytes, StoreError> {
        Err(StoreError::unavailable("find uploaded bytes", REASON))
    }
}
