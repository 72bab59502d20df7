//! `submitJob`: starts a job of an asynchronous service (specification 1.9).

use crate::Rest;
use crate::error::Failure;
use crate::json;
use crate::resource::TaskPath;
use crate::response::Reply;
use gp_core::{Parameters, RequestError, read_flag};
use http::request::Parts;

/// Accepts the job. Never an HTTP error: clients would send the same again (specification 0, rule 1).
pub(crate) async fn submit(
    rest: &Rest,
    path: &TaskPath,
    request: &Parts,
    parameters: Parameters,
) -> Result<Reply, Failure> {
    let (service, task) = rest.task(path)?;
    // Results never hold curves (specification 6.3): the parameter only has to be right.
    read_flag(&parameters, "returnTrueCurves")?;
    let key = match request.headers.get("idempotency-key").map(|key| key.to_str()) {
        Some(Ok(key)) if !key.trim().is_empty() => Some(key.trim()),
        Some(Err(_)) => {
            return Err(RequestError::invalid("Idempotency-Key: only ASCII text is allowed").into());
        }
        _ => None,
    };
    let submission =
        gp_core::submit_job(&rest.app, service, task, parameters, key, &rest.base_url(request)).await?;
    let mut out = b"{".to_vec();
    json::text(&mut out, "jobId", submission.id.as_str());
    json::text(&mut out, "jobStatus", submission.status.wire_name());
    out.push(b'}');
    Ok(Reply { job: Some(submission.id), ..Reply::volatile(out) })
}
