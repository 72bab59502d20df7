//! What a running tool can do besides computing: say something, report progress, and stop when it must.

use crate::{Environment, Message, MessageLevel, ToolError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How far a run is; `percent` is 0 to 100, or `None` while it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub message: String,
    /// How much of it is done.
    pub percent: Option<u8>,
}

/// Where messages and progress of a run go.
pub trait Observer: Send + Sync {
    /// The tool said something.
    fn message(&self, message: Message);
    /// The tool got further.
    fn progress(&self, progress: Progress);
}

/// An observer that nobody listens to.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn message(&self, _: Message) {}
    fn progress(&self, _: Progress) {}
}

/// Passed to every tool.
pub struct RunContext {
    cancelled: Arc<AtomicBool>,
    deadline: Option<(Instant, Duration)>,
    observer: Box<dyn Observer>,
    environment: Environment,
}

impl RunContext {
    /// A context that ends after `time_limit`, if there is one, or when `cancelled` becomes true.
    pub fn new(
        environment: Environment,
        observer: Box<dyn Observer>,
        cancelled: Arc<AtomicBool>,
        time_limit: Option<Duration>,
    ) -> RunContext {
        let deadline = time_limit.map(|limit| (Instant::now() + limit, limit));
        RunContext { cancelled, deadline, observer, environment }
    }

    /// A context without limits that listens to nobody, for tests and benchmarks.
    pub fn silent() -> RunContext {
        RunContext::new(Environment::default(), Box::new(Silent), Arc::default(), None)
    }

    /// Stops the tool when it was cancelled or has run too long: call it in every long loop.
    ///
    /// # Errors
    /// [`ToolError::Cancelled`] or [`ToolError::TimedOut`]; pass it on with `?`.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ToolError::Cancelled);
        }
        match self.deadline {
            Some((end, limit)) if Instant::now() >= end => {
                Err(ToolError::TimedOut { limit_s: limit.as_secs() })
            }
            _ => Ok(()),
        }
    }

    /// Tells the caller something.
    pub fn message(&self, level: MessageLevel, text: impl Into<String>) {
        self.observer.message(Message { level, text: text.into() });
    }

    /// Tells the caller that the result is good but not everything that was asked.
    pub fn warning(&self, text: impl Into<String>) {
        self.message(MessageLevel::Warning, text);
    }

    /// Tells how far the tool is: `percent` of 100.
    pub fn progress(&self, percent: u8, text: impl Into<String>) {
        self.observer.progress(Progress { message: text.into(), percent: Some(percent.min(100)) });
    }

    /// What the caller asked of every tool: spatial references and the extent.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}
