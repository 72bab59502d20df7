//! From a host to the addresses that are connected to.
//!
//! A name is looked up once for a connection, every address of the answer is judged, and exactly those addresses are
//! connected to: a name server that answers differently the next time is not asked again.

use crate::address::{ends, may_connect};
use crate::target::host_name;
use crate::wait::Wait;
use crate::{FetchError, FetchSettings, HostPattern};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use url::{Host, Url};

/// Most addresses of one name that are tried.
const MAX_TRIED: usize = 4;

/// Looks names up.
pub trait Resolve: Send + Sync {
    /// The addresses of a name.
    ///
    /// # Errors
    /// The name is not known, or nobody answered.
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the system.
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// The addresses of the URL's host, when every one of them may be connected to.
pub(crate) fn addresses_of(
    url: &Url,
    resolver: &Arc<dyn Resolve>,
    settings: &FetchSettings,
    wait: &Wait<'_>,
) -> Result<Vec<SocketAddr>, FetchError> {
    let addresses = match url.host() {
        Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
        Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
        Some(Host::Domain(name)) => {
            let (resolver, name) = (resolver.clone(), name.to_owned());
            wait.for_work("looking up its host", move || resolver.addresses(&name))?
                .map_err(|_| wait.unreachable("its host is not known"))?
        }
        None => Vec::new(),
    };
    if addresses.is_empty() {
        return Err(wait.unreachable("its host is not known"));
    }
    let host = host_name(url);
    let holds = |patterns: &[HostPattern], end: IpAddr| patterns.iter().any(|pattern| pattern.holds(end));
    let within = |address: &IpAddr| ends(*address).all(|end| holds(&settings.allow_hosts, end));
    let is_named = settings.allow_hosts.iter().any(|pattern| pattern.names(&host));
    if !settings.allow_hosts.is_empty() && !is_named && !addresses.iter().all(within) {
        return Err(wait.refused("its host is not among those that this server reads from"));
    }
    for address in &addresses {
        if ends(*address).any(|end| holds(&settings.deny_hosts, end)) {
            return Err(wait.refused("its host is not allowed on this server"));
        }
        // One bad address refuses all: a name that mixes public and private ones is made to get past this check.
        if !may_connect(*address, settings.private_addresses) {
            return Err(wait
                .refused("its host has an address that is not public; this server reads only public ones"));
        }
    }
    let port = url.port_or_known_default().unwrap_or_default();
    Ok(addresses.into_iter().take(MAX_TRIED).map(|address| SocketAddr::new(address, port)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateAddresses;

    struct Fixed(Vec<IpAddr>);

    impl Resolve for Fixed {
        fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.clone())
        }
    }

    fn judge(url: &str, answer: &[&str], settings: &FetchSettings) -> Result<Vec<SocketAddr>, FetchError> {
        let answer = answer.iter().map(|text| text.parse().unwrap()).collect();
        let resolver: Arc<dyn Resolve> = Arc::new(Fixed(answer));
        addresses_of(&Url::parse(url).unwrap(), &resolver, settings, &Wait::new(settings, &|| false))
    }

    #[test]
    fn every_address_of_a_name_must_be_public() {
        let settings = FetchSettings::default();
        assert_eq!(judge("https://h/", &["1.1.1.1", "2606:4700::1"], &settings).unwrap().len(), 2);
        for answer in [
            &["1.1.1.1", "127.0.0.1"][..],
            &["10.0.0.1", "1.1.1.1"],
            &["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "::1"],
            &["::ffff:169.254.169.254"],
        ] {
            assert!(
                matches!(judge("https://h/", answer, &settings), Err(FetchError::Refused { .. })),
                "{answer:?}"
            );
        }
        assert!(matches!(judge("https://h/", &[], &settings), Err(FetchError::Unreachable { .. })));
    }

    #[test]
    fn addresses_written_into_a_url_are_judged_without_asking() {
        let settings = FetchSettings::default();
        for url in [
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://127.1/",
            "http://0/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/",
            "http://0xa9fea9fe/",
            "http://127.0.0.1./",
            "http://%30x7f000001/",
        ] {
            assert!(matches!(judge(url, &["1.1.1.1"], &settings), Err(FetchError::Refused { .. })), "{url}");
        }
    }

    #[test]
    fn lists_of_hosts_take_names_and_networks() {
        let allowing = |allow: &[&str], deny: &[&str]| FetchSettings {
            allow_hosts: allow.iter().map(|text| text.parse().unwrap()).collect(),
            deny_hosts: deny.iter().map(|text| text.parse().unwrap()).collect(),
            private_addresses: PrivateAddresses::Allowed,
            ..FetchSettings::default()
        };
        let settings = allowing(&["*.example.com", "10.0.0.0/8"], &["10.1.0.0/16", "1.1.1.0/24"]);
        assert!(judge("https://a.example.com./", &["8.8.8.8"], &settings).is_ok());
        assert!(judge("https://other.example/", &["8.8.8.8"], &settings).is_err());
        assert!(judge("https://other.example/", &["10.0.0.1"], &settings).is_ok());
        assert!(judge("https://other.example/", &["10.0.0.1", "8.8.8.8"], &settings).is_err());
        assert!(judge("https://a.example.com/", &["10.1.0.1"], &settings).is_err());
        assert!(judge("https://a.example.com/", &["::ffff:1.1.1.1"], &settings).is_err());
        assert!(judge("http://10.0.0.1/", &[], &settings).is_ok());
    }

    #[test]
    fn lists_of_networks_are_not_passed_by_addresses_that_are_translated_into_theirs() {
        let listing = |allow: &[&str], deny: &[&str]| FetchSettings {
            allow_hosts: allow.iter().map(|text| text.parse().unwrap()).collect(),
            deny_hosts: deny.iter().map(|text| text.parse().unwrap()).collect(),
            private_addresses: PrivateAddresses::Allowed,
            ..FetchSettings::default()
        };
        for address in ["64:ff9b::a01:1", "2002:a01:1::1", "::ffff:10.1.0.1"] {
            let url = format!("http://[{address}]/");
            assert!(judge(&url, &[], &listing(&[], &["10.1.0.0/16"])).is_err(), "{address}");
            assert!(judge(&url, &[], &listing(&[], &["10.2.0.0/16"])).is_ok(), "{address}");
            assert!(judge("http://h/", &[address], &listing(&[], &["10.1.0.0/16"])).is_err(), "{address}");
            assert!(judge(&url, &[], &listing(&["::/0"], &[])).is_err(), "{address}");
            assert!(judge(&url, &[], &listing(&["::/0", "10.0.0.0/8"], &[])).is_ok(), "{address}");
            assert!(judge(&url, &[], &listing(&["10.0.0.0/8"], &[])).is_err(), "{address}");
        }
        assert!(judge("http://[64:ff9b::a01:1]/", &[], &listing(&[], &["64:ff9b::/96"])).is_err());
    }
}
