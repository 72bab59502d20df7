//! What goes wrong between the adapters and AWS. A write whose answer is lost is sent again by the SDK: it must be done
//! once, and known as one's own. Throttles and errors are ridden out for about a second, then told.

#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed the test")]

use bytes::Bytes;
use gp_aws::Stores;
use gp_aws::testing::{reached_by, sandbox};
use gp_aws_tests::{LossyConnection, Mishap, State};
use gp_core::testing::{new_id, new_job};
use gp_core::{
    BlobKey, BlobStore, Content, Created, Expected, Job, JobDetail, JobQueue, JobStatus, JobStore, JobUpdate,
    Lease, Message, StoreError, Updated,
};
use std::error::Error;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(30);
const PUT: &str = "DynamoDB_20120810.PutItem";
const TRANSACTION: &str = "DynamoDB_20120810.TransactWriteItems";
const UPDATE: &str = "DynamoDB_20120810.UpdateItem";
const OWN: Expected = Expected { statuses: &[JobStatus::Executing], attempt: Some(1) };

/// Storage behind a connection that loses answers when told.
async fn behind_a_lossy_connection() -> (Stores, LossyConnection) {
    let state = State::read();
    let stores = sandbox(&state.config(&state.endpoint)).await.unwrap();
    let connection = LossyConnection::to(&state.endpoint);
    (reached_by(&state.config(&connection.endpoint), &stores), connection)
}

async fn claimed(stores: &Stores) -> Job {
    let job = new_job();
    stores.jobs.create(job.clone(), None).await.unwrap();
    stores.jobs.claim(&job.id, 0, LEASE).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_job_whose_creation_was_not_answered_is_new() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = new_job();
    connection.fail(Mishap::Lost, PUT, 1);
    assert_eq!(stores.jobs.create(job.clone(), None).await.unwrap(), Created::New);
    assert_eq!(connection.mishaps(), 1);
    assert_eq!(stores.jobs.get(&job.id, JobDetail::Full).await.unwrap(), Some(job));
}

#[tokio::test]
async fn a_job_with_a_key_whose_creation_was_not_answered_is_new() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = new_job();
    connection.fail(Mishap::Lost, TRANSACTION, 1);
    let outcome = stores.jobs.create(job.clone(), Some(("key".into(), [1; 32]))).await.unwrap();
    assert_eq!((outcome, connection.mishaps()), (Created::New, 1));
    assert_eq!(stores.jobs.get(&job.id, JobDetail::Full).await.unwrap(), Some(job));
}

#[tokio::test]
async fn a_claim_that_was_not_answered_is_the_claimants_own() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = new_job();
    stores.jobs.create(job.clone(), None).await.unwrap();
    connection.fail(Mishap::Lost, UPDATE, 1);
    let claimed = stores.jobs.claim(&job.id, 0, LEASE).await.unwrap().unwrap();
    assert_eq!(connection.mishaps(), 1);
    assert_eq!(claimed.lease, Lease { attempt: 1, until_ms: 30_000 });
    assert_eq!(claimed.payloads, job.payloads, "with its inputs");
    assert_eq!(stores.jobs.claim(&job.id, 0, LEASE).await.unwrap(), None, "and nobody else's");
}

#[tokio::test]
async fn a_message_whose_writing_was_not_answered_is_there_once() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = claimed(&stores).await;
    let update =
        JobUpdate { messages: vec![Message::info("once")], lease_until_ms: Some(9), ..JobUpdate::default() };
    connection.fail(Mishap::Lost, UPDATE, 1);
    let outcome = stores.jobs.update(&job.id, OWN, update).await.unwrap();
    assert_eq!((outcome, connection.mishaps()), (Updated::Written(JobStatus::Executing), 1));
    let messages = stores.jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap().messages;
    assert_eq!(messages, [Message::info("Submitted."), Message::info("once")]);
}

#[tokio::test]
async fn messages_that_trim_others_are_there_once_when_that_was_not_answered() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = claimed(&stores).await;
    let said = |from: usize| JobUpdate {
        messages: (from..from + 12).map(|n| Message::info(format!("{n} {}", "x".repeat(3000)))).collect(),
        ..JobUpdate::default()
    };
    stores.jobs.update(&job.id, OWN, said(0)).await.unwrap();
    // The first call is refused for want of room: losing its answer is harmless, and the second one follows.
    connection.fail(Mishap::Lost, UPDATE, 1);
    let outcome = stores.jobs.update(&job.id, OWN, said(12)).await.unwrap();
    assert_eq!((outcome, connection.mishaps()), (Updated::Written(JobStatus::Executing), 1));
    let messages = stores.jobs.get(&job.id, JobDetail::Status).await.unwrap().unwrap().messages;
    let times = messages.iter().filter(|message| message.text.starts_with("23 ")).count();
    assert_eq!(times, 1);
}

