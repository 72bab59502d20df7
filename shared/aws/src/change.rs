//! A [`JobUpdate`] as one conditional update of an item. Separate from `jobs.rs`, which sends it and reads the outcome.

use crate::expression::{Expression, binary, number};
use crate::item::{self, Item, Signature, attribute as a};
use crate::messages;
use aws_sdk_dynamodb::types::AttributeValue;
use gp_core::{JobStatus, JobUpdate, StoreError};

/// A change and its condition.
pub(crate) struct Change<'a> {
    pub(crate) update: &'a JobUpdate,
    /// The job stands at one of these: at least one.
    pub(crate) statuses: &'a [JobStatus],
    pub(crate) attempt: Option<u32>,
    pub(crate) messages: MessageChange,
    pub(crate) signature: Signature,
}

/// What happens to the messages of the item.
pub(crate) enum MessageChange {
    /// Nothing.
    Keep,
    /// These come after them, if they still fit.
    Append(Vec<String>),
    /// These replace them, if nobody said anything since they were read.
    Rewrite { lines: Vec<String>, said_before: u64, new: usize },
}

impl MessageChange {
    /// Adds lines without having read the item.
    pub(crate) fn append(lines: &[String]) -> MessageChange {
        if lines.is_empty() { MessageChange::Keep } else { MessageChange::Append(lines.to_vec()) }
    }

    /// Adds lines to those of an item that had no room for them when that was tried: the middle of all is left out,
    /// unless somebody else has made room since.
    pub(crate) fn after(item: &Item, new: &[String]) -> Result<MessageChange, StoreError> {
        let weight: usize = item::number_of(item, a::WEIGHT)?;
        if weight + messages::weight(new) <= messages::MAX_WEIGHT {
            return Ok(MessageChange::append(new));
        }
        let mut lines = item::lines_of(item)?;
        lines.extend_from_slice(new);
        let said_before = item::number_of(item, a::SAID)?;
        Ok(MessageChange::Rewrite { lines: messages::trimmed(lines), said_before, new: new.len() })
    }
}

impl Change<'_> {
    /// The update and its condition.
    pub(crate) fn expression(&self) -> Result<Expression, StoreError> {
        let mut expression = Expression::default();
        self.demand(&mut expression);
        sign(&mut expression, self.signature);
        self.set_status(&mut expression);
        self.set_messages(&mut expression);
        self.set_rest(&mut expression)?;
        Ok(expression)
    }

    fn demand(&self, expression: &mut Expression) {
        let status = expression.name(a::STATUS);
        let statuses: Vec<String> =
            self.statuses.iter().map(|status| expression.value(item::status_value(*status))).collect();
        expression.demand_that(format!("{status} IN ({})", statuses.join(", ")));
        if let Some(attempt) = self.attempt {
            expression.demand(a::ATTEMPT, "=", number(attempt));
        }
    }

    fn set_status(&self, expression: &mut Expression) {
        let Some(next) = self.update.status else { return };
        expression.set(a::STATUS, item::status_value(next));
        if next.is_terminal() {
            expression.remove(a::DUE_MS);
        }
    }

    fn set_messages(&self, expression: &mut Expression) {
        match &self.messages {
            MessageChange::Keep => {}
            MessageChange::Append(lines) => {
                let weight = messages::weight(lines);
                // Negative when they do not even fit alone: then the condition fails, and they are trimmed.
                let room = messages::MAX_WEIGHT as i64 - weight as i64;
                expression.demand(a::WEIGHT, "<=", number(room));
                // What cannot fit need not be sent.
                let lines = if room < 0 { Vec::new() } else { lines.clone() };
                let said = lines.len();
                let (before, new) =
                    (expression.name(a::MESSAGES), expression.value(item::lines_value(lines)));
                expression.set_to(a::MESSAGES, &format!("list_append({before}, {new})"));
                expression.add(a::WEIGHT, number(weight));
                expression.add(a::SAID, number(said));
            }
            MessageChange::Rewrite { lines, said_before, new } => {
                expression.demand(a::SAID, "=", number(said_before));
                expression.set(a::WEIGHT, number(messages::weight(lines)));
                expression.set(a::SAID, number(said_before + *new as u64));
                expression.set(a::MESSAGES, item::lines_value(lines.clone()));
            }
        }
    }

    fn set_rest(&self, expression: &mut Expression) -> Result<(), StoreError> {
        let update = self.update;
        if let Some(progress) = &update.progress {
            expression.set(a::PROGRESS, item::progress_value(progress)?);
        }
        if let Some(until_ms) = update.lease_until_ms {
            expression.set(a::LEASE_MS, number(until_ms));
            let ends = update.status.is_some_and(JobStatus::is_terminal);
            // A lease given back leaves the time as it was: the job's new message should come long before.
            if until_ms > 0 && !ends {
                expression.set(a::DUE_MS, number(until_ms));
            }
        }
        if let Some((ended_at_ms, expires_at_ms)) = update.ended {
            expression.set(a::ENDED_MS, number(ended_at_ms));
            expression.set(a::EXPIRES_MS, number(expires_at_ms));
            expression.set(a::TTL, number(item::ttl_s(expires_at_ms)));
        }
        if !update.results.is_empty() {
            expression.set(a::RESULTS, item::json_value(&update.results)?);
        }
        if !update.result_payloads.is_empty() {
            expression.set(a::PAYLOADS, item::payloads_value(&update.result_payloads));
        }
        if let Some(cost) = &update.cost {
            expression.set(a::COST, item::json_value(cost)?);
        }
        Ok(())
    }
}

