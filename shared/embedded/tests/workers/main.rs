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

mod puppet;

use gp_core::testing::new_job;
use gp_core::{
    App, JobDetail, JobSettings, JobStatus, Limits, OutputForm, Parameters, Runner, ServiceName, TaskResult,
    ToolError, Work, WorkError, WorkEvent,
};
use gp_embedded::{Concurrency, Data, Drain, ProcessPool, Sweeper, WorkerCommand, worker_main};
use puppet::catalog;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

const MEMORY_LIMIT_MB: u64 = 300;

fn command() -> WorkerCommand {
    let program = std::env::current_exe().unwrap();
    WorkerCommand { program, args: vec!["worker".into()], memory_limit_mb: MEMORY_LIMIT_MB }
}

fn pool(workers: usize) -> ProcessPool {
    ProcessPool::new(command(), workers, None)
}

fn work(act: &str) -> Work {
    Work {
        service: ServiceName::new("", "Test"),
        task: "Puppet".into(),
        parameters: Parameters::from_iter([("Act", act)]),
        form: OutputForm::Stored,
        max_features: 1000,
        time_limit: Duration::from_secs(30),
        now_ms: 0,
    }
}

type Ran = Result<Vec<TaskResult>, WorkError>;

async fn run_with(pool: &ProcessPool, work: Work, cancelled: &Arc<AtomicBool>) -> (Ran, Vec<WorkEvent>) {
    let (sender, mut events) = unbounded_channel();
    let outcome = pool.run(work, sender, cancelled.clone()).await;
    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        heard.push(event);
    }
    (outcome, heard)
}

async fn run(pool: &ProcessPool, act: &str) -> Ran {
    run_with(pool, work(act), &Arc::default()).await.0
}

async fn echo(pool: &ProcessPool, act: &str) -> String {
    let results = run(pool, act).await.unwrap();
    String::from_utf8(results[0].json.clone()).unwrap().trim_matches('"').to_owned()
}

async fn crash(pool: &ProcessPool, act: &str) -> String {
    match run(pool, act).await {
        Err(WorkError::Crashed(reason)) => reason,
        other => panic!("{act}: {other:?}"),
    }
}

async fn a_worker_is_used_again() {
    let pool = pool(2);
    let first = echo(&pool, "pid").await;
    assert_eq!(echo(&pool, "pid").await, first);
    assert_ne!(first, std::process::id().to_string());
}

async fn messages_and_progress_come_before_the_end() {
    let (outcome, heard) = run_with(&pool(1), work("talk"), &Arc::default()).await;
    outcome.unwrap();
    assert!(
        matches!(&heard[..], [WorkEvent::Message(one), WorkEvent::Progress(half), WorkEvent::Message(two)]
        if one.text == "one" && half.percent == Some(50) && two.text == "two"),
        "{heard:?}"
    );
}

async fn a_megabyte_goes_there_and_back() {
    let text = "ä".repeat(3_000_000);
    assert!(echo(&pool(1), &text).await == text);
}

async fn what_a_tool_prints_does_not_spoil_its_results() {
    assert_eq!(echo(&pool(1), "print").await, "print");
}

async fn an_error_of_the_tool_or_of_a_parameter_comes_back_as_it_is() {
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

async fn a_crash_ends_one_run_with_its_reason_and_the_pool_goes_on() {
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

async fn a_worker_killed_from_outside_is_lost_not_crashed() {
    let pool = pool(1);
    let pid = echo(&pool, "pid").await;
    let kill = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
    };
    let (outcome, ()) = tokio::join!(run(&pool, "sleep"), kill);
    assert!(matches!(outcome, Err(WorkError::Lost(_))), "{outcome:?}");
}

async fn a_worker_killed_while_it_idles_does_not_harm_the_next_run() {
    let pool = pool(1);
    for _ in 0..5 {
        let pid = echo(&pool, "pid").await;
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
        wait_for_the_end_of(&pid).await;
        assert_ne!(echo(&pool, "pid").await, pid);
    }
}

async fn a_deaf_tool_is_cancelled_within_a_second_and_one_that_listens_keeps_its_worker() {
    let pool = pool(1);
    for (act, same_worker) in [("sleep", false), ("listen", true)] {
        let pid = echo(&pool, "pid").await;
        let cancelled: Arc<AtomicBool> = Arc::default();
        let mut at = Instant::now();
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            at = Instant::now();
            cancelled.store(true, Ordering::Relaxed);
        };
        let ((outcome, _), ()) = tokio::join!(run_with(&pool, work(act), &cancelled), cancel);
        assert_eq!(outcome, Err(ToolError::Cancelled.into()));
        assert!(at.elapsed() < Duration::from_secs(1), "{act}: {:?}", at.elapsed());
        assert_eq!(echo(&pool, "pid").await == pid, same_worker, "{act}");
    }
}

async fn a_time_limit_holds_for_a_deaf_tool_and_for_one_that_listens() {
    let pool = pool(1);
    for act in ["sleep", "listen"] {
        let started = Instant::now();
        let limited = Work { time_limit: Duration::from_secs(1), ..work(act) };
        let (outcome, _) = run_with(&pool, limited, &Arc::default()).await;
        assert_eq!(outcome, Err(ToolError::TimedOut { limit_s: 1 }.into()));
        assert!(started.elapsed() < Duration::from_secs(2), "{act}: {:?}", started.elapsed());
    }
}

