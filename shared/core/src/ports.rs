//! What the engine needs of the world: a store of jobs, a queue, a store of bytes, and somewhere to run a task.
//!
//! Every adapter passes the conformance suite in `testing`. No signature names a storage product.

use crate::{
    ByteSource, SendTo, StoredBytes, TaskResult, ToolError, UploadBytes, UploadChange, UploadError, UploadId,
    UploadItem, UploadPart,
};
use crate::{
    Cost, Job, JobId, JobStatus, Message, Parameters, Payloads, Progress, ResultInfo, ServiceName, StoreError,
};
use crate::{NamedUpload, OutputId, OwnFile, RunFiles};
use async_trait::async_trait;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// How much of a job to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobDetail {
    /// Everything but the payloads: what a poll needs.
    Status,
    /// With payloads.
    Full,
}

/// What became of [`JobStore::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The job is stored.
    New,
    /// A job with the same idempotency key was there before; nothing was stored.
    Existing {
        /// The job that was there.
        id: JobId,
        /// Whether it was submitted with the same inputs.
        same_inputs: bool,
    },
}

/// The condition of a write: it happens only while the job stands as its writer last saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// One of these.
    pub statuses: &'static [JobStatus],
    /// Of this attempt, unless any will do.
    pub attempt: Option<u32>,
}

/// A change of a job; what is `None` or empty stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobUpdate {
    /// The new status.
    pub status: Option<JobStatus>,
    /// Messages to append.
    pub messages: Vec<Message>,
    /// The new progress.
    pub progress: Option<Progress>,
    /// Until when the lease now holds, milliseconds since 1970.
    pub lease_until_ms: Option<i64>,
    /// When it ended, and when its payloads may go, milliseconds since 1970.
    pub ended: Option<(i64, i64)>,
    /// What the results are.
    pub results: Vec<ResultInfo>,
    /// The results' payloads.
    pub result_payloads: Vec<crate::Payload>,
    /// What it cost.
    pub cost: Option<Cost>,
}

/// What became of [`JobStore::update`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It was written; the job stands here now.
    Written(JobStatus),
    /// The condition did not hold, nothing was written; the job stands here, or is not there.
    Refused(Option<JobStatus>),
}

/// The durable record of jobs. Every write is atomic, and on disk when the call returns; a claim alone may be lost with
/// the machine, because its worker is lost with it.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Stores a new job. With a key, only if no job of the same service, task and key is there (`inputs_digest`
    /// decides whether it is the same request).
    async fn create(&self, job: Job, idempotency: Option<(String, [u8; 32])>) -> Result<Created, StoreError>;

    /// The job, or `None` when there never was one or its tombstone is gone. Reads what was last written.
    async fn get(&self, id: &JobId, detail: JobDetail) -> Result<Option<Job>, StoreError>;

    /// Takes the job if it is waiting, or executing with a lease that ran out: it is executing then, its attempt is
    /// one more, and its lease is `lease`. `None` when somebody else has it or it has ended. With payloads.
    async fn claim(&self, id: &JobId, now_ms: i64, lease: Duration) -> Result<Option<Job>, StoreError>;

    /// Changes the job if it is as expected and the state machine allows it.
    async fn update(&self, id: &JobId, expected: Expected, update: JobUpdate) -> Result<Updated, StoreError>;
}

/// The queue of jobs to run. A message is only an id; it may come twice, and late.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Puts the job in line.
    async fn send(&self, id: &JobId) -> Result<(), StoreError>;
}

/// The key of bytes that belong to a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BlobKey {
    /// The job's encoded parameters.
    Inputs(JobId),
    /// The result at that place of the job's outputs, of that attempt: two workers never write the same key.
    Result(JobId, u32, usize),
    /// A file that the job's attempt made, by its name.
    File(JobId, u32, String),
    /// A file that an `execute` made, by its name.
    Output(OutputId, String),
    /// A reply about the job that is too large for its carrier, named by a digest of what was asked.
    Reply(JobId, String),
}

/// What stored bytes are, for whoever reads them by a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The media type.
    pub media_type: &'static str,
    /// How they are compressed, as `Content-Encoding` names it.
    pub encoding: Option<&'static str>,
}

/// How stored bytes are to be had.
pub enum StoredFile {
    /// Piece by piece, and how many they are.
    Stream(Box<dyn ByteSource>, u64),
    /// At a URL where whoever has it can read them for a while.
    Link(String),
}

/// Bytes too large for a record.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores the bytes: all of them or nothing, on disk when the call returns. Writing the same key again replaces.
    async fn put(&self, key: &BlobKey, bytes: Bytes, content: Content) -> Result<(), StoreError>;

    /// The bytes; [`StoreError::NotFound`] when they were never stored or are gone.
    async fn get(&self, key: &BlobKey) -> Result<Bytes, StoreError>;

    /// Stores a file: all of it or nothing, on disk when the call returns. The file may be moved away.
    async fn put_file(&self, key: &BlobKey, file: &Path, content: Content) -> Result<(), StoreError>;

    /// The bytes, to be sent on without being in memory; [`StoreError::NotFound`] when they were never stored or are gone,
    /// as far as that can be told without reading them.
    async fn file(&self, key: &BlobKey) -> Result<StoredFile, StoreError>;

    /// A URL where whoever has it can read the bytes for a while; `None` when this store gives none.
    async fn link(&self, key: &BlobKey) -> Result<Option<String>, StoreError>;

    /// Where the bytes lie, if they have been stored, in a store on this machine; `None` in any other.
    fn path(&self, _key: &BlobKey) -> Option<PathBuf> {
        None
    }
}

