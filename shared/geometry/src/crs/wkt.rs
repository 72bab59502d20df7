//! Well-known text: the grammar `KEYWORD["text", 1.5, WORD, CHILD[…]]` of both versions, without any meaning.
//!
//! Separate from what the keywords mean because the text comes from clients: whatever it holds, this returns a tree of
//! bounded depth or a reason, and never panics.

/// One `KEYWORD[…]`.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    /// Upper-case.
    pub(super) keyword: String,
    pub(super) values: Vec<Value>,
}

/// What stands between the brackets.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Node(Node),
}

/// Real texts are below 10; the limit keeps the recursion off the end of the stack.
const MAX_DEPTH: usize = 32;
/// Real texts are below 20 kB.
const MAX_BYTES: usize = 128 * 1024;

impl Node {
    /// The first child of one of those keywords.
    pub(super) fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.children().find(|node| keywords.contains(&node.keyword.as_str()))
    }

    pub(super) fn children(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.values.iter().filter_map(|value| match value {
            Value::Node(node) => Some(node),
            Value::Text(_) | Value::Number(_) => None,
        })
    }

    /// The text at that place among the values.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        match self.values.get(index) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number at that place among the values.
    pub(super) fn number(&self, index: usize) -> Option<f64> {
        match self.values.get(index) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// Reads the first node of `text`; what follows it (a vertical system in Esri's form) is left unread.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it is {} bytes long, the limit is {MAX_BYTES}", text.len()));
    }
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let word = reader.word();
    if word.is_empty() {
        return Err("it does not begin with a keyword such as PROJCS or GEOGCS".to_owned());
    }
    reader.node(word, 0)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes everything up to a bracket, comma, quote or white space.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "[](),\"".contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn node(&mut self, keyword: &str, depth: usize) -> Result<Node, String> {
        if depth >= MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels at byte {}", self.at));
        }
        self.skip_space();
        let close = match self.peek() {
            Some('[') => ']',
            Some('(') => ')',
            _ => return Err(format!("'[' expected after {} at byte {}", shorten(keyword), self.at)),
        };
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(format!("{} is not closed", shorten(keyword))),
                Some(c) if c == close => {
                    self.at += 1;
                    return Ok(Node { keyword: keyword.to_ascii_uppercase(), values });
                }
                Some(',') => self.at += 1,
                Some('"') => values.push(Value::Text(self.quoted()?)),
                Some('[' | ']' | '(' | ')') => {
                    return Err(format!("unexpected bracket in {} at byte {}", shorten(keyword), self.at));
                }
                Some(_) => values.push(self.value(depth)?),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        let word = self.word();
        if let Some(number) = word.parse::<f64>().ok().filter(|number| number.is_finite()) {
            return Ok(Value::Number(number));
        }
        self.skip_space();
        if matches!(self.peek(), Some('[' | '(')) {
            return Ok(Value::Node(self.node(word, depth + 1)?));
        }
        Ok(Value::Text(word.to_owned()))
    }

    /// A quoted text, in which a doubled quote stands for one.
    fn quoted(&mut self) -> Result<String, String> {
        let begin = self.at;
        let mut text = String::new();
        loop {
            self.at += 1;
            let rest = self.rest();
            let Some(end) = rest.find('"') else {
                return Err(format!("the quote at byte {begin} is not closed"));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if self.peek() != Some('"') {
                return Ok(text);
            }
            text.push('"');
        }
    }
}

fn shorten(keyword: &str) -> String {
    keyword.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_both_brackets_and_doubled_quotes() {
        let root = parse(r#" Projcs ( "a ""b"" c" , UNIT["m",1.0] , NORTH )"#).unwrap();
        assert_eq!(root.keyword, "PROJCS");
        assert_eq!(root.text(0), Some("a \"b\" c"));
        assert_eq!(root.child(&["UNIT"]).unwrap().number(1), Some(1.0));
        assert_eq!(root.text(2), Some("NORTH"));
    }

    #[test]
    fn says_what_is_wrong_with_a_broken_text() {
        for text in ["", "[", "A", "A[", "A[\"", "A[B[", "A[(]", "A[1)", "\u{301}A", "A[]]"] {
            assert!(parse(text).is_err() || text == "A[]]", "{text}");
        }
        assert!(parse(&"A[".repeat(100_000)).is_err());
        assert!(parse(&"A[".repeat(50_000)).unwrap_err().contains("nested"));
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn never_panics_on_text_of_its_own_letters(text in "[AUTHORIYPJCS\\[\\]\\(\\),\"0-9.eE é-]{0,200}") {
            let _ = parse(&text);
        }
    }
}
