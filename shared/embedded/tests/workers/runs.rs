//! One run after the other, or several, in a pool.

use crate::pool::{
    MEMORY_LIMIT_MB, command, crash, echo, is_alive, pool, run, run_with, wait_for_the_end_of, work,
};
use gp_core::{Parameters, ToolError, Work, WorkError, WorkEvent};
use gp_workers::{ProcessPool, WorkerCommand};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) async fn a_worker_is_used_again() {
    let pool = pool(2);
    let first = echo(&pool, "pid").await;
    assert_eq!(echo(&pool, "pid").await, first);
    assert_ne!(first, std::process::id().to_string());
}

pub(crate) async fn a_worker_has_nothing_of_the_environment_of_its_server() {
    assert_eq!(echo(&pool(1), "environment").await, "RUST_BACKTRACE");
}

pub(crate) async fn messages_and_progress_come_before_the_end() {
    let (outcome, heard) = run_with(&pool(1), work("talk"), &Arc::default()).await;
    outcome.unwrap();
    assert!(
        matches!(&heard[..], [WorkEvent::Message(one), WorkEvent::Progress(half), WorkEvent::Message(two)]
        if one.text == "one" && half.percent == Some(50) && two.text == "two"),
        "{heard:?}"
    );
}

pub(crate) async fn a_megabyte_goes_there_and_back() {
    let text = "ä".repeat(3_000_000);
    assert!(echo(&pool(1), &text).await == text);
}

pub(crate) async fn what_a_tool_prints_does_not_spoil_its_results() {
    assert_eq!(echo(&pool(1), "print").await, "print");
}

pub(crate) async fn an_error_of_the_tool_or_of_a_parameter_comes_back_as_it_is() {
    let pool = pool(1);
    assert_eq!(run(&pool, "fail").await, Err(ToolError::Failed("as told".into()).into()));
    let missing = Work { parameters: Parameters::default(), ..work("") };
    let (outcome, _) = run_with(&pool, missing, &Arc::default()).await;
    assert!(outcome.unwrap_err().to_string().contains("Act"));
    assert!(matches!(run(&pool, "panic").await, Err(WorkError::Tool(ToolError::Internal(_)))));
    let unknown = Work { task: "Nothing".into(), ..work("") };
    let (outcome, _) = run_with(&pool, unknown, &Arc::default()).await;
    assert!(outcome.unwrap_err().to_string().contains("Nothing"));
}

pub(crate) async fn a_crash_ends_one_run_with_its_reason_and_the_pool_goes_on() {
    let pool = pool(1);
    for (act, reason) in [
        ("overflow", "stack overflow".to_owned()),
        ("abort", "signal 6".to_owned()),
        ("exit", "exit code 7".to_owned()),
        ("allocate", format!("out of memory: a worker may use {MEMORY_LIMIT_MB} MB")),
    ] {
        let said = crash(&pool, act).await;
        assert!(said.contains(&reason), "{act}: {said}");
        assert_eq!(echo(&pool, "still there").await, "still there");
    }
}

pub(crate) async fn a_worker_killed_from_outside_is_lost_not_crashed() {
    let pool = pool(1);
    let pid = echo(&pool, "pid").await;
    let kill = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
    };
    let (outcome, ()) = tokio::join!(run(&pool, "sleep"), kill);
    assert!(matches!(outcome, Err(WorkError::Lost(_))), "{outcome:?}");
}

pub(crate) async fn a_worker_killed_while_it_idles_does_not_harm_the_next_run() {
    let pool = pool(1);
    for _ in 0..5 {
        let pid = echo(&pool, "pid").await;
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
        wait_for_the_end_of(&pid).await;
        assert_ne!(echo(&pool, "pid").await, pid);
    }
}

pub(crate) async fn a_deaf_tool_is_cancelled_and_one_that_listens_keeps_its_worker() {
    let pool = pool(1);
    for (act, same_worker) in [("sleep", false), ("listen", true)] {
        let pid = echo(&pool, "pid").await;
        let cancelled: Arc<AtomicBool> = Arc::default();
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancelled.store(true, Ordering::Relaxed);
        };
        let ((outcome, _), ()) = tokio::join!(run_with(&pool, work(act), &cancelled), cancel);
        assert_eq!(outcome, Err(ToolError::Cancelled.into()));
        assert_eq!(echo(&pool, "pid").await == pid, same_worker, "{act}");
    }
}

pub(crate) async fn a_time_limit_holds_for_a_deaf_tool_and_for_one_that_listens() {
    let pool = pool(1);
    for act in ["sleep", "listen"] {
        let limited = Work { time_limit: Duration::from_secs(1), ..work(act) };
        let (outcome, _) = run_with(&pool, limited, &Arc::default()).await;
        assert_eq!(outcome, Err(ToolError::TimedOut { limit_s: 1 }.into()));
    }
}

pub(crate) async fn work_that_waits_is_cancelled_at_once_or_refused_after_its_time() {
    let pool = ProcessPool::new(command(), 1, Some(Duration::from_millis(300)));
    let stop: Arc<AtomicBool> = Arc::default();
    let checks = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let cancelled = Arc::new(AtomicBool::new(true));
        let (outcome, _) = run_with(&pool, work("echo"), &cancelled).await;
        assert_eq!(outcome, Err(ToolError::Cancelled.into()));
        let refused = run(&pool, "echo").await;
        assert!(matches!(&refused, Err(WorkError::Busy(what)) if what.contains("job")), "{refused:?}");
        stop.store(true, Ordering::Relaxed);
    };
    let ((outcome, _), ()) = tokio::join!(run_with(&pool, work("listen"), &stop), checks);
    assert_eq!(outcome, Err(ToolError::Cancelled.into()));
}

pub(crate) async fn large_parameters_that_nobody_reads_are_cancelled() {
    // A program that never reads: more than a pipe holds cannot be written.
    let deaf = WorkerCommand {
        program: "sleep".into(),
        args: vec!["60".into()],
        memory_limit_mb: 1,
        machine_memory_mb: None,
    };
    let pool = ProcessPool::new(deaf, 1, None);
    let cancelled: Arc<AtomicBool> = Arc::default();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancelled.store(true, Ordering::Relaxed);
    };
    let large = work(&"x".repeat(1_000_000));
    let ((outcome, _), ()) = tokio::join!(run_with(&pool, large, &cancelled), cancel);
    assert_eq!(outcome, Err(ToolError::Cancelled.into()));
}

/// A server that is killed takes its workers with it: the worker of a killed middleman ends.
pub(crate) async fn a_worker_ends_when_its_server_was_killed() {
    let program = std::env::current_exe().unwrap();
    let mut server = tokio::process::Command::new(program)
        .arg("middleman")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut lines = tokio::io::BufReader::new(server.stdout.take().unwrap());
    tokio::io::AsyncBufReadExt::read_line(&mut lines, &mut line).await.unwrap();
    assert!(is_alive(line.trim()), "the worker runs: {line}");
    server.kill().await.unwrap();
    wait_for_the_end_of(line.trim()).await;
}
