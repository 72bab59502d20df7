//! Work on many items, in parallel where it pays, stopping when the run must stop, and surviving an item that panics.

use gp_core::{RunContext, ToolError};
use gp_esri::FeatureSet;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Below this, starting threads costs more than it saves.
const FEWEST_IN_PARALLEL: usize = 64;
/// Fewer items than this are done before anybody asks how far they are.
const FEWEST_REPORTED: usize = 20;
/// How often progress is reported, in percent of the work.
const PROGRESS_STEP: usize = 5;
/// How many features a warning names.
const NAMED_ROWS: usize = 10;

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
    each_from(FEWEST_IN_PARALLEL, context, count, doing, work)
}

/// [`each`], in parallel from so many items on.
fn each_from<R: Send + Default>(
    fewest_in_parallel: usize,
    context: &RunContext,
    count: usize,
    doing: &str,
    work: impl Fn(usize) -> Result<R, ToolError> + Sync,
) -> Result<Vec<R>, ToolError> {
    let (done, panics) = (AtomicUsize::new(0), Panics::default());
    let one = |index| {
        context.check()?;
        let result = panics.guard(index, || work(index)).unwrap_or_else(|| Ok(R::default()))?;
        report(context, done.fetch_add(1, Ordering::Relaxed) + 1, count, doing);
        Ok(result)
    };
    let results: Result<Vec<R>, ToolError> = if count < fewest_in_parallel {
        (0..count).map(one).collect()
    } else {
        (0..count).into_par_iter().map(one).collect()
    };
    panics.warn(context, count, doing);
    results
}

/// The items whose work panicked.
#[derive(Default)]
struct Panics(Mutex<Vec<usize>>);

impl Panics {
    /// What `work` gives; `None` when it panics. What it has half done is dropped with its result.
    fn guard<R>(&self, index: usize, work: impl FnOnce() -> R) -> Option<R> {
        let result = catch_unwind(AssertUnwindSafe(work)).ok();
        if result.is_none() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(index);
        }
        result
    }

    /// Says which items are missing, by their numbers in the order of the input.
    fn warn(self, context: &RunContext, count: usize, doing: &str) {
        let mut items = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if items.is_empty() {
            return;
        }
        items.sort_unstable();
        let named = names(&items, |item| (item + 1).to_string());
        context.warning(format!(
            "{doing}: {} of {count} features could not be computed (in the order of the input number {named}); this is a fault of the server, please report it",
            items.len()
        ));
    }
}

/// The first of some rows, as a warning names them.
fn names(rows: &[usize], name: impl Fn(usize) -> String) -> String {
    let named: Vec<String> = rows.iter().take(NAMED_ROWS).map(|row| name(*row)).collect();
    format!("{}{}", named.join(", "), if rows.len() > NAMED_ROWS { ", …" } else { "" })
}

/// Lists of row numbers, one for each of many items, in one piece of memory.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Lists {
    /// Where each list ends.
    ends: Vec<usize>,
    rows: Vec<u32>,
}

impl Lists {
    /// Lists out of pairs of an item and a row; each list in the order of the pairs.
    pub(crate) fn from_pairs(count: usize, pairs: &[(u32, u32)]) -> Lists {
        let mut next = vec![0_usize; count + 1];
        for (item, _) in pairs {
            next[*item as usize + 1] += 1;
        }
        for item in 0..count {
            next[item + 1] += next[item];
        }
        let mut rows = vec![0; pairs.len()];
        for (item, row) in pairs {
            let slot = &mut next[*item as usize];
            rows[*slot] = *row;
            *slot += 1;
        }
        // Every start has moved to the end of its list.
        next.truncate(count);
        Lists { ends: next, rows }
    }

    /// The list of an item.
    pub(crate) fn of(&self, item: usize) -> &[u32] {
        let start = if item == 0 { 0 } else { self.ends[item - 1] };
        &self.rows[start..self.ends[item]]
    }

    /// All lists, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.ends.len()).map(|item| self.of(item))
    }
}

/// [`each`] for work that gives a list of row numbers: `work` adds those of an item to a list.
///
/// # Errors
/// As [`each`].
pub(crate) fn each_list(
    context: &RunContext,
    count: usize,
    doing: &str,
    work: impl Fn(usize, &mut Vec<u32>) -> Result<(), ToolError> + Sync,
) -> Result<Lists, ToolError> {
    let panics = Panics::default();
    let runs = each_from(FEWEST_RUNS_IN_PARALLEL, context, count.div_ceil(ITEMS_IN_RUN), doing, |run| {
        let mut lists = Lists::default();
        for item in run * ITEMS_IN_RUN..((run + 1) * ITEMS_IN_RUN).min(count) {
            let start = lists.rows.len();
            // As in `each`, but within the run: an item that panics has an empty list.
            match panics.guard(item, || work(item, &mut lists.rows)) {
                Some(result) => result?,
                None => lists.rows.truncate(start),
            }
            lists.ends.push(lists.rows.len());
        }
        Ok(lists)
    })?;
    panics.warn(context, count, doing);
    let mut all = Lists {
        ends: Vec::with_capacity(count),
        rows: Vec::with_capacity(runs.iter().map(|run| run.rows.len()).sum()),
    };
    for run in runs {
        let before = all.rows.len();
        all.ends.extend(run.ends.iter().map(|end| before + end));
        all.rows.extend(run.rows);
    }
    Ok(all)
}

