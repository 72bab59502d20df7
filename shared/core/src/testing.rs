//! The conformance suites of the ports: every adapter runs them, so that the engine may rely on the same behaviour
//! everywhere.
//!
//! A suite panics at the first claim that does not hold. It uses fresh random ids, so it can run against a store that
//! holds other jobs.

#![expect(clippy::unwrap_used, reason = "a test suite: a store that fails has failed the suite")]

mod races;
mod uploads;

pub use races::job_store_races;
pub use uploads::{new_upload, upload_store};

use crate::{
    BlobKey, BlobStore, Created, Expected, Job, JobDetail, JobId, JobQueue, JobStatus, JobStore, JobUpdate,
};
use crate::{
    BodySize, Content, Cost, Lease, Message, OutputId, Payload, Payloads, Progress, ResultInfo, ServiceName,
    StoreError, StoredFile, Updated,
};
use bytes::Bytes;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(30);
/// In the future: what a store removes by itself once it expired must not go while the suite looks at it.
const NOW_MS: i64 = 4_000_000_000_000;
const LEASE_END_MS: i64 = NOW_MS + 30_000;

/// An id that nobody has.
pub fn new_id() -> JobId {
    let random = || u128::from(RandomState::new().build_hasher().finish());
    JobId::from_random((random() << 64) | random())
}

/// A waiting job with small inputs.
pub fn new_job() -> Job {
    Job {
        id: new_id(),
        service: ServiceName::new("Samples", "Tasks"),
        task: "Buffer".into(),
        status: JobStatus::Submitted,
        messages: vec![Message::info("Submitted.")],
        progress: None,
        submitted_at_ms: NOW_MS,
        ended_at_ms: None,
        expires_at_ms: None,
        lease: Lease::default(),
        results: Vec::new(),
        cost: None,
        payloads: Some(Payloads::inputs(Payload::Inline(Bytes::from_static(b"inputs")))),
    }
}

fn only(statuses: &'static [JobStatus]) -> Expected {
    Expected { statuses, attempt: None }
}

fn step(status: JobStatus) -> JobUpdate {
    JobUpdate { status: Some(status), ..JobUpdate::default() }
}

async fn created(store: &dyn JobStore) -> JobId {
    let job = new_job();
    assert_eq!(store.create(job.clone(), None).await.unwrap(), Created::New);
    job.id
}

async fn status_of(store: &dyn JobStore, id: &JobId) -> JobStatus {
    store.get(id, JobDetail::Status).await.unwrap().unwrap().status
}

/// Everything that one caller after the other can expect of a job store; [`job_store_races`] is the rest.
pub async fn job_store(store: &dyn JobStore) {
    what_was_created_is_read(store).await;
    an_unknown_job_is_none(store).await;
    a_job_is_claimed_once_until_its_lease_runs_out(store).await;
    an_update_changes_what_it_names_and_nothing_else(store).await;
    an_unexpected_job_is_left_alone(store).await;
    every_step_is_one_of_the_state_machine(store).await;
    a_key_gives_one_job_for_each_task(store).await;
    of_many_messages_the_first_and_the_last_are_kept(store).await;
}

async fn what_was_created_is_read(store: &dyn JobStore) {
    let job = new_job();
    store.create(job.clone(), None).await.unwrap();
    assert_eq!(store.get(&job.id, JobDetail::Full).await.unwrap(), Some(job.clone()));
    let poll = Job { payloads: None, ..job };
    assert_eq!(store.get(&poll.id, JobDetail::Status).await.unwrap(), Some(poll), "a poll has no payloads");
    let large = Job { payloads: Some(Payloads::inputs(Payload::Stored)), ..new_job() };
    store.create(large.clone(), None).await.unwrap();
    assert_eq!(store.get(&large.id, JobDetail::Full).await.unwrap(), Some(large));
}

async fn an_unknown_job_is_none(store: &dyn JobStore) {
    let id = new_id();
    assert_eq!(store.get(&id, JobDetail::Full).await.unwrap(), None);
    assert_eq!(store.claim(&id, NOW_MS, LEASE).await.unwrap(), None);
    let outcome = store.update(&id, only(&JobStatus::ALL), step(JobStatus::Failed)).await.unwrap();
    assert_eq!(outcome, Updated::Refused(None));
}

