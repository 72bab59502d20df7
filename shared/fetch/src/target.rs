//! A URL that was read and judged by its looks: scheme, host, port, and what its path names. Addresses are judged later.

use crate::{FetchError, FetchSettings};
use url::{Host, Url};

/// Longest URL that is read, in bytes.
const MAX_URL_BYTES: usize = 16 << 10;
/// Longest host and path in messages, in characters.
const MAX_SHOWN_CHARACTERS: usize = 120;

/// What a URL names, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlKind {
    /// A layer or table of a feature or map service: `…/FeatureServer/3`, `…/MapServer/3`.
    Layer,
    /// A query of one: `…/FeatureServer/3/query?where=…`.
    LayerQuery,
    /// A feature or map service, without saying which layer.
    Service,
    /// Anything else.
    File,
}

/// What the URL names, by its path alone.
pub fn kind_of(url: &Url) -> UrlKind {
    let Some(segments) = url.path_segments() else { return UrlKind::File };
    let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    let is_service =
        |text: &str| ["FeatureServer", "MapServer"].iter().any(|name| name.eq_ignore_ascii_case(text));
    let is_number = |text: &str| text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    match segments.as_slice() {
        [.., service, layer] if is_service(service) && is_number(layer) => UrlKind::Layer,
        [.., service, layer, query]
            if is_service(service) && is_number(layer) && query.eq_ignore_ascii_case("query") =>
        {
            UrlKind::LayerQuery
        }
        [.., service] if is_service(service) => UrlKind::Service,
        _ => UrlKind::File,
    }
}

/// Reads a URL and judges its looks. What is not refused here still has its addresses to be judged.
pub(crate) fn check(text: &str, settings: &FetchSettings) -> Result<Url, FetchError> {
    if text.len() > MAX_URL_BYTES {
        return Err(FetchError::LongUrl { byte_len: text.len(), max_bytes: MAX_URL_BYTES });
    }
    let url = Url::parse(text.trim()).map_err(|_| FetchError::NoUrl)?;
    check_url(&url, settings)?;
    Ok(url)
}

/// The same for a URL that was read already, such as one that a server redirects to.
pub(crate) fn check_url(url: &Url, settings: &FetchSettings) -> Result<(), FetchError> {
    let place = place_of(url);
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(place, "only http and https are read"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(place, "a name and password in a url are not used: take them out"));
    }
    let host = host_name(url);
    if host.is_empty() {
        return Err(refused(place, "it names no host"));
    }
    if url.port_or_known_default().is_none_or(|port| port == 0 || settings.deny_ports.contains(&port)) {
        return Err(refused(place, "its port is not allowed on this server"));
    }
    if settings.deny_hosts.iter().any(|pattern| pattern.names(&host)) {
        return Err(refused(place, "its host is not allowed on this server"));
    }
    Ok(())
}

/// The host as patterns, certificates and servers know it: lower case, without a trailing dot, IPv6 without brackets.
pub(crate) fn host_name(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_ascii_lowercase(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    }
}

/// Host and path, for messages.
pub(crate) fn place_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{host}{port}{}", url.path());
    match shown.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// Whether both have the same scheme, host and port.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && host_name(a) == host_name(b)
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether a redirect leads from the plain to the encrypted side of one host, both at their usual ports. What may be sent to the
/// one may be sent to the other.
pub(crate) fn is_upgrade(from: &Url, to: &Url) -> bool {
    let usual = from.port().is_none() && to.port().is_none();
    from.scheme() == "http" && to.scheme() == "https" && usual && host_name(from) == host_name(to)
}

