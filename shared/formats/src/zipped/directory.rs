//! The directory at the end of a zip archive (APPNOTE 4.3.12 to 4.3.16), and what makes us refuse one.

use super::{Entry, FORMAT};
use crate::bytes_at::{u16_le, u32_le, u64_le};
use crate::codepage::CodePage;
use crate::{FormatError, Input};
use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
pub(super) const LOCAL_HEADER_BYTES: usize = 30;

/// Archives of layers have tens of entries.
const MAX_ENTRIES: u64 = 10_000;
/// More than 10,000 entries with long paths need.
const MAX_DIRECTORY_BYTES: u64 = 8_000_000;
const HEADER_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// The end record may be followed by a comment, whose length has two bytes.
const MAX_COMMENT_BYTES: u64 = 65_535;

const HEADER_SIGNATURE: &[u8] = b"PK\x01\x02";
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const END64_SIGNATURE: &[u8] = b"PK\x06\x06";
const LOCATOR64_SIGNATURE: &[u8] = b"PK\x06\x07";

/// Encrypted, strongly encrypted, and with an encrypted directory.
const ENCRYPTED_FLAGS: u16 = 1 | 1 << 6 | 1 << 13;
const UTF8_FLAG: u16 = 1 << 11;
/// The method that stands for AES.
const AES: u16 = 99;

/// The bits of a Unix mode that say what a file is, and plain files.
const FILE_KIND: u32 = 0o170_000;
const PLAIN_FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// Reads the directory: the files without those that are hidden, in its order.
pub(super) fn read(input: &Input) -> Result<Vec<Entry>, FormatError> {
    let end = End::find(input)?;
    if end.entries > MAX_ENTRIES {
        return Err(FormatError::TooLarge(format!(
            "the zip file says that it holds {} entries; no more than {MAX_ENTRIES} are read",
            end.entries
        )));
    }
    if end.directory_bytes > MAX_DIRECTORY_BYTES {
        return Err(malformed("its directory is longer than any that holds 10,000 entries"));
    }
    let after = end.directory_at.checked_add(end.directory_bytes);
    if after.is_none_or(|after| after > end.at) {
        return Err(malformed("its directory does not lie before its end"));
    }
    let bytes = read_at(input, end.directory_at, end.directory_bytes)?;
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    for _ in 0..end.entries {
        entries.push(header(&mut rest)?);
    }
    check_extents(&mut entries, end.directory_at)?;

    let mut names = HashSet::new();
    let mut files = Vec::new();
    for entry in entries {
        check_path(&entry.path)?;
        if entry.path.ends_with('/') || is_hidden(&entry.path) {
            continue;
        }
        if !names.insert(entry.path.to_lowercase()) {
            return Err(malformed(&format!("it holds {:?} twice", entry.path)));
        }
        files.push(entry);
    }
    Ok(files)
}

/// Where the bytes of an entry begin, by its local header.
pub(super) fn data_start(header_at: u64, header: &[u8; LOCAL_HEADER_BYTES]) -> Option<u64> {
    if !header.starts_with(super::MARK) {
        return None;
    }
    let variable = u64::from(u16_le(header, 26)?) + u64::from(u16_le(header, 28)?);
    header_at.checked_add(LOCAL_HEADER_BYTES as u64 + variable)
}

/// The end record: where it is and what it says about the directory.
struct End {
    at: u64,
    entries: u64,
    directory_at: u64,
    directory_bytes: u64,
}

impl End {
    fn find(input: &Input) -> Result<End, FormatError> {
        let byte_len = input.bytes().byte_len();
        let tail_at = byte_len.saturating_sub(END_BYTES as u64 + MAX_COMMENT_BYTES);
        let tail = read_at(input, tail_at, byte_len - tail_at)?;
        let last = tail.len().checked_sub(END_BYTES);
        let found = last.and_then(|last| (0..=last).rev().find(|at| is_end(&tail[*at..])));
        let Some(offset) = found else {
            return Err(malformed("it has no directory at its end: it was cut, or is no zip file"));
        };
        let at = tail_at + offset as u64;
        let end = &tail[offset..];
        let number = |position| u16_le(end, position).unwrap_or_default();
        let long = |position| u32_le(end, position).unwrap_or_default();
        if number(4) != number(6) || number(8) != number(10) {
            return Err(FormatError::Unsupported(
                "the zip file is one volume of several; pack everything into one".to_owned(),
            ));
        }
        let is_long = number(10) == u16::MAX || long(12) == u32::MAX || long(16) == u32::MAX;
        if is_long && let Some(end64) = End::find64(input, at)? {
            return Ok(end64);
        }
        Ok(End {
            at,
            entries: number(10).into(),
            directory_bytes: long(12).into(),
            directory_at: long(16).into(),
        })
    }

