//! The words, numbers and brackets of well-known text.

use super::WktError;
use crate::ordinates::coordinate;
use crate::text::shortened;

/// What is left of a text.
pub(super) struct Scan<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Scan<'t> {
        Scan { text, rest: text }
    }

    /// `SRID=4326;` where it is there; 0 is unknown.
    pub(super) fn srid(&mut self) -> Result<Option<u32>, WktError> {
        let rest = self.rest.trim_start();
        let Some(after) =
            rest.get(..5).filter(|start| start.eq_ignore_ascii_case("SRID=")).and(rest.get(5..))
        else {
            return Ok(None);
        };
        let code =
            after.split_once(';').and_then(|(code, rest)| Some((code.trim().parse::<u32>().ok()?, rest)));
        let Some((code, rest)) = code else { return Err(self.wrong("SRID= needs a code and a semicolon")) };
        self.rest = rest;
        Ok((code > 0).then_some(code))
    }

    /// The letters that come next; none where something else does.
    pub(super) fn word(&mut self) -> &'t str {
        let word = self.peek_word();
        self.rest = self.rest.trim_start().get(word.len()..).unwrap_or_default();
        word
    }

    fn peek_word(&self) -> &'t str {
        let rest = self.rest.trim_start();
        let end = rest.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn peek_word_is(&self, word: &str) -> bool {
        self.peek_word().eq_ignore_ascii_case(word)
    }

    pub(super) fn take_empty(&mut self) -> bool {
        let is_empty = self.peek_word_is("EMPTY");
        if is_empty {
            self.word();
        }
        is_empty
    }

    pub(super) fn at(&self, wanted: char) -> bool {
        self.rest.trim_start().starts_with(wanted)
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        match self.rest.trim_start().strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<(), WktError> {
        if self.take(wanted) { Ok(()) } else { Err(self.wrong(&format!("expected '{wanted}'"))) }
    }

    /// The number that comes next, NaN where it is none; `None` before a comma, a bracket or the end.
    pub(super) fn number(&mut self) -> Result<Option<f64>, WktError> {
        let rest = self.rest.trim_start();
        let ends = |letter: char| letter.is_ascii_whitespace() || matches!(letter, ',' | '(' | ')');
        let (token, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        if token.is_empty() {
            return Ok(None);
        }
        let value = match coordinate(token) {
            Some(value) => value,
            None if token.eq_ignore_ascii_case("nan") => f64::NAN,
            _ => return Err(self.wrong("expected a number")),
        };
        self.rest = after;
        Ok(Some(value))
    }

    pub(super) fn end(&self) -> Result<(), WktError> {
        if self.rest.trim().is_empty() { Ok(()) } else { Err(self.wrong("expected the end")) }
    }

    /// The error for what stands here.
    pub(super) fn wrong(&self, what: &str) -> WktError {
        let at = self.text.len() - self.rest.trim_start().len();
        let found = shortened(self.rest.trim());
        WktError::Syntax(match found.is_empty() {
            true => format!("{what}, but the text ends at character {at}"),
            false => format!("{what} at character {at}, found {found:?}"),
        })
    }
}