async fn work_that_waits_is_cancelled_at_once_or_refused_after_its_time() {
    let pool = ProcessPool::new(command(), 1, Some(Duration::from_millis(300)));
    let stop: Arc<AtomicBool> = Arc::default();
    let checks = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let cancelled = Arc::new(AtomicBool::new(true));
        let started = Instant::now();
        let (outcome, _) = run_with(&pool, work("echo"), &cancelled).await;
        assert_eq!(outcome, Err(ToolError::Cancelled.into()));
        assert!(started.elapsed() < Duration::from_millis(100));
        let refused = run(&pool, "echo").await;
        assert!(matches!(&refused, Err(WorkError::Busy(what)) if what.contains("job")), "{refused:?}");
        stop.store(true, Ordering::Relaxed);
    };
    let ((outcome, _), ()) = tokio::join!(run_with(&pool, work("listen"), &stop), checks);
    assert_eq!(outcome, Err(ToolError::Cancelled.into()));
}

async fn a_server_that_stops_hands_its_running_job_back_and_leaves_no_worker() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, _sweeper) = app(folder.path()).await;
    let id = submit(&app, "sleep").await;
    let started = Instant::now();
    let until_it_runs = async {
        while app.jobs.get(&id, JobDetail::Status).await.unwrap().unwrap().status != JobStatus::Executing {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    drain.run(until_it_runs).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let job = app.jobs.claim(&id, 0, Duration::from_secs(1)).await.unwrap().unwrap();
    assert_eq!(job.lease.attempt, 1, "a clean stop does not count as an attempt");
}

async fn a_job_runs_from_line_to_result() {
    let folder = tempfile::tempdir().unwrap();
    let (app, drain, _sweeper) = app(folder.path()).await;
    let good = submit(&app, "hello").await;
    let bad = submit(&app, "overflow").await;
    let ended = async {
        for id in [&good, &bad] {
            while !app.jobs.get(id, JobDetail::Status).await.unwrap().unwrap().status.is_terminal() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };
    drain.run(ended).await;
    let job = app.jobs.get(&good, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Succeeded, "{:?}", job.messages);
    assert_eq!(gp_core::job_result(&app, &job, 0).await.unwrap(), "\"hello\"");
    let job = app.jobs.get(&bad, JobDetail::Full).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.messages.iter().any(|message| message.text.contains("stack overflow")), "{:?}", job.messages);
}

/// A server that is killed takes its workers with it: the worker of a killed middleman ends.
async fn a_worker_ends_when_its_server_was_killed() {
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

async fn wait_for_the_end_of(pid: &str) {
    let started = Instant::now();
    while is_alive(pid) {
        assert!(started.elapsed() < Duration::from_secs(2), "process {pid} does not end");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Whether the process runs; one that ended and was not waited for yet (a zombie) does not.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Prints the process id of its worker, then has it compute for ever.
async fn middleman() {
    let pool = pool(1);
    println!("{}", echo(&pool, "pid").await);
    run(&pool, "sleep").await.unwrap();
}

async fn app(folder: &std::path::Path) -> (App, Drain, Sweeper) {
    let data = Data::open(folder).unwrap();
    let concurrency = Concurrency::for_processors(2);
    data.app(catalog(), Limits::default(), JobSettings::default(), command(), concurrency).await.unwrap()
}

async fn submit(app: &App, act: &str) -> gp_core::JobId {
    let inputs = gp_core::Payload::Inline(Parameters::from_iter([("Act", act)]).encode().into());
    let mut job = new_job();
    job.service = ServiceName::new("", "Test");
    job.task = "Puppet".into();
    job.payloads = Some(gp_core::Payloads::inputs(inputs));
    app.jobs.create(job.clone(), None).await.unwrap();
    app.queue.send(&job.id).await.unwrap();
    job.id
}

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
    messages_and_progress_come_before_the_end,
    a_megabyte_goes_there_and_back,
    what_a_tool_prints_does_not_spoil_its_results,
    an_error_of_the_tool_or_of_a_parameter_comes_back_as_it_is,
    a_crash_ends_one_run_with_its_reason_and_the_pool_goes_on,
    a_worker_killed_from_outside_is_lost_not_crashed,
    a_worker_killed_while_it_idles_does_not_harm_the_next_run,
    a_deaf_tool_is_cancelled_within_a_second_and_one_that_listens_keeps_its_worker,
    a_time_limit_holds_for_a_deaf_tool_and_for_one_that_listens,
    work_that_waits_is_cancelled_at_once_or_refused_after_its_time,
    a_server_that_stops_hands_its_running_job_back_and_leaves_no_worker,
    a_job_runs_from_line_to_result,
    a_worker_ends_when_its_server_was_killed,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if arguments.first().is_some_and(|argument| argument == "worker") {
        worker_main(catalog(), Limits::default(), MEMORY_LIMIT_MB).unwrap();
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
