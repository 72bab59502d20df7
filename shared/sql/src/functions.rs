//! The functions by name, and the numeric ones. Results that are no finite number are `NULL`.

use crate::error::SqlError;
use crate::text;
use crate::value::{Value, to_number, whole};

macro_rules! functions {
    ($($variant:ident $minimum:literal..=$maximum:literal $($name:literal)+;)+) => {
        /// A function of an expression.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Function { $($variant,)+ }

        impl Function {
            /// The function of an upper-case name.
            pub(crate) fn by_name(name: &str) -> Option<Function> {
                match name { $($($name)|+ => Some(Function::$variant),)+ _ => None }
            }

            /// Its (first) name.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Function::$variant => [$($name),+][0],)+ }
            }

            /// The least and the greatest number of arguments.
            pub(crate) fn arity(self) -> (usize, usize) {
                match self { $(Function::$variant => ($minimum, $maximum),)+ }
            }
        }

        /// Every function name, for the message that lists what is allowed.
        pub(crate) const NAMES: &[&str] = &[$($($name,)+)+];
    };
}

functions! {
    Abs 1..=1 "ABS";
    Acos 1..=1 "ACOS";
    Asin 1..=1 "ASIN";
    Atan 1..=1 "ATAN";
    Atan2 2..=2 "ATAN2";
    Ceiling 1..=1 "CEILING" "CEIL";
    Cos 1..=1 "COS";
    Degrees 1..=1 "DEGREES";
    Exp 1..=1 "EXP";
    Floor 1..=1 "FLOOR";
    Ln 1..=1 "LN" "LOG";
    Log10 1..=1 "LOG10";
    Mod 2..=2 "MOD";
    Pi 0..=0 "PI";
    Power 2..=2 "POWER";
    Radians 1..=1 "RADIANS";
    Round 1..=2 "ROUND";
    Sign 1..=1 "SIGN";
    Sin 1..=1 "SIN";
    Sqrt 1..=1 "SQRT";
    Tan 1..=1 "TAN";
    Truncate 1..=2 "TRUNCATE";
    Coalesce 1..=1000 "COALESCE";
    NullIf 2..=2 "NULLIF";
    Length 1..=1 "CHAR_LENGTH" "CHARACTER_LENGTH" "LENGTH";
    Concat 1..=1000 "CONCAT";
    Left 2..=2 "LEFT";
    Lower 1..=1 "LOWER";
    TrimStart 1..=2 "LTRIM";
    Position 2..=2 "POSITION";
    Replace 3..=3 "REPLACE";
    Right 2..=2 "RIGHT";
    TrimEnd 1..=2 "RTRIM";
    Substring 2..=3 "SUBSTRING" "SUBSTR";
    Trim 1..=2 "TRIM";
    Upper 1..=1 "UPPER";
}

/// The value of a function whose arguments are known. `COALESCE`, `NULLIF` and `CONCAT` are evaluated elsewhere,
/// because they treat `NULL` in their own way or are operators by another name.
pub(crate) fn call<'a>(function: Function, arguments: Vec<Value<'a>>) -> Result<Value<'a>, SqlError> {
    if arguments.iter().any(|argument| matches!(argument, Value::Null)) {
        return Ok(Value::Null);
    }
    match function {
        Function::Left
        | Function::Length
        | Function::Lower
        | Function::TrimStart
        | Function::TrimEnd
        | Function::Trim
        | Function::Position
        | Function::Replace
        | Function::Right
        | Function::Substring
        | Function::Upper => text::call(function, arguments),
        _ => numeric(function, &arguments),
    }
}

