//! The job store: every write is conditional, runs in one transaction, and (claims excepted, see there) is on disk when
//! it is answered.

use crate::readers::Readers;
use crate::rows::{FIRST_MESSAGES, LAST_MESSAGES, id_bytes, id_from_bytes, level_code, read_job};
use crate::rows::{status_code, status_from_code};
use crate::schema;
use crate::writer::{Durability, Writer};
use async_trait::async_trait;
use gp_core::Updated;
use gp_core::{
    Created, Expected, Job, JobDetail, JobId, JobStatus, JobStore, JobUpdate, Message, Payload, StoreError,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// The place of the inputs among the payloads of a job; results follow.
const INPUTS: i64 = 0;

/// Jobs in a SQLite database.
pub struct SqliteJobs {
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
    /// The lock on the data folder: it must outlive the writer, and fields are dropped in order.
    pub(crate) lock: Option<File>,
}

impl SqliteJobs {
    /// Opens the database, which is created if it is not there. Only one may be open on a file at a time.
    ///
    /// # Errors
    /// The file cannot be opened, is no database, or was written by a newer version.
    pub fn open(path: &Path) -> Result<SqliteJobs, StoreError> {
        let failed = |error| StoreError::unavailable("open the job database", error);
        let connection = schema::open_writer(path).map_err(failed)?;
        let writer =
            Writer::start(connection).map_err(|error| StoreError::unavailable("start a thread", error))?;
        let readers = Readers::new(path.to_owned());
        // Tells of a damaged file now rather than at the first poll.
        readers
            .read(|connection| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())))
            .map_err(failed)?;
        Ok(SqliteJobs { readers, writer, lock: None })
    }
}

#[async_trait]
impl JobStore for SqliteJobs {
    async fn create(&self, job: Job, idempotency: Option<(String, [u8; 32])>) -> Result<Created, StoreError> {
        self.writer.write("store a job", move |connection| create(connection, &job, idempotency)).await
    }

    async fn get(&self, id: &JobId, detail: JobDetail) -> Result<Option<Job>, StoreError> {
        // Where nothing can be written any more, nothing gets better by waiting: a health check has to see it.
        self.writer.check_alive("read a job")?;
        self.readers
            .read(|connection| read_job(connection, id, detail))
            .map_err(|error| StoreError::unavailable("read a job", error))
    }

    async fn claim(&self, id: &JobId, now_ms: i64, lease: Duration) -> Result<Option<Job>, StoreError> {
        let id = id.clone();
        let until_ms = now_ms.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        // A claim that a power cut undoes is a job that waits again, and its worker is gone by the same cut; so it
        // does not wait for the disk. Whatever the worker stores later takes the claim along.
        let claim = move |connection: &Connection| claim(connection, &id, now_ms, until_ms);
        self.writer.write_with(Durability::Soon, "claim a job", claim).await
    }

    async fn update(&self, id: &JobId, expected: Expected, update: JobUpdate) -> Result<Updated, StoreError> {
        let id = id.clone();
        self.writer.write("change a job", move |connection| change(connection, &id, expected, &update)).await
    }
}

fn create(
    connection: &Connection,
    job: &Job,
    idempotency: Option<(String, [u8; 32])>,
) -> rusqlite::Result<Created> {
    let (key, digest) = idempotency.unzip();
    if let Some(key) = &key {
        let mut statement = connection.prepare_cached(
            "SELECT id, inputs_digest FROM job WHERE service = ?1 AND task = ?2 AND idempotency_key = ?3",
        )?;
        let found = statement.query_row(params![job.service.as_str(), job.task, key], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, Option<[u8; 32]>>(1)?))
        });
        if let Some((id, stored)) = found.optional()? {
            return Ok(Created::Existing { id: id_from_bytes(id), same_inputs: stored == digest });
        }
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO job (id, service, task, status, submitted_at_ms, ended_at_ms, expires_at_ms, sweep_at_ms, attempt,
                          lease_until_ms, progress_message, progress_percent, message_count, results, idempotency_key,
                          inputs_digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    let seq = statement.insert(params![
        id_bytes(&job.id),
        job.service.as_str(),
        job.task,
        status_code(job.status),
        job.submitted_at_ms,
        job.ended_at_ms,
        job.expires_at_ms,
        job.lease.attempt,
        job.lease.until_ms,
        job.progress.as_ref().map(|progress| &progress.message),
        job.progress.as_ref().and_then(|progress| progress.percent),
        job.messages.len() as i64,
        json_text(&job.results)?,
        key,
        digest,
    ])?;
    append_messages(connection, seq, 0, &job.messages)?;
    if let Some(payloads) = &job.payloads {
        put_payload(connection, seq, INPUTS, &payloads.inputs)?;
        put_results(connection, seq, &payloads.results)?;
    }
    Ok(Created::New)
}

