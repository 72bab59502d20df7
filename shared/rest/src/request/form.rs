//! `application/x-www-form-urlencoded`: query strings and form bodies, megabytes of them, in one pass.
//!
//! Own code because a feature set arrives here with a third of its bytes escaped, and each value is to be written once,
//! into the `String` that the tool's parser reads.

use gp_core::{Parameters, RequestError};
use memchr::{memchr, memchr2};

/// The value of a hexadecimal digit; 16 for every other byte.
const DIGIT: [u8; 256] = digits();

/// Appends the pairs of `text`. A `%` that begins no escape stands for itself, as in browsers: people type
/// `LIKE 'a%'` without escaping it.
///
/// # Errors
/// Code 400 when there are more than `max_parameters` together, or when a text is not UTF-8.
pub(crate) fn read(
    text: &[u8],
    parameters: &mut Parameters,
    max_parameters: usize,
) -> Result<(), RequestError> {
    let mut count = parameters.iter().count();
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'&', rest).unwrap_or(rest.len());
        let pair = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        let (name, value) = match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        if name.is_empty() {
            continue;
        }
        count += 1;
        if count > max_parameters {
            return Err(too_many(max_parameters));
        }
        let name = utf8(decoded(name), || "a parameter's name".to_owned())?;
        let value = utf8(decoded(value), || name.clone())?;
        parameters.push(name, value);
    }
    Ok(())
}

/// More parameters than one request may have.
pub(crate) fn too_many(max_parameters: usize) -> RequestError {
    RequestError::bad(format!(
        "the request has more than {max_parameters} parameters; send lists as one JSON array"
    ))
}

/// The bytes as text.
pub(crate) fn utf8(bytes: Vec<u8>, what: impl Fn() -> String) -> Result<String, RequestError> {
    String::from_utf8(bytes)
        .map_err(|_| RequestError::bad(format!("{}: not valid UTF-8; send texts in UTF-8", what())))
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let Some(first) = memchr2(b'%', b'+', text) else { return text.to_vec() };
    let mut out = vec![0; text.len()];
    out[..first].copy_from_slice(&text[..first]);
    let (mut from, mut to) = (first, first);
    while let Some(&byte) = text.get(from) {
        let mut letter = byte;
        from += 1;
        if byte == b'%' {
            if let Some([high, low]) = text.get(from..from + 2) {
                let (high, low) = (DIGIT[usize::from(*high)], DIGIT[usize::from(*low)]);
                if (high | low) < 16 {
                    letter = high << 4 | low;
                    from += 2;
                }
            }
        } else if byte == b'+' {
            letter = b' ';
        }
        out[to] = letter;
        to += 1;
    }
    out.truncate(to);
    out
}

const fn digits() -> [u8; 256] {
    let mut table = [16; 256];
    let mut digit = 0;
    while digit < 16 {
        let lower = b"0123456789abcdef"[digit];
        table[lower as usize] = digit as u8;
        table[lower.to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &[u8]) -> Result<Vec<(String, String)>, RequestError> {
        let mut parameters = Parameters::default();
        read(text, &mut parameters, 100)?;
        Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Result<Vec<(String, String)>, RequestError> {
        Ok(expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn escapes_and_plus_signs_are_decoded_in_names_and_values() {
        assert_eq!(
            parsed(b"env%3AoutSR=4326&a=%7B%22x%22%3a+1%7d&b=%C3%A4&c"),
            pairs(&[("env:outSR", "4326"), ("a", "{\"x\": 1}"), ("b", "ä"), ("c", "")])
        );
    }

    #[test]
    fn a_percent_sign_that_begins_no_escape_stands_for_itself() {
        assert_eq!(
            parsed(b"w=LIKE 'a%'&x=100%&y=%4"),
            pairs(&[("w", "LIKE 'a%'"), ("x", "100%"), ("y", "%4")])
        );
    }

    #[test]
    fn pairs_without_a_name_are_skipped_and_repeated_names_kept() {
        assert_eq!(parsed(b"&&=x&a=1&a=2&b=c=d&"), pairs(&[("a", "1"), ("a", "2"), ("b", "c=d")]));
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_and_the_parameter_named() {
        let error = parsed(b"a=1&Distance=%ff").unwrap_err();
        assert!(error.details[0].starts_with("Distance: not valid UTF-8"), "{error}");
    }

    #[test]
    fn too_many_parameters_are_refused() {
        assert!(parsed("a=1&".repeat(100).as_bytes()).is_ok());
        assert!(parsed("a=1&".repeat(101).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn what_a_client_escapes_comes_back(value in any::<String>()) {
            let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(parsed(format!("a={escaped}").as_bytes()), pairs(&[("a", value.as_str())]));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parsed(&bytes);
        }
    }
}
