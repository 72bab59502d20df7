//! What the AWS adapters promise beyond the ports: what is due, what is removed, links, traces, sizes, and sentences about
//! what failed.

#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed the test")]

use bytes::Bytes;
use gp_aws::testing::{receive, sandbox, stored};
use gp_aws::{Stores, with_trace};
use gp_aws_tests::{State, get};
use gp_core::testing::{new_id, new_job};
use gp_core::{
    BlobKey, BlobStore, Content, Created, Expected, Job, JobDetail, JobQueue, JobStatus, JobStore, JobUpdate,
    Lease, Message, StoreError, Updated,
};
use std::error::Error;
use std::slice::from_ref;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(30);
const HEADER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

async fn stores() -> Stores {
    let state = State::read();
    sandbox(&state.config(&state.endpoint)).await.unwrap()
}

fn of_attempt(attempt: u32) -> Expected {
    Expected { statuses: &[JobStatus::Executing], attempt: Some(attempt) }
}

#[tokio::test]
async fn a_job_is_due_when_nobody_cares_for_it_and_only_then() {
    let jobs = stores().await.jobs;
    let job = new_job();
    let submitted_ms = job.submitted_at_ms;
    jobs.create(job.clone(), None).await.unwrap();
    assert_eq!(jobs.due(submitted_ms + 59_999, 10).await.unwrap(), [], "its message has a minute to come");
    assert_eq!(jobs.due(submitted_ms + 60_000, 10).await.unwrap(), from_ref(&job.id));

    let claimed_ms = submitted_ms + 100_000;
    jobs.claim(&job.id, claimed_ms, LEASE).await.unwrap().unwrap();
    assert_eq!(jobs.due(claimed_ms + 29_999, 10).await.unwrap(), [], "its worker holds it");
    assert_eq!(jobs.due(claimed_ms + 30_000, 10).await.unwrap(), from_ref(&job.id));
    let renewed = JobUpdate { lease_until_ms: Some(claimed_ms + 90_000), ..JobUpdate::default() };
    jobs.update(&job.id, of_attempt(1), renewed).await.unwrap();
    assert_eq!(jobs.due(claimed_ms + 89_999, 10).await.unwrap(), []);

    let cancelling = JobUpdate { status: Some(JobStatus::Cancelling), ..JobUpdate::default() };
    jobs.update(&job.id, of_attempt(1), cancelling).await.unwrap();
    assert_eq!(jobs.due(claimed_ms + 90_000, 10).await.unwrap(), from_ref(&job.id), "its worker may be gone");
    let ended = JobUpdate {
        status: Some(JobStatus::Cancelled),
        ended: Some((claimed_ms, claimed_ms)),
        ..JobUpdate::default()
    };
    let cancelling = Expected { statuses: &[JobStatus::Cancelling], attempt: None };
    jobs.update(&job.id, cancelling, ended).await.unwrap();
    assert_eq!(jobs.due(i64::MAX, 10).await.unwrap(), [], "an ended job is never due");
}

#[tokio::test]
async fn a_job_that_starts_within_its_submission_is_due_when_that_lease_ends() {
    let jobs = stores().await.jobs;
    let job = Job { status: JobStatus::Executing, lease: Lease { attempt: 1, until_ms: 5_000 }, ..new_job() };
    jobs.create(job.clone(), None).await.unwrap();
    assert_eq!(jobs.due(4_999, 10).await.unwrap(), []);
    assert_eq!(jobs.due(5_000, 10).await.unwrap(), [job.id]);
}

#[tokio::test]
async fn the_oldest_of_the_due_come_first() {
    let jobs = stores().await.jobs;
    let mut ids = Vec::new();
    for age in [3_i64, 1, 2] {
        let job = Job { submitted_at_ms: 1_000_000 - age, ..new_job() };
        jobs.create(job.clone(), None).await.unwrap();
        ids.push((age, job.id));
    }
    ids.sort_by_key(|(age, _)| -age);
    let found = jobs.due(i64::MAX, 2).await.unwrap();
    assert_eq!(found, [ids[0].1.clone(), ids[1].1.clone()]);
}

