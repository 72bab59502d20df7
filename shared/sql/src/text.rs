//! The text functions. Positions and lengths count characters from 1; results are bounded in size.

use std::borrow::Cow;

use crate::error::SqlError;
use crate::functions::Function;
use crate::value::{Value, to_number};

/// Longest text that an expression may build, in bytes: `REPLACE` within `REPLACE` grows by powers.
pub(crate) const MAX_RESULT_BYTES: usize = 4 << 20;

/// The value of a text function; no argument is `NULL`.
pub(crate) fn call<'a>(function: Function, arguments: Vec<Value<'a>>) -> Result<Value<'a>, SqlError> {
    let mut arguments = arguments.into_iter();
    let mut next_text =
        || -> Result<Option<Cow<'a, str>>, SqlError> { arguments.next().map_or(Ok(None), Value::into_text) };
    let Some(text) = next_text()? else { return Ok(Value::Null) };
    Ok(match function {
        Function::Upper => Value::text(text.to_uppercase()),
        Function::Lower => Value::text(text.to_lowercase()),
        Function::Length => Value::Int(count(&text)),
        Function::Trim | Function::TrimStart | Function::TrimEnd => {
            let set = next_text()?.unwrap_or(Cow::Borrowed(" "));
            Value::Text(trim(text, &set, function))
        }
        Function::Position => {
            let within = next_text()?.unwrap_or_default();
            Value::Int(within.find(text.as_ref()).map_or(0, |byte| count(&within[..byte]) + 1))
        }
        Function::Replace => {
            let (from, to) = (next_text()?.unwrap_or_default(), next_text()?.unwrap_or_default());
            if from.is_empty() {
                return Ok(Value::Text(text));
            }
            let grown =
                text.matches(from.as_ref()).count().saturating_mul(to.len()).saturating_add(text.len());
            check_size(grown)?;
            Value::text(text.replace(from.as_ref(), &to))
        }
        Function::Left | Function::Right | Function::Substring => {
            let first = integer(arguments.next(), function)?;
            let second = arguments.next().map(|value| integer(Some(value), function)).transpose()?;
            let (start, end) = match function {
                Function::Left => (1, first.saturating_add(1)),
                Function::Right => (count(&text).saturating_sub(first).saturating_add(1).max(1), i64::MAX),
                _ => (first, second.map_or(i64::MAX, |length| first.saturating_add(length))),
            };
            Value::Text(slice(text, start, end))
        }
        other => return Err(SqlError::unsupported(other.name())),
    })
}

/// Refuses a text that would be too long to build.
pub(crate) fn check_size(bytes: usize) -> Result<(), SqlError> {
    if bytes > MAX_RESULT_BYTES {
        return Err(SqlError::Limit(format!(
            "a text of {bytes} bytes would be built, and at most {MAX_RESULT_BYTES} are allowed"
        )));
    }
    Ok(())
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The characters from `start` (1 is the first) up to and without `end`; SQL lets both lie outside of the text.
fn slice(text: Cow<'_, str>, start: i64, end: i64) -> Cow<'_, str> {
    let skipped = usize::try_from(start.max(1) - 1).unwrap_or(usize::MAX);
    let taken = usize::try_from(end.saturating_sub(start.max(1))).unwrap_or(0);
    let byte_of = |text: &str, characters: usize| {
        text.char_indices().nth(characters).map_or(text.len(), |(byte, _)| byte)
    };
    let from = byte_of(&text, skipped);
    let to = from + byte_of(&text[from..], taken);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

fn trim<'a>(text: Cow<'a, str>, set: &str, function: Function) -> Cow<'a, str> {
    let in_set = |character: char| set.contains(character);
    let cut = |text: &'_ str| -> (usize, usize) {
        let end =
            if function == Function::TrimStart { text.len() } else { text.trim_end_matches(in_set).len() };
        let start = match function {
            Function::TrimEnd => 0,
            _ => end - text[..end].trim_start_matches(in_set).len(),
        };
        (start, end)
    };
    let (start, end) = cut(&text);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
    }
}

/// A whole number for a position or a length; fractions are cut, and a length is never negative to SQL: it is 0.
fn integer(value: Option<Value<'_>>, function: Function) -> Result<i64, SqlError> {
    let Some(value) = value else { return Ok(0) };
    let number = to_number(&value, function.name())?.unwrap_or(0.0).trunc() as i64;
    Ok(if function == Function::Substring { number } else { number.max(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_may_lie_outside_of_the_text() {
        for (start, end, expected) in
            [(2, 4, "bc"), (-1, 2, "a"), (0, i64::MAX, "abcå"), (4, 9, "å"), (9, 12, ""), (3, 1, "")]
        {
            assert_eq!(slice(Cow::Borrowed("abcå"), start, end), expected, "{start} {end}");
        }
    }

    #[test]
    fn a_replacement_that_explodes_is_refused() {
        let long = Value::text("a".repeat(3_000));
        let arguments = vec![long.clone(), Value::text("a"), long];
        assert!(matches!(call(Function::Replace, arguments), Err(SqlError::Limit(_))));
    }
}
