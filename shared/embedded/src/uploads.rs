//! Uploaded files: bytes as files `uploads/<item>/<name>`, what they are in the database.
//!
//! A file's name is never used twice, and a file counts for nothing until a row names it: so whatever is killed midway
//! leaves files that nobody sees, which the sweeper removes. A file and its entry in the folder are on disk before a row
//! names them.

mod rows;
mod sweep;

use crate::SqliteJobs;
use crate::blobs::{create_folder, off_the_reactor, synchronise};
use crate::data::now_ms;
use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{
    ByteSource, RequestError, StoreError, StoredBytes, UploadBytes, UploadChange, UploadError, UploadId,
    UploadItem, UploadPart, UploadStore,
};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are gathered before they are written: a hop to another thread is then small beside the writing.
const WRITE_BYTES: usize = 1 << 20;
/// Uploads leave that much of the disk free, so that jobs can still be stored.
const LEAST_FREE_BYTES: u64 = 1 << 30;

/// Uploads in a folder, with their records beside the jobs.
pub struct FileUploads {
    jobs: Arc<SqliteJobs>,
    folder: PathBuf,
    next_name: AtomicU64,
}

/// A file that is removed unless it is kept: also when nobody waits any more for its end.
struct Unfinished {
    path: PathBuf,
    is_kept: bool,
}

impl FileUploads {
    /// The store in that folder, which is created when the first bytes come.
    pub fn new(jobs: Arc<SqliteJobs>, folder: PathBuf) -> FileUploads {
        FileUploads { jobs, folder, next_name: AtomicU64::default() }
    }

    fn item_folder(&self, id: &UploadId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    fn path(&self, id: &UploadId, bytes: &StoredBytes) -> PathBuf {
        self.item_folder(id).join(&bytes.name)
    }

    /// Creates a file of a name that was never used.
    async fn new_file(&self, id: &UploadId) -> Result<(Unfinished, String, File), StoreError> {
        let folder = self.item_folder(id);
        let name = format!("{:x}-{}", now_ms(), self.next_name.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(&name);
        let created = off_the_reactor("store uploaded bytes", move || {
            let create = || {
                if !folder.is_dir() {
                    create_folder(&folder)?;
                }
                File::create_new(&path)
            };
            let file = create().map_err(|error| StoreError::unavailable("create a file", error))?;
            Ok((Unfinished { path, is_kept: false }, file))
        });
        let (unfinished, file) = created.await?;
        Ok((unfinished, name, file))
    }
}

#[async_trait]
impl UploadStore for FileUploads {
    async fn create(&self, item: &UploadItem) -> Result<(), StoreError> {
        let item = item.clone();
        self.jobs.writer.write("store an upload", move |connection| rows::create(connection, &item)).await
    }

    async fn get(&self, id: &UploadId) -> Result<Option<UploadItem>, StoreError> {
        self.jobs.writer.check_alive("read an upload")?;
        let read = self.jobs.readers.read(|connection| rows::get(connection, id));
        read.map_err(|error| StoreError::unavailable("read an upload", error))
    }

    async fn receive(&self, id: &UploadId, source: &mut dyn ByteSource) -> Result<StoredBytes, UploadError> {
        let (mut unfinished, name, mut file) = self.new_file(id).await?;
        let (mut byte_len, mut is_end) = (0, false);
        while !is_end {
            let mut gathered: Vec<Bytes> = Vec::new();
            let mut count = 0;
            while count < WRITE_BYTES && !is_end {
                match source.next().await? {
                    Some(bytes) => {
                        count += bytes.len();
                        gathered.push(bytes);
                    }
                    None => is_end = true,
                }
            }
            byte_len += count as u64;
            check_free(&file)?;
            file = off_the_reactor("store uploaded bytes", move || {
                let written = gathered.iter().try_for_each(|bytes| file.write_all(bytes));
                written.map_err(|error| StoreError::unavailable("write a file", error)).map(|()| file)
            })
            .await?;
        }
        let folder = self.item_folder(id);
        off_the_reactor("store uploaded bytes", move || {
            let synchronised = file.sync_data().and_then(|()| synchronise(&folder));
            synchronised.map_err(|error| match error.kind() {
                ErrorKind::NotFound => StoreError::NotFound("the upload".to_owned()),
                _ => StoreError::unavailable("write a file to the disk", error),
            })
        })
        .await?;
        unfinished.is_kept = true;
        Ok(StoredBytes { name, byte_len })
    }

    async fn discard(&self, id: &UploadId, bytes: StoredBytes) {
        drop(Unfinished { path: self.path(id, &bytes), is_kept: false });
    }

    /// One transaction: it looks whether the item still takes parts, and adds it.
    async fn add_part(&self, id: &UploadId, part: &UploadPart) -> Result<UploadChange, StoreError> {
        let (wanted, new) = (id.clone(), part.clone());
        let add = move |connection: &_| rows::add_part(connection, &wanted, &new);
        let (change, replaced) = self.jobs.writer.write("add a part of an upload", add).await?;
        if let Some(bytes) = replaced {
            self.discard(id, bytes).await;
        }
        Ok(change)
    }

    /// One transaction on the condition that the version is still that of `item`.
    async fn commit(&self, item: &UploadItem, parts: &[UploadPart]) -> Result<UploadChange, StoreError> {
        let (id, version, parts) = (item.id.clone(), item.version, parts.to_vec());
        let commit = move |connection: &_| rows::commit(connection, &id, version, &parts);
        self.jobs.writer.write("commit an upload", commit).await
    }

    /// The record first: what is left when this is killed in between are files that nobody sees.
    async fn delete(&self, item: &UploadItem) -> Result<UploadChange, StoreError> {
        let (id, folder) = (item.id.clone(), self.item_folder(&item.id));
        let delete = move |connection: &_| rows::delete(connection, &id);
        let change = self.jobs.writer.write("delete an upload", delete).await?;
        off_the_reactor("delete an upload", move || {
            // A part may be on its way into it: the sweeper removes what is left.
            let _ = fs::remove_dir_all(folder);
            Ok(change)
        })
        .await
    }

    async fn read(&self, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError> {
        let files = item.parts.iter().map(|part| (self.path(&item.id, &part.bytes), part.bytes.byte_len));
        crate::stream::open(format!("the upload {}", item.id), files.collect()).await
    }

    async fn locate(&self, item: &UploadItem) -> Result<UploadBytes, StoreError> {
        Ok(UploadBytes::Files(item.parts.iter().map(|part| self.path(&item.id, &part.bytes)).collect()))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "received bytes could not be removed; they go when they are an hour old");
            }
            _ => {}
        }
    }
}

fn check_free(file: &File) -> Result<(), UploadError> {
    let disk = rustix::fs::fstatvfs(file)
        .map_err(|error| StoreError::unavailable("ask how full the disk is", std::io::Error::from(error)))?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) >= LEAST_FREE_BYTES {
        return Ok(());
    }
    let details =
        vec!["the disk of this server is nearly full; delete uploads, or try again later".to_owned()];
    Err(RequestError { code: 500, message: "Unable to complete operation.".into(), details }.into())
}
