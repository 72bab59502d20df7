//! One run of a task, from texts to results: the only place where a tool is called. Plain and synchronous, so that
//! the server, a worker process and a Lambda function all do the same.

use crate::extent_filter::{all_turns, keep_within};
use crate::notice::repair_notices;
use crate::render::{RenderOptions, Rendering, wire_type};
use crate::{BodySize, InputSource, Limits, Reading, RequestError, ResultInfo, parse_values};
use crate::{Environment, Parameter, Parameters, PublishedTask, RunContext, Service, ToolError, Value};
use bytes::Bytes;
use gp_esri::{FeatureSet, SpatialReference};
use gp_formats::{Format, WriteLayer};
use gp_geometry::Crs;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One output of a run: what it is, and its JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskResult {
    /// What it is.
    pub info: ResultInfo,
    /// Features and rows of every set in it, those in lists and tables too.
    pub features: u64,
    /// The JSON text of its value.
    pub json: Bytes,
}

/// For whom the results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputForm {
    /// Stored with everything that a later request may ask for.
    Stored,
    /// Sent at once, as this request asked.
    Reply(RenderOptions),
    /// As `Reply`, in longitude and latitude on WGS 84 whatever reference was asked for, because it is on its way to a format
    /// that knows no other.
    InWgs84(RenderOptions),
}

/// Runs the task on typed values and writes its outputs. A panic inside the tool becomes an error.
///
/// # Errors
/// What the tool said, or what is wrong with its inputs or the spatial references asked for.
pub fn run_task(
    service: &Service,
    task: &PublishedTask,
    mut values: Vec<Value>,
    form: OutputForm,
    context: &RunContext,
) -> Result<Vec<TaskResult>, ToolError> {
    let work = || {
        check_references(&mut values, context)?;
        prepare_inputs(task, &mut values, context)?;
        let mut outputs = task.task.run(std::mem::take(&mut values), context)?;
        outputs
            .iter_mut()
            .zip(task.outputs())
            .map(|(value, parameter)| {
                project_output(parameter, value, form, context)?;
                write_output(service, parameter, value, form, context)
            })
            .collect()
    };
    // The values are not used again after a panic, so nothing half-changed can be seen.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!(task = %task.name, "a tool panicked");
        Err(ToolError::Internal(
            "the tool stopped unexpectedly; this is a fault of the server, please report it".into(),
        ))
    })
}

/// Reads the parameters of a request and its environment: everything that [`run_task`] needs. Data that is only named
/// comes from `source`.
///
/// # Errors
/// Code 400, one detail for each parameter that is wrong; code 413 where all that is wrong is the size, or where `source`
/// says that such data is read elsewhere.
pub fn read_request(
    task: &PublishedTask,
    parameters: &Parameters,
    limits: &Limits,
    now_ms: i64,
    source: &dyn InputSource,
) -> Result<(Vec<Value>, Vec<String>, Environment), RequestError> {
    let environment = Environment::read(parameters, now_ms)?;
    // Among whose coordinates an extent without a reference lies is known once they are read.
    let known = environment.extent.as_ref().filter(|extent| extent.spatial_reference.is_some());
    let around = known.map(all_turns);
    let reading = Reading { limits, source, extent: around.as_ref(), now_ms };
    let (values, warnings) = parse_values(task.inputs(), parameters, reading)?;
    Ok((values, warnings, environment))
}

/// Refuses spatial references that are not known before any work is done, unless features already are in them.
fn check_references(values: &mut [Value], context: &RunContext) -> Result<(), ToolError> {
    let environment = context.environment();
    let asked = [("outSR", &environment.output_sr), ("processSR", &environment.processing_sr)];
    for (name, sr) in asked {
        let Some(sr) = sr else { continue };
        let Err(error) = Crs::new(sr) else { continue };
        let mut sets = values.iter_mut().flat_map(Value::feature_sets_mut);
        if !sets.any(|set| set.spatial_reference.as_ref() == Some(sr)) {
            return Err(ToolError::invalid(name, error.to_string()));
        }
    }
    Ok(())
}

/// Repairs feature inputs, leaves out what lies beside the extent, and projects them, as the environment asks.
fn prepare_inputs(task: &PublishedTask, values: &mut [Value], context: &RunContext) -> Result<(), ToolError> {
    let repairs = context.environment().simplify_features && task.task.repairs_inputs();
    for (value, parameter) in values.iter_mut().zip(task.inputs()) {
        for features in value.feature_sets_mut() {
            if repairs {
                repair(parameter, features, context)?;
            }
            let is_projected = prepare_features(parameter, features, context)?;
            if repairs && is_projected {
                // A projection repairs what it makes invalid, but for polygons across the antimeridian.
                repair(parameter, features, context)?;
            }
        }
        context.check()?;
    }
    Ok(())
}

