//! The pages of a column, checked before the crate makes room for what they say.

use super::thrift::page_sizes;
use super::{malformed, unreadable};
use crate::FormatError;
use crate::Input;
use crate::window::Window;
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest header of a page, in bytes; greatest and least values may be long texts.
const MAX_HEADER_BYTES: u64 = 1024 * 1024;
/// Values in a page. Writers begin a new one after a megabyte, or some ten thousand rows.
const MAX_PAGE_VALUES: u32 = 1 << 24;

/// The bytes of a file as the crate wants them.
#[derive(Clone)]
pub(super) struct Chunks {
    state: Arc<Mutex<State>>,
    byte_len: u64,
}

struct State {
    window: Window,
    /// Where the header of a page was begun to be read.
    header_at: u64,
    /// What pages may still become.
    decompressed_bytes_left: u64,
}

impl Chunks {
    pub(super) fn new(input: &Input, max_decompressed_bytes: u64) -> Chunks {
        let state = State {
            window: Window::new(input),
            header_at: 0,
            decompressed_bytes_left: max_decompressed_bytes,
        };
        Chunks { state: Arc::new(Mutex::new(state)), byte_len: input.bytes().byte_len() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it ended the reading of the file.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the file, outside of any page.
    pub(super) fn bytes(&self, start: u64, length: usize) -> io::Result<Bytes> {
        self.state().window.get(start, length).map(Bytes::copy_from_slice)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.byte_len
    }
}

impl ChunkReader for Chunks {
    type T = HeaderReader;

    fn get_read(&self, start: u64) -> Result<HeaderReader> {
        Ok(HeaderReader { chunks: self.clone(), at: start, has_begun: false })
    }

    /// The data of the page whose header was read last.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut state = self.state();
        let header_at = state.header_at;
        let header_length = start.checked_sub(header_at).filter(|length| *length <= MAX_HEADER_BYTES);
        let header_length =
            header_length.ok_or_else(|| handed(malformed("the header of a page is too long")))?;
        let header = state.window.get(header_at, header_length as usize).map_err(handed_io)?;
        let sizes = page_sizes(header).map_err(handed)?;
        if sizes.compressed_bytes != length as u64 {
            return Err(handed(malformed("a page contradicts its header")));
        }
        let left = state.decompressed_bytes_left.checked_sub(sizes.uncompressed_bytes);
        state.decompressed_bytes_left = left.ok_or_else(|| {
            handed(FormatError::TooLarge(
                "the columns of the file become more bytes than an input may: send a part of it".to_owned(),
            ))
        })?;
        state.window.get(start, length).map(Bytes::copy_from_slice).map_err(handed_io)
    }
}

/// An error that goes through the crate.
pub(super) fn handed(error: FormatError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn handed_io(error: io::Error) -> ParquetError {
    handed(unreadable(error))
}

/// Reads the header of a page.
pub(super) struct HeaderReader {
    chunks: Chunks,
    at: u64,
    has_begun: bool,
}

impl Read for HeaderReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.chunks.state();
        if !self.has_begun {
            state.header_at = self.at;
            self.has_begun = true;
        }
        if self.at.saturating_sub(state.header_at) > MAX_HEADER_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let left = self.chunks.byte_len.saturating_sub(self.at);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = state.window.get(self.at, count).map_err(|error| io::Error::other(unreadable(error)))?;
        buffer[..count].copy_from_slice(bytes);
        self.at += count as u64;
        Ok(count)
    }
}

/// The pages of a column, each checked.
pub(super) struct CheckedPages {
    pages: SerializedPageReader<Chunks>,
    least_value_bytes: usize,
    values: Values,
}

/// Whether a column has nulls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    Required,
    MayBeMissing,
}

impl CheckedPages {
    pub(super) fn new(chunks: &Chunks, column: &ColumnChunkMetaData, rows: usize) -> Result<CheckedPages> {
        let description = column.column_descr();
        let least_value_bytes = match description.physical_type() {
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::BOOLEAN => 1,
            Type::FIXED_LEN_BYTE_ARRAY => usize::try_from(description.type_length()).unwrap_or(1).max(1),
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
        };
        Ok(CheckedPages {
            pages: SerializedPageReader::new(Arc::new(chunks.clone()), column, rows, None)?,
            least_value_bytes,
            values: if description.max_def_level() > 0 { Values::MayBeMissing } else { Values::Required },
        })
    }
}

