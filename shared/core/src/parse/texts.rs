//! Texts taken apart: booleans, whole numbers, quotes, lists and objects, strictly first and leniently then.

use crate::Limits;
use gp_esri::json::{JsonError, Reader};

/// Whole numbers beyond this are not exact in clients (specification 2.6).
const LONG_LIMIT: i64 = 4_503_599_627_370_495;
/// Longest excerpt of a wrong value in an error.
const EXCERPT_CHARS: usize = 60;
/// Bytes of a text that are searched for what must not be repeated: more than are repeated.
const MAX_LOOKED_THROUGH: usize = 4096;

/// `true`/`false` in any case, `1`/`0`, with or without quotes.
pub(crate) fn read_boolean(text: &str) -> Option<bool> {
    match unquoted(text.trim()).to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn read_long(text: &str) -> Option<i64> {
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        Err(_) => {
            let number = text.parse::<f64>().ok()?;
            (number.fract() == 0.0 && number.abs() <= LONG_LIMIT as f64).then_some(number as i64)?
        }
    };
    (-LONG_LIMIT..=LONG_LIMIT).contains(&number).then_some(number)
}

/// A JSON string literal without its quotes, or the text itself.
pub(super) fn unquoted(text: &str) -> String {
    if text.len() >= 2 && text.starts_with('"') && text.ends_with('"') {
        let mut reader = Reader::new(text, 1);
        if let Ok(inner) = reader.string() {
            return inner.into_owned();
        }
    }
    text.to_owned()
}

/// The elements of a JSON array, or of a Python list, and how many are null besides: strings without quotes, anything else as
/// its JSON text.
pub(super) fn array_elements(text: &str) -> Result<(Vec<String>, usize), String> {
    strictly_then_leniently(text, |reader| {
        let (mut elements, mut nulls) = (Vec::new(), 0);
        reader.begin_array()?;
        while reader.next_element()? {
            let element = reader.raw_value()?;
            // Null is no value, not a text of four letters.
            if element == "null" {
                nulls += 1;
            } else {
                elements.push(unquoted(element));
            }
        }
        Ok((elements, nulls))
    })
}

/// The elements of a JSON array, or of a Python list, as their JSON texts.
pub(crate) fn array_texts(text: &str) -> Result<Vec<String>, String> {
    strictly_then_leniently(text, |reader| {
        let mut elements = Vec::new();
        reader.begin_array()?;
        while reader.next_element()? {
            elements.push(reader.raw_value()?.to_owned());
        }
        Ok(elements)
    })
}

/// Names and raw JSON texts of an object's members.
pub(crate) fn object_members(text: &str) -> Result<Vec<(String, String)>, String> {
    strictly_then_leniently(text, |reader| {
        let mut members = Vec::new();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            members.push((key.into_owned(), reader.raw_value()?.to_owned()));
        }
        Ok(members)
    })
}

/// Reads JSON; text that is JSON but for its quotes and the like gets the lenient pass (specification 2.4, rule 2).
fn strictly_then_leniently<T>(
    text: &str,
    read: impl Fn(&mut Reader<'_>) -> Result<T, JsonError>,
) -> Result<T, String> {
    let whole = |text: &str| {
        let mut reader = Reader::new(text, Limits::default().max_json_depth);
        let value = read(&mut reader)?;
        reader.end()?;
        Ok(value)
    };
    whole(text).or_else(|strict: JsonError| match gp_esri::lenient::to_json(text) {
        Some(json) => whole(&json).map_err(|_| strict.to_string()),
        None => Err(strict.to_string()),
    })
}

/// Whether a text mentions a token, or holds a URL with a query or a user.
pub(super) fn may_hold_secret(text: &str) -> bool {
    let end = text.floor_char_boundary(MAX_LOOKED_THROUGH);
    let lower = text[..end].to_ascii_lowercase();
    lower.contains("token") || has_open_url(&lower)
}

/// Whether a text holds a URL with a query or a user, in which secrets stand.
pub fn has_open_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.contains(['?', '@']))
}

/// Whether a text begins as a URL of the web does. Whether it is one, nobody knows before it is asked for.
pub fn is_web_url(text: &str) -> bool {
    // Nothing behind the scheme is looked at: it is asked at every word of texts of megabytes.
    let starts =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

/// The beginning of a text, for an error. One that may hold a secret is not repeated.
pub(crate) fn shorten(text: &str) -> String {
    if may_hold_secret(text) {
        return "(not shown: it may hold a token)".to_owned();
    }
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_with_the_scheme_of_the_web_is_taken_for_a_url() {
        for text in ["http://h/a", "HTTPS://h/a?b://c", "https://"] {
            assert!(is_web_url(text), "{text}");
        }
        for text in ["", "http", "http:/h", " http://h", "ftp://h", "see http://h", "//h/a", "Ünder://h"] {
            assert!(!is_web_url(text), "{text}");
        }
    }
}
