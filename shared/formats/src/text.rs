//! Whole texts out of files, and what is common to the texts that are written.
//!
//! Separate because every text format begins with the same bytes and the same questions. It knows no format.

use crate::budget::{StopCheck, max_text_bytes};
use crate::{FormatError, Input, ReadOptions};
use gp_esri::json::write_f64;
use std::borrow::Borrow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Bytes that are gathered before they are written.
const PIECE_BYTES: usize = 64 * 1024;
/// UTF-8 files of Windows programs begin with it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// All bytes of a file that is read in one piece, without the byte order mark.
pub(crate) fn read_bytes(input: &Input, options: &ReadOptions<'_>) -> Result<Vec<u8>, FormatError> {
    if (options.stop)() {
        return Err(FormatError::Stopped);
    }
    let most = max_text_bytes(options);
    Ok(without_mark(input.read_all(most)?.ok_or_else(|| too_long(most))?))
}

/// The bytes without the byte order mark.
pub(crate) fn without_mark(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    bytes
}

/// The error for a file that is longer than the limit.
pub(crate) fn too_long(max_bytes: u64) -> FormatError {
    FormatError::TooLarge(format!(
        "the file is longer than {max_bytes} bytes, the most that is read of its format; send a part of it"
    ))
}

/// The bytes as UTF-8.
pub(crate) fn utf8(bytes: Vec<u8>, format: &'static str) -> Result<String, FormatError> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        FormatError::malformed(format, format_args!("byte {at} is no UTF-8: save the file in that encoding"))
    })
}

/// A text that is being written, feature by feature.
pub(crate) struct Output<'a> {
    /// What is to be written next.
    pub(crate) bytes: Vec<u8>,
    to: &'a mut dyn Write,
    stop_check: StopCheck<'a>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(to: &'a mut dyn Write, stop: &'a (dyn Fn() -> bool + Sync)) -> Output<'a> {
        Output { bytes: Vec::new(), to, stop_check: StopCheck::new(stop) }
    }

    /// A feature is in `bytes`: writes them when they are many, and asks now and then whether to stop.
    pub(crate) fn feature_done(&mut self) -> Result<(), FormatError> {
        self.stop_check.step()?;
        if self.bytes.len() >= PIECE_BYTES {
            self.to.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Writes the rest.
    pub(crate) fn finish(self) -> Result<(), FormatError> {
        self.to.write_all(&self.bytes)?;
        Ok(self.to.flush()?)
    }
}

/// A new file for an [`Output`].
pub(crate) fn create(path: &Path) -> Result<BufWriter<File>, FormatError> {
    Ok(BufWriter::new(File::create(path)?))
}

/// Appends the shortest text that reads back as the same number and never looks like a whole one: `5.0`, so that the column is
/// one of doubles when it is read again.
pub(crate) fn write_double(out: &mut Vec<u8>, value: f64) {
    let start = out.len();
    write_f64(out, value);
    let digits_only = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    if out.get(start..).is_some_and(digits_only) {
        out.extend_from_slice(b".0");
    }
}

/// The first names of a list for a sentence: `A, B, C and 4 more`.
pub(crate) fn some_of(names: &[impl Borrow<str>]) -> String {
    first_of(names, 5)
}

/// The same with so many names.
pub(crate) fn first_of(names: &[impl Borrow<str>], most: usize) -> String {
    let shown = names.get(..most).unwrap_or(names).join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A piece of a file's text for a message, cut short.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_never_look_like_whole_numbers() {
        for (value, wanted) in
            [(5.0, "5.0"), (-0.0, "-0.0"), (0.1, "0.1"), (1e300, "1e+300"), (1e15, "1000000000000000.0")]
        {
            let mut out = Vec::new();
            write_double(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_named_by_their_place() {
        let error = utf8(b"ab\xFFc".to_vec(), "CSV").unwrap_err().to_string();
        assert!(error.contains("byte 2 is no UTF-8"), "{error}");
    }
}
