//! Inputs without what opens other servers: tokens of layers, and whatever else of a URL lets somebody in (specification 7.5).

use gp_core::{DataType, Parameter, has_open_url, is_web_url};
use gp_esri::json::{JsonError, Kind, Reader, write_string};
use gp_esri::lenient;
use std::borrow::Cow;

/// What is shown instead of a text that may hold a secret but cannot be read.
pub(super) const NOT_SHOWN: &str = "(not shown: it cannot be read, and may hold a token)";
/// Members of data that was sent itself: nobody looks for references in them, and their names are those of fields.
const DATA_MEMBERS: &[&str] = &["features", "fieldAliases"];

/// What a text of an input is where it begins like a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// The name of data, in whose query object stores have their signatures.
    NameData,
    /// A text like any other.
    AreTexts,
}

/// What URLs among the texts of that input are.
pub(super) fn links_of(input: &Parameter) -> Links {
    let is_data = |data_type: &DataType| match data_type {
        DataType::MultiValue(member) => member.is_feature_type() || member.is_file_type(),
        single => single.is_feature_type() || single.is_file_type(),
    };
    if is_data(&input.data_type) || input.infos.iter().any(|info| is_data(&info.data_type)) {
        return Links::NameData;
    }
    Links::AreTexts
}

/// The text without `token` and `serviceToken` members of its objects, however deep they are, and without the query and user of
/// their `url` and `projectionFile`; a URL that names data without its query and user, one that is a text without a query that
/// holds a token. Other texts come back as they are.
pub(super) fn without_secrets(text: &str, links: Links, max_depth: usize) -> Cow<'_, str> {
    if text.starts_with(['{', '[', '"']) {
        let strict = cleaned(text, links, max_depth);
        let read = strict.or_else(|error| match lenient::to_json(text) {
            Some(strict) => cleaned(&strict, links, max_depth),
            None => Err(error),
        });
        match read {
            Ok(Some(clean)) => return Cow::Owned(clean),
            Ok(None) => return Cow::Borrowed(text),
            Err(_)
                if (links == Links::NameData || !text.starts_with('"')) && may_hold_secret(text, links) =>
            {
                return Cow::Borrowed(NOT_SHOWN);
            }
            Err(_) => {}
        }
    }
    if links == Links::NameData {
        // What is no list of URLs is nothing that a task takes, and may hold one behind a quote.
        return if is_web_url(text) || !has_open_url(text) {
            without_queries(text)
        } else {
            Cow::Borrowed(NOT_SHOWN)
        };
    }
    match text.split_once('?') {
        Some((url, query)) if is_web_url(url) && mentions_token(query) => Cow::Owned(without_user(url)),
        _ if is_web_url(text) && text.contains('@') => Cow::Owned(without_user(text)),
        _ => Cow::Borrowed(text),
    }
}

/// URLs that name data, one or several in a list, without their queries, whatever those are called.
fn without_queries(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut rest = text;
    loop {
        let (link, separator, after) = first_of_list(rest);
        match link.split_once(['?', '#']) {
            Some((url, _)) if is_web_url(url) => clean.push_str(&without_user(url)),
            _ if is_web_url(link) => clean.push_str(&without_user(link)),
            _ => clean.push_str(link),
        }
        clean.push_str(separator);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    if clean == text { Cow::Borrowed(text) } else { Cow::Owned(clean) }
}

/// What stands before the next URL of a list, what separates them, and what begins with that URL.
fn first_of_list(text: &str) -> (&str, &str, &str) {
    // Each sign is looked at once: a text of nothing but commas may be megabytes long.
    let mut start = None;
    for (at, sign) in text.char_indices() {
        let is_separator = matches!(sign, ',' | ';');
        if is_separator || (start.is_some() && sign.is_whitespace()) {
            start = start.or(Some(at));
            continue;
        }
        if let Some(start) = start.take()
            && text.get(at..).is_some_and(is_web_url)
        {
            return (&text[..start], &text[start..at], &text[at..]);
        }
    }
    (text, "", "")
}

/// A URL without `user:password@`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("//") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}//{host}{path}")
}

