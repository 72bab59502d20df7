//! Jobs, from the line to their end.

use crate::pool::command;
use crate::puppet::catalog;
use gp_core::testing::new_job;
use gp_core::{App, JobDetail, JobSettings, JobStatus, Limits, Parameters, ServiceName};
use gp_embedded::{Concurrency, Data, Drain, Sweeper};
use std::time::Duration;

pub(crate) async fn a_server_that_stops_hands_its_running_job_back_and_leaves_no_worker() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, _sweeper) = app(folder.path()).await;
    let id = submit(&app, "sleep").await;
    let until_it_runs = async {
        while app.jobs.get(&id, JobDetail::Status).await.unwrap().unwrap().status != JobStatus::Executing {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    drain.run(until_it_runs).await;
    let job = app.jobs.claim(&id, 0, Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(job.lease.attempt, 1, "a clean stop does not count as an attempt");
}

pub(crate) async fn a_job_runs_from_line_to_result() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, _sweeper) = app(folder.path()).await;
    let good = submit(&app, "hello").await;
    let bad = submit(&app, "overflow").await;
    let ended = async {
        for id in [&good, &bad] {
            while !app.jobs.get(id, JobDetail::Status).await.unwrap().unwrap().status.is_terminal() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };
    drain.run(ended).await;
    let job = app.jobs.get(&good, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Succeeded, "{:?}", job.messages);
    let stored = gp_core::job_result(&app, &job, 0).await.unwrap();
    assert_eq!(stored.value(&job.results[0]).unwrap(), "\"hello\"");
    let job = app.jobs.get(&bad, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.messages.iter().any(|message| message.text.contains("stack overflow")), "{:?}", job.messages);
}

async fn app(folder: &std::path::Path) -> (App, Drain, Sweeper) {
    let data = Data::open(folder).unwrap();
    let concurrency = Concurrency::new(2, 2);
    data.app(catalog(), Limits::default(), JobSettings::default(), command(), concurrency).await.unwrap()
}

async fn submit(app: &App, act: &str) -> gp_core::JobId {
    let inputs = gp_core::Payload::Inline(Parameters::from_iter([("Act", act)]).encode().into());
    let mut job = new_job();
    job.service = ServiceName::new("", "Test");
    job.task = "Puppet".into();
    job.payloads = Some(gp_core::Payloads::inputs(inputs));
    app.jobs.create(job.clone(), None).await.unwrap();
    app.queue.send(&job.id).await.unwrap();
    job.id
}
