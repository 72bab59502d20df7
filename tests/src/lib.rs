//! What whole-system tests share: a server process, a client that shows the wire, jobs, scenarios, features.
//!
//! A panic here is a failed test, so failures are not passed on as values.
#![expect(clippy::panic, reason = "test support: a panic is a failed test")]

pub mod client;
pub mod expectation;
pub mod features;
pub mod job;
pub mod repository_files;
pub mod scenario;
pub mod server;
pub mod site;

pub use client::{Client, Reply};
pub use job::Job;
pub use repository_files::{RepositoryFiles, run_files};
pub use server::Server;
pub use site::Site;

/// The folder of the repository.
pub fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
