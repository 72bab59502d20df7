//! What is left after a process ends: everything that was acknowledged, and a line of the jobs that have to run.

#![expect(clippy::unwrap_used, reason = "a test: what fails has failed the test")]

use bytes::Bytes;
use gp_core::testing::new_job;
use gp_core::{
    BlobKey, Catalog, Content, Created, Expected, Job, JobDetail, JobId, JobSettings, JobStatus, JobStore,
    JobUpdate, Limits, Payload, Payloads, StoreError,
};
use gp_embedded::{Concurrency, Data, Drain, SqliteJobs, Sweeper};
use gp_workers::WorkerCommand;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const LEASE: Duration = Duration::from_secs(30);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn app(folder: &Path) -> (gp_core::App, Drain, Sweeper) {
    let command = WorkerCommand {
        program: "/bin/false".into(),
        args: Vec::new(),
        memory_limit_mb: 1,
        machine_memory_mb: None,
    };
    Data::open(folder)
        .unwrap()
        .app(
            Arc::new(Catalog::default()),
            Limits::default(),
            JobSettings::default(),
            command,
            Concurrency::new(2, 2),
        )
        .await
        .unwrap()
}

async fn created(store: &dyn JobStore) -> JobId {
    let job = new_job();
    store.create(job.clone(), None).await.unwrap();
    job.id
}

async fn step(store: &dyn JobStore, id: &JobId, status: JobStatus) {
    let update = JobUpdate { status: Some(status), ..JobUpdate::default() };
    store.update(id, Expected { statuses: &JobStatus::ALL, attempt: None }, update).await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite");
    let job = new_job();
    let store = SqliteJobs::open(&path).unwrap();
    store.create(job.clone(), None).await.unwrap();
    drop(store);
    let store = SqliteJobs::open(&path).unwrap();
    assert_eq!(store.get(&job.id, JobDetail::Full).await.unwrap(), Some(job));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_writing_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite");
    let store = Arc::new(SqliteJobs::open(&path).unwrap());
    let mut writers = JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        writers.spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..20 {
                let job = new_job();
                assert_eq!(store.create(job.clone(), None).await.unwrap(), Created::New);
                let claimed = store.claim(&job.id, 0, LEASE).await.unwrap().unwrap();
                assert_eq!(claimed.lease.attempt, 1);
                ids.push(job.id);
            }
            ids
        });
    }
    let ids: Vec<JobId> = writers.join_all().await.into_iter().flatten().collect();
    drop(store);
    let store = SqliteJobs::open(&path).unwrap();
    for id in ids {
        assert_eq!(store.get(&id, JobDetail::Status).await.unwrap().unwrap().status, JobStatus::Executing);
    }
}

#[tokio::test]
async fn a_start_puts_unfinished_jobs_in_line_again_and_ends_those_that_were_being_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let (waiting, executing, cancelling, failed);
    {
        let (app, _drain, _sweeper) = app(folder.path()).await;
        waiting = created(app.jobs.as_ref()).await;
        executing = created(app.jobs.as_ref()).await;
        cancelling = created(app.jobs.as_ref()).await;
        failed = created(app.jobs.as_ref()).await;
        for id in [&executing, &cancelling] {
            app.jobs.claim(id, i64::MAX / 4, LEASE).await.unwrap().unwrap();
        }
        step(app.jobs.as_ref(), &cancelling, JobStatus::Cancelling).await;
        step(app.jobs.as_ref(), &failed, JobStatus::Failed).await;
    }
    let (app, drain, _sweeper) = app(folder.path()).await;
    let cancelled = app.jobs.get(&cancelling, JobDetail::Status).await.unwrap().unwrap();
    assert_eq!(cancelled.status, JobStatus::Cancelled);
    assert!(cancelled.expires_at_ms > cancelled.ended_at_ms);
    assert_eq!(cancelled.messages.last().unwrap().text, "Cancel complete.");
    let again = app.jobs.claim(&executing, 0, LEASE).await.unwrap().unwrap();
    assert_eq!(
        again.lease.attempt, 1,
        "a lease of a process that is gone is void, and its attempt does not count"
    );
    step(app.jobs.as_ref(), &executing, JobStatus::Failed).await;
    // The catalog is empty, so the one that waited fails as soon as it is run.
    drain.run(ended(&app, &waiting)).await;
    let job = app.jobs.get(&waiting, JobDetail::Status).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Failed);
}

