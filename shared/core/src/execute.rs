//! `execute`: one run of a task while the client waits.
//!
//! A request that its tool calls quick runs at once, because even changing threads would cost more than the work. Any
//! other runs in a worker process, which can be killed: a geometry call cannot be interrupted, and the server must
//! survive whatever it is sent.

use crate::files::{OutputId, RunFolder, output_files_url};
use crate::named::named_data;
use crate::run_task::read_request;
use crate::submit::random_bits;
use crate::{
    App, Environment, ExecutionType, Message, Observer, OutputForm, Parameters, Progress, PublishedTask,
};
use crate::{Limits, MessageLevel, NoSource, RunFiles, StoreError, run_task, timestamp_text};
use crate::{RequestError, RunContext, Service, TaskResult, ToolError, Value, Work, WorkError, WorkEvent};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// One result for each output parameter, in order.
    pub results: Vec<TaskResult>,
    /// What was said, in order.
    pub messages: Vec<Message>,
}

/// A run's results with what it said, or why it failed with what it said until then.
type Outcome = (Vec<Message>, Result<Vec<TaskResult>, WorkError>);

/// Runs the task and waits for its results. `site_url` is how the client sees this server, such as
/// `https://gis.example.org/arcgis`: links to files of the run begin with it.
///
/// # Errors
/// The protocol's error: wrong parameters, a tool that failed (its messages are the details), a limit that was
/// exceeded (naming the asynchronous service), or a server that is busy.
pub async fn execute(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    parameters: Parameters,
    form: OutputForm,
    site_url: &str,
) -> Result<Executed, RequestError> {
    if service.execution_type != ExecutionType::Synchronous {
        return Err(RequestError::bad(format!(
            "{}/{} is asynchronous: use submitJob instead of execute",
            service.name, task.name
        )));
    }
    let started = Instant::now();
    let now_ms = (app.now_ms)();
    let stop = StopOnDrop(Arc::default());
    let work = Work {
        service: service.name.clone(),
        task: task.name.clone(),
        parameters,
        form,
        time_limit: service.time_limit.min(app.limits.max_execute_time),
        max_features: app.limits.max_execute_features,
        now_ms,
        files: RunFiles::default(),
        uploads: Vec::new(),
        own_files: Vec::new(),
    };
    let mut messages = vec![Message::info("Executing..."), start_message(now_ms)];
    let (said, outcome) = run(app, service, task, work, &stop, site_url).await;
    messages.extend(said);
    match outcome {
        Ok(results) => {
            messages.push(success_message((app.now_ms)(), started.elapsed().as_secs_f64()));
            Ok(Executed { results, messages })
        }
        Err(error) => Err(refusal(app, task, &messages, error)),
    }
}

/// Runs at once when the tool calls the request quick, else on the runner.
async fn run(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    work: Work,
    stop: &StopOnDrop,
    site_url: &str,
) -> Outcome {
    if work.parameters.byte_len() > app.limits.max_quick_bytes {
        return run_with_files(app, service, task, work, stop, site_url).await;
    }
    let limits = Limits { max_features: work.max_features, ..app.limits.quick() };
    match read_request(task, &work.parameters, &limits, work.now_ms, &NoSource) {
        Ok(request) if task.task.is_quick(&request.0) => {
            let outcome = run_here(service, task, request, work.form, stop.0.clone(), work.time_limit);
            // What does not fit into the reply becomes a file, which only a worker makes.
            let is_exceeded = |result: &TaskResult| result.features > service.maximum_records;
            match &outcome.1 {
                Ok(results) if results.iter().any(is_exceeded) => {
                    run_with_files(app, service, task, work, stop, site_url).await
                }
                _ => outcome,
            }
        }
        Ok(_) => run_with_files(app, service, task, work, stop, site_url).await,
        Err(error) if error.code == 413 => run_with_files(app, service, task, work, stop, site_url).await,
        Err(error) => (Vec::new(), Err(WorkError::Tool(error.into()))),
    }
}

fn run_here(
    service: &Service,
    task: &PublishedTask,
    (values, warnings, environment): (Vec<Value>, Vec<String>, Environment),
    form: OutputForm,
    cancelled: Arc<AtomicBool>,
    time_limit: std::time::Duration,
) -> Outcome {
    let heard = Arc::new(Mutex::new(warnings.into_iter().map(Message::warning).collect::<Vec<_>>()));
    let context =
        RunContext::new(environment, Box::new(Listener(heard.clone())), cancelled, Some(time_limit));
    let outcome = run_task(service, task, values, form, &context).map_err(WorkError::Tool);
    let said = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    (said, outcome)
}

