//! A run ends soon after somebody cancels it, and says how far it is while it lasts.

use crate::layers::{KINDS, partner};
use crate::requests::{accepts, layer_inputs, plain};
use crate::run::{Outcome, cpu_time, run_values, watched};
use anyhow::Result;
use gp_core::{Limits, NoSource, Parameters, PublishedTask, RecordSet, Task, ToolError, Value, read_request};
use gp_esri::{
    Attribute, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, Path, Point, SpatialReference,
    Xy,
};
use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// When somebody cancels.
const PATIENCE: Duration = Duration::from_millis(300);
/// How soon the run must have ended after that: of the time of day, or of the processor time of two threads, because
/// others may use the machine.
const REACTION: Duration = Duration::from_secs(1);
/// Columns and rows of the layers, tried until one takes longer than the patience.
const SIZES: [usize; 2] = [80, 200];
/// Columns and rows of the layers over which progress is counted.
const SIZE_OF_PROGRESS: usize = 12;

/// A layer of `size` by `size` shapes that overlap or cross their neighbours.
fn large(kind: &str, size: usize) -> FeatureSet {
    let row = |number: usize| {
        let (x, y) = ((number % size) as f64 * 100.0, (number / size) as f64 * 100.0);
        let circle = |radius: f64| -> Vec<Xy> {
            let at = |step: usize| {
                let angle = -TAU * (step % 24) as f64 / 24.0;
                [x + radius * angle.cos(), y + radius * angle.sin()]
            };
            (0..=24).map(at).collect()
        };
        let geometry = match kind {
            "Point" => Geometry::Point(Point::from_xy([x + (number * 37 % 91) as f64, y])),
            "Polyline" => Geometry::Polyline(vec![Path::from_xy(circle(70.0))]),
            _ => Geometry::Polygon(vec![Path::from_xy(circle(70.0))]),
        };
        let name = if number.is_multiple_of(3) { "a" } else { "b" };
        let attributes = vec![
            Attribute::Integer(number as i64 + 1),
            Attribute::Text(name.into()),
            Attribute::Integer((number % 50) as i64),
        ];
        Feature { attributes, geometry: Some(geometry) }
    };
    let geometry_type = match kind {
        "Point" => GeometryType::Point,
        "Polyline" => GeometryType::Polyline,
        _ => GeometryType::Polygon,
    };
    FeatureSet {
        geometry_type: Some(geometry_type),
        spatial_reference: Some(SpatialReference::from_wkid(5070)),
        fields: vec![
            Field::new("OBJECTID", FieldType::Oid),
            Field::new("NAME", FieldType::String),
            Field::new("COUNT", FieldType::Integer),
        ],
        features: (0..size * size).map(row).collect(),
        ..FeatureSet::default()
    }
}

/// Runs a tool on large layers in place of the small ones of a plain request.
fn run_large(tool: &'static dyn Task, size: usize, cancelled: Arc<AtomicBool>) -> Option<Outcome> {
    if layer_inputs(tool).is_empty() {
        return None;
    }
    let request = plain(tool, None, &partner("Polygon", 5070));
    let mut request_of_small = request.clone();
    for input in layer_inputs(tool) {
        let kind = kind_for(input);
        let small = partner(kind, 5070).json;
        let is_list = matches!(input.data_type, gp_core::DataType::MultiValue(_));
        request_of_small = crate::requests::with(
            &request_of_small,
            &input.name,
            &if is_list { format!("[{small}]") } else { small },
        );
    }
    let parameters =
        Parameters::from_iter(request_of_small.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let task = PublishedTask::new(tool);
    let (mut values, _, environment) =
        read_request(&task, &parameters, &Limits::default(), 0, &NoSource).ok()?;
    for (value, input) in values.iter_mut().zip(tool.inputs()) {
        let members = match value {
            Value::Multi(members) => members.as_mut_slice(),
            single => std::slice::from_mut(single),
        };
        for member in members {
            match member {
                Value::FeatureSet(set) | Value::RecordSet(RecordSet(set)) => {
                    *set = large(kind_for(input), size)
                }
                _ => {}
            }
        }
    }
    Some(run_values(&task, values, environment, cancelled, None))
}

fn kind_for(input: &gp_core::Parameter) -> &'static str {
    let kinds = KINDS.iter().rev().filter(|kind| **kind != "Multipoint");
    kinds.copied().find(|kind| accepts(input, kind)).unwrap_or("Polygon")
}

/// Cancels each tool of a toolset; fails with those that go on.
pub(crate) fn cancel(toolset: &'static str) -> Result<()> {
    let report = watched(move |watch| {
        let tools = gp_tools::TOOLS.iter().filter(|tool| tool.toolset() == toolset);
        let mut report = Vec::new();
        for tool in tools {
            for size in SIZES {
                watch.doing(format!("{} on {size} by {size}", tool.name()));
                match cancel_one(*tool, size) {
                    // Over before anybody lost patience.
                    None => {}
                    Some(Ok(())) => break,
                    Some(Err(fault)) => {
                        report.push(format!("{} on {size} by {size}: {fault}", tool.name()));
                        break;
                    }
                }
            }
        }
        report
    });
    anyhow::ensure!(report.is_empty(), "{}", report.join("\n"));
    Ok(())
}

/// `None` where the run was over before; else whether it ended in time after it was cancelled.
fn cancel_one(tool: &'static dyn Task, size: usize) -> Option<Result<(), String>> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = cancelled.clone();
    let (over, is_over) = channel::<()>();
    let waiter = std::thread::spawn(move || {
        if is_over.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return None;
        }
        flag.store(true, Ordering::Relaxed);
        Some((Instant::now(), cpu_time()))
    });
    let outcome = run_large(tool, size, cancelled);
    let ended = (Instant::now(), cpu_time());
    let _ = over.send(());
    let (since, cpu_since) = waiter.join().unwrap()?;
    let took = ended.0.duration_since(since).min((ended.1.saturating_sub(cpu_since)) / 2);
    match outcome?.results {
        _ if took > REACTION => Some(Err(format!("goes on for {took:?} after it was cancelled"))),
        Ok(_) | Err(ToolError::Cancelled) => Some(Ok(())),
        Err(error) => Some(Err(format!("does not say that it was cancelled: {error}"))),
    }
}

/// Tools that do not report, with the reason.
const SAY_NOTHING: &[(&str, &str)] = &[
    ("EchoValues", "it hands back what it was given"),
    ("Select", "it has no clause here, and without one it does nothing"),
    ("CreateFishnet", "the net of this test has nine cells"),
    ("SpatialJoin", "it reports runs of 256 features, of which there are too few here"),
];

/// Runs each tool over many features; fails with those that do not tell how far they are.
pub(crate) fn report_progress() -> Result<()> {
    let report = watched(move |watch| {
        let mut report = Vec::new();
        for tool in gp_tools::TOOLS {
            watch.doing(format!("{} on {} by {}", tool.name(), SIZE_OF_PROGRESS, SIZE_OF_PROGRESS));
            let Some(outcome) = run_large(*tool, SIZE_OF_PROGRESS, Arc::default()) else { continue };
            let distinct: BTreeSet<u8> = outcome.percents.iter().copied().collect();
            if outcome.results.is_ok()
                && distinct.len() < 5
                && !SAY_NOTHING.iter().any(|(name, _)| *name == tool.name())
            {
                report.push(format!("{} reports {distinct:?} percent", tool.name()));
            }
        }
        report
    });
    anyhow::ensure!(report.is_empty(), "{}", report.join("\n"));
    Ok(())
}
