//! What may be fetched, and how much of it.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// What may be fetched, and how much of it.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// When not empty, nothing is fetched from any other host. An IPv6 address that is translated into an IPv4 address needs both
    /// of them here.
    pub allow_hosts: Vec<HostPattern>,
    /// Nothing is fetched from these, whatever else is allowed, nor from addresses that are translated into theirs.
    pub deny_hosts: Vec<HostPattern>,
    /// Nothing is fetched from these ports: those of remote shells and of mail, which a request could be made to speak to.
    pub deny_ports: Vec<u16>,
    /// Whether addresses of this machine and of private networks may be fetched from.
    pub private_addresses: PrivateAddresses,
    /// The server's own address and the caller's token, for inputs that lie on it.
    pub own_server: Option<OwnServer>,
    /// Certificates of authorities, in PEM, that are trusted beside those of this machine.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Bytes that may come over the network for one input.
    pub max_bytes: u64,
    /// Bytes that they may become when they are compressed.
    pub max_decompressed_bytes: u64,
    /// Bytes that a download leaves free on the disk that it is written to, so that jobs can still be stored there; with 0 the disk
    /// is not looked at. A server that keeps its jobs on that disk wants 1 GB; a Lambda function, whose disk of 512 MB is its
    /// own, wants 0.
    pub min_free_bytes: u64,
    /// Bytes of the headers of one answer.
    pub max_header_bytes: usize,
    /// Redirects that are followed in a row.
    pub max_redirects: usize,
    /// How long finding the address, connecting and agreeing on encryption may take, each.
    pub connect_timeout: Duration,
    /// How long a server may be silent: it is while it works a query out.
    pub read_timeout: Duration,
    /// How long one input may take, with all its pages, redirects and repetitions.
    pub total_timeout: Duration,
    /// Repetitions after a failure that may pass.
    pub max_retries: u32,
    /// The wait before the first repetition; each further one waits twice as long.
    pub retry_pause: Duration,
    /// The longest wait that a server may ask for.
    pub max_retry_pause: Duration,
}

/// Whether addresses of this machine and of private networks may be fetched from. Link-local addresses, where clouds hand
/// out credentials, never may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// Only public addresses.
    Refused,
    /// Also loopback, private networks and shared address space: for tests, and servers on an intranet.
    Allowed,
}

/// Which hosts: `example.com`, `*.example.com` (all below, not itself), an address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern(Pattern);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Name(String),
    /// With its leading dot.
    Below(String),
    Network {
        bits: u128,
        prefix: u32,
        is_v4: bool,
    },
}

/// A text that is no host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host pattern: expected example.com, *.example.com, an address, or a network such as 10.0.0.0/8"
)]
pub struct HostPatternError(String);

/// The server's own address and the caller's token (specification 7.5).
#[derive(Clone)]
pub struct OwnServer {
    /// Its scheme, host, port and context, such as `https://gis.example.com/arcgis`.
    pub base_url: Url,
    /// The caller's token, used for inputs on the server that carry none.
    pub caller_token: String,
}

/// Without the token, which must not come into a log.
impl std::fmt::Debug for OwnServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OwnServer").finish_non_exhaustive()
    }
}

impl Default for FetchSettings {
    fn default() -> FetchSettings {
        FetchSettings {
            allow_hosts: Vec::new(),
            deny_hosts: Vec::new(),
            deny_ports: vec![22, 25, 110, 143, 465, 587, 993, 995],
            private_addresses: PrivateAddresses::Refused,
            own_server: None,
            extra_roots_pem: None,
            max_bytes: 512 << 20,
            max_decompressed_bytes: 2 << 30,
            min_free_bytes: 0,
            max_header_bytes: 64 << 10,
            max_redirects: 5,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            total_timeout: Duration::from_secs(600),
            max_retries: 3,
            retry_pause: Duration::from_millis(500),
            max_retry_pause: Duration::from_secs(10),
        }
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<HostPattern, HostPatternError> {
        let error = || HostPatternError(text.to_owned());
        let pattern = text.trim().trim_end_matches('.').to_ascii_lowercase();
        if let Some((address, prefix)) = pattern.split_once('/') {
            let (bits, is_v4) = bits_of(address.parse().map_err(|_| error())?);
            let prefix = prefix.parse().map_err(|_| error())?;
            if prefix > if is_v4 { 32 } else { 128 } {
                return Err(error());
            }
            return Ok(HostPattern(Pattern::Network { bits, prefix, is_v4 }));
        }
        if let Ok(address) = pattern.trim_matches(['[', ']']).parse() {
            let (bits, is_v4) = bits_of(address);
            return Ok(HostPattern(Pattern::Network { bits, prefix: if is_v4 { 32 } else { 128 }, is_v4 }));
        }
        let (name, is_below) =
            pattern.strip_prefix("*.").map_or((pattern.as_str(), false), |rest| (rest, true));
        if name.contains('*') {
            return Err(error());
        }
        // As URLs spell names: percent signs undone, other alphabets in their ASCII form.
        let name = url::Host::parse(name).map_err(|_| error())?.to_string();
        Ok(HostPattern(if is_below { Pattern::Below(format!(".{name}")) } else { Pattern::Name(name) }))
    }
}

impl HostPattern {
    /// Whether the pattern names that host, in lower case and without a trailing dot.
    pub(crate) fn names(&self, host: &str) -> bool {
        match &self.0 {
            Pattern::Name(name) => name == host,
            Pattern::Below(ending) => host.len() > ending.len() && host.ends_with(ending.as_str()),
            Pattern::Network { .. } => false,
        }
    }

    /// Whether the address lies in the pattern's network.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        let Pattern::Network { bits, prefix, is_v4 } = self.0 else { return false };
        let (other, other_is_v4) = bits_of(address);
        let width = if is_v4 { 32 } else { 128 };
        is_v4 == other_is_v4 && (bits ^ other).checked_shr(width - prefix).unwrap_or(0) == 0
    }
}

fn bits_of(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), true),
        IpAddr::V6(address) => (u128::from(address), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_hosts_whole_hosts_below_and_networks() {
        let names = |pattern: &str, host: &str| pattern.parse::<HostPattern>().unwrap().names(host);
        assert!(names("Example.com.", "example.com"));
        assert!(!names("example.com", "a.example.com"));
        assert!(names("*.example.com", "a.b.example.com"));
        assert!(!names("*.example.com", "example.com"));
        assert!(!names("*.example.com", "badexample.com"));
        assert!(names("bücher.example", "xn--bcher-kva.example"));
        let holds = |pattern: &str, address: &str| {
            pattern.parse::<HostPattern>().unwrap().holds(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(!holds("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(holds("0.0.0.0/0", "9.9.9.9"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("2001:4860::/32", "2001:4860::1"));
        assert!(holds("::/0", "2001:4860::1"));
        for text in ["", "*.", "10.0.0.0/33", "10.0.0/8", "a b", "::/129", "http://h", "*", "a.*.b"] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
