//! The engine on a real store: jobs that run within their submission, jobs that nobody works on, and what jobs cost.

#![expect(clippy::unwrap_used, reason = "a test: what fails has failed the test")]

use async_trait::async_trait;
use bytes::Bytes;
use gp_core::StoredFile;
use gp_core::{
    App, BlobKey, BlobStore, BodySize, Catalog, Content, Cost, ExecutionType, Expected, Job, JobDetail,
    JobId, JobQueue, JobSettings, JobStatus, JobUpdate, JobUsage, Limits, MessageLevel, Meter, Parameter,
    Parameters, PublishedTask, ResultInfo, RunContext, Runner, Service, ServiceName, StoreError, Task,
    TaskResult, Tended, ToolError, Value, Work, WorkError, WorkEvent, bury_job, run_job, submit_job,
    tend_job,
};
use gp_embedded::{Concurrency, Data};
use gp_workers::WorkerCommand;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;

/// A task that the runner below does not ask.
struct Nothing;

impl Task for Nothing {
    fn name(&self) -> &'static str {
        "Nothing"
    }
    fn description(&self) -> &'static str {
        "Does nothing."
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

/// Says how a run ends, and remembers its time limit.
struct Scripted {
    outcome: Mutex<Option<Result<(), WorkError>>>,
    time_limit: Mutex<Option<Duration>>,
}

#[async_trait]
impl Runner for Scripted {
    async fn run(
        &self,
        work: Work,
        _: UnboundedSender<WorkEvent>,
        _: Arc<AtomicBool>,
    ) -> Result<Vec<TaskResult>, WorkError> {
        *self.time_limit.lock().unwrap() = Some(work.time_limit);
        self.outcome.lock().unwrap().take().unwrap_or(Ok(()))?;
        let info = ResultInfo {
            name: "n".to_owned(),
            data_type: "GPLong".to_owned(),
            feature_count: None,
            has_z_or_m: false,
            size: BodySize::default(),
        };
        Ok(vec![TaskResult { info, features: 0, json: Bytes::from_static(b"1") }])
    }
}

/// A queue that remembers what was sent, and can be down.
#[derive(Default)]
struct Line {
    sent: Mutex<Vec<JobId>>,
    is_down: AtomicBool,
}

#[async_trait]
impl JobQueue for Line {
    async fn send(&self, id: &JobId) -> Result<(), StoreError> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("put a job in line", "nobody answers"));
        }
        self.sent.lock().unwrap().push(id.clone());
        Ok(())
    }
}

/// Takes five leases for everything.
struct SlowBlobs;

#[async_trait]
impl BlobStore for SlowBlobs {
    async fn put(&self, _: &BlobKey, _: Bytes, _: Content) -> Result<(), StoreError> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }
    async fn put_file(&self, _: &BlobKey, _: &Path, _: Content) -> Result<(), StoreError> {
        Ok(())
    }
    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError> {
        Err(StoreError::NotFound(format!("{key:?}")))
    }
    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError> {
        Err(StoreError::NotFound(format!("{key:?}")))
    }
    async fn link(&self, _: &BlobKey) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
}

/// A dollar a heartbeat, a cent for each byte of result.
struct Expensive;

impl Meter for Expensive {
    fn cost(&self, usage: &JobUsage) -> Cost {
        Cost {
            gb_seconds: 0.0,
            calls: usage.heartbeats,
            bytes: usage.result_bytes,
            usd: usage.result_bytes as f64 / 100.0,
        }
    }
    fn price_list(&self) -> &str {
        "this test"
    }
}

struct World {
    app: App,
    line: Arc<Line>,
    runner: Arc<Scripted>,
    _folder: TempDir,
}

