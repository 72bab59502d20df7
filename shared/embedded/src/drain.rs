//! The loop that takes jobs from the line and runs them, a few at once.
//!
//! A job whose store failed is given back and tried again after a pause that doubles; that does not count as an
//! attempt. One job never runs twice at once here, however often it comes out of the line. When the server stops, running jobs are handed
//! back: their workers are killed, and they start again at the next start as if they had not been taken.

use crate::jobs::SqliteJobs;
use crate::pace::Pace;
use crate::queue::WaitingJobs;
use gp_core::{App, JobId, StoreError, run_job};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

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
    pub(crate) waiting: WaitingJobs,
    pub(crate) pace: Pace,
}

impl Drain {
    /// Runs jobs until `stop` is ready, then hands back those that are running; that takes less than two seconds.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut running = JoinSet::new();
        let mut ids: HashMap<Id, (JobId, Instant)> = HashMap::new();
        let pausing = Arc::new(Pausing::default());
        // Jobs that came out of the line while they were running: a job may be put in line by its own end.
        let mut again = HashSet::new();
        tokio::pin!(stop);
        loop {
            let oldest = ids.values().map(|(_, since)| since.elapsed()).max().unwrap_or_default();
            let at_work = running.len().saturating_sub(pausing.count.load(Ordering::Relaxed));
            let next = tokio::select! {
                () = &mut stop => break,
                () = pausing.changed.notified() => None,
                Some(id) = self.waiting.recv(), if at_work < self.pace.at_once(oldest, self.waiting.len()) => {
                    if ids.values().any(|(running, _)| *running == id) {
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
                    ids.remove(&task).and_then(|(id, since)| {
                        self.pace.ended(since.elapsed());
                        again.remove(&id).then_some(id)
                    })
                }
                else => break,
            };
            if let Some(id) = next {
                let job = run_until_stored(self.app.clone(), self.jobs.clone(), id.clone(), pausing.clone());
                ids.insert(running.spawn(job).id(), (id, Instant::now()));
            }
        }
        // Dropping what runs kills its worker process.
        running.shutdown().await;
        let ids: Vec<JobId> = ids.into_values().map(|(id, _)| id).collect();
        match tokio::time::timeout(HAND_BACK_TIMEOUT, self.jobs.hand_back(ids)).await {
            Ok(Ok(count)) => tracing::info!(jobs = count, "running jobs were handed back"),
            Ok(Err(error)) => {
                tracing::error!(%error, "running jobs could not be handed back; they start again all the same")
            }
            Err(_) => tracing::error!("the store did not answer; running jobs start again all the same"),
        }
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
mod tests {
    use super::*;
    use crate::{Concurrency, Data, now_ms};
    use async_trait::async_trait;
    use bytes::Bytes;
    use gp_core::StoredFile;
    use gp_core::testing::new_job;
    use gp_core::{
        BlobKey, BlobStore, BodySize, Catalog, Content, ExecutionType, Job, JobDetail, JobSettings,
        JobStatus, Limits, MessageLevel, Parameter, Parameters, Payload, Payloads, PublishedTask, ResultInfo,
        RunContext, Runner, Service, Task, TaskResult, ToolError, Value, Work, WorkError, WorkEvent,
    };
    use gp_workers::WorkerCommand;
    use std::path::Path;
    use std::sync::atomic::AtomicBool;
    use tokio::sync::mpsc::UnboundedSender;

    struct Nothing;

    impl Task for Nothing {
        fn name(&self) -> &'static str {
            "Nothing"
        }
        fn description(&self) -> &'static str {
            "Is never run: the runner below does not ask it."
        }
        fn inputs(&self) -> &[Parameter] {
            &[]
        }
        fn outputs(&self) -> &[Parameter] {
            &[]
        }
        fn toolset(&self) -> &'static str {
            "Samples"
        }

        fn repairs_inputs(&self) -> bool {
            true
        }

