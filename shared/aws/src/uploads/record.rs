//! An upload as an item of the table, and back. Its attributes stand here and nowhere else.

use crate::expression::{number, text};
use crate::item::{Item, number_of};
use aws_sdk_dynamodb::types::AttributeValue;
use gp_core::{ServiceName, StoreError, StoredBytes, UploadId, UploadItem, UploadPart};
use std::collections::HashMap;

/// Names of attributes.
pub(super) mod attribute {
    /// The key of the table; an upload's id begins with `i`, which no job's does.
    pub(crate) const ID: &str = "id";
    pub(crate) const SERVICE: &str = "service";
    pub(crate) const NAME: &str = "name";
    pub(crate) const DESCRIPTION: &str = "description";
    pub(crate) const CREATED_MS: &str = "created_ms";
    pub(crate) const EXPIRES_MS: &str = "expires_ms";
    pub(crate) const COMMITTED: &str = "committed";
    /// A map from numbers to lengths and names.
    pub(crate) const PARTS: &str = "parts";
    /// The numbers of the parts in their order, once committed.
    pub(crate) const ORDER: &str = "part_order";
    /// Length and name of what the client sends by itself.
    pub(crate) const DIRECT: &str = "direct";
    pub(crate) const VERSION: &str = "version";
    /// Random bytes of who deleted it.
    pub(crate) const DELETED: &str = "deleted";
    /// When DynamoDB removes the item, seconds since 1970.
    pub(crate) const TTL: &str = "ttl";
}
use attribute as a;

/// What stands for the key of a part in an expression.
pub(super) const PART_PLACEHOLDER: &str = "#part";

/// How long the record stays once it expired, for jobs that read the bytes.
const GRACE_S: i64 = 3600;

/// The item of an upload.
pub(super) fn of(upload: &UploadItem) -> Item {
    let mut item = Item::new();
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    put(a::ID, text(upload.id.as_str()));
    put(a::SERVICE, text(upload.service.as_str()));
    put(a::NAME, text(&upload.name));
    put(a::DESCRIPTION, text(&upload.description));
    put(a::CREATED_MS, number(upload.created_at_ms));
    put(a::EXPIRES_MS, number(upload.expires_at_ms));
    put(a::TTL, number(upload.expires_at_ms.div_euclid(1000).saturating_add(GRACE_S)));
    put(a::COMMITTED, AttributeValue::Bool(upload.committed));
    put(a::PARTS, parts_value(&upload.parts));
    put(a::VERSION, number(upload.version));
    if upload.committed {
        put(a::ORDER, order_value(&upload.parts));
    }
    if let Some(direct) = &upload.direct {
        put(a::DIRECT, part_value(direct));
    }
    item
}

/// The upload of an item that is not deleted.
pub(super) fn read(id: &UploadId, mut item: Item) -> Result<UploadItem, StoreError> {
    let service = take_text(&mut item, a::SERVICE)?;
    let committed = matches!(item.get(a::COMMITTED), Some(AttributeValue::Bool(true)));
    let mut stored = read_parts(item.remove(a::PARTS))?;
    let mut numbers: Vec<u32> = stored.keys().copied().collect();
    numbers.sort_unstable();
    if committed {
        numbers = read_order(item.remove(a::ORDER))?;
    }
    let mut parts = Vec::with_capacity(numbers.len());
    for number in numbers {
        let bytes = stored.remove(&number).ok_or_else(|| corrupt(a::ORDER))?;
        parts.push(UploadPart { number, bytes });
    }
    Ok(UploadItem {
        id: id.clone(),
        service: ServiceName::parse(&service),
        name: take_text(&mut item, a::NAME)?,
        description: take_text(&mut item, a::DESCRIPTION)?,
        created_at_ms: number_of(&item, a::CREATED_MS)?,
        expires_at_ms: number_of(&item, a::EXPIRES_MS)?,
        committed,
        parts,
        direct: item.get(a::DIRECT).map(read_part).transpose()?,
        version: number_of(&item, a::VERSION)?,
    })
}

/// Whether somebody deleted the upload.
pub(super) fn is_deleted(item: &Item) -> bool {
    item.contains_key(a::DELETED)
}

/// Whether who signs so deleted the upload.
pub(super) fn is_deleted_by(item: &Item, signature: [u8; 8]) -> bool {
    matches!(item.get(a::DELETED), Some(AttributeValue::B(bytes)) if bytes.as_ref() == signature)
}