#[tokio::test]
async fn a_due_job_is_postponed_unless_somebody_took_it_or_it_ended() {
    let jobs = stores().await.jobs;
    let job = new_job();
    jobs.create(job.clone(), None).await.unwrap();
    let due_ms = job.submitted_at_ms + 60_000;
    jobs.postpone(&job.id, due_ms - 1, due_ms + 9000).await.unwrap();
    assert_eq!(jobs.due(due_ms, 10).await.unwrap(), from_ref(&job.id), "it was not due then");
    jobs.postpone(&job.id, due_ms, due_ms + 500).await.unwrap();
    assert_eq!(jobs.due(due_ms + 499, 10).await.unwrap(), []);
    assert_eq!(jobs.due(due_ms + 500, 10).await.unwrap(), from_ref(&job.id));
    let claimed = jobs.claim(&job.id, due_ms + 500, Duration::from_secs(30)).await.unwrap().unwrap();
    jobs.postpone(&job.id, due_ms + 500, due_ms + 900_000).await.unwrap();
    assert_eq!(jobs.due(claimed.lease.until_ms, 10).await.unwrap(), from_ref(&job.id), "its lease decides");
    let failed = JobUpdate { status: Some(JobStatus::Failed), ended: Some((1, 1)), ..JobUpdate::default() };
    let expected = Expected { statuses: &[JobStatus::Executing], attempt: None };
    jobs.update(&job.id, expected, failed).await.unwrap();
    jobs.postpone(&job.id, i64::MAX / 2, i64::MAX / 2).await.unwrap();
    jobs.postpone(&new_id(), due_ms, due_ms).await.unwrap();
    assert_eq!(jobs.due(i64::MAX, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_record_of_an_ended_job_is_removed_a_day_after_it_expired() {
    let jobs = stores().await.jobs;
    let job = new_job();
    jobs.create(job.clone(), None).await.unwrap();
    assert!(
        !stored(&jobs, &job.id).await.unwrap().numbers.contains_key("ttl"),
        "an unfinished job is never removed"
    );
    jobs.claim(&job.id, 0, LEASE).await.unwrap().unwrap();
    let ended = JobUpdate {
        status: Some(JobStatus::Succeeded),
        ended: Some((1_000_000, 5_000_000)),
        ..JobUpdate::default()
    };
    jobs.update(&job.id, of_attempt(1), ended).await.unwrap();
    assert_eq!(stored(&jobs, &job.id).await.unwrap().numbers["ttl"], 5_000 + 86_400);
}

#[tokio::test]
async fn a_job_that_says_very_much_stays_far_below_what_an_item_may_be() {
    let jobs = stores().await.jobs;
    let job = new_job();
    jobs.create(job.clone(), None).await.unwrap();
    for batch in 0..40 {
        let text = |n: i32| format!("{batch} {n} {}", "long ".repeat(200));
        let update =
            JobUpdate { messages: (0..30).map(|n| Message::info(text(n))).collect(), ..JobUpdate::default() };
        let expected = Expected { statuses: &[JobStatus::Submitted], attempt: None };
        assert!(matches!(jobs.update(&job.id, expected, update).await.unwrap(), Updated::Written(_)));
        let bytes = stored(&jobs, &job.id).await.unwrap().bytes;
        assert!(bytes < 50 << 10, "{bytes} bytes");
    }
    let messages = jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap().messages;
    assert_eq!(messages[0], Message::info("Submitted."));
    assert!(messages[messages.len() - 1].text.starts_with("39 29 long"));
    let left_out: Vec<&Message> =
        messages.iter().filter(|message| message.text.contains("left out")).collect();
    let expected = format!("({} messages", 1201 - (messages.len() - 1));
    assert_eq!(left_out.len(), 1);
    assert!(left_out[0].text.starts_with(&expected), "{} of 1201: {}", messages.len(), left_out[0].text);
}

#[tokio::test]
async fn messages_of_writers_that_race_are_all_there() {
    let jobs = stores().await.jobs;
    let job = new_job();
    jobs.create(job.clone(), None).await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let (jobs, id) = (jobs.clone(), job.id.clone());
        writers.spawn(async move {
            for n in 0..60 {
                let messages = vec![Message::info(format!("{writer}/{n} {}", "x".repeat(250)))];
                let expected = Expected { statuses: &[JobStatus::Submitted], attempt: None };
                let update = JobUpdate { messages, ..JobUpdate::default() };
                assert!(matches!(jobs.update(&id, expected, update).await.unwrap(), Updated::Written(_)));
            }
        });
    }
    writers.join_all().await;
    let record = stored(&jobs, &job.id).await.unwrap();
    assert_eq!(record.numbers["said"], 481);
    let messages = jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap().messages;
    let left_out: i64 = messages
        .iter()
        .find_map(|message| {
            message.text.strip_prefix('(')?.split_once(" messages are left out")?.0.parse().ok()
        })
        .unwrap_or(0);
    assert!(left_out > 0, "they were trimmed");
    assert_eq!(messages.len() as i64 - 1 + left_out, 481, "what is not there is counted");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let jobs = stores().await.jobs;
    let with_key = || Some(("key".to_owned(), [1; 32]));
    let job = new_job();
    assert_eq!(jobs.create(job.clone(), with_key()).await.unwrap(), Created::New);
    let day_ms = 24 * 3_600_000;
    let later = |ms| Job { submitted_at_ms: job.submitted_at_ms + ms, ..new_job() };
    let existing = Created::Existing { id: job.id.clone(), same_inputs: true };
    assert_eq!(jobs.create(later(day_ms - 1000), with_key()).await.unwrap(), existing);
    assert_eq!(jobs.create(later(day_ms + 5000), with_key()).await.unwrap(), Created::New);
}

#[tokio::test]
async fn a_link_gives_the_bytes_as_they_were_described_and_no_other_object() {
    let blobs = stores().await.blobs;
    let (key, other) = (BlobKey::Reply(new_id(), "ab".into()), BlobKey::Reply(new_id(), "ab".into()));
    let content = Content { media_type: "application/json;charset=utf-8", encoding: Some("gzip") };
    blobs.put(&key, Bytes::from_static(b"\x1f\x8b and so on"), content).await.unwrap();
    blobs.put(&other, Bytes::from_static(b"other"), Content::BINARY).await.unwrap();
    let link = blobs.link(&key).await.unwrap().unwrap();
    let answer = get(&link);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"\x1f\x8b and so on"[..]), "{}", answer.head);
    assert_eq!(answer.header("content-type"), "application/json;charset=utf-8");
    assert_eq!(answer.header("content-encoding"), "gzip");
    let (BlobKey::Reply(id, _), BlobKey::Reply(other_id, _)) = (&key, &other) else { unreachable!() };
    assert_eq!(get(&link.replace(id.as_str(), other_id.as_str())).status, 403, "the link is for one object");
    assert_eq!(
        get(&link.replace("X-Amz-Expires=900", "X-Amz-Expires=90000")).status,
        403,
        "and for 15 minutes"
    );
    assert_eq!(get(link.split_once('?').unwrap().0).status, 403, "nothing is public");
}