impl World {
    async fn new(outcome: Result<(), WorkError>) -> World {
        let folder = tempfile::tempdir().unwrap();
        let service = Service {
            name: ServiceName::new("", "Jobs"),
            description: String::new(),
            execution_type: ExecutionType::Asynchronous,
            tasks: vec![PublishedTask::new(&Nothing)],
            maximum_records: 10,
            time_limit: Duration::from_secs(60),
            message_level: MessageLevel::Info,
            retention: Duration::from_secs(60),
            run_on_submit: Some(Duration::from_secs(2)),
            layers: Vec::new(),
            uploads: None,
        };
        let command = WorkerCommand {
            program: "none".into(),
            args: Vec::new(),
            memory_limit_mb: 1,
            machine_memory_mb: None,
        };
        let (app, _, _) = Data::open(folder.path())
            .unwrap()
            .app(
                Arc::new(Catalog::new([service])),
                Limits::default(),
                JobSettings::default(),
                command,
                Concurrency::new(1, 1),
            )
            .await
            .unwrap();
        let line = Arc::new(Line::default());
        let runner = Arc::new(Scripted { outcome: Mutex::new(Some(outcome)), time_limit: Mutex::default() });
        let app =
            App { queue: line.clone(), job_runner: runner.clone(), meter: Some(Arc::new(Expensive)), ..app };
        World { app, line, runner, _folder: folder }
    }

    /// One where a small job may run within its submission.
    async fn at_once(outcome: Result<(), WorkError>) -> World {
        let mut world = World::new(outcome).await;
        world.app.submit_runner = Some(world.runner.clone());
        world
    }

    async fn submit(&self) -> JobId {
        let service = self.app.catalog.services().next().unwrap();
        submit_job(&self.app, service, &service.tasks[0], Parameters::default(), None, "http://h/arcgis")
            .await
            .unwrap()
            .id
    }

    async fn job(&self, id: &JobId) -> Job {
        self.app.jobs.get(id, JobDetail::Full).await.unwrap().unwrap()
    }

    fn sent(&self) -> Vec<JobId> {
        self.line.sent.lock().unwrap().clone()
    }

    /// A worker takes the job and is never heard of again.
    async fn lose_worker(&self, id: &JobId) {
        let now_ms = self.job(id).await.lease.until_ms;
        self.app.jobs.claim(id, now_ms, Duration::from_secs(1)).await.unwrap().unwrap();
    }
}