/// Signs what is written, on the condition that it does not bear this signature yet (see `jobs.rs`).
pub(crate) fn sign(expression: &mut Expression, signature: Signature) {
    let (name, value): (String, AttributeValue) = (expression.name(a::WRITE), binary(signature));
    let value = expression.value(value);
    expression.demand_that(format!("{name} <> {value}"));
    expression.set_to(a::WRITE, &value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::Message;

    fn expression_of(update: &JobUpdate, lines: &[String]) -> Expression {
        let messages = MessageChange::append(lines);
        let change = Change {
            update,
            statuses: &[JobStatus::Executing],
            attempt: Some(3),
            messages,
            signature: [7; 8],
        };
        change.expression().unwrap()
    }

    #[test]
    fn a_heartbeat_moves_the_lease_and_the_time_to_look() {
        let update = JobUpdate { lease_until_ms: Some(5), ..JobUpdate::default() };
        let expression = expression_of(&update, &[]);
        assert_eq!(expression.update_text(), "SET #write = :v2, #lease_ms = :v3, #due_ms = :v4");
        assert_eq!(expression.condition_text(), "#status IN (:v0) AND #attempt = :v1 AND #write <> :v2");
    }

    #[test]
    fn a_job_that_ends_is_no_longer_due_and_will_be_removed() {
        let update = JobUpdate {
            status: Some(JobStatus::Failed),
            ended: Some((1000, 2000)),
            lease_until_ms: Some(9),
            ..JobUpdate::default()
        };
        let text = expression_of(&update, &[]).update_text();
        assert!(
            text.ends_with("REMOVE #due_ms") && text.contains("#ttl = ") && !text.contains("#due_ms ="),
            "{text}"
        );
    }

    #[test]
    fn a_job_given_back_stays_due_when_it_was() {
        let update = JobUpdate { lease_until_ms: Some(0), ..JobUpdate::default() };
        let text = expression_of(&update, &[]).update_text();
        assert!(text.contains("#lease_ms") && !text.contains("#due_ms"), "{text}");
    }

    #[test]
    fn messages_are_added_only_where_they_fit() {
        let lines = messages::lines(&[Message::info("hello")]);
        let expression = expression_of(&JobUpdate::default(), &lines);
        assert!(expression.condition_text().ends_with("#weight <= :v3"));
        assert!(expression.update_text().contains("#messages = list_append(#messages, :v4)"));
        assert!(expression.update_text().ends_with("ADD #weight :v5, #said :v6"));
        let (_, values) = expression.into_parts();
        assert_eq!(values[":v3"], number(messages::MAX_WEIGHT - messages::weight(&lines)));
    }
}