    /// The record with 64 bit numbers, which a locator before the end record points to.
    fn find64(input: &Input, end_at: u64) -> Result<Option<End>, FormatError> {
        let Some(locator_at) = end_at.checked_sub(20) else { return Ok(None) };
        let locator = read_at(input, locator_at, 20)?;
        if !locator.starts_with(LOCATOR64_SIGNATURE) {
            return Ok(None);
        }
        let bad = || malformed("its directory is not where its end says");
        let at = u64_le(&locator, 8).filter(|at| *at < locator_at).ok_or_else(bad)?;
        let record = read_at(input, at, (locator_at - at).min(56))?;
        let numbers = || Some((u64_le(&record, 32)?, u64_le(&record, 40)?, u64_le(&record, 48)?));
        let (entries, directory_bytes, directory_at) =
            numbers().filter(|_| record.starts_with(END64_SIGNATURE)).ok_or_else(bad)?;
        Ok(Some(End { at, entries, directory_at, directory_bytes }))
    }
}

/// Whether an end record begins here, whose comment fits.
fn is_end(bytes: &[u8]) -> bool {
    bytes.starts_with(END_SIGNATURE)
        && u16_le(bytes, 20).is_some_and(|comment| END_BYTES + usize::from(comment) <= bytes.len())
}

/// Takes one header of the directory.
fn header(rest: &mut &[u8]) -> Result<Entry, FormatError> {
    let cut = || malformed("its directory is cut or damaged");
    let fixed = rest.split_off(..HEADER_BYTES).ok_or_else(cut)?;
    if !fixed.starts_with(HEADER_SIGNATURE) {
        return Err(cut());
    }
    let short = |position| u16_le(fixed, position).unwrap_or_default();
    let long = |position| u32_le(fixed, position).unwrap_or_default();
    let name = rest.split_off(..usize::from(short(28))).ok_or_else(cut)?;
    let extra = rest.split_off(..usize::from(short(30))).ok_or_else(cut)?;
    rest.split_off(..usize::from(short(32))).ok_or_else(cut)?;

    let (flags, method) = (short(8), short(10));
    let path = match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) if flags & UTF8_FLAG != 0 => {
            return Err(malformed("the name of an entry is no UTF-8 although it says so"));
        }
        Err(_) => CodePage::Cp437.decode(name).into_owned(),
    };
    if flags & ENCRYPTED_FLAGS != 0 || method == AES {
        return Err(FormatError::Unsupported(format!(
            "the zip file is encrypted ({}); pack it without a password",
            shown(&path)
        )));
    }
    let mode = long(38) >> 16;
    if !matches!(mode & FILE_KIND, 0 | PLAIN_FILE | FOLDER) {
        return Err(FormatError::Unsupported(format!(
            "the zip file holds a link or a device ({}); pack the files themselves",
            shown(&path)
        )));
    }
    let [claimed_bytes, compressed_bytes, header_at] = numbers64([long(24), long(20), long(42)], extra);
    Ok(Entry { path, method, crc32: long(16), compressed_bytes, claimed_bytes, header_at, end_at: 0 })
}

/// Numbers of 32 bits, and where they are all ones those of 64 bits from the extra field, in that order (APPNOTE 4.5.3).
fn numbers64(numbers: [u32; 3], mut extra: &[u8]) -> [u64; 3] {
    let mut wide: &[u8] = &[];
    while let (Some(id), Some(length)) = (u16_le(extra, 0), u16_le(extra, 2)) {
        let Some(field) = extra.get(4..4 + usize::from(length)) else { break };
        if id == 1 {
            wide = field;
        }
        extra = &extra[4 + usize::from(length)..];
    }
    numbers.map(|number| {
        if number != u32::MAX {
            return number.into();
        }
        let value = u64_le(wide, 0);
        wide = wide.get(8..).unwrap_or_default();
        value.unwrap_or(number.into())
    })
}

/// Entries that share bytes are how a small archive becomes endless.
fn check_extents(entries: &mut [Entry], directory_at: u64) -> Result<(), FormatError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(entries[*index].header_at));
    let mut end_at = directory_at;
    for index in order {
        let entry = &mut entries[index];
        entry.end_at = end_at;
        let least = (LOCAL_HEADER_BYTES as u64).checked_add(entry.compressed_bytes);
        if least.and_then(|least| entry.header_at.checked_add(least)).is_none_or(|end| end > end_at) {
            return Err(malformed(&format!(
                "{} shares bytes with another entry, or lies behind the end",
                shown(&entry.path)
            )));
        }
        end_at = entry.header_at;
    }
    Ok(())
}

/// Refuses every name that a program could take for a place outside of its folder.
fn check_path(path: &str) -> Result<(), FormatError> {
    let has_bad_part = path.split('/').any(|part| matches!(part, ".." | "."));
    let has_bad_char = path.chars().any(|char| char == '\\' || char == ':' || char.is_control());
    if path.is_empty() || path.starts_with('/') || path.contains("//") || has_bad_part || has_bad_char {
        return Err(malformed(&format!(
            "the entry {} has a name that leads out of the folder or that no file may have",
            shown(path)
        )));
    }
    Ok(())
}

fn is_hidden(path: &str) -> bool {
    path.starts_with("__MACOSX/") || path.split('/').any(|part| part.starts_with('.'))
}

/// A name for a message.
fn shown(path: &str) -> String {
    format!("{:?}", path.chars().take(80).collect::<String>())
}

fn read_at(input: &Input, offset: u64, count: u64) -> Result<Vec<u8>, FormatError> {
    let mut reader = input.reader();
    reader.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    reader.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn malformed(reason: &str) -> FormatError {
    FormatError::malformed(FORMAT, reason)
}
