//! Dates with a format of their own: `{"date":"31.05.2024","format":"dd.MM.yyyy"}` (specification 2.6).
//!
//! The letters are those of Java's `SimpleDateFormat` that name a part of a date in digits. Text in single quotes is
//! itself. AM/PM, zones and fractions have no letter, as the protocol says.

use super::{DAY_MS, days_from_civil, valid_date};

/// The instant in epoch milliseconds, UTC; `None` when the text does not fit or a letter is unknown.
pub(super) fn parse(text: &str, format: &str) -> Option<i64> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (1970, 1, 1, 0, 0, 0);
    let mut rest = text.trim();
    let mut letters = format.trim().chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            quoted = !quoted;
            continue;
        }
        if quoted || !letter.is_ascii_alphabetic() {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        let mut width = 1;
        while letters.next_if_eq(&letter).is_some() {
            width += 1;
        }
        // A part directly before another part has exactly its width; else it may have fewer digits or more.
        let followed = letters.peek().is_some_and(char::is_ascii_alphabetic);
        let value = digits(&mut rest, width, followed)?;
        match letter {
            // Two digits name a year of 1930 to 2029, as ArcGIS and Excel read them.
            'y' | 'Y' if width <= 2 && value < 100 => {
                year = if value < 30 { 2000 + value } else { 1900 + value }
            }
            'y' | 'Y' => year = value,
            'M' => month = value,
            'd' | 'D' => day = value,
            'H' | 'h' => hour = value,
            'm' => minute = value,
            's' => second = value,
            _ => return None,
        }
    }
    if !rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = valid_date((year, month, day))?;
    Some(days_from_civil(date) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000)
}

fn digits(rest: &mut &str, width: usize, exactly: bool) -> Option<i64> {
    // Six digits hold every year that a date can have.
    let most = if exactly { width.min(6) } else { 6 };
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let value = rest.get(..length)?.parse().ok()?;
    *rest = rest.get(length..)?;
    Some(value)
}
