//! `.shx`: where the records of a `.shp` are.
//!
//! Records follow one another, so that the index is not needed, unless software has changed a layer in place: then outdated
//! records stay, and only the index says which ones count. An index that makes no sense is passed over.

use crate::bytes_at::u32_be;
use crate::zipped::{Archive, Entry, error_of};
use crate::{FormatError, ReadOptions};
use std::io::Read;

const HEADER_BYTES: u64 = 100;
const ENTRY_BYTES: u64 = 8;
/// What precedes the content of a record.
const RECORD_HEADER_BYTES: u64 = 8;

/// Where each record begins and ends, when they do not simply follow one another. `None` is a shape that was never written.
pub(super) fn reordered(
    archive: &Archive,
    shx: &Entry,
    shp_bytes: u64,
    options: &ReadOptions<'_>,
) -> Result<Option<Vec<Option<u64>>>, FormatError> {
    let most = (options.limits.max_features as u64).saturating_mul(ENTRY_BYTES).saturating_add(HEADER_BYTES);
    let mut bytes = Vec::new();
    let read = archive.reader(shx)?.take(most + 1).read_to_end(&mut bytes).map_err(error_of);
    match read {
        Err(error @ (FormatError::TooLarge(_) | FormatError::Io(_))) => return Err(error),
        Err(_) => return Ok(None),
        Ok(count) if count as u64 > most => return Ok(None),
        Ok(_) => {}
    }
    let Some(entries) = bytes.get(HEADER_BYTES as usize..) else { return Ok(None) };
    let mut expected = HEADER_BYTES;
    let mut is_reordered = false;
    let mut offsets = Vec::new();
    for entry in entries.chunks_exact(ENTRY_BYTES as usize) {
        let (Some(offset), Some(length)) = (u32_be(entry, 0), u32_be(entry, 4)) else { return Ok(None) };
        let (offset, length) = (u64::from(offset) * 2, u64::from(length) * 2);
        if offset == 0 && length == 0 {
            is_reordered = true;
            offsets.push(None);
            continue;
        }
        let end = offset + RECORD_HEADER_BYTES + length;
        if offset < HEADER_BYTES || end > shp_bytes {
            return Ok(None);
        }
        is_reordered |= offset != expected;
        expected = end;
        offsets.push(Some(offset));
    }
    Ok((is_reordered && !offsets.is_empty()).then_some(offsets))
}
