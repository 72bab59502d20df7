//! What the janitor asks beyond the port: which unfinished jobs somebody should look after, through the index `due`.
//!
//! Every job that has not ended is in that index, and no other: waiting ones a minute after their submission, running
//! ones when their lease ends. So a healthy job is rarely due, and one that was forgotten is always.

use crate::expression::{Expression, number};
use crate::failure::unavailable;
use crate::item::{self, attribute as a};
use crate::jobs::{DynamoJobs, Outcome};
use crate::messages;
use aws_sdk_dynamodb::types::ReturnValue;
use gp_core::{JobId, JobStatus, Message, StoreError};

/// The sparse index, with `due_ms` as its key.
pub(crate) const INDEX: &str = "due";

impl DynamoJobs {
    /// Unfinished jobs whose time has come, the oldest first among those found; at most about `limit`.
    ///
    /// Reads the index from its start, 1 MB a call: one call while fewer than some 10,000 jobs are unfinished. The
    /// index follows the table by a moment, so what it names may have moved on: whoever looks after it reads it anew.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<JobId>, StoreError> {
        let mut found: Vec<(i64, JobId)> = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .index_name(INDEX)
                .filter_expression("#due_ms <= :now")
                .expression_attribute_names("#due_ms", a::DUE_MS)
                .expression_attribute_values(":now", number(now_ms))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| unavailable("look for forgotten jobs", &error))?;
            for item in page.items.unwrap_or_default() {
                let id = item.get(a::ID).and_then(|id| id.as_s().ok()).and_then(|id| JobId::parse(id));
                // A strange item must not keep the others from their turn.
                match (id, crate::item::number_of(&item, a::DUE_MS)) {
                    (Some(id), Ok(due_ms)) => found.push((due_ms, id)),
                    _ => tracing::error!("the index of unfinished jobs has an item that is no job"),
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() || found.len() >= limit {
                break;
            }
        }
        found.sort_unstable();
        found.truncate(limit);
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// Ends a job whose record cannot be read, as failed and saying so: what can be made readable is, and nobody looks
    /// after it again.
    ///
    /// Writes: one update, conditional on the job being due.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn abandon(&self, id: &JobId, now_ms: i64) -> Result<(), StoreError> {
        let said = [Message::error(
            "the record of the job was damaged, or written by another version; submit it again",
        )];
        let lines = messages::lines(&said);
        let mut end = Expression::default();
        end.demand(a::DUE_MS, "<=", number(now_ms));
        end.set(a::STATUS, item::status_value(JobStatus::Failed));
        end.set(a::WEIGHT, number(messages::weight(&lines)));
        end.set(a::SAID, number(lines.len()));
        end.set(a::MESSAGES, item::lines_value(lines));
        for (attribute, value) in [
            (a::ATTEMPT, 0),
            (a::LEASE_MS, 0),
            (a::SUBMITTED_MS, now_ms),
            (a::ENDED_MS, now_ms),
            (a::EXPIRES_MS, now_ms),
            (a::TTL, item::ttl_s(now_ms)),
        ] {
            end.set(attribute, number(value));
        }
        for attribute in [a::DUE_MS, a::PROGRESS, a::RESULTS, a::COST, a::INPUTS, a::PAYLOADS] {
            end.remove(attribute);
        }
        match self.change("end a job that cannot be read", id, end, ReturnValue::None).await? {
            Outcome::Done(_) | Outcome::Refused(_) => Ok(()),
        }
    }

    /// Looks at the job again at that time, unless it has ended or somebody has taken it since `now_ms`.
    ///
    /// Writes: one conditional update.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn postpone(&self, id: &JobId, now_ms: i64, due_ms: i64) -> Result<(), StoreError> {
        let mut later = Expression::default();
        // A job that ended has no such attribute, and then the comparison does not hold.
        later.demand(a::DUE_MS, "<=", number(now_ms));
        later.set(a::DUE_MS, number(due_ms));
        match self.change("postpone a job", id, later, ReturnValue::None).await? {
            Outcome::Done(_) | Outcome::Refused(_) => Ok(()),
        }
    }
}
