//! The servers that the tests read from, and what they are read with.

pub mod feature_server;
mod web_server;

use gp_esri::DataReference;
use gp_fetch::{FetchSettings, Fetcher, PrivateAddresses};
use std::time::Duration;
pub use web_server::*;

impl Server {
    pub fn reference(&self, path: &str) -> DataReference {
        reference(&self.url(path))
    }
}

pub fn reference(url: &str) -> DataReference {
    DataReference { url: url.to_owned(), ..DataReference::default() }
}

/// Short limits, and this machine may be read from.
pub fn settings() -> FetchSettings {
    FetchSettings {
        private_addresses: PrivateAddresses::Allowed,
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        retry_pause: Duration::from_millis(1),
        max_retry_pause: Duration::from_millis(20),
        ..FetchSettings::default()
    }
}

/// The same, for servers that are silent.
pub fn impatient() -> FetchSettings {
    FetchSettings { read_timeout: Duration::from_millis(300), ..settings() }
}

pub fn fetcher() -> Fetcher {
    Fetcher::new(settings())
}

pub fn never() -> bool {
    false
}
