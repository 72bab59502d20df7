//! The REST face in process: no socket, an in-memory store, toy tools. Files mirror the URL tree; snapshots hold whole
//! replies as people read them (`f=pjson`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod common;

mod carry;
mod catalog;
mod cors;
mod execute;
mod formats;
mod info;
mod input;
mod job;
mod never_panics;
mod request;
mod response;
mod result;
mod service;
mod submit_job;
mod task;
mod trace;
mod upload;
