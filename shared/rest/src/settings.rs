//! What the operator of a server decides about its REST face.

/// How the REST face presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestSettings {
    /// The one path segment before `/rest`. Clients derive the site's root from it, so it is never empty and never
    /// holds a slash (specification 0, rule 12).
    pub context: String,
    /// Scheme, host and port as clients see them, such as `https://gis.example.org`; `None` takes them from the request.
    pub public_url: Option<String>,
    /// Origins whose pages may send credentials; they get their own name back instead of `*`.
    pub credentialed_origins: Vec<String>,
    /// Which pages may use the server.
    pub origins: Origins,
    /// The version that clients adapt to.
    pub version: Version,
    /// Parameters of one request, repeated names counted each.
    pub max_parameters: usize,
    /// Bytes that all request bodies may hold together, from their arrival to their replies; the small ones do not count.
    /// A request beyond waits some seconds, then its client is told that the server is busy.
    pub max_total_body_bytes: usize,
    /// Bytes of a reply's body that whatever carries replies takes, as it travels: base64 where it is compressed or no
    /// text, else with JSON's escapes. `None` where there is no such limit. Larger replies about a job are stored, and
    /// the client is sent there.
    pub max_reply_bytes: Option<usize>,
    /// Bytes of results that are changed on their way at once (`outSR`, other formats, z and m left out): that takes memory. More
    /// of them wait for each other, and one alone beyond this is refused. See [`RestSettings::changed_bytes_within`].
    pub max_changed_bytes: u64,
}

/// Which pages may use the server from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Every page, without credentials.
    Any,
    /// Only pages of [`RestSettings::credentialed_origins`].
    Listed,
}

/// A version of the protocol: `11.3` is `Version { major: 11, minor: 3 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The part before the point.
    pub major: u8,
    /// The part after the point.
    pub minor: u8,
}

/// While a result is changed it takes up to 35 times its bytes: measured with short coordinates, projected and indented.
const MEMORY_FOR_CHANGING: u64 = 40;

impl RestSettings {
    /// [`RestSettings::max_changed_bytes`] where so many bytes of memory may be used for it.
    pub fn changed_bytes_within(memory_bytes: u64) -> u64 {
        memory_bytes / MEMORY_FOR_CHANGING
    }
}

impl Default for RestSettings {
    fn default() -> RestSettings {
        RestSettings {
            context: "arcgis".to_owned(),
            public_url: None,
            credentialed_origins: Vec::new(),
            origins: Origins::Any,
            // New enough for GPArealUnit, older than the `validate` operation (specification 1.3).
            version: Version { major: 11, minor: 3 },
            max_parameters: 10_000,
            max_total_body_bytes: 1 << 30,
            max_reply_bytes: None,
            max_changed_bytes: u64::MAX,
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}
