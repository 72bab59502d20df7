//! The cells of a record: RFC 4180 with the line ends that programs write.

use super::FORMAT;
use crate::FormatError;

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell<'c> {
    pub(super) text: &'c str,
    /// Whether it stands in quotes: then it is a text, even when it is empty.
    pub(super) quoted: bool,
}

/// The cells of a record, in one text that the next record takes over.
#[derive(Default)]
pub(super) struct Cells {
    text: String,
    /// Where each ends, and whether it stands in quotes.
    ends: Vec<(usize, bool)>,
}

/// A record, as far as it was decoded.
pub(super) struct Record<'t> {
    pub(super) rest: &'t str,
    /// Whether nothing comes behind the rest.
    pub(super) is_end: bool,
    pub(super) delimiter: u8,
    pub(super) row: usize,
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<Cell<'_>> {
        let (end, quoted) = *self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        self.text.get(start..end).map(|text| Cell { text, quoted })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).filter_map(|number| self.get(number))
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Ends the cell whose text was appended.
    fn end_cell(&mut self, quoted: bool) {
        self.ends.push((self.text.len(), quoted));
    }
}

impl Record<'_> {
    /// Reads the cells; `false` where the record goes on behind the rest.
    pub(super) fn read(&mut self, cells: &mut Cells, most: usize) -> Result<bool, FormatError> {
        loop {
            if cells.len() == most {
                let row = self.row;
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("row {row} has more than {most} cells"),
                ));
            }
            let quoted = self.rest.starts_with('"');
            if quoted && !self.quoted(cells)? {
                return Ok(false);
            }
            // What stands between a closing quote and the delimiter belongs to the cell, as other readers have it.
            self.plain(cells);
            cells.end_cell(quoted);
            let ended = match self.rest.as_bytes() {
                [] => return Ok(self.is_end),
                [b'\r'] if !self.is_end => return Ok(false),
                [b'\r', b'\n', ..] => Some(2),
                [b'\r' | b'\n', ..] => Some(1),
                _ => None,
            };
            // A delimiter where it is no end of the line.
            self.rest = self.rest.get(ended.unwrap_or(1)..).unwrap_or_default();
            if ended.is_some() {
                return Ok(true);
            }
        }
    }

    /// What stands before the next delimiter or end of the line.
    fn plain(&mut self, cells: &mut Cells) {
        let delimiter = self.delimiter;
        let ends = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
        let end = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        cells.text.push_str(text);
    }

    /// What stands in quotes; `false` where they are closed behind the rest.
    fn quoted(&mut self, cells: &mut Cells) -> Result<bool, FormatError> {
        self.rest = self.rest.get(1..).unwrap_or_default();
        loop {
            let Some((text, rest)) = self.rest.split_once('"') else {
                if !self.is_end {
                    return Ok(false);
                }
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("a quote that is opened in row {} is never closed", self.row),
                ));
            };
            cells.text.push_str(text);
            self.rest = rest;
            match rest.strip_prefix('"') {
                Some(behind) => {
                    cells.text.push('"');
                    self.rest = behind;
                }
                // It could be doubled behind the rest.
                None => return Ok(self.is_end || !rest.is_empty()),
            }
        }
    }
}
