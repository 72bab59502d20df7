//! `INTERVAL '…' unit` literals: months, or an exact time in milliseconds.

use sqlparser::ast::{DateTimeField, Expr, Interval, Value as Literal};

use crate::error::SqlError;
use crate::value::Value;

/// The units of the day-to-second intervals, from the greatest down, in milliseconds.
const UNITS_MS: [i64; 4] = [86_400_000, 3_600_000, 60_000, 1_000];

/// The value of an interval literal.
pub(crate) fn interval(literal: &Interval) -> Result<Value<'static>, SqlError> {
    let text = match literal.value.as_ref() {
        Expr::Value(value) => match &value.value {
            Literal::SingleQuotedString(text) | Literal::Number(text, _) => text,
            other => return Err(bad(&other.to_string())),
        },
        _ => return Err(bad("an expression")),
    };
    let Some(first) = &literal.leading_field else { return Err(bad(text)) };
    let (digits, sign) = match text.trim().strip_prefix('-') {
        Some(rest) => (rest, -1),
        None => (text.trim().trim_start_matches('+'), 1),
    };
    let read = match &literal.last_field {
        None => single(digits, first),
        Some(last) => compound(digits, first, last),
    };
    let (months, ms) = read.ok_or_else(|| bad(text))?;
    Ok(Value::Interval { months: months * sign, ms: ms * sign })
}

/// One number of one unit: months and milliseconds.
fn single(digits: &str, unit: &DateTimeField) -> Option<(i64, i64)> {
    match unit {
        DateTimeField::Year | DateTimeField::Years => {
            return Some((whole(digits)?.checked_mul(12)?, 0));
        }
        DateTimeField::Month | DateTimeField::Months => return Some((whole(digits)?, 0)),
        _ => {}
    }
    let unit_ms = match unit {
        DateTimeField::Week(None) | DateTimeField::Weeks => 7 * UNITS_MS[0],
        other => UNITS_MS[rank(other)?],
    };
    milliseconds(digits, unit_ms).map(|ms| (0, ms))
}

/// `'1-6' YEAR TO MONTH`, `'3 04:05:06.7' DAY TO SECOND` and what lies between.
fn compound(digits: &str, first: &DateTimeField, last: &DateTimeField) -> Option<(i64, i64)> {
    if let (DateTimeField::Year, DateTimeField::Month) = (first, last) {
        let (years, months) = digits.split_once('-')?;
        return Some((whole(years)?.checked_mul(12)?.checked_add(whole(months)?)?, 0));
    }
    let units = UNITS_MS.get(rank(first)?..=rank(last)?)?;
    let parts: Vec<&str> = digits.split([' ', ':']).filter(|part| !part.is_empty()).collect();
    if parts.len() != units.len() {
        return None;
    }
    let mut sum = 0i64;
    for (part, unit_ms) in parts.iter().zip(units) {
        sum = sum.checked_add(milliseconds(part, *unit_ms)?)?;
    }
    Some((0, sum))
}

fn rank(unit: &DateTimeField) -> Option<usize> {
    match unit {
        DateTimeField::Day | DateTimeField::Days => Some(0),
        DateTimeField::Hour | DateTimeField::Hours => Some(1),
        DateTimeField::Minute | DateTimeField::Minutes => Some(2),
        DateTimeField::Second | DateTimeField::Seconds => Some(3),
        _ => None,
    }
}

fn whole(digits: &str) -> Option<i64> {
    digits.trim().parse::<u32>().ok().map(i64::from)
}

fn milliseconds(digits: &str, unit_ms: i64) -> Option<i64> {
    let digits = digits.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let ms = digits.parse::<f64>().ok()? * unit_ms as f64;
    // Ten thousand years and more do not fit the calendar; the bound keeps the sum of four far from overflow.
    (ms < 1e15).then_some(ms.round() as i64)
}

fn bad(text: &str) -> SqlError {
    SqlError::Unsupported(format!(
        "the interval {text} is not understood: write INTERVAL '3' DAY (YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, \
         SECOND), INTERVAL '1-6' YEAR TO MONTH or INTERVAL '3 04:05:06' DAY TO SECOND"
    ))
}
