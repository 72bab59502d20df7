//! Runs a case through the engine, from the texts of a request to the JSON of a result.

use crate::case::Case;
use anyhow::{Context, Result};
use gp_core::{
    ExecutionType, Limits, MessageLevel, OutputForm, Parameters, PublishedTask, RunContext, Service,
    ServiceName, Silent, TaskResult, read_request, run_task,
};
use gp_esri::{FeatureSet, ReadLimits};
use gp_tests::{RepositoryFiles, run_files};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The features that the tool of the case gives; where it gives a file, those that ImportFeatures reads from it.
pub(crate) fn run(case: &Case) -> Result<FeatureSet> {
    let folder = tempfile::tempdir()?;
    let mut results = results(&case.tool, &case.parameters, folder.path())?;
    if let Some(file) = results.iter().find(|result| result.info.data_type == "GPDataFile") {
        let value: Value = serde_json::from_slice(&file.json)?;
        let url = value["url"].as_str().context("a file without URL")?;
        let path = folder.path().join("results").join(url.rsplit('/').next().unwrap_or_default());
        let parameters = [("Input_File", json!({ "itemID": path }).to_string())];
        results = self::results("ImportFeatures", &Parameters::from_iter(parameters), folder.path())?;
    }
    let result = match &case.output {
        None => results.iter().find(|result| result.info.feature_count.is_some()),
        Some(name) => results.iter().find(|result| result.info.name == *name),
    };
    let result = result.with_context(|| format!("there is no output {:?}", case.output))?;
    let read = FeatureSet::from_json(std::str::from_utf8(&result.json)?, &ReadLimits::default());
    Ok(read.context("the result cannot be read")?.feature_set)
}

/// The results of a tool whose files lie in a folder.
fn results(tool: &str, parameters: &Parameters, folder: &Path) -> Result<Vec<TaskResult>> {
    let found = gp_tools::TOOLS.iter().find(|task| task.name() == tool);
    let task = PublishedTask::new(*found.with_context(|| format!("there is no tool {tool}"))?);
    let (values, _, environment) = read_request(&task, parameters, &Limits::default(), 0, &RepositoryFiles)?;
    let context =
        RunContext::new(environment, Box::new(Silent), Arc::default(), None).with_files(run_files(folder));
    Ok(run_task(&service(), &task, values, OutputForm::Stored, &context)?)
}

fn service() -> Service {
    Service {
        name: ServiceName::new("", "Oracles"),
        description: String::new(),
        execution_type: ExecutionType::Synchronous,
        tasks: Vec::new(),
        maximum_records: u64::MAX,
        time_limit: Duration::from_secs(600),
        message_level: MessageLevel::Info,
        retention: Duration::ZERO,
        run_on_submit: None,
        layers: Vec::new(),
        uploads: None,
    }
}
