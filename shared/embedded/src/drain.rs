//! The loop that takes jobs from the line and runs them, a few at once.
//!
//! A job whose store failed is tried again after a pause that doubles. When the server stops, running jobs are handed
//! back: their workers are killed, and they start again at the next start as if they had not been taken.

use crate::jobs::SqliteJobs;
use gp_core::{App, JobId, run_job};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

/// The first pause after a failure of the store.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long handing back may take: a store that hangs must not keep the server from stopping.
const HAND_BACK_TIMEOUT: Duration = Duration::from_millis(1500);

/// Runs the jobs that wait in line.
pub struct Drain {
    pub(crate) app: App,
    pub(crate) jobs: Arc<SqliteJobs>,
    pub(crate) waiting: UnboundedReceiver<JobId>,
    pub(crate) at_once: usize,
}

impl Drain {
    /// Runs jobs until `stop` is ready, then hands back those that are running; that takes less than two seconds.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut running = JoinSet::new();
        let mut ids = HashMap::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(id) = self.waiting.recv(), if running.len() < self.at_once => {
                    let task = running.spawn(run_until_stored(self.app.clone(), id.clone()));
                    ids.insert(task.id(), id);
                }
                Some(ended) = running.join_next_with_id() => {
                    let task = match ended {
                        Ok((task, ())) => task,
                        Err(error) => {
                            tracing::error!(%error, "running a job stopped unexpectedly");
                            error.id()
                        }
                    };
                    ids.remove(&task);
                }
                else => break,
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
}

async fn run_until_stored(app: App, id: JobId) {
    let mut pause = FIRST_PAUSE;
    while let Err(error) = run_job(&app, &id).await {
        let error = with_causes(&error);
        tracing::error!(job.id = %id, error, retry_in_ms = pause.as_millis() as u64, "the store failed during a job");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
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
