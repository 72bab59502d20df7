//! Why a text is no expression, in words for the analyst who wrote it.
//!
//! The parser's own messages name its internals ("no infix parser for token ShiftRight"), so only the place is taken from
//! them, and what was expected where that is a word of SQL.

use sqlparser::tokenizer::Location;

use crate::error::SqlError;

/// Longest piece of the text that a message repeats, in characters.
const MAX_SHOWN: usize = 20;

/// What the parser may say it expected; anything else are words of its grammar.
const SAYABLE: [&str; 11] =
    ["an expression", ")", "(", "]", "AND", "AS", "END", "FROM", "THEN", "WHEN", "literal string"];

/// The parser stopped with `message`, which names the place unless that is where the parser stands (`at`).
pub(crate) fn from_parser(text: &str, message: &str, at: Location) -> SqlError {
    let (what, place) = match message.rsplit_once(" at Line: ") {
        Some((what, place)) => (what, read_location(place)),
        None => (message, None),
    };
    let expected = what.strip_prefix("Expected: ").and_then(|rest| rest.split(", found: ").next());
    let expected = expected.filter(|expected| SAYABLE.contains(expected));
    // The parser knows no place for the end of the text.
    let at_end = what.ends_with("found: EOF");
    let place = if at_end { None } else { Some(place.unwrap_or(at)) };
    stopped(text, place, expected.map(|expected| format!("expected {expected}")))
}

/// The text could not even be cut into words; the tokenizer's messages are about quotes and comments.
pub(crate) fn from_tokenizer(text: &str, message: &str, at: Location) -> SqlError {
    let said = message.starts_with("Unterminated").then(|| "a quote is not closed".to_owned());
    stopped(text, Some(at), said)
}

/// The expression ended, but the text goes on at `at`.
pub(crate) fn goes_on(text: &str, at: Location) -> SqlError {
    stopped(text, Some(at), Some("this does not continue the expression".to_owned()))
}

fn stopped(text: &str, place: Option<Location>, reason: Option<String>) -> SqlError {
    let place = place.and_then(|place| character_at(text, place));
    let place = match place {
        Some(character) => {
            let rest = text.chars().skip(character);
            let shown: String = rest.take_while(|next| !next.is_whitespace()).take(MAX_SHOWN).collect();
            format!("at \"{shown}\" (character {})", character + 1)
        }
        None => "at its end".to_owned(),
    };
    SqlError::Syntax(match reason {
        Some(reason) => format!("{place}: {reason}"),
        None => place,
    })
}

/// `1, Column: 5`
fn read_location(text: &str) -> Option<Location> {
    let (line, column) = text.split_once(", Column: ")?;
    Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
}

/// How many characters stand before the place; `None` where there is no character.
fn character_at(text: &str, place: Location) -> Option<usize> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let before: usize = text.split('\n').take(line).map(|line| line.chars().count() + 1).sum();
    let character = before + column;
    (text.trim_end().chars().nth(character).is_some()).then_some(character)
}

#[cfg(test)]
mod tests {
    use crate::Expression;

    fn error(text: &str) -> String {
        Expression::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_the_place_and_no_internals() {
        for (text, message) in [
            ("NOPE>>", "at \">>\" (character 5)"),
            ("A = 1 AND\n B > 2 )", "at \")\" (character 18): this does not continue the expression"),
            ("A >", "at its end: expected an expression"),
            ("(A > 5", "at its end: expected )"),
            ("Åb = )", "at \")\" (character 6): expected an expression"),
            ("A = 'Paris", "at \"'Paris\" (character 5): a quote is not closed"),
            ("A IS 5", "at \"5\" (character 6)"),
            ("A = 1 B", "at \"B\" (character 7): this does not continue the expression"),
        ] {
            assert_eq!(error(text), format!("the expression cannot be read {message}"), "{text}");
        }
    }
}
