//! The bytes of a job, wherever they are kept.

use crate::{App, BlobKey, Job, Parameters, Payload, StoreError};
use bytes::Bytes;

/// The parameters that the job was submitted with. The job must have been read with its payloads.
///
/// # Errors
/// [`StoreError::NotFound`] when they have expired.
pub async fn job_inputs(app: &App, job: &Job) -> Result<Parameters, StoreError> {
    let payload = job.payloads.as_ref().map(|payloads| &payloads.inputs);
    let bytes =
        read(app, payload, BlobKey::Inputs(job.id.clone()), || format!("inputs of job {}", job.id)).await?;
    Parameters::decode(&bytes)
        .ok_or_else(|| StoreError::unavailable("read stored inputs", "they are corrupt"))
}

/// The JSON text of the result at `index` of `job.results`. The job must have been read with its payloads.
///
/// # Errors
/// [`StoreError::NotFound`] when it has expired.
pub async fn job_result(app: &App, job: &Job, index: usize) -> Result<Bytes, StoreError> {
    let payload = job.payloads.as_ref().and_then(|payloads| payloads.results.get(index));
    let key = BlobKey::Result(job.id.clone(), job.lease.attempt, index);
    read(app, payload, key, || format!("result {index} of job {}", job.id)).await
}

async fn read(
    app: &App,
    payload: Option<&Payload>,
    key: BlobKey,
    what: impl Fn() -> String,
) -> Result<Bytes, StoreError> {
    match payload {
        Some(Payload::Inline(bytes)) => Ok(bytes.clone()),
        Some(Payload::Stored) => app.blobs.get(&key).await,
        None => Err(StoreError::NotFound(what())),
    }
}