/// Items that share a list while they are worked on: so many that an item costs no allocation, so few that threads and
/// cancels do not wait.
const ITEMS_IN_RUN: usize = 256;
/// A run holds many items: a few of them pay for threads.
const FEWEST_RUNS_IN_PARALLEL: usize = 4;

/// Says that rows were left out, or not treated as asked, naming the first of them by their object ids. `what` goes on
/// from the number of features: `have no geometry, so they are left out`.
pub(crate) fn warn_of_rows(rows: &[usize], set: &FeatureSet, what: &str, context: &RunContext) {
    if rows.is_empty() {
        return;
    }
    let named = names(rows, |row| set.oid_of(row).to_string());
    context.warning(format!("{} features {what} (object ids {named})", rows.len()));
}

/// Counts the steps of work that is done elsewhere, or row by row in order, and tells how far it is.
pub(crate) struct Meter<'a> {
    context: &'a RunContext,
    count: usize,
    doing: &'static str,
    done: AtomicUsize,
}

impl<'a> Meter<'a> {
    /// Of work in so many steps.
    pub(crate) fn new(context: &'a RunContext, count: usize, doing: &'static str) -> Meter<'a> {
        Meter { context, count, doing, done: AtomicUsize::new(0) }
    }

    /// Before the next step.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn step(&self) -> Result<(), ToolError> {
        self.context.check()?;
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        report(self.context, done.min(self.count), self.count, self.doing);
        Ok(())
    }
}

fn report(context: &RunContext, done: usize, count: usize, doing: &str) {
    let step = (count * PROGRESS_STEP / 100).max(1);
    if count >= FEWEST_REPORTED && done.is_multiple_of(step) {
        let percent = done * 100 / count;
        context.progress(percent as u8, format!("{doing}: {percent} %"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::{Environment, Message, Observer, Progress};
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<String>>>);

    impl Observer for Heard {
        fn message(&self, message: Message) {
            self.0.lock().unwrap().push(message.text);
        }
        fn progress(&self, _: Progress) {}
    }

    #[test]
    fn one_warning_names_all_items_that_panic() {
        let heard = Heard::default();
        let context = RunContext::new(Environment::default(), Box::new(heard.clone()), Arc::default(), None);
        each(&context, 500, "Cutting", |index| {
            assert_ne!(index % 200, 7, "a fault of ours");
            Ok(())
        })
        .unwrap();
        each_list(&context, 5_000, "Joining", |index, _| {
            assert_ne!(index % 100, 7, "a fault of ours");
            Ok(())
        })
        .unwrap();
        let texts = heard.0.lock().unwrap();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains(
            "3 of 500 features could not be computed (in the order of the input number 8, 208, 408);"
        ));
        assert!(texts[1].contains("50 of 5000 features"));
        assert!(texts[1].contains("number 8, 108, 208, 308, 408, 508, 608, 708, 808, 908, …);"));
    }

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
    fn lists_come_in_order_however_they_are_made() {
        let work = |item: usize, list: &mut Vec<u32>| {
            list.extend(0..item as u32 % 4);
            assert_ne!(item, 700, "a fault of ours");
            Ok(())
        };
        let lists = each_list(&RunContext::silent(), 1_000, "Testing", work).unwrap();
        let pairs: Vec<(u32, u32)> = (0..1_000_u32)
            .filter(|item| *item != 700)
            .flat_map(|item| (0..item % 4).map(move |row| (item, row)))
            .collect();
        assert_eq!(lists, Lists::from_pairs(1_000, &pairs));
        assert_eq!((lists.of(0), lists.of(7), lists.of(700)), (&[][..], &[0, 1, 2][..], &[][..]));
        assert_eq!(lists.iter().count(), 1_000);
    }

    #[test]
    fn an_error_ends_the_work() {
        let work = |index: usize| if index == 70 { Err(ToolError::Cancelled) } else { Ok(index) };
        assert_eq!(each(&RunContext::silent(), 100, "Testing", work), Err(ToolError::Cancelled));
    }
}
