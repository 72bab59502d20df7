//! What tests against the local AWS emulator share: where it is, a connection that breaks, a plain HTTP client.
//!
//! The emulator is started by `tests/aws/stack.py`; nothing here knows an SDK. A test that cannot find it fails: it never
//! passes by being skipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "support of tests: what fails here has failed the test"
)]

mod http;
mod lossy;
mod own_stack;
mod proxy;
pub mod stack;

pub use http::{Answer, get};
pub use lossy::{LossyConnection, Mishap};
pub use own_stack::OwnStack;
pub use proxy::{Call, Fault, Kept, Proxy, Wrong};

use gp_aws::Config;
use serde::Deserialize;

/// What `stack.py up` wrote about the emulator that it started, as far as the adapters are concerned.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// `http://127.0.0.1:<port>`
    pub endpoint: String,
    /// Of the account's root.
    pub access_key_id: String,
    /// Of the account's root.
    pub secret_access_key: String,
    /// The region that the emulator plays.
    pub region: String,
}

impl State {
    /// Reads the file that the variable `GP_AWS_STATE` names.
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the emulator is")]
    pub fn read() -> State {
        let Ok(path) = std::env::var("GP_AWS_STATE") else {
            panic!(
                "GP_AWS_STATE is not set: start the emulator with `python3 tests/aws/stack.py up … --state FILE` and \
                 set GP_AWS_STATE to that FILE"
            );
        };
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read GP_AWS_STATE={path}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path} is no state of stack.py: {error}"))
    }

    /// The configuration that an adapter needs to reach the emulator, at its own address or another.
    pub fn config(&self, endpoint: &str) -> Config {
        Config::read(|name| {
            let value = match name {
                "AWS_REGION" => &self.region,
                "AWS_ACCESS_KEY_ID" => &self.access_key_id,
                "AWS_SECRET_ACCESS_KEY" => &self.secret_access_key,
                "AWS_ENDPOINT_URL" => endpoint,
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap()
    }
}