async fn a_job_is_claimed_once_until_its_lease_runs_out(store: &dyn JobStore) {
    let id = created(store).await;
    let first = store.claim(&id, NOW_MS, LEASE).await.unwrap().unwrap();
    assert_eq!(first.status, JobStatus::Executing);
    assert_eq!(first.lease, Lease { attempt: 1, until_ms: LEASE_END_MS });
    assert_eq!(first.payloads, new_job().payloads, "a claimed job has its inputs");
    assert_eq!(store.claim(&id, LEASE_END_MS - 1, LEASE).await.unwrap(), None, "the lease holds");
    let second = store.claim(&id, LEASE_END_MS, LEASE).await.unwrap().unwrap();
    assert_eq!(second.lease, Lease { attempt: 2, until_ms: LEASE_END_MS + 30_000 });
    let late = Expected { statuses: &[JobStatus::Executing], attempt: Some(1) };
    let outcome = store.update(&id, late, step(JobStatus::Succeeded)).await.unwrap();
    assert_eq!(outcome, Updated::Refused(Some(JobStatus::Executing)), "the first worker comes too late");
    let renewed = JobUpdate { lease_until_ms: Some(LEASE_END_MS + 90_000), ..JobUpdate::default() };
    let own = Expected { attempt: Some(2), ..late };
    assert_eq!(store.update(&id, own, renewed).await.unwrap(), Updated::Written(JobStatus::Executing));
    assert_eq!(store.claim(&id, LEASE_END_MS + 89_999, LEASE).await.unwrap(), None, "the lease was renewed");
    let given_back = JobUpdate { lease_until_ms: Some(0), ..JobUpdate::default() };
    store.update(&id, own, given_back).await.unwrap();
    assert_eq!(store.claim(&id, NOW_MS, LEASE).await.unwrap().unwrap().lease.attempt, 3, "it was given back");
    store.update(&id, only(&[JobStatus::Executing]), step(JobStatus::Cancelling)).await.unwrap();
    assert_eq!(
        store.claim(&id, i64::MAX / 2, LEASE).await.unwrap(),
        None,
        "a job being cancelled never starts again"
    );
}

async fn an_update_changes_what_it_names_and_nothing_else(store: &dyn JobStore) {
    let id = created(store).await;
    let mut job = store.claim(&id, NOW_MS, LEASE).await.unwrap().unwrap();
    let progress = Progress { message: "half".into(), percent: Some(50) };
    let update = JobUpdate {
        messages: vec![Message::warning("one"), Message::error("two \u{0}'\"")],
        progress: Some(progress.clone()),
        ..JobUpdate::default()
    };
    let expected = Expected { statuses: &[JobStatus::Executing], attempt: Some(1) };
    store.update(&id, expected, update.clone()).await.unwrap();
    job.messages.extend(update.messages);
    job.progress = Some(progress);
    assert_eq!(store.get(&id, JobDetail::Full).await.unwrap(), Some(job.clone()));
    let results = vec![
        ResultInfo {
            name: "a".into(),
            data_type: "GPLong".into(),
            feature_count: None,
            has_z_or_m: false,
            size: BodySize::default(),
        },
        ResultInfo {
            name: "b".into(),
            data_type: "GPRecordSet".into(),
            feature_count: Some(7),
            has_z_or_m: true,
            size: BodySize { plain_bytes: 1 << 40, stored_bytes: 9 },
        },
    ];
    let cost = Cost { gb_seconds: 0.1, calls: 7, bytes: 1 << 40, usd: 1.5e-5 };
    let result_payloads = vec![Payload::Inline(Bytes::from_static(b"\0\xff")), Payload::Stored];
    let update = JobUpdate {
        status: Some(JobStatus::Succeeded),
        messages: vec![Message::info("done")],
        ended: Some((NOW_MS + 5, NOW_MS + 99)),
        results: results.clone(),
        result_payloads: result_payloads.clone(),
        cost: Some(cost),
        ..JobUpdate::default()
    };
    assert_eq!(store.update(&id, expected, update).await.unwrap(), Updated::Written(JobStatus::Succeeded));
    job.status = JobStatus::Succeeded;
    job.messages.push(Message::info("done"));
    job.results = results;
    job.cost = Some(cost);
    (job.ended_at_ms, job.expires_at_ms) = (Some(NOW_MS + 5), Some(NOW_MS + 99));
    job.payloads = job.payloads.map(|payloads| Payloads { results: result_payloads, ..payloads });
    assert_eq!(store.get(&id, JobDetail::Full).await.unwrap(), Some(job));
}

