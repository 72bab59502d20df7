//! A job as an item of the table, and back. Attribute names stand here and nowhere else.
//!
//! Items are paid for by the kilobyte at every write, so what is not there takes no attribute: a waiting job takes some
//! 200 bytes beside its inputs.

use crate::expression::{binary, number, text};
use crate::failure::unusable;
use crate::messages;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use gp_core::{Job, JobId, JobStatus, Lease, Payload, Payloads, Progress, ServiceName, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::str::FromStr;

/// What an item is to the SDK.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Names of attributes.
pub(crate) mod attribute {
    /// The key of the table: a job's id, or that of an idempotency key (`keys.rs`).
    pub(crate) const ID: &str = "id";
    pub(crate) const SERVICE: &str = "service";
    pub(crate) const TASK: &str = "task";
    pub(crate) const STATUS: &str = "status";
    pub(crate) const ATTEMPT: &str = "attempt";
    pub(crate) const LEASE_MS: &str = "lease_ms";
    pub(crate) const SUBMITTED_MS: &str = "submitted_ms";
    pub(crate) const ENDED_MS: &str = "ended_ms";
    pub(crate) const EXPIRES_MS: &str = "expires_ms";
    pub(crate) const PROGRESS: &str = "progress";
    pub(crate) const MESSAGES: &str = "messages";
    /// How much the messages weigh together, so that a write can tell whether more still fit without reading them.
    pub(crate) const WEIGHT: &str = "weight";
    /// How many messages there ever were: it only grows, so whoever trims them can tell that nobody wrote in between.
    pub(crate) const SAID: &str = "said";
    pub(crate) const RESULTS: &str = "results";
    pub(crate) const COST: &str = "cost";
    /// Bytes, or NULL when they are in the blob store.
    pub(crate) const INPUTS: &str = "inputs";
    /// A list of bytes or NULL.
    pub(crate) const PAYLOADS: &str = "payloads";
    /// When somebody should see whether the job is still cared for, milliseconds; the key of the index `due`. Only while
    /// it has not ended, so that the index holds unfinished jobs and nothing else.
    pub(crate) const DUE_MS: &str = "due_ms";
    /// When DynamoDB removes the item, seconds since 1970.
    pub(crate) const TTL: &str = "ttl";
    /// Random bytes of the last write, by which a writer that got no answer knows its own work again.
    pub(crate) const WRITE: &str = "write";

    /// What a poll reads: everything but the payloads.
    pub(crate) const STATUS_ATTRIBUTES: [&str; 13] = [
        ID,
        SERVICE,
        TASK,
        STATUS,
        ATTEMPT,
        LEASE_MS,
        SUBMITTED_MS,
        ENDED_MS,
        EXPIRES_MS,
        PROGRESS,
        MESSAGES,
        RESULTS,
        COST,
    ];
}
use attribute as a;

/// How long an unfinished job may wait before somebody looks after it: long enough that its message has come.
const DUE_AFTER_MS: i64 = 60_000;
/// How long the record of a job stays once its payloads have expired, so that clients are told so (specification 4.7).
const TOMBSTONE_S: i64 = 24 * 3600;

/// What the writer of an item signs with.
pub(crate) type Signature = [u8; 8];

/// The item of a new job.
pub(crate) fn item_of(job: &Job, signature: Signature) -> Result<Item, StoreError> {
    let lines = messages::trimmed(messages::lines(&job.messages));
    let mut item = Item::new();
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    put(a::ID, text(job.id.as_str()));
    put(a::SERVICE, text(job.service.as_str()));
    put(a::TASK, text(&job.task));
    put(a::STATUS, status_value(job.status));
    put(a::ATTEMPT, number(job.lease.attempt));
    put(a::LEASE_MS, number(job.lease.until_ms));
    put(a::SUBMITTED_MS, number(job.submitted_at_ms));
    put(a::WEIGHT, number(messages::weight(&lines)));
    put(a::SAID, number(job.messages.len()));
    put(a::MESSAGES, lines_value(lines));
    put(a::WRITE, binary(signature));
    if let Some(progress) = &job.progress {
        put(a::PROGRESS, progress_value(progress)?);
    }
    if let Some(ended_at_ms) = job.ended_at_ms {
        put(a::ENDED_MS, number(ended_at_ms));
    }
    if let Some(expires_at_ms) = job.expires_at_ms {
        put(a::EXPIRES_MS, number(expires_at_ms));
        put(a::TTL, number(ttl_s(expires_at_ms)));
    }
    if !job.results.is_empty() {
        put(a::RESULTS, json_value(&job.results)?);
    }
    if let Some(cost) = &job.cost {
        put(a::COST, json_value(cost)?);
    }
    if let Some(payloads) = &job.payloads {
        put(a::INPUTS, payload_value(&payloads.inputs));
        if !payloads.results.is_empty() {
            put(a::PAYLOADS, payloads_value(&payloads.results));
        }
    }
    if !job.status.is_terminal() {
        put(a::DUE_MS, number(first_due_ms(job)));
    }
    Ok(item)
}

/// The job of an item; without payloads when they were not read.
pub(crate) fn job_of(mut item: Item) -> Result<Job, StoreError> {
    let item = &mut item;
    let id = take_text(item, a::ID)?;
    let service = take_text(item, a::SERVICE)?;
    Ok(Job {
        id: JobId::parse(&id).ok_or_else(|| corrupt(a::ID))?,
        service: ServiceName::parse(&service),
        task: take_text(item, a::TASK)?,
        status: status_of(item)?,
        messages: messages::messages(&lines_of(item)?),
        progress: from_json(item, a::PROGRESS)?,
        submitted_at_ms: number_of(item, a::SUBMITTED_MS)?,
        ended_at_ms: optional_number_of(item, a::ENDED_MS)?,
        expires_at_ms: optional_number_of(item, a::EXPIRES_MS)?,
        lease: Lease { attempt: number_of(item, a::ATTEMPT)?, until_ms: number_of(item, a::LEASE_MS)? },
        results: from_json(item, a::RESULTS)?.unwrap_or_default(),
        cost: from_json(item, a::COST)?,
        payloads: take_payloads(item)?,
    })
}

/// Where the job of an item stands.
pub(crate) fn status_of(item: &Item) -> Result<JobStatus, StoreError> {
    let Some(AttributeValue::S(name)) = item.get(a::STATUS) else { return Err(corrupt(a::STATUS)) };
    let found = JobStatus::ALL.into_iter().find(|status| status_name(*status) == name);
    found.ok_or_else(|| corrupt(a::STATUS))
}

/// Whether this item was last written with that signature.
pub(crate) fn is_signed(item: &Item, signature: Signature) -> bool {
    matches!(item.get(a::WRITE), Some(AttributeValue::B(bytes)) if bytes.as_ref() == signature)
}

/// The messages of an item, as lines.
pub(crate) fn lines_of(item: &Item) -> Result<Vec<String>, StoreError> {
    let Some(AttributeValue::L(lines)) = item.get(a::MESSAGES) else { return Err(corrupt(a::MESSAGES)) };
    let line = |value: &AttributeValue| value.as_s().cloned().map_err(|_| corrupt(a::MESSAGES));
    lines.iter().map(line).collect()
}

/// A number of an item.
pub(crate) fn number_of<N: FromStr>(item: &Item, name: &'static str) -> Result<N, StoreError> {
    optional_number_of(item, name)?.ok_or_else(|| corrupt(name))
}

pub(crate) fn status_value(status: JobStatus) -> AttributeValue {
    text(status_name(status))
}

pub(crate) fn lines_value(lines: Vec<String>) -> AttributeValue {
    AttributeValue::L(lines.into_iter().map(AttributeValue::S).collect())
}

pub(crate) fn progress_value(progress: &Progress) -> Result<AttributeValue, StoreError> {
    json_value(&Progress { message: messages::shortened(&progress.message), percent: progress.percent })
}

pub(crate) fn payloads_value(payloads: &[Payload]) -> AttributeValue {
    AttributeValue::L(payloads.iter().map(payload_value).collect())
}

pub(crate) fn json_value(value: &(impl Serialize + ?Sized)) -> Result<AttributeValue, StoreError> {
    let json = serde_json::to_string(value);
    json.map(AttributeValue::S).map_err(|error| unusable("write a job", error.to_string()))
}

/// When DynamoDB may remove the item of a job whose payloads expire then.
pub(crate) fn ttl_s(expires_at_ms: i64) -> i64 {
    expires_at_ms.div_euclid(1000).saturating_add(TOMBSTONE_S)
}

/// Something stored is not what we write.
pub(crate) fn corrupt(name: &str) -> StoreError {
    StoreError::Corrupt(format!("the attribute {name} of a job's record"))
}

fn first_due_ms(job: &Job) -> i64 {
    match job.status {
        JobStatus::Submitted => job.submitted_at_ms.saturating_add(DUE_AFTER_MS),
        _ => job.lease.until_ms,
    }
}

fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Submitted => "submitted",
        JobStatus::Executing => "executing",
        JobStatus::Succeeded => "succeeded",
        JobStatus::Failed => "failed",
        JobStatus::Cancelling => "cancelling",
        JobStatus::Cancelled => "cancelled",
    }
}

