//! Numbers in JSON: whole ones exactly, the others correctly rounded.

use super::{JsonError, Kind, Reader};

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Written without fraction and exponent, and within 64 bits.
    Integer(i64),
    /// Any other; NaN for the literals that are not a number.
    Double(f64),
}

impl Number {
    /// The number of a whole text, white space around it allowed; `None` when it is no number.
    pub fn parse(text: &str) -> Option<Number> {
        let mut reader = Reader::new(text, 0);
        let number = reader.number().ok()?;
        reader.end().ok()?;
        Some(number)
    }

    /// The nearest 64 bit float.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Integer(value) => value as f64,
            Number::Double(value) => value,
        }
    }
}

impl Reader<'_> {
    /// A number, exactly.
    pub fn number(&mut self) -> Result<Number, JsonError> {
        self.expect_kind(Kind::Number, "a number")?;
        let start = self.at;
        let rest = self.rest();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let mut digits = 0;
        let mut magnitude: i64 = 0;
        while let Some(digit @ b'0'..=b'9') = rest.get(sign + digits) {
            magnitude = magnitude.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            digits += 1;
        }
        let is_whole = digits > 0 && !matches!(rest.get(sign + digits), Some(b'.' | b'e' | b'E'));
        // 18 digits always fit, and what begins with another digit than 0 is in JSON's form.
        if is_whole && digits <= 18 && rest.get(sign) != Some(&b'0') {
            self.at += sign + digits;
            return Ok(Number::Integer(if sign == 1 { -magnitude } else { magnitude }));
        }
        let value = self.number_token()?;
        // "-0" stays a float: as an integer it would lose its sign.
        if !is_whole || (sign == 1 && rest.get(1) == Some(&b'0')) {
            return Ok(Number::Double(value));
        }
        match self.text.get(start..self.at).unwrap_or_default().parse() {
            Ok(integer) => Ok(Number::Integer(integer)),
            Err(_) => Ok(Number::Double(value)),
        }
    }

    /// A number as float; NaN for the literals that are not a number.
    #[inline]
    pub fn f64(&mut self) -> Result<f64, JsonError> {
        match self.peek_byte() {
            Some(b'-' | b'0'..=b'9') => self.number_token(),
            _ => {
                self.expect_kind(Kind::Number, "a number")?;
                self.number_token()
            }
        }
    }

    /// A whole number of at most 64 bits; `5.0` and `"5"` count.
    pub fn i64(&mut self) -> Result<i64, JsonError> {
        let offset = self.at;
        let number = match self.peek()? {
            Kind::String => Number::parse(&self.string()?),
            _ => Some(self.number()?),
        };
        match number {
            Some(Number::Integer(value)) => Ok(value),
            Some(Number::Double(value)) if value.fract().abs() < f64::EPSILON && value.abs() < 9.0e15 => {
                Ok(value as i64)
            }
            Some(_) => Err(JsonError::Kind { offset, expected: "a whole number", found: Kind::Number }),
            None => Err(JsonError::Kind { offset, expected: "a whole number", found: Kind::String }),
        }
    }

    /// A coordinate as clients write it: a number, a number in quotes, or `null`, `NaN` and `"NaN"`, which are NaN.
    #[inline]
    pub fn ordinate(&mut self) -> Result<f64, JsonError> {
        match self.peek_byte() {
            Some(b'-' | b'0'..=b'9') => self.number_token(),
            _ => self.unusual_ordinate(),
        }
    }

    /// A coordinate array `[x, y, …]`: the first four ordinates, the rest is read and dropped. Returns how many there were.
    #[inline]
    pub fn position(&mut self, ordinates: &mut [f64; 4]) -> Result<usize, JsonError> {
        self.begin_array()?;
        let mut count = 0;
        while self.next_element()? {
            let value = self.ordinate()?;
            if let Some(ordinate) = ordinates.get_mut(count) {
                *ordinate = value;
            }
            count += 1;
        }
        Ok(count)
    }

    /// How many `[` come next, white space between them allowed; none is taken.
    pub fn opening_brackets(&mut self) -> usize {
        self.peek_byte();
        let rest = self.rest().iter().filter(|byte| !byte.is_ascii_whitespace());
        rest.take_while(|byte| **byte == b'[').count()
    }

    #[cold]
    fn unusual_ordinate(&mut self) -> Result<f64, JsonError> {
        match self.peek()? {
            Kind::Number => self.number_token(),
            Kind::Null => self.null().map(|()| f64::NAN),
            Kind::String => {
                let offset = self.at;
                let text = self.string()?;
                match Number::parse(&text) {
                    Some(number) => Ok(number.as_f64()),
                    None if text.trim().is_empty() || text.trim().eq_ignore_ascii_case("nan") => Ok(f64::NAN),
                    None => Err(JsonError::Kind { offset, expected: "a coordinate", found: Kind::String }),
                }
            }
            found => Err(JsonError::Kind { offset: self.at, expected: "a coordinate", found }),
        }
    }

    /// A number or one of the literals, the reader standing on its first character.
    #[inline]
    fn number_token(&mut self) -> Result<f64, JsonError> {
        let rest = self.rest();
        let unsigned = rest.strip_prefix(b"-").unwrap_or(rest);
        // Checked here because the float parser also takes "+1", ".5", "01" and "inf".
        if !matches!(
            unsigned,
            [b'1'..=b'9', ..] | [b'0'] | [b'0', b'.' | b'e' | b'E' | b',' | b']' | b'}', ..]
        ) {
            return self.unusual_number(unsigned);
        }
        let Ok((value, length)) = fast_float2::parse_partial::<f64, _>(rest) else {
            return Err(self.syntax("a number"));
        };
        if rest.get(length.wrapping_sub(1)) == Some(&b'.') {
            self.at += length;
            return Err(self.syntax("a digit after the decimal point"));
        }
        self.at += length;
        Ok(value)
    }

    #[cold]
    fn unusual_number(&mut self, unsigned: &[u8]) -> Result<f64, JsonError> {
        let sign = self.rest().len() - unsigned.len();
        if unsigned.first() == Some(&b'0') && !unsigned.get(1).is_some_and(u8::is_ascii_digit) {
            self.at += sign + 1;
            return Ok(if sign == 1 { -0.0 } else { 0.0 });
        }
        for literal in ["NaN", "Infinity"] {
            if unsigned.starts_with(literal.as_bytes()) {
                self.at += sign + literal.len();
                return Ok(f64::NAN);
            }
        }
        Err(self.syntax("a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_and_floats_correctly_rounded() {
        assert_eq!(Number::parse("9223372036854775807"), Some(Number::Integer(i64::MAX)));
        assert_eq!(Number::parse("-9223372036854775808"), Some(Number::Integer(i64::MIN)));
        assert_eq!(Number::parse("9223372036854775808"), Some(Number::Double(9223372036854775808.0)));
        assert_eq!(Number::parse(" 0 "), Some(Number::Integer(0)));
        assert_eq!(Number::parse("9007199254740993.0"), Some(Number::Double(9007199254740992.0)));
        assert_eq!(Number::parse("1e-7"), Some(Number::Double(1e-7)));
        assert_eq!(Number::parse("1e400"), Some(Number::Double(f64::INFINITY)));
        assert!(matches!(Number::parse("-0"), Some(Number::Double(zero)) if zero.is_sign_negative()));
        for wrong in ["", "+1", ".5", "1.", "01", "-", "1e", "0x1", "inf", "1 2", "--1", "1.e5x"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn literals_that_are_no_number_and_quoted_numbers_are_coordinates() {
        let mut ordinates = [0.0; 4];
        let count = Reader::new(r#"[NaN, -Infinity, "NaN", null, 5]"#, 1).position(&mut ordinates).unwrap();
        assert_eq!(count, 5);
        assert!(ordinates.iter().all(|value| value.is_nan()));
        assert_eq!(Reader::new(r#"["5.5",-1]"#, 1).position(&mut ordinates).unwrap(), 2);
        assert_eq!(ordinates[..2], [5.5, -1.0]);
        assert!(Reader::new(r#"["abc"]"#, 1).position(&mut ordinates).is_err());
    }
}
