//! Runs a case through the engine, from the texts of a request to the JSON of a result.

use crate::case::Case;
use anyhow::{Context, Result};
use gp_core::{
    ExecutionType, Limits, MessageLevel, NoSource, OutputForm, PublishedTask, RunContext, Service,
    ServiceName, Silent, read_request, run_task,
};
use gp_esri::{FeatureSet, ReadLimits};
use std::sync::Arc;
use std::time::Duration;

/// The features that the tool of the case gives.
pub(crate) fn run(case: &Case) -> Result<FeatureSet> {
    let tool = gp_tools::TOOLS.iter().find(|tool| tool.name() == case.tool);
    let task = PublishedTask::new(*tool.with_context(|| format!("there is no tool {}", case.tool))?);
    let (values, _, environment) = read_request(&task, &case.parameters, &Limits::default(), 0, &NoSource)?;
    let context = RunContext::new(environment, Box::new(Silent), Arc::default(), None);
    let results = run_task(&service(), &task, values, OutputForm::Stored, &context)?;
    let result = match &case.output {
        None => results.first(),
        Some(name) => results.iter().find(|result| result.info.name == *name),
    };
    let result = result.with_context(|| format!("there is no output {:?}", case.output))?;
    let read = FeatureSet::from_json(std::str::from_utf8(&result.json)?, &ReadLimits::default());
    Ok(read.context("the result cannot be read")?.feature_set)
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
        uploads: None,
    }
}
