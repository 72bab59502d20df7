//! What has expired goes: first a job's payloads, a day later its record; bytes that never got a job; and uploads.
//!
//! The record outlives the payloads as a tombstone, because clients poll for ever on an error or a missing status
//! (specification 10.16). Everything is done in small batches, so that a submission never waits long behind it.

use crate::blobs::{FileBlobs, SHARDS, off_the_reactor};
use crate::data::now_ms;
use crate::jobs::SqliteJobs;
use crate::queue::LineOfJobs;
use crate::recovery::Abandoned;
use crate::rows::id_from_bytes;
use crate::uploads::FileUploads;
use gp_core::{Catalog, JobDetail, JobId, JobStore, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How long the record stays after the payloads are gone, milliseconds.
const TOMBSTONE_MS: i64 = 24 * 60 * 60 * 1000;
/// Bytes are stored before their job; after that many milliseconds without one, none will come.
const ORPHAN_MS: i64 = 60 * 60 * 1000;
/// How long the files of an `execute` are kept, milliseconds.
const OUTPUTS_MS: i64 = 24 * 60 * 60 * 1000;
/// Jobs of one transaction.
const BATCH: usize = 100;
/// Shards of the blob folder that one sweep looks through: all of them in 16 sweeps.
const SHARDS_A_SWEEP: u16 = SHARDS / 16;

/// How often expired data is removed.
const INTERVAL: Duration = Duration::from_secs(60);

/// Removes what has expired.
pub struct Sweeper {
    pub(crate) jobs: Arc<SqliteJobs>,
    pub(crate) blobs: Arc<FileBlobs>,
    pub(crate) uploads: Arc<FileUploads>,
    pub(crate) line: Arc<LineOfJobs>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) next_shard: AtomicU16,
}

/// What one sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Jobs that lost their payloads.
    pub expired: usize,
    /// Jobs whose record went.
    pub forgotten: usize,
    /// Folders of bytes that had no job.
    pub orphans: usize,
    /// What `execute` requests left as files.
    pub outputs: usize,
    /// Uploaded files that expired.
    pub uploads: usize,
    /// Files of uploads that became no part.
    pub upload_orphans: usize,
    /// Jobs with a lease that ran out, put in line again.
    pub revived: usize,
}

/// A job that is due.
struct Due {
    seq: i64,
    id: JobId,
    is_tombstone: bool,
}

impl Sweeper {
    /// Sweeps once a minute, for ever.
    pub async fn run(&self) {
        let mut minute = interval(INTERVAL);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            minute.tick().await;
            match self.sweep(now_ms()).await {
                Ok(swept) if swept != Swept::default() => tracing::info!(?swept, "expired data was removed"),
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "expired data could not be removed"),
            }
        }
    }

    /// Removes what has expired at `now_ms`, milliseconds since 1970, and puts jobs in line again whose worker was lost.
    ///
    /// # Errors
    /// The store failed; what was not removed is removed by a later sweep.
    pub async fn sweep(&self, now_ms: i64) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for id in self.jobs.recover(&self.catalog, now_ms, Abandoned::LeaseBefore(now_ms)).await? {
            swept.revived += usize::from(self.line.put(id));
        }
        loop {
            let due = self.due(now_ms)?;
            let last = due.len() < BATCH;
            swept.forgotten += due.iter().filter(|job| job.is_tombstone).count();
            swept.expired += due.iter().filter(|job| !job.is_tombstone).count();
            self.remove(due, now_ms).await?;
            if last {
                break;
            }
        }
        swept.uploads = self.uploads.remove_expired(now_ms).await?;
        if self.next_shard.load(Ordering::Relaxed).is_multiple_of(SHARDS) {
            swept.upload_orphans = self.uploads.remove_orphans(now_ms).await?;
        }
        for _ in 0..SHARDS_A_SWEEP {
            let shard = self.next_shard.fetch_add(1, Ordering::Relaxed) % SHARDS;
            swept.orphans += self.remove_orphans(shard, now_ms - ORPHAN_MS).await?;
        }
        let blobs = self.blobs.clone();
        swept.outputs = off_the_reactor("remove the files of execute", move || {
            blobs
                .remove_outputs(now_ms - OUTPUTS_MS)
                .map_err(|error| StoreError::unavailable("remove the files of execute", error))
        })
        .await?;
        Ok(swept)
    }

    fn due(&self, now_ms: i64) -> Result<Vec<Due>, StoreError> {
        let read = self.jobs.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, id, sweep_at_ms > expires_at_ms FROM job INDEXED BY job_to_sweep
                 WHERE sweep_at_ms IS NOT NULL AND sweep_at_ms <= ?1 AND status >= 3 ORDER BY sweep_at_ms LIMIT ?2",
            )?;
            let rows = statement.query_map([now_ms, BATCH as i64], |row| {
                Ok(Due { seq: row.get(0)?, id: id_from_bytes(row.get(1)?), is_tombstone: row.get(2)? })
            })?;
            rows.collect()
        });
        read.map_err(|error| StoreError::unavailable("read expired jobs", error))
    }

    /// The records first: whoever reads one afterwards does not look for bytes that are gone.
    async fn remove(&self, due: Vec<Due>, now_ms: i64) -> Result<(), StoreError> {
        if due.is_empty() {
            return Ok(());
        }
        let ids: Vec<JobId> = due.iter().map(|job| job.id.clone()).collect();
        self.jobs
            .writer
            .write("remove expired jobs", move |connection| {
                for job in &due {
                    connection.prepare_cached("DELETE FROM payload WHERE job = ?1")?.execute([job.seq])?;
                    if job.is_tombstone {
                        connection
                            .prepare_cached("DELETE FROM message WHERE job = ?1")?
                            .execute([job.seq])?;
                        connection.prepare_cached("DELETE FROM job WHERE seq = ?1")?.execute([job.seq])?;
                    } else {
                        // Counted from now, not from the expiry: a server that was down for a week still answers.
                        connection
                            .prepare_cached("UPDATE job SET sweep_at_ms = ?2 WHERE seq = ?1")?
                            .execute([job.seq, now_ms + TOMBSTONE_MS])?;
                    }
                }
                Ok(())
            })
            .await?;
        let blobs = self.blobs.clone();
        off_the_reactor("remove expired bytes", move || {
            for id in &ids {
                blobs
                    .remove_job(id)
                    .map_err(|error| StoreError::unavailable("remove expired bytes", error))?;
            }
            Ok(())
        })
        .await
    }

    async fn remove_orphans(&self, shard: u16, before_ms: i64) -> Result<usize, StoreError> {
        let failed = |error| StoreError::unavailable("look for bytes without a job", error);
        let blobs = self.blobs.clone();
        let old = off_the_reactor("look for bytes", move || {
            blobs.unchanged_since(shard, before_ms).map_err(failed)
        });
        let mut removed = 0;
        for id in old.await? {
            if self.jobs.get(&id, JobDetail::Status).await?.is_none() {
                let blobs = self.blobs.clone();
                off_the_reactor("remove bytes", move || blobs.remove_job(&id).map_err(failed)).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