async fn an_unexpected_job_is_left_alone(store: &dyn JobStore) {
    let id = created(store).await;
    let update = JobUpdate { messages: vec![Message::error("never")], ..step(JobStatus::Failed) };
    let outcome = store.update(&id, only(&[JobStatus::Executing]), update.clone()).await.unwrap();
    assert_eq!(outcome, Updated::Refused(Some(JobStatus::Submitted)));
    let other_attempt = Expected { statuses: &[JobStatus::Submitted], attempt: Some(1) };
    let outcome = store.update(&id, other_attempt, update).await.unwrap();
    assert_eq!(outcome, Updated::Refused(Some(JobStatus::Submitted)));
    assert_eq!(store.get(&id, JobDetail::Full).await.unwrap(), Some(Job { id, ..new_job() }));
}

async fn every_step_is_one_of_the_state_machine(store: &dyn JobStore) {
    for status in JobStatus::ALL {
        for next in JobStatus::ALL {
            let id = job_at(store, status).await;
            let outcome = store.update(&id, only(&JobStatus::ALL), step(next)).await.unwrap();
            let (expected, stands) = match status.can_become(next) {
                true => (Updated::Written(next), next),
                false => (Updated::Refused(Some(status)), status),
            };
            assert_eq!(outcome, expected, "{status:?} to {next:?}");
            assert_eq!(status_of(store, &id).await, stands);
        }
        let id = job_at(store, status).await;
        let message = JobUpdate { messages: vec![Message::info("late")], ..JobUpdate::default() };
        let outcome = store.update(&id, only(&JobStatus::ALL), message).await.unwrap();
        let expected =
            if status.is_terminal() { Updated::Refused(Some(status)) } else { Updated::Written(status) };
        assert_eq!(outcome, expected, "a job that ended never changes");
        if status.is_terminal() {
            assert_eq!(
                store.claim(&id, i64::MAX / 2, LEASE).await.unwrap(),
                None,
                "{status:?} cannot be claimed"
            );
        }
    }
}

/// A new job, brought to that status.
async fn job_at(store: &dyn JobStore, status: JobStatus) -> JobId {
    let id = created(store).await;
    let steps: &[JobStatus] = match status {
        JobStatus::Submitted => &[],
        JobStatus::Executing => &[JobStatus::Executing],
        JobStatus::Cancelling => &[JobStatus::Executing, JobStatus::Cancelling],
        JobStatus::Succeeded => &[JobStatus::Executing, JobStatus::Succeeded],
        JobStatus::Failed => &[JobStatus::Failed],
        JobStatus::Cancelled => &[JobStatus::Cancelled],
    };
    for next in steps {
        let outcome = store.update(&id, only(&JobStatus::ALL), step(*next)).await.unwrap();
        assert_eq!(outcome, Updated::Written(*next));
    }
    id
}

async fn a_key_gives_one_job_for_each_task(store: &dyn JobStore) {
    let key = new_id().to_string();
    let with_key = |digest: u8| Some((key.clone(), [digest; 32]));
    let job = new_job();
    assert_eq!(store.create(job.clone(), with_key(1)).await.unwrap(), Created::New);
    let existing = |same_inputs| Created::Existing { id: job.id.clone(), same_inputs };
    let again = new_job();
    assert_eq!(store.create(again.clone(), with_key(1)).await.unwrap(), existing(true));
    assert_eq!(store.create(new_job(), with_key(2)).await.unwrap(), existing(false));
    assert_eq!(store.get(&again.id, JobDetail::Status).await.unwrap(), None, "nothing was stored");
    let other_task = Job { task: "Clip".into(), ..new_job() };
    assert_eq!(store.create(other_task, with_key(1)).await.unwrap(), Created::New);
    let other_service = Job { service: ServiceName::new("", "Tasks"), ..new_job() };
    assert_eq!(store.create(other_service, with_key(1)).await.unwrap(), Created::New);
}

