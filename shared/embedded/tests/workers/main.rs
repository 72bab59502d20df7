//! Worker processes: whatever a tool does ends one run, with the reason, and the pool goes on.
//!
//! The test program is its own worker: with the argument `worker` it serves the tools below. So it cannot use the
//! usual test harness; `main` speaks enough of its language for `cargo test` and `cargo nextest`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test without harness: what fails has failed the test, and names are listed on stdout"
)]

mod jobs;
mod pool;
mod puppet;
mod runs;

use gp_core::Limits;
use gp_workers::worker_main;
use jobs::*;
use pool::{MEMORY_LIMIT_MB, middleman};
use puppet::catalog;
use runs::*;
use std::process::ExitCode;

/// Lists the tests, and dispatches to one by name.
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        const TESTS: &[&str] = &[$(stringify!($name)),+];

        async fn run_test(name: &str) {
            match name {
                $(stringify!($name) => $name().await,)+
                _ => panic!("no test {name}"),
            }
        }
    };
}

tests! {
    a_worker_is_used_again,
    a_worker_has_nothing_of_the_environment_of_its_server,
    messages_and_progress_come_before_the_end,
    a_megabyte_goes_there_and_back,
    what_a_tool_prints_does_not_spoil_its_results,
    an_error_of_the_tool_or_of_a_parameter_comes_back_as_it_is,
    a_crash_ends_one_run_with_its_reason_and_the_pool_goes_on,
    a_worker_killed_from_outside_is_lost_not_crashed,
    a_worker_killed_while_it_idles_does_not_harm_the_next_run,
    a_deaf_tool_is_cancelled_and_one_that_listens_keeps_its_worker,
    a_time_limit_holds_for_a_deaf_tool_and_for_one_that_listens,
    large_parameters_that_nobody_reads_are_cancelled,
    work_that_waits_is_cancelled_at_once_or_refused_after_its_time,
    a_server_that_stops_hands_its_running_job_back_and_leaves_no_worker,
    a_job_runs_from_line_to_result,
    a_worker_ends_when_its_server_was_killed,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if arguments.first().is_some_and(|argument| argument == "worker") {
        worker_main(catalog(), Limits::default(), Default::default(), MEMORY_LIMIT_MB).unwrap();
        return ExitCode::SUCCESS;
    }
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if has("middleman") {
        runtime().block_on(middleman());
        return ExitCode::SUCCESS;
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let chosen = |name: &&&str| {
        let matches =
            |filter: &&String| if has("--exact") { filter == *name } else { name.contains(filter.as_str()) };
        !has("--ignored") && (filters.is_empty() || filters.iter().any(matches))
    };
    if has("--list") {
        let listed = if has("--ignored") { &[] } else { TESTS };
        listed.iter().for_each(|name| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    for name in TESTS.iter().filter(chosen) {
        println!("test {name} ...");
        runtime().block_on(run_test(name));
    }
    ExitCode::SUCCESS
}