/// Whether a page has room for what it promises. `least_value_bytes` are those of a value in a dictionary; where values may be
/// missing, the levels that say which stand before the values.
fn check(page: &Page, least_value_bytes: usize, values: Values) -> std::result::Result<(), FormatError> {
    if page.num_values() > MAX_PAGE_VALUES {
        return Err(malformed(format_args!("a page promises {} values", page.num_values())));
    }
    let count = page.num_values() as usize;
    let (buffer, values_at) = match page {
        Page::DictionaryPage { buf, .. } => {
            if count > buf.len() / least_value_bytes {
                return Err(malformed(format_args!(
                    "a dictionary promises {count} values in {} bytes",
                    buf.len()
                )));
            }
            return Ok(());
        }
        Page::DataPage { buf, .. } if values == Values::MayBeMissing => {
            let length = buf.first_chunk().copied().unwrap_or_default();
            (buf, 4 + u32::from_le_bytes(length) as usize)
        }
        Page::DataPage { buf, .. } => (buf, 0),
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            (buf, *def_levels_byte_len as usize + *rep_levels_byte_len as usize)
        }
    };
    match page.encoding() {
        // Each value may repeat the one before, so that a few bytes become any number of them.
        Encoding::DELTA_BYTE_ARRAY => Err(FormatError::Unsupported(
            "a column of the file is encoded as DELTA_BYTE_ARRAY, which is not read: write it in the plain or the \
             dictionary encoding"
                .to_owned(),
        )),
        Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            let promised = delta_count(buffer.get(values_at..).unwrap_or_default());
            if promised > count as u64 {
                return Err(malformed(format_args!("a page of {count} values promises {promised}")));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// How many values the head of a list of differences promises: the third number in it.
fn delta_count(bytes: &[u8]) -> u64 {
    let mut numbers = [0_u64; 3];
    let (mut index, mut shift) = (0, 0);
    for byte in bytes.iter().take(30) {
        let Some(number) = numbers.get_mut(index) else { break };
        *number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(u64::MAX);
        shift += 7;
        if byte & 0x80 == 0 {
            (index, shift) = (index + 1, 0);
        }
    }
    numbers[2]
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            check(page, self.least_value_bytes, self.values).map_err(handed)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_page(buf: Vec<u8>, num_values: u32, encoding: Encoding) -> Page {
        let (level, statistics) = (Encoding::RLE, None);
        let (def_level_encoding, rep_level_encoding) = (level, level);
        Page::DataPage {
            buf: buf.into(),
            num_values,
            encoding,
            def_level_encoding,
            rep_level_encoding,
            statistics,
        }
    }

    #[test]
    fn pages_that_promise_more_than_they_hold_are_refused() {
        let dictionary = |num_values| Page::DictionaryPage {
            buf: vec![0; 16].into(),
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        assert!(check(&dictionary(4), 4, Values::Required).is_ok());
        assert!(check(&dictionary(u32::MAX), 4, Values::Required).is_err());
        assert!(check(&data_page(Vec::new(), u32::MAX, Encoding::PLAIN), 4, Values::Required).is_err());
        let encoding = Encoding::DELTA_LENGTH_BYTE_ARRAY;
        // Blocks of 128 values in 4 parts; 300 values.
        let lengths = vec![0x80, 1, 4, 0xac, 2, 0];
        assert!(check(&data_page(lengths.clone(), 300, encoding), 4, Values::Required).is_ok());
        assert!(check(&data_page(lengths.clone(), 299, encoding), 4, Values::Required).is_err());
        let with_levels = [vec![2, 0, 0, 0, 9, 9], lengths].concat();
        assert!(check(&data_page(with_levels.clone(), 299, encoding), 4, Values::MayBeMissing).is_err());
        assert!(check(&data_page(with_levels, 300, encoding), 4, Values::MayBeMissing).is_ok());
        let repeating = data_page(Vec::new(), 1, Encoding::DELTA_BYTE_ARRAY);
        assert!(matches!(check(&repeating, 4, Values::Required), Err(FormatError::Unsupported(_))));
    }
}
