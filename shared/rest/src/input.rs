//! `inputs` and `inputs/{parameter}` of a job: what it was submitted with, defaults filled in (specification 1.11).

use crate::Rest;
use crate::error::Failure;
use crate::job;
use crate::json;
use crate::resource::JobPath;
use crate::response::Reply;
use crate::result::expired;
use gp_core::{JobDetail, Limits, Parameter, Parameters, PublishedTask, RenderOptions, RequestError, Value};
use gp_core::{job_inputs, parse_parameter, render_value};
use gp_esri::json::write_string;

/// Inputs up to this size are read and written on the thread that answers.
const MAX_INLINE_BYTES: usize = 64 << 10;

/// One input.
pub(crate) async fn show(rest: &Rest, path: &JobPath, name: &str) -> Result<Reply, Failure> {
    let (_, task) = rest.task(&path.task)?;
    let Some(input) = PublishedTask::parameter(task.inputs(), name) else {
        return Err(RequestError::bad(format!("task {} has no input {name}", task.name)).into());
    };
    Ok(Reply::volatile(written(rest, path, vec![input.clone()]).await?.concat()))
}

/// Every input, as an array (11.1).
pub(crate) async fn show_all(rest: &Rest, path: &JobPath) -> Result<Reply, Failure> {
    let (_, task) = rest.task(&path.task)?;
    let inputs = written(rest, path, task.inputs().to_vec()).await?;
    Ok(Reply::volatile([b"[", inputs.join(&b","[..]).as_slice(), b"]"].concat()))
}

async fn written(rest: &Rest, path: &JobPath, inputs: Vec<Parameter>) -> Result<Vec<Vec<u8>>, Failure> {
    let (_, _, job) = job::read(rest, path, JobDetail::Full).await?;
    let parameters = job_inputs(&rest.app, &job).await.map_err(|error| expired(&job, "inputs", error))?;
    let limits = rest.app.limits;
    let is_large = parameters.byte_len() > MAX_INLINE_BYTES;
    let write = move || inputs.iter().map(|input| input_json(input, &parameters, &limits)).collect();
    if !is_large {
        return Ok(write());
    }
    tokio::task::spawn_blocking(write).await.map_err(|error| Failure {
        error: RequestError::internal(),
        cause: Some(format!("writing inputs: {error}")),
    })
}

/// The value as it was understood; a text that was not is shown as it came, so that people see what went wrong.
fn input_json(input: &Parameter, parameters: &Parameters, limits: &Limits) -> Vec<u8> {
    let rendered = |value: &Value| render_value(&input.data_type, value, &RenderOptions::STORED, u64::MAX);
    let value = match (parse_parameter(input, parameters, limits), parameters.get(&input.name)) {
        (Ok(value), _) => rendered(&value),
        (Err(_), None) => rendered(&Value::Null),
        (Err(_), Some(text)) => {
            let mut out = Vec::with_capacity(text.len() + 2);
            write_string(&mut out, text);
            out
        }
    };
    let mut out = Vec::with_capacity(value.len() + json::NAMED_VALUE_BYTES);
    json::named_value(&mut out, &input.name, &input.data_type.wire_name(), &value);
    out
}
