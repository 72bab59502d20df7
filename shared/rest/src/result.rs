//! `results` and `results/{parameter}` of a job (specification 1.11).

use crate::Rest;
use crate::carry::base64_bytes;
use crate::error::Failure;
use crate::execute::render_options;
use crate::features::{self, FeatureRequest};
use crate::job;
use crate::json;
use crate::reply_format::ReplyFormat;
use crate::resource::JobPath;
use crate::response::{Encoding, Reply, Shape};
use gp_core::{
    Job, JobDetail, JobStatus, MessageLevel, ParameterInfo, Parameters, PublishedTask, RenderOptions,
    RequestError, ResultInfo, Service, StoreError, StoredResult,
};
use gp_core::{
    is_as_stored, job_result, job_result_link, read_sr, render_result, timestamp_text, write_result,
};
use gp_esri::SpatialReference;
use gp_formats::Format;
use http::request::Parts;

/// Stored results up to this size are rendered on the thread that answers.
const MAX_INLINE_BYTES: u64 = 64 << 10;

/// How this request wants results.
#[derive(Clone)]
struct View {
    options: RenderOptions,
    out_sr: Option<SpatialReference>,
    maximum_records: u64,
    /// The columns of each output that is a value table, by its name.
    columns: Vec<(String, Vec<ParameterInfo>)>,
}

/// One result.
pub(crate) async fn show(
    rest: &Rest,
    path: &JobPath,
    name: &str,
    request: &Parts,
    parameters: &Parameters,
) -> Result<Reply, Failure> {
    let (service, task, job) = job::read(rest, path, JobDetail::Full).await?;
    check_succeeded(&job, service)?;
    let exact = job.results.iter().position(|result| result.name == name);
    let index =
        exact.or_else(|| job.results.iter().position(|result| result.name.eq_ignore_ascii_case(name)));
    let Some(index) = index else {
        return Err(RequestError::bad(format!("job {} has no result {name}", job.id)).into());
    };
    let view = View::read(parameters, service, task)?;
    if let Some(format) = ReplyFormat::of_features(parameters) {
        return as_features(rest, &job, index, service, view, format).await;
    }
    if view.is_as_stored(&job.results[index]) && Shape::read(parameters, None).0.is_plain() {
        return as_stored(rest, &job, index, request).await;
    }
    let mut out = Vec::new();
    write_view(rest, &job, index, &view, &mut out).await?;
    Ok(Reply::volatile(out))
}

/// The result without touching a byte of it, or where it is.
async fn as_stored(rest: &Rest, job: &Job, index: usize, request: &Parts) -> Result<Reply, Failure> {
    let size = job.results[index].size;
    let fits = match rest.settings.max_reply_bytes {
        None => true,
        Some(max_bytes) if Encoding::is_gzip_accepted(&request.headers) => {
            base64_bytes(size.stored_bytes) <= max_bytes as u64
        }
        // Sent uncompressed if there is memory for that; else the client has to decompress it after all.
        Some(_) => size.plain_bytes <= rest.settings.max_changed_bytes,
    };
    if !fits && let Some(url) = job_result_link(&rest.app, job, index).await? {
        return Ok(Reply::elsewhere(&url));
    }
    Ok(Reply::stored(read(rest, job, index).await?))
}

/// The features of the result in another format than JSON.
async fn as_features(
    rest: &Rest,
    job: &Job,
    index: usize,
    service: &Service,
    view: View,
    format: Format,
) -> Result<Reply, Failure> {
    let Some(info) = job.results.get(index) else { return Err(RequestError::internal().into()) };
    features::check_result(info, format)?;
    check_changed_size(rest, std::slice::from_ref(info))?;
    let turn = rest.change_room.take(info.size.plain_bytes).await;
    let stored = read(rest, job, index).await?;
    let wanted = FeatureRequest {
        format,
        options: view.options,
        out_sr: view.out_sr,
        maximum_records: view.maximum_records,
        stem: info.name.clone(),
        turn,
    };
    let info = info.clone();
    let read = move || {
        let value = stored.value(&info)?;
        Ok(vec![(info, value)])
    };
    features::reply(rest, wanted, &job.messages, service.message_level, read).await
}

