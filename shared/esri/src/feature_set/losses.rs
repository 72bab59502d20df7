//! Values that could not be kept as they were written, counted a column.
//!
//! Separate because they come up where values are read and again where they take the type of their field, and make one
//! sentence a kind however many there are.

use crate::{Attribute, Field, FieldType};

/// Columns that a sentence names before it only counts.
const MAX_NAMED: usize = 5;
/// 2^53: whole numbers up to it are exact as floats.
const EXACT_INTEGER: u64 = 1 << 53;

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Loss {
    /// A whole number became the nearest float.
    Digits,
    /// What is no finite number became null.
    NotFinite,
}

/// How many there are in each column.
#[derive(Default)]
pub(super) struct Losses(Vec<[usize; 2]>);

impl Losses {
    pub(super) fn note(&mut self, column: usize, loss: Loss) {
        if column >= self.0.len() {
            self.0.resize(column + 1, [0; 2]);
        }
        self.0[column][loss as usize] += 1;
    }

    pub(super) fn sentences(&self, fields: &[Field]) -> Vec<String> {
        let kinds = [
            (Loss::Digits, "whole numbers of more digits than can be kept were rounded"),
            (Loss::NotFinite, "values that are no finite numbers, such as NaN or 1e400, were read as null"),
        ];
        let mut sentences = Vec::new();
        for (loss, what) in kinds {
            let counts = self.0.iter().map(|counts| counts[loss as usize]).zip(fields);
            let named: Vec<String> = counts
                .filter(|(count, _)| *count > 0)
                .map(|(count, field)| format!("{} ({count})", crate::text::shortened(&field.name)))
                .collect();
            let more = match named.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more fields"),
            };
            if !named.is_empty() {
                let shown = named.get(..MAX_NAMED).unwrap_or(&named).join(", ");
                sentences.push(format!("{what}: {shown}{more}"));
            }
        }
        sentences
    }
}

/// What a value loses that was read and now takes the type of its field.
pub(super) fn of_conversion(value: &Attribute, field_type: FieldType) -> Option<Loss> {
    let Attribute::Integer(whole) = value else { return None };
    let is_float = matches!(field_type, FieldType::Double | FieldType::Single);
    if !is_float || whole.unsigned_abs() <= EXACT_INTEGER {
        return None;
    }
    (!is_exact(&whole.to_string(), *whole as f64)).then_some(Loss::Digits)
}

/// Whether a float is the whole number of those digits, or the number that they are the usual text of: JavaScript writes 2^64
/// as 18446744073709552000.
pub(super) fn is_exact(digits: &str, value: f64) -> bool {
    digits == value.to_string() || digits == format!("{value:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_the_whole_numbers_that_they_are_and_those_that_are_written_for_them() {
        for (digits, exact) in [
            ("18446744073709552000", true),
            ("18446744073709551616", true),
            ("18446744073709551617", false),
            ("-100000000000000000000", true),
            ("9007199254740993", false),
        ] {
            assert_eq!(is_exact(digits, digits.parse().unwrap()), exact, "{digits}");
        }
        let of = |whole| of_conversion(&Attribute::Integer(whole), FieldType::Double);
        assert_eq!((of(9_007_199_254_740_993), of(1 << 60), of(-5)), (Some(Loss::Digits), None, None));
        assert_eq!(of_conversion(&Attribute::Integer(i64::MAX), FieldType::BigInteger), None);
    }
}
