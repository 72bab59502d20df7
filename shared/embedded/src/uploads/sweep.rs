//! What has expired goes: items with their bytes, and bytes that never became a part.

use super::{FileUploads, rows};
use crate::blobs::off_the_reactor;
use gp_core::{StoreError, UploadChange, UploadId, UploadStore};
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// How long the bytes of an item stay once it cannot be used any more, for jobs that read them, milliseconds.
const GRACE_MS: i64 = 60 * 60 * 1000;
/// Bytes are stored before a row names them; after that many milliseconds without a change, none will.
const ORPHAN_MS: i64 = 60 * 60 * 1000;
/// Items that are looked up at once.
const BATCH: usize = 100;

impl FileUploads {
    /// Removes what has expired at that time, milliseconds since 1970; how many items.
    pub(crate) async fn remove_expired(&self, now_ms: i64) -> Result<usize, StoreError> {
        let mut removed = 0;
        loop {
            let read =
                self.jobs.readers.read(|connection| rows::expired(connection, now_ms - GRACE_MS, BATCH));
            let due = read.map_err(|error| StoreError::unavailable("read expired uploads", error))?;
            for id in &due {
                let Some(item) = self.get(id).await? else { continue };
                removed += usize::from(self.delete(&item).await? == UploadChange::Written);
            }
            if due.len() < BATCH {
                return Ok(removed);
            }
        }
    }

    /// Removes bytes that nobody sees and that did not change for a while; how many files.
    pub(crate) async fn remove_orphans(&self, now_ms: i64) -> Result<usize, StoreError> {
        let folder = self.folder.clone();
        let items = off_the_reactor("look for uploaded bytes", move || {
            items(&folder).map_err(|error| StoreError::unavailable("list uploaded bytes", error))
        });
        let mut removed = 0;
        for id in items.await? {
            // Listed first, then looked up: a file that becomes a part in between is found to be one.
            let folder = self.item_folder(&id);
            let listed = off_the_reactor("look for uploaded bytes", move || {
                match old_entries(&folder, now_ms - ORPHAN_MS) {
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok((false, Vec::new())),
                    listed => listed.map_err(|error| StoreError::unavailable("list uploaded bytes", error)),
                }
            });
            let (is_old, old) = listed.await?;
            let parts = self.get(&id).await?.map(|item| item.parts);
            let is_known = parts.is_some();
            let named: HashSet<String> =
                parts.unwrap_or_default().into_iter().map(|part| part.bytes.name).collect();
            let folder = self.item_folder(&id);
            removed += off_the_reactor("remove uploaded bytes", move || {
                let orphans: Vec<String> = old.into_iter().filter(|name| !named.contains(name)).collect();
                for name in &orphans {
                    remove_file(&folder.join(name))
                        .map_err(|error| StoreError::unavailable("remove uploaded bytes", error))?;
                }
                // A folder is made before its first file: one that is young may be about to get it.
                if !is_known && is_old {
                    // It is only removed when it is empty.
                    let _ = fs::remove_dir(&folder);
                }
                Ok(orphans.len())
            })
            .await?;
        }
        Ok(removed)
    }
}

fn items(folder: &Path) -> io::Result<Vec<UploadId>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut items = Vec::new();
    for entry in entries {
        items.extend(entry?.file_name().to_str().and_then(UploadId::parse));
    }
    Ok(items)
}

/// Whether the folder of an item did not change since that time, milliseconds since 1970, and which of its files did not.
fn old_entries(folder: &Path, before_ms: i64) -> io::Result<(bool, Vec<String>)> {
    let is_old = changed_ms(&folder.metadata()?)? < before_ms;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if changed_ms(&metadata)? < before_ms {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok((is_old, names))
}

fn changed_ms(metadata: &Metadata) -> io::Result<i64> {
    Ok(metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
