//! `LIKE` patterns, compiled once: `%` is any text, `_` one character, and an escape character takes their meaning.
//!
//! The match goes through the text at most once for each `%`, and never back further than the last one: no pattern
//! takes exponential time.

use std::borrow::Cow;

use crate::error::SqlError;

/// Whether upper and lower case are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetterCase {
    /// `LIKE`.
    Sensitive,
    /// `ILIKE`.
    Insensitive,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    shape: Shape,
    case: LetterCase,
}

/// The frequent shapes are searches of the standard library.
#[derive(Clone, Debug)]
enum Shape {
    Exact(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Contains(Box<str>),
    Pieces(Vec<Piece>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Character(char),
    One,
    Any,
}

impl Pattern {
    /// Compiles a pattern; `escape` is one character, as text.
    pub(crate) fn new(pattern: &str, escape: Option<&str>, case: LetterCase) -> Result<Pattern, SqlError> {
        let escape = match escape.map(|escape| (escape.chars().next(), escape.chars().nth(1))) {
            None => None,
            Some((Some(character), None)) => Some(character),
            Some(_) => {
                return Err(SqlError::Mismatch("the ESCAPE of a LIKE must be one character".to_owned()));
            }
        };
        let mut pieces = Vec::new();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                escaped if Some(escaped) == escape => match characters.next() {
                    Some(next) => Piece::Character(fold(next, case)),
                    None => {
                        return Err(SqlError::Mismatch(format!(
                            "the LIKE pattern '{pattern}' ends with its escape character: double it"
                        )));
                    }
                },
                '%' if pieces.last() == Some(&Piece::Any) => continue,
                '%' => Piece::Any,
                '_' => Piece::One,
                other => Piece::Character(fold(other, case)),
            });
        }
        Ok(Pattern { shape: shape(pieces), case })
    }

    /// Whether the whole text is of the pattern.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = match self.case {
            LetterCase::Sensitive => Cow::Borrowed(text),
            LetterCase::Insensitive => {
                Cow::Owned(text.chars().map(|character| fold(character, self.case)).collect())
            }
        };
        let text = text.as_ref();
        match &self.shape {
            Shape::Exact(part) => text == part.as_ref(),
            Shape::Prefix(part) => text.starts_with(part.as_ref()),
            Shape::Suffix(part) => text.ends_with(part.as_ref()),
            Shape::Contains(part) => text.contains(part.as_ref()),
            Shape::Pieces(pieces) => matches(pieces, text),
        }
    }
}

/// Lower case, where it is a single character: the pattern's `_` counts characters.
fn fold(character: char, case: LetterCase) -> char {
    if case == LetterCase::Sensitive {
        return character;
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn shape(pieces: Vec<Piece>) -> Shape {
    let literal = |part: &[Piece]| -> Option<Box<str>> {
        part.iter()
            .map(|piece| match piece {
                Piece::Character(character) => Some(*character),
                Piece::One | Piece::Any => None,
            })
            .collect::<Option<String>>()
            .map(String::into_boxed_str)
    };
    let found = match pieces.as_slice() {
        [Piece::Any] => literal(&[]).map(Shape::Contains),
        [Piece::Any, middle @ .., Piece::Any] => literal(middle).map(Shape::Contains),
        [Piece::Any, end @ ..] => literal(end).map(Shape::Suffix),
        [start @ .., Piece::Any] => literal(start).map(Shape::Prefix),
        all => literal(all).map(Shape::Exact),
    };
    found.unwrap_or(Shape::Pieces(pieces))
}

/// Greedy matching that comes back to the last `%` only: what an earlier one could take, the last one can take too.
fn matches(pieces: &[Piece], text: &str) -> bool {
    let mut rest = text.chars();
    let mut next = 0;
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        if pieces.get(next) == Some(&Piece::Any) {
            next += 1;
            retry = Some((next, rest.clone()));
            continue;
        }
        let mut ahead = rest.clone();
        match (ahead.next(), pieces.get(next)) {
            (None, None) => return true,
            (Some(_), Some(Piece::One)) => {
                next += 1;
                rest = ahead;
            }
            (Some(character), Some(Piece::Character(wanted))) if character == *wanted => {
                next += 1;
                rest = ahead;
            }
            (None, _) => return false,
            _ => {
                let Some((after, from)) = &mut retry else { return false };
                from.next();
                next = *after;
                rest = from.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, Some("\\"), LetterCase::Sensitive).unwrap().matches(text)
    }

    #[test]
    fn wildcards_match_characters_not_bytes() {
        for (text, pattern, expected) in [
            ("Åse", "_se", true),
            ("", "%", true),
            ("", "_", false),
            ("abc", "a%c", true),
            ("abcbc", "a%bc", true),
            ("abcbd", "a%bc", false),
            ("aXbYc", "a_b_c", true),
            ("100%", "100\\%", true),
            ("1000", "100\\%", false),
            ("ab", "a%b%", true),
            ("mississippi", "m%iss%ip%", true),
            ("abc", "%%_%b_", true),
            ("abc", "abc_", false),
        ] {
            assert_eq!(like(text, pattern), expected, "{text} like {pattern}");
        }
    }

    #[test]
    fn a_pattern_of_many_wildcards_is_answered_at_once() {
        assert!(!like(&"a".repeat(20_000), &format!("{}b", "%a".repeat(100))));
    }
}