/// Whether the item has this very part.
pub(super) fn has_part(item: &Item, part: &UploadPart) -> bool {
    let Some(AttributeValue::M(parts)) = item.get(a::PARTS) else { return false };
    parts.get(&part_key(part.number)) == Some(&part_value(&part.bytes))
}

/// The key of a part.
pub(super) fn part_key(number: u32) -> String {
    number.to_string()
}

/// Length and name of bytes, in one text because a record is paid for by the byte.
pub(super) fn part_value(bytes: &StoredBytes) -> AttributeValue {
    text(format!("{} {}", bytes.byte_len, bytes.name))
}

/// Parts by their number.
pub(super) fn parts_value(parts: &[UploadPart]) -> AttributeValue {
    AttributeValue::M(parts.iter().map(|part| (part_key(part.number), part_value(&part.bytes))).collect())
}

/// The numbers of the parts in their order.
pub(super) fn order_value(parts: &[UploadPart]) -> AttributeValue {
    AttributeValue::L(parts.iter().map(|part| number(part.number)).collect())
}

fn read_parts(value: Option<AttributeValue>) -> Result<HashMap<u32, StoredBytes>, StoreError> {
    let Some(AttributeValue::M(parts)) = value else { return Err(corrupt(a::PARTS)) };
    let mut read = HashMap::with_capacity(parts.len());
    for (key, value) in &parts {
        let number = key.parse().map_err(|_| corrupt(a::PARTS))?;
        read.insert(number, read_part(value)?);
    }
    Ok(read)
}

fn read_part(value: &AttributeValue) -> Result<StoredBytes, StoreError> {
    let AttributeValue::S(text) = value else { return Err(corrupt(a::PARTS)) };
    let (byte_len, name) = text.split_once(' ').ok_or_else(|| corrupt(a::PARTS))?;
    let byte_len = byte_len.parse().map_err(|_| corrupt(a::PARTS))?;
    Ok(StoredBytes { name: name.to_owned(), byte_len })
}

fn read_order(value: Option<AttributeValue>) -> Result<Vec<u32>, StoreError> {
    let Some(AttributeValue::L(numbers)) = value else { return Err(corrupt(a::ORDER)) };
    let number = |value: &AttributeValue| match value {
        AttributeValue::N(digits) => digits.parse().map_err(|_| corrupt(a::ORDER)),
        _ => Err(corrupt(a::ORDER)),
    };
    numbers.iter().map(number).collect()
}

fn take_text(item: &mut Item, name: &str) -> Result<String, StoreError> {
    match item.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(corrupt(name)),
    }
}

fn corrupt(name: &str) -> StoreError {
    StoreError::Corrupt(format!("the attribute {name} of an upload's record"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_core::testing::new_upload;

    fn part(number: u32) -> UploadPart {
        UploadPart {
            number,
            bytes: StoredBytes { name: format!("n{number}"), byte_len: u64::from(number) << 32 },
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let open = UploadItem { parts: vec![part(2), part(10)], version: 3, ..new_upload() };
        let committed = UploadItem { committed: true, parts: vec![part(10), part(2)], ..new_upload() };
        let direct = UploadItem { direct: Some(part(1).bytes), ..new_upload() };
        let empty =
            UploadItem { description: String::new(), service: ServiceName::new("", "S"), ..new_upload() };
        for upload in [open, committed, direct, empty] {
            assert_eq!(read(&upload.id, of(&upload)).unwrap(), upload);
        }
    }

    #[test]
    fn a_record_with_2000_parts_fits_into_an_item() {
        let parts = (0..2000).map(|number| UploadPart {
            number: 990_000 + number,
            bytes: StoredBytes { name: "0123456789abcdef".into(), byte_len: 4_706_000 },
        });
        let upload = UploadItem { committed: true, parts: parts.collect(), ..new_upload() };
        assert!(crate::size::item_bytes(&of(&upload)) < 200_000, "DynamoDB takes 400 KB");
    }

    #[test]
    fn a_record_that_was_damaged_is_corrupt() {
        let upload = UploadItem { committed: true, parts: vec![part(1)], ..new_upload() };
        for attribute in [a::SERVICE, a::NAME, a::PARTS, a::ORDER, a::VERSION, a::EXPIRES_MS] {
            let mut item = of(&upload);
            item.insert(attribute.to_owned(), AttributeValue::Null(true));
            assert!(matches!(read(&upload.id, item), Err(StoreError::Corrupt(_))), "{attribute}");
        }
    }
}
