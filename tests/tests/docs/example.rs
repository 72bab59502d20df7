//! One oracle case of a tool as the example of its page: the request, and what goes in and comes out.

use crate::is_sample;
use anyhow::{Context, Result};
use gp_core::{
    ExecutionType, Limits, MessageLevel, OutputForm, Parameters, PublishedTask, RecordSet, RunContext,
    Service, ServiceName, Silent, Task, TaskResult, Value, read_request, run_task,
};
use gp_esri::{Envelope, FeatureSet, ReadLimits};
use gp_tests::{RepositoryFiles, run_files};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Inline feature sets up to this length are part of the command; others are read from the file of the case.
const LONGEST_ARGUMENT: usize = 400;

/// What `examples.toml` says of a tool: a case, or a case and what the picture shows of it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Choice {
    Case(String),
    Window { case: String, window: [f64; 4] },
}

/// An oracle case that was run.
pub(crate) struct Example {
    /// The path of its file below the repository.
    pub(crate) case: String,
    /// Arguments of curl, one a parameter.
    pub(crate) arguments: Vec<String>,
    /// The file that is uploaded before the request.
    pub(crate) upload: Option<String>,
    /// The layers of real data that it reads.
    pub(crate) files: Vec<String>,
    /// Feature sets and tables going in, with their parameters.
    pub(crate) inputs: Vec<(String, FeatureSet)>,
    /// Feature sets and tables coming out.
    pub(crate) outputs: Vec<(String, FeatureSet)>,
    /// Everything else that comes out, as JSON.
    pub(crate) values: Vec<(String, String)>,
    /// What the picture shows, in the coordinates of the output.
    pub(crate) window: Option<Envelope>,
}

/// The choices of `examples.toml`, by tool.
pub(crate) fn chosen() -> Result<BTreeMap<String, Choice>> {
    let text = std::fs::read_to_string(crate::folder().join("examples.toml"))?;
    toml::from_str(&text).context("examples.toml")
}

impl Example {
    /// The case that is chosen, else the first by name that reads a real layer and no nasty one, else the one with most data.
    /// `None` for a sample without cases.
    pub(crate) fn of(tool: &'static dyn Task, choice: Option<&Choice>) -> Result<Option<Example>> {
        let folder = Path::new("tests/oracles/cases").join(tool.name());
        let (case, window) = match choice {
            Some(Choice::Case(case)) => (folder.join(format!("{case}.json")), None),
            Some(Choice::Window { case, window: [xmin, ymin, xmax, ymax] }) => {
                let window = Envelope { xmin: *xmin, ymin: *ymin, xmax: *xmax, ymax: *ymax };
                (folder.join(format!("{case}.json")), Some(window))
            }
            None if is_sample(tool) => return Ok(None),
            None => (first_case(&folder)?, None),
        };
        let json = read_json(&case)?;
        let parameters = json["parameters"].as_object().context("no parameters")?;
        let mut texts = Parameters::default();
        let (mut arguments, mut files, mut upload) = (Vec::new(), Vec::new(), None);
        // In the order of the tool's parameters, with what is none of them behind.
        let position = |name: &str| tool.inputs().iter().position(|parameter| parameter.name == name);
        let mut parameters: Vec<(&String, &Json)> = parameters.iter().collect();
        parameters.sort_by_key(|(name, _)| position(name).unwrap_or(usize::MAX));
        for (name, value) in parameters {
            texts.push(name.as_str(), text_of(value)?);
            arguments.push(argument(name, value, &case));
            files_in(value, &mut files);
            upload = upload.or(upload_of(value).map(str::to_owned));
        }
        files.extend(upload.clone());
        files.dedup();
        let task = PublishedTask::new(tool);
        let (values, _, environment) = read_request(&task, &texts, &Limits::default(), 0, &RepositoryFiles)?;
        let names = task.inputs().iter().map(|parameter| parameter.name.as_ref());
        let inputs = names.zip(&values).flat_map(|(name, value)| feature_sets(name, value)).collect();
        let made = tempfile::tempdir()?;
        let context = RunContext::new(environment, Box::new(Silent), Arc::default(), None)
            .with_files(run_files(made.path()));
        let results = run_task(&service(), &task, values, OutputForm::Stored, &context)?;
        let case = case.to_string_lossy().into_owned();
        let (outputs, values) = read_results(&results)?;
        Ok(Some(Example { case, arguments, upload, files, inputs, outputs, values, window }))
    }
}

fn first_case(folder: &Path) -> Result<PathBuf> {
    let entries =
        std::fs::read_dir(gp_tests::repository().join(folder)).context("there is no oracle case")?;
    let mut cases = entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect::<Result<Vec<_>>>()?;
    cases.sort();
    for case in &cases {
        let mut files = Vec::new();
        files_in(&read_json(case)?["parameters"], &mut files);
        if !files.is_empty() && !files.iter().any(|file| file.contains("/nasty/")) {
            return Ok(case.clone());
        }
    }
    let size =
        |case: &PathBuf| std::fs::metadata(gp_tests::repository().join(case)).map_or(0, |data| data.len());
    cases.into_iter().max_by_key(size).context("there is no oracle case")
}

