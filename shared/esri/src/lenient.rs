//! The lenient pass (specification 2.4 rule 2): Python literals and JavaScript objects, rewritten as JSON text.
//!
//! The Python client sends the `repr` of untouched defaults, and a sample of Esri's has keys without quotes. This runs only
//! after strict reading failed. It rewrites tokens and leaves the structure alone: whether the result is JSON the
//! reader says.

use crate::json::write_string;

/// The text as JSON, as far as tokens go; `None` when there is something in it that no rewriting makes JSON.
///
/// Rewritten are texts in single quotes (with Python's escapes and prefixes), `None`, `True`, `False` and their other
/// cases, `nan`, `inf`, `undefined`, bare keys, parentheses of tuples, and commas before a closing bracket.
pub fn to_json(text: &str) -> Option<String> {
    let mut pass =
        Pass { rest: text, out: Vec::with_capacity(text.len() + text.len() / 8), open: Vec::new() };
    while let Some(first) = pass.rest.chars().next() {
        match first {
            '\'' | '"' => pass.quoted(first)?,
            '[' | '(' | '{' => pass.open(first),
            ']' | ')' | '}' => pass.close()?,
            ',' => pass.comma(),
            _ if first.is_alphabetic() || first == '_' || first == '$' => pass.word()?,
            _ => pass.copy(first),
        }
    }
    String::from_utf8(pass.out).ok()
}

struct Pass<'t> {
    rest: &'t str,
    out: Vec<u8>,
    /// Closing brackets of what is open, as JSON wants them.
    open: Vec<u8>,
}

impl Pass<'_> {
    fn copy(&mut self, first: char) {
        let mut buffer = [0; 4];
        self.out.extend_from_slice(first.encode_utf8(&mut buffer).as_bytes());
        self.skip(first.len_utf8());
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn open(&mut self, bracket: char) {
        let (open, close) = if bracket == '{' { (b'{', b'}') } else { (b'[', b']') };
        self.out.push(open);
        self.open.push(close);
        self.skip(1);
    }

    fn close(&mut self) -> Option<()> {
        self.out.push(self.open.pop()?);
        self.skip(1);
        Some(())
    }

    /// Drops a comma before a closing bracket: `(1,)`.
    fn comma(&mut self) {
        self.skip(1);
        if !self.rest.trim_start().starts_with([']', ')', '}']) {
            self.out.push(b',');
        }
    }

    /// A text in either kind of quotes; the other kind may stand in it unescaped.
    fn quoted(&mut self, quote: char) -> Option<()> {
        self.skip(1);
        let mut value = String::new();
        loop {
            let stop = self.rest.find([quote, '\\'])?;
            value.push_str(self.rest.get(..stop)?);
            let closed = self.rest.as_bytes().get(stop) != Some(&b'\\');
            self.skip(stop + 1);
            if closed {
                write_string(&mut self.out, &value);
                return Some(());
            }
            self.escape(&mut value)?;
        }
    }

    /// The character of an escape of Python or JSON, the backslash being taken.
    fn escape(&mut self, value: &mut String) -> Option<()> {
        let letter = self.rest.chars().next()?;
        self.skip(letter.len_utf8());
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(self.rest.get(..digits)?, 16).ok()?;
            self.skip(digits);
            value.push(self.character(code));
            return Some(());
        }
        match letter {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'a' => value.push('\u{7}'),
            'v' => value.push('\u{b}'),
            '0' => value.push('\0'),
            '\n' => {}
            '\'' | '"' | '\\' | '/' => value.push(letter),
            // Python keeps the backslash of an escape that is none.
            _ => value.extend(['\\', letter]),
        }
        Some(())
    }

    /// The character of a code, taking the second half of a surrogate pair when this is the first.
    fn character(&mut self, code: u32) -> char {
        let low = self.rest.strip_prefix("\\u").and_then(|rest| u32::from_str_radix(rest.get(..4)?, 16).ok());
        if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (code, low) {
            self.skip(6);
            return char::from_u32(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
                .unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// A bare word: a constant, a prefix of a quoted text, or a key.
    fn word(&mut self) -> Option<()> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
        let length = self.rest.find(|letter: char| !is_part(letter)).unwrap_or(self.rest.len());
        let word = self.rest.get(..length)?;
        // An exponent follows digits: "1e5", "1E+5".
        if self.out.last().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
            self.out.extend_from_slice(word.as_bytes());
            self.skip(length);
            return Some(());
        }
        let after = self.rest.get(length..)?.trim_start();
        if after.starts_with(':') && self.open.last() == Some(&b'}') {
            write_string(&mut self.out, word);
            self.skip(length);
            return Some(());
        }
        if matches!(word, "u" | "b") && self.rest.get(length..)?.starts_with(['\'', '"']) {
            self.skip(length);
            return Some(());
        }
        let constant = match word {
            _ if word.eq_ignore_ascii_case("none")
                || word.eq_ignore_ascii_case("null")
                || word == "undefined" =>
            {
                "null"
            }
            _ if word.eq_ignore_ascii_case("true") => "true",
            _ if word.eq_ignore_ascii_case("false") => "false",
            _ if word.eq_ignore_ascii_case("nan") => "NaN",
            _ if word.eq_ignore_ascii_case("inf") || word == "Infinity" => "Infinity",
            _ => return None,
        };
        self.out.extend_from_slice(constant.as_bytes());
        self.skip(length);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_json(text: &str, json: &str) {
        assert_eq!(to_json(text).as_deref(), Some(json));
    }

    #[test]
    fn python_literals_become_json() {
        assert_json("['a', 'b']", r#"["a", "b"]"#);
        assert_json(
            "{'a': None, 'b': True, 'c': [False, 1.5e+3]}",
            r#"{"a": null, "b": true, "c": [false, 1.5e+3]}"#,
        );
        assert_json(r#"['say "hi"', "it's"]"#, r#"["say \"hi\"", "it's"]"#);
        assert_json(
            r"['it\'s', 'a\\b', 'caf\xe9', '\u20ac', '\U0001F600', '\d']",
            r#"["it's", "a\\b", "café", "€", "😀", "\\d"]"#,
        );
        assert_json("(1, 'x',)", r#"[1, "x"]"#);
        assert_json("[u'a', nan, -inf]", r#"["a", NaN, -Infinity]"#);
        assert_json("['None', 'True, False']", r#"["None", "True, False"]"#);
        assert_json("[[1, 'x']]", r#"[[1, "x"]]"#);
    }

    #[test]
    fn bare_keys_get_quotes() {
        assert_json(
            "{extent:{xmin:-1,spatialReference:{wkid:4326}}, \"outSR\":null}",
            r#"{"extent":{"xmin":-1,"spatialReference":{"wkid":4326}}, "outSR":null}"#,
        );
    }

    #[test]
    fn what_is_neither_is_left_to_the_strict_error() {
        for text in ["hello", "['a", "[1]]", "{'a': b}", r"['\x4']"] {
            assert_eq!(to_json(text), None, "{text}");
        }
    }
}
