//! The pool: worker processes started when they are needed, used again, and ended when nobody needs them.

use super::child::{Outcome, Worker};
use super::pace::Pace;
use async_trait::async_trait;
use gp_core::{Runner, ServiceName, TaskResult, ToolError, Work, WorkError, WorkEvent};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// How long a worker process without work is kept.
const KEEP_IDLE: Duration = Duration::from_secs(60);
/// How often a run that waits for a worker looks whether it was cancelled.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How to start a worker process: a program whose `main` calls [`crate::worker_main`] for these arguments.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The program, usually `std::env::current_exe()`.
    pub program: PathBuf,
    /// Its arguments, from which its `main` must find the same catalog, limits and memory limit as this server's.
    pub args: Vec<OsString>,
    /// The memory limit that the arguments give, to name it when it was exceeded.
    pub memory_limit_mb: u64,
    /// The memory of the machine of which that is a part, where people know the machine by it.
    pub machine_memory_mb: Option<u64>,
}

/// Runs work in worker processes, at most so many at once; more work waits in order.
pub struct ProcessPool {
    command: WorkerCommand,
    slots: Semaphore,
    /// Where waiting is limited, a service may not have the last worker while there are several: a flood of slow
    /// requests for one leaves room for the others.
    share: Option<usize>,
    shares: Mutex<HashMap<ServiceName, Arc<Semaphore>>>,
    max_wait: Option<Duration>,
    idle: Arc<Mutex<Idle>>,
    pace: Pace,
}

/// Workers without work, the one that was used last at the end.
#[derive(Default)]
struct Idle {
    workers: Vec<(Worker, Instant)>,
    /// Whether a task is there that ends those that idle too long.
    is_watched: bool,
}

impl ProcessPool {
    /// A pool of up to `workers` processes. Work that waits longer than `max_wait` for one is refused.
    pub fn new(command: WorkerCommand, workers: usize, max_wait: Option<Duration>) -> ProcessPool {
        let workers = workers.max(1);
        ProcessPool {
            command,
            slots: Semaphore::new(workers),
            share: max_wait.map(|_| (workers - 1).max(1)),
            shares: Mutex::default(),
            max_wait,
            idle: Arc::default(),
            pace: Pace::default(),
        }
    }

    /// Whether its workers had short runs lately, of up to a tenth of a second, and have no longer one now.
    pub fn has_short_runs(&self) -> bool {
        self.pace.is_short()
    }

    /// What the service may have at once, where that is limited.
    fn share_of(&self, service: &ServiceName) -> Option<Arc<Semaphore>> {
        let share = self.share?;
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        Some(shares.entry(service.clone()).or_insert_with(|| Arc::new(Semaphore::new(share))).clone())
    }

    async fn slot<'s>(
        &self,
        slots: &'s Semaphore,
        cancelled: &AtomicBool,
    ) -> Result<SemaphorePermit<'s>, WorkError> {
        if let Ok(slot) = slots.try_acquire() {
            return Ok(slot);
        }
        let started = Instant::now();
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let slot = slots.acquire();
        tokio::pin!(slot);
        loop {
            tokio::select! {
                slot = &mut slot => {
                    return slot.map_err(|_| WorkError::Busy("the server is shutting down; try again later".into()));
                }
                _ = checks.tick() => {
                    if cancelled.load(Ordering::Relaxed) {
                        return Err(ToolError::Cancelled.into());
                    }
                    if let Some(max_wait) = self.max_wait.filter(|max_wait| started.elapsed() >= *max_wait) {
                        return Err(WorkError::Busy(format!(
                            "every worker was busy for {} seconds; try again later, or submit it as a job",
                            max_wait.as_secs()
                        )));
                    }
                }
            }
        }
    }

    fn start(&self) -> Result<Worker, WorkError> {
        Worker::start(&self.command).map_err(|error| {
            tracing::error!(program = %self.command.program.display(), %error, "a worker process could not be started");
            WorkError::Lost(format!("a worker process could not be started: {error}"))
        })
    }

    fn take_idle(&self) -> Option<Worker> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((mut worker, _)) = idle.workers.pop() {
            if !worker.has_ended() {
                return Some(worker);
            }
        }
        None
    }

    fn put_back(&self, worker: Worker) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.workers.push((worker, Instant::now()));
        if !idle.is_watched {
            idle.is_watched = true;
            #[expect(
                clippy::disallowed_methods,
                reason = "ends the workers, then itself; no request waits for it"
            )]
            drop(tokio::spawn(end_idle(self.idle.clone())));
        }
    }
}

#[async_trait]
impl Runner for ProcessPool {
    async fn run(
        &self,
        work: Work,
        events: UnboundedSender<WorkEvent>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Vec<TaskResult>, WorkError> {
        let share = self.share_of(&work.service);
        let _share = match &share {
            Some(share) => Some(self.slot(share, &cancelled).await?),
            None => None,
        };
        let _slot = self.slot(&self.slots, &cancelled).await?;
        if cancelled.load(Ordering::Relaxed) {
            return Err(ToolError::Cancelled.into());
        }
        let _begun = self.pace.begin();
        if let Some(mut worker) = self.take_idle() {
            match worker.run(&work, &events, &cancelled).await {
                // It was killed while it idled; this run had no part in that.
                Outcome::NotBegun => {}
                outcome => return self.end(worker, &work, outcome).await,
            }
        }
        let mut worker = self.start()?;
        let outcome = worker.run(&work, &events, &cancelled).await;
        self.end(worker, &work, outcome).await
    }
}

impl ProcessPool {
    async fn end(&self, worker: Worker, work: &Work, outcome: Outcome) -> Result<Vec<TaskResult>, WorkError> {
        match outcome {
            Outcome::Ended(result) => {
                self.put_back(worker);
                Ok(result?)
            }
            Outcome::Stopped(error) => {
                tracing::warn!(service = %work.service, task = %work.task, %error, "a run did not stop by itself: its worker is killed");
                Err(error.into())
            }
            Outcome::Died | Outcome::NotBegun => Err(worker.explain(&self.command).await),
        }
    }
}

/// Ends workers that idle too long; ends itself when none is left.
async fn end_idle(idle: Arc<Mutex<Idle>>) {
    loop {
        let next = {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.workers.retain(|(_, since)| since.elapsed() < KEEP_IDLE);
            match idle.workers.first() {
                Some((_, since)) => *since + KEEP_IDLE,
                None => {
                    idle.is_watched = false;
                    return;
                }
            }
        };
        sleep_until(next).await;
    }
}