fn payload_value(payload: &Payload) -> AttributeValue {
    match payload {
        Payload::Inline(bytes) => binary(bytes.as_ref()),
        Payload::Stored => AttributeValue::Null(true),
    }
}

fn take_text(item: &mut Item, name: &str) -> Result<String, StoreError> {
    match item.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(corrupt(name)),
    }
}

fn optional_number_of<N: FromStr>(item: &Item, name: &'static str) -> Result<Option<N>, StoreError> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::N(digits)) => digits.parse().map(Some).map_err(|_| corrupt(name)),
        Some(_) => Err(corrupt(name)),
    }
}

fn from_json<T: DeserializeOwned>(item: &Item, name: &'static str) -> Result<Option<T>, StoreError> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::S(json)) => serde_json::from_str(json).map(Some).map_err(|_| corrupt(name)),
        Some(_) => Err(corrupt(name)),
    }
}

fn take_payloads(item: &mut Item) -> Result<Option<Payloads>, StoreError> {
    let Some(inputs) = item.remove(a::INPUTS) else { return Ok(None) };
    let results = match item.remove(a::PAYLOADS) {
        None => Vec::new(),
        Some(AttributeValue::L(list)) => list,
        Some(_) => return Err(corrupt(a::PAYLOADS)),
    };
    let results: Result<_, StoreError> = results.into_iter().map(payload).collect();
    Ok(Some(Payloads { inputs: payload(inputs)?, results: results? }))
}

fn payload(value: AttributeValue) -> Result<Payload, StoreError> {
    match value {
        AttributeValue::B(blob) => Ok(Payload::Inline(Bytes::from(blob.into_inner()))),
        AttributeValue::Null(_) => Ok(Payload::Stored),
        _ => Err(corrupt(a::PAYLOADS)),
    }
}

#[cfg(test)]
#[path = "item/tests.rs"]
mod tests;
