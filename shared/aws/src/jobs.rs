//! The job store: one item a job, one conditional call a write.
//!
//! The SDK sends a call again when its answer was lost, and the first one may have been carried out. So every write signs
//! the item with random bytes and demands not to find them: when the condition fails and the item bears the signature,
//! the write is done, and a job that we hold ourselves is never mistaken for somebody else's.

use crate::change::{Change, MessageChange};
use crate::expression::{Expression, number, text};
use crate::failure::{random, unavailable, unusable};
use crate::item::{self, Item, Signature, attribute as a, is_signed, item_of, job_of, status_of};
use crate::{keys, messages};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use gp_core::{
    Created, Expected, Job, JobDetail, JobId, JobStatus, JobStore, JobUpdate, StoreError, Updated,
};
use std::time::Duration;

/// How often messages are trimmed anew because somebody else wrote in between.
const MAX_TRIMS: u32 = 10;

/// Jobs in a DynamoDB table.
pub struct DynamoJobs {
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// What a conditional update did.
pub(crate) enum Outcome {
    /// It was carried out; what was asked to be returned.
    Done(Item),
    /// Its condition did not hold for this item, or there is none.
    Refused(Option<Item>),
}

#[async_trait]
impl JobStore for DynamoJobs {
    /// One PutItem on the condition that there is no such job; with a key one transaction that stores both or neither.
    async fn create(&self, job: Job, idempotency: Option<(String, [u8; 32])>) -> Result<Created, StoreError> {
        let item = item_of(&job, random()?)?;
        if let Some((key, digest)) = idempotency {
            return keys::create_once(self, &job, item, &key, digest).await;
        }
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put =
            put.condition_expression("attribute_not_exists(#id)").expression_attribute_names("#id", a::ID);
        match put.send().await {
            Ok(_) => Ok(Created::New),
            Err(error) => match error.as_service_error() {
                // Nobody else draws the same 128 random bits: it is this very job, whose first answer was lost.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(Created::New),
                _ => Err(unavailable("store a job", &error)),
            },
        }
    }

    async fn get(&self, id: &JobId, detail: JobDetail) -> Result<Option<Job>, StoreError> {
        let read = match detail {
            JobDetail::Status => self.read(id, &a::STATUS_ATTRIBUTES).await?,
            JobDetail::Full => self.read(id, &[]).await?,
        };
        read.map(job_of).transpose()
    }

    /// One UpdateItem on the condition that the job waits or its lease ran out.
    async fn claim(&self, id: &JobId, now_ms: i64, lease: Duration) -> Result<Option<Job>, StoreError> {
        let signature = random()?;
        let until_ms = now_ms.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        let claim = claim_expression(signature, now_ms, until_ms);
        match self.change("claim a job", id, claim, ReturnValue::AllNew).await? {
            Outcome::Done(item) => job_of(item).map(Some),
            Outcome::Refused(Some(item)) if is_signed(&item, signature) => job_of(item).map(Some),
            Outcome::Refused(_) => Ok(None),
        }
    }

