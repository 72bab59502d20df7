//! Faults against the deployed stack: workers killed, services that refuse, connections that break, messages that come
//! twice, late, never or as nonsense, time and memory that run out.
//!
//! After each: every job that was acknowledged has ended, exactly once as the proxy saw it written, and its result is its
//! own. Each test has a stack of its own (`GP_AWS_TOOLS`). 40 jobs a fault, or as many as `GP_FAULT_JOBS` says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]
#![expect(clippy::print_stdout, reason = "a line a fault says what it did")]

mod at_once;
mod batch;
mod bounds;
mod killed;
mod refused;
mod rules;