async fn of_many_messages_the_first_and_the_last_are_kept(store: &dyn JobStore) {
    let id = created(store).await;
    for hundred in 0..30 {
        let messages = (0..100).map(|n| Message::info(format!("{}", hundred * 100 + n))).collect();
        let update = JobUpdate { messages, ..JobUpdate::default() };
        store.update(&id, only(&[JobStatus::Submitted]), update).await.unwrap();
    }
    let messages = store.get(&id, JobDetail::Status).await.unwrap().unwrap().messages;
    assert!((200..=1100).contains(&messages.len()), "{} messages", messages.len());
    assert_eq!(messages.first(), Some(&Message::info("Submitted.")));
    assert_eq!(messages.last(), Some(&Message::info("2999")));
    let is_gap = |message: &&Message| message.text.contains("left out");
    assert_eq!(messages.iter().filter(is_gap).count(), 1, "what is left out is said once");
}

/// Everything that can be expected of a blob store.
pub async fn blob_store(store: &dyn BlobStore) {
    let id = new_id();
    let keys = [
        BlobKey::Inputs(id.clone()),
        BlobKey::Result(id.clone(), 1, 0),
        BlobKey::Result(id.clone(), 2, 0),
        BlobKey::Reply(id, "00ff".to_owned()),
    ];
    for key in &keys {
        assert!(matches!(store.get(key).await, Err(StoreError::NotFound(_))), "{key:?} was never stored");
    }
    let large: Bytes = (0..10_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let contents = [Bytes::new(), Bytes::from_static(b"\0\xff{"), large, Bytes::from_static(b"[]")];
    for (key, bytes) in keys.iter().zip(&contents) {
        store.put(key, bytes.clone(), Content::BINARY).await.unwrap();
    }
    for (key, bytes) in keys.iter().zip(&contents) {
        assert!(store.get(key).await.unwrap() == bytes, "{key:?} came back changed");
    }
    store.put(&keys[2], contents[1].clone(), Content::BINARY).await.unwrap();
    assert_eq!(store.get(&keys[2]).await.unwrap(), contents[1], "the second writing replaces the first");
}

/// Everything that can be expected of the files in a blob store. `folder` is one that it may take files from.
pub async fn files(store: &dyn BlobStore, folder: &Path) {
    let output = OutputId::parse(&new_id().as_str().replacen('j', "o", 1)).unwrap();
    let keys = [
        BlobKey::File(new_id(), 1, "roads.zip".to_owned()),
        BlobKey::Output(output, "roads.geojson".to_owned()),
    ];
    for key in &keys {
        assert!(matches!(store.get(key).await, Err(StoreError::NotFound(_))), "{key:?} was never stored");
        let path = folder.join("made-by-a-run");
        std::fs::write(&path, format!("{key:?}")).unwrap();
        store.put_file(key, &path, Content::BINARY).await.unwrap();
        assert_eq!(store.get(key).await.unwrap(), format!("{key:?}"));
        if let StoredFile::Stream(mut source, byte_len) = store.file(key).await.unwrap() {
            let mut bytes = Vec::new();
            while let Some(more) = source.next().await.unwrap() {
                bytes.extend_from_slice(&more);
            }
            assert_eq!((bytes.len() as u64, bytes), (byte_len, format!("{key:?}").into_bytes()));
        }
    }
}

/// Everything that can be expected of a queue that nobody else uses: what was sent comes out, at least once.
/// `receive` waits for the next id.
pub async fn job_queue(queue: &dyn JobQueue, mut receive: impl AsyncFnMut() -> JobId) {
    let sent: Vec<JobId> = (0..100).map(|_| new_id()).collect();
    for id in &sent {
        queue.send(id).await.unwrap();
    }
    queue.send(&sent[0]).await.unwrap();
    let mut missing: std::collections::HashSet<JobId> = sent.iter().cloned().collect();
    while !missing.is_empty() {
        let id = receive().await;
        assert!(sent.contains(&id), "{id} was never sent");
        missing.remove(&id);
    }
}