#[tokio::test]
async fn an_end_that_was_not_answered_is_the_workers_own() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = claimed(&stores).await;
    let ended = JobUpdate { status: Some(JobStatus::Succeeded), ended: Some((1, 2)), ..JobUpdate::default() };
    connection.fail(Mishap::Lost, UPDATE, 1);
    let outcome = stores.jobs.update(&job.id, OWN, ended.clone()).await.unwrap();
    assert_eq!((outcome, connection.mishaps()), (Updated::Written(JobStatus::Succeeded), 1));
    let outcome = stores.jobs.update(&job.id, OWN, ended).await.unwrap();
    assert_eq!(outcome, Updated::Refused(Some(JobStatus::Succeeded)), "a second end is another's");
}

const THROTTLED: Mishap =
    Mishap::Answered(400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#);
const BROKEN: Mishap =
    Mishap::Answered(500, r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#);
const SLOW_DOWN: Mishap = Mishap::Answered(503, "<Error><Code>SlowDown</Code></Error>");

#[tokio::test]
async fn a_few_throttles_and_errors_are_not_noticed() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = new_job();
    connection.fail(THROTTLED, PUT, 2);
    stores.jobs.create(job.clone(), None).await.unwrap();
    connection.fail(BROKEN, UPDATE, 3);
    assert!(stores.jobs.claim(&job.id, 0, LEASE).await.unwrap().is_some());
    let key = BlobKey::Result(job.id.clone(), 1, 0);
    connection.fail(SLOW_DOWN, "PUT /", 2);
    stores.blobs.put(&key, Bytes::from_static(b"result"), Content::BINARY).await.unwrap();
    connection.fail(Mishap::Lost, "SendMessage", 1);
    stores.queue.send(&job.id).await.unwrap();
    assert_eq!(connection.mishaps(), 8);
}

#[tokio::test]
async fn a_store_that_keeps_failing_is_unavailable_and_then_serves_again() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let job = new_job();
    connection.fail(BROKEN, PUT, 4);
    let error = stores.jobs.create(job.clone(), None).await.unwrap_err();
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    assert_eq!(cause, "AWS answered InternalServerError (HTTP 500)");
    assert_eq!(connection.mishaps(), 4, "it was tried four times");
    assert_eq!(stores.jobs.create(job, None).await.unwrap(), Created::New);
}

#[tokio::test]
async fn bytes_that_come_halfway_are_asked_for_again() {
    let (stores, connection) = behind_a_lossy_connection().await;
    let key = BlobKey::Inputs(new_id());
    let bytes = Bytes::from(vec![7; 1 << 20]);
    stores.blobs.put(&key, bytes.clone(), Content::BINARY).await.unwrap();
    connection.fail(Mishap::Halved, "GET /", 2);
    assert!(stores.blobs.get(&key).await.unwrap() == bytes);
    connection.fail(Mishap::Halved, "GET /", 3);
    assert!(matches!(stores.blobs.get(&key).await, Err(StoreError::Unavailable { .. })));
}

#[tokio::test]
async fn a_transaction_that_met_another_is_tried_again() {
    const CONFLICT: Mishap = Mishap::Answered(
        400,
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
            "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#,
    );
    let (stores, connection) = behind_a_lossy_connection().await;
    connection.fail(CONFLICT, TRANSACTION, 3);
    let outcome = stores.jobs.create(new_job(), Some(("key".into(), [1; 32]))).await.unwrap();
    assert_eq!((outcome, connection.mishaps()), (Created::New, 3));
}

#[tokio::test]
async fn an_object_that_is_missing_where_nobody_may_list_is_not_there() {
    let (stores, connection) = behind_a_lossy_connection().await;
    connection.fail(Mishap::Answered(403, "<Error><Code>AccessDenied</Code></Error>"), "GET /", 1);
    assert!(matches!(stores.blobs.get(&BlobKey::Inputs(new_id())).await, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_but_a_wrong_signature_without_what_was_signed() {
    const DENIED: Mishap = Mishap::Answered(
        400,
        r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized to perform: dynamodb:PutItem"}"#,
    );
    const WRONG: Mishap = Mishap::Answered(
        400,
        r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"x-amz-security-token: secret"}"#,
    );
    let (stores, connection) = behind_a_lossy_connection().await;
    let causes = [
        (
            DENIED,
            "AWS answered AccessDeniedException (HTTP 400): not authorized to perform: dynamodb:PutItem",
        ),
        (WRONG, "AWS answered InvalidSignatureException (HTTP 400)"),
    ];
    for (mishap, expected) in causes {
        connection.fail(mishap, PUT, 1);
        let error = stores.jobs.create(new_job(), None).await.unwrap_err();
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some(expected));
    }
}
