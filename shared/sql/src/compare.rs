//! How two values compare: exactly for numbers, by code point for text, as moments for dates.

use std::cmp::Ordering;

use crate::error::SqlError;
use crate::value::Value;

/// The order of two values; `None` when one is `NULL`. Kinds that do not compare are an error that names both.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Result<Option<Ordering>, SqlError> {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Double(right)) => compare_exactly(*left, *right),
        (Value::Double(left), Value::Int(right)) => compare_exactly(*right, *left).map(Ordering::reverse),
        (Value::Text(left), Value::Text(right)) => Some(left.as_ref().cmp(right.as_ref())),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Bool(truth), Value::Int(_) | Value::Double(_)) => {
            return compare(&Value::Int(i64::from(*truth)), right);
        }
        (Value::Int(_) | Value::Double(_), Value::Bool(truth)) => {
            return compare(left, &Value::Int(i64::from(*truth)));
        }
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Text(text), other) => return compare(&text_beside(text, other)?, other),
        (other, Value::Text(text)) => return compare(other, &text_beside(text, other)?),
        (Value::Int(ms), other) if other.moment_ms().is_some() => {
            Some(ms.cmp(&other.moment_ms().unwrap_or(*ms)))
        }
        (other, Value::Int(ms)) if other.moment_ms().is_some() => {
            other.moment_ms().map(|moment| moment.cmp(ms))
        }
        _ => match (left.moment_ms(), right.moment_ms()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            (Some(ms), None) if matches!(right, Value::Double(_)) => return compare(&Value::Int(ms), right),
            (None, Some(ms)) if matches!(left, Value::Double(_)) => return compare(left, &Value::Int(ms)),
            _ => {
                return Err(SqlError::Mismatch(format!(
                    "{} and {} cannot be compared",
                    left.describe(),
                    right.describe()
                )));
            }
        },
    };
    Ok(order)
}

fn text_beside(text: &str, other: &Value<'_>) -> Result<Value<'static>, SqlError> {
    Value::of_text(text, other.kind()).filter(|value| !matches!(value, Value::Text(_))).ok_or_else(|| {
        SqlError::Mismatch(format!(
            "{} cannot be compared with {}",
            Value::text(text).describe(),
            other.describe()
        ))
    })
}

/// Compares without rounding the integer to a double; `None` for NaN.
fn compare_exactly(integer: i64, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if double >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if double < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let truncated = double.trunc();
    let order = integer.cmp(&(truncated as i64));
    Some(order.then_with(|| truncated.partial_cmp(&double).unwrap_or(Ordering::Equal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_doubles_compare_exactly_beyond_two_to_the_53() {
        let cases = [
            (9_007_199_254_740_993, 9_007_199_254_740_992.0, Ordering::Greater),
            (9_007_199_254_740_992, 9_007_199_254_740_992.0, Ordering::Equal),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (3, 3.5, Ordering::Less),
            (-3, -3.5, Ordering::Greater),
            (0, -0.0, Ordering::Equal),
        ];
        for (integer, double, expected) in cases {
            assert_eq!(compare_exactly(integer, double), Some(expected), "{integer} {double}");
        }
        assert_eq!(compare_exactly(0, f64::NAN), None);
    }
}