fn repair(parameter: &Parameter, features: &mut FeatureSet, context: &RunContext) -> Result<(), ToolError> {
    let report = gp_geometry::repair_features_checked(features, || context.check())?;
    for text in repair_notices(&report, features) {
        context.warning(format!("{}: {text}", parameter.display_name));
    }
    Ok(())
}

/// Leaves out features beside the extent and projects the others; says whether coordinates were computed anew.
fn prepare_features(
    parameter: &Parameter,
    features: &mut FeatureSet,
    context: &RunContext,
) -> Result<bool, ToolError> {
    let environment = context.environment();
    if let Some(extent) = &environment.extent {
        let notice = keep_within(features, extent, &|| context.check().is_err())
            .map_err(|reason| ToolError::invalid("context.extent", reason))?;
        if let Some(notice) = notice {
            context.warning(format!("{}: {notice}", parameter.display_name));
        }
    }
    match &environment.processing_sr {
        Some(sr) => project(parameter, features, sr, context),
        None => Ok(false),
    }
}

fn project_output(
    parameter: &Parameter,
    value: &mut Value,
    form: OutputForm,
    context: &RunContext,
) -> Result<(), ToolError> {
    let wgs84 = SpatialReference::from_wkid(4326);
    let wanted = match form {
        OutputForm::InWgs84(_) => Some(&wgs84),
        OutputForm::Stored | OutputForm::Reply(_) => context.environment().output_sr.as_ref(),
    };
    let Some(sr) = wanted else { return Ok(()) };
    value
        .feature_sets_mut()
        .into_iter()
        .try_for_each(|features| project(parameter, features, sr, context).map(|_| ()))
}

/// Says whether coordinates were computed anew.
fn project(
    parameter: &Parameter,
    features: &mut FeatureSet,
    sr: &SpatialReference,
    context: &RunContext,
) -> Result<bool, ToolError> {
    let report = gp_geometry::project_features(features, sr)
        .map_err(|error| ToolError::invalid(parameter.name.as_ref(), error.to_string()))?;
    for text in report.sentences() {
        context.warning(format!("{}: {text}", parameter.display_name));
    }
    Ok(report.changed)
}

fn write_output(
    service: &Service,
    parameter: &Parameter,
    value: &Value,
    form: OutputForm,
    context: &RunContext,
) -> Result<TaskResult, ToolError> {
    let features = value.features();
    let info = ResultInfo {
        name: parameter.name.to_string(),
        data_type: wire_type(parameter, value),
        feature_count: features.map(|features| features.features.len() as u64),
        has_z_or_m: value.sets().iter().any(|features| features.has_z || features.has_m),
        size: BodySize::default(),
    };
    tell_left_out(service, parameter, value, context)?;
    let options = match form {
        OutputForm::Stored => RenderOptions::STORED,
        OutputForm::Reply(options) | OutputForm::InWgs84(options) => options,
    };
    let rendering = Rendering {
        name: &parameter.name,
        options,
        maximum_records: service.maximum_records,
        files_url: context.files_url(),
    };
    let features = value.sets().iter().map(|set| set.features.len() as u64).sum();
    Ok(TaskResult { info, features, json: rendering.value(parameter, value).into() })
}

/// Warns of every set of features that no reply may carry, and says where the complete one is (specification 2.8).
fn tell_left_out(
    service: &Service,
    parameter: &Parameter,
    value: &Value,
    context: &RunContext,
) -> Result<(), ToolError> {
    let sets = value.sets();
    for (index, features) in sets.iter().enumerate() {
        let count = features.features.len();
        if count as u64 <= service.maximum_records {
            continue;
        }
        let place = if sets.len() > 1 { format!("value {}: ", index + 1) } else { String::new() };
        let sentence = format!(
            "{}: {place}the result has {count} features, more than the {} that this service returns in a reply, so the \
             reply holds none of them",
            parameter.display_name, service.maximum_records
        );
        context.warning(match complete_result(parameter, features, context)? {
            Some(url) => format!("{sentence}; the complete result is the file {url}"),
            None => format!("{sentence}; ask for less"),
        });
    }
    Ok(())
}

/// Writes a result that no reply may carry into a file, whose URL another request can take as its input (specification
/// 2.7, form 6). `None` where this run makes no files.
fn complete_result(
    parameter: &Parameter,
    features: &FeatureSet,
    context: &RunContext,
) -> Result<Option<String>, ToolError> {
    if !context.makes_files() {
        return Ok(None);
    }
    let path = context.new_file(&format!("{}.json", parameter.name))?;
    let layer = WriteLayer { name: &parameter.name, features };
    let written = gp_formats::write(&path, Format::EsriJson, &[layer], &|| context.check().is_err());
    written.map_err(|error| {
        let stopped = context.check().err();
        let internal = || ToolError::Internal(format!("{}: the complete result: {error}", parameter.name));
        stopped.unwrap_or_else(internal)
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Some(format!("{}{name}", context.files_url())))
}

#[cfg(test)]
mod tests;
