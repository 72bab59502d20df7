//! Rows as jobs: codes of statuses and levels, the bytes of an id, and reading a whole job.

use gp_core::ServiceName;
use gp_core::{
    Cost, Job, JobDetail, JobId, JobStatus, Lease, Message, MessageLevel, Payload, Payloads, Progress,
    ResultInfo,
};
use rusqlite::{Connection, OptionalExtension, Row};

/// Of the messages of a job, that many from the start are kept.
pub(crate) const FIRST_MESSAGES: i64 = 100;
/// Of the messages of a job, that many from the end are kept.
pub(crate) const LAST_MESSAGES: i64 = 900;

/// The 16 bytes of an id.
pub(crate) fn id_bytes(id: &JobId) -> [u8; 16] {
    let digits = id.as_str().get(1..).unwrap_or_default();
    // An id is always `j` and 32 hexadecimal digits; zero would only mean a job that is not there.
    u128::from_str_radix(digits, 16).unwrap_or_default().to_be_bytes()
}

/// The id of 16 bytes.
pub(crate) fn id_from_bytes(bytes: [u8; 16]) -> JobId {
    JobId::from_random(u128::from_be_bytes(bytes))
}

/// The stored code of a status. Below 3 it has not ended: the partial indexes say the same.
pub(crate) fn status_code(status: JobStatus) -> i64 {
    match status {
        JobStatus::Submitted => 0,
        JobStatus::Executing => 1,
        JobStatus::Cancelling => 2,
        JobStatus::Succeeded => 3,
        JobStatus::Failed => 4,
        JobStatus::Cancelled => 5,
    }
}

/// The status of a stored code.
pub(crate) fn status_from_code(code: i64) -> rusqlite::Result<JobStatus> {
    JobStatus::ALL
        .into_iter()
        .find(|status| status_code(*status) == code)
        .ok_or_else(|| corrupt("status", code))
}

/// The stored code of a level.
pub(crate) fn level_code(level: MessageLevel) -> i64 {
    match level {
        MessageLevel::Info => 0,
        MessageLevel::Warning => 1,
        MessageLevel::Error => 2,
        MessageLevel::None => 3,
    }
}

fn level_from_code(code: i64) -> rusqlite::Result<MessageLevel> {
    let levels = [MessageLevel::Info, MessageLevel::Warning, MessageLevel::Error, MessageLevel::None];
    levels.into_iter().find(|level| level_code(*level) == code).ok_or_else(|| corrupt("message level", code))
}

fn corrupt(what: &str, code: i64) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        0,
        rusqlite::types::Type::Integer,
        format!("{code} is no {what}; the database was written by another program or is corrupt").into(),
    )
}

/// Reads a job.
pub(crate) fn read_job(
    connection: &Connection,
    id: &JobId,
    detail: JobDetail,
) -> rusqlite::Result<Option<Job>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, service, task, status, submitted_at_ms, ended_at_ms, expires_at_ms, attempt, lease_until_ms,
                progress_message, progress_percent, results, cost
         FROM job WHERE id = ?1",
    )?;
    let row = statement.query_row([id_bytes(id)], |row| Ok((row.get::<_, i64>(0)?, job_from_row(id, row)?)));
    let Some((seq, mut job)) = row.optional()? else { return Ok(None) };
    job.messages = read_messages(connection, seq)?;
    if detail == JobDetail::Full {
        job.payloads = read_payloads(connection, seq)?;
    }
    Ok(Some(job))
}

fn job_from_row(id: &JobId, row: &Row<'_>) -> rusqlite::Result<Job> {
    let percent: Option<u8> = row.get(10)?;
    let results: Vec<ResultInfo> = match row.get_ref(11)?.as_str()? {
        "[]" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(11, rusqlite::types::Type::Text, Box::new(error))
        })?,
    };
    let cost = row.get_ref(12)?.as_str_or_null()?.map(serde_json::from_str::<Cost>).transpose().map_err(
        |error| rusqlite::Error::FromSqlConversionFailure(12, rusqlite::types::Type::Text, Box::new(error)),
    )?;
    let service = row.get_ref(1)?.as_str()?;
    Ok(Job {
        id: id.clone(),
        service: ServiceName::parse(service),
        task: row.get(2)?,
        status: status_from_code(row.get(3)?)?,
        messages: Vec::new(),
        progress: row.get::<_, Option<String>>(9)?.map(|message| Progress { message, percent }),
        submitted_at_ms: row.get(4)?,
        ended_at_ms: row.get(5)?,
        expires_at_ms: row.get(6)?,
        lease: Lease { attempt: row.get(7)?, until_ms: row.get(8)? },
        results,
        cost,
        payloads: None,
    })
}

fn read_messages(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<Message>> {
    let mut statement =
        connection.prepare_cached("SELECT n, level, text FROM message WHERE job = ?1 ORDER BY n")?;
    let mut rows = statement.query([seq])?;
    let mut messages = Vec::new();
    let mut next = 0;
    while let Some(row) = rows.next()? {
        let n: i64 = row.get(0)?;
        if n > next {
            messages.push(Message::warning(format!(
                "({} messages are left out here: a job keeps its first {FIRST_MESSAGES} and its last {LAST_MESSAGES})",
                n - next
            )));
        }
        next = n + 1;
        messages.push(Message { level: level_from_code(row.get(1)?)?, text: row.get(2)? });
    }
    Ok(messages)
}

fn read_payloads(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Payloads>> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM payload WHERE job = ?1 ORDER BY n")?;
    let mut payloads = statement.query_map([seq], |row| {
        let bytes: Option<Vec<u8>> = row.get(0)?;
        Ok(bytes.map_or(Payload::Stored, |bytes| Payload::Inline(bytes.into())))
    })?;
    let Some(inputs) = payloads.next() else { return Ok(None) };
    Ok(Some(Payloads { inputs: inputs?, results: payloads.collect::<rusqlite::Result<_>>()? }))
}
