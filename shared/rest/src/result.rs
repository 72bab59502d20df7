//! `results` and `results/{parameter}` of a job (specification 1.11).

use crate::Rest;
use crate::error::Failure;
use crate::execute::render_options;
use crate::job;
use crate::json;
use crate::resource::JobPath;
use crate::response::Reply;
use gp_core::{
    Job, JobDetail, JobStatus, MessageLevel, Parameters, RenderOptions, RequestError, Service, StoreError,
};
use gp_core::{job_result, read_sr, render_result, timestamp_text};
use gp_esri::SpatialReference;

/// Stored results up to this size are rendered on the thread that answers.
const MAX_INLINE_BYTES: usize = 64 << 10;

/// How this request wants results.
struct View {
    options: RenderOptions,
    out_sr: Option<SpatialReference>,
    maximum_records: u64,
}

/// One result.
pub(crate) async fn show(
    rest: &Rest,
    path: &JobPath,
    name: &str,
    parameters: &Parameters,
) -> Result<Reply, Failure> {
    let (service, _, job) = job::read(rest, path, JobDetail::Full).await?;
    check_succeeded(&job, service)?;
    let exact = job.results.iter().position(|result| result.name == name);
    let index =
        exact.or_else(|| job.results.iter().position(|result| result.name.eq_ignore_ascii_case(name)));
    let Some(index) = index else {
        return Err(RequestError::bad(format!("job {} has no result {name}", job.id)).into());
    };
    let view = View::read(parameters, service)?;
    let mut out = Vec::new();
    write_result(rest, &job, index, &view, &mut out).await?;
    Ok(Reply::volatile(out))
}

/// Every result, as an array (11.1).
pub(crate) async fn show_all(rest: &Rest, path: &JobPath, parameters: &Parameters) -> Result<Reply, Failure> {
    let (service, _, job) = job::read(rest, path, JobDetail::Full).await?;
    check_succeeded(&job, service)?;
    let view = View::read(parameters, service)?;
    let mut out = b"[".to_vec();
    for index in 0..job.results.len() {
        json::separate(&mut out);
        write_result(rest, &job, index, &view, &mut out).await?;
    }
    out.push(b']');
    Ok(Reply::volatile(out))
}

/// The failure for a payload that is not there any more.
pub(crate) fn expired(job: &Job, what: &str, now_ms: i64, error: StoreError) -> Failure {
    match error {
        StoreError::NotFound(missing) if job.expires_at_ms.is_some_and(|at| now_ms < at) => {
            let detail = format!("the {what} of job {} are missing on the server; submit it again", job.id);
            let cause = Some(format!("{missing} before it expired"));
            Failure { error: RequestError { code: 500, ..RequestError::bad(detail) }, cause }
        }
        StoreError::NotFound(_) => {
            let when = job.expires_at_ms.map_or("".to_owned(), |at| format!(" at {}", timestamp_text(at)));
            RequestError::bad(format!("the {what} of job {} expired{when}; submit it again", job.id)).into()
        }
        error => error.into(),
    }
}

impl View {
    fn read(parameters: &Parameters, service: &Service) -> Result<View, RequestError> {
        let out_sr = |name: &str| parameters.get(name).map(|text| read_sr(name, text)).transpose();
        let out_sr = match out_sr("outSR")? {
            Some(sr) => Some(sr),
            None => out_sr("env:outSR")?,
        };
        Ok(View { options: render_options(parameters)?, out_sr, maximum_records: service.maximum_records })
    }
}

async fn write_result(
    rest: &Rest,
    job: &Job,
    index: usize,
    view: &View,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let Some(info) = job.results.get(index) else { return Ok(()) };
    let stored = job_result(&rest.app, job, index)
        .await
        .map_err(|error| expired(job, "results", (rest.app.now_ms)(), error))?;
    let value = if stored.len() > MAX_INLINE_BYTES {
        let (info, options, sr, most) =
            (info.clone(), view.options, view.out_sr.clone(), view.maximum_records);
        let rendering =
            tokio::task::spawn_blocking(move || render_result(&info, &stored, &options, sr.as_ref(), most));
        rendering.await.map_err(|error| Failure {
            error: RequestError::internal(),
            cause: Some(format!("writing a result: {error}")),
        })??
    } else {
        render_result(info, &stored, &view.options, view.out_sr.as_ref(), view.maximum_records)?
    };
    out.reserve(value.len() + json::NAMED_VALUE_BYTES);
    json::named_value(out, &info.name, &info.data_type, &value);
    Ok(())
}

/// A job without results says why: by its status, and by what it failed of.
fn check_succeeded(job: &Job, service: &Service) -> Result<(), RequestError> {
    if job.status == JobStatus::Succeeded {
        return Ok(());
    }
    let status = job.status.wire_name();
    let mut error = RequestError::bad(if job.status.is_terminal() {
        format!("job {} has no results: its status is {status}", job.id)
    } else {
        format!(
            "job {} has no results yet: its status is {status}; ask again once it is esriJobSucceeded",
            job.id
        )
    });
    if service.message_level != MessageLevel::None {
        let errors = job.messages.iter().filter(|message| message.level == MessageLevel::Error);
        error.details.extend(errors.map(|message| message.text.clone()));
    }
    Err(error)
}
