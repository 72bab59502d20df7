//! The log: one JSON object a line on standard output, where Lambda collects it, with CloudWatch's metrics in the lines
//! they are about (the embedded metric format). This is the only place that names a metric.
//!
//! A request and a job are one event each. They are joined by the trace, which goes with the message that SQS carries,
//! and by the job's id.

use crate::Function;
use crate::app::now_ms;
use crate::queue::current_trace;
use serde_json::{Map, Value, json};
use std::io::Write;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const NAMESPACE: &str = "ServerlessGP";

/// A metric: its name, its unit, and its value in an event.
type Metric = (&'static str, &'static str, fn(&Map<String, Value>) -> Option<f64>);

/// Of the event `request`.
const REQUEST_METRICS: &[Metric] = &[
    ("requests", "Count", |_| Some(1.0)),
    ("request_errors", "Count", |event| {
        Some(f64::from(number(event, "code").is_some_and(|code| code >= 500.0)))
    }),
    ("request_ms", "Milliseconds", |event| number(event, "duration_ms")),
];

/// Of the event `job ended`.
const JOB_METRICS: &[Metric] = &[
    ("jobs", "Count", |_| Some(1.0)),
    ("job_failures", "Count", |event| {
        let outcome = event.get("outcome").and_then(Value::as_str);
        Some(f64::from(!matches!(outcome, Some("succeeded" | "cancelled"))))
    }),
    ("queue_s", "Seconds", |event| number(event, "queue_ms").map(|ms| ms / 1e3)),
    ("job_s", "Seconds", |event| number(event, "duration_ms").map(|ms| ms / 1e3)),
    ("features", "Count", |event| number(event, "features")),
    ("attempts", "Count", |event| number(event, "job.attempt")),
    ("cost_usd", "None", |event| number(event, "cost_usd")),
];

