//! Errors, one variant for each thing that a caller can do about it.

use serde::{Deserialize, Serialize};
use std::error::Error as StdError;

/// Why a tool did not finish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ToolError {
    /// Somebody cancelled the run.
    #[error("the run was cancelled")]
    Cancelled,
    /// The run took longer than its service allows.
    #[error("the run took longer than its time limit of {limit_s} seconds")]
    TimedOut {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// A parameter has a value that the tool cannot take.
    #[error("{parameter}: {reason}")]
    InvalidParameter {
        /// The parameter's name on the wire.
        parameter: String,
        /// What is wrong with it and what to change.
        reason: String,
    },
    /// Parameters that could not be read, one sentence each.
    #[error("{}", .0.join(" "))]
    Invalid(Vec<String>),
    /// More input than is allowed here, one sentence each.
    #[error("{}", .0.join(" "))]
    TooLarge(Vec<String>),
    /// The tool could not do what was asked.
    #[error("{0}")]
    Failed(String),
    /// The tool stopped in a way that is a fault of ours, not of the request.
    #[error("{0}")]
    Internal(String),
}

impl ToolError {
    /// A [`ToolError::InvalidParameter`].
    pub fn invalid(parameter: impl Into<String>, reason: impl Into<String>) -> ToolError {
        ToolError::InvalidParameter { parameter: parameter.into(), reason: reason.into() }
    }

    /// The sentences to tell, one message each.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            ToolError::Invalid(details) | ToolError::TooLarge(details) => details.clone(),
            other => vec![other.to_string()],
        }
    }
}

/// Why a request was refused, ready for the client: `{"error":{"code","message","details"}}` (specification 5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} {}", details.join(" "))]
pub struct RequestError {
    /// The code in the body; the HTTP status stays 200.
    pub code: u16,
    /// The short sentence.
    pub message: String,
    /// What exactly is wrong, one sentence each.
    pub details: Vec<String>,
}

impl RequestError {
    /// Code 400, "Unable to complete operation.", with one detail.
    pub fn bad(detail: impl Into<String>) -> RequestError {
        RequestError {
            code: 400,
            message: "Unable to complete operation.".into(),
            details: vec![detail.into()],
        }
    }

    /// Code 400, "Invalid or missing input parameters.", with one detail.
    pub fn invalid(detail: impl Into<String>) -> RequestError {
        RequestError {
            code: 400,
            message: "Invalid or missing input parameters.".into(),
            details: vec![detail.into()],
        }
    }

    /// Code 404 with this message.
    pub fn not_found(message: impl Into<String>) -> RequestError {
        RequestError { code: 404, message: message.into(), details: Vec::new() }
    }

    /// Code 404 for a job that there never was, or whose record is gone.
    pub fn job_not_found(id: impl std::fmt::Display) -> RequestError {
        RequestError::not_found(format!("Job {id} does not exist."))
    }

    /// Code 500 for a fault of ours; the cause goes to the log, not to the client.
    pub fn internal() -> RequestError {
        RequestError {
            code: 500,
            message: "Internal server error.".into(),
            details: vec!["the server could not store or read its data; try again".into()],
        }
    }
}

impl From<RequestError> for ToolError {
    fn from(error: RequestError) -> ToolError {
        if error.code == 413 { ToolError::TooLarge(error.details) } else { ToolError::Invalid(error.details) }
    }
}

/// Storage or queue failed; the caller may try again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The thing is not there.
    #[error("{0} does not exist")]
    NotFound(String),
    /// It is there, but nobody can make sense of it: trying again would end the same.
    #[error("{0} cannot be read: it is damaged, or written by another version")]
    Corrupt(String),
    /// The store is down or full.
    #[error("{action}")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// What went wrong below.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StoreError {
    /// Whether it failed because there is no room left.
    pub fn is_full(&self) -> bool {
        let StoreError::Unavailable { source, .. } = self else { return false };
        let kind = source.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        matches!(kind, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded))
    }

    /// A failure below while doing `action`.
    pub fn unavailable(
        action: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> StoreError {
        StoreError::Unavailable { action, source: source.into() }
    }
}