/// Runs elsewhere, and keeps the files that the run made.
async fn run_with_files(
    app: &App,
    service: &Service,
    task: &PublishedTask,
    mut work: Work,
    stop: &StopOnDrop,
    site_url: &str,
) -> Outcome {
    let failed = |error: StoreError| {
        tracing::error!(error = &error as &dyn std::error::Error, "the files of a run failed");
        let sentence = "the server could not read or keep the files of the run; try again";
        (Vec::new(), Err(WorkError::Tool(ToolError::Internal(sentence.to_owned()))))
    };
    let (folder, id) = match (RunFolder::new(app), random_bits()) {
        (Ok(folder), Ok(bits)) => (folder, OutputId::from_random(bits)),
        (Err(error), _) | (_, Err(error)) => return failed(error),
    };
    (work.uploads, work.own_files) = match named_data(app, service, task, &work.parameters).await {
        Ok(named) => named,
        Err(error) => return failed(error),
    };
    work.files = folder.files(output_files_url(site_url, &work.service, &id));
    let (said, outcome) = run_elsewhere(app, work, stop).await;
    if outcome.is_ok()
        && let Err(error) = folder.store_for_execute(app, &id).await
    {
        return failed(error);
    }
    (said, outcome)
}

async fn run_elsewhere(app: &App, work: Work, stop: &StopOnDrop) -> Outcome {
    let (sender, mut receiver) = unbounded_channel();
    let outcome = app.execute_runner.run(work, sender, stop.0.clone()).await;
    let mut said = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        if let WorkEvent::Message(message) = event {
            said.push(message);
        }
    }
    (said, outcome)
}

/// The error that the client gets; where a job would have succeeded, it says so and names the service.
fn refusal(app: &App, task: &PublishedTask, said: &[Message], error: WorkError) -> RequestError {
    let as_job = || submit_instead(app, task);
    let failed = format!("Failed to execute ({}).", task.name);
    let (code, details) = match error {
        WorkError::Tool(ToolError::Invalid(details)) => (400, details),
        WorkError::Tool(ToolError::TooLarge(mut details)) => {
            details.push(as_job());
            (413, details)
        }
        WorkError::Tool(error @ ToolError::TimedOut { .. }) => (400, vec![error.to_string(), as_job()]),
        WorkError::Tool(error @ ToolError::Internal(_)) => (500, vec![error.to_string(), failed]),
        WorkError::Tool(error) => (400, vec![error.to_string(), failed]),
        error @ WorkError::Crashed(_) => (500, vec![error.to_string(), failed, as_job()]),
        error @ (WorkError::Busy(_) | WorkError::Lost(_)) => {
            (500, vec![error.to_string(), "Try again later.".to_owned(), as_job()])
        }
    };
    let warnings =
        said.iter().filter(|message| message.level != MessageLevel::Info).map(|message| message.text.clone());
    let details = details.into_iter().chain(warnings).collect();
    RequestError { code, message: "Unable to complete operation.".into(), details }
}

/// The sentence that sends the client of an `execute` to the service that does the same as a job.
pub fn submit_instead(app: &App, task: &PublishedTask) -> String {
    match app.catalog.asynchronous_twin(task) {
        Some((service, twin)) => {
            format!("Submit it as a job instead: {}/{}/submitJob.", service.name, twin.name)
        }
        None => "No asynchronous service publishes this task.".to_owned(),
    }
}

pub(crate) fn start_message(now_ms: i64) -> Message {
    Message::info(format!("Start Time: {}", timestamp_text(now_ms)))
}

pub(crate) fn success_message(now_ms: i64, elapsed_s: f64) -> Message {
    Message::info(format!("Succeeded at {} (Elapsed Time: {elapsed_s:.2} seconds)", timestamp_text(now_ms)))
}

/// Tells what runs elsewhere to stop once nobody waits for it any more.
#[derive(Debug, Default)]
pub struct StopOnDrop(pub Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Listener(Arc<Mutex<Vec<Message>>>);

impl Observer for Listener {
    fn message(&self, message: Message) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    fn progress(&self, _: Progress) {}
}