    /// One UpdateItem on the condition that the job stands where it may be changed so. A second one only when its
    /// messages have become too many; one GetItem when no status would do.
    async fn update(&self, id: &JobId, expected: Expected, update: JobUpdate) -> Result<Updated, StoreError> {
        let statuses = changeable(expected.statuses, &update);
        if statuses.is_empty() {
            let found = self.read(id, &[a::STATUS]).await?;
            return Ok(Updated::Refused(found.as_ref().map(status_of).transpose()?));
        }
        let signature = random()?;
        let lines = messages::lines(&update.messages);
        let mut change = Change {
            update: &update,
            statuses: &statuses,
            attempt: expected.attempt,
            messages: MessageChange::append(&lines),
            signature,
        };
        let known = update.status.or(if let [only] = statuses[..] { Some(only) } else { None });
        let returned = if known.is_some() { ReturnValue::None } else { ReturnValue::AllNew };
        for _ in 0..MAX_TRIMS {
            match self.change("change a job", id, change.expression()?, returned.clone()).await? {
                Outcome::Done(item) => {
                    return known.map_or_else(|| status_of(&item), Ok).map(Updated::Written);
                }
                Outcome::Refused(None) => return Ok(Updated::Refused(None)),
                Outcome::Refused(Some(item)) => {
                    let status = status_of(&item)?;
                    if is_signed(&item, signature) {
                        return Ok(Updated::Written(status));
                    }
                    let attempt: u32 = item::number_of(&item, a::ATTEMPT)?;
                    let is_expected = expected.attempt.is_none_or(|expected| expected == attempt);
                    if !statuses.contains(&status) || !is_expected {
                        return Ok(Updated::Refused(Some(status)));
                    }
                    // Only its messages were in the way.
                    change.messages = MessageChange::after(&item, &lines)?;
                }
            }
        }
        Err(unusable("change a job", "others wrote messages into it all the time"))
    }
}

impl DynamoJobs {
    /// Reads attributes of an item as it was last written; all of them when none is named.
    pub(crate) async fn read(
        &self,
        id: &JobId,
        attributes: &[&'static str],
    ) -> Result<Option<Item>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(a::ID, text(id.as_str()))
            .consistent_read(true);
        let mut names = Expression::default();
        let projection: Vec<String> = attributes.iter().map(|attribute| names.name(attribute)).collect();
        let get = match projection.is_empty() {
            true => get,
            false => get
                .projection_expression(projection.join(", "))
                .set_expression_attribute_names(Some(names.into_parts().0)),
        };
        let found = get.send().await.map_err(|error| unavailable("read a job", &error))?;
        Ok(found.item)
    }

    /// Sends one conditional update.
    pub(crate) async fn change(
        &self,
        action: &'static str,
        id: &JobId,
        expression: Expression,
        returned: ReturnValue,
    ) -> Result<Outcome, StoreError> {
        let (update_text, condition_text) = (expression.update_text(), expression.condition_text());
        let (names, values) = expression.into_parts();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(a::ID, text(id.as_str()))
            .update_expression(update_text)
            .condition_expression(condition_text)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values(returned)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(done) => Ok(Outcome::Done(done.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Outcome::Refused(failed.item.clone()))
                }
                _ => Err(unavailable(action, &error)),
            },
        }
    }
}

/// The statuses among the expected ones from which the state machine allows the change; a job that ended never changes.
fn changeable(expected: &[JobStatus], update: &JobUpdate) -> Vec<JobStatus> {
    let allowed = |status: &JobStatus| {
        !status.is_terminal() && update.status.is_none_or(|next| status.can_become(next))
    };
    expected.iter().copied().filter(allowed).collect()
}

fn claim_expression(signature: Signature, now_ms: i64, until_ms: i64) -> Expression {
    let mut claim = Expression::default();
    let (status, lease) = (claim.name(a::STATUS), claim.name(a::LEASE_MS));
    let waiting = claim.value(item::status_value(JobStatus::Submitted));
    let executing = claim.value(item::status_value(JobStatus::Executing));
    let now = claim.value(number(now_ms));
    claim.demand_that(format!("({status} = {waiting} OR ({status} = {executing} AND {lease} <= {now}))"));
    crate::change::sign(&mut claim, signature);
    claim.set_to(a::STATUS, &executing);
    claim.set(a::LEASE_MS, number(until_ms));
    claim.set(a::DUE_MS, number(until_ms));
    claim.add(a::ATTEMPT, number(1));
    claim
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statuses_from_which_the_step_is_allowed_are_asked_for() {
        let step = |status| JobUpdate { status: Some(status), ..JobUpdate::default() };
        let all = &JobStatus::ALL;
        assert_eq!(changeable(all, &step(JobStatus::Succeeded)), [JobStatus::Executing]);
        assert_eq!(changeable(all, &step(JobStatus::Submitted)), []);
        assert_eq!(changeable(&[JobStatus::Succeeded], &JobUpdate::default()), []);
        assert_eq!(
            changeable(all, &JobUpdate::default()).len(),
            3,
            "a message fits every job that has not ended"
        );
    }
}