/// The clean text of a JSON text; `None` when it is clean already.
fn cleaned(text: &str, links: Links, max_depth: usize) -> Result<Option<String>, JsonError> {
    let mut reader = Reader::new(text, max_depth);
    let mut clean = Cleaning { out: Vec::new(), is_changed: false, links, max_depth };
    clean.value(&mut reader)?;
    reader.end()?;
    Ok(if clean.is_changed { String::from_utf8(clean.out).ok() } else { None })
}

/// A JSON text that is written anew while it is read; the reader bounds how deep it is nested.
struct Cleaning {
    out: Vec<u8>,
    is_changed: bool,
    links: Links,
    max_depth: usize,
}

impl Cleaning {
    fn value(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        match reader.peek()? {
            Kind::Object => self.object(reader),
            Kind::Array => {
                reader.begin_array()?;
                self.out.push(b'[');
                while reader.next_element()? {
                    crate::json::separate(&mut self.out);
                    let begin = self.out.len();
                    let is_text = reader.peek()? == Kind::String;
                    self.value(reader)?;
                    // A row as a text that is no JSON (specification 2.4, rule 5), in which nobody looks for members.
                    let written = String::from_utf8_lossy(self.out.get(begin..).unwrap_or_default());
                    if is_text && mentions_token(&written) && written.contains(['{', '?']) {
                        self.out.truncate(begin);
                        write_string(&mut self.out, NOT_SHOWN);
                        self.is_changed = true;
                    }
                }
                self.out.push(b']');
                Ok(())
            }
            Kind::String => {
                let text = reader.string()?;
                let clean = without_secrets(text.trim(), self.links, self.max_depth);
                let is_clean = clean == text.trim();
                self.is_changed |= !is_clean;
                write_string(&mut self.out, if is_clean { &text } else { &clean });
                Ok(())
            }
            _ => self.as_it_came(reader),
        }
    }

