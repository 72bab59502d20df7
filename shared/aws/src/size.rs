//! How large DynamoDB counts an item: what is paid for, and what may not exceed 400 KB. For tests alone.

use crate::item::Item;
use aws_sdk_dynamodb::types::AttributeValue;

/// The bytes of an item: names as UTF-8, values as the developer guide counts them ("DynamoDB item sizes and formats").
pub(crate) fn item_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // One byte for two digits, and one more.
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        _ => 1,
    }
}
