use super::*;
use crate::{Concurrency, Data, now_ms};
use async_trait::async_trait;
use bytes::Bytes;
use gp_core::StoredFile;
use gp_core::testing::new_job;
use gp_core::{
    BlobKey, BlobStore, BodySize, Catalog, Content, ExecutionType, Job, JobDetail, JobSettings, JobStatus,
    Limits, MessageLevel, Parameter, Parameters, Payload, Payloads, PublishedTask, ResultInfo, RunContext,
    Runner, Service, Task, TaskResult, ToolError, Value, Work, WorkError, WorkEvent,
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
        let info =
            ResultInfo { name, data_type, feature_count: None, has_z_or_m: false, size: BodySize::default() };
        Ok(vec![TaskResult { info, features: 0, json: Bytes::from_static(b"1") }])
    }
}

/// Keeps nothing, and says of each put what this says.
struct Puts<F>(F);

#[async_trait]
impl<F: Fn(&BlobKey) -> Result<(), StoreError> + Send + Sync> BlobStore for Puts<F> {
    async fn put(&self, key: &BlobKey, _: Bytes, _: Content) -> Result<(), StoreError> {
        (self.0)(key)
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

#[tokio::test(start_paused = true)]
async fn a_job_whose_store_is_tried_again_later_keeps_no_other_from_the_only_worker() {
    let folder = tempfile::tempdir().unwrap();
    let sick = new_job().id;
    let of = sick.clone();
    let blobs = Puts(move |key: &BlobKey| match key {
        BlobKey::Result(id, ..) if *id == of => {
            Err(StoreError::unavailable("store bytes", "the network is down"))
        }
        _ => Ok(()),
    });
    let (app, drain, _) = opened(folder.path(), Arc::new(blobs)).await;
    submit(&app, &sick).await;
    let others = [new_job().id, new_job().id];
    for other in &others {
        submit(&app, other).await;
    }
    let ended = async {
        for other in &others {
            let job = until_terminal(&app, other).await;
            assert_eq!(job.status, JobStatus::Succeeded);
        }
    };
    drain.run(ended).await;
    let job = app.jobs.get(&sick, JobDetail::Status).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Executing, "its store never answered");
}

/// A job whose results are stored in a store that fails so for a while, once it has ended; how often it ran.
async fn ended_with(failure: fn() -> StoreError) -> (Job, usize) {
    let folder = tempfile::tempdir().unwrap();
    let tries = AtomicUsize::new(0);
    let blobs = Puts(move |_: &BlobKey| match tries.fetch_add(1, Ordering::Relaxed) {
        0..7 => Err(failure()),
        _ => Ok(()),
    });
    let (app, drain, runs) = opened(folder.path(), Arc::new(blobs)).await;
    let id = new_job().id;
    submit(&app, &id).await;
    let mut job = None;
    drain.run(async { job = Some(until_terminal(&app, &id).await) }).await;
    (job.unwrap(), runs.0.load(Ordering::Relaxed))
}

/// A server with one worker, whose runs are counted, and those blobs.
async fn opened(folder: &Path, blobs: Arc<dyn BlobStore>) -> (App, Drain, Arc<Counting>) {
    let catalog = Catalog::new([Service {
        name: new_job().service,
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
    let data = Data::open(folder).unwrap();
    let app = data.app(Arc::new(catalog), Limits::default(), settings, command, Concurrency::new(1, 1));
    let (app, mut drain, _sweeper) = app.await.unwrap();
    let runner = Arc::new(Counting::default());
    drain.app.job_runner = runner.clone();
    drain.app.blobs = blobs;
    // The clock of the leases stands still, as it nearly does between two tries.
    drain.app.now_ms = || 1;
    (app, drain, runner)
}

async fn submit(app: &App, id: &JobId) {
    let mut job = Job { id: id.clone(), task: "Nothing".to_owned(), ..new_job() };
    job.payloads = Some(Payloads::inputs(Payload::Inline(Parameters::default().encode().into())));
    app.jobs.create(job, None).await.unwrap();
    app.queue.send(id).await.unwrap();
}

async fn until_terminal(app: &App, id: &JobId) -> Job {
    loop {
        let job = app.jobs.get(id, JobDetail::Status).await.unwrap().unwrap();
        if job.status.is_terminal() {
            return job;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