    fn object(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        reader.begin_object()?;
        self.out.push(b'{');
        while let Some(name) = reader.next_key()? {
            let is_one_of = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
            if is_one_of(&["token", "serviceToken"]) {
                reader.skip_value()?;
                self.is_changed = true;
                continue;
            }
            crate::json::key(&mut self.out, &name);
            if is_one_of(&["url", "projectionFile"]) && reader.peek()? == Kind::String {
                let url = reader.string()?;
                let clean = without_user(url.split(['?', '#']).next().unwrap_or_default());
                self.is_changed |= clean != url;
                write_string(&mut self.out, &clean);
            } else if is_one_of(DATA_MEMBERS) {
                self.as_it_came(reader)?;
            } else {
                self.value(reader)?;
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn as_it_came(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        self.out.extend_from_slice(reader.raw_value()?.as_bytes());
        Ok(())
    }
}

/// Whether a text that cannot be read may hold a token, or a URL of data with a query or a user.
fn may_hold_secret(text: &str, links: Links) -> bool {
    let names_data = links == Links::NameData || text.starts_with('{');
    mentions_token(text) || (names_data && has_open_url(text))
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
            (r#"{"url":"https://u:p@h/a.zip#x"}"#, r#"{"url":"https://h/a.zip"}"#),
            (r#""is this a token"#, r#""is this a token"#),
            ("https://u:p@h/a@b", "https://h/a@b"),
            (r#"[[1,{"url":"https://h/0","token":"s"}]]"#, r#"[[1,{"url":"https://h/0"}]]"#),
            (r#"["[1,{\"token\":\"s\"}]"]"#, r#"["[1,{}]"]"#),
            (r#"["1;{token:s"]"#, r#"["(not shown: it cannot be read, and may hold a token)"]"#),
            (
                r#"{ "features" : [{"attributes":{"token":1}}] }"#,
                r#"{ "features" : [{"attributes":{"token":1}}] }"#,
            ),
            (r#"{"projectionFile":"https://h/a?sig=s""#, NOT_SHOWN),
            ("[see](https://h/?q=1)", "[see](https://h/?q=1)"),
            ("is this a token?", "is this a token?"),
        ] {
            assert_eq!(without_secrets(given, Links::AreTexts, 64), shown);
        }
    }

    #[test]
    fn urls_that_name_data_lose_query_and_user_wherever_they_stand() {
        for (given, shown) in [
            ("https://u:p@h/a.zip?sig=s#x", "https://h/a.zip"),
            (r#""https://h/a.zip?sig=s""#, r#""https://h/a.zip""#),
            (
                "https://h/a.zip?sig=s, https://u:p@h/b.zip;https://h/c,d?sig=s,t",
                "https://h/a.zip, https://h/b.zip;https://h/c,d",
            ),
            (r#"["https://h/a.zip?sig=s","https:\/\/u:p@h\/b",1]"#, r#"["https://h/a.zip","https://h/b",1]"#),
            ("['https://h/a.zip?sig=s', None]", r#"["https://h/a.zip",null]"#),
            (r#"[["https://h/a.zip?sig=s",1],["a?b"]]"#, r#"[["https://h/a.zip",1],["a?b"]]"#),
            (r#"["[1,\"https://h/a?sig=s\"]"]"#, r#"["[1,\"https://h/a\"]"]"#),
            (r#"["https://h/a?sig=s""#, NOT_SHOWN),
            (r#"["a.zip""#, r#"["a.zip""#),
            (r#""https://h/a.zip?sig=s"#, NOT_SHOWN),
            ("'https://h/a.zip?sig=s'", NOT_SHOWN),
            ("Tokens sold, Parks; Roads?", "Tokens sold, Parks; Roads?"),
        ] {
            assert_eq!(without_secrets(given, Links::NameData, 64), shown);
        }
    }

    #[test]
    fn references_are_found_however_deep_they_are_but_not_in_features() {
        for (given, shown) in [
            (
                r#"{"dataType":"GPDataFile","value":{"url":"https://h/a?sig=s","token":"s"}}"#,
                r#"{"dataType":"GPDataFile","value":{"url":"https://h/a"}}"#,
            ),
            (
                r#"[{"a":{"url":"https://u:p@h/a","serviceToken":"s"},"b":[{"token":"s"}]}]"#,
                r#"[{"a":{"url":"https://h/a"},"b":[{}]}]"#,
            ),
            (r#"{"projectionFile":"https://u:p@h/a.prj?sig=s"}"#, r#"{"projectionFile":"https://h/a.prj"}"#),
            (r#"{"value":"{\"url\":\"https://h/a?sig=s\"}"}"#, r#"{"value":"{\"url\":\"https://h/a\"}"}"#),
            (
                r#"{"value":{"fieldAliases":{"token":"t"},"features":[{"attributes":{"token":1,"url":"https://h/?a"}}]}}"#,
                r#"{"value":{"fieldAliases":{"token":"t"},"features":[{"attributes":{"token":1,"url":"https://h/?a"}}]}}"#,
            ),
        ] {
            assert_eq!(without_secrets(given, Links::AreTexts, 64), shown);
        }
    }

    #[test]
    fn a_text_of_separators_is_looked_through_once() {
        for text in [",".repeat(2_000_000), ", ".repeat(1_000_000), "a,".repeat(1_000_000)] {
            assert_eq!(without_secrets(&text, Links::NameData, 64), text);
        }
    }

    #[test]
    fn looking_for_secrets_never_panics_on_deep_nesting() {
        for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "['".repeat(1000)] {
            without_secrets(&text, Links::NameData, 64);
        }
    }
}
