//! The memory of all request bodies together: bounded, so that many large requests at once make each other wait rather
//! than end the server.

use gp_core::RequestError;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Memory is lent out in pieces of so many bytes, rounded down: a smaller body needs none.
const PIECE_BYTES: usize = 64 << 10;
/// How long a body waits until others have gone.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The memory that bodies may hold.
pub(crate) struct BodyMemory {
    pieces: Semaphore,
}

/// What one body holds of it, until it is dropped.
pub(crate) struct Room<'m> {
    memory: &'m BodyMemory,
    held: Option<SemaphorePermit<'m>>,
}

impl BodyMemory {
    /// That many bytes, of which one body may need up to `max_body_bytes`.
    pub(crate) fn new(total_bytes: usize, max_body_bytes: usize) -> BodyMemory {
        let pieces = total_bytes.max(max_body_bytes) / PIECE_BYTES;
        BodyMemory { pieces: Semaphore::new(pieces.min(Semaphore::MAX_PERMITS)) }
    }

    /// Room for a body that has not arrived yet.
    pub(crate) fn room(&self) -> Room<'_> {
        Room { memory: self, held: None }
    }
}

impl Room<'_> {
    /// Makes it large enough for a body of that many bytes.
    ///
    /// # Errors
    /// Code 500 when other bodies hold the memory for too long.
    pub(crate) async fn grow(&mut self, body_bytes: usize) -> Result<(), RequestError> {
        let held = self.held.as_ref().map_or(0, SemaphorePermit::num_permits);
        let missing = (body_bytes / PIECE_BYTES).saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let Ok(Ok(more)) = timeout(MAX_WAIT, self.memory.pieces.acquire_many(missing)).await else {
            return Err(busy());
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            held => *held = Some(more),
        }
        Ok(())
    }

    /// Gives everything back.
    pub(crate) fn release(&mut self) {
        self.held = None;
    }
}

fn busy() -> RequestError {
    let details = vec![
        "the server is busy with other large requests; try again later, or send less at once".to_owned(),
    ];
    RequestError { code: 500, message: "Unable to complete operation.".into(), details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_waits_for_the_memory_of_others_and_is_refused_after_a_while() {
        let memory = BodyMemory::new(10 * PIECE_BYTES, 0);
        let (mut one, mut two) = (memory.room(), memory.room());
        one.grow(6 * PIECE_BYTES).await.unwrap();
        one.grow(8 * PIECE_BYTES + 1).await.unwrap();
        two.grow(PIECE_BYTES - 1).await.unwrap();
        two.grow(2 * PIECE_BYTES).await.unwrap();
        assert!(two.grow(3 * PIECE_BYTES).await.unwrap_err().details[0].contains("busy"));
        let freed = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(one);
        };
        let (grown, ()) = tokio::join!(two.grow(10 * PIECE_BYTES), freed);
        grown.unwrap();
    }

    #[tokio::test]
    async fn one_body_of_the_largest_size_always_fits() {
        BodyMemory::new(0, 9 * PIECE_BYTES).room().grow(9 * PIECE_BYTES).await.unwrap();
    }
}
