//! Claims about callers that race: whatever the order, one of them wins and the others are told.

use super::{LEASE, NOW_MS, created, new_id, new_job, only, step};
use crate::{
    BodySize, Created, Expected, JobDetail, JobId, JobStatus, JobStore, JobUpdate, Payload, ResultInfo,
    Updated,
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::task::JoinSet;

/// How many race.
const RACERS: u8 = 50;

/// Everything that concurrent callers can expect of a job store.
pub async fn job_store_races(store: Arc<dyn JobStore>) {
    of_many_claims_one_wins(&store).await;
    of_many_jobs_with_one_key_one_is_created(&store).await;
    of_two_workers_one_result_is_visible(&store).await;
    a_job_that_is_cancelled_while_it_ends_ends_once(&store).await;
}

async fn of_many_claims_one_wins(store: &Arc<dyn JobStore>) {
    let id = created(store.as_ref()).await;
    let mut claims = JoinSet::new();
    for _ in 0..RACERS {
        let (store, id) = (store.clone(), id.clone());
        claims.spawn(async move { store.claim(&id, NOW_MS, LEASE).await.unwrap() });
    }
    let winners = claims.join_all().await.into_iter().flatten().count();
    assert_eq!(winners, 1, "winners of {RACERS} claims");
}

async fn of_many_jobs_with_one_key_one_is_created(store: &Arc<dyn JobStore>) {
    let key = new_id().to_string();
    let mut creates = JoinSet::new();
    for _ in 0..RACERS {
        let (store, key) = (store.clone(), key.clone());
        creates.spawn(async move {
            let job = new_job();
            (job.id.clone(), store.create(job, Some((key, [1; 32]))).await.unwrap())
        });
    }
    let outcomes = creates.join_all().await;
    let created: Vec<&JobId> =
        outcomes.iter().filter(|(_, created)| *created == Created::New).map(|(id, _)| id).collect();
    assert_eq!(created.len(), 1, "jobs created by {RACERS} submissions with one key");
    for (id, outcome) in &outcomes {
        let stored = store.get(id, JobDetail::Status).await.unwrap().is_some();
        match outcome {
            Created::New => assert!(stored),
            Created::Existing { id: existing, same_inputs } => {
                assert!(!stored && *same_inputs && existing == created[0]);
            }
        }
    }
}

async fn of_two_workers_one_result_is_visible(store: &Arc<dyn JobStore>) {
    let id = created(store.as_ref()).await;
    store.claim(&id, NOW_MS, LEASE).await.unwrap().unwrap();
    store.claim(&id, i64::MAX / 2, LEASE).await.unwrap().unwrap();
    let mut ends = JoinSet::new();
    for attempt in [1, 2] {
        let (store, id) = (store.clone(), id.clone());
        ends.spawn(async move {
            let name = format!("of attempt {attempt}");
            let info = ResultInfo {
                name,
                data_type: "GPLong".into(),
                feature_count: None,
                has_z_or_m: false,
                size: BodySize::default(),
            };
            let update = JobUpdate {
                results: vec![info],
                result_payloads: vec![Payload::Inline(Bytes::from(vec![attempt as u8]))],
                ..step(JobStatus::Succeeded)
            };
            let expected = Expected { statuses: &[JobStatus::Executing], attempt: Some(attempt) };
            store.update(&id, expected, update).await.unwrap()
        });
    }
    let written = ends.join_all().await.into_iter().filter(|end| matches!(end, Updated::Written(_))).count();
    assert_eq!(written, 1);
    let job = store.get(&id, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!(job.results[0].name, "of attempt 2");
    assert_eq!(job.payloads.unwrap().results, [Payload::Inline(Bytes::from_static(&[2]))]);
}

async fn a_job_that_is_cancelled_while_it_ends_ends_once(store: &Arc<dyn JobStore>) {
    for _ in 0..RACERS {
        let id = created(store.as_ref()).await;
        store.claim(&id, NOW_MS, LEASE).await.unwrap().unwrap();
        let mut steps = JoinSet::new();
        for next in [JobStatus::Succeeded, JobStatus::Cancelling] {
            let (store, id) = (store.clone(), id.clone());
            steps.spawn(async move {
                store.update(&id, only(&[JobStatus::Executing]), step(next)).await.unwrap()
            });
        }
        let outcomes = steps.join_all().await;
        let stands = store.get(&id, JobDetail::Status).await.unwrap().unwrap().status;
        assert!(outcomes.contains(&Updated::Written(stands)));
        assert!(outcomes.contains(&Updated::Refused(Some(stands))));
    }
}
