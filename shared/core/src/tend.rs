//! What becomes of jobs that nobody seems to work on: put in line again, or ended with the reason. Whoever finds them
//! (a schedule, a dead letter) calls this; nothing here looks for them.

use crate::message::{failed_message, lost_message};
use crate::run_job::retention_ms;
use crate::{App, Expected, Job, JobDetail, JobId, JobStatus, JobUpdate, Message, StoreError, Updated};

/// What was done about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tended {
    /// Nothing: it has ended, or was never there.
    Ended,
    /// Nothing: somebody works on it, or has just taken it.
    Alive,
    /// It is in line again.
    Sent {
        /// When it was submitted, milliseconds since 1970.
        submitted_at_ms: i64,
    },
    /// It was ended.
    Closed(JobStatus),
}

/// Sees to a job that has been waiting for long, or whose lease ran out.
///
/// Writes: one message, or one conditional update.
///
/// # Errors
/// Storage or queue failed; call again.
pub async fn tend_job(app: &App, id: &JobId) -> Result<Tended, StoreError> {
    let Some(job) = app.jobs.get(id, JobDetail::Status).await? else { return Ok(Tended::Ended) };
    match job.status {
        JobStatus::Succeeded | JobStatus::Failed | JobStatus::Cancelled => Ok(Tended::Ended),
        JobStatus::Submitted => send(app, &job).await,
        JobStatus::Executing | JobStatus::Cancelling if is_held(app, &job) => Ok(Tended::Alive),
        JobStatus::Cancelling => close(app, &job, crate::cancel::cancelled(app, &job)).await,
        JobStatus::Executing if job.lease.attempt >= app.job_settings.max_attempts => {
            fail(app, &job, lost_message(job.lease.attempt)).await
        }
        JobStatus::Executing => send(app, &job).await,
    }
}

/// Ends a job whose message nobody could handle, for that reason, unless somebody works on it now.
///
/// Writes: one conditional update.
///
/// # Errors
/// Storage failed; call again.
pub async fn bury_job(app: &App, id: &JobId, reason: &str) -> Result<Tended, StoreError> {
    let Some(job) = app.jobs.get(id, JobDetail::Status).await? else { return Ok(Tended::Ended) };
    match job.status {
        JobStatus::Succeeded | JobStatus::Failed | JobStatus::Cancelled => Ok(Tended::Ended),
        JobStatus::Executing | JobStatus::Cancelling if is_held(app, &job) => Ok(Tended::Alive),
        JobStatus::Cancelling => close(app, &job, crate::cancel::cancelled(app, &job)).await,
        JobStatus::Submitted | JobStatus::Executing => fail(app, &job, reason.to_owned()).await,
    }
}

fn is_held(app: &App, job: &Job) -> bool {
    job.lease.until_ms > (app.now_ms)()
}

async fn send(app: &App, job: &Job) -> Result<Tended, StoreError> {
    app.queue.send(&job.id).await?;
    Ok(Tended::Sent { submitted_at_ms: job.submitted_at_ms })
}

async fn fail(app: &App, job: &Job, reason: String) -> Result<Tended, StoreError> {
    let now_ms = (app.now_ms)();
    let update = JobUpdate {
        status: Some(JobStatus::Failed),
        messages: vec![Message::error(reason), Message::error(failed_message(&job.task))],
        ended: Some((now_ms, now_ms + retention_ms(app, job))),
        ..JobUpdate::default()
    };
    close(app, job, update).await
}

/// Writes while the job stands as it was read: whoever took it in between keeps it.
async fn close(app: &App, job: &Job, update: JobUpdate) -> Result<Tended, StoreError> {
    let statuses: &[JobStatus] = match job.status {
        JobStatus::Submitted => &[JobStatus::Submitted],
        JobStatus::Cancelling => &[JobStatus::Cancelling],
        _ => &[JobStatus::Executing],
    };
    let expected = Expected { statuses, attempt: Some(job.lease.attempt) };
    match app.jobs.update(&job.id, expected, update).await? {
        Updated::Written(status) => {
            tracing::info!(
                job.id = %job.id, service = %job.service, task = %job.task, job.attempt = job.lease.attempt,
                queue_ms = (app.now_ms)() - job.submitted_at_ms,
                outcome = if status == JobStatus::Cancelled { "cancelled" } else { "failed" },
                "job ended"
            );
            Ok(Tended::Closed(status))
        }
        Updated::Refused(_) => Ok(Tended::Alive),
    }
}
