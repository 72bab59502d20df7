//! Coordinates with decimal commas, `8,5`, as spreadsheets of many countries write them.
//!
//! Separate because a comma may also part thousands, as in `500,000`, and only all values together tell.

/// What the values of a column say about the commas in them.
#[derive(Clone, Copy, Default)]
pub(super) struct Commas {
    /// Whether a value is no number with at most one comma and no point.
    has_others: bool,
    has_commas: bool,
    /// Whether a comma is none between thousands.
    is_decimal: bool,
}

impl Commas {
    /// Takes a value into account.
    pub(super) fn add(&mut self, value: &str) {
        let value = value.trim();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = value.strip_prefix(['-', '+']).unwrap_or(value);
        match unsigned.split_once(',') {
            Some((whole, fraction)) if digits(whole) && digits(fraction) => {
                self.has_commas = true;
                self.is_decimal |= fraction.len() != 3 || whole.len() > 3 || whole.starts_with('0');
            }
            None if digits(unsigned) => {}
            _ => self.has_others = true,
        }
    }

    /// Whether some of the values are numbers with one comma, and all others whole numbers.
    pub(super) fn may_be_decimal(self) -> bool {
        self.has_commas && !self.has_others
    }

    /// What two columns of coordinates say together.
    pub(super) fn of_pair(self, other: Commas) -> Commas {
        Commas {
            has_others: self.has_others || other.has_others,
            has_commas: self.has_commas || other.has_commas,
            is_decimal: self.is_decimal || other.is_decimal,
        }
    }

    /// Whether the commas can be nothing but decimal ones.
    pub(super) fn are_decimal(self) -> bool {
        self.may_be_decimal() && self.is_decimal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_decimal_where_one_of_them_cannot_part_thousands() {
        for (values, may_be, are) in [
            (&["8,5", "-47", "+0,125"][..], true, true),
            (&["8,125", "47,250"], true, false),
            (&["8125,125"], true, true),
            (&["0,125"], true, true),
            (&["8,5", "47.5"], false, false),
            (&["1,234,567"], false, false),
            (&["8,5", "x"], false, false),
            (&["8", "47"], false, false),
            (&[",5", "5,"], false, false),
        ] {
            let mut commas = Commas::default();
            values.iter().for_each(|value| commas.add(value));
            assert_eq!((commas.may_be_decimal(), commas.are_decimal()), (may_be, are), "{values:?}");
        }
    }
}
