//! The loop that takes jobs from the line and runs them, a few at once.
//!
//! A job whose store failed is given back and tried again after a pause that doubles; that does not count as an
//! attempt. One job never runs twice at once here, however often it comes out of the line. When the server stops, running jobs are handed
//! back: their workers are killed, and they start again at the next start as if they had not been taken.

use crate::jobs::SqliteJobs;
use crate::queue::WaitingJobs;
use gp_core::{App, JobId, StoreError, run_job};
use gp_workers::ProcessPool;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};

/// The first pause after a failure of the store.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long handing back may take: a store that hangs must not keep the server from stopping.
const HAND_BACK_TIMEOUT: Duration = Duration::from_millis(1500);
/// Jobs that must wait for it to matter how fast they go.
const MANY: usize = 32;
/// Jobs that may wait for their store without keeping others from a worker: when the store fails for all, these are enough to
/// see it come back.
const MAX_PAUSING: usize = 16;

/// Runs the jobs that wait in line.
pub struct Drain {
    pub(crate) app: App,
    pub(crate) jobs: Arc<SqliteJobs>,
    pub(crate) waiting: WaitingJobs,
    /// Where jobs run, to see how long they take.
    pub(crate) pool: Arc<ProcessPool>,
    pub(crate) workers: usize,
    /// Jobs that are away from the line at once while many short ones wait.
    pub(crate) at_once: usize,
}

impl Drain {
    /// Runs jobs until `stop` is ready, then hands back those that are running; that takes less than two seconds.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut running = JoinSet::new();
        let mut ids: HashMap<Id, JobId> = HashMap::new();
        let pausing = Arc::new(Pausing::default());
        // Jobs that came out of the line while they were running: a job may be put in line by its own end.
        let mut again = HashSet::new();
        tokio::pin!(stop);
        loop {
            let pauses = pausing.count.load(Ordering::Relaxed).min(MAX_PAUSING);
            let has_room = running.len().saturating_sub(pauses) < self.most_away();
            let next = tokio::select! {
                () = &mut stop => break,
                () = pausing.changed.notified() => None,
                Some(id) = self.waiting.recv(), if has_room => {
                    if ids.values().any(|running| *running == id) {
                        again.insert(id);
                        continue;
                    }
                    Some(id)
                }
                Some(ended) = running.join_next_with_id() => {
                    let task = match ended {
                        Ok((task, ())) => task,
                        Err(error) => {
                            tracing::error!(task = %error.id(), "running a job stopped unexpectedly");
                            error.id()
                        }
                    };
                    ids.remove(&task).filter(|id| again.remove(id))
                }
                else => break,
            };
            if let Some(id) = next {
                let job = run_until_stored(self.app.clone(), self.jobs.clone(), id.clone(), pausing.clone());
                ids.insert(running.spawn(job).id(), id);
            }
        }
        // Dropping what runs kills its worker process.
        running.shutdown().await;
        let ids: Vec<JobId> = ids.into_values().collect();
        match tokio::time::timeout(HAND_BACK_TIMEOUT, self.jobs.hand_back(ids)).await {
            Ok(Ok(count)) => tracing::info!(jobs = count, "running jobs were handed back"),
            Ok(Err(error)) => {
                tracing::error!(%error, "running jobs could not be handed back; they start again all the same")
            }
            Err(_) => tracing::error!("the store did not answer; running jobs start again all the same"),
        }
    }

    /// How many jobs may be away from the line. A job away from it is called executing: of jobs that take minutes only those may
    /// be that a worker has. Of many that take less than the disk does, a few more must be on their way; when long ones follow
    /// them, those few are called so too early.
    fn most_away(&self) -> usize {
        let is_ahead = self.waiting.len() >= MANY && self.pool.has_short_runs();
        if is_ahead { self.at_once } else { self.workers.min(self.at_once) }
    }
}

/// Jobs that wait until their store is tried again, and keep no other from a worker.
#[derive(Default)]
struct Pausing {
    count: AtomicUsize,
    changed: Notify,
}

impl Pausing {
    async fn sleep(&self, pause: Duration) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
        tokio::time::sleep(pause).await;
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn run_until_stored(app: App, jobs: Arc<SqliteJobs>, id: JobId, pausing: Arc<Pausing>) {
    let mut ended = run_job(&app, &id).await;
    let mut pause = FIRST_PAUSE;
    while let Err(error) = ended {
        let error = with_causes(&error);
        tracing::error!(job.id = %id, error, retry_in_ms = pause.as_millis() as u64, "the store failed during a job");
        pausing.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        ended = run_again(&app, &jobs, &id).await;
    }
}

/// The job may still be ours by its lease, and nobody can claim it while it is.
async fn run_again(app: &App, jobs: &SqliteJobs, id: &JobId) -> Result<(), StoreError> {
    jobs.hand_back(vec![id.clone()]).await?;
    run_job(app, id).await
}

/// The error with what caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
