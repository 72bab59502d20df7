//! Memory for results that are changed on their way: in another format, projected, without z and m.
//!
//! Separate because it is many times the bytes of the result, in the process that every other request needs: results wait for each
//! other by their size.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is counted. Smaller results are changed on the thread that answers, one at a time each.
const UNIT_BYTES: u64 = 64 << 10;

/// Room for results of so many bytes at once.
pub(crate) struct ChangeRoom {
    free: Arc<Semaphore>,
    units: usize,
}

/// Room that one result has, for as long as this is kept: by whatever computes, which may go on when nobody waits any more.
pub(crate) struct Turn(
    #[expect(dead_code, reason = "gives the room back when it is dropped")] OwnedSemaphorePermit,
);

impl ChangeRoom {
    /// For results of up to `max_bytes` at once.
    pub(crate) fn new(max_bytes: u64) -> ChangeRoom {
        let units = usize::try_from(max_bytes / UNIT_BYTES).unwrap_or(usize::MAX).min(u32::MAX as usize);
        ChangeRoom { free: Arc::new(Semaphore::new(units)), units }
    }

    /// Waits until there is room for a result of so many bytes; one that is larger than all of it has all of it. `None` when
    /// the server ends.
    pub(crate) async fn take(&self, byte_len: u64) -> Option<Turn> {
        let wanted = usize::try_from(byte_len.div_ceil(UNIT_BYTES)).unwrap_or(usize::MAX).min(self.units);
        let permit = self.free.clone().acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX)).await;
        permit.ok().map(Turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn results_wait_until_those_before_them_have_given_enough_room_back() {
        let room = ChangeRoom::new(2 << 20);
        let soon = Duration::from_secs(1);
        let first = room.take(3 << 19).await;
        assert!(timeout(soon, room.take((1 << 19) + 1)).await.is_err(), "there is room for half a megabyte");
        let second = timeout(soon, room.take(1 << 19)).await.unwrap();
        assert!(timeout(soon, room.take(1)).await.is_err());
        drop(first);
        assert!(timeout(soon, room.take(1)).await.is_ok());
        assert!(timeout(soon, room.take(9 << 20)).await.is_err(), "it needs all");
        drop(second);
        assert!(timeout(soon, room.take(9 << 20)).await.is_ok());
        assert!(timeout(soon, ChangeRoom::new(0).take(9 << 20)).await.is_ok());
        assert!(timeout(soon, ChangeRoom::new(u64::MAX).take(u64::MAX)).await.is_ok());
    }
}