/// Uploaded files: a record each, and bytes of any size, which are never in memory as a whole. Every write is atomic, and on
/// disk when the call returns. Items that have expired are removed by the store itself, with their bytes.
#[async_trait]
pub trait UploadStore: Send + Sync {
    /// Stores the record of a new item, whose parts have been received; its id is new.
    async fn create(&self, item: &UploadItem) -> Result<(), StoreError>;

    /// The item, or `None` when there never was one or it is gone. Reads what was last written.
    async fn get(&self, id: &UploadId) -> Result<Option<UploadItem>, StoreError>;

    /// Stores bytes under a new name beside the item, which need not be there yet. Nobody sees them until they are a part.
    ///
    /// # Errors
    /// Those of the source, and of the store; nothing is left then, or it is removed later.
    async fn receive(&self, id: &UploadId, source: &mut dyn ByteSource) -> Result<StoredBytes, UploadError>;

    /// Removes received bytes that become no part. What cannot be removed now goes when it has expired.
    async fn discard(&self, id: &UploadId, bytes: StoredBytes);

    /// Adds a part, or replaces that of the same number, unless the item is committed.
    async fn add_part(&self, id: &UploadId, part: &UploadPart) -> Result<UploadChange, StoreError>;

    /// Commits the item with these parts, if it is not committed and nobody changed it since it was read.
    async fn commit(&self, item: &UploadItem, parts: &[UploadPart]) -> Result<UploadChange, StoreError>;

    /// Removes the item, however it stands by now: whoever changes it at the same time is refused. Its bytes go then or
    /// later.
    async fn delete(&self, item: &UploadItem) -> Result<UploadChange, StoreError>;

    /// The bytes of the item's parts as one stream; [`StoreError::NotFound`] when they are gone.
    async fn read(&self, item: &UploadItem) -> Result<Box<dyn ByteSource>, StoreError>;

    /// Where the bytes are, for a program that is not the server.
    async fn locate(&self, item: &UploadItem) -> Result<UploadBytes, StoreError>;

    /// A URL where whoever has it can download the whole file for a while, with that `Content-Disposition`; `None` when this
    /// store gives none for it.
    async fn link(&self, _item: &UploadItem, _disposition: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Where a client can send so many bytes by itself, once: what has come is never replaced. `None` when this store gives
    /// no such URL.
    async fn direct(&self, _id: &UploadId, _byte_len: u64) -> Result<Option<SendTo>, StoreError> {
        Ok(None)
    }

    /// How many bytes have come to such a URL; `None` before all of them have.
    async fn arrived(&self, _id: &UploadId, _bytes: &StoredBytes) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
}

/// One run of a task, as a runner gets it.
#[derive(Clone, Debug)]
pub struct Work {
    /// The service, which decides limits and defaults.
    pub service: ServiceName,
    /// The task of that service.
    pub task: String,
    /// The request's parameters.
    pub parameters: Parameters,
    /// How its results are to be written.
    pub form: crate::OutputForm,
    /// How many features one input may have.
    pub max_features: usize,
    /// How long it may take.
    pub time_limit: Duration,
    /// When it started, milliseconds since 1970: what CURRENT_TIMESTAMP means inside.
    pub now_ms: i64,
    /// Where its files go.
    pub files: RunFiles,
    /// The uploads that its parameters name.
    pub uploads: Vec<NamedUpload>,
    /// The files of earlier runs that its parameters name.
    pub own_files: Vec<OwnFile>,
}

/// What a run says on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkEvent {
    /// A message.
    Message(Message),
    /// Progress.
    Progress(Progress),
}

/// Why a run gave no results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The tool ended with an error, or the run was stopped; trying again would end the same.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The run died of its own doing: out of memory, stack overflow, abort. Trying again would end the same.
    #[error("{0}")]
    Crashed(String),
    /// The run was lost from outside, such as a worker process that was killed. Trying again may succeed.
    #[error("{0}")]
    Lost(String),
    /// There is no room to run it now.
    #[error("{0}")]
    Busy(String),
}

/// Somewhere to run tasks. A run must end soon after `cancelled` becomes true or its time limit has passed, even
/// inside a call that cannot be interrupted.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs the work to its end. Events are sent while it runs and before this returns.
    async fn run(
        &self,
        work: Work,
        events: UnboundedSender<WorkEvent>,
        cancelled: Arc<AtomicBool>,
    ) -> Result<Vec<TaskResult>, WorkError>;
}

impl Content {
    /// Bytes that nobody reads by a link.
    pub const BINARY: Content = Content { media_type: "application/octet-stream", encoding: None };
}

impl Payloads {
    /// Payloads of a job that has only inputs.
    pub fn inputs(inputs: crate::Payload) -> Payloads {
        Payloads { inputs, results: Vec::new() }
    }
}
