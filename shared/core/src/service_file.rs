//! Services as data: reads one `infra/services/*.toml` file. A bad file is refused with file, line and reason.

mod layers;

use crate::parse::parse_text;
use crate::service::PublishedTask;
use crate::{DataType, ExecutionType, MessageLevel, Service, ServiceName, Task, UploadLimits};
use layers::LayerEntry;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;

/// Why a service file was refused: `services/analysis.toml:12: there is no tool "Bufer"`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct ServiceFileError {
    /// The file, as it was named.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what to change.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    #[serde(default)]
    folder: Option<Spanned<String>>,
    name: Spanned<String>,
    #[serde(default)]
    description: String,
    execution_type: Execution,
    maximum_records: Spanned<u64>,
    time_limit_s: Spanned<u64>,
    #[serde(default)]
    message_level: Level,
    #[serde(default = "default_retention_minutes")]
    retention_minutes: u32,
    #[serde(default)]
    run_on_submit_s: Option<Spanned<u64>>,
    #[serde(default)]
    uploads: Option<UploadsEntry>,
    #[serde(default)]
    layer: Vec<LayerEntry>,
    #[serde(default)]
    task: Vec<TaskEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadsEntry {
    #[serde(default)]
    max_file_size_mb: Option<Spanned<u64>>,
    #[serde(default)]
    allowed_file_types: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskEntry {
    tool: Spanned<String>,
    name: Option<Spanned<String>>,
    display_name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    defaults: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    #[serde(default)]
    choices: BTreeMap<Spanned<String>, Spanned<Vec<String>>>,
    #[serde(default)]
    layers: BTreeMap<Spanned<String>, Spanned<Vec<String>>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Execution {
    Synchronous,
    Asynchronous,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Info,
    Warning,
    Error,
    None,
}

/// ArcGIS keeps job directories for six hours.
fn default_retention_minutes() -> u32 {
    360
}

/// Longest time limit.
const MAX_TIME_LIMIT_S: u64 = 30 * 24 * 3600;

/// Longest time that a client may have to wait for the id of its job.
const MAX_RUN_ON_SUBMIT_S: u64 = 10;

/// Largest upload: 5 GB is what S3 takes at once.
const MAX_FILE_SIZE_MB: u64 = 5 << 10;

/// A reason and the bytes of the text that it is about.
type Fault = (Range<usize>, String);

/// Reads a service file; `tools` are what it may publish.
///
/// # Errors
/// File, line and reason.
pub fn read_service(
    file: &str,
    text: &str,
    tools: &[&'static dyn Task],
) -> Result<Service, ServiceFileError> {
    let parsed = toml::from_str::<ServiceFile>(text)
        .map_err(|error| (error.span().unwrap_or(0..0), error.message().to_owned()));
    parsed.and_then(|parsed| build(parsed, tools)).map_err(|(span, reason)| {
        let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
        ServiceFileError { file: file.to_owned(), line, reason }
    })
}

fn build(parsed: ServiceFile, tools: &[&'static dyn Task]) -> Result<Service, Fault> {
    let name = identifier(&parsed.name, "service")?;
    let folder = parsed.folder.as_ref().map(|folder| identifier(folder, "folder")).transpose()?.unwrap_or("");
    positive(&parsed.maximum_records, "maximum_records")?;
    positive(&parsed.time_limit_s, "time_limit_s")?;
    if *parsed.time_limit_s.get_ref() > MAX_TIME_LIMIT_S {
        return Err((
            parsed.time_limit_s.span(),
            format!("time_limit_s must be at most {MAX_TIME_LIMIT_S} (30 days)"),
        ));
    }
    if let Some(budget) = &parsed.run_on_submit_s {
        positive(budget, "run_on_submit_s")?;
        if *budget.get_ref() > MAX_RUN_ON_SUBMIT_S {
            return Err((
                budget.span(),
                format!(
                    "run_on_submit_s must be at most {MAX_RUN_ON_SUBMIT_S}: clients wait for the job's id meanwhile"
                ),
            ));
        }
    }
    let layers = layers::stored(&parsed.layer)?;
    let mut tasks: Vec<PublishedTask> = Vec::with_capacity(parsed.task.len());
    for entry in &parsed.task {
        let mut task = publish(entry, tools)?;
        layers::offer(&mut task, entry, &layers)?;
        if tasks.iter().any(|other| other.name == task.name) {
            return Err((entry.tool.span(), format!("the task \"{}\" is listed twice", task.name)));
        }
        tasks.push(task);
    }
    if tasks.is_empty() {
        return Err((parsed.name.span(), "the service has no [[task]]; list at least one".to_owned()));
    }
    Ok(Service {
        name: ServiceName::new(folder, name),
        description: parsed.description,
        execution_type: match parsed.execution_type {
            Execution::Synchronous => ExecutionType::Synchronous,
            Execution::Asynchronous => ExecutionType::Asynchronous,
        },
        tasks,
        layers,
        maximum_records: *parsed.maximum_records.get_ref(),
        time_limit: Duration::from_secs(*parsed.time_limit_s.get_ref()),
        message_level: match parsed.message_level {
            Level::Info => MessageLevel::Info,
            Level::Warning => MessageLevel::Warning,
            Level::Error => MessageLevel::Error,
            Level::None => MessageLevel::None,
        },
        retention: Duration::from_secs(u64::from(parsed.retention_minutes) * 60),
        uploads: parsed.uploads.as_ref().map(uploads).transpose()?,
        run_on_submit: parsed.run_on_submit_s.map(|budget| Duration::from_secs(*budget.get_ref())),
    })
}

fn uploads(entry: &UploadsEntry) -> Result<UploadLimits, Fault> {
    let mut limits = UploadLimits::default();
    if let Some(size_mb) = &entry.max_file_size_mb {
        positive(size_mb, "max_file_size_mb")?;
        if *size_mb.get_ref() > MAX_FILE_SIZE_MB {
            return Err((size_mb.span(), format!("max_file_size_mb must be at most {MAX_FILE_SIZE_MB}")));
        }
        limits.max_file_bytes = size_mb.get_ref() << 20;
    }
    if let Some(types) = &entry.allowed_file_types {
        let is_extension = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let stray = types.get_ref().iter().find(|text| !is_extension(text));
        if let Some(stray) = stray {
            let reason =
                format!("\"{stray}\" is no file type; give extensions without a point, such as \"csv\"");
            return Err((types.span(), reason));
        }
        if types.get_ref().is_empty() {
            return Err((types.span(), "a list of file types must not be empty".to_owned()));
        }
        limits.file_types = types.get_ref().iter().map(|text| text.to_ascii_lowercase()).collect();
    }
    Ok(limits)
}

fn publish(entry: &TaskEntry, tools: &[&'static dyn Task]) -> Result<PublishedTask, Fault> {
    let tool_name = entry.tool.get_ref();
    let Some(tool) = tools.iter().find(|tool| tool.name() == tool_name) else {
        let known: Vec<&str> = tools.iter().map(|tool| tool.name()).collect();
        return Err((
            entry.tool.span(),
            format!("there is no tool \"{tool_name}\"; the tools are {}", known.join(", ")),
        ));
    };
    let mut task = PublishedTask::new(*tool);
    if let Some(name) = &entry.name {
        task.name = task_name(name)?;
        task.display_name.clone_from(&task.name);
    }
    task.display_name = entry.display_name.clone().unwrap_or(task.display_name);
    task.description = entry.description.clone().unwrap_or(task.description);
    for (name, value) in &entry.defaults {
        let index = input_index(&task, name)?;
        let text = default_text(value.get_ref());
        let value = parse_text(&task.parameters[index], &text)
            .map_err(|reason| (value.span(), format!("{}: {reason}", name.get_ref())))?;
        task.set_default(index, value);
    }
    for (name, choices) in &entry.choices {
        narrow_choices(&mut task, name, choices)?;
    }
    Ok(task)
}

fn narrow_choices(
    task: &mut PublishedTask,
    name: &Spanned<String>,
    choices: &Spanned<Vec<String>>,
) -> Result<(), Fault> {
    let index = input_index(task, name)?;
    let parameter = &task.parameters[index];
    if choices.get_ref().is_empty() {
        return Err((choices.span(), "a list of choices must not be empty".to_owned()));
    }
    let stray =
        choices.get_ref().iter().find(|choice| !parameter.choices.iter().any(|known| known == *choice));
    if let Some(stray) = stray.filter(|_| !parameter.choices.is_empty()) {
        let reason = format!("\"{stray}\" is not among the tool's choices {}", parameter.choices.join(", "));
        return Err((choices.span(), reason));
    }
    let is_text = match &parameter.data_type {
        DataType::MultiValue(member) => **member == DataType::String,
        data_type => *data_type == DataType::String,
    };
    if !is_text {
        return Err((name.span(), format!("{} is no text, so it has no choices", parameter.name)));
    }
    task.parameters[index].choices = choices.get_ref().iter().cloned().map(Cow::Owned).collect();
    let default = task.parameters[index].default.clone();
    if let crate::Value::String(text) = default
        && !task.parameters[index].choices.iter().any(|choice| *choice == text)
    {
        let reason = format!("the default \"{text}\" is not among these choices; set another default");
        return Err((choices.span(), reason));
    }
    Ok(())
}

fn input_index(task: &PublishedTask, name: &Spanned<String>) -> Result<usize, Fault> {
    let found = task.inputs().iter().position(|parameter| parameter.name == *name.get_ref());
    found.ok_or_else(|| {
        let known: Vec<&str> = task.inputs().iter().map(|parameter| parameter.name.as_ref()).collect();
        let reason = format!(
            "\"{}\" is no input of {}; its inputs are {}",
            name.get_ref(),
            task.name,
            known.join(", ")
        );
        (name.span(), reason)
    })
}

/// A default as a request would carry it: text as it is, anything else as JSON.
fn default_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// Names of services and folders stand in URLs and in generated Python: letters, digits and underscores.
fn identifier<'a>(name: &'a Spanned<String>, what: &str) -> Result<&'a str, Fault> {
    let text = name.get_ref().as_str();
    let good = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if good {
        return Ok(text);
    }
    let reason =
        format!("\"{text}\" is no {what} name; use letters, digits and underscores, beginning with a letter");
    Err((name.span(), reason))
}

/// Task names may hold spaces besides, which the Python client turns into underscores.
fn task_name(name: &Spanned<String>) -> Result<String, Fault> {
    if ["info", "uploads", "jobs"].contains(&name.get_ref().as_str()) {
        let reason =
            format!("\"{}\" is a resource of every service; choose another task name", name.get_ref());
        return Err((name.span(), reason));
    }
    let without_spaces = Spanned::new(name.span(), name.get_ref().replace(' ', "_"));
    identifier(&without_spaces, "task").map(|_| name.get_ref().clone())
}

fn positive(number: &Spanned<u64>, what: &str) -> Result<(), Fault> {
    if *number.get_ref() > 0 { Ok(()) } else { Err((number.span(), format!("{what} must be at least 1"))) }
}

#[cfg(test)]
mod tests;
