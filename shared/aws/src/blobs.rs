//! Bytes too large for a record, as objects of a bucket: `inputs/<job>`, `results/<job>/<attempt>-<place>` and
//! `replies/<job>/<digest>`. The bucket's lifecycle removes what has expired.

use crate::failure::{unavailable, unusable};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use gp_core::{BlobKey, BlobStore, Content, StoreError, StoredFile};
use std::path::Path;
use std::time::Duration;

/// How long a link works. Clients follow it at once; a slow download is not cut off, only a late start is refused.
const LINK_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How often bytes are asked for that do not come to their end.
const MAX_DOWNLOADS: u32 = 3;

/// Objects in an S3 bucket.
pub struct S3Blobs {
    pub(crate) client: Client,
    pub(crate) bucket: String,
}

#[async_trait]
impl BlobStore for S3Blobs {
    /// One PutObject, which is all or nothing and replaces.
    async fn put(&self, key: &BlobKey, bytes: Bytes, content: Content) -> Result<(), StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(object_key(key))
            .content_type(content.media_type)
            .set_content_encoding(content.encoding.map(str::to_owned))
            .body(ByteStream::from(bytes));
        put.send().await.map_err(|error| unavailable("store bytes", &error)).map(|_| ())
    }

    /// One PutObject, which is all or nothing and replaces.
    async fn put_file(&self, key: &BlobKey, file: &Path, content: Content) -> Result<(), StoreError> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|error| StoreError::unavailable("read a file", error))?;
        let put = self.client.put_object().bucket(&self.bucket).key(object_key(key));
        let put = put.content_type(content.media_type).body(body);
        put.send().await.map_err(|error| unavailable("store a file", &error)).map(|_| ())
    }

    /// A link; whether anything is there shows when it is followed.
    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        let link = self.link(key).await?;
        link.map(StoredFile::Link).ok_or_else(|| StoreError::NotFound(object_key(key)))
    }

    /// One GetObject; another when the connection breaks while the bytes come, which the SDK does not mend.
    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        let name = object_key(key);
        let mut downloads = 1;
        loop {
            let error = match self.download(&name).await?.collect().await {
                Ok(bytes) => return Ok(bytes.into_bytes()),
                Err(error) => error,
            };
            if downloads == MAX_DOWNLOADS {
                return Err(StoreError::unavailable("read bytes", error));
            }
            downloads += 1;
        }
    }

    /// A presigned GET; made here, without a call. It stops working with the credentials that signed it, which outlive
    /// any Lambda environment by hours.
    async fn link(&self, key: &BlobKey) -> Result<Option<String>, StoreError> {
        let failed = |error: String| unusable("sign a link", error);
        let lifetime =
            PresigningConfig::expires_in(LINK_LIFETIME).map_err(|error| failed(error.to_string()))?;
        let get = self.client.get_object().bucket(&self.bucket).key(object_key(key));
        let signed = get.presigned(lifetime).await.map_err(|error| unavailable("sign a link", &error))?;
        Ok(Some(signed.uri().to_owned()))
    }
}

impl S3Blobs {
    pub(crate) async fn download(&self, name: &str) -> Result<ByteStream, StoreError> {
        let error = match self.client.get_object().bucket(&self.bucket).key(name).send().await {
            Ok(object) => return Ok(object.body),
            Err(error) => error,
        };
        match error.as_service_error().and_then(|error| error.code()) {
            Some("NoSuchKey") => Err(StoreError::NotFound(name.to_owned())),
            // What S3 says of an object that is not there to whoever may not list the bucket, as no function here may.
            // What it may read, the template grants.
            Some("AccessDenied") => {
                tracing::warn!(object = name, "an object is missing, or may not be read");
                Err(StoreError::NotFound(name.to_owned()))
            }
            _ => Err(unavailable("read bytes", &error)),
        }
    }
}

/// The name of an object.
fn object_key(key: &BlobKey) -> String {
    match key {
        BlobKey::Inputs(id) => format!("inputs/{id}"),
        BlobKey::Result(id, attempt, place) => format!("results/{id}/{attempt}-{place}"),
        BlobKey::Reply(id, digest) => format!("replies/{id}/{digest}"),
        BlobKey::File(id, attempt, name) => format!("results/{id}/{attempt}-files/{name}"),
        BlobKey::Output(id, name) => format!("outputs/{}/{name}", id.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::JobId;

    #[test]
    fn objects_lie_where_the_policies_and_the_lifecycle_expect_them() {
        let id = JobId::from_random(255);
        let hex = "j000000000000000000000000000000ff";
        assert_eq!(object_key(&BlobKey::Inputs(id.clone())), format!("inputs/{hex}"));
        assert_eq!(object_key(&BlobKey::Result(id.clone(), 2, 0)), format!("results/{hex}/2-0"));
        assert_eq!(object_key(&BlobKey::Reply(id, "ab".into())), format!("replies/{hex}/ab"));
    }
}
