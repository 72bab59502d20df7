//! Pools of this program, and what can be seen of their workers.

use gp_core::{OutputForm, Parameters, Runner, ServiceName, TaskResult, Work, WorkError, WorkEvent};
use gp_workers::{ProcessPool, WorkerCommand};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

pub(crate) const MEMORY_LIMIT_MB: u64 = 300;

pub(crate) fn command() -> WorkerCommand {
    let program = std::env::current_exe().unwrap();
    WorkerCommand {
        program,
        args: vec!["worker".into()],
        memory_limit_mb: MEMORY_LIMIT_MB,
        machine_memory_mb: None,
    }
}

pub(crate) fn pool(workers: usize) -> ProcessPool {
    ProcessPool::new(command(), workers, None)
}

pub(crate) fn work(act: &str) -> Work {
    Work {
        files: gp_core::RunFiles::default(),
        uploads: Vec::new(),
        own_files: Vec::new(),
        service: ServiceName::new("", "Test"),
        task: "Puppet".into(),
        parameters: Parameters::from_iter([("Act", act)]),
        form: OutputForm::Stored,
        max_features: 1000,
        time_limit: Duration::from_secs(30),
        now_ms: 0,
    }
}

pub(crate) type Ran = Result<Vec<TaskResult>, WorkError>;

pub(crate) async fn run_with(
    pool: &ProcessPool,
    work: Work,
    cancelled: &Arc<AtomicBool>,
) -> (Ran, Vec<WorkEvent>) {
    let (sender, mut events) = unbounded_channel();
    let outcome = pool.run(work, sender, cancelled.clone()).await;
    let mut heard = Vec::new();
    while let Ok(event) = events.try_recv() {
        heard.push(event);
    }
    (outcome, heard)
}

pub(crate) async fn run(pool: &ProcessPool, act: &str) -> Ran {
    run_with(pool, work(act), &Arc::default()).await.0
}

pub(crate) async fn echo(pool: &ProcessPool, act: &str) -> String {
    let results = run(pool, act).await.unwrap();
    String::from_utf8(results[0].json.to_vec()).unwrap().trim_matches('"').to_owned()
}

pub(crate) async fn crash(pool: &ProcessPool, act: &str) -> String {
    match run(pool, act).await {
        Err(WorkError::Crashed(reason)) => reason,
        other => panic!("{act}: {other:?}"),
    }
}

pub(crate) async fn wait_for_the_end_of(pid: &str) {
    let started = Instant::now();
    while is_alive(pid) {
        assert!(started.elapsed() < Duration::from_secs(20), "process {pid} does not end");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Whether the process runs; one that ended and was not waited for yet (a zombie) does not.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Prints the process id of its worker, then has it compute for ever.
pub(crate) async fn middleman() {
    let pool = pool(1);
    println!("{}", echo(&pool, "pid").await);
    run(&pool, "sleep").await.unwrap();
}
