//! Writing the scalars of JSON.

/// The largest magnitude below which a float that is whole is written by the integer writer: 2^53.
const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;
/// Powers of ten for fixed decimals; more than nine places are never asked of a coordinate.
const POWERS_OF_TEN: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Digits of the largest 64 bit number.
const MAX_DIGITS: usize = 20;
/// The digits of 00 to 99.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut number = 0;
    while number < 100 {
        pairs[number * 2] = b'0' + (number / 10) as u8;
        pairs[number * 2 + 1] = b'0' + (number % 10) as u8;
        number += 1;
    }
    pairs
};

/// Appends a text in quotes, with the escapes that JSON asks for.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// Appends the shortest text that reads back as `value`; `null` when it is not finite.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        return out.extend_from_slice(b"null");
    }
    let whole = value as i64;
    if value.abs() < EXACT_INTEGER && (whole as f64).to_bits() == value.to_bits() {
        return write_i64(out, whole);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// Appends `value` rounded to at most `decimals` (0 to 9) places, without trailing zeros; `null` when it is not finite.
///
/// Numbers too large for exact scaling are written in full.
pub fn write_fixed(out: &mut Vec<u8>, value: f64, decimals: u8) {
    let decimals = usize::from(decimals).min(POWERS_OF_TEN.len() - 1);
    let scaled = (value * POWERS_OF_TEN[decimals]).round();
    if scaled.is_nan() || scaled.abs() >= EXACT_INTEGER {
        return write_f64(out, value);
    }
    if scaled < 0.0 {
        out.push(b'-');
    }
    // All digits, with zeros before them so that one stands before the point.
    let mut digits = [b'0'; MAX_DIGITS];
    let first = fill_digits(&mut digits, scaled.abs() as u64).min(MAX_DIGITS - 1 - decimals);
    let point = MAX_DIGITS - decimals;
    let mut end = MAX_DIGITS;
    while end > point && digits[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&digits[first..point]);
    if end > point {
        out.push(b'.');
        out.extend_from_slice(&digits[point..end]);
    }
}

/// Appends a whole number.
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

fn write_u64(out: &mut Vec<u8>, value: u64) {
    let mut digits = [0; MAX_DIGITS];
    let first = fill_digits(&mut digits, value);
    out.extend_from_slice(&digits[first..]);
}

/// Writes the digits of `value` at the end of `digits`, two at a time; returns where they begin.
fn fill_digits(digits: &mut [u8; MAX_DIGITS], mut value: u64) -> usize {
    let mut first = MAX_DIGITS;
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        first -= 2;
        digits[first] = PAIRS[pair];
        digits[first + 1] = PAIRS[pair + 1];
    }
    let pair = value as usize * 2;
    first -= 1;
    digits[first] = PAIRS[pair + 1];
    if value >= 10 {
        first -= 1;
        digits[first] = PAIRS[pair];
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_shortest_and_never_nan() {
        let text = |value| written(|out| write_f64(out, value));
        assert_eq!(text(5.0), "5");
        assert_eq!(text(-0.0), "-0");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(-122.41941550000001), "-122.41941550000001");
        assert_eq!(text(f64::NAN), "null");
        assert_eq!(text(f64::INFINITY), "null");
        assert_eq!(written(|out| write_i64(out, i64::MIN)), i64::MIN.to_string());
        for value in [1e300, 1e-300, 1.7e16, f64::MAX, f64::MIN_POSITIVE, 9_007_199_254_740_993.0] {
            assert_eq!(text(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{value}");
        }
    }

    #[test]
    fn fixed_decimals_round_and_drop_trailing_zeros() {
        let text = |value, decimals| written(|out| write_fixed(out, value, decimals));
        assert_eq!(text(1.23456789, 4), "1.2346");
        assert_eq!(text(-1.5, 7), "-1.5");
        assert_eq!(text(2.0, 7), "2");
        assert_eq!(text(-0.00001, 4), "0");
        assert_eq!(text(10.0001, 4), "10.0001");
        assert_eq!(text(0.05, 2), "0.05");
        assert_eq!(text(1e20, 4), "1e+20");
        assert_eq!(text(f64::NAN, 4), "null");
        assert_eq!(text(3.7, 0), "4");
    }

    #[test]
    fn texts_are_escaped() {
        assert_eq!(written(|out| write_string(out, "a\"b\\c\n\u{1}é😀")), r#""a\"b\\c\n\u0001é😀""#);
    }
}
