//! DynamoDB, SQS and S3 behind the ports of the engine.
//!
//! Separate because nothing else may name an SDK type. It must never read the environment: the mains do, and pass
//! on what they read. Clients are made once, when a function starts.

mod app;
mod blobs;
mod change;
mod clients;
mod config;
mod dead_letters;
mod due;
mod execute_stores;
mod expression;
mod failure;
mod function;
mod inputs;
mod item;
mod jobs;
mod keys;
mod logging;
mod messages;
mod meter;
mod queue;
#[cfg(any(test, feature = "testing"))]
mod size;
#[cfg(feature = "testing")]
pub mod testing;
mod unavailable;
mod uploads;

pub use app::{Forgotten, Role, app, forgotten};
pub use blobs::S3Blobs;
pub use config::{Config, ConfigError};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use function::{Function, run_as_worker};
pub use inputs::InputRules;
pub use jobs::DynamoJobs;
pub use logging::start_log;
pub use meter::PriceList;
pub use queue::{SqsQueue, with_trace};
pub use unavailable::Unavailable;
pub use uploads::S3Uploads;

use std::sync::Arc;

/// Where jobs, their queue and their bytes are.
#[derive(Clone)]
pub struct Stores {
    /// The record of jobs; the janitor asks it more than the port has.
    pub jobs: Arc<DynamoJobs>,
    /// The queue of jobs.
    pub queue: Arc<SqsQueue>,
    /// Inputs and results.
    pub blobs: Arc<S3Blobs>,
}

impl Stores {
    /// Uploads in the same table and bucket; `max_joined_bytes` says up to which size the parts of a file are put together
    /// for a download.
    pub fn uploads(&self, max_joined_bytes: u64) -> S3Uploads {
        S3Uploads { jobs: self.jobs.clone(), blobs: self.blobs.clone(), max_joined_bytes }
    }
}

/// The storage of a deployed stack. No call is made.
///
/// # Errors
/// The table, the queue or the bucket is not configured.
pub fn stores(config: &Config) -> Result<Stores, ConfigError> {
    let (table, url, bucket) = (config.table()?, config.queue_url()?, config.bucket()?);
    let http = clients::http();
    Ok(Stores {
        jobs: Arc::new(DynamoJobs { client: clients::dynamodb(config, &http), table }),
        queue: Arc::new(SqsQueue { client: clients::sqs(config, &http), url }),
        blobs: Arc::new(S3Blobs { client: clients::s3(config, &http), bucket }),
    })
}
