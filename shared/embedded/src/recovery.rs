//! Jobs that nobody works on any more, after a crash or a lost worker: they are put in line again, or end.
//!
//! The data folder is locked by one process, so at its start nobody can be working on anything: every lease is void.
//! Later only leases that ran out count.

use crate::jobs::{SqliteJobs, change};
use crate::rows::{id_from_bytes, status_code};
use gp_core::{Catalog, Expected, JobId, JobStatus, JobUpdate, Message, ServiceName, StoreError};
use rusqlite::params;
use std::time::Duration;

/// How long a cancelled job is kept whose service is no longer published.
const DEFAULT_RETENTION: Duration = Duration::from_secs(6 * 60 * 60);

/// Whose work counts as abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    /// Every job that has not ended: this process has only just started.
    All,
    /// Jobs whose lease ran out before that time, milliseconds since 1970.
    LeaseBefore(i64),
}

impl SqliteJobs {
    /// Ends the abandoned jobs that were being cancelled, makes the others claimable, and returns those in the order
    /// of submission.
    pub(crate) async fn recover(
        &self,
        catalog: &Catalog,
        now_ms: i64,
        abandoned: Abandoned,
    ) -> Result<Vec<JobId>, StoreError> {
        if abandoned == Abandoned::All {
            self.void_leases().await?;
        }
        let mut waiting = Vec::new();
        for (id, status, service) in self.unfinished(abandoned)? {
            if status == status_code(JobStatus::Cancelling) {
                self.end_as_cancelled(id, now_ms, retention(catalog, &service)).await?;
            } else {
                waiting.push(id);
            }
        }
        Ok(waiting)
    }

    /// Gives back a job that this process stops working on: it can be claimed at once, and the attempt does not count,
    /// because nothing went wrong. Only for a job on which nobody works any more.
    pub(crate) async fn hand_back(&self, ids: Vec<JobId>) -> Result<usize, StoreError> {
        self.writer
            .write("hand back running jobs", move |connection| {
                let mut statement = connection.prepare_cached(
                    "UPDATE job SET lease_until_ms = 0, attempt = attempt - 1
                     WHERE id = ?1 AND status = ?2 AND attempt > 0 AND lease_until_ms > 0",
                )?;
                let mut handed_back = 0;
                for id in &ids {
                    let id = crate::rows::id_bytes(id);
                    handed_back += statement.execute(params![id, status_code(JobStatus::Executing)])?;
                }
                Ok(handed_back)
            })
            .await
    }

    fn unfinished(&self, abandoned: Abandoned) -> Result<Vec<(JobId, i64, String)>, StoreError> {
        // Jobs that only wait have no lease; while the server runs they are in line already.
        let (before_ms, least_status) = match abandoned {
            Abandoned::All => (i64::MAX, status_code(JobStatus::Submitted)),
            Abandoned::LeaseBefore(time_ms) => (time_ms, status_code(JobStatus::Executing)),
        };
        let read = self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, status, service FROM job INDEXED BY job_unfinished
                 WHERE status < 3 AND lease_until_ms < ?1 AND status >= ?2 ORDER BY seq",
            )?;
            let rows = statement.query_map([before_ms, least_status], |row| {
                Ok((id_from_bytes(row.get(0)?), row.get(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect()
        });
        read.map_err(|error| StoreError::unavailable("read unfinished jobs", error))
    }

    /// What an earlier process was working on can be claimed at once, and its last attempt does not count: the server
    /// ended, which is no fault of the job.
    async fn void_leases(&self) -> Result<(), StoreError> {
        self.writer
            .write("void leases", |connection| {
                let mut statement = connection.prepare_cached(
                    "UPDATE job INDEXED BY job_unfinished SET lease_until_ms = 0, attempt = MAX(attempt - 1, 0)
                     WHERE status < 3 AND status = ?1 AND lease_until_ms > 0",
                )?;
                statement.execute([status_code(JobStatus::Executing)]).map(|_| ())
            })
            .await
    }

    async fn end_as_cancelled(&self, id: JobId, now_ms: i64, retention: Duration) -> Result<(), StoreError> {
        let update = JobUpdate {
            status: Some(JobStatus::Cancelled),
            messages: vec![Message::info("Cancel complete.")],
            ended: Some((now_ms, now_ms.saturating_add(retention.as_millis() as i64))),
            ..JobUpdate::default()
        };
        let expected = Expected { statuses: &[JobStatus::Cancelling], attempt: None };
        self.writer
            .write("end a cancelled job", move |connection| {
                change(connection, &id, expected, &update).map(|_| ())
            })
            .await
    }
}

fn retention(catalog: &Catalog, service: &str) -> Duration {
    catalog.service(&ServiceName::parse(service)).map_or(DEFAULT_RETENTION, |service| service.retention)
}