/// Starts the log of a function: events of its level and above.
pub fn start_log(function: &Function) {
    let targets = targets(&function.log_level);
    let lines = Lines { function: function.name.clone(), stack: function.stack.clone() };
    // It fails only when a log was started before; then that one goes on.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// A level, such as `debug`, or a filter, such as `info,gp_rest=debug`; what is neither counts as `info`.
fn targets(text: &str) -> Targets {
    let level = text.parse::<tracing::Level>();
    if text.contains('=')
        && let Ok(filter) = text.parse()
    {
        return filter;
    }
    // The SDK and the runtime tell much that is of no use to an operator.
    let targets = Targets::new().with_default(tracing::Level::WARN);
    let ours = ["gp_core", "gp_rest", "gp_aws", "gp_workers", "gp_api", "gp_worker", "gp_janitor"];
    let level = level.unwrap_or(tracing::Level::INFO);
    ours.iter().fold(targets, |targets, target| targets.with_target(*target, level))
}

/// Writes each event as a line.
struct Lines {
    function: String,
    stack: String,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        fields.0.insert("level".to_owned(), event.metadata().level().as_str().into());
        event.record(&mut fields);
        let line = self.line(fields.0, now_ms(), current_trace());
        // Nothing can be done about a closed standard output.
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
}

impl Lines {
    fn line(&self, mut event: Map<String, Value>, now_ms: i64, trace: Option<String>) -> String {
        // Lambda believes a level only beside a time in this form.
        let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        event.insert("timestamp".to_owned(), format!("{time:.3}").into());
        event.insert("function".to_owned(), self.function.as_str().into());
        if let Some(root) = trace.as_deref().and_then(trace_root) {
            event.insert("trace".to_owned(), root.into());
        }
        let metrics = match event.get("message").and_then(Value::as_str) {
            Some("request") => REQUEST_METRICS,
            Some("job ended") => JOB_METRICS,
            _ => &[],
        };
        self.add_metrics(&mut event, metrics, now_ms);
        format!("{}\n", Value::Object(event))
    }

    fn add_metrics(&self, event: &mut Map<String, Value>, metrics: &[Metric], now_ms: i64) {
        let measured: Vec<_> =
            metrics.iter().filter_map(|(name, unit, value)| Some((*name, *unit, value(event)?))).collect();
        if measured.is_empty() {
            return;
        }
        let names: Vec<Value> =
            measured.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        let directive = json!({"Namespace": NAMESPACE, "Dimensions": [["stack"]], "Metrics": names});
        event.insert("_aws".to_owned(), json!({"Timestamp": now_ms, "CloudWatchMetrics": [directive]}));
        event.insert("stack".to_owned(), self.stack.as_str().into());
        event.extend(measured.into_iter().map(|(name, _, value)| (name.to_owned(), value.into())));
    }
}

fn number(event: &Map<String, Value>, field: &str) -> Option<f64> {
    event.get(field)?.as_f64()
}

/// `1-67891233-abcdef012345678912345678` of `Root=1-67891233-abcdef012345678912345678;Parent=…;Sampled=1`.
fn trace_root(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// The fields of an event as JSON.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(deeper) = source {
            text = format!("{text}: {deeper}");
            source = deeper.source();
        }
        self.0.insert(field.name().to_owned(), text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(event: Value) -> Value {
        let lines = Lines { function: "Worker".to_owned(), stack: "gp".to_owned() };
        let Value::Object(event) = event else { panic!("an object") };
        let header = "Root=1-abc;Parent=d;Sampled=1".to_owned();
        serde_json::from_str(&lines.line(event, 1_795_447_609_000, Some(header))).unwrap()
    }

    #[test]
    fn a_request_is_one_line_with_its_trace_and_its_metrics() {
        let line = line(json!({"message": "request", "code": 500, "duration_ms": 3.5}));
        assert_eq!(line["trace"], "1-abc");
        assert_eq!(
            (&line["requests"], &line["request_errors"], &line["request_ms"]),
            (&json!(1.0), &json!(1.0), &json!(3.5))
        );
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(
            (&directive["Namespace"], &directive["Dimensions"]),
            (&json!("ServerlessGP"), &json!([["stack"]]))
        );
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "a metric is in its line: {metric}");
        }
    }

    #[test]
    fn a_job_is_one_line_with_seconds_attempts_and_cost() {
        let line = line(
            json!({"message": "job ended", "outcome": "succeeded", "duration_ms": 1500, "queue_ms": 250,
            "features": 7, "job.attempt": 2, "cost_usd": 0.00002}),
        );
        assert_eq!(
            (&line["job_s"], &line["queue_s"], &line["job_failures"]),
            (&json!(1.5), &json!(0.25), &json!(0.0))
        );
        assert_eq!(
            (&line["attempts"], &line["features"], &line["cost_usd"]),
            (&json!(2.0), &json!(7.0), &json!(0.00002))
        );
    }

    #[test]
    fn together_there_are_no_more_metrics_than_are_free() {
        assert_eq!(REQUEST_METRICS.len() + JOB_METRICS.len(), 10);
    }

    #[test]
    fn a_line_has_its_time_as_lambda_reads_it() {
        assert_eq!(line(json!({"message": "x"}))["timestamp"], "2026-11-23T15:26:49.000Z");
    }

    #[test]
    fn the_level_of_the_log_is_a_level_or_a_filter() {
        let ours = |text: &str, level| targets(text).would_enable("gp_rest", &level);
        assert!(ours("debug", tracing::Level::DEBUG) && !ours("info", tracing::Level::DEBUG));
        assert!(ours("info,gp_rest=debug", tracing::Level::DEBUG));
        assert!(ours("no such thing", tracing::Level::INFO));
        assert!(!targets("debug").would_enable("aws_sdk_s3", &tracing::Level::INFO));
    }

    #[test]
    fn any_other_event_has_no_metrics() {
        assert_eq!(line(json!({"message": "a dead letter"})).get("_aws"), None);
    }
}
