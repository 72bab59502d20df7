//! The operators `+ - * / %` and unary minus, on numbers and on dates.
//!
//! Integers stay integers while they fit 64 bits and become doubles when they do not. Division by zero is `NULL`.

use crate::dates::{self, DAY_MS};
use crate::error::SqlError;
use crate::value::{Value, number_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    fn symbol(self) -> char {
        match self {
            Operator::Add => '+',
            Operator::Subtract => '-',
            Operator::Multiply => '*',
            Operator::Divide => '/',
            Operator::Remainder => '%',
        }
    }
}

/// One operation; `NULL` with anything is `NULL`.
pub(crate) fn apply(
    operator: Operator,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<Value<'static>, SqlError> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Int(left), Value::Int(right)) => Ok(integers(operator, *left, *right)),
        (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
            Ok(doubles(operator, as_double(left), as_double(right)))
        }
        (Value::Text(text), Value::Int(_) | Value::Double(_) | Value::Text(_)) => match number_of(text) {
            Some(number) => apply(operator, &number, right),
            None => Err(refused(operator, left, right)),
        },
        (Value::Int(_) | Value::Double(_), Value::Text(text)) => match number_of(text) {
            Some(number) => apply(operator, left, &number),
            None => Err(refused(operator, left, right)),
        },
        _ => dated(operator, left, right).ok_or_else(|| refused(operator, left, right)),
    }
}

/// Unary minus.
pub(crate) fn negate(value: &Value<'_>) -> Result<Value<'static>, SqlError> {
    match value {
        Value::Interval { months, ms } => {
            Ok(Value::Interval { months: months.saturating_neg(), ms: ms.saturating_neg() })
        }
        // Not 0 - x: that would lose the sign of a zero.
        Value::Double(number) => Ok(Value::Double(-number)),
        other => apply(Operator::Subtract, &Value::Int(0), other),
    }
}

fn integers(operator: Operator, left: i64, right: i64) -> Value<'static> {
    if right == 0 && matches!(operator, Operator::Divide | Operator::Remainder) {
        return Value::Null;
    }
    let exact = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Remainder => Some(left.wrapping_rem(right)),
    };
    match exact {
        Some(number) => Value::Int(number),
        None => doubles(operator, left as f64, right as f64),
    }
}

fn doubles(operator: Operator, left: f64, right: f64) -> Value<'static> {
    // Division by zero is infinite or NaN, and neither is a value: `finite` makes it NULL.
    Value::finite(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    })
}

/// Dates with intervals, with days as numbers, and with one another. A result outside of the calendar is `NULL`.
fn dated(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Option<Value<'static>> {
    let sign = match operator {
        Operator::Add => 1,
        Operator::Subtract => -1,
        _ => return None,
    };
    if let (Some(left), Some(right), -1) = (left.moment_ms(), right.moment_ms(), sign) {
        return Some(Value::Double((left as f64 - right as f64) / DAY_MS as f64));
    }
    let (date, shift) = match (left.moment_ms(), right.moment_ms()) {
        (Some(_), None) => (left, right),
        (None, Some(_)) if sign == 1 => (right, left),
        _ => return None,
    };
    let (months, ms) = match shift {
        Value::Interval { months, ms } => (*months, *ms),
        Value::Int(days) => (0, days.saturating_mul(DAY_MS)),
        Value::Double(days) => (0, (days * DAY_MS as f64).round() as i64),
        _ => return None,
    };
    let shifted = date
        .moment_ms()
        .and_then(|moment| dates::shift(moment, months.saturating_mul(sign), ms.saturating_mul(sign)));
    Some(match (shifted, date) {
        (None, _) => Value::Null,
        (Some(moment), Value::Day(_)) if moment % DAY_MS == 0 => Value::Day(moment / DAY_MS),
        (Some(ms), Value::Stamp { offset_minutes, .. }) => {
            Value::Stamp { ms, offset_minutes: *offset_minutes }
        }
        (Some(moment), _) => Value::Date(moment),
    })
}

fn as_double(value: &Value<'_>) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Double(number) => *number,
        _ => f64::NAN,
    }
}

fn refused(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> SqlError {
    let texts = matches!((left, right), (Value::Text(_), _) | (_, Value::Text(_)));
    let hint = if texts && operator == Operator::Add { ": join text with ||" } else { "" };
    SqlError::Mismatch(format!(
        "{} {} {} is not possible{hint}",
        left.describe(),
        operator.symbol(),
        right.describe()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_that_overflow_become_doubles() {
        let max = Value::Int(i64::MAX);
        assert_eq!(apply(Operator::Add, &max, &Value::Int(1)), Ok(Value::Double(9.223_372_036_854_776e18)));
        assert_eq!(
            apply(Operator::Divide, &Value::Int(i64::MIN), &Value::Int(-1)),
            Ok(Value::Double(9.223_372_036_854_776e18))
        );
        assert_eq!(apply(Operator::Remainder, &Value::Int(i64::MIN), &Value::Int(-1)), Ok(Value::Int(0)));
    }

    #[test]
    fn division_by_zero_and_results_beyond_a_double_are_null() {
        assert_eq!(apply(Operator::Divide, &Value::Int(1), &Value::Int(0)), Ok(Value::Null));
        assert_eq!(apply(Operator::Divide, &Value::Double(1.0), &Value::Int(0)), Ok(Value::Null));
        assert_eq!(apply(Operator::Multiply, &Value::Double(1e300), &Value::Double(1e300)), Ok(Value::Null));
    }

    #[test]
    fn shifting_a_date_out_of_the_calendar_is_null() {
        let shift = Value::Interval { months: i64::MAX, ms: i64::MIN };
        assert_eq!(apply(Operator::Add, &Value::Date(0), &shift), Ok(Value::Null));
        assert_eq!(apply(Operator::Subtract, &Value::Date(i64::MIN), &Value::Int(i64::MAX)), Ok(Value::Null));
    }
}
