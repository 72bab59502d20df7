//! What can be wrong with a JSON text.

/// What is wrong with a JSON text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("not valid JSON at byte {offset}: expected {expected}, found {}", found_text(*found))]
    Syntax {
        /// Position in the text, in bytes.
        offset: usize,
        /// What would have been right.
        expected: &'static str,
        /// The character there; `None` at the end of the text.
        found: Option<char>,
    },
    /// The text is JSON, but holds another kind of value than the place allows.
    #[error("expected {expected}, found {found} (byte {offset})")]
    Kind {
        /// Position in the text, in bytes.
        offset: usize,
        /// What would have been right.
        expected: &'static str,
        /// What is there.
        found: Kind,
    },
    /// Arrays and objects are nested deeper than the limit.
    #[error("arrays and objects are nested deeper than {max_depth} levels at byte {offset}")]
    TooDeep {
        /// Position in the text, in bytes.
        offset: usize,
        /// The limit.
        max_depth: usize,
    },
}

/// The kind of a JSON value, told from its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, or one of the literals that are not a number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Object => "an object",
            Kind::Array => "an array",
            Kind::String => "a text",
            Kind::Number => "a number",
            Kind::Bool => "true or false",
            Kind::Null => "null",
        })
    }
}

fn found_text(found: Option<char>) -> String {
    match found {
        Some(character) => format!("{character:?}"),
        None => "the end of the text".to_owned(),
    }
}
