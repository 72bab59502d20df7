//! One worker process as the server sees it: start it, give it a run, hear it out, kill it.

use super::death::explain;
use super::frames::{FromWorker, PREFIX, RunHeader, ToWorker, encode, lengths, results};
use super::pool::WorkerCommand;
use bytes::{Bytes, BytesMut};
use gp_core::{TaskResult, ToolError, Work, WorkError, WorkEvent};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

/// How long a tool may take to stop by itself, once cancelled or past its time limit, before it is killed.
const GRACE: Duration = Duration::from_millis(500);
/// How often a longer run is checked for cancellation and its time limit.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How long a worker that closed its pipe may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of a worker's last words that are kept.
const TAIL_BYTES: usize = 8 << 10;
/// Room for what one read of the pipe may bring.
const READ_BYTES: usize = 16 << 10;

/// A worker process. Dropping it kills it.
pub(super) struct Worker {
    process: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// What was read from stdout and is not a whole frame yet.
    unread: BytesMut,
    last_words: Arc<Mutex<VecDeque<u8>>>,
    stderr: JoinHandle<()>,
}

/// How a run went.
pub(super) enum Outcome {
    /// The worker said how the run ended; it can do the next one.
    Ended(Result<Vec<TaskResult>, ToolError>),
    /// It had to be stopped; the worker is of no more use.
    Stopped(ToolError),
    /// The worker was gone before the run began.
    NotBegun,
    /// The worker died.
    Died,
}

