//! Log events on standard error, written by a thread of their own: a request does not wait for a terminal.

use crate::args::{Args, LogFormat};
use anyhow::Context;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Events that may wait; when standard error is slower than that, requests wait for it rather than lose events.
const WAITING_EVENTS: usize = 65_536;

/// The running log; finish it last.
pub(crate) struct Logs {
    sender: SyncSender<Option<Vec<u8>>>,
    writer: JoinHandle<()>,
}

/// Starts logging.
pub(crate) fn start(args: &Args) -> anyhow::Result<Logs> {
    let filter = EnvFilter::builder().parse(&args.log).with_context(|| format!("--log {}", args.log))?;
    let (sender, receiver) = sync_channel(WAITING_EVENTS);
    let writer = std::thread::Builder::new().name("log".into()).spawn(move || write_all(&receiver))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Channel(sender.clone()));
    match args.log_format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        LogFormat::Text => builder.with_ansi(false).init(),
    }
    Ok(Logs { sender, writer })
}

impl Logs {
    /// Writes what is waiting.
    pub(crate) fn finish(self) {
        let _ = self.sender.send(None);
        let _ = self.writer.join();
    }
}

/// Writes events in runs: one system call for all that are waiting.
fn write_all(events: &Receiver<Option<Vec<u8>>>) {
    let mut buffer = Vec::new();
    while let Ok(Some(event)) = events.recv() {
        buffer.extend_from_slice(&event);
        let mut last = false;
        while buffer.len() < 1 << 16 {
            match events.try_recv() {
                Ok(Some(event)) => buffer.extend_from_slice(&event),
                Ok(None) => last = true,
                Err(_) => break,
            }
        }
        let _ = io::stderr().write_all(&buffer);
        buffer.clear();
        if last {
            return;
        }
    }
}

struct Channel(SyncSender<Option<Vec<u8>>>);

impl<'a> MakeWriter<'a> for Channel {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { bytes: Vec::with_capacity(512), sender: &self.0 }
    }
}

/// One event; sent when it is complete.
struct Line<'a> {
    bytes: Vec<u8>,
    sender: &'a SyncSender<Option<Vec<u8>>>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let _ = self.sender.send(Some(std::mem::take(&mut self.bytes)));
    }
}
