//! What a job cost, where each job is paid for. The prices are the adapter's business; what is counted is the engine's.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a job used, as far as the engine knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobUsage {
    /// How long the last attempt ran, from its claim to its end.
    pub run: Duration,
    /// Whether it ran within its submission, so that no queue and no other machine was used.
    pub at_once: bool,
    /// Bytes of its inputs.
    pub input_bytes: u64,
    /// Whether its inputs are in the blob store.
    pub inputs_stored: bool,
    /// Bytes of its results as stored.
    pub result_bytes: u64,
    /// How many of its results are in the blob store.
    pub stored_results: u32,
    /// How often the lease was renewed.
    pub heartbeats: u32,
}

/// An estimate of what a job cost: its submission and its last attempt. Polls and replies are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory times time.
    pub gb_seconds: f64,
    /// Calls of the storage and the queue.
    pub calls: u32,
    /// Bytes of inputs and results.
    pub bytes: u64,
    /// Everything together, in US dollars.
    pub usd: f64,
}

/// Prices what jobs use.
pub trait Meter: Send + Sync {
    /// What that costs.
    fn cost(&self, usage: &JobUsage) -> Cost;

    /// Whose prices these are, such as `us-east-1, November 2026`.
    fn price_list(&self) -> &str;
}

impl Cost {
    /// The sentence that people read in the job's messages.
    pub(crate) fn sentence(&self, price_list: &str) -> String {
        format!(
            "Estimated cost: ${:.8} ({:.3} GB-seconds, {} calls, {:.1} KB; prices of {price_list}).",
            self.usd,
            self.gb_seconds,
            self.calls,
            self.bytes as f64 / 1024.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_dollars_and_what_they_are_made_of() {
        let cost = Cost { gb_seconds: 0.25, calls: 6, bytes: 1536, usd: 0.000_012_3 };
        assert_eq!(
            cost.sentence("somewhere"),
            "Estimated cost: $0.00001230 (0.250 GB-seconds, 6 calls, 1.5 KB; prices of somewhere)."
        );
    }
}
