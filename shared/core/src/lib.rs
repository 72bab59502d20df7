//! The engine: what a tool is, what a task, a service and a job are, and how one is run.
//!
//! Separate because everything that runs a tool (the REST face, a worker process, a Lambda function) must run it the
//! same way. It must never know AWS, HTTP or a concrete tool: storage and queues are ports (`ports.rs`), tools arrive
//! in a [`Catalog`].

extern crate self as gp_core;

mod app;
mod attempt;
mod cancel;
mod context;
mod cost;
mod environment;
mod error;
mod execute;
mod extent_filter;
mod feature_file;
mod files;
mod idempotency;
mod inputs;
mod job;
mod message;
mod named;
mod notice;
mod parameter;
mod parameters;
mod parse;
mod payload;
mod ports;
mod render;
mod run_job;
mod run_task;
mod service;
mod service_file;
mod sources;
mod submit;
mod tend;
#[cfg(feature = "testing")]
pub mod testing;
mod tool;
mod uploads;
mod value;

pub use app::{App, JobSettings, Limits};
pub use cancel::{CancelError, cancel_job};
pub use context::{Observer, Progress, RunContext, RunFiles, Silent};
pub use cost::{Cost, JobUsage, Meter};
pub use environment::{Environment, read_flag, read_sr};
pub use error::{RequestError, StoreError, ToolError};
pub use execute::{Executed, StopOnDrop, execute, submit_instead};
pub use extent_filter::within_one_turn;
pub use feature_file::{FeatureFile, write_feature_file};
pub use files::{
    OutputId, OwnFile, content_of, job_file_key, jobs_directory, output_directory, own_place, path_segment,
    segment_text, without_escapes,
};
pub use gp_derive::{Choices, Inputs, Outputs};
pub use inputs::{Inputs, Outputs, ParameterType, ParameterValues};
pub use job::{BodySize, Job, JobId, JobStatus, Lease, Payload, Payloads, ResultInfo};
pub use message::{Message, MessageLevel, timestamp_text};
pub use parameter::{DataType, Direction, Filter, Parameter, ParameterInfo, Requirement};
pub use parameters::Parameters;
pub use parse::{Reading, has_open_url, is_web_url, parse_parameter, parse_values};
pub use payload::{StoredResult, gzip, job_inputs, job_result, job_result_link, write_result};
pub use ports::{
    BlobKey, BlobStore, Content, Created, Expected, JobDetail, JobQueue, JobStore, JobUpdate, Runner,
    StoredFile, Updated, UploadStore, Work, WorkError, WorkEvent,
};
pub use render::{RenderOptions, is_as_stored, render_result, render_value};
pub use run_job::run_job;
pub use run_task::{OutputForm, TaskResult, read_request, run_task};
pub use service::{Catalog, ExecutionType, LayerPlace, PublishedTask, Service, ServiceName, StoredLayer};
pub use service_file::{ServiceFileError, read_service};
pub use sources::{InputSource, NoSource, SourceError, SourceFeatures, Wanted, WantedKind};
pub use submit::{Submission, SubmitError, submit_job};
pub use tend::{Tended, bury_job, tend_job};
pub use tool::{Published, Task, Tool};
pub use uploads::{
    ByteSource, DirectUpload, NamedUpload, SendTo, StoredBytes, UploadBytes, UploadChange, UploadError,
    UploadId, UploadItem, UploadLimits, UploadPart, UploadSettings, add_upload_part, check_upload_name,
    commit_upload, create_upload, delete_upload, direct_upload, find_upload, new_upload_id, open_for_parts,
    read_upload, receive_upload, register_upload, upload_limits,
};
pub use value::{
    BareEnvelope, Composite, CoordinateSystem, DataFile, Date, HiddenString, RasterData, RasterDataLayer,
    RecordSet, SqlExpression, Value, ValueTable,
};
