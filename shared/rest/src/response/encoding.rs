//! Compression of replies, as `Accept-Encoding` asks for it.

use crate::request::text;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Replies of fewer bytes gain nothing.
const MIN_BYTES: usize = 1024;

/// The library's own default.
const ZSTD_LEVEL: i32 = 3;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Zstd,
}

impl Encoding {
    /// The encoding that the client likes best; zstd when it likes both, because it costs a third.
    pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Encoding> {
        let accepted = text(headers, ACCEPT_ENCODING)?;
        let (gzip, zstd) = (weight(accepted, "gzip"), weight(accepted, "zstd"));
        let identity = named_weight(accepted, "identity").unwrap_or(0);
        let (encoding, weight) = if zstd >= gzip { (Encoding::Zstd, zstd) } else { (Encoding::Gzip, gzip) };
        (weight > 0 && weight >= identity).then_some(encoding)
    }

    /// Whether the client can read gzip at all.
    pub(crate) fn is_gzip_accepted(headers: &HeaderMap) -> bool {
        text(headers, ACCEPT_ENCODING).is_some_and(|accepted| weight(accepted, "gzip") > 0)
    }

    /// The name in the header.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
        }
    }

    /// The bytes compressed; `None` when that is not worth it.
    pub(crate) fn compress(self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.len() < MIN_BYTES {
            return None;
        }
        let compressed = match self {
            Encoding::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL).ok()?,
            Encoding::Gzip => return gp_core::gzip(&[bytes]),
        };
        (compressed.len() < bytes.len()).then_some(compressed)
    }
}

/// How much the client likes the encoding, in thousandths; `*` speaks for gzip only, which every client that writes
/// it can read.
fn weight(accepted: &str, encoding: &str) -> u16 {
    let any = || if encoding == "gzip" { named_weight(accepted, "*") } else { None };
    named_weight(accepted, encoding).or_else(any).unwrap_or(0)
}

fn named_weight(accepted: &str, encoding: &str) -> Option<u16> {
    accepted.split(',').find_map(|entry| {
        let mut parts = entry.split(';');
        let is_it = parts.next()?.trim().eq_ignore_ascii_case(encoding);
        let quality = parts.find_map(|parameter| parameter.trim().strip_prefix("q=")).map(str::trim);
        let quality = match quality {
            Some(number) => {
                number.parse().ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0)
            }
            None => 1.0,
        };
        is_it.then_some((quality * 1000.0_f64) as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(accepted: &'static str) -> Option<Encoding> {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, http::HeaderValue::from_static(accepted))]);
        Encoding::asked_for(&headers)
    }

    #[test]
    fn the_clients_weights_decide() {
        assert_eq!(asked_for("gzip, deflate, br, zstd"), Some(Encoding::Zstd));
        assert_eq!(asked_for("gzip, deflate"), Some(Encoding::Gzip));
        assert_eq!(asked_for("zstd;q=0.5, GZIP;q=0.8"), Some(Encoding::Gzip));
        assert_eq!(asked_for("*"), Some(Encoding::Gzip));
        assert_eq!(asked_for("gzip;q=0, *"), None);
        assert_eq!(asked_for("gzip;q=0.2, identity"), None);
        assert_eq!(asked_for("br, deflate, identity"), None);
        assert_eq!(asked_for("gzip;q=x"), None);
        assert_eq!(asked_for(""), None);
    }

    #[test]
    fn what_is_small_or_does_not_shrink_stays_as_it_is() {
        assert_eq!(Encoding::Gzip.compress(&[b'a'; MIN_BYTES - 1]), None);
        assert!(Encoding::Gzip.compress(&[b'a'; MIN_BYTES]).is_some());
        let noise: Vec<u8> = (0..2000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(Encoding::Zstd.compress(&noise).is_none_or(|compressed| compressed.len() < noise.len()));
    }
}
