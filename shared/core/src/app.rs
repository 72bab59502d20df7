//! The application: everything that a request or a worker needs, in one place that can be shared.

use crate::{BlobStore, Catalog, JobQueue, JobStore, Meter, Runner, UploadSettings, UploadStore};
use gp_esri::ReadLimits;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Shared by every request and every worker; clones share.
#[derive(Clone)]
pub struct App {
    /// The published services.
    pub catalog: Arc<Catalog>,
    /// The record of jobs.
    pub jobs: Arc<dyn JobStore>,
    /// The queue of jobs.
    pub queue: Arc<dyn JobQueue>,
    /// Inputs and results that are too large for a record.
    pub blobs: Arc<dyn BlobStore>,
    /// Files that clients sent.
    pub uploads: Arc<dyn UploadStore>,
    /// Where jobs run.
    pub job_runner: Arc<dyn Runner>,
    /// Where an `execute` runs that is not quick.
    pub execute_runner: Arc<dyn Runner>,
    /// Where a job runs within its own `submitJob`, for services that ask for that; `None` where nothing may.
    pub submit_runner: Option<Arc<dyn Runner>>,
    /// What jobs cost; `None` where nobody pays for each.
    pub meter: Option<Arc<dyn Meter>>,
    /// What a request may carry.
    pub limits: Limits,
    /// How jobs are kept alive and ended.
    pub job_settings: JobSettings,
    /// A folder for the files of runs while they last.
    pub scratch: PathBuf,
    /// How uploads are kept.
    pub upload_settings: UploadSettings,
    /// The clock: milliseconds since 1970.
    pub now_ms: fn() -> i64,
}

/// What a request may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body, as it comes.
    pub max_body_bytes: usize,
    /// Bytes of a compressed request body, once decompressed.
    pub max_decompressed_bytes: usize,
    /// Features of one input.
    pub max_features: usize,
    /// Depth of nested JSON arrays and objects.
    pub max_json_depth: usize,
    /// Vertices of one input.
    pub max_vertices: usize,
    /// Attribute values of one input, features times fields.
    pub max_values: usize,
    /// Features of one input of an `execute`; beyond, the client is sent to the asynchronous service.
    pub max_execute_features: usize,
    /// Bytes of parameters up to which an `execute` is read in the server, to see whether it is quick.
    pub max_quick_bytes: usize,
    /// How long an `execute` waits for a free slot before the client is told to come back.
    pub execute_wait: Duration,
    /// How long an `execute` may take, whatever its service allows.
    pub max_execute_time: Duration,
    /// How long one attempt of a job may take, whatever its service allows.
    pub max_job_time: Duration,
}

/// How jobs are kept alive and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// How long a worker may be silent before somebody else may take its job.
    pub lease: Duration,
    /// How often a worker renews its lease, stores progress, and looks whether its job was cancelled.
    pub heartbeat: Duration,
    /// How often a job may be started before it fails.
    pub max_attempts: u32,
    /// Inputs of up to this many bytes are kept in the record.
    pub max_inline_input_bytes: usize,
    /// Results of up to this many bytes, as stored, are kept in the record.
    pub max_inline_result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_body_bytes: 64 << 20,
            max_decompressed_bytes: 64 << 20,
            max_features: 1_000_000,
            max_vertices: 20_000_000,
            max_values: 20_000_000,
            max_json_depth: 64,
            max_execute_features: 20_000,
            max_quick_bytes: 16 << 10,
            execute_wait: Duration::from_secs(10),
            max_execute_time: Duration::MAX,
            max_job_time: Duration::MAX,
        }
    }
}

impl Limits {
    /// What reading one input may cost.
    pub fn reading(&self) -> ReadLimits {
        ReadLimits {
            max_features: self.max_features,
            max_vertices: self.max_vertices,
            max_values: self.max_values,
            max_depth: self.max_json_depth,
            ..ReadLimits::default()
        }
    }

    /// The limits of a request that is read on a thread which other requests wait for.
    pub(crate) fn quick(self) -> Limits {
        const MOST: usize = 4_096;
        Limits { max_vertices: self.max_vertices.min(MOST), max_values: self.max_values.min(MOST), ..self }
    }
}

impl Default for JobSettings {
    fn default() -> JobSettings {
        JobSettings {
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_millis(250),
            max_attempts: 3,
            max_inline_input_bytes: 32 << 10,
            max_inline_result_bytes: 32 << 10,
        }
    }
}
