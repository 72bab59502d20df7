//! Worker processes: children of the same binary that run tasks, so that whatever a tool does ends one run and never
//! the server.
//!
//! A geometry call cannot be interrupted from inside, and a stack overflow, an abort or running out of memory takes
//! the whole process with it; so cancelling, time limits and crashes are dealt with by killing a child.
//!
//! Separate because every server needs them: the one on one machine, and each Lambda function that runs tools. It must
//! never know where jobs are kept.
//!
//! `pool.rs` lends children out; `child.rs` is one child as the server sees it; `main_loop.rs` is what runs inside it;
//! `frames.rs` is what they say to each other; `pace.rs` is how long they take lately; `death.rs` tells people why a child
//! died; `panics.rs` keeps what users sent out of the log.

mod child;
mod death;
mod frames;
mod main_loop;
mod pace;
mod panics;
mod pool;
mod sources;

pub use main_loop::{WorkerMainError, worker_main};
pub use panics::hide_panic_payloads;
pub use pool::{ProcessPool, WorkerCommand};
