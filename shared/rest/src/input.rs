//! `inputs` and `inputs/{parameter}` of a job: what it was submitted with, defaults filled in (specification 1.11).

mod secrets;

use crate::Rest;
use crate::error::Failure;
use crate::features::{self, FeatureRequest};
use crate::job;
use crate::json;
use crate::reply_format::ReplyFormat;
use crate::resource::JobPath;
use crate::response::Reply;
use crate::result::expired;
use gp_core::{
    BodySize, DataType, JobDetail, Limits, MessageLevel, Parameter, Parameters, PublishedTask, RenderOptions,
    RequestError, ResultInfo, Value,
};
use gp_core::{job_inputs, parse_parameter, render_value, write_result};
use gp_esri::json::{Reader, write_string};
use secrets::{links_of, without_secrets};
use std::borrow::Cow;

/// Inputs up to this size are read and written on the thread that answers.
const MAX_INLINE_BYTES: usize = 64 << 10;

/// One input; features also as a KMZ.
pub(crate) async fn show(
    rest: &Rest,
    path: &JobPath,
    name: &str,
    request: &Parameters,
) -> Result<Reply, Failure> {
    let (service, task) = rest.task(&path.task)?;
    let Some(input) = PublishedTask::parameter(task.inputs(), name) else {
        return Err(RequestError::bad(format!("task {} has no input {name}", task.name)).into());
    };
    if let Some(format) = ReplyFormat::of_features(request) {
        let wanted = FeatureRequest {
            format,
            options: RenderOptions::STORED,
            out_sr: None,
            maximum_records: service.maximum_records,
            stem: input.name.to_string(),
            turn: None,
        };
        return show_features(rest, path, input.clone(), wanted).await;
    }
    Ok(Reply::volatile(written(rest, path, vec![input.clone()]).await?.concat()))
}

/// An input that holds its features itself, in another format than JSON.
async fn show_features(
    rest: &Rest,
    path: &JobPath,
    input: Parameter,
    wanted: FeatureRequest,
) -> Result<Reply, Failure> {
    if input.data_type != DataType::FeatureRecordSetLayer {
        let data_type = input.data_type.wire_name();
        let detail =
            format!("the input {} is {data_type}: only features can be sent so; use f=json", input.name);
        return Err(RequestError::bad(detail).into());
    }
    let parameters = parameters_of(rest, path).await?;
    let byte_len = parameters.all(&input.name).into_iter().map(|text| text.len() as u64).sum();
    let wanted = FeatureRequest { turn: rest.change_room.take(byte_len).await, ..wanted };
    let limits = rest.app.limits;
    let read = move || {
        let value = parse_parameter(&input, &parameters, &limits).map_err(|error| match error.code {
            413 => RequestError::bad(format!("the input {} only names its features; use f=json", input.name)),
            _ => error,
        })?;
        let Some(features) = value.features() else {
            return Err(RequestError::bad(format!("the input {} was not given", input.name)).into());
        };
        let info = ResultInfo {
            name: input.name.to_string(),
            data_type: input.data_type.wire_name().into_owned(),
            feature_count: Some(features.features.len() as u64),
            has_z_or_m: features.has_z || features.has_m,
            size: BodySize::default(),
        };
        let json = render_value(&input, &value, &RenderOptions::STORED);
        Ok(vec![(info, json.into())])
    };
    features::reply(rest, wanted, &[], MessageLevel::None, read).await
}

/// Every input, as an array (11.1).
pub(crate) async fn show_all(rest: &Rest, path: &JobPath) -> Result<Reply, Failure> {
    let (_, task) = rest.task(&path.task)?;
    let inputs = written(rest, path, task.inputs().to_vec()).await?;
    Ok(Reply::volatile([b"[", inputs.join(&b","[..]).as_slice(), b"]"].concat()))
}

/// What the job was submitted with.
async fn parameters_of(rest: &Rest, path: &JobPath) -> Result<Parameters, Failure> {
    let (_, _, job) = job::read(rest, path, JobDetail::Full).await?;
    let parameters = job_inputs(&rest.app, &job).await;
    parameters.map_err(|error| expired(&job, "inputs", (rest.app.now_ms)(), error))
}

async fn written(rest: &Rest, path: &JobPath, inputs: Vec<Parameter>) -> Result<Vec<Vec<u8>>, Failure> {
    let parameters = parameters_of(rest, path).await?;
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
