//! Inputs by URL: files, and layers of feature services, read over HTTP.
//!
//! Separate because a URL in a request makes this server ask another one on a stranger's behalf: here is the only code that
//! connects anywhere for a user, and the rules for it (specification 7.5). It runs in a worker process, blocks, and can be ended
//! at any time. It must never connect to an address that was not judged, never send a token to a server that it was not
//! given for, never put one into a message, and never read a proxy's name from the environment.
//!
//! The client speaks HTTP/1.1 itself (`head.rs`, `body.rs`): what it must do (addresses judged before they are connected to, a
//! wait that can be ended at any time, limits on every count) is what libraries do not let one do, and what it need not do is most of
//! what they do.

mod address;
mod answer;
mod body;
mod connect;
mod download;
mod error;
mod fetcher;
mod head;
mod layer;
mod remote;
mod request;
mod resolve;
mod secrets;
mod session;
mod settings;
mod target;
mod tls;
mod wait;

pub use error::FetchError;
pub use fetcher::Fetcher;
pub use layer::{Geometries, LayerQuery, ReadFeatures};
pub use resolve::Resolve;
pub use settings::{FetchSettings, HostPattern, HostPatternError, OwnServer, PrivateAddresses};
pub use target::{UrlKind, kind_of};
pub use url::Url;

/// Says whether to stop, for as long as whatever holds it is read.
pub type SharedStop = std::sync::Arc<dyn Fn() -> bool + Send + Sync>;
