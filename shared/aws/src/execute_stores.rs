//! What the function that only executes has of the stores: it may add files below `outputs/`, and read the uploads that a
//! request names, records and objects. Nothing else.

use crate::clients::{dynamodb, http, s3};
use crate::{Config, ConfigError, DynamoJobs, S3Blobs, S3Uploads, Unavailable};
use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{
    BlobKey, BlobStore, ByteSource, Content, StoreError, StoredBytes, StoredFile, UploadBytes, UploadChange,
    UploadError, UploadId, UploadItem, UploadPart, UploadStore,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A store that takes files of `execute`, and finds uploads for it.
pub(crate) struct ExecuteStores {
    config: Config,
    bucket: String,
    table: String,
    // Made for the first file and the first upload: most executes have neither, and a cold start need not wait for clients.
    blobs: OnceLock<Arc<S3Blobs>>,
    uploads: OnceLock<S3Uploads>,
}

impl ExecuteStores {
    pub(crate) fn new(config: Config) -> Result<ExecuteStores, ConfigError> {
        let (bucket, table) = (config.bucket()?, config.uploads_table()?);
        Ok(ExecuteStores {
            config: config.hurried(),
            bucket,
            table,
            blobs: OnceLock::new(),
            uploads: OnceLock::new(),
        })
    }

    fn blobs(&self) -> &Arc<S3Blobs> {
        self.blobs.get_or_init(|| {
            Arc::new(S3Blobs { client: s3(&self.config, &http()), bucket: self.bucket.clone() })
        })
    }

    fn uploads(&self) -> &S3Uploads {
        self.uploads.get_or_init(|| {
            let records = DynamoJobs { client: dynamodb(&self.config, &http()), table: self.table.clone() };
            // Nothing is put together here.
            S3Uploads { jobs: Arc::new(records), blobs: self.blobs().clone(), max_joined_bytes: 0 }
        })
    }
}

#[async_trait]
impl BlobStore for ExecuteStores {
    async fn put(&self, key: &BlobKey, bytes: Bytes, content: Content) -> Result<(), StoreError> {
        Unavailable.put(key, bytes, content).await
    }

    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        BlobStore::get(&Unavailable, key).await
    }

    async fn put_file(&self, key: &BlobKey, file: &Path, content: Content) -> Result<(), StoreError> {
        self.blobs().put_file(key, file, content).await
    }

    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        BlobStore::file(&Unavailable, key).await
    }

    async fn link(&self, key: &BlobKey) -> Result<Option<String>, StoreError> {
        BlobStore::link(&Unavailable, key).await
    }
}

#[async_trait]
impl UploadStore for ExecuteStores {
    async fn create(&self, item: &UploadItem) -> Result<(), StoreError> {
        UploadStore::create(&Unavailable, item).await
    }

    async fn get(&self, id: &UploadId) -> Result<Option<UploadItem>, StoreError> {
        self.uploads().get(id).await
    }

    async fn receive(&self, id: &UploadId, source: &mut dyn ByteSource) -> Result<StoredBytes, UploadError> {
        Unavailable.receive(id, source).await
    }

    async fn discard(&self, id: &UploadId, bytes: StoredBytes) {
        Unavailable.discard(id, bytes).await;
    }

    async fn add_part(&self, id: &UploadId, part: &UploadPart) -> Result<UploadChange, StoreError> {
        Unavailable.add_part(id, part).await
    }

    async fn commit(&self, item: &UploadItem, parts: &[UploadPart]) -> Result<UploadChange, StoreError> {
        Unavailable.commit(item, parts).await
    }

    async fn delete(&self, item: &UploadItem) -> Result<UploadChange, StoreError> {
        Unavailable.delete(item).await
    }

    async fn read(&self, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
        Unavailable.read(item).await
    }

    async fn locate(&self, item: &UploadItem) -> Result<UploadBytes, StoreError> {
        self.uploads().locate(item).await
    }
}
