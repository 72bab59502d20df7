//! No storage at all: for the function that only executes, and is granted nothing else.

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::StoredFile;
use gp_core::{
    BlobKey, BlobStore, Content, Created, Expected, Job, JobDetail, JobId, JobQueue, JobStore, JobUpdate,
    StoreError, Updated,
};
use std::path::Path;
use std::time::Duration;

const REASON: &str = "this function only executes; it has no storage";

/// A store of jobs, a queue and a store of bytes that fail at every call.
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
