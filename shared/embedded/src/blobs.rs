//! Bytes too large for a record, as files: `blobs/<2 hex digits>/<job>/inputs` and `…/result-<attempt>-<place>`.
//!
//! A file appears under its name only when all of it is on disk: written under another name, synchronised, renamed,
//! then its folder is synchronised. Removing a job's folder removes everything that was ever stored for it.

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{BlobKey, BlobStore, Content, JobId, StoreError, StoredFile};
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of folders that the jobs are spread over.
pub(crate) const SHARDS: u16 = 256;

/// A blob store in a folder.
pub struct FileBlobs {
    folder: PathBuf,
    /// The files that `execute` made, a folder for each.
    outputs: PathBuf,
    next_temporary: AtomicU64,
}

impl FileBlobs {
    /// The store in that folder, which is created when the first bytes come. Files of `execute` go into a folder beside it.
    pub fn new(folder: PathBuf) -> FileBlobs {
        let outputs = folder.with_file_name("outputs");
        FileBlobs { folder, outputs, next_temporary: AtomicU64::default() }
    }

    /// Removes everything that is stored for the job.
    pub(crate) fn remove_job(&self, id: &JobId) -> io::Result<()> {
        match fs::remove_dir_all(self.job_folder(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what `execute` made before that time, milliseconds since 1970; how many there were.
    pub(crate) fn remove_outputs(&self, before_ms: i64) -> io::Result<usize> {
        let entries = match fs::read_dir(&self.outputs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut count = 0;
        for entry in entries {
            let entry = entry?;
            if changed_ms(&entry)? < before_ms {
                fs::remove_dir_all(entry.path())?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// The jobs of a shard whose folder did not change since that time, milliseconds since 1970.
    pub(crate) fn unchanged_since(&self, shard: u16, before_ms: i64) -> io::Result<Vec<JobId>> {
        let entries = match fs::read_dir(self.folder.join(format!("{shard:02x}"))) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut jobs = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(id) = entry.file_name().to_str().and_then(JobId::parse) else { continue };
            if changed_ms(&entry)? < before_ms {
                jobs.push(id);
            }
        }
        Ok(jobs)
    }

    fn job_folder(&self, id: &JobId) -> PathBuf {
        self.folder.join(id.as_str().get(1..3).unwrap_or_default()).join(id.as_str())
    }

    fn path_of(&self, key: &BlobKey) -> PathBuf {
        match key {
            BlobKey::Inputs(id) => self.job_folder(id).join("inputs"),
            BlobKey::Result(id, attempt, place) => {
                self.job_folder(id).join(format!("result-{attempt}-{place}"))
            }
            BlobKey::Reply(id, digest) => self.job_folder(id).join(format!("reply-{digest}")),
            BlobKey::File(id, attempt, name) => self.job_folder(id).join(format!("file-{attempt}-{name}")),
            BlobKey::Output(id, name) => self.outputs.join(id.as_str()).join(name),
        }
    }
}

#[async_trait]
impl BlobStore for FileBlobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: Content) -> Result<(), StoreError> {
        let path = self.path_of(key);
        let temporary =
            path.with_extension(format!("{}.part", self.next_temporary.fetch_add(1, Ordering::Relaxed)));
        off_the_reactor("store bytes", move || {
            put(&path, &temporary, &bytes).map_err(|error| {
                let _ = fs::remove_file(&temporary);
                StoreError::unavailable("store bytes in a file", error)
            })
        })
        .await
    }

    async fn put_file(&self, key: &BlobKey, file: &Path, _: Content) -> Result<(), StoreError> {
        let (path, file) = (self.path_of(key), file.to_owned());
        off_the_reactor("store a file", move || {
            move_in(&file, &path).map_err(|error| StoreError::unavailable("store a file", error))
        })
        .await
    }

    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        let (path, what) = (self.path_of(key), name(key));
        let byte_len = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(StoreError::NotFound(what)),
            Err(error) => return Err(StoreError::unavailable("look at a file", error)),
        };
        let source = crate::stream::open(what, VecDeque::from([(path, byte_len)])).await?;
        Ok(StoredFile::Stream(source, byte_len))
    }

    async fn link(&self, _: &BlobKey) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    fn path(&self, key: &BlobKey) -> Option<PathBuf> {
        Some(self.path_of(key))
    }

    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        let path = self.path_of(key);
        let key = key.clone();
        off_the_reactor("read bytes", move || match fs::read(&path) {
            Ok(bytes) => Ok(Bytes::from(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::NotFound(name(&key))),
            Err(error) => Err(StoreError::unavailable("read bytes from a file", error)),
        })
        .await
    }
}

/// When a folder changed last, milliseconds since 1970.
fn changed_ms(entry: &fs::DirEntry) -> io::Result<i64> {
    let changed = entry.metadata()?.modified()?;
    Ok(changed.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
}

fn name(key: &BlobKey) -> String {
    match key {
        BlobKey::Inputs(id) => format!("inputs of job {id}"),
        BlobKey::Result(id, attempt, place) => format!("result {place} of attempt {attempt} of job {id}"),
        BlobKey::Reply(id, digest) => format!("reply {digest} of job {id}"),
        BlobKey::File(id, attempt, name) => format!("file {name} of attempt {attempt} of job {id}"),
        BlobKey::Output(id, name) => format!("file {name} of {}", id.as_str()),
    }
}

fn put(path: &Path, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    if !folder.is_dir() {
        create_folder(folder)?;
    }
    let mut file = File::create(temporary)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(temporary, path)?;
    synchronise(folder)
}

/// Moves a file, which lies in the same data folder, to its place, and sees that it is on disk.
fn move_in(file: &Path, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    if !folder.is_dir() {
        create_folder(folder)?;
    }
    File::open(file)?.sync_all()?;
    fs::rename(file, path)?;
    synchronise(folder)
}

/// Creates the folder and those above it, each entry on disk.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create_folder(folder.parent().ok_or(error)?)?;
            return create_folder(folder);
        }
        created => created?,
    }
    folder.parent().map_or(Ok(()), synchronise)
}

pub(crate) fn synchronise(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub(crate) async fn off_the_reactor<T: Send + 'static>(
    action: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(StoreError::unavailable(action, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn removing_a_job_removes_its_bytes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::new(folder.path().join("blobs"));
        let (one, two) = (JobId::from_random(1), JobId::from_random(2));
        for id in [&one, &two] {
            blobs.put(&BlobKey::Inputs(id.clone()), Bytes::from_static(b"x"), Content::BINARY).await.unwrap();
            blobs
                .put(&BlobKey::Result(id.clone(), 1, 0), Bytes::from_static(b"y"), Content::BINARY)
                .await
                .unwrap();
        }
        blobs.remove_job(&one).unwrap();
        blobs.remove_job(&one).unwrap();
        assert!(matches!(blobs.get(&BlobKey::Inputs(one)).await, Err(StoreError::NotFound(_))));
        assert_eq!(blobs.get(&BlobKey::Inputs(two)).await.unwrap(), "x");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let blobs = FileBlobs::new(file);
        let outcome = blobs
            .put(&BlobKey::Inputs(JobId::from_random(1)), Bytes::from_static(b"x"), Content::BINARY)
            .await;
        assert!(matches!(outcome, Err(StoreError::Unavailable { .. })));
    }
}
