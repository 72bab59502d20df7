//! Which calls go wrong.

use gp_aws_tests::{Call, Fault, Wrong};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Chooses every so many-th of the jobs that it is asked about, the first time that it is asked about it.
pub(crate) struct EveryNth {
    step: usize,
    seen: Mutex<HashSet<String>>,
}

impl EveryNth {
    pub(crate) fn of(step: usize) -> EveryNth {
        EveryNth { step, seen: Mutex::default() }
    }

    pub(crate) fn chooses(&self, call: &Call) -> bool {
        let Some(job) = call.job() else { return false };
        let mut seen = self.seen.lock().unwrap();
        seen.insert(job) && seen.len().is_multiple_of(self.step)
    }
}

/// Chooses all calls about every so many-th job from the first one on for a while.
pub(crate) struct AtFirst {
    nth: EveryNth,
    window: Duration,
    chosen: Mutex<HashMap<String, Instant>>,
}

impl AtFirst {
    pub(crate) fn of(step: usize, window: Duration) -> AtFirst {
        AtFirst { nth: EveryNth::of(step), window, chosen: Mutex::default() }
    }

    pub(crate) fn chooses(&self, call: &Call) -> bool {
        let Some(job) = call.job() else { return false };
        let mut chosen = self.chosen.lock().unwrap();
        if self.nth.chooses(call) {
            chosen.insert(job.clone(), Instant::now());
        }
        chosen.get(&job).is_some_and(|first| first.elapsed() < self.window)
    }
}

/// Jobs with which the same thing goes wrong, each time, whatever else is going on.
#[derive(Clone, Default)]
pub(crate) struct Doomed(Arc<Mutex<HashSet<String>>>);

impl Doomed {
    pub(crate) fn add(&self, ids: impl Iterator<Item = String>) {
        self.0.lock().unwrap().extend(ids);
    }

    pub(crate) fn has(&self, call: &Call) -> bool {
        call.job().is_some_and(|job| self.0.lock().unwrap().contains(&job))
    }
}

/// SplitMix64: the same dice in every run, as far as calls come in the same order.
pub(crate) struct Dice(Mutex<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(Mutex::new(seed))
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// So many of a hundred calls.
    pub(crate) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the ways to refuse a call.
    pub(crate) fn refusal(&self) -> Fault {
        let ways = [Wrong::Throttled, Wrong::ThrottledOtherwise, Wrong::Internal];
        Fault::Answer(ways[usize::try_from(self.below(3)).unwrap()])
    }
}
