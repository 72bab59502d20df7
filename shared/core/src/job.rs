//! The job: its record, and its state machine as one pure function (specification 4.1, 4.2).

use crate::{Cost, Message, Progress, ServiceName};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a job: `j` and 32 lower-case hexadecimal digits, unguessable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(String);

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobStatus {
    /// Accepted and stored, waiting for a worker.
    Submitted,
    /// A worker has it.
    Executing,
    /// Done; its results are stored.
    Succeeded,
    /// It ended without results; its messages say why.
    Failed,
    /// Somebody asked to cancel it while it was executing.
    Cancelling,
    /// Cancelled; it will not run again.
    Cancelled,
}

/// A job's record. Its payloads are read only where they are needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// The service it was submitted to.
    pub service: ServiceName,
    /// The task of that service.
    pub task: String,
    /// Where it stands.
    pub status: JobStatus,
    /// What it said so far, in order.
    pub messages: Vec<Message>,
    /// How far it is, while executing.
    pub progress: Option<Progress>,
    /// When it was submitted, milliseconds since 1970.
    pub submitted_at_ms: i64,
    /// When it ended, milliseconds since 1970.
    pub ended_at_ms: Option<i64>,
    /// When its payloads may be removed, milliseconds since 1970; set when it ends.
    pub expires_at_ms: Option<i64>,
    /// Who may work on it until when.
    pub lease: Lease,
    /// What each result is, once it succeeded.
    pub results: Vec<ResultInfo>,
    /// What it cost, once it ended, where a price list is known.
    pub cost: Option<Cost>,
    /// Inputs and results; `None` unless asked for, or once expired.
    pub payloads: Option<Payloads>,
}

/// The right to work on a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// How often it was claimed. A worker writes only while this is its own number.
    pub attempt: u32,
    /// Until when nobody else may claim it, milliseconds since 1970.
    pub until_ms: i64,
}

/// Bytes kept in the record when they are few, in the blob store when they are many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// In the record.
    Inline(Bytes),
    /// In the blob store, under the job's key for it.
    Stored,
}

/// The bytes that belong to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payloads {
    /// The encoded [`crate::Parameters`] it was submitted with.
    pub inputs: Payload,
    /// One [`crate::StoredResult`] for each result, in the order of `Job::results`.
    pub results: Vec<Payload>,
}

/// What is known of a result without reading it. What is usual is not written: every poll reads the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultInfo {
    /// The output parameter.
    pub name: String,
    /// Its data type on the wire.
    pub data_type: String,
    /// How many features it has, when it is a feature set or record set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_count: Option<u64>,
    /// Whether its vertices carry z or m, which have to be left out unless asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_z_or_m: bool,
    /// How large its stored body is.
    #[serde(default)]
    pub size: BodySize,
}

/// Bytes of a result's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodySize {
    /// As text.
    pub plain_bytes: u64,
    /// As stored, compressed unless it is short.
    pub stored_bytes: u64,
}

impl JobId {
    /// The id made of 128 random bits.
    pub fn from_random(bits: u128) -> JobId {
        JobId(format!("j{bits:032x}"))
    }

    /// Reads an id as clients send it; `None` when it cannot be one of ours. Old clients send upper case.
    pub fn parse(text: &str) -> Option<JobId> {
        let digits = text.strip_prefix(['j', 'J'])?;
        let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| JobId(format!("j{}", digits.to_ascii_lowercase())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl JobStatus {
    /// Every status.
    pub const ALL: [JobStatus; 6] = [
        JobStatus::Submitted,
        JobStatus::Executing,
        JobStatus::Succeeded,
        JobStatus::Failed,
        JobStatus::Cancelling,
        JobStatus::Cancelled,
    ];

    /// The state machine: whether a job that stands here may next stand there. Staying is not a step.
    ///
    /// A job that was cancelled while its last breath succeeded ends as cancelled, because clients reject any other
    /// end after they asked to cancel (specification 4.5).
    pub fn can_become(self, next: JobStatus) -> bool {
        use JobStatus::{Cancelled, Cancelling, Executing, Failed, Submitted, Succeeded};
        matches!(
            (self, next),
            (Submitted, Executing | Failed | Cancelled)
                | (Executing, Succeeded | Failed | Cancelling | Cancelled)
                | (Cancelling, Cancelled)
        )
    }

    /// Whether the job has ended.
    pub fn is_terminal(self) -> bool {
        matches!(self, JobStatus::Succeeded | JobStatus::Failed | JobStatus::Cancelled)
    }

    /// The name on the wire, `esriJobSubmitted` and so on.
    pub fn wire_name(self) -> &'static str {
        match self {
            JobStatus::Submitted => "esriJobSubmitted",
            JobStatus::Executing => "esriJobExecuting",
            JobStatus::Succeeded => "esriJobSucceeded",
            JobStatus::Failed => "esriJobFailed",
            JobStatus::Cancelling => "esriJobCancelling",
            JobStatus::Cancelled => "esriJobCancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_status() -> impl Strategy<Value = JobStatus> {
        proptest::sample::select(JobStatus::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn a_job_that_ended_never_changes(end in any_status(), next in any_status()) {
            prop_assume!(end.is_terminal());
            prop_assert!(!end.can_become(next));
        }

        #[test]
        fn no_walk_comes_back_to_where_it_was(steps in proptest::collection::vec(any_status(), 0..40)) {
            let mut status = JobStatus::Submitted;
            let mut seen = vec![status];
            for next in steps {
                if status.can_become(next) {
                    prop_assert!(!seen.contains(&next), "{next:?} twice");
                    status = next;
                    seen.push(status);
                }
            }
        }

        #[test]
        fn a_cancelled_job_can_only_end_as_cancelled(next in any_status()) {
            prop_assert_eq!(JobStatus::Cancelling.can_become(next), next == JobStatus::Cancelled);
        }

        #[test]
        fn every_job_can_still_end(status in any_status()) {
            let ends = JobStatus::ALL.iter().any(|next| next.is_terminal() && status.can_become(*next));
            prop_assert!(status.is_terminal() || ends);
        }

        #[test]
        fn an_id_survives_being_written_and_read(bits: u128) {
            let id = JobId::from_random(bits);
            prop_assert_eq!(JobId::parse(id.as_str()), Some(id.clone()));
            prop_assert_eq!(JobId::parse(&id.as_str().to_ascii_uppercase()), Some(id));
        }
    }

    #[test]
    fn text_that_is_no_job_id_is_refused() {
        for text in
            ["", "j", "jnosuchjob", "x0123456789abcdef0123456789abcdef", "j0123456789abcdef0123456789abcdeg"]
        {
            assert_eq!(JobId::parse(text), None, "{text}");
        }
    }
}
