//! What runs inside a worker process: read a task from stdin, run it, write its results to stdout.
//!
//! The main thread reads; a thread with a large stack runs the tools, one after the other. So a cancellation is heard
//! while a tool computes, and when the server is gone (stdin ends) the process ends at once, whatever the tool does.

use super::frames::{FromWorker, PREFIX, ResultHeader, RunHeader, ToWorker, encode, lengths};
use super::panics::hide_panic_payloads;
use super::sources::{Kept, Sources};
use gp_core::{Catalog, Limits, Message, Observer, Parameters, Progress, RunContext, TaskResult, ToolError};
use gp_core::{read_request, run_task};
use gp_fetch::FetchSettings;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Stack of each thread that runs tools or parts of them. Recursive geometry code needs more than the usual 2 MB.
const STACK_BYTES: usize = 16 << 20;
/// Progress is told at most this often; a tool may report it at every feature.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// Why a worker process could not work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerMainError {
    /// Its surroundings could not be set up.
    #[error("the worker could not {action}")]
    SetUp {
        /// What failed.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What came from the server is no frame.
    #[error("the worker could not read from its server; this command is only for the server itself")]
    Read(#[source] io::Error),
    /// The thread that runs tools ended.
    #[error("the worker could not write to its server")]
    Ended,
}

/// Runs tasks for the server that started this process, until the server ends. Inputs by URL are fetched as `fetch` allows. The process may then use no more than
/// `memory_limit_mb` of memory of its own: an allocation beyond it aborts the process, which the server reports.
///
/// When stdin ends, the process exits: this function returns only on errors.
///
/// # Errors
/// The process could not be set up, or stdin holds something else than requests of a server.
pub fn worker_main(
    catalog: Arc<Catalog>,
    limits: Limits,
    fetch: FetchSettings,
    memory_limit_mb: u64,
) -> Result<(), WorkerMainError> {
    let set_up = |action| move |source: io::Error| WorkerMainError::SetUp { action, source };
    hide_panic_payloads();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // The stacks come on top of what the tools may use: they count in full, though hardly any of them is ever touched.
    let stack_bytes = (threads as u64 + 1) * STACK_BYTES as u64;
    restrict(memory_limit_mb.saturating_mul(1 << 20).saturating_add(stack_bytes))
        .map_err(set_up("limit its memory"))?;
    let output = take_stdout().map_err(set_up("take over its standard output"))?;
    // What a tool computes on many threads is as recursive there.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES);
    pool.build_global().map_err(io::Error::other).map_err(set_up("start the threads that help tools"))?;
    let (runs, waiting) = channel();
    let thread = std::thread::Builder::new().name("tool".into()).stack_size(STACK_BYTES);
    thread
        .spawn(move || run_all(&catalog, &limits, &fetch, output, &waiting))
        .map_err(set_up("start the thread that runs tools"))?;
    let mut input = io::stdin().lock();
    let mut cancelled = Arc::new(AtomicBool::new(false));
    while let Some((header, body)) = read_frame(&mut input).map_err(WorkerMainError::Read)? {
        match header {
            ToWorker::Cancel => cancelled.store(true, Ordering::Relaxed),
            ToWorker::Run(header) => {
                // A flag of its own: a cancellation that comes late must not stop the next run.
                cancelled = Arc::new(AtomicBool::new(false));
                let run = Run { header, body, cancelled: cancelled.clone() };
                runs.send(run).map_err(|_| WorkerMainError::Ended)?;
            }
        }
    }
    // The server is gone, nobody wants the result. No destructors: a tool may be computing.
    std::process::exit(0)
}

/// A run as it came from the server.
struct Run {
    header: RunHeader,
    body: Vec<u8>,
    cancelled: Arc<AtomicBool>,
}

fn restrict(data_bytes: u64) -> io::Result<()> {
    // Data, not address space: what is mapped but never touched, as thread arenas are, costs nothing.
    let bytes = Some(data_bytes);
    setrlimit(Resource::Data, Rlimit { current: bytes, maximum: bytes })?;
    // A crash is reported in words; writing gigabytes of a core file would only delay it.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // When the machine runs out of memory, a worker goes before the server. Not every system lets a process say so.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    Ok(())
}

/// The pipe to the server; what else is printed goes to stderr, so that it cannot spoil a frame.
fn take_stdout() -> io::Result<File> {
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok(File::from(pipe))
}

/// The next frame; `None` when the server is gone.
fn read_frame(input: &mut impl Read) -> io::Result<Option<(ToWorker, Vec<u8>)>> {
    let mut prefix = [0; PREFIX];
    if let Err(error) = input.read_exact(&mut prefix) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let (header_bytes, body_bytes) = lengths(&prefix)?;
    let mut header = vec![0; header_bytes];
    input.read_exact(&mut header)?;
    let mut body = vec![0; body_bytes];
    input.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

fn run_all(catalog: &Catalog, limits: &Limits, fetch: &FetchSettings, output: File, waiting: &Receiver<Run>) {
    let output = Arc::new(Mutex::new(output));
    for run in waiting {
        if write_frame(&output, &FromWorker::Begun, &[]).is_err() {
            return;
        }
        // `run_task` catches what a tool does; this is for reading the request. Nothing of a run is used again.
        let outcome = catch_unwind(AssertUnwindSafe(|| run_one(catalog, limits, fetch, &output, run)));
        let unexpected =
            || ToolError::Internal("the request could not be read; this is a fault of the server".into());
        let written = match outcome.unwrap_or_else(|_| Err(unexpected())) {
            Ok(results) => {
                let headers = results.iter().map(ResultHeader::of).collect();
                let bodies: Vec<&[u8]> = results.iter().map(|result| result.json.as_ref()).collect();
                write_frame(&output, &FromWorker::Done(headers), &bodies)
            }
            Err(error) => write_frame(&output, &FromWorker::Failed(error), &[]),
        };
        if written.is_err() {
            // The server closed the pipe; stdin tells the main thread the same.
            return;
        }
    }
}

fn run_one(
    catalog: &Catalog,
    limits: &Limits,
    fetch: &FetchSettings,
    output: &Arc<Mutex<File>>,
    run: Run,
) -> Result<Vec<TaskResult>, ToolError> {
    let RunHeader { service, task, form, max_features, time_limit_ms, now_ms, files, uploads, own_files } =
        run.header;
    let gone = || ToolError::Internal(format!("task {task} of service {service} is not published any more"));
    let service = catalog.service(&service).ok_or_else(gone)?;
    let task = service.task(&task).ok_or_else(gone)?;
    let parameters = Parameters::decode(&run.body)
        .ok_or_else(|| ToolError::Internal("the stored parameters of the job are corrupt".into()))?;
    drop(run.body);
    let limits = Limits { max_features, ..*limits };
    let time_limit = Duration::from_millis(time_limit_ms);
    let kept = Kept { uploads, own_files, layers: service.layers.clone() };
    let sources = Sources::new(fetch, kept, files.folder.clone(), run.cancelled.clone(), time_limit);
    let started = Instant::now();
    let request = read_request(task, &parameters, &limits, now_ms, &sources);
    let (values, warnings, environment) = request.map_err(|error| {
        // Data that is only named may take its time; then the reason is not what could not be read.
        if run.cancelled.load(Ordering::Relaxed) {
            ToolError::Cancelled
        } else if started.elapsed() >= time_limit {
            ToolError::TimedOut { limit_s: time_limit.as_secs() }
        } else {
            error.into()
        }
    })?;
    drop(parameters);
    let observer = Speaker { output: output.clone(), last_progress: Mutex::new(None) };
    let context = RunContext::new(environment, Box::new(observer), run.cancelled, Some(time_limit))
        .with_files(files)
        .with_read_limits(limits.reading())
        .after(started.elapsed());
    for warning in warnings {
        context.warning(warning);
    }
    run_task(service, task, values, form, &context)
}

/// Sends what a tool says to the server.
struct Speaker {
    output: Arc<Mutex<File>>,
    last_progress: Mutex<Option<Instant>>,
}

impl Observer for Speaker {
    fn message(&self, message: Message) {
        // When the server is gone, the main thread ends the process.
        let _ = write_frame(&self.output, &FromWorker::Message(message), &[]);
    }

    fn progress(&self, progress: Progress) {
        let mut last = self.last_progress.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL) {
            *last = Some(Instant::now());
            let _ = write_frame(&self.output, &FromWorker::Progress(progress), &[]);
        }
    }
}

fn write_frame(output: &Mutex<File>, header: &impl Serialize, bodies: &[&[u8]]) -> io::Result<()> {
    let (head, bodies) = encode(header, bodies)?;
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(&head)?;
    bodies.iter().try_for_each(|body| output.write_all(body))
}
