//! Durable storage for one machine: SQLite and files in one data folder, and the loop that runs the jobs in it.
//!
//! Separate because it is one of two sets of adapters behind the ports of `gp-core` (the other one is AWS). It must
//! never know HTTP or a concrete tool.
//!
//! A data folder holds `lock` (held while a server runs), `jobs.sqlite` with its write-ahead log (`schema.rs`),
//! `blobs/` (`blobs.rs`) and `uploads/` (`uploads.rs`). The parts:
//!
//! | file | what |
//! |---|---|
//! | `data.rs` | opens the folder, builds the [`gp_core::App`] |
//! | `schema.rs` | the tables, and why they are as they are |
//! | `writer.rs` | one thread writes, many writes share one fsync |
//! | `readers.rs` | connections that only read |
//! | `jobs.rs`, `rows.rs` | the job store |
//! | `uploads.rs` and below | uploaded files |
//! | `queue.rs`, `drain.rs` | the line of waiting jobs, and the loop that runs them |
//! | `stream.rs` | files sent a piece at a time |
//! | `recovery.rs`, `sweep.rs` | jobs that a crash left behind; what has expired |

mod blobs;
mod data;
mod drain;
mod jobs;
mod queue;
mod readers;
mod recovery;
mod rows;
mod schema;
mod stream;
mod sweep;
mod uploads;
mod writer;

pub use blobs::FileBlobs;
pub use data::{Concurrency, Data, OpenError, now_ms};
pub use drain::Drain;
pub use jobs::SqliteJobs;
pub use queue::{LineOfJobs, WaitingJobs};
pub use sweep::{Sweeper, Swept};
pub use uploads::FileUploads;
