//! Inputs without what opens other servers: tokens of layers that were given by URL (specification 7.5).

use gp_esri::json::{JsonError, Kind, Reader, write_string};
use std::borrow::Cow;

/// What is shown instead of a text that may hold a token but cannot be read.
pub(super) const NOT_SHOWN: &str = "(not shown: it cannot be read, and may hold a token)";

/// The text without `token` and `serviceToken` members of an object or of the objects of a list, without the query of
/// their `url`, and without the query of a URL that holds a token. Other texts come back as they are.
pub(super) fn without_secrets(text: &str, max_depth: usize) -> Cow<'_, str> {
    if text.starts_with(['{', '[']) {
        return match cleaned(text, max_depth) {
            Ok(Some(clean)) => Cow::Owned(clean),
            Ok(None) => Cow::Borrowed(text),
            Err(_) if mentions_token(text) => Cow::Borrowed(NOT_SHOWN),
            Err(_) => Cow::Borrowed(text),
        };
    }
    match text.split_once('?') {
        Some((url, query)) if is_url(url) && mentions_token(query) => Cow::Owned(without_user(url)),
        _ if is_url(text) && text.contains('@') => Cow::Owned(without_user(text)),
        _ => Cow::Borrowed(text),
    }
}

/// A URL that names data, without its query, whatever that is called: links of object stores are signed there.
pub(super) fn without_query(text: &str) -> Cow<'_, str> {
    match text.split_once(['?', '#']) {
        Some((url, _)) if is_url(url) => Cow::Owned(without_user(url)),
        _ => Cow::Borrowed(text),
    }
}

/// A URL without `user:password@`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("//") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}//{host}{path}")
}

/// The clean text; `None` when it is clean already.
fn cleaned(text: &str, max_depth: usize) -> Result<Option<String>, JsonError> {
    let mut reader = Reader::new(text, max_depth);
    if reader.peek()? != Kind::Array {
        let value = reader.raw_value()?;
        reader.end()?;
        return object(value, max_depth);
    }
    reader.begin_array()?;
    let (mut members, mut is_changed) = (Vec::new(), false);
    while reader.next_element()? {
        let kind = reader.peek()?;
        let member = reader.raw_value()?;
        let clean = match kind {
            Kind::Object => object(member, max_depth)?,
            // The rows of a value table; the reader has seen that they are not nested too deeply.
            Kind::Array => cleaned(member, max_depth)?,
            // A row as a text (specification 2.4, rule 5), in which nobody looks for members.
            Kind::String if mentions_token(member) && member.contains(['{', '?']) => {
                Some(format!("{NOT_SHOWN:?}"))
            }
            _ => None,
        };
        is_changed |= clean.is_some();
        members.push(clean.map_or(Cow::Borrowed(member), Cow::Owned));
    }
    reader.end()?;
    Ok(is_changed.then(|| format!("[{}]", members.join(","))))
}

fn object(text: &str, max_depth: usize) -> Result<Option<String>, JsonError> {
    let mut reader = Reader::new(text, max_depth);
    reader.begin_object()?;
    let mut is_changed = false;
    let mut out = b"{".to_vec();
    while let Some(name) = reader.next_key()? {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("token") || is("serviceToken") {
            reader.skip_value()?;
            is_changed = true;
            continue;
        }
        crate::json::key(&mut out, &name);
        if is("url") && reader.peek()? == Kind::String {
            let url = reader.string()?;
            let end = url.find('?').unwrap_or(url.len());
            let clean = without_user(&url[..end]);
            is_changed |= clean != url;
            write_string(&mut out, &clean);
        } else {
            out.extend_from_slice(reader.raw_value()?.as_bytes());
        }
    }
    reader.end()?;
    out.push(b'}');
    Ok(if is_changed { String::from_utf8(out).ok() } else { None })
}

fn is_url(text: &str) -> bool {
    let starts =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

fn mentions_token(text: &str) -> bool {
    const TOKEN: &[u8] = b"token";
    text.as_bytes().windows(TOKEN.len()).any(|window| window.eq_ignore_ascii_case(TOKEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_queries_of_inputs_by_url_go_and_nothing_else() {
        for (given, shown) in [
            (r#"{"url":"https://h/0?token=s","filter":"a?b"}"#, r#"{"url":"https://h/0","filter":"a?b"}"#),
            (r#"{"url":"https://h/0","serviceToken":"s"}"#, r#"{"url":"https://h/0"}"#),
            (r#"{ "Token": {"x":["s"]}, "u": 1 }"#, r#"{"u":1}"#),
            (r#"[{"url":"https://h/0","token":"s"}, 1]"#, r#"[{"url":"https://h/0"},1]"#),
            ("https://h/0?f=json&Token=s", "https://h/0"),
            ("https://h/0?f=json", "https://h/0?f=json"),
            (r#"{"url":"https://h/0","token":"s""#, NOT_SHOWN),
            (r#"{"features": [ ]"#, r#"{"features": [ ]"#),
            (r#"{"url":"https://u:p@h/a.zip#x"}"#, r#"{"url":"https://h/a.zip#x"}"#),
            ("https://u:p@h/a@b", "https://h/a@b"),
            (r#"[[1,{"url":"https://h/0","token":"s"}]]"#, r#"[[1,{"url":"https://h/0"}]]"#),
            (r#"["[1,{\"token\":\"s\"}]"]"#, r#"["(not shown: it cannot be read, and may hold a token)"]"#),
            (
                r#"{ "features" : [{"attributes":{"token":1}}] }"#,
                r#"{ "features" : [{"attributes":{"token":1}}] }"#,
            ),
            ("is this a token?", "is this a token?"),
        ] {
            assert_eq!(without_secrets(given, 64), shown);
        }
    }
}
