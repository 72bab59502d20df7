//! The same request gives the same bytes, on one thread and on two, and again.

use crate::layers::{KINDS, Layer};
use crate::requests::{Request, accepts, layer_inputs, plain, takes_layers, values, with};
use crate::run::{run, watched};
use anyhow::{Context, Result};
use gp_core::{DataType, Task};
use std::collections::BTreeMap;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// So long that counties are not cut into hundreds of thousands of pieces.
const DISTANCE: &str = "5 Kilometers";

/// Real layers in which threads have something to share: more than 64 rows.
fn real_layers() -> Result<BTreeMap<&'static str, Vec<Layer>>> {
    let read = |file: &str, kind: &str, wkid: u64| -> Result<Layer> {
        let path = gp_tests::repository().join(file);
        let json = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Layer { name: file.to_owned(), json, kind: kind.to_owned(), wkid })
    };
    let cities = read("examples/cities.json", "Point", 4326)?;
    let borders = read("tests/data/borders.json", "Polyline", 4326)?;
    let hexagons = read("tests/data/hexagons_albers.json", "Polygon", 5070)?;
    let counties = read("tests/data/counties_albers.json", "Polygon", 5070)?;
    Ok(BTreeMap::from([
        ("Point", vec![cities]),
        ("Polyline", vec![borders]),
        ("Polygon", vec![hexagons, counties]),
    ]))
}

/// Requests on real layers: a plain one, and one for each choice.
fn requests(tool: &dyn Task, layers: &BTreeMap<&'static str, Vec<Layer>>) -> Vec<Request> {
    let mut inputs = layer_inputs(tool).into_iter();
    let mut turn = 0;
    let mut next = |parameter: &gp_core::Parameter| {
        let kind = KINDS.iter().rev().find(|kind| layers.contains_key(**kind) && accepts(parameter, kind));
        let fitting = &layers[kind.unwrap_or(&"Polygon")];
        turn += 1;
        &fitting[(turn - 1) % fitting.len()]
    };
    let Some(first) = inputs.next() else { return vec![Vec::new()] };
    let mut request = plain(tool, Some(first), next(first));
    for input in inputs {
        let json = &next(input).json;
        let is_list = matches!(input.data_type, DataType::MultiValue(_));
        request = with(&request, &input.name, &if is_list { format!("[{json}]") } else { json.clone() });
    }
    for parameter in tool.inputs().iter().filter(|parameter| parameter.data_type == DataType::LinearUnit) {
        request = with(&request, &parameter.name, DISTANCE);
    }
    let mut all = vec![request.clone()];
    for parameter in tool.inputs().iter().filter(|parameter| !takes_layers(parameter)) {
        if !parameter.choices.is_empty() {
            all.extend(values(parameter).iter().map(|value| with(&request, &parameter.name, value)));
        }
    }
    all
}

/// The bytes of the outputs, or the error, and what was said in any order.
fn bytes(
    tool: &'static dyn Task,
    request: &Request,
    threads: usize,
) -> (Result<Vec<Vec<u8>>, String>, Vec<String>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let outcome = pool.install(|| run(tool, request, TIME_LIMIT));
    let mut said = outcome.said;
    said.sort();
    let results =
        outcome.results.map(|results| results.into_iter().map(|result| result.json.to_vec()).collect());
    (results.map_err(|error| error.to_string()), said)
}

/// Fails with the tools whose outputs differ, on a plain request and on so many with another choice.
pub(crate) fn check(most_choices: usize) -> Result<()> {
    let layers = real_layers()?;
    let report = watched(move |watch| {
        let mut report = Vec::new();
        for tool in gp_tools::TOOLS {
            for request in requests(*tool, &layers).iter().take(1 + most_choices) {
                let texts: Vec<&(String, String)> =
                    request.iter().filter(|(_, text)| text.len() < 100).collect();
                let what = format!("{} {texts:?}", tool.name());
                let mut runs = [1, 2, 2].map(|threads| {
                    watch.doing(format!("{what} on {threads} threads"));
                    bytes(*tool, request, threads)
                });
                let [first, second, third] = &mut runs;
                if first != second || second != third {
                    report.push(what);
                }
            }
        }
        report
    });
    anyhow::ensure!(
        report.is_empty(),
        "these differ with the number of threads or from run to run:\n{}",
        report.join("\n")
    );
    Ok(())
}
