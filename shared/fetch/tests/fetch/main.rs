//! Reading from a server on this machine that answers well and badly.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may fail, and nothing here is a library")]

mod files;
mod hostile;
mod layers;
mod liars;
mod redirects;
mod remote;
mod stand_in;
mod tls;
