//! A pull reader over JSON text, and the few writing functions that the wire forms need.
//!
//! Separate from the types because it knows nothing of them: a caller asks for the next key, element, number or text and
//! gets it straight from the request's text, without a document in between. Feature sets of many megabytes are read
//! by it in one pass. It must never recurse without bound nor panic, whatever the text.
//!
//! Stricter than needed it is not: control characters inside strings and the literals `NaN`, `Infinity` and `-Infinity`
//! (written by Python and Java) are accepted, the latter as "not a number".

mod error;
mod number;
mod string;
mod write;

use std::borrow::Cow;

pub use error::{JsonError, Kind};
pub use number::Number;
pub use write::{write_f64, write_fixed, write_i64, write_string};

/// Reads a JSON text from front to back.
///
/// After [`begin_object`](Reader::begin_object) call [`next_key`](Reader::next_key) until it is `None`, and read or skip one
/// value after each key; arrays likewise.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    max_depth: usize,
    /// Whether an object or array was just opened: its first entry has no comma before it.
    fresh: bool,
}

impl<'t> Reader<'t> {
    /// A reader at the start of `text` that refuses nesting deeper than `max_depth`.
    pub fn new(text: &'t str, max_depth: usize) -> Reader<'t> {
        Reader { text, at: 0, depth: 0, max_depth, fresh: false }
    }

    /// The position in the text, in bytes.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// What was read since that position.
    pub(crate) fn text_since(&self, offset: usize) -> &'t str {
        self.text.get(offset..self.at).unwrap_or_default()
    }

    /// The kind of the next value.
    pub fn peek(&mut self) -> Result<Kind, JsonError> {
        match self.peek_byte() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.syntax("a value")),
        }
    }

    /// Enters an object.
    pub fn begin_object(&mut self) -> Result<(), JsonError> {
        self.begin(Kind::Object, "an object")
    }

    /// The next key of the object entered last, or `None` after its end.
    #[inline]
    pub fn next_key(&mut self) -> Result<Option<Cow<'t, str>>, JsonError> {
        let fresh = std::mem::take(&mut self.fresh);
        match self.peek_byte() {
            Some(b'}') => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                return Ok(None);
            }
            Some(b',') if !fresh => {
                self.at += 1;
                if self.peek_byte() != Some(b'"') {
                    return Err(self.syntax("a key in double quotes"));
                }
            }
            Some(b'"') if fresh => {}
            _ if fresh => return Err(self.syntax("a key in double quotes or '}'")),
            _ => return Err(self.syntax("',' or '}'")),
        }
        let key = self.string_token()?;
        if self.peek_byte() != Some(b':') {
            return Err(self.syntax("':' after the key"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Takes the next key if it is written exactly as `token`, a quoted key with its colon; says whether it was.
    ///
    /// Rows repeat their keys, so comparing bytes saves most of the work of [`next_key`](Reader::next_key), which is to be
    /// called when this says no.
    #[inline]
    pub(crate) fn take_key(&mut self, token: &[u8]) -> bool {
        let comma = usize::from(!self.fresh);
        let rest = self.rest();
        if (comma == 1 && rest.first() != Some(&b','))
            || !rest.get(comma..).is_some_and(|rest| rest.starts_with(token))
        {
            return false;
        }
        self.at += comma + token.len();
        self.fresh = false;
        true
    }

    /// Enters an array.
    pub fn begin_array(&mut self) -> Result<(), JsonError> {
        self.begin(Kind::Array, "an array")
    }

    /// Whether the array entered last has another element, which then must be read; after its end `false`.
    #[inline]
    pub fn next_element(&mut self) -> Result<bool, JsonError> {
        let fresh = std::mem::take(&mut self.fresh);
        match self.peek_byte() {
            Some(b']') => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                Ok(false)
            }
            Some(b',') if !fresh => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if fresh => Ok(true),
            _ => Err(self.syntax("',' or ']'")),
        }
    }

    /// `true` or `false`.
    pub fn bool(&mut self) -> Result<bool, JsonError> {
        self.expect_kind(Kind::Bool, "true or false")?;
        if self.rest().starts_with(b"true") {
            self.at += 4;
            return Ok(true);
        }
        self.literal("false", "true or false")?;
        Ok(false)
    }

    /// `null`.
    pub fn null(&mut self) -> Result<(), JsonError> {
        self.expect_kind(Kind::Null, "null")?;
        self.literal("null", "null")
    }

    /// Takes a `null` if one comes next; says whether it did.
    pub fn take_null(&mut self) -> Result<bool, JsonError> {
        if self.peek()? != Kind::Null {
            return Ok(false);
        }
        self.null()?;
        Ok(true)
    }

    /// Passes over one value of any kind, checking its syntax.
    pub fn skip_value(&mut self) -> Result<(), JsonError> {
        let mut open: Vec<Kind> = Vec::new();
        loop {
            let kind = self.peek()?;
            match kind {
                Kind::Object => self.begin_object()?,
                Kind::Array => self.begin_array()?,
                Kind::String => drop(self.string_token()?),
                Kind::Number => drop(self.f64()?),
                Kind::Bool => drop(self.bool()?),
                Kind::Null => self.null()?,
            }
            if matches!(kind, Kind::Object | Kind::Array) {
                open.push(kind);
            }
            loop {
                let more = match open.last() {
                    None => return Ok(()),
                    Some(Kind::Object) => self.next_key()?.is_some(),
                    Some(_) => self.next_element()?,
                };
                if more {
                    break;
                }
                open.pop();
            }
        }
    }

    /// The text of one value of any kind, its syntax checked.
    pub fn raw_value(&mut self) -> Result<&'t str, JsonError> {
        self.peek()?;
        let start = self.at;
        self.skip_value()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Asserts that nothing but white space is left.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.peek_byte() {
            None => Ok(()),
            Some(_) => Err(self.syntax("the end of the text")),
        }
    }

    /// An error of kind: `expected` was wanted where another value stands.
    pub fn unexpected(&mut self, expected: &'static str) -> JsonError {
        match self.peek() {
            Ok(found) => JsonError::Kind { offset: self.at, expected, found },
            Err(error) => error,
        }
    }

    /// The next byte that is not white space, not taken.
    #[inline]
    fn peek_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    #[inline]
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn begin(&mut self, kind: Kind, expected: &'static str) -> Result<(), JsonError> {
        self.expect_kind(kind, expected)?;
        if self.depth >= self.max_depth {
            return Err(JsonError::TooDeep { offset: self.at, max_depth: self.max_depth });
        }
        self.at += 1;
        self.depth += 1;
        self.fresh = true;
        Ok(())
    }

    #[inline]
    fn expect_kind(&mut self, kind: Kind, expected: &'static str) -> Result<(), JsonError> {
        match self.peek()? {
            found if found == kind => Ok(()),
            found => Err(JsonError::Kind { offset: self.at, expected, found }),
        }
    }

    fn literal(&mut self, word: &str, expected: &'static str) -> Result<(), JsonError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.syntax(expected));
        }
        self.at += word.len();
        Ok(())
    }

    #[cold]
    fn syntax(&self, expected: &'static str) -> JsonError {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        JsonError::Syntax { offset: self.at, expected, found }
    }
}

#[cfg(test)]
mod tests;
