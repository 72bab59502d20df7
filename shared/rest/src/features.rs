//! Feature results in other formats than Esri JSON: `f=geojson`, `kmz` and `pbf` (specification 1.8, 1.11, 3.3).
//!
//! Separate from `execute.rs` and `result.rs` because both answer them, and because they are written into a file first, which
//! takes a thread of its own.

use crate::Rest;
use crate::change_room::Turn;
use crate::error::Failure;
use crate::reply_format::name_of;
use crate::response::Reply;
use bytes::Bytes;
use gp_core::{
    DataType, FeatureFile, Message, MessageLevel, Parameter, PublishedTask, RenderOptions, RequestError,
    ResultInfo, StopOnDrop, TaskResult, submit_instead, write_feature_file,
};
use gp_esri::SpatialReference;
use gp_formats::Format;
use std::sync::atomic::Ordering;

const FEATURE_TYPE: &str = "GPFeatureRecordSetLayer";

/// What is to be written.
pub(crate) struct FeatureRequest {
    /// The format.
    pub(crate) format: Format,
    /// Whether z and m are kept.
    pub(crate) options: RenderOptions,
    /// The reference asked for, where the format leaves a choice.
    pub(crate) out_sr: Option<SpatialReference>,
    /// How many features the service returns.
    pub(crate) maximum_records: u64,
    /// The file's name, without its extension.
    pub(crate) stem: String,
    /// Memory for it.
    pub(crate) turn: Option<Turn>,
}

/// Checks, before anything is run, that the outputs of a task can be sent in the format.
///
/// # Errors
/// Code 400: no output is features, or more than the format holds.
pub(crate) fn check_outputs(rest: &Rest, task: &PublishedTask, format: Format) -> Result<(), RequestError> {
    let names: Vec<&str> = task
        .outputs()
        .iter()
        .filter(|output| is_feature_output(output))
        .map(|output| output.name.as_ref())
        .collect();
    let f = name_of(format);
    match names.len() {
        0 => Err(RequestError::bad(format!(
            "{} has no feature output: only feature results can be sent as {f}; use f=json",
            task.name
        ))),
        2.. if format == Format::GeoJson => {
            let detail = format!(
                "{} has {} feature outputs ({}), and {f} holds one; use f=json, or ask a job for results/<parameter>",
                task.name,
                names.len(),
                names.join(", ")
            );
            Err(RequestError {
                details: vec![detail, submit_instead(&rest.app, task)],
                ..RequestError::bad("")
            })
        }
        _ => Ok(()),
    }
}

/// Checks that a result of a job can be sent in the format.
///
/// # Errors
/// Code 400: it is no features.
pub(crate) fn check_result(info: &ResultInfo, format: Format) -> Result<(), RequestError> {
    if info.data_type == FEATURE_TYPE {
        return Ok(());
    }
    Err(RequestError::bad(format!(
        "the result {} is {}: only feature results can be sent as {}; use f=json",
        info.name,
        info.data_type,
        name_of(format)
    )))
}

/// The results of a run that are features, as the task declares them.
pub(crate) fn feature_results(task: &PublishedTask, results: Vec<TaskResult>) -> Vec<(ResultInfo, Bytes)> {
    let declared = results.into_iter().zip(task.outputs());
    let features = declared.filter(|(_, output)| is_feature_output(output));
    features.map(|(result, _)| (result.info, result.json)).collect()
}

/// Writes results and makes a reply of them. `read` gives each with the JSON text of its value, `messages` are what the run
/// said, for the error of a result that is too large.
///
/// # Errors
/// Those of `read` and of [`write_feature_file`].
pub(crate) async fn reply(
    rest: &Rest,
    request: FeatureRequest,
    messages: &[Message],
    message_level: MessageLevel,
    read: impl FnOnce() -> Result<Vec<(ResultInfo, Bytes)>, Failure> + Send + 'static,
) -> Result<Reply, Failure> {
    let format = request.format;
    let name = format!("{}.{}", request.stem, format.extension());
    let scratch = rest.app.scratch.clone();
    let stop = StopOnDrop::default();
    let is_stopped = stop.0.clone();
    let writing = tokio::task::spawn_blocking(move || {
        let _turn = request.turn;
        let results = read()?;
        std::fs::create_dir_all(&scratch).map_err(unwritten)?;
        let folder = tempfile::Builder::new().prefix("reply-").tempdir_in(&scratch).map_err(unwritten)?;
        let path = folder.path().join("reply");
        let wanted = FeatureFile {
            format,
            options: request.options,
            out_sr: request.out_sr.as_ref(),
            maximum_records: request.maximum_records,
            stop: &|| is_stopped.load(Ordering::Relaxed),
        };
        for warning in write_feature_file(&path, &results, &wanted)? {
            tracing::debug!(warning, "a result lost something on its way into another format");
        }
        std::fs::read(&path).map_err(unwritten)
    });
    let written = writing.await.map_err(unwritten)?;
    let bytes = written.map_err(|mut failure| {
        // One of them may say where the complete result is.
        let is_shown =
            |message: &&Message| message.level == MessageLevel::Warning && message.level >= message_level;
        let warnings = messages.iter().filter(is_shown);
        if failure.error.code == 400 {
            failure.error.details.extend(warnings.map(|message| message.text.clone()));
        }
        failure
    })?;
    let file_name = (format == Format::Kmz).then_some(name);
    Ok(Reply { file_name, is_volatile: true, ..Reply::file(format.media_type(), bytes) })
}

fn is_feature_output(output: &Parameter) -> bool {
    output.data_type == DataType::FeatureRecordSetLayer
}

fn unwritten(error: impl std::fmt::Display) -> Failure {
    Failure { error: RequestError::internal(), cause: Some(format!("writing a result: {error}")) }
}
