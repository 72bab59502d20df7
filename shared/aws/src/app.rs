//! The application as each function sees it: the same ports, and only what it has a right to.

use crate::execute_stores::ExecuteStores;
use crate::{
    Config, ConfigError, DeadLetters, DynamoJobs, Function, PriceList, Unavailable, clients, stores,
};
use async_trait::async_trait;
use gp_core::{
    App, BlobStore, Catalog, JobQueue, JobStore, Meter, Runner, TaskResult, ToolError, UploadStore, Work,
    WorkError, WorkEvent,
};
use gp_workers::ProcessPool;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Which function this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything but `execute`: it reads and writes jobs, and computes nothing.
    Api,
    /// `execute` alone: it computes, and has a right to uploads only.
    Execute,
    /// Runs jobs.
    Worker,
    /// Looks after forgotten jobs.
    Janitor,
}

/// Longest wait for the one worker process of a function, which takes one request at a time.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The application of a function. Call it once, inside of the runtime.
///
/// # Errors
/// A variable of the environment is missing or wrong.
pub fn app(
    variable: impl Fn(&str) -> Option<String>,
    function: &Function,
    role: Role,
    catalog: Arc<Catalog>,
) -> Result<App, ConfigError> {
    let upload_settings = function.upload_settings();
    type Ports = (Arc<dyn JobStore>, Arc<dyn JobQueue>, Arc<dyn BlobStore>, Arc<dyn UploadStore>);
    let (jobs, queue, blobs, uploads): Ports = match role {
        Role::Execute => {
            let stores = Arc::new(ExecuteStores::new(Config::read(&variable)?)?);
            (Arc::new(Unavailable), Arc::new(Unavailable), stores.clone(), stores)
        }
        Role::Api | Role::Worker | Role::Janitor => {
            let config = Config::read(&variable)?;
            let stores = stores(&if role == Role::Api { config.hurried() } else { config })?;
            let uploads = Arc::new(stores.uploads(upload_settings.max_whole_bytes));
            (stores.jobs, stores.queue, stores.blobs, uploads)
        }
    };
    let runs_on_submit = role == Role::Api && variable("GP_RUN_ON_SUBMIT").as_deref() == Some("true");
    let runs_jobs = role == Role::Worker || runs_on_submit;
    let computes = role == Role::Execute || runs_jobs;
    let runner: Arc<dyn Runner> = if computes {
        let command = function.worker_command().map_err(|error| ConfigError::Invalid {
            variable: "the program's own path",
            reason: error.to_string(),
        })?;
        Arc::new(ProcessPool::new(command, 1, Some(MAX_WAIT)))
    } else {
        Arc::new(NotHere)
    };
    // A request that is quick elsewhere is refused as well where nothing is computed.
    let mut limits = function.limits();
    if role == Role::Api {
        limits.max_quick_bytes = 0;
    }
    Ok(App {
        catalog,
        jobs,
        queue,
        blobs,
        uploads,
        job_runner: runner.clone(),
        execute_runner: if role == Role::Execute { runner.clone() } else { Arc::new(NotHere) },
        submit_runner: runs_on_submit.then_some(runner),
        meter: runs_jobs.then(|| Arc::new(PriceList::new(function)) as Arc<dyn Meter>),
        limits,
        job_settings: function.job_settings(),
        scratch: PathBuf::from("/tmp"),
        upload_settings,
        now_ms,
    })
}

/// What the janitor asks beyond the ports.
pub struct Forgotten {
    /// The table.
    pub jobs: DynamoJobs,
    /// The messages that SQS gave up on.
    pub dead_letters: DeadLetters,
}

/// What only the janitor sees.
///
/// # Errors
/// A variable of the environment is missing or wrong.
pub fn forgotten(variable: impl Fn(&str) -> Option<String>) -> Result<Forgotten, ConfigError> {
    let config = Config::read(variable)?;
    let (table, url) = (config.table()?, config.dead_letter_queue_url()?);
    let http = clients::http();
    Ok(Forgotten {
        jobs: DynamoJobs { client: clients::dynamodb(&config, &http), table },
        dead_letters: DeadLetters { client: clients::sqs(&config, &http), url },
    })
}

/// The clock: milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this adapter is where the clock is read")]
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// Where nothing is computed: the routes lead every `execute` in its usual spelling to another function.
struct NotHere;

#[async_trait]
impl Runner for NotHere {
    async fn run(
        &self,
        _: Work,
        _: UnboundedSender<WorkEvent>,
        _: Arc<AtomicBool>,
    ) -> Result<Vec<TaskResult>, WorkError> {
        let text = "nothing is computed at this URL: end it with exactly /execute, in lower case and without a slash";
        Err(ToolError::Failed(text.to_owned()).into())
    }
}