fn numeric(function: Function, arguments: &[Value<'_>]) -> Result<Value<'static>, SqlError> {
    if function == Function::Pi {
        return Ok(Value::Double(std::f64::consts::PI));
    }
    let [first, others @ ..] = arguments else { return Ok(Value::Null) };
    if let (Value::Int(number), true) = (first, others.is_empty()) {
        match function {
            Function::Ceiling | Function::Floor | Function::Round | Function::Truncate => {
                return Ok(Value::Int(*number));
            }
            Function::Sign => return Ok(Value::Int(number.signum())),
            Function::Abs => {
                return Ok(number.checked_abs().map_or(Value::Double(-(*number as f64)), Value::Int));
            }
            _ => {}
        }
    }
    if function == Function::Mod {
        return crate::arithmetic::apply(crate::arithmetic::Operator::Remainder, first, &others[0]);
    }
    let name = function.name();
    let Some(x) = to_number(first, name)? else { return Ok(Value::Null) };
    let second = match others.first() {
        Some(other) => to_number(other, name)?.unwrap_or(0.0),
        None => 0.0,
    };
    if let (Value::Int(number), Function::Round | Function::Truncate, 0.0..) = (first, function, second) {
        return Ok(Value::Int(*number));
    }
    Ok(Value::finite(match function {
        Function::Abs => x.abs(),
        Function::Acos => x.acos(),
        Function::Asin => x.asin(),
        Function::Atan => x.atan(),
        Function::Atan2 => x.atan2(second),
        Function::Ceiling => x.ceil(),
        Function::Cos => x.cos(),
        Function::Degrees => x.to_degrees(),
        Function::Exp => x.exp(),
        Function::Floor => x.floor(),
        Function::Ln => x.ln(),
        Function::Log10 => x.log10(),
        Function::Power => x.powf(second),
        Function::Radians => x.to_radians(),
        Function::Round => at_scale(x, second, f64::round),
        Function::Sign if x == 0.0 => 0.0,
        Function::Sign => x.signum(),
        Function::Sin => x.sin(),
        Function::Sqrt => x.sqrt(),
        Function::Tan => x.tan(),
        Function::Truncate => at_scale(x, second, f64::trunc),
        other => return Err(SqlError::unsupported(other.name())),
    }))
}

/// Rounds at a number of decimals (negative: tens, hundreds). The number is moved as decimal text and not by a factor,
/// because 1.005 * 100 is not 100.5 in binary, and then half a cent would be rounded by chance.
pub(crate) fn at_scale(number: f64, decimals: f64, round: fn(f64) -> f64) -> f64 {
    // Doubles have at most 17 significant decimals and reach to 10^308: beyond, there is nothing to round.
    let decimals = whole(decimals.round()).unwrap_or(0).clamp(-310, 340);
    let moved = round(shift(number, decimals));
    if moved.is_finite() { shift(moved, -decimals) } else { number }
}

fn shift(number: f64, decimals: i64) -> f64 {
    let text = format!("{number:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return number };
    let Ok(exponent) = exponent.parse::<i64>() else { return number };
    format!("{mantissa}e{}", exponent + decimals).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_decimal_and_half_away_from_zero() {
        for (number, decimals, expected) in [
            (1.005, 2.0, 1.01),
            (2.5, 0.0, 3.0),
            (-2.5, 0.0, -3.0),
            (1234.0, -2.0, 1200.0),
            (1e300, 5.0, 1e300),
        ] {
            assert_eq!(
                at_scale(number, decimals, f64::round).to_bits(),
                f64::to_bits(expected),
                "{number} {decimals}"
            );
        }
    }

    #[test]
    fn what_has_no_real_result_is_null() {
        assert_eq!(call(Function::Sqrt, vec![Value::Int(-1)]), Ok(Value::Null));
        assert_eq!(call(Function::Ln, vec![Value::Int(0)]), Ok(Value::Null));
        assert_eq!(
            call(Function::Abs, vec![Value::Int(i64::MIN)]),
            Ok(Value::Double(9_223_372_036_854_775_808.0))
        );
    }

    #[test]
    fn every_name_is_found_again() {
        for name in NAMES {
            assert!(Function::by_name(name).is_some(), "{name}");
        }
    }
}
