//! `cancel`: a waiting job is cancelled at once, a running one is told to stop (specification 4.5).

use crate::{
    App, Expected, Job, JobDetail, JobId, JobStatus, JobUpdate, Message, RequestError, StoreError, Updated,
};

/// Why a job was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such job, or it has ended.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks that the job stop. Returns it as it stands then: cancelled when nobody works on it, else cancelling.
///
/// Every write is conditional: if the job ends in between, the caller is told so.
///
/// # Errors
/// [`CancelError::Refused`] when the job is unknown or has ended.
pub async fn cancel_job(app: &App, id: &JobId) -> Result<Job, CancelError> {
    loop {
        let Some(mut job) = app.jobs.get(id, JobDetail::Status).await? else {
            return Err(RequestError::job_not_found(id).into());
        };
        let update = match job.status {
            JobStatus::Submitted => cancelled(app, &job),
            // Nobody works on it: it was given back, or its worker was lost.
            JobStatus::Executing if job.lease.until_ms <= (app.now_ms)() => cancelled(app, &job),
            JobStatus::Executing => JobUpdate {
                status: Some(JobStatus::Cancelling),
                messages: vec![Message::info("Cancelling...")],
                ..JobUpdate::default()
            },
            JobStatus::Cancelling => return Ok(job),
            JobStatus::Succeeded | JobStatus::Failed | JobStatus::Cancelled => {
                return Err(RequestError::invalid(format!(
                    "job {id} has ended ({}) and cannot be cancelled",
                    job.status.wire_name()
                ))
                .into());
            }
        };
        let statuses: &[JobStatus] = match job.status {
            JobStatus::Submitted => &[JobStatus::Submitted],
            _ => &[JobStatus::Executing],
        };
        let messages = update.messages.clone();
        let expected = Expected { statuses, attempt: Some(job.lease.attempt) };
        if let Updated::Written(status) = app.jobs.update(id, expected, update).await? {
            job.status = status;
            job.messages.extend(messages);
            return Ok(job);
        }
    }
}

/// The change that ends a job as cancelled.
pub(crate) fn cancelled(app: &App, job: &Job) -> JobUpdate {
    let now_ms = (app.now_ms)();
    JobUpdate {
        status: Some(JobStatus::Cancelled),
        messages: vec![Message::info("Cancel complete.")],
        ended: Some((now_ms, now_ms + crate::run_job::retention_ms(app, job))),
        ..JobUpdate::default()
    }
}
