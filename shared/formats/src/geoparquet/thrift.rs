//! A look at the metadata of a file before they are given to the crate that reads them: it follows nested columns by
//! recursion without end, and makes room for what a page says it becomes.
//!
//! The metadata are structures of Thrift's compact protocol.
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

use super::malformed;
use crate::FormatError;
use crate::gather::MAX_FIELDS;

/// Deepest nesting of columns, and of structures in the metadata.
const MAX_DEPTH: usize = 64;

/// The types of values that matter here.
const STOP: u8 = 0;
const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// What the header of a page says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageSizes {
    pub(super) uncompressed_bytes: u64,
    pub(super) compressed_bytes: u64,
}

/// Checks that the columns of a file are neither too many nor nested too deeply.
pub(super) fn check_metadata(bytes: &[u8]) -> Result<(), FormatError> {
    let mut reader = Thrift { rest: bytes };
    let mut id = 0;
    while let Some(kind) = reader.field(&mut id)? {
        // The schema may be there more than once: each is checked.
        if id == 2 && kind == LIST {
            check_schema(&mut reader)?;
        } else {
            reader.skip(kind, MAX_DEPTH)?;
        }
    }
    Ok(())
}

fn check_schema(reader: &mut Thrift<'_>) -> Result<(), FormatError> {
    let (kind, count) = reader.list()?;
    if kind != STRUCT {
        return Err(malformed("its schema is no list of columns"));
    }
    if count > 2 * MAX_FIELDS as u64 {
        return Err(FormatError::TooLarge(format!("the file has more than {} columns", 2 * MAX_FIELDS)));
    }
    // How many children are still to come of each column that holds others.
    let mut open: Vec<u64> = Vec::new();
    for _ in 0..count {
        while open.pop_if(|left| *left == 0).is_some() {}
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        let mut id = 0;
        let mut children = 0;
        while let Some(kind) = reader.field(&mut id)? {
            if id == 5 && kind == I32 {
                children = u64::try_from(reader.zigzag()?).unwrap_or(0);
            } else {
                reader.skip(kind, MAX_DEPTH)?;
            }
        }
        if children > 0 {
            open.push(children);
        }
        if open.len() > MAX_DEPTH {
            return Err(malformed(format_args!("its columns are nested more than {MAX_DEPTH} deep")));
        }
    }
    Ok(())
}

/// The sizes in the header of a page.
pub(super) fn page_sizes(header: &[u8]) -> Result<PageSizes, FormatError> {
    let mut reader = Thrift { rest: header };
    let (mut id, mut uncompressed, mut compressed) = (0, None, None);
    while let Some(kind) = reader.field(&mut id)? {
        match (id, kind) {
            (2, I32) => uncompressed = u64::try_from(reader.zigzag()?).ok(),
            (3, I32) => compressed = u64::try_from(reader.zigzag()?).ok(),
            _ => reader.skip(kind, MAX_DEPTH)?,
        }
    }
    match (uncompressed, compressed) {
        (Some(uncompressed_bytes), Some(compressed_bytes)) => {
            Ok(PageSizes { uncompressed_bytes, compressed_bytes })
        }
        _ => Err(malformed("a page does not say how large it is")),
    }
}

/// Reads values one after the other.
struct Thrift<'a> {
    rest: &'a [u8],
}

impl Thrift<'_> {
    fn byte(&mut self) -> Result<u8, FormatError> {
        let (byte, rest) = self.rest.split_first().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn varint(&mut self) -> Result<u64, FormatError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(malformed("a number of its metadata is too long"))
    }

    fn zigzag(&mut self) -> Result<i64, FormatError> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type of the next field, whose number is left in `id`; `None` at the end of the structure.
    fn field(&mut self, id: &mut i64) -> Result<Option<u8>, FormatError> {
        let head = self.byte()?;
        let kind = head & 0x0f;
        if kind == STOP {
            return Ok(None);
        }
        *id = match head >> 4 {
            0 => self.zigzag()?,
            step => *id + i64::from(step),
        };
        Ok(Some(kind))
    }

    fn list(&mut self) -> Result<(u8, u64), FormatError> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // Every element takes a byte at least.
        if count > self.rest.len() as u64 {
            return Err(ends_early());
        }
        Ok((head & 0x0f, count))
    }

    fn skip_bytes(&mut self, count: u64) -> Result<(), FormatError> {
        let count = usize::try_from(count).map_err(|_| ends_early())?;
        self.rest = self.rest.get(count..).ok_or_else(ends_early)?;
        Ok(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<(), FormatError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(malformed("its metadata are nested too deeply"));
        };
        match kind {
            // True and false are in the type.
            1 | 2 => {}
            3 => self.skip_bytes(1)?,
            4..=6 => {
                self.varint()?;
            }
            7 => self.skip_bytes(8)?,
            8 => {
                let length = self.varint()?;
                self.skip_bytes(length)?;
            }
            LIST | 10 => {
                let (kind, count) = self.list()?;
                for _ in 0..count {
                    self.skip_element(kind, depth)?;
                }
            }
            11 => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                if count > self.rest.len() as u64 {
                    return Err(ends_early());
                }
                for _ in 0..count {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)?;
                }
            }
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth)?;
                }
            }
            _ => {
                return Err(malformed(format_args!(
                    "its metadata have a value of type {kind}, which is none"
                )));
            }
        }
        Ok(())
    }

    /// True and false take a byte in a list.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Result<(), FormatError> {
        if matches!(kind, 1 | 2) { self.skip_bytes(1) } else { self.skip(kind, depth) }
    }
}

fn ends_early() -> FormatError {
    malformed("its metadata end early, or a length in them is wrong")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_nested_without_end_are_refused() {
        // A list of structures of which each has one child.
        let metadata = |depth: u8| {
            let mut bytes = vec![0x29, 0xfc, depth];
            (0..depth).for_each(|_| bytes.extend([0x55, 2, 0]));
            bytes.push(0);
            bytes
        };
        assert!(check_metadata(&metadata(60)).is_ok());
        assert!(check_metadata(&metadata(100)).unwrap_err().to_string().contains("deep"));
        let deep_value: Vec<u8> = std::iter::repeat_n(0x1c, 10_000).collect();
        assert!(check_metadata(&deep_value).is_err());
    }

    #[test]
    fn sizes_of_a_page_are_found() {
        let header = [0x15, 0, 0x15, 20, 0x15, 10, 0];
        let sizes = PageSizes { uncompressed_bytes: 10, compressed_bytes: 5 };
        assert_eq!(page_sizes(&header).unwrap(), sizes);
        assert!(page_sizes(&header[..5]).is_err());
        assert!(page_sizes(&[0x25, 1, 0x15, 10, 0]).is_err());
    }
}
