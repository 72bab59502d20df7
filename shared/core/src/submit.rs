//! `submitJob`: checks what must be refused at once, writes the record, then puts the job in line.
//!
//! Values are not looked at here: a wrong value makes a failed job whose messages say why, because clients that get an
//! error body instead of a job id lose the message (specification 5.4).

use crate::idempotency;
use crate::run_job::run_within;
use crate::{
    App, BlobKey, Content, Created, ExecutionType, Job, JobId, JobStatus, Lease, Message, Parameters, Payload,
};
use crate::{Payloads, PublishedTask, RequestError, Runner, Service, StoreError};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// An accepted submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The job.
    pub id: JobId,
    /// Where it stands.
    pub status: JobStatus,
}

/// Why a submission was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The request is wrong.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// It could not be stored; nothing was accepted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Accepts a job: when this returns, its record is on disk, and it will end.
///
/// Writes: one conditional create, one message; one blob before them when the inputs are too large for the record. A job
/// that runs at once is created as claimed by this submission, and needs no message.
///
/// # Errors
/// [`SubmitError::Refused`] for a synchronous service, a bad or reused idempotency key;
/// [`SubmitError::Store`] when it could not be stored.
pub async fn submit_job(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    mut parameters: Parameters,
    idempotency_key: Option<&str>,
) -> Result<Submission, SubmitError> {
    if service.execution_type != ExecutionType::Asynchronous {
        return Err(RequestError::bad(format!(
            "{}/{} is synchronous: use execute instead of submitJob",
            service.name, task.name
        ))
        .into());
    }
    let key = idempotency_key.or_else(|| parameters.get(idempotency::PARAMETER)).map(str::to_owned);
    keep_what_the_job_needs(task, &mut parameters);
    let idempotency = match key {
        Some(key) => {
            idempotency::check_key(&key)?;
            Some((key, idempotency::digest(&parameters)))
        }
        None => None,
    };
    let id = JobId::from_random(random_bits()?);
    let inputs = Bytes::from(parameters.encode());
    let inputs = if inputs.len() <= app.job_settings.max_inline_input_bytes {
        Payload::Inline(inputs)
    } else {
        app.blobs.put(&BlobKey::Inputs(id.clone()), inputs, Content::BINARY).await?;
        Payload::Stored
    };
    let mut job = new_job(app, id.clone(), service, task, inputs);
    let at_once = run_at_once(app, service, &mut job);
    match app.jobs.create(job.clone(), idempotency).await? {
        Created::New => {
            let started = match at_once {
                Some((runner, budget)) => run_within(app, &job, runner, budget).await,
                None => app.queue.send(&id).await,
            };
            if let Err(error) = started {
                // The record is there: whoever looks after forgotten jobs will put it in line.
                tracing::error!(job.id = %id, error = &error as &dyn std::error::Error, "a job was stored, but not started");
            }
            Ok(Submission { id, status: JobStatus::Submitted })
        }
        Created::Existing { id, same_inputs: true } => {
            let job = app.jobs.get(&id, crate::JobDetail::Status).await?;
            Ok(Submission { id, status: job.map_or(JobStatus::Submitted, |job| job.status) })
        }
        Created::Existing { id, same_inputs: false } => Err(RequestError::invalid(format!(
            "the idempotency key was used for job {id} with other inputs; use a new key for a new request"
        ))
        .into()),
    }
}

fn new_job(app: &App, id: JobId, service: &Service, task: &PublishedTask, inputs: Payload) -> Job {
    Job {
        id,
        service: service.name.clone(),
        task: task.name.clone(),
        status: JobStatus::Submitted,
        messages: vec![Message::info("Submitted.")],
        progress: None,
        submitted_at_ms: (app.now_ms)(),
        ended_at_ms: None,
        expires_at_ms: None,
        lease: Lease::default(),
        results: Vec::new(),
        cost: None,
        payloads: Some(Payloads::inputs(inputs)),
    }
}

/// Claims a job for its own submission, where its service asks for that, the server can, and the job is small.
fn run_at_once(app: &App, service: &Service, job: &mut Job) -> Option<(Arc<dyn Runner>, Duration)> {
    let (runner, budget) = (app.submit_runner.clone()?, service.run_on_submit?);
    let is_small = matches!(&job.payloads, Some(Payloads { inputs: Payload::Inline(_), .. }));
    if !is_small {
        return None;
    }
    job.status = JobStatus::Executing;
    let lease_ms = (budget + app.job_settings.lease).as_millis() as i64;
    job.lease = Lease { attempt: 1, until_ms: job.submitted_at_ms + lease_ms };
    Some((runner, budget))
}

/// Drops what is not the task's business: the request's own token above all, which must not be stored.
fn keep_what_the_job_needs(task: &PublishedTask, parameters: &mut Parameters) {
    parameters.retain(|name| {
        crate::environment::NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
            || PublishedTask::parameter(task.inputs(), name).is_some()
    });
}

pub(crate) fn random_bits() -> Result<u128, StoreError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| StoreError::unavailable("ask for random bits", error.to_string()))?;
    Ok(u128::from_le_bytes(bits))
}
