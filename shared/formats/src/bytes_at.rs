//! Numbers at a place in bytes.
//!
//! Separate because every binary format reads them, and none may trust that the bytes are there.

/// The bytes from that place on; `None` where there are too few.
pub(crate) fn array_at<const COUNT: usize>(bytes: &[u8], at: usize) -> Option<[u8; COUNT]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// A little-endian number of 16 bits.
pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

/// A little-endian number of 32 bits.
pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

/// A little-endian number of 64 bits.
pub(crate) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_le_bytes)
}

/// A big-endian number of 32 bits.
pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

/// A little-endian float of 64 bits.
pub(crate) fn f64_le(bytes: &[u8], at: usize) -> Option<f64> {
    array_at(bytes, at).map(f64::from_le_bytes)
}