fn claim(connection: &Connection, id: &JobId, now_ms: i64, until_ms: i64) -> rusqlite::Result<Option<Job>> {
    let mut statement = connection.prepare_cached(
        "UPDATE job SET status = ?2, attempt = attempt + 1, lease_until_ms = ?3
         WHERE id = ?1 AND (status = ?4 OR (status = ?2 AND lease_until_ms <= ?5))",
    )?;
    let (executing, waiting) = (status_code(JobStatus::Executing), status_code(JobStatus::Submitted));
    let claimed = statement.execute(params![id_bytes(id), executing, until_ms, waiting, now_ms])?;
    if claimed == 0 { Ok(None) } else { read_job(connection, id, JobDetail::Full) }
}

/// Changes a job if it stands as expected and the state machine allows the step. A job that has ended never changes.
pub(crate) fn change(
    connection: &Connection,
    id: &JobId,
    expected: Expected,
    update: &JobUpdate,
) -> rusqlite::Result<Updated> {
    let mut statement =
        connection.prepare_cached("SELECT seq, status, attempt, message_count FROM job WHERE id = ?1")?;
    let found = statement.query_row([id_bytes(id)], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            status_from_code(row.get(1)?)?,
            row.get::<_, u32>(2)?,
            row.get::<_, i64>(3)?,
        ))
    });
    let Some((seq, status, attempt, message_count)) = found.optional()? else {
        return Ok(Updated::Refused(None));
    };
    let as_expected =
        expected.statuses.contains(&status) && expected.attempt.is_none_or(|expected| expected == attempt);
    let allowed = !status.is_terminal() && update.status.is_none_or(|next| status.can_become(next));
    if !as_expected || !allowed {
        return Ok(Updated::Refused(Some(status)));
    }
    put_results(connection, seq, &update.result_payloads)?;
    append_messages(connection, seq, message_count, &update.messages)?;
    let message_count = message_count + update.messages.len() as i64;
    let next = update.status.unwrap_or(status);
    if next != status || update.ended.is_some() || !update.results.is_empty() || update.cost.is_some() {
        let results = if update.results.is_empty() { None } else { Some(json_text(&update.results)?) };
        let (ended_at_ms, expires_at_ms) = update.ended.unzip();
        let cost = update.cost.as_ref().map(json_text).transpose()?;
        connection
            .prepare_cached(
                "UPDATE job SET status = ?2, ended_at_ms = coalesce(?3, ended_at_ms),
                        expires_at_ms = coalesce(?4, expires_at_ms), sweep_at_ms = coalesce(?4, sweep_at_ms),
                        results = coalesce(?5, results), cost = coalesce(?6, cost)
                 WHERE seq = ?1",
            )?
            .execute(params![seq, status_code(next), ended_at_ms, expires_at_ms, results, cost])?;
    }
    // Apart from the above because a heartbeat changes no column that is in an index.
    let (message, percent) =
        update.progress.as_ref().map(|progress| (&progress.message, progress.percent)).unzip();
    connection
        .prepare_cached(
            "UPDATE job SET message_count = ?2, lease_until_ms = coalesce(?3, lease_until_ms),
                    progress_percent = iif(?4 IS NULL, progress_percent, ?5),
                    progress_message = coalesce(?4, progress_message)
             WHERE seq = ?1",
        )?
        .execute(params![seq, message_count, update.lease_until_ms, message, percent.flatten()])?;
    Ok(Updated::Written(next))
}

fn append_messages(
    connection: &Connection,
    seq: i64,
    first: i64,
    messages: &[Message],
) -> rusqlite::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let mut statement =
        connection.prepare_cached("INSERT INTO message (job, n, level, text) VALUES (?1, ?2, ?3, ?4)")?;
    let mut n = first;
    for message in messages {
        statement.execute(params![seq, n, level_code(message.level), message.text])?;
        n += 1;
    }
    if n > FIRST_MESSAGES + LAST_MESSAGES {
        connection.prepare_cached("DELETE FROM message WHERE job = ?1 AND n >= ?2 AND n < ?3")?.execute([
            seq,
            FIRST_MESSAGES,
            n - LAST_MESSAGES,
        ])?;
    }
    Ok(())
}

fn put_results(connection: &Connection, seq: i64, results: &[Payload]) -> rusqlite::Result<()> {
    for (payload, n) in results.iter().zip(INPUTS + 1..) {
        put_payload(connection, seq, n, payload)?;
    }
    Ok(())
}

fn put_payload(connection: &Connection, seq: i64, n: i64, payload: &Payload) -> rusqlite::Result<()> {
    let bytes = match payload {
        Payload::Inline(bytes) => Some(bytes.as_ref()),
        Payload::Stored => None,
    };
    connection
        .prepare_cached("INSERT OR REPLACE INTO payload (job, n, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![seq, n, bytes])
        .map(|_| ())
}

fn json_text(value: &(impl Serialize + ?Sized)) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_that_can_write_no_more_fails_reads_too() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = SqliteJobs::open(&folder.path().join("jobs.sqlite")).unwrap();
        let id = JobId::from_random(1);
        assert!(jobs.get(&id, JobDetail::Status).await.unwrap().is_none());
        let killed = jobs.writer.write::<()>("fail", |_| panic!("the thread that writes ends"));
        killed.await.unwrap_err();
        while jobs.get(&id, JobDetail::Status).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
