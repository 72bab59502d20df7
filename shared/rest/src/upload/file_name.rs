//! File names in headers: those that browsers and libraries send with a part, and the one of a download.

use gp_core::without_escapes;
use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use std::fmt::Write;

/// The name of a part's file in `filename*` (RFC 5987), which libraries send for names beyond ASCII.
pub(super) fn extended(headers: &HeaderMap) -> Option<String> {
    let text = std::str::from_utf8(headers.get(CONTENT_DISPOSITION)?.as_bytes()).ok()?;
    let (_, value) = text.split_once("filename*")?;
    let value = value.trim_start().strip_prefix('=')?;
    let value = value.split(';').next()?.trim().trim_matches('"');
    let (charset, rest) = value.split_once('\'')?;
    let (_language, name) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    without_escapes(name)
}

/// What a browser made of quotes and line ends inside of `filename` (the URL standard of WHATWG): these three escapes alone.
pub(super) fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "").replace("%0A", "")
}

/// `attachment` with the name twice: for old clients in ASCII, for all others whole (RFC 6266).
pub(crate) fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() && !"\"\\%;".contains(letter) || letter == ' ' {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let mut text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn extended_of(value: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_bytes(value).ok()?);
        extended(&headers)
    }

    #[test]
    fn names_beyond_ascii_come_escaped() {
        let value = b"form-data; name=\"file\"; filename*=utf-8''data%20%C3%A4%C3%B6.csv";
        assert_eq!(extended_of(value).unwrap(), "data \u{e4}\u{f6}.csv");
        assert_eq!(extended_of(b"form-data; name=\"file\"; filename=\"a.csv\""), None);
        assert_eq!(extended_of(b"form-data; filename*=latin-1''%E4.csv"), None);
        assert_eq!(extended_of(b"form-data; filename*=utf-8''%E4.csv"), None, "no UTF-8");
        assert_eq!(extended_of(b"form-data; filename*=utf-8''%4"), None);
    }

    #[test]
    fn a_download_has_a_name_for_old_and_new_clients() {
        assert_eq!(
            disposition("lake 1.tif"),
            "attachment; filename=\"lake 1.tif\"; filename*=UTF-8''lake%201.tif"
        );
        assert_eq!(
            disposition("\u{e4}\";x=.csv"),
            "attachment; filename=\"___x=.csv\"; filename*=UTF-8''%C3%A4%22%3Bx%3D.csv"
        );
    }

    proptest! {
        #[test]
        fn a_disposition_is_a_header_and_says_the_name(name in "[^\\pC]{1,50}") {
            let text = disposition(&name);
            prop_assert!(HeaderValue::from_str(&text).is_ok());
            prop_assert_eq!(extended_of(text.as_bytes()), Some(name));
        }

        #[test]
        fn never_panics(value in proptest::collection::vec(32_u8..=255, 0..60)) {
            let _ = extended_of(&value);
            let _ = extended_of(&[b"filename*=utf-8''", value.as_slice()].concat());
        }
    }
}
