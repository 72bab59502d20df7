//! `submitJob`: checks what must be refused at once, writes the record, then puts the job in line.
//!
//! Values are not looked at here: a wrong value makes a failed job whose messages say why, because clients that get an
//! error body instead of a job id lose the message (specification 5.4).

use crate::idempotency;
use crate::{
    App, BlobKey, Created, ExecutionType, Job, JobId, JobStatus, Lease, Message, Parameters, Payload,
};
use crate::{Payloads, PublishedTask, RequestError, Service, StoreError};
use bytes::Bytes;

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
/// Writes: one conditional create, one message; one blob before them when the inputs are too large for the record.
///
/// # Errors
/// [`SubmitError::Refused`] for a synchronous service, a bad or reused idempotency key;
/// [`SubmitError::Store`] when it could not be stored, or not be put in line: then it is found again later.
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
    let inputs = if inputs.len() <= app.job_settings.max_inline_payload_bytes {
        Payload::Inline(inputs)
    } else {
        app.blobs.put(&BlobKey::Inputs(id.clone()), inputs).await?;
        Payload::Stored
    };
    let job = new_job(app, id.clone(), service, task, inputs);
    match app.jobs.create(job, idempotency).await? {
        Created::New => {
            app.queue.send(&id).await?;
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
        payloads: Some(Payloads::inputs(inputs)),
    }
}

/// Drops what is not the task's business: the request's own token above all, which must not be stored.
fn keep_what_the_job_needs(task: &PublishedTask, parameters: &mut Parameters) {
    parameters.retain(|name| {
        crate::environment::NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
            || PublishedTask::parameter(task.inputs(), name).is_some()
    });
}

fn random_bits() -> Result<u128, StoreError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)
        .map_err(|error| StoreError::unavailable("ask for random bits", error.to_string()))?;
    Ok(u128::from_le_bytes(bits))
}
