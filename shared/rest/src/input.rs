//! `inputs` and `inputs/{parameter}` of a job: what it was submitted with, defaults filled in (specification 1.11).

mod secrets;

use crate::Rest;
use crate::error::Failure;
use crate::job;
use crate::json;
use crate::resource::JobPath;
use crate::response::Reply;
use crate::result::expired;
use gp_core::{
    DataType, JobDetail, Limits, Parameter, Parameters, PublishedTask, RenderOptions, RequestError, Value,
};
use gp_core::{job_inputs, parse_parameter, render_value, write_result};
use gp_esri::json::{Reader, write_string};
use secrets::{links_of, without_secrets};
use std::borrow::Cow;

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
    let parameters = job_inputs(&rest.app, &job)
        .await
        .map_err(|error| expired(&job, "inputs", (rest.app.now_ms)(), error))?;
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

/// Features as they came, because reading them could cost as much as the run; other values as they were understood. A
/// text that is wrong is shown as it came, so that people see what is wrong. Secrets are not shown.
fn input_json(input: &Parameter, parameters: &Parameters, limits: &Limits) -> Vec<u8> {
    let (links, max_depth) = (links_of(input), limits.max_json_depth);
    let given = parameters.all(&input.name).into_iter().map(str::trim).filter(|text| !text.is_empty());
    let texts: Vec<Cow<'_, str>> = given.map(|text| without_secrets(text, links, max_depth)).collect();
    let is_given = texts.last().is_some_and(|text| text.trim_matches('"') != "null");
    let value = match &input.data_type {
        DataType::MultiValue(member) if (member.is_feature_type() || member.is_file_type()) && is_given => {
            list_json(&texts, max_depth)
        }
        DataType::MultiValue(member) if **member == DataType::StringHidden => b"[]".to_vec(),
        single if (single.is_feature_type() || single.is_file_type()) && is_given => {
            texts.last().map_or(b"null".to_vec(), |text| text_json(text, max_depth))
        }
        DataType::StringHidden => b"\"\"".to_vec(),
        _ => understood(input, &texts, limits),
    };
    let mut out = Vec::with_capacity(value.len() + json::NAMED_VALUE_BYTES);
    write_result(&mut out, &input.name, &input.data_type.wire_name(), &value);
    out
}

fn understood(input: &Parameter, texts: &[Cow<'_, str>], limits: &Limits) -> Vec<u8> {
    let parameters = Parameters::from_iter(texts.iter().map(|text| (input.name.as_ref(), text.as_ref())));
    let rendered = |value: &Value| render_value(input, value, &RenderOptions::STORED);
    match (parse_parameter(input, &parameters, limits), texts.last()) {
        (Ok(value), _) => rendered(&value),
        (Err(_), None) => rendered(&Value::Null),
        // A cell that must not be seen cannot be told from the others in a table that cannot be read.
        (Err(_), Some(_)) if input.infos.iter().any(|info| info.data_type == DataType::StringHidden) => {
            quoted(secrets::NOT_SHOWN)
        }
        (Err(_), Some(text)) if !input.infos.is_empty() => text_json(text, limits.max_json_depth),
        (Err(_), Some(text)) => quoted(text),
    }
}

fn list_json(texts: &[Cow<'_, str>], max_depth: usize) -> Vec<u8> {
    match texts {
        [list] if list.starts_with('[') => text_json(list, max_depth),
        texts => {
            let members: Vec<_> = texts.iter().map(|text| text_json(text, max_depth)).collect();
            [b"[", members.join(&b","[..]).as_slice(), b"]"].concat()
        }
    }
}

/// The text itself where it is JSON, else as a JSON string. Strictly: what we read more leniently, such as `NaN`, would
/// break the reply.
fn text_json(text: &str, max_depth: usize) -> Vec<u8> {
    let mut reader = Reader::new(text, max_depth);
    let is_flat = reader.skip_value().and_then(|()| reader.end()).is_ok();
    let is_json = is_flat && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_json { text.as_bytes().to_vec() } else { quoted(text) }
}

fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_string(&mut out, text);
    out
}
