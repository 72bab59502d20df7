//! Reading FlatBuffers: tables whose fields stand at offsets that a small table before or after them lists.
//! <https://flatbuffers.dev/internals/>
//!
//! Every offset is checked when it is followed, so nothing is verified beforehand.

use super::malformed;
use crate::FormatError;

/// A table within the bytes of its buffer.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: &'a [u8],
}

/// Tables that a vector refers to.
pub(super) struct Tables<'a> {
    bytes: &'a [u8],
    references_at: usize,
    count: usize,
}

impl<'a> Table<'a> {
    /// The outermost table.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Table<'a>, FormatError> {
        Table::at(bytes, follow(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Result<Table<'a>, FormatError> {
        let back = i64::from(i32::from_le_bytes(chunk(bytes, at)?));
        let vtable_at = usize::try_from(at as i64 - back).map_err(|_| broken())?;
        let length = usize::from(u16::from_le_bytes(chunk(bytes, vtable_at)?));
        let vtable = bytes.get(vtable_at..).and_then(|rest| rest.get(4..length)).ok_or_else(broken)?;
        Ok(Table { bytes, at, vtable })
    }

    /// Where the value of a field stands; `None` where it is not given.
    fn field(&self, slot: usize) -> Option<usize> {
        let offset: [u8; 2] = *self.vtable.get(2 * slot..)?.first_chunk()?;
        match usize::from(u16::from_le_bytes(offset)) {
            0 => None,
            offset => Some(self.at + offset),
        }
    }

    fn scalar<const BYTES: usize>(&self, slot: usize) -> Result<Option<[u8; BYTES]>, FormatError> {
        self.field(slot).map(|at| chunk(self.bytes, at)).transpose()
    }

    /// A number of one byte; 0 where it is not given.
    pub(super) fn u8(&self, slot: usize) -> Result<u8, FormatError> {
        Ok(self.scalar(slot)?.map_or(0, u8::from_le_bytes))
    }

    pub(super) fn flag(&self, slot: usize, default: bool) -> Result<bool, FormatError> {
        Ok(self.scalar(slot)?.map_or(default, |byte| u8::from_le_bytes(byte) != 0))
    }

    pub(super) fn u16(&self, slot: usize, default: u16) -> Result<u16, FormatError> {
        Ok(self.scalar(slot)?.map_or(default, u16::from_le_bytes))
    }

    pub(super) fn i32(&self, slot: usize, default: i32) -> Result<i32, FormatError> {
        Ok(self.scalar(slot)?.map_or(default, i32::from_le_bytes))
    }

    pub(super) fn u64(&self, slot: usize) -> Result<u64, FormatError> {
        Ok(self.scalar(slot)?.map_or(0, u64::from_le_bytes))
    }

    pub(super) fn table(&self, slot: usize) -> Result<Option<Table<'a>>, FormatError> {
        let Some(at) = self.field(slot) else { return Ok(None) };
        Table::at(self.bytes, follow(self.bytes, at)?).map(Some)
    }

    /// The bytes of a vector whose elements take so many each; empty where it is not given.
    pub(super) fn vector(&self, slot: usize, element_bytes: usize) -> Result<&'a [u8], FormatError> {
        let Some(at) = self.field(slot) else { return Ok(&[]) };
        let at = follow(self.bytes, at)?;
        let count = u32::from_le_bytes(chunk(self.bytes, at)?) as usize;
        let length = count.checked_mul(element_bytes).ok_or_else(broken)?;
        self.bytes.get(at + 4..).and_then(|rest| rest.get(..length)).ok_or_else(broken)
    }

    /// Text; empty where it is not given. More than so many bytes are refused, because any number of fields may refer to
    /// the same text.
    pub(super) fn text(&self, slot: usize, most_bytes: usize) -> Result<&'a str, FormatError> {
        let bytes = self.vector(slot, 1)?;
        if bytes.len() > most_bytes {
            return Err(malformed(format_args!(
                "a name or text of the header has more than {most_bytes} bytes"
            )));
        }
        std::str::from_utf8(bytes).map_err(|error| malformed(format_args!("text is not UTF-8: {error}")))
    }

    pub(super) fn tables(&self, slot: usize) -> Result<Tables<'a>, FormatError> {
        let references = self.vector(slot, 4)?;
        let Some(at) = self.field(slot) else {
            return Ok(Tables { bytes: self.bytes, references_at: 0, count: 0 });
        };
        let references_at = follow(self.bytes, at)? + 4;
        Ok(Tables { bytes: self.bytes, references_at, count: references.len() / 4 })
    }
}

impl<'a> Tables<'a> {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Table<'a>, FormatError>> {
        let (bytes, start) = (self.bytes, self.references_at);
        (0..self.count).map(move |index| Table::at(bytes, follow(bytes, start + 4 * index)?))
    }
}

/// Where the reference at that position leads.
fn follow(bytes: &[u8], at: usize) -> Result<usize, FormatError> {
    let offset = u32::from_le_bytes(chunk(bytes, at)?) as usize;
    at.checked_add(offset).filter(|target| *target < bytes.len()).ok_or_else(broken)
}

fn chunk<const BYTES: usize>(bytes: &[u8], at: usize) -> Result<[u8; BYTES], FormatError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(broken)
}

fn broken() -> FormatError {
    malformed("an offset in a header or a feature leads out of it")
}
