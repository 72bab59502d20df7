//! Files one after the other as one stream, a piece at a time.

use crate::blobs::off_the_reactor;
use async_trait::async_trait;
use bytes::Bytes;
use gp_core::{ByteSource, StoreError, UploadError};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

/// Bytes of a piece.
const READ_BYTES: u64 = 256 << 10;

/// What is left to read.
struct Files {
    /// What they are, for errors.
    what: String,
    waiting: VecDeque<(PathBuf, u64)>,
    /// The file that is being read, and how many bytes are left of it.
    current: Option<(File, u64)>,
}

/// The stream of these files, each with how many bytes it has; the first one is opened at once.
///
/// # Errors
/// The first one is not there.
pub(crate) async fn open(
    what: String,
    waiting: VecDeque<(PathBuf, u64)>,
) -> Result<Box<dyn ByteSource>, StoreError> {
    let mut files = Files { what, waiting, current: None };
    files.advance().await?;
    Ok(Box::new(files))
}

impl Files {
    /// Opens the next file; whether there is one.
    async fn advance(&mut self) -> Result<bool, StoreError> {
        let Some((path, byte_len)) = self.waiting.pop_front() else { return Ok(false) };
        let missing = self.what.clone();
        let file = off_the_reactor("read a file", move || match File::open(path) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::NotFound(missing)),
            Err(error) => Err(StoreError::unavailable("open a file", error)),
        });
        self.current = Some((file.await?, byte_len));
        Ok(true)
    }
}

#[async_trait]
impl ByteSource for Files {
    async fn next(&mut self) -> Result<Option<Bytes>, UploadError> {
        loop {
            let Some((mut file, left)) = self.current.take() else {
                if self.advance().await? {
                    continue;
                }
                return Ok(None);
            };
            if left == 0 {
                continue;
            }
            let (file, bytes) = off_the_reactor("read a file", move || {
                let mut bytes = Vec::with_capacity(left.min(READ_BYTES) as usize);
                let read = file.by_ref().take(left.min(READ_BYTES)).read_to_end(&mut bytes);
                read.map_err(|error| StoreError::unavailable("read a file", error)).map(|_| (file, bytes))
            })
            .await?;
            if bytes.is_empty() {
                return Err(StoreError::Corrupt(self.what.clone()).into());
            }
            self.current = Some((file, left - bytes.len() as u64));
            return Ok(Some(Bytes::from(bytes)));
        }
    }
}
