//! Idempotency keys: an item beside the job's, `key#` and a digest, stored with it in one transaction.

use crate::DynamoJobs;
use crate::expression::{binary, number, text};
use crate::failure::{random, unavailable, unusable};
use crate::item::{Item, attribute as a, corrupt};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use gp_core::{Created, Job, JobId, StoreError};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// The job that was submitted with the key.
const JOB: &str = "job";
/// The digest of its inputs.
const DIGEST: &str = "digest";
/// How long a key is remembered: shorter than any record of a job stays, so that a key never names a job that is gone.
const KEY_LIFETIME_S: i64 = 24 * 3600;
/// How often a transaction is tried that met another one with the same key; one of them gets through each time.
const MAX_CONFLICTS: u32 = 12;
/// The wait after the first conflict, at most; doubled up to 16 times of it.
const CONFLICT_BACKOFF_MS: u64 = 20;

/// Stores the job and its key, or neither when the key was used in the last day.
///
/// Writes: one transaction of two conditional puts. The SDK gives it a token, by which DynamoDB knows a repeated call.
pub(crate) async fn create_once(
    jobs: &DynamoJobs,
    job: &Job,
    item: Item,
    key: &str,
    digest: [u8; 32],
) -> Result<Created, StoreError> {
    let id = key_id(job.service.as_str(), &job.task, key);
    let now_s = job.submitted_at_ms.div_euclid(1000);
    for conflict in 0..MAX_CONFLICTS {
        let transaction = jobs
            .client
            .transact_write_items()
            .transact_items(put(job_put(jobs, item.clone()))?)
            .transact_items(put(key_put(jobs, &id, job, digest, now_s))?);
        let Err(error) = transaction.send().await else { return Ok(Created::New) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
        else {
            return Err(unavailable("store a job", &error));
        };
        if let Some(found) = key_found(cancelled) {
            return existing(found, job, digest);
        }
        if !cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("TransactionConflict"))
        {
            return Err(unavailable("store a job", &error));
        }
        let most_ms = CONFLICT_BACKOFF_MS << conflict.min(4);
        let wait_ms = u64::from_le_bytes(random()?) % most_ms;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    Err(unusable("store a job", "others store jobs with the same idempotency key all the time"))
}

fn job_put(jobs: &DynamoJobs, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    Put::builder()
        .table_name(&jobs.table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#id)")
        .expression_attribute_names("#id", a::ID)
}

/// A key that ran out counts as gone, although DynamoDB may take days to remove it.
fn key_put(
    jobs: &DynamoJobs,
    id: &str,
    job: &Job,
    digest: [u8; 32],
    now_s: i64,
) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    Put::builder()
        .table_name(&jobs.table)
        .item(a::ID, text(id))
        .item(JOB, text(job.id.as_str()))
        .item(DIGEST, binary(digest))
        .item(a::TTL, number(now_s.saturating_add(KEY_LIFETIME_S)))
        .condition_expression("attribute_not_exists(#id) OR #ttl <= :now")
        .expression_attribute_names("#id", a::ID)
        .expression_attribute_names("#ttl", a::TTL)
        .expression_attribute_values(":now", number(now_s))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
}

fn put(builder: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, StoreError> {
    let put = builder.build().map_err(|error| unusable("store a job", error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The item of the key, when it is why the transaction was cancelled.
fn key_found(cancelled: &TransactionCanceledException) -> Option<&Item> {
    let of_key = cancelled.cancellation_reasons().get(1)?;
    if of_key.code() == Some("ConditionalCheckFailed") { of_key.item() } else { None }
}

fn existing(found: &Item, job: &Job, digest: [u8; 32]) -> Result<Created, StoreError> {
    let Some(AttributeValue::S(id)) = found.get(JOB) else { return Err(corrupt(JOB)) };
    let id = JobId::parse(id).ok_or_else(|| corrupt(JOB))?;
    if id == job.id {
        return Ok(Created::New);
    }
    let same_inputs = matches!(found.get(DIGEST), Some(AttributeValue::B(bytes)) if bytes.as_ref() == digest);
    Ok(Created::Existing { id, same_inputs })
}

/// The id of a key's item: the same key of another task is another key.
fn key_id(service: &str, task: &str, key: &str) -> String {
    let digest = Sha256::digest(format!("{service}\0{task}\0{key}"));
    let mut id = String::from("key#");
    for byte in digest {
        // Writing into a string cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_one_task_and_is_no_job() {
        let ids = [
            key_id("Samples/Tasks", "Buffer", "k"),
            key_id("Samples/Tasks", "Buffer", "l"),
            key_id("Samples/Tasks", "Clip", "k"),
            key_id("Tasks", "Buffer", "k"),
        ];
        let different: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), 4);
        assert!(ids.iter().all(|id| id.len() == 68 && JobId::parse(id).is_none()));
    }

    #[test]
    fn a_key_that_names_this_very_job_is_a_write_whose_answer_was_lost() {
        let job = gp_core::testing::new_job();
        let found = |id: &str| Item::from([(JOB.into(), text(id)), (DIGEST.into(), binary([1; 32]))]);
        assert_eq!(existing(&found(job.id.as_str()), &job, [1; 32]).unwrap(), Created::New);
        let other = JobId::from_random(5);
        let outcome = |digest| existing(&found(other.as_str()), &job, digest).unwrap();
        assert_eq!(outcome([1; 32]), Created::Existing { id: other.clone(), same_inputs: true });
        assert_eq!(outcome([2; 32]), Created::Existing { id: other.clone(), same_inputs: false });
    }
}
