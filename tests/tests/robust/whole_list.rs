//! Every tool on every layer, in each of its inputs in turn and in all of them, and with every kind of value in each
//! of its other parameters.

use crate::judge::faults;
use crate::layers::{self, Layer};
use crate::requests::{
    Request, accepts, layer_inputs, plain, takes_layers, values, with, without_optional_layers,
};
use crate::run::{LIMIT, Watch, run, watched};
use anyhow::Result;
use gp_core::Task;
use std::fmt::Write as _;
use std::time::Duration;

/// How many layers each value of a parameter is tried on; others the next time, so that all have their turn.
const LAYERS_FOR_A_VALUE: usize = 2;
/// A tool that was asked for much must stop when the time is up.
const TIME_LIMIT: Duration = Duration::from_millis(500);
/// Enough to see what is wrong.
const FAULTS_SHOWN: usize = 40;

/// Tries the tools of a toolset; fails with what they did wrong.
pub(crate) fn try_toolset(toolset: &'static str) -> Result<()> {
    let layers = layers::all()?;
    let report = watched(move |watch| {
        let tools = gp_tools::TOOLS.iter().filter(|tool| tool.toolset() == toolset);
        tools.flat_map(|tool| try_tool(*tool, &layers, watch)).collect::<Vec<String>>()
    });
    anyhow::ensure!(report.is_empty(), "{} faults:\n{}", report.len(), shown(&report));
    Ok(())
}

fn shown(report: &[String]) -> String {
    report.iter().take(FAULTS_SHOWN).fold(String::new(), |mut text, fault| {
        let _ = writeln!(text, "{fault}");
        text
    })
}

fn try_tool(tool: &'static dyn Task, layers: &[Layer], watch: &Watch) -> Vec<String> {
    let mut trial = Trial { tool, watch, report: Vec::new(), succeeded: 0 };
    let inputs = layer_inputs(tool);
    for layer in layers {
        for varied in &inputs {
            trial.request(&plain(tool, Some(varied), layer), &format!("{} = {}", varied.name, layer.name));
        }
        if inputs.len() > 1 {
            trial.request(&plain(tool, None, layer), &format!("every input = {}", layer.name));
        }
    }
    let first = inputs.first().copied();
    let fitting: Vec<&Layer> =
        layers.iter().filter(|layer| first.is_none_or(|input| accepts(input, &layer.kind))).collect();
    let mut turn = 0;
    for parameter in tool.inputs().iter().filter(|parameter| !takes_layers(parameter)) {
        for value in values(parameter) {
            for _ in 0..LAYERS_FOR_A_VALUE {
                let layer = fitting[turn % fitting.len()];
                turn += 1;
                let request = with(&plain(tool, first, layer), &parameter.name, &value);
                trial.request(&request, &format!("{} = {value} on {}", parameter.name, layer.name));
            }
            let request = without_optional_layers(
                tool,
                &with(&plain(tool, first, fitting[turn % fitting.len()]), &parameter.name, &value),
            );
            trial.request(&request, &format!("{} = {value} without optional layers", parameter.name));
        }
    }
    if trial.succeeded == 0 && tool.name() != "Fail" {
        trial.report.push(format!("{}: no request of this test succeeds", tool.name()));
    }
    trial.report
}

struct Trial<'a> {
    tool: &'static dyn Task,
    watch: &'a Watch,
    report: Vec<String>,
    succeeded: usize,
}

impl Trial<'_> {
    fn request(&mut self, request: &Request, what: &str) {
        let what = format!("{} with {what}", self.tool.name());
        self.watch.doing(what.clone());
        let outcome = run(self.tool, request, TIME_LIMIT);
        let spent = self.watch.spent();
        self.succeeded += usize::from(outcome.results.is_ok());
        let found = faults(self.tool, request, &outcome);
        self.report.extend(found.into_iter().map(|fault| format!("{what}: {fault}")));
        if spent > LIMIT {
            self.report.push(format!("{what}: took {spent:?}"));
        }
    }
}