fn texts(job: &Job) -> String {
    job.messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_small_job_runs_within_its_submission_and_needs_no_message() {
    let world = World::at_once(Ok(())).await;
    let id = world.submit().await;
    let job = world.job(&id).await;
    assert_eq!((job.status, job.lease.attempt), (JobStatus::Succeeded, 1));
    assert_eq!(world.sent(), []);
    assert_eq!(*world.runner.time_limit.lock().unwrap(), Some(Duration::from_secs(2)));
}

#[tokio::test]
async fn a_job_that_is_not_done_within_its_submission_waits_for_a_worker() {
    for outcome in [
        WorkError::Tool(ToolError::TimedOut { limit_s: 2 }),
        WorkError::Busy("no room".into()),
        WorkError::Crashed("out of memory".into()),
    ] {
        let world = World::at_once(Err(outcome)).await;
        let id = world.submit().await;
        assert_eq!(world.job(&id).await.status, JobStatus::Executing);
        assert_eq!(world.sent(), std::slice::from_ref(&id));
        run_job(&world.app, &id).await.unwrap();
        let job = world.job(&id).await;
        assert_eq!(job.status, JobStatus::Succeeded, "{}", texts(&job));
        assert_eq!(*world.runner.time_limit.lock().unwrap(), Some(Duration::from_secs(60)));
    }
}

#[tokio::test]
async fn a_job_that_fails_within_its_submission_has_failed() {
    let world = World::at_once(Err(WorkError::Tool(ToolError::Failed("no luck".into())))).await;
    let id = world.submit().await;
    let job = world.job(&id).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert!(texts(&job).contains("no luck"), "{}", texts(&job));
}

#[tokio::test]
async fn a_submission_whose_message_is_lost_is_accepted_and_sent_later() {
    let world = World::new(Ok(())).await;
    world.line.is_down.store(true, Ordering::Relaxed);
    let id = world.submit().await;
    assert_eq!(world.job(&id).await.status, JobStatus::Submitted);
    tend_job(&world.app, &id).await.unwrap_err();
    world.line.is_down.store(false, Ordering::Relaxed);
    assert!(matches!(tend_job(&world.app, &id).await.unwrap(), Tended::Sent { .. }));
    assert_eq!(world.sent(), [id]);
}

#[tokio::test]
async fn a_job_whose_workers_are_lost_is_sent_again_twice_and_then_fails_saying_so() {
    let world = World::new(Ok(())).await;
    let id = world.submit().await;
    for _ in 0..2 {
        world.lose_worker(&id).await;
        assert!(matches!(tend_job(&world.app, &id).await.unwrap(), Tended::Sent { .. }));
    }
    world.lose_worker(&id).await;
    assert_eq!(tend_job(&world.app, &id).await.unwrap(), Tended::Closed(JobStatus::Failed));
    assert!(texts(&world.job(&id).await).contains("failed 3 times"), "{}", texts(&world.job(&id).await));
    assert_eq!(tend_job(&world.app, &id).await.unwrap(), Tended::Ended);
}

#[tokio::test]
async fn a_job_that_somebody_works_on_is_left_alone() {
    let world = World::new(Ok(())).await;
    let id = world.submit().await;
    world.app.jobs.claim(&id, (world.app.now_ms)(), Duration::from_secs(30)).await.unwrap().unwrap();
    assert_eq!(tend_job(&world.app, &id).await.unwrap(), Tended::Alive);
    assert_eq!(bury_job(&world.app, &id, "reason").await.unwrap(), Tended::Alive);
    assert_eq!(world.job(&id).await.status, JobStatus::Executing);
}

#[tokio::test]
async fn a_job_whose_worker_was_lost_while_it_was_being_cancelled_ends_as_cancelled() {
    let world = World::new(Ok(())).await;
    let id = world.submit().await;
    world.lose_worker(&id).await;
    let cancelling = JobUpdate { status: Some(JobStatus::Cancelling), ..JobUpdate::default() };
    let expected = Expected { statuses: &[JobStatus::Executing], attempt: None };
    world.app.jobs.update(&id, expected, cancelling).await.unwrap();
    assert_eq!(tend_job(&world.app, &id).await.unwrap(), Tended::Closed(JobStatus::Cancelled));
}

#[tokio::test]
async fn a_dead_letter_ends_its_job_for_the_reason_given() {
    let world = World::new(Ok(())).await;
    let waiting = world.submit().await;
    assert_eq!(
        bury_job(&world.app, &waiting, "nobody could").await.unwrap(),
        Tended::Closed(JobStatus::Failed)
    );
    assert!(texts(&world.job(&waiting).await).contains("nobody could"));
    assert_eq!(bury_job(&world.app, &waiting, "again").await.unwrap(), Tended::Ended);
    let unknown = JobId::from_random(7);
    assert_eq!(bury_job(&world.app, &unknown, "never there").await.unwrap(), Tended::Ended);
}

#[tokio::test]
async fn a_worker_keeps_its_job_while_it_stores_large_results() {
    let mut world = World::new(Ok(())).await;
    world.app.blobs = Arc::new(SlowBlobs);
    world.app.job_settings = JobSettings {
        lease: Duration::from_millis(200),
        heartbeat: Duration::from_millis(20),
        max_inline_result_bytes: 0,
        ..world.app.job_settings
    };
    let id = world.submit().await;
    let others = async {
        while !world.job(&id).await.status.is_terminal() {
            if world.job(&id).await.status == JobStatus::Executing {
                let taken =
                    world.app.jobs.claim(&id, (world.app.now_ms)(), Duration::from_secs(1)).await.unwrap();
                assert!(taken.is_none(), "another worker took the job");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (ran, ()) = tokio::join!(run_job(&world.app, &id), others);
    ran.unwrap();
    let job = world.job(&id).await;
    assert_eq!((job.status, job.lease.attempt), (JobStatus::Succeeded, 1));
}

#[tokio::test]
async fn every_finished_job_says_and_keeps_what_it_cost() {
    for outcome in [
        Ok(()),
        Err(WorkError::Tool(ToolError::Failed("no".into()))),
        Err(WorkError::Tool(ToolError::Cancelled)),
    ] {
        let world = World::new(outcome).await;
        let id = world.submit().await;
        run_job(&world.app, &id).await.unwrap();
        let job = world.job(&id).await;
        assert!(job.status.is_terminal());
        let cost = job.cost.unwrap();
        assert!(texts(&job).contains("prices of this test"), "{}", texts(&job));
        let body = r#"{"paramName":"n","dataType":"GPLong","value":1}"#;
        assert_eq!(cost.bytes, if job.status == JobStatus::Succeeded { body.len() as u64 } else { 0 });
    }
}
