//! What must not come into a message: tokens, and whatever else of a URL's query lets somebody in.
//!
//! Tokens are told from the rest: they must not go on to another server either. What else stands in a query the server knows that
//! redirects, and it is often no secret at all: the name of the file in `?file=roads.zip` stands in the next URL too.

use crate::layer::is_token;
use url::Url;

/// Longest message of a server that is repeated, in characters.
const MAX_SHOWN_CHARACTERS: usize = 300;
/// What stands where something was taken out.
const TAKEN_OUT: &str = "…";
/// Parameters of a query that are no secrets: without them a server's message about a where clause would lose its point.
#[rustfmt::skip]
const OPEN_PARAMETERS: &[&str] = &[
    "where", "f", "outfields", "outsr", "insr", "geometry", "geometrytype", "spatialrel", "returngeometry", "returnz", "returnm",
    "orderbyfields", "resultoffset", "resultrecordcount", "objectids", "time", "format", "layer", "version", "service", "request",
];

/// The secrets of one input.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// What must not go on to another server.
    tokens: Vec<String>,
    /// What is not repeated, the tokens too. Longest first, so that one inside another does not leave the rest.
    words: Vec<String>,
}

impl Secrets {
    /// A token, as it is and as it stands in a URL.
    pub(crate) fn add_token(&mut self, token: &str) {
        for word in spellings(token) {
            if !word.is_empty() && !self.tokens.contains(&word) {
                self.tokens.push(word);
            }
        }
        self.add_word(token);
    }

    /// The tokens in a URL's query, its other values except those that are known to be no secrets, and its password.
    pub(crate) fn add_url(&mut self, url: &Url) {
        for (name, value) in url.query_pairs() {
            let is_open = OPEN_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
            if is_token(&name) {
                self.add_token(&value);
            } else if !is_open && value.len() > 3 {
                // What is shorter is a flag and no secret; taking "1" out would garble every message.
                self.add_word(&value);
            }
        }
        if let Some(password) = url.password() {
            self.add_word(password);
        }
    }

    /// Whether the text holds a token.
    pub(crate) fn has_token_in(&self, text: &str) -> bool {
        self.tokens.iter().any(|token| text.contains(token.as_str()))
    }

    /// Whether the text holds what must not come into a message.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word.as_str()))
    }

    /// The text without secrets, without queries of URLs, without control characters, and cut short.
    pub(crate) fn strip(&self, text: &str) -> String {
        let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        for word in &self.words {
            text = text.replace(word.as_str(), TAKEN_OUT);
        }
        let mut kept = String::new();
        for word in text.split_inclusive(' ') {
            kept.push_str(&without_query(word));
        }
        match kept.char_indices().nth(MAX_SHOWN_CHARACTERS) {
            Some((end, _)) => format!("{}…", kept.get(..end).unwrap_or_default()),
            None => kept,
        }
    }

    fn add_word(&mut self, text: &str) {
        for word in spellings(text) {
            if !word.is_empty() && !self.words.contains(&word) {
                self.words.push(word);
            }
        }
        self.words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }
}

/// As it is, and as it stands in a URL.
fn spellings(text: &str) -> [String; 2] {
    [text.to_owned(), url::form_urlencoded::byte_serialize(text.as_bytes()).collect()]
}

/// The word, cut at the query of a URL in it, or after `token=`.
fn without_query(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let cut = match (lower.find("://"), lower.find("token=")) {
        (Some(start), _) => lower.get(start..).and_then(|rest| rest.find('?')).map(|end| start + end),
        (None, Some(start)) => Some(start + "token=".len()),
        (None, None) => None,
    };
    match cut.and_then(|cut| word.get(..cut)) {
        Some(kept) => format!("{kept}{TAKEN_OUT}{}", if word.ends_with(' ') { " " } else { "" }),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_out_however_they_are_spelled() {
        let mut secrets = Secrets::default();
        secrets.add_token("se/cr+et=");
        secrets.add_url(&Url::parse("https://h/a?sig=abcdef&where=POP%3E5&token=t0k").unwrap());
        for (text, shown) in [
            ("bad token se/cr+et= given", "bad token … given"),
            ("bad se%2Fcr%2Bet%3D", "bad …"),
            ("at https://h/a?x=1&y=2 and more", "at https://h/a… and more"),
            ("token=other, where", "token=… where"),
            ("abcdef\nPOP>5", "… POP>5"),
        ] {
            assert_eq!(secrets.strip(text), shown);
        }
        assert!(secrets.are_in("/x/abcdef/y"));
        assert!(secrets.has_token_in("/x/t0k/y") && !secrets.has_token_in("/x/abcdef/y"));
        assert_eq!(secrets.strip(&"x".repeat(400)).chars().count(), 301);
    }
}
