//! A batch of messages: each job runs to its end, one after the other; those that storage failed are delivered again.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use gp_core::{App, JobId, Limits, StoreError, run_job};
use std::time::Duration;

/// Time that is kept from a job, for storing what it gave before the function is stopped.
const RESERVE: Duration = Duration::from_secs(45);
/// Where an invocation has less than three minutes, this part of it: a short timeout must leave a job some time at all.
const RESERVED_PART: u32 = 4;
/// A job gets at least this part of the time that an invocation has. Later ones of a batch wait for another invocation:
/// a job must not be said to take too long because others came before it.
const LEAST_SHARE: f64 = 0.9;

/// Runs the jobs of a batch. `deadline_ms` is when this invocation is stopped, milliseconds since 1970.
pub(crate) async fn run(app: &App, event: SqsEvent, deadline_ms: u64) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let all = time_left(app, deadline_ms);
    for message in event.records {
        let left = time_left(app, deadline_ms);
        let (id, trace) = read(&message);
        let Some(id) = id else {
            tracing::error!(message.id = message.message_id, "a message that is no job id is thrown away");
            continue;
        };
        let work = async {
            if left < all.mul_f64(LEAST_SHARE) {
                return app.queue.send(&id).await;
            }
            let limits = Limits { max_job_time: job_time(left), ..app.limits };
            run_job(&App { limits, ..app.clone() }, &id).await
        };
        if let Err(error) = gp_aws::with_trace(trace, work).await {
            report(&id, &error);
            let item_identifier = message.message_id.unwrap_or_default();
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = item_identifier;
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// How long a job may take when this is left of the invocation.
fn job_time(left: Duration) -> Duration {
    left.saturating_sub(RESERVE.min(left / RESERVED_PART))
}

/// The job of a message, and the trace header of the request that submitted it.
fn read(message: &SqsMessage) -> (Option<JobId>, Option<String>) {
    let id = message.body.as_deref().and_then(|body| JobId::parse(body.trim()));
    (id, message.attributes.get("AWSTraceHeader").cloned())
}

fn time_left(app: &App, deadline_ms: u64) -> Duration {
    let now_ms = u64::try_from((app.now_ms)()).unwrap_or_default();
    Duration::from_millis(deadline_ms.saturating_sub(now_ms))
}

fn report(id: &JobId, error: &StoreError) {
    tracing::error!(job.id = %id, error = error as &dyn std::error::Error, "a job could not be run; its message comes again");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_leaves_time_to_store_what_it_gave_and_has_some_itself() {
        assert_eq!(job_time(Duration::from_secs(900)), Duration::from_secs(855));
        assert_eq!(job_time(Duration::from_secs(8)), Duration::from_secs(6));
        assert_eq!(job_time(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_message_is_a_job_id_with_the_trace_of_its_request() {
        let mut message = SqsMessage::default();
        message.body = Some("j0123456789abcdef0123456789abcdef\n".to_owned());
        message.attributes.insert("AWSTraceHeader".to_owned(), "Root=1-2".to_owned());
        let (id, trace) = read(&message);
        assert_eq!(id, JobId::parse("j0123456789abcdef0123456789abcdef"));
        assert_eq!(trace.as_deref(), Some("Root=1-2"));
        message.body = Some("{}".to_owned());
        assert_eq!(read(&message).0, None, "poison is no job");
    }
}