#[tokio::test]
async fn a_message_carries_the_trace_of_its_request_and_only_that() {
    let queue = stores().await.queue;
    let (traced, untraced, malformed) = (new_id(), new_id(), new_id());
    with_trace(Some(format!("{HEADER};Lineage=1:a87bd80c:0")), queue.send(&traced)).await.unwrap();
    with_trace(Some("nonsense".to_owned()), queue.send(&malformed)).await.unwrap();
    queue.send(&untraced).await.unwrap();
    let mut traces = std::collections::HashMap::new();
    while traces.len() < 3 {
        if let Some(received) = receive(&queue).await.unwrap() {
            traces.insert(received.id, received.trace);
        }
    }
    assert_eq!(traces[&traced].as_deref(), Some(HEADER));
    assert_eq!(traces[&untraced], None);
    assert_eq!(traces[&malformed], None);
}

#[tokio::test]
async fn what_failed_is_told_by_its_code_and_without_secrets() {
    let state = State::read();
    let nowhere = State { secret_access_key: "a wrong secret".into(), ..state.clone() };
    let stores = sandbox(&state.config(&state.endpoint)).await.unwrap();
    let refused = gp_aws::testing::reached_by(&nowhere.config("http://127.0.0.1:1"), &stores);
    let sentence = cause(refused.jobs.get(&new_id(), JobDetail::Status).await.unwrap_err());
    assert!(sentence.starts_with("AWS cannot be reached"), "{sentence}");
    let missing = gp_aws::testing::elsewhere(&stores);
    let sentence = cause(missing.jobs.create(new_job(), None).await.unwrap_err());
    assert_eq!(sentence, "AWS answered ResourceNotFoundException (HTTP 400)");
    let sentence = cause(
        missing.blobs.put(&BlobKey::Inputs(new_id()), Bytes::new(), Content::BINARY).await.unwrap_err(),
    );
    assert_eq!(sentence, "AWS answered NoSuchBucket (HTTP 404)");
    let sentence = cause(missing.queue.send(&new_id()).await.unwrap_err());
    assert!(sentence.starts_with("AWS answered") && sentence.contains("NonExistent"), "{sentence}");
}

fn cause(error: StoreError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