        fn is_quick(&self, _: &[Value]) -> bool {
            false
        }
        fn run(&self, _: Vec<Value>, _: &RunContext) -> Result<Vec<Value>, ToolError> {
            Ok(Vec::new())
        }
    }

    /// Counts its runs; each gives one result.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    #[async_trait]
    impl Runner for Counting {
        async fn run(
            &self,
            _: Work,
            _: UnboundedSender<WorkEvent>,
            _: Arc<AtomicBool>,
        ) -> Result<Vec<TaskResult>, WorkError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let (name, data_type) = ("n".to_owned(), "GPLong".to_owned());
            let info = ResultInfo {
                name,
                data_type,
                feature_count: None,
                has_z_or_m: false,
                size: BodySize::default(),
            };
            Ok(vec![TaskResult { info, features: 0, json: Bytes::from_static(b"1") }])
        }
    }

    /// Fails the first seven times, for this reason.
    struct FailsForAWhile(AtomicUsize, fn() -> StoreError);

    #[async_trait]
    impl BlobStore for FailsForAWhile {
        async fn put(&self, _: &BlobKey, _: Bytes, _: Content) -> Result<(), StoreError> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0..7 => Err((self.1)()),
                _ => Ok(()),
            }
        }

        async fn put_file(&self, _: &BlobKey, _: &Path, _: Content) -> Result<(), StoreError> {
            Ok(())
        }
        async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
            Err(StoreError::NotFound(format!("{key:?}")))
        }
        async fn link(&self, _: &BlobKey) -> Result<Option<String>, StoreError> {
            Ok(None)
        }

        async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
            Err(StoreError::NotFound(format!("{key:?}")))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_whose_results_could_not_be_stored_runs_again_until_they_are() {
        let (job, runs) = ended_with(|| StoreError::unavailable("store bytes", "the network is down")).await;
        assert_eq!(job.status, JobStatus::Succeeded, "{:?} at {}", job.messages, now_ms());
        assert_eq!(runs, 8);
        assert_eq!(job.lease.attempt, 1, "a store that fails does not count as an attempt");
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_whose_results_find_no_room_fails_with_that_reason_and_does_not_fill_the_disk_again() {
        let full =
            || StoreError::unavailable("store bytes", std::io::Error::from(std::io::ErrorKind::StorageFull));
        let (job, runs) = ended_with(full).await;
        assert_eq!((job.status, runs), (JobStatus::Failed, 1));
        let said: Vec<&str> = job.messages.iter().map(|message| message.text.as_str()).collect();
        assert!(said.iter().any(|text| text.starts_with("the disk of the server is full")), "{said:?}");
    }

    /// A job whose results are stored in a store that fails so for a while, once it has ended; how often it ran.
    async fn ended_with(failure: fn() -> StoreError) -> (Job, usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut job = new_job();
        job.task = "Nothing".to_owned();
        job.payloads = Some(Payloads::inputs(Payload::Inline(Parameters::default().encode().into())));
        let catalog = Catalog::new([Service {
            name: job.service.clone(),
            description: String::new(),
            execution_type: ExecutionType::Asynchronous,
            tasks: vec![PublishedTask::new(&Nothing)],
            maximum_records: 1000,
            time_limit: Duration::from_secs(60),
            message_level: MessageLevel::Info,
            retention: Duration::from_secs(60),
            run_on_submit: None,
            layers: Vec::new(),
            uploads: None,
        }]);
        let command = WorkerCommand {
            program: "none".into(),
            args: Vec::new(),
            memory_limit_mb: 1,
            machine_memory_mb: None,
        };
        let settings =
            JobSettings { max_inline_input_bytes: 0, max_inline_result_bytes: 0, ..JobSettings::default() };
        let data = Data::open(folder.path()).unwrap();
        let app = data.app(Arc::new(catalog), Limits::default(), settings, command, Concurrency::new(1, 1));
        let (app, mut drain, _sweeper) = app.await.unwrap();
        let runner = Arc::new(Counting::default());
        drain.app.job_runner = runner.clone();
        drain.app.blobs = Arc::new(FailsForAWhile(AtomicUsize::new(0), failure));
        // The clock of the leases stands still, as it nearly does between two tries.
        drain.app.now_ms = || 1;
        app.jobs.create(job.clone(), None).await.unwrap();
        app.queue.send(&job.id).await.unwrap();
        let ended = async {
            while !app.jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap().status.is_terminal() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        drain.run(ended).await;
        let job = app.jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap();
        (job, runner.0.load(Ordering::Relaxed))
    }
}