async fn ended(app: &gp_core::App, id: &JobId) {
    let started = Instant::now();
    while !app.jobs.get(id, JobDetail::Status).await.unwrap().unwrap().status.is_terminal() {
        assert!(started.elapsed() < Duration::from_secs(10), "job {id} does not end");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn the_oldest_of_a_hundred_thousand_waiting_jobs_runs_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = {
        let data = Data::open(folder.path()).unwrap();
        let jobs = data.jobs();
        let mut creates = JoinSet::new();
        let first = created(jobs.as_ref()).await;
        for _ in 0..100_000 {
            let jobs = jobs.clone();
            creates.spawn(async move { created(jobs.as_ref()).await });
        }
        creates.join_all().await;
        first
    };
    let (app, drain, _sweeper) = app(folder.path()).await;
    drain.run(ended(&app, &first)).await;
}

#[tokio::test]
async fn expired_jobs_lose_their_bytes_then_a_day_later_their_record() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _drain, sweeper) = app(folder.path()).await;
    let job = Job { payloads: Some(Payloads::inputs(Payload::Stored)), ..new_job() };
    let blob = BlobKey::Inputs(job.id.clone());
    app.blobs.put(&blob, Bytes::from_static(b"large"), Content::BINARY).await.unwrap();
    app.jobs.create(job.clone(), None).await.unwrap();
    let running = created(app.jobs.as_ref()).await;
    let end = JobUpdate { status: Some(JobStatus::Failed), ended: Some((10, 20)), ..JobUpdate::default() };
    app.jobs
        .update(&job.id, Expected { statuses: &[JobStatus::Submitted], attempt: None }, end)
        .await
        .unwrap();

    assert_eq!(sweeper.sweep(19).await.unwrap(), gp_embedded::Swept::default());
    app.blobs.get(&blob).await.unwrap();
    assert_eq!(sweeper.sweep(30).await.unwrap().expired, 1);
    assert!(matches!(app.blobs.get(&blob).await, Err(StoreError::NotFound(_))));
    let tombstone = app.jobs.get(&job.id, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!((tombstone.status, tombstone.payloads), (JobStatus::Failed, None));
    assert_eq!(tombstone.messages, job.messages, "messages stay with the tombstone");
    assert_eq!(sweeper.sweep(29 + DAY_MS).await.unwrap().forgotten, 0);
    assert_eq!(sweeper.sweep(30 + DAY_MS).await.unwrap().forgotten, 1);
    assert_eq!(app.jobs.get(&job.id, JobDetail::Status).await.unwrap(), None);
    assert!(app.jobs.get(&running, JobDetail::Full).await.unwrap().unwrap().payloads.is_some());
}

#[tokio::test]
async fn bytes_whose_job_never_came_go_after_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _drain, sweeper) = app(folder.path()).await;
    let orphan = BlobKey::Inputs(new_job().id);
    let job = created(app.jobs.as_ref()).await;
    let kept = BlobKey::Inputs(job);
    for key in [&orphan, &kept] {
        app.blobs.put(key, Bytes::from_static(b"x"), Content::BINARY).await.unwrap();
    }
    let mut orphans = 0;
    for sweep in 0..16 {
        orphans += sweeper.sweep(gp_embedded::now_ms() + 59 * 60 * 1000 + sweep).await.unwrap().orphans;
    }
    assert_eq!(orphans, 0, "younger than an hour");
    for sweep in 0..16 {
        orphans += sweeper.sweep(gp_embedded::now_ms() + 61 * 60 * 1000 + sweep).await.unwrap().orphans;
    }
    assert_eq!(orphans, 1);
    assert!(matches!(app.blobs.get(&orphan).await, Err(StoreError::NotFound(_))));
    app.blobs.get(&kept).await.unwrap();
}

#[tokio::test]
async fn a_job_whose_worker_was_lost_is_put_in_line_again_by_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, sweeper) = app(folder.path()).await;
    let id = created(app.jobs.as_ref()).await;
    app.jobs.claim(&id, 0, LEASE).await.unwrap().unwrap();
    assert_eq!(sweeper.sweep(29_000).await.unwrap().revived, 0);
    assert_eq!(sweeper.sweep(30_001).await.unwrap().revived, 1);
    drain.run(ended(&app, &id)).await;
}

#[tokio::test]
async fn a_job_sent_while_the_server_stops_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, _sweeper) = app(folder.path()).await;
    drain.run(std::future::ready(())).await;
    app.queue.send(&new_job().id).await.unwrap();
}
