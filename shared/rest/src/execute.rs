//! `execute`: runs a task of a synchronous service while the client waits (specification 1.8).

use crate::Rest;
use crate::error::Failure;
use crate::job::write_messages;
use crate::json;
use crate::resource::TaskPath;
use crate::response::Reply;
use gp_core::{Parameters, RenderOptions, RequestError, read_flag, write_result};
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
    let executed =
        gp_core::execute(&rest.app, service, task, parameters, options, &rest.base_url(request)).await?;
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

/// How the request wants features written.
///
/// # Errors
/// Code 400 when a flag is neither true nor false.
pub(crate) fn render_options(parameters: &Parameters) -> Result<RenderOptions, RequestError> {
    let flag = |name: &str| Ok::<_, RequestError>(read_flag(parameters, name)?.unwrap_or(false));
    Ok(RenderOptions {
        z: flag("returnZ")?,
        m: flag("returnM")?,
        feature_collection: flag("returnFeatureCollection")?,
        column_names: flag("returnColumnName")?,
    })
}
