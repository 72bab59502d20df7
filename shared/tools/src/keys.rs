//! Values of attributes as keys of hash tables: equal numbers are equal keys, whatever the types of their fields.

use gp_esri::Attribute;

/// A value as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key<'a> {
    /// No value.
    Null,
    /// A whole number, of a field of any type.
    Whole(i64),
    /// The bits of any other number.
    Other(u64),
    /// Text, compared exactly.
    Text(&'a str),
}

/// Doubles below this that have no fraction are whole numbers of 64 bits: 2^63.
const WHOLE_BELOW: f64 = 9_223_372_036_854_775_808.0;

impl<'a> Key<'a> {
    /// The key of a value; one that is not there is null.
    pub(crate) fn of(value: Option<&'a Attribute>) -> Key<'a> {
        match value {
            None | Some(Attribute::Null) => Key::Null,
            Some(Attribute::Integer(number)) => Key::Whole(*number),
            Some(Attribute::Double(number)) if number.fract() == 0.0 && number.abs() < WHOLE_BELOW => {
                Key::Whole(*number as i64)
            }
            Some(Attribute::Double(number)) => Key::Other(number.to_bits()),
            Some(Attribute::Text(text)) => Key::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_keys_whatever_their_type_and_no_text_is_a_number() {
        let whole = Attribute::Integer(5);
        assert_eq!(Key::of(Some(&whole)), Key::of(Some(&Attribute::Double(5.0))));
        assert_eq!(Key::of(Some(&Attribute::Double(-0.0))), Key::Whole(0));
        assert_ne!(Key::of(Some(&whole)), Key::of(Some(&Attribute::Double(5.5))));
        assert_ne!(Key::of(Some(&whole)), Key::of(Some(&Attribute::Text("5".into()))));
        assert_eq!(Key::of(None), Key::of(Some(&Attribute::Null)));
        // Neighbours beyond 2^53 stay apart.
        assert_ne!(
            Key::Whole(9_007_199_254_740_993),
            Key::of(Some(&Attribute::Double(9_007_199_254_740_992.0)))
        );
    }
}