/// Whether `url` lies on the server of `base`: same origin, and within its context (specification 7.5).
pub(crate) fn is_within(url: &Url, base: &Url) -> bool {
    let context = base.path().trim_end_matches('/');
    let path = url.path();
    // A server may take %2f for a slash, and ..%2f or ..; for a way out of the context.
    let lower = path.to_ascii_lowercase();
    same_origin(url, base)
        && !lower.contains("..")
        && !lower.contains("%2f")
        && !lower.contains("%5c")
        && path.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn refused(place: String, reason: &str) -> FetchError {
    FetchError::Refused { place, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_says_what_a_url_names() {
        for (text, kind) in [
            ("https://h/arcgis/rest/services/A/FeatureServer/3", UrlKind::Layer),
            ("https://h/arcgis/rest/services/A/mapserver/0/?token=x", UrlKind::Layer),
            ("https://h/A/FeatureServer/3/query?where=1%3D1&f=json", UrlKind::LayerQuery),
            ("https://h/A/FeatureServer", UrlKind::Service),
            ("https://h/A/FeatureServer/x", UrlKind::File),
            ("https://h/A/ImageServer/0", UrlKind::File),
            ("https://h/data.geojson", UrlKind::File),
            ("https://h", UrlKind::File),
        ] {
            assert_eq!(kind_of(&Url::parse(text).unwrap()), kind, "{text}");
        }
    }

    #[test]
    fn urls_that_are_not_plain_http_are_refused_without_repeating_their_secrets() {
        for text in [
            "",
            "x",
            "file:///etc/passwd",
            "ftp://h/a",
            "gopher://h/",
            "data:text/plain,a",
            "javascript:1",
            "//h/a",
            "http://",
            "https://user:secret@h/a",
            "https://secret@h/a",
            "http://h:25/",
            "http://h:0/",
            "http://h:99999/",
            "http://[fe80::1%25eth0]/secret",
            "http://a b/secret",
            "http://./",
            "unix:/secret",
        ] {
            let error = check(text, &FetchSettings::default()).unwrap_err().to_string();
            assert!(!error.contains("secret") || text.starts_with("unix"), "{error}");
        }
    }

    #[test]
    fn a_text_that_is_no_url_is_said_to_be_none() {
        let said = |text: &str| check(text, &FetchSettings::default()).unwrap_err().to_string();
        let expected = "the text is no URL; expected one such as https://example.com/data.geojson";
        assert_eq!(said("roads.zip"), expected);
        let long = format!("https://h/{}", "x".repeat(MAX_URL_BYTES));
        assert_eq!(said(&long), "the URL has 16394 bytes; URLs of up to 16384 bytes are read");
    }

    #[test]
    fn every_spelling_of_an_address_is_the_address() {
        for (text, host) in [
            ("http://2130706433/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
            ("http://0/", "0.0.0.0"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://①②⑦.0.0.1/", "127.0.0.1"),
            ("http:\\\\127.0.0.1\\a", "127.0.0.1"),
            ("http:127.0.0.1", "127.0.0.1"),
            ("ht\ntp://127.0.0.1", "127.0.0.1"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
            ("http://LOCALHOST./", "localhost"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
        ] {
            assert_eq!(host_name(&check(text, &FetchSettings::default()).unwrap()), host, "{text}");
        }
    }

    #[test]
    fn denied_hosts_are_refused_with_a_trailing_dot_too() {
        let settings =
            FetchSettings { deny_hosts: vec!["*.internal".parse().unwrap()], ..FetchSettings::default() };
        assert!(check("http://a.INTERNAL./x", &settings).is_err());
        assert!(check("http://a.example/x", &settings).is_ok());
    }

    #[test]
    fn only_what_lies_in_the_context_is_on_the_own_server() {
        let base = Url::parse("https://h/arcgis/").unwrap();
        for (text, expected) in [
            ("https://h/arcgis/rest/services/A/FeatureServer/0", true),
            ("https://h:443/arcgis", true),
            ("https://h/arcgisx/a", false),
            ("https://h/arcgis/../admin", false),
            ("https://h/arcgis/%2e%2e/admin", false),
            ("https://h/arcgis/..%2Fadmin", false),
            ("https://h/arcgis/..;/admin", false),
            ("http://h/arcgis/a", false),
            ("https://h:8443/arcgis/a", false),
            ("https://h.evil/arcgis/a", false),
        ] {
            assert_eq!(is_within(&Url::parse(text).unwrap(), &base), expected, "{text}");
        }
    }
}