impl Worker {
    /// Starts a process.
    pub(super) fn start(command: &WorkerCommand) -> io::Result<Worker> {
        let mut process = Command::new(&command.program)
            .args(&command.args)
            // What runs foreign input is handed none of the server's settings and secrets.
            .env_clear()
            // A backtrace would push the reason of an abort out of the worker's last words.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C in the terminal is for the server, which hands running jobs back before it ends its workers.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("a pipe to the worker is missing");
        let stdin = process.stdin.take().ok_or_else(missing)?;
        let stdout = process.stdout.take().ok_or_else(missing)?;
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let stderr = process.stderr.take().ok_or_else(missing)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "ends with the worker; a full stderr pipe would block it"
        )]
        let stderr = tokio::spawn(pass_on(stderr, last_words.clone()));
        Ok(Worker { process, stdin, stdout, unread: BytesMut::new(), last_words, stderr })
    }

    /// Gives the run to the process and waits for its end.
    pub(super) async fn run(
        &mut self,
        work: &Work,
        events: &UnboundedSender<WorkEvent>,
        cancelled: &AtomicBool,
    ) -> Outcome {
        let started = Instant::now();
        let mut checks = interval_at(started + CHECK_INTERVAL, CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kill_at = started + work.time_limit + GRACE;
        if let Some(outcome) = self.send_unless_stopped(work, cancelled, kill_at, &mut checks).await {
            return outcome;
        }
        let mut told_to_stop = false;
        // A killed process takes a while to close its pipes: what was written to it may have reached nobody.
        let mut died = Outcome::NotBegun;
        loop {
            match self.next_frame() {
                Ok(Some((header, body))) => match header {
                    FromWorker::Begun => died = Outcome::Died,
                    // Whoever listened may have gone; then nobody has to be told.
                    FromWorker::Message(message) => drop(events.send(WorkEvent::Message(message))),
                    FromWorker::Progress(progress) => drop(events.send(WorkEvent::Progress(progress))),
                    FromWorker::Failed(error) => return Outcome::Ended(Err(error)),
                    FromWorker::Done(headers) => {
                        return results(headers, body)
                            .map_or(Outcome::Died, |results| Outcome::Ended(Ok(results)));
                    }
                },
                Ok(None) => {
                    tokio::select! {
                        read = self.stdout.read_buf(&mut self.unread) => match read {
                            Ok(0) | Err(_) => return died,
                            Ok(_) => {}
                        },
                        now = checks.tick() => {
                            if cancelled.load(Ordering::Relaxed) && !told_to_stop {
                                told_to_stop = true;
                                kill_at = kill_at.min(now + GRACE);
                                self.tell_to_stop().await;
                            }
                            if now >= kill_at {
                                let error = if told_to_stop { ToolError::Cancelled } else { timed_out(work) };
                                return Outcome::Stopped(error);
                            }
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a worker process wrote something unreadable");
                    return Outcome::Died;
                }
            }
        }
    }

    /// Whether the process ended while nobody used it.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// Why it died.
    pub(super) async fn explain(mut self, command: &WorkerCommand) -> WorkError {
        let status = match timeout(END_TIMEOUT, self.process.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => None,
        };
        // Its last words come through a pipe of their own, and may come after its end.
        let _ = timeout(GRACE, &mut self.stderr).await;
        let last_words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let last_words: Vec<u8> = last_words.iter().copied().collect();
        explain(status, &String::from_utf8_lossy(&last_words), command)
    }

    /// Sends the run. Else why there is none: a worker with half a run is of no more use, so it need not be told.
    async fn send_unless_stopped(
        &mut self,
        work: &Work,
        cancelled: &AtomicBool,
        kill_at: Instant,
        checks: &mut Interval,
    ) -> Option<Outcome> {
        let sending = self.send(work);
        tokio::pin!(sending);
        loop {
            tokio::select! {
                sent = &mut sending => return sent.is_err().then_some(Outcome::NotBegun),
                now = checks.tick() => {
                    if cancelled.load(Ordering::Relaxed) {
                        return Some(Outcome::Stopped(ToolError::Cancelled));
                    }
                    if now >= kill_at {
                        return Some(Outcome::Stopped(timed_out(work)));
                    }
                }
            }
        }
    }

    async fn send(&mut self, work: &Work) -> io::Result<()> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let header = RunHeader {
            service: work.service.clone(),
            task: work.task.clone(),
            form: work.form,
            max_features: work.max_features,
            time_limit_ms: u64::try_from(work.time_limit.as_millis()).unwrap_or(u64::MAX),
            now_ms: work.now_ms,
            files: work.files.clone(),
            uploads: work.uploads.clone(),
            own_files: work.own_files.clone(),
        };
        let parameters = work.parameters.encode();
        let (head, bodies) = encode(&ToWorker::Run(header), &[&parameters])?;
        self.stdin.write_all(&head).await?;
        for body in bodies {
            self.stdin.write_all(body).await?;
        }
        Ok(())
    }

    async fn tell_to_stop(&mut self) {
        let Ok((frame, _)) = encode(&ToWorker::Cancel, &[]) else { return };
        // A worker that does not read is killed after the grace, as one that reads and goes on.
        let _ = timeout(GRACE, self.stdin.write_all(&frame)).await;
    }

    /// The next frame if all of it was read; else there is room to read more of it.
    fn next_frame(&mut self) -> io::Result<Option<(FromWorker, Bytes)>> {
        let Some(prefix) = self.unread.first_chunk::<PREFIX>() else {
            self.unread.reserve(READ_BYTES);
            return Ok(None);
        };
        let (header_bytes, body_bytes) = lengths(prefix)?;
        let missing = (PREFIX + header_bytes + body_bytes).saturating_sub(self.unread.len());
        if missing > 0 {
            self.unread.reserve(missing.max(READ_BYTES));
            return Ok(None);
        }
        let head = self.unread.split_to(PREFIX + header_bytes);
        let body = self.unread.split_to(body_bytes).freeze();
        Ok(Some((serde_json::from_slice(&head[PREFIX..])?, body)))
    }
}

fn timed_out(work: &Work) -> ToolError {
    ToolError::TimedOut { limit_s: work.time_limit.as_secs() }
}

/// Passes a worker's stderr on to the server's own, and remembers the end of it.
async fn pass_on(mut stderr: ChildStderr, last_words: Arc<Mutex<VecDeque<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        // Nothing can be done about a closed stderr of the server.
        let _ = io::stderr().write_all(&buffer[..count]);
        let mut last_words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
        last_words.extend(&buffer[..count]);
        let too_many = last_words.len().saturating_sub(TAIL_BYTES);
        last_words.drain(..too_many);
    }
}