/// Every result, as an array (11.1).
pub(crate) async fn show_all(rest: &Rest, path: &JobPath, parameters: &Parameters) -> Result<Reply, Failure> {
    let (service, task, job) = job::read(rest, path, JobDetail::Full).await?;
    check_succeeded(&job, service)?;
    let view = View::read(parameters, service, task)?;
    check_changed_size(rest, &job.results)?;
    let mut out = b"[".to_vec();
    for index in 0..job.results.len() {
        json::separate(&mut out);
        write_view(rest, &job, index, &view, &mut out).await?;
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
    fn read(parameters: &Parameters, service: &Service, task: &PublishedTask) -> Result<View, RequestError> {
        let out_sr = |name: &str| parameters.get(name).map(|text| read_sr(name, text)).transpose();
        let out_sr = match out_sr("outSR")? {
            Some(sr) => Some(sr),
            None => out_sr("env:outSR")?,
        };
        let options = render_options(parameters)?;
        let tables = task.outputs().iter().filter(|output| !output.infos.is_empty());
        let columns = if options.column_names {
            tables.map(|table| (table.name.to_string(), table.infos.clone())).collect()
        } else {
            Vec::new()
        };
        Ok(View { options, out_sr, maximum_records: service.maximum_records, columns })
    }

    fn is_as_stored(&self, info: &ResultInfo) -> bool {
        is_as_stored(info, &self.options, self.out_sr.as_ref(), self.maximum_records)
    }

    fn value(&self, info: &ResultInfo, stored: &StoredResult) -> Result<Vec<u8>, Failure> {
        let value = stored.value(info)?;
        let columns = self.columns.iter().find(|(name, _)| *name == info.name);
        let columns = columns.map_or(&[][..], |(_, columns)| columns);
        Ok(render_result(info, columns, &value, &self.options, self.out_sr.as_ref(), self.maximum_records)?)
    }
}

async fn read(rest: &Rest, job: &Job, index: usize) -> Result<StoredResult, Failure> {
    let read = job_result(&rest.app, job, index).await;
    read.map_err(|error| expired(job, "results", (rest.app.now_ms)(), error))
}

/// Results are changed on their way only while there is memory for that.
fn check_changed_size(rest: &Rest, results: &[ResultInfo]) -> Result<(), RequestError> {
    let most = rest.settings.max_changed_bytes;
    let bytes: u64 = results.iter().map(|info| info.size.plain_bytes).sum();
    let Some(largest) = results.iter().max_by_key(|info| info.size.plain_bytes).filter(|_| bytes > most)
    else {
        return Ok(());
    };
    let z_and_m = if largest.has_z_or_m { ", returnZ=true and returnM=true" } else { "" };
    Err(RequestError::bad(format!(
        "the reply would be made from {bytes} bytes of results, and this server changes up to {most} on their way; ask for \
         results/{} alone with f=json{z_and_m}, and without outSR, callback and returnFeatureCollection: then it is sent as \
         it is",
        largest.name
    )))
}

/// Writes a result as the request wants it.
async fn write_view(
    rest: &Rest,
    job: &Job,
    index: usize,
    view: &View,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let Some(info) = job.results.get(index) else { return Ok(()) };
    check_changed_size(rest, std::slice::from_ref(info))?;
    let value = if info.size.plain_bytes > MAX_INLINE_BYTES {
        let turn = rest.change_room.take(info.size.plain_bytes).await;
        let stored = read(rest, job, index).await?;
        let (info, view) = (info.clone(), view.clone());
        let rendering = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            view.value(&info, &stored)
        });
        rendering.await.map_err(|error| Failure {
            error: RequestError::internal(),
            cause: Some(format!("writing a result: {error}")),
        })??
    } else {
        view.value(info, &read(rest, job, index).await?)?
    };
    out.reserve(value.len() + json::NAMED_VALUE_BYTES);
    write_result(out, &info.name, &info.data_type, &value);
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
