//! `execute`: runs a task of a synchronous service while the client waits (specification 1.8).

use crate::Rest;
use crate::error::Failure;
use crate::features::{self, FeatureRequest};
use crate::job::write_messages;
use crate::json;
use crate::reply_format::ReplyFormat;
use crate::resource::TaskPath;
use crate::response::Reply;
use bytes::Bytes;
use gp_core::{
    OutputForm, Parameters, PublishedTask, RenderOptions, RequestError, ResultInfo, Service, read_flag,
    submit_instead, write_result,
};
use gp_formats::Format;
use http::request::Parts;

/// Bytes of the members around results, about.
const FRAME_BYTES: usize = 512;

/// Runs the task.
pub(crate) async fn execute(
    rest: &Rest,
    path: &TaskPath,
    request: &Parts,
    parameters: Parameters,
) -> Result<Reply, Failure> {
    let (service, task) = rest.task(path)?;
    let options = render_options(&parameters)?;
    if let Some(format) = ReplyFormat::of_features(&parameters) {
        return execute_as(rest, (service, task), request, parameters, options, format).await;
    }
    let form = OutputForm::Reply(options);
    let executed =
        gp_core::execute(&rest.app, service, task, parameters, form, &rest.base_url(request)).await?;
    let size: usize = executed.results.iter().map(|result| result.json.len() + json::NAMED_VALUE_BYTES).sum();
    let mut out = Vec::with_capacity(size + FRAME_BYTES);
    out.extend_from_slice(b"{\"results\":[");
    for result in &executed.results {
        json::separate(&mut out);
        write_result(&mut out, &result.info.name, &result.info.data_type, &result.json);
    }
    out.push(b']');
    write_messages(&mut out, &executed.messages, service.message_level);
    out.push(b'}');
    Ok(Reply::volatile(out))
}

/// Runs the task and answers its features in another format than JSON. They are made in that format's reference at once:
/// `outSR` would only be a detour.
async fn execute_as(
    rest: &Rest,
    (service, task): (&Service, &PublishedTask),
    request: &Parts,
    parameters: Parameters,
    options: RenderOptions,
    format: Format,
) -> Result<Reply, Failure> {
    features::check_outputs(rest, task, format)?;
    // What is written is read again: a feature set, not a collection.
    let options = RenderOptions { feature_collection: false, ..options };
    let form = OutputForm::InWgs84(options);
    let executed =
        gp_core::execute(&rest.app, service, task, parameters, form, &rest.base_url(request)).await?;
    let results = features::feature_results(task, executed.results);
    check_changed_size(rest, task, &results)?;
    let byte_len = results.iter().map(|(_, json)| json.len() as u64).sum();
    let stem = match results.as_slice() {
        [(info, _)] => info.name.clone(),
        _ => task.name.clone(),
    };
    let wanted = FeatureRequest {
        format,
        options,
        out_sr: None,
        maximum_records: service.maximum_records,
        stem,
        turn: rest.change_room.take(byte_len).await,
    };
    features::reply(rest, wanted, &executed.messages, service.message_level, || Ok(results)).await
}

/// Another format takes memory besides that of the results.
fn check_changed_size(
    rest: &Rest,
    task: &PublishedTask,
    results: &[(ResultInfo, Bytes)],
) -> Result<(), RequestError> {
    let most = rest.settings.max_changed_bytes;
    let bytes: u64 = results.iter().map(|(_, json)| json.len() as u64).sum();
    if bytes <= most {
        return Ok(());
    }
    let detail = format!(
        "the reply would be made from {bytes} bytes of results, and this server changes up to {most} into another format; \
         use f=json"
    );
    let details = vec![detail, submit_instead(&rest.app, task)];
    Err(RequestError { code: 413, details, ..RequestError::bad("") })
}

/// How the request wants features written. Curves are always densified (specification 6.3), whatever `returnTrueCurves` says.
///
/// # Errors
/// Code 400 when a flag is neither true nor false.
pub(crate) fn render_options(parameters: &Parameters) -> Result<RenderOptions, RequestError> {
    let flag = |name: &str| Ok::<_, RequestError>(read_flag(parameters, name)?.unwrap_or(false));
    flag("returnTrueCurves")?;
    Ok(RenderOptions {
        z: flag("returnZ")?,
        m: flag("returnM")?,
        feature_collection: flag("returnFeatureCollection")?,
        column_names: flag("returnColumnName")?,
    })
}
