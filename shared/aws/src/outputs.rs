//! Where the function that only executes puts the files of its runs, and nothing else: it may write below `outputs/`, and
//! read nothing.

use crate::clients::{http, s3};
use crate::{Config, ConfigError, S3Blobs, Unavailable};
use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{BlobKey, BlobStore, Content, StoreError, StoredFile};
use std::path::Path;
use std::sync::OnceLock;

/// A store that takes files of `execute`.
pub(crate) struct Outputs {
    config: Config,
    bucket: String,
    /// Made for the first file: most executes make none, and a cold start need not wait for it.
    blobs: OnceLock<S3Blobs>,
}

impl Outputs {
    pub(crate) fn new(config: Config) -> Result<Outputs, ConfigError> {
        Ok(Outputs { bucket: config.bucket()?, config: config.hurried(), blobs: OnceLock::new() })
    }
}

#[async_trait]
impl BlobStore for Outputs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, content: Content) -> Result<(), StoreError> {
        Unavailable.put(key, bytes, content).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        BlobStore::get(&Unavailable, key).await
    }

    async fn put_file(&self, key: &BlobKey, file: &Path, content: Content) -> Result<(), StoreError> {
        let blobs = self
            .blobs
            .get_or_init(|| S3Blobs { client: s3(&self.config, &http()), bucket: self.bucket.clone() });
        blobs.put_file(key, file, content).await
    }

    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        BlobStore::file(&Unavailable, key).await
    }

    async fn link(&self, key: &BlobKey) -> Result<Option<String>, StoreError> {
        BlobStore::link(&Unavailable, key).await
    }
}