fn read_json(path: &Path) -> Result<Json> {
    let text = std::fs::read_to_string(gp_tests::repository().join(path));
    Ok(serde_json::from_str(&text.with_context(|| path.display().to_string())?)?)
}

/// The path in an object whose only key is `file`.
fn file_of(value: &Json) -> Option<&str> {
    only_member(value, "file")
}

/// The path in an object whose only key is `upload`.
fn upload_of(value: &Json) -> Option<&str> {
    only_member(value, "upload")
}

fn only_member<'j>(value: &'j Json, name: &str) -> Option<&'j str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(name)?.as_str()
}

fn files_in(value: &Json, files: &mut Vec<String>) {
    match (file_of(value), value) {
        (Some(file), _) => files.push(file.to_owned()),
        (None, Json::Array(members)) => members.iter().for_each(|member| files_in(member, files)),
        (None, Json::Object(members)) => members.values().for_each(|member| files_in(member, files)),
        _ => {}
    }
}

/// A parameter as a client sends it; files are read wherever they stand.
fn text_of(value: &Json) -> Result<String> {
    if let Some(file) = file_of(value) {
        return Ok(std::fs::read_to_string(gp_tests::repository().join(file))?);
    }
    if let Some(file) = upload_of(value) {
        return Ok(serde_json::json!({ "itemID": file }).to_string());
    }
    Ok(match value {
        Json::String(text) => text.clone(),
        Json::Array(members) if members.iter().any(|member| file_of(member).is_some()) => {
            let texts = members.iter().map(|member| {
                if file_of(member).is_some() { text_of(member) } else { Ok(member.to_string()) }
            });
            format!("[{}]", texts.collect::<Result<Vec<_>>>()?.join(","))
        }
        other => other.to_string(),
    })
}

/// The argument with which curl sends a parameter; the shell is bash.
fn argument(name: &str, value: &Json, case: &Path) -> String {
    if let Some(file) = file_of(value) {
        return format!("--data-urlencode {name}@{file}");
    }
    if upload_of(value).is_some() {
        return format!("--data-urlencode \"{name}={{\\\"itemID\\\":\\\"$ITEM\\\"}}\"");
    }
    let members = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if members.iter().any(|member| file_of(member).is_some()) {
        let files: Option<Vec<&str>> = members.iter().map(file_of).collect();
        if let Some(files) = files {
            return format!("--data-urlencode {name}@<(jq -cs . {})", files.join(" "));
        }
        let documents = members.iter().map(|member| match file_of(member) {
            Some(file) => format!("cat {file}"),
            None => format!("echo {}", quoted(&member.to_string())),
        });
        let documents: Vec<String> = documents.collect();
        return format!("--data-urlencode {name}@<(({}) | jq -cs .)", documents.join("; "));
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.len() > LONGEST_ARGUMENT {
        return format!("--data-urlencode {name}@<(jq -c .parameters.{name} {})", case.display());
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return format!("-d {name}={text}");
    }
    format!("--data-urlencode {}", quoted(&format!("{name}={text}")))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn feature_sets(name: &str, value: &Value) -> Vec<(String, FeatureSet)> {
    match value {
        Value::FeatureSet(set) | Value::RecordSet(RecordSet(set)) => vec![(name.to_owned(), set.clone())],
        Value::Multi(members) if members.len() == 1 => feature_sets(name, &members[0]),
        Value::Multi(members) => members
            .iter()
            .enumerate()
            .flat_map(|(index, member)| feature_sets(&format!("{name} {}", index + 1), member))
            .collect(),
        _ => Vec::new(),
    }
}

/// Feature sets and tables, and everything else.
type Results = (Vec<(String, FeatureSet)>, Vec<(String, String)>);

fn read_results(results: &[TaskResult]) -> Result<Results> {
    let (mut outputs, mut values) = (Vec::new(), Vec::new());
    for result in results {
        let text = std::str::from_utf8(&result.json)?;
        if result.info.feature_count.is_some() {
            let set = FeatureSet::from_json(text, &ReadLimits::default())?.feature_set;
            outputs.push((result.info.name.clone(), set));
        } else {
            values.push((result.info.name.clone(), text.to_owned()));
        }
    }
    Ok((outputs, values))
}

fn service() -> Service {
    Service {
        name: ServiceName::new("", "Examples"),
        description: String::new(),
        execution_type: ExecutionType::Synchronous,
        tasks: Vec::new(),
        maximum_records: u64::MAX,
        time_limit: Duration::from_secs(600),
        message_level: MessageLevel::Info,
        retention: Duration::ZERO,
        layers: Vec::new(),
        run_on_submit: None,
        uploads: None,
    }
}
