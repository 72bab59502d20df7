//! Work on many items, in parallel where it pays, stopping when the run must stop.

use gp_core::{RunContext, ToolError};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this, starting threads costs more than it saves.
const FEWEST_IN_PARALLEL: usize = 64;
/// How often progress is reported, in percent of the work.
const PROGRESS_STEP: usize = 5;

/// `work` on the numbers `0..count`, results in that order whatever the number of threads.
///
/// # Errors
/// The first error of `work`, or that the run was stopped.
pub(crate) fn each<R: Send>(
    context: &RunContext,
    count: usize,
    doing: &str,
    work: impl Fn(usize) -> Result<R, ToolError> + Sync,
) -> Result<Vec<R>, ToolError> {
    if count < FEWEST_IN_PARALLEL {
        return (0..count)
            .map(|index| {
                context.check()?;
                work(index)
            })
            .collect();
    }
    let done = AtomicUsize::new(0);
    (0..count)
        .into_par_iter()
        .map(|index| {
            context.check()?;
            let result = work(index)?;
            report(context, done.fetch_add(1, Ordering::Relaxed) + 1, count, doing);
            Ok(result)
        })
        .collect()
}

fn report(context: &RunContext, done: usize, count: usize, doing: &str) {
    let step = (count * PROGRESS_STEP / 100).max(1);
    if done.is_multiple_of(step) {
        context.progress((done * 100 / count) as u8, format!("{doing}: {done} of {count}"));
    }
}
