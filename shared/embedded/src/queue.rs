//! The line of waiting jobs, in memory: the table of jobs is the truth, and the line is made from it at every start.

use async_trait::async_trait;
use gp_core::{JobId, JobQueue, StoreError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The end of the line where jobs are put in.
pub struct LineOfJobs {
    sender: UnboundedSender<JobId>,
}

impl LineOfJobs {
    /// An empty line, and its other end, where ids come out in the order in which they went in.
    pub fn new() -> (LineOfJobs, UnboundedReceiver<JobId>) {
        let (sender, receiver) = unbounded_channel();
        (LineOfJobs { sender }, receiver)
    }

    /// Puts the job in line.
    pub(crate) fn put(&self, id: JobId) {
        // The other end is gone when the server shuts down: the job is in the table and will be in line at the next
        // start.
        let _ = self.sender.send(id);
    }
}

#[async_trait]
impl JobQueue for LineOfJobs {
    async fn send(&self, id: &JobId) -> Result<(), StoreError> {
        self.put(id.clone());
        Ok(())
    }
}
