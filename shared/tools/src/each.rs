//! Work on many items, in parallel where it pays, stopping when the run must stop, and surviving an item that panics.

use gp_core::{RunContext, ToolError};
use gp_esri::FeatureSet;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Below this, starting threads costs more than it saves.
const FEWEST_IN_PARALLEL: usize = 64;
/// How often progress is reported, in percent of the work.
const PROGRESS_STEP: usize = 5;
/// How many object ids a warning names.
const NAMED_OIDS: usize = 10;

/// `work` on the numbers `0..count`, results in that order whatever the number of threads.
///
/// An item whose work panics, which is a fault of ours, has the default result, and a warning says so: one feature must
/// not cost a job of a million.
///
/// # Errors
/// The first error of `work`, or that the run was stopped.
pub(crate) fn each<R: Send + Default>(
    context: &RunContext,
    count: usize,
    doing: &str,
    work: impl Fn(usize) -> Result<R, ToolError> + Sync,
) -> Result<Vec<R>, ToolError> {
    let (done, panicked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let one = |index| {
        context.check()?;
        // What an item has half done is dropped with its result.
        let result = catch_unwind(AssertUnwindSafe(|| work(index))).unwrap_or_else(|_| {
            panicked.fetch_add(1, Ordering::Relaxed);
            Ok(R::default())
        })?;
        report(context, done.fetch_add(1, Ordering::Relaxed) + 1, count, doing);
        Ok(result)
    };
    let results: Result<Vec<R>, ToolError> = if count < FEWEST_IN_PARALLEL {
        (0..count).map(one).collect()
    } else {
        (0..count).into_par_iter().map(one).collect()
    };
    let panicked = panicked.into_inner();
    if panicked > 0 {
        context.warning(format!(
            "{doing}: {panicked} of {count} features could not be computed; this is a fault of the server, please report it"
        ));
    }
    results
}

/// Says that rows were left out, or not treated as asked, naming the first of them by their object ids. `what` goes on
/// from the number of features: `have no geometry, so they are left out`.
pub(crate) fn warn_of_rows(rows: &[usize], set: &FeatureSet, what: &str, context: &RunContext) {
    if rows.is_empty() {
        return;
    }
    let named: Vec<String> = rows.iter().take(NAMED_OIDS).map(|row| set.oid_of(*row).to_string()).collect();
    let more = if rows.len() > NAMED_OIDS { ", …" } else { "" };
    context.warning(format!("{} features {what} (object ids {}{more})", rows.len(), named.join(", ")));
}

fn report(context: &RunContext, done: usize, count: usize, doing: &str) {
    let step = (count * PROGRESS_STEP / 100).max(1);
    if count >= FEWEST_IN_PARALLEL && done.is_multiple_of(step) {
        context.progress((done * 100 / count) as u8, format!("{doing}: {done} of {count}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_an_item_that_panics_has_the_default() {
        let work = |index: usize| {
            assert_ne!(index, 7, "a fault of ours");
            Ok(index + 1)
        };
        for count in [10, 1_000] {
            let found = each(&RunContext::silent(), count, "Testing", work).unwrap();
            let expected: Vec<usize> =
                (0..count).map(|index| if index == 7 { 0 } else { index + 1 }).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let work = |index: usize| if index == 70 { Err(ToolError::Cancelled) } else { Ok(index) };
        assert_eq!(each(&RunContext::silent(), 100, "Testing", work), Err(ToolError::Cancelled));
    }
}
