//! The wire format of protocol buffers: numbered fields, of variable-length numbers, fixed numbers or bytes.
//! <https://protobuf.dev/programming-guides/encoding/>

use super::FORMAT;
use crate::FormatError;

/// The fields of a message, one after the other.
#[derive(Clone)]
pub(super) struct Message<'a> {
    rest: &'a [u8],
}

/// The value of a field, as it lies on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

pub(super) fn malformed(reason: impl ToString) -> FormatError {
    FormatError::malformed(FORMAT, reason)
}

impl<'a> Message<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Message<'a> {
        Message { rest: bytes }
    }

    /// The next field with its number; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Wire<'a>)>, FormatError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = take_varint(&mut self.rest)?;
        let value = match tag & 7 {
            0 => Wire::Varint(take_varint(&mut self.rest)?),
            1 => Wire::Fixed64(self.take_fixed()?),
            2 => {
                let length = take_varint(&mut self.rest)?;
                let length = usize::try_from(length).ok().filter(|length| *length <= self.rest.len());
                let (bytes, rest) = self.rest.split_at(length.ok_or_else(ends_early)?);
                self.rest = rest;
                Wire::Bytes(bytes)
            }
            5 => Wire::Fixed32(self.take_fixed()?),
            kind => {
                return Err(malformed(format_args!("a field has the wire type {kind}, which is not used")));
            }
        };
        Ok(Some((tag >> 3, value)))
    }

    fn take_fixed<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], FormatError> {
        let (fixed, rest) = self.rest.split_first_chunk().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*fixed)
    }
}

impl<'a> Wire<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], FormatError> {
        match self {
            Wire::Bytes(bytes) => Ok(bytes),
            _ => Err(unexpected("text or a message")),
        }
    }

    pub(super) fn message(self) -> Result<Message<'a>, FormatError> {
        Ok(Message::new(self.bytes()?))
    }

    pub(super) fn text(self) -> Result<&'a str, FormatError> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|error| malformed(format_args!("text is not UTF-8: {error}")))
    }

    pub(super) fn unsigned(self) -> Result<u64, FormatError> {
        match self {
            Wire::Varint(value) => Ok(value),
            _ => Err(unexpected("a whole number")),
        }
    }

    /// A number of the types `int32` and `int64`.
    pub(super) fn signed(self) -> Result<i64, FormatError> {
        Ok(self.unsigned()?.cast_signed())
    }

    /// A number of the types `sint32` and `sint64`.
    pub(super) fn zigzag(self) -> Result<i64, FormatError> {
        self.unsigned().map(unzigzag)
    }

    /// A code or a count: what does not fit is a number that means nothing.
    pub(super) fn u32(self) -> Result<u32, FormatError> {
        Ok(u32::try_from(self.unsigned()?).unwrap_or(u32::MAX))
    }

    pub(super) fn flag(self) -> Result<bool, FormatError> {
        Ok(self.unsigned()? != 0)
    }

    pub(super) fn double(self) -> Result<f64, FormatError> {
        match self {
            Wire::Fixed64(bytes) => Ok(f64::from_le_bytes(bytes)),
            _ => Err(unexpected("a 64 bit float")),
        }
    }

    pub(super) fn float(self) -> Result<f32, FormatError> {
        match self {
            Wire::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(unexpected("a 32 bit float")),
        }
    }

    /// Adds the numbers of a repeated field, packed into one value or each its own.
    pub(super) fn extend(self, values: &mut Vec<u64>) -> Result<(), FormatError> {
        match self {
            Wire::Varint(value) => values.push(value),
            _ => {
                let mut bytes = self.bytes()?;
                while !bytes.is_empty() {
                    values.push(take_varint(&mut bytes)?);
                }
            }
        }
        Ok(())
    }
}

pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, FormatError> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        // The tenth byte has one bit left; what is above falls off, as protocol buffers have it.
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok(value);
        }
    }
    Err(if bytes.len() < 10 { ends_early() } else { malformed("a whole number takes more than ten bytes") })
}

fn ends_early() -> FormatError {
    malformed("a message ends early, or a length in it is wrong")
}

fn unexpected(wanted: &str) -> FormatError {
    malformed(format_args!("a field holds something else where the schema has {wanted}"))
}

/// Appends a number.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Appends a field that holds a number.
pub(super) fn put_number(out: &mut Vec<u8>, field: u64, value: u64) {
    put_varint(out, field << 3);
    put_varint(out, value);
}

/// Appends a field that holds a number, unless it is 0, which is what is understood without it.
pub(super) fn put_some(out: &mut Vec<u8>, field: u64, value: u64) {
    if value != 0 {
        put_number(out, field, value);
    }
}

pub(super) fn put_double(out: &mut Vec<u8>, field: u64, value: f64) {
    put_varint(out, field << 3 | 1);
    out.extend(value.to_le_bytes());
}

pub(super) fn put_float(out: &mut Vec<u8>, field: u64, value: f32) {
    put_varint(out, field << 3 | 5);
    out.extend(value.to_le_bytes());
}

/// Appends a field that holds text or a message.
pub(super) fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(out, field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}
