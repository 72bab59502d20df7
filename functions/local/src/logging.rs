//! Log events on standard error, written by a thread of their own: a request does not wait for a terminal.
//!
//! Events are collected for a few milliseconds and written together, because on a busy server one system call and two
//! changes of thread for each event would cost as much as answering a request.

use crate::args::{Args, LogFormat};
use anyhow::Context;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How long events are collected before they are written.
const COLLECT: Duration = Duration::from_millis(20);
/// Bytes that may wait. A reader of standard error that is slower than that loses events, and is told how many: it must
/// not stop the server.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// The running log; finish it last.
pub(crate) struct Logs {
    waiting: Arc<Waiting>,
    writer: JoinHandle<()>,
}

/// Events that are not written yet.
#[derive(Default)]
struct Waiting {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    lost_events: u64,
    finished: bool,
}

/// Starts logging.
pub(crate) fn start(args: &Args) -> anyhow::Result<Logs> {
    let filter = EnvFilter::builder().parse(&args.log).with_context(|| format!("--log {}", args.log))?;
    let waiting = Arc::new(Waiting::default());
    let source = waiting.clone();
    let writer = std::thread::Builder::new().name("log".into()).spawn(move || source.write_all())?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Collector(waiting.clone()));
    match args.log_format {
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init()
        }
        LogFormat::Text => builder.with_ansi(false).init(),
    }
    Ok(Logs { waiting, writer })
}

impl Logs {
    /// Writes what is waiting.
    pub(crate) fn finish(self) {
        self.waiting.lock().finished = true;
        self.waiting.changed.notify_all();
        let _ = self.writer.join();
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, event: &[u8]) {
        let mut state = self.lock();
        if state.bytes.len() > MAX_WAITING_BYTES {
            state.lost_events += 1;
            return;
        }
        let was_empty = state.bytes.is_empty();
        state.bytes.extend_from_slice(event);
        drop(state);
        if was_empty {
            self.changed.notify_all();
        }
    }

    fn write_all(&self) {
        let mut batch = Vec::new();
        loop {
            let state = self.lock();
            let idle = |state: &mut State| state.bytes.is_empty() && !state.finished;
            let state = self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
            let finished = state.finished;
            drop(state);
            if !finished {
                sleep(COLLECT);
            }
            let lost_events = {
                let mut state = self.lock();
                std::mem::swap(&mut batch, &mut state.bytes);
                std::mem::take(&mut state.lost_events)
            };
            if lost_events > 0 {
                let _ = writeln!(
                    batch,
                    "{{\"level\":\"WARN\",\"message\":\"log events were lost\",\"count\":{lost_events}}}"
                );
            }
            let _ = io::stderr().write_all(&batch);
            batch.clear();
            if finished {
                return;
            }
        }
    }
}

struct Collector(Arc<Waiting>);

impl<'a> MakeWriter<'a> for Collector {
    type Writer = Event<'a>;

    fn make_writer(&'a self) -> Event<'a> {
        Event(&self.0)
    }
}

/// Takes whole events: the formatter writes each at once.
struct Event<'a>(&'a Waiting);

impl Write for Event<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
