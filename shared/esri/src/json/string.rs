//! Texts in JSON: borrowed from the request where they hold no escape.

use std::borrow::Cow;

use super::{JsonError, Kind, Reader};

impl<'t> Reader<'t> {
    /// A text.
    pub fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        self.expect_kind(Kind::String, "a text")?;
        self.string_token()
    }

    /// A text, the reader standing on its opening quote.
    #[inline]
    pub(super) fn string_token(&mut self) -> Result<Cow<'t, str>, JsonError> {
        let start = self.at + 1;
        let body = self.text.as_bytes().get(start..).unwrap_or_default();
        match memchr::memchr2(b'"', b'\\', body) {
            Some(length) if body.get(length) == Some(&b'"') => {
                self.at = start + length + 1;
                Ok(Cow::Borrowed(self.text.get(start..start + length).unwrap_or_default()))
            }
            _ => self.escaped_string(start).map(Cow::Owned),
        }
    }

    /// A text with escapes, the first character after the quote being at `start`.
    fn escaped_string(&mut self, start: usize) -> Result<String, JsonError> {
        let mut value = String::new();
        self.at = start;
        loop {
            let Some(length) = memchr::memchr2(b'"', b'\\', self.rest()) else {
                self.at = self.text.len();
                return Err(self.syntax("a closing '\"'"));
            };
            value.push_str(self.text.get(self.at..self.at + length).unwrap_or_default());
            self.at += length + 1;
            if self.text.as_bytes().get(self.at - 1) == Some(&b'"') {
                return Ok(value);
            }
            let escape = self.rest().first().copied();
            value.push(match escape {
                Some(b'n') => '\n',
                Some(b't') => '\t',
                Some(b'r') => '\r',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(same @ (b'"' | b'\\' | b'/')) => char::from(same),
                Some(b'u') => {
                    self.at += 1;
                    value.push(self.unicode_escape()?);
                    continue;
                }
                _ => return Err(self.syntax("an escape: one of \" \\ / b f n r t u")),
            });
            self.at += 1;
        }
    }

    /// The character of `\uXXXX`, or of two such when they are a surrogate pair; U+FFFD for half a pair.
    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let high = self.four_hex_digits()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if !self.rest().starts_with(b"\\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let second = self.at;
        self.at += 2;
        let low = self.four_hex_digits()?;
        if !(0xDC00..0xE000).contains(&low) {
            self.at = second;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_hex_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.rest().first().and_then(|byte| char::from(*byte).to_digit(16));
            let Some(digit) = digit else { return Err(self.syntax("four hexadecimal digits after \\u")) };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_half_pairs_replaced() {
        let read = |text| Reader::new(text, 1).string().unwrap().into_owned();
        assert_eq!(read(r#""a\"\\\/\n\t\u00e9\ud83d\ude00z""#), "a\"\\/\n\té😀z");
        assert_eq!(read(r#""\ud83d\u0041""#), "\u{FFFD}A");
        assert_eq!(read(r#""\udc00x""#), "\u{FFFD}x");
        assert_eq!(read("\"line\nfeed\""), "line\nfeed");
        assert!(matches!(Reader::new(r#""plain é""#, 1).string().unwrap(), Cow::Borrowed("plain é")));
    }
}
