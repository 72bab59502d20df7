//! The text of a file as UTF-8, piece by piece: its encoding is told from its bytes, for nothing else says it.

use crate::input::InputReader;
use crate::text::BYTE_ORDER_MARK;
use crate::{FormatError, Input, ReadOptions};

use encoding_rs::{Decoder, Encoding, UTF_8, WINDOWS_1252};
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are decoded at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The encoding of a file, and where its text begins.
#[derive(Clone, Copy)]
pub(super) struct Coding {
    encoding: &'static Encoding,
    start: u64,
}

/// A text that is being read.
pub(super) struct Decoded {
    reader: InputReader,
    decoder: Decoder,
    bytes: Vec<u8>,
    is_end: bool,
    had_errors: bool,
}

impl Coding {
    /// UTF-16 where the first bytes say so, UTF-8 where all bytes are, or else Windows-1252, which Excel writes where it is not
    /// asked for another: any bytes are a text in it.
    pub(super) fn of(
        input: &Input,
        options: &ReadOptions<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Coding, FormatError> {
        let head = input.head()?;
        let coding = match Encoding::for_bom(&head) {
            Some((encoding, length)) => Coding { encoding, start: length as u64 },
            None => Coding { encoding: UTF_8, start: 0 },
        };
        let mut decoded = Decoded::open(input, coding)?;
        let mut text = String::new();
        while decoded.append_to(&mut text)? && !decoded.had_errors {
            if (options.stop)() {
                return Err(FormatError::Stopped);
            }
            text.clear();
        }
        if !decoded.had_errors {
            return Ok(coding);
        }
        if coding.encoding != UTF_8 {
            warnings
                .push("some of the file is no UTF-16: letters that could not be read are � now".to_owned());
            return Ok(coding);
        }
        warnings.push(
            "the file is not in UTF-8: it was read as Windows-1252, and letters may be wrong".to_owned(),
        );
        let start = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() as u64 } else { 0 };
        Ok(Coding { encoding: WINDOWS_1252, start })
    }
}

impl Decoded {
    /// Begins at the text.
    pub(super) fn open(input: &Input, coding: Coding) -> io::Result<Decoded> {
        let mut reader = input.reader();
        reader.seek(SeekFrom::Start(coding.start))?;
        Ok(Decoded {
            reader,
            decoder: coding.encoding.new_decoder_without_bom_handling(),
            bytes: vec![0; PIECE_BYTES],
            is_end: false,
            had_errors: false,
        })
    }

    /// Appends the next piece; `false` where there was none.
    pub(super) fn append_to(&mut self, text: &mut String) -> io::Result<bool> {
        if self.is_end {
            return Ok(false);
        }
        let count = match self.reader.read(&mut self.bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            other => other?,
        };
        self.is_end = count == 0;
        let piece = self.bytes.get(..count).unwrap_or_default();
        // The decoder takes all of the piece where there is room for the longest text that it can become.
        text.reserve(self.decoder.max_utf8_buffer_length(count).unwrap_or(PIECE_BYTES));
        let (_, _, had_errors) = self.decoder.decode_to_string(piece, text, self.is_end);
        self.had_errors |= had_errors;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options};

    fn decode(bytes: &[u8]) -> (String, usize) {
        let (input, mut warnings, mut text) = (input("a.csv", bytes), Vec::new(), String::new());
        let coding = Coding::of(&input, &options(), &mut warnings).unwrap();
        let mut decoded = Decoded::open(&input, coding).unwrap();
        while decoded.append_to(&mut text).unwrap() {}
        (text, warnings.len())
    }

    #[test]
    fn bytes_that_are_no_utf8_are_letters_of_windows() {
        for (bytes, text, warnings) in [
            ("é€".as_bytes(), "é€", 0),
            ("\u{FEFF}é".as_bytes(), "é", 0),
            (b"\xFF\xFEa\0\xE9\0", "aé", 0),
            (b"\xFF\xFEa\0\xE9", "a\u{FFFD}", 1),
            (b"Z\xFCrich \x80", "Zürich €", 1),
            (b"\xEF\xBB\xBFZ\xFCrich", "Zürich", 1),
            (b"ab\xC3", "abÃ", 1),
        ] {
            assert_eq!(decode(bytes), (text.to_owned(), warnings));
        }
    }

    #[test]
    fn a_letter_may_lie_in_two_pieces() {
        let text = format!("x{}", "ü€".repeat(PIECE_BYTES));
        assert_eq!(decode(text.as_bytes()), (text, 0));
    }
}
