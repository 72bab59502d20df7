//! How long workers take lately: whoever hands them short runs must have the next one ready before they end.
//!
//! Separate because only the time that a worker has a run counts, not how long the run waited for it or for a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Runs that take no longer on average are short.
const SHORT: Duration = Duration::from_millis(100);
/// How much of the average a run is.
const SHARE: u32 = 8;

/// What runs take.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// None has ended at the start.
    average: Option<Duration>,
    running: BTreeMap<u64, Instant>,
    next: u64,
}

/// A run that a worker has, until this is dropped.
pub(crate) struct Begun<'a> {
    pace: &'a Pace,
    number: u64,
}

impl Pace {
    /// A worker has a run from now on.
    pub(crate) fn begin(&self) -> Begun<'_> {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.running.insert(number, Instant::now());
        Begun { pace: self, number }
    }

    /// Whether the runs that ended lately were short, and no worker has had its run for longer.
    pub(crate) fn is_short(&self) -> bool {
        let state = self.lock();
        // In the order of their numbers they began.
        let oldest = state.running.values().next().map_or(Duration::ZERO, Instant::elapsed);
        state.average.is_some_and(|average| average.max(oldest) <= SHORT)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.lock();
        let Some(began) = state.running.remove(&self.number) else { return };
        let took = began.elapsed();
        let average = state.average.unwrap_or(took);
        state.average = Some((average * (SHARE - 1) + took) / SHARE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn runs_are_short_once_most_that_ended_were_and_none_is_running_for_long() {
        let pace = Pace::default();
        assert!(!pace.is_short(), "nothing is known of the first runs");
        let run = |time: Duration| {
            let begun = pace.begin();
            async move {
                advance(time).await;
                drop(begun);
            }
        };
        run(Duration::from_millis(5)).await;
        assert!(pace.is_short());
        let long = pace.begin();
        run(Duration::from_millis(5)).await;
        assert!(pace.is_short(), "nobody can tell yet that it will be long");
        advance(Duration::from_secs(60)).await;
        assert!(!pace.is_short());
        drop(long);
        assert!(!pace.is_short());
        for _ in 0..80 {
            run(Duration::from_millis(5)).await;
        }
        assert!(pace.is_short());
    }
}
