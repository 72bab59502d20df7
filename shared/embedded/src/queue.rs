//! The line of waiting jobs, in memory: the table of jobs is the truth, and the line is made from it at every start.

use async_trait::async_trait;
use gp_core::{JobId, JobQueue, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The end of the line where jobs are put in. A job that is in line already is not put in again: the sweeper finds the
/// same waiting jobs every minute.
pub struct LineOfJobs {
    sender: UnboundedSender<JobId>,
    in_line: InLine,
}

/// The end of the line where jobs come out.
pub struct WaitingJobs {
    receiver: UnboundedReceiver<JobId>,
    in_line: InLine,
}

type InLine = Arc<Mutex<HashSet<JobId>>>;

impl LineOfJobs {
    /// An empty line, and its other end, where ids come out in the order in which they went in.
    pub fn new() -> (LineOfJobs, WaitingJobs) {
        let (sender, receiver) = unbounded_channel();
        let in_line = InLine::default();
        (LineOfJobs { sender, in_line: in_line.clone() }, WaitingJobs { receiver, in_line })
    }

    /// Puts the job in line; whether it was not there yet.
    pub(crate) fn put(&self, id: JobId) -> bool {
        let is_new = self.in_line.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        if is_new {
            // The other end is gone when the server shuts down: the job is in the table and will be in line at the
            // next start.
            let _ = self.sender.send(id);
        }
        is_new
    }
}

impl WaitingJobs {
    /// How many jobs are in line.
    pub(crate) fn len(&self) -> usize {
        self.in_line.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The next job; `None` when nobody can put one in any more. A call that is given up loses no job.
    pub async fn recv(&mut self) -> Option<JobId> {
        let id = self.receiver.recv().await?;
        self.in_line.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        Some(id)
    }
}

#[async_trait]
impl JobQueue for LineOfJobs {
    async fn send(&self, id: &JobId) -> Result<(), StoreError> {
        self.put(id.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_is_in_line_once_and_may_come_again_after_it_came_out() {
        let (line, mut waiting) = LineOfJobs::new();
        let (one, two) = (JobId::from_random(1), JobId::from_random(2));
        assert_eq!([&one, &two, &one].map(|id| line.put(id.clone())), [true, true, false]);
        assert_eq!(waiting.recv().await, Some(one.clone()));
        assert!(line.put(one.clone()));
        drop(line);
        assert_eq!(waiting.recv().await, Some(two));
        assert_eq!(waiting.recv().await, Some(one));
        assert_eq!(waiting.recv().await, None);
    }
}
