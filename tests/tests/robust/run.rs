//! Runs a request through the engine under a watchdog, and keeps what it said.

use crate::requests::Request;
use gp_core::{
    Environment, ExecutionType, Limits, Message, MessageLevel, Observer, OutputForm, Parameters, Progress,
    PublishedTask, RunContext, Service, ServiceName, Task, TaskResult, ToolError, Value, read_request,
    run_task,
};
use gp_tests::{RepositoryFiles, run_files};
use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a run gave.
pub(crate) struct Outcome {
    pub(crate) results: Result<Vec<TaskResult>, ToolError>,
    /// What it said, and the warnings of reading.
    pub(crate) said: Vec<String>,
    /// Reports of how far it was.
    pub(crate) percents: Vec<u8>,
}

#[derive(Clone, Default)]
pub(crate) struct Listener {
    said: Arc<Mutex<Vec<String>>>,
    percents: Arc<Mutex<Vec<u8>>>,
}

impl Observer for Listener {
    fn message(&self, message: Message) {
        self.said.lock().unwrap().push(message.text);
    }

    fn progress(&self, progress: Progress) {
        self.percents.lock().unwrap().extend(progress.percent);
    }
}

/// Runs a request; the tool is told to stop after `limit`.
pub(crate) fn run(tool: &'static dyn Task, request: &Request, limit: Duration) -> Outcome {
    let parameters = Parameters::from_iter(request.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let task = PublishedTask::new(tool);
    match read_request(&task, &parameters, &Limits::default(), 0, &RepositoryFiles) {
        Ok((values, warnings, environment)) => {
            let mut outcome = run_values(&task, values, environment, Arc::default(), Some(limit));
            outcome.said.extend(warnings);
            outcome
        }
        Err(error) => Outcome { results: Err(error.into()), said: Vec::new(), percents: Vec::new() },
    }
}

/// Runs a task on values that are there already.
pub(crate) fn run_values(
    task: &PublishedTask,
    values: Vec<Value>,
    environment: Environment,
    cancelled: Arc<AtomicBool>,
    limit: Option<Duration>,
) -> Outcome {
    let listener = Listener::default();
    let folder = tempfile::tempdir().unwrap();
    let context = RunContext::new(environment, Box::new(listener.clone()), cancelled, limit)
        .with_files(run_files(folder.path()));
    let results = run_task(&service(), task, values, OutputForm::Stored, &context);
    let said = std::mem::take(&mut *listener.said.lock().unwrap());
    let percents = std::mem::take(&mut *listener.percents.lock().unwrap());
    Outcome { results, said, percents }
}

fn service() -> Service {
    Service {
        name: ServiceName::new("", "Robust"),
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

/// The processor time of this process: unlike the time of day it does not grow while others use the machine.
pub(crate) fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// What is being done, and since which processor time.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<(String, Duration)>>);

impl Watch {
    /// Says what is done from now on.
    pub(crate) fn doing(&self, what: String) {
        *self.0.lock().unwrap() = (what, cpu_time());
    }

    /// The processor time since [`Watch::doing`].
    pub(crate) fn spent(&self) -> Duration {
        cpu_time().saturating_sub(self.0.lock().unwrap().1)
    }
}

/// No run may take more processor time than this, without optimisation.
pub(crate) const LIMIT: Duration = Duration::from_secs(8);
/// Nor may it wait for anything longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Does the work in another thread, and fails as soon as one thing that it does takes too long.
pub(crate) fn watched<R: Send + 'static>(work: impl FnOnce(&Watch) -> R + Send + 'static) -> R {
    let watch = Watch(Arc::new(Mutex::new(("nothing".into(), cpu_time()))));
    let (sender, receiver) = channel();
    let inner = watch.clone();
    std::thread::Builder::new()
        // As the workers of the server have.
        .stack_size(8 << 20)
        .spawn(move || sender.send(work(&inner)))
        .unwrap();
    let mut last = (String::new(), Instant::now());
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => panic!("the test itself panicked"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let doing = watch.0.lock().unwrap().0.clone();
        if doing != last.0 {
            last = (doing.clone(), Instant::now());
        }
        let spent = watch.spent();
        assert!(
            spent < LIMIT + Duration::from_secs(4),
            "{doing}: still running after {spent:?} of processor time"
        );
        assert!(last.1.elapsed() < LONGEST_WAIT, "{doing}: waits for ever");
    }
}
