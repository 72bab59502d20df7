//! The deployed stack, driven as its users do, and looked at as its operator would. Files by subject.
//!
//! They need `GP_AWS_STATE`, the state of a stack that `stack.py up` deployed. Rights and the routes of the template are
//! shown in `tests/aws/emulator`, what happens when AWS fails in `tests/faults`.

mod bodies;
mod cancel;
mod files;
mod forgotten;
mod jobs;
mod large;
mod logs;
mod requests;
mod uploads;

/// Tasks that several files use.
mod tasks {
    /// Buffers as jobs.
    pub(crate) const BUFFER: &str = "AnalysisJobs/GPServer/Buffer";
    /// Features back as they are, as jobs.
    pub(crate) const SELECT: &str = "AnalysisJobs/GPServer/Select";
    /// A job of as many seconds as it is told.
    pub(crate) const SLOW_COUNT: &str = "Samples/TaskJobs/GPServer/SlowCount";
    /// A job that fails as it is told.
    pub(crate) const FAIL: &str = "Samples/TaskJobs/GPServer/Fail";
}
