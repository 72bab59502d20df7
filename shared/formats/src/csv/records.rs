//! Records and cells of a text: RFC 4180 with the delimiters and line ends that programs write.

use super::FORMAT;
use crate::FormatError;
use std::borrow::Cow;

/// Delimiters in the order in which a tie is decided.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell<'t> {
    pub(super) text: Cow<'t, str>,
    /// Whether it stands in quotes: then it is a text, even when it is empty.
    pub(super) quoted: bool,
}

/// Reads records from front to back.
#[derive(Clone)]
pub(super) struct Records<'t> {
    rest: &'t str,
    delimiter: u8,
    /// The number of the record read last, the header being 1, as spreadsheets count.
    row: usize,
}

impl<'t> Records<'t> {
    /// Begins at the header, which also tells the delimiter: the one that is there most often outside quotes. Excel's first
    /// line `sep=;` is passed over.
    pub(super) fn new(text: &'t str) -> Records<'t> {
        let line = text.split(['\n', '\r']).next().unwrap_or_default();
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = *line.as_bytes()
            && delimiter.is_ascii()
        {
            let rest = text.get(line.len()..).unwrap_or_default();
            return Records { rest: rest.trim_start_matches(['\n', '\r']), delimiter, row: 1 };
        }
        let mut counts = [0_usize; DELIMITERS.len()];
        let mut in_quotes = false;
        for byte in text.bytes() {
            match byte {
                b'"' => in_quotes = !in_quotes,
                b'\n' | b'\r' if !in_quotes => break,
                _ if in_quotes => {}
                byte => {
                    for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                        *count += usize::from(byte == delimiter);
                    }
                }
            }
        }
        let most = counts.iter().max().copied().unwrap_or(0);
        let first = counts.iter().position(|count| *count == most).unwrap_or(0);
        Records { rest: text, delimiter: DELIMITERS[first], row: 0 }
    }

    /// The number of the record read last.
    pub(super) fn row(&self) -> usize {
        self.row
    }

    /// Reads a row of so many cells; `false` at the end. Blank lines are passed over where there are several columns; in a
    /// single one they are cells without value.
    pub(super) fn next_row(
        &mut self,
        cells: &mut Vec<Cell<'t>>,
        columns: usize,
    ) -> Result<bool, FormatError> {
        loop {
            if !self.next_into(cells, columns)? {
                return Ok(false);
            }
            let is_blank =
                cells.len() == 1 && cells.iter().all(|cell| !cell.quoted && cell.text.trim().is_empty());
            if cells.len() == columns {
                return Ok(true);
            }
            if !is_blank {
                let (row, count) = (self.row, cells.len());
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("row {row} has {count} cells and the header has {columns}"),
                ));
            }
        }
    }

    /// Reads a record of no more than so many cells; `false` at the end.
    pub(super) fn next_into(&mut self, cells: &mut Vec<Cell<'t>>, most: usize) -> Result<bool, FormatError> {
        cells.clear();
        if self.rest.is_empty() {
            return Ok(false);
        }
        self.row += 1;
        loop {
            if cells.len() == most {
                let row = self.row;
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("row {row} has more than {most} cells"),
                ));
            }
            let cell = if self.rest.starts_with('"') { self.quoted()? } else { self.plain() };
            cells.push(cell);
            let bytes = self.rest.as_bytes();
            let ended = match bytes {
                [] => return Ok(true),
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
    fn plain(&mut self) -> Cell<'t> {
        let delimiter = self.delimiter;
        let ends = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
        let end = self.rest.bytes().position(ends).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Cell { text: Cow::Borrowed(text), quoted: false }
    }

    /// A cell in quotes. What stands between the closing quote and the delimiter belongs to it too, as other readers have it.
    fn quoted(&mut self) -> Result<Cell<'t>, FormatError> {
        let body = self.rest.get(1..).unwrap_or_default();
        let mut end = 0;
        let mut has_doubled = false;
        loop {
            let Some(quote) = body.get(end..).and_then(|rest| rest.find('"')) else {
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("a quote that is opened in row {} is never closed", self.row),
                ));
            };
            end += quote;
            if body.as_bytes().get(end + 1) != Some(&b'"') {
                break;
            }
            has_doubled = true;
            end += 2;
        }
        let inner = body.get(..end).unwrap_or_default();
        self.rest = body.get(end + 1..).unwrap_or_default();
        let tail = self.plain().text;
        let mut text =
            if has_doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) };
        if !tail.is_empty() {
            text.to_mut().push_str(&tail);
        }
        Ok(Cell { text, quoted: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Vec<String>> {
        let mut records = Records::new(text);
        let (mut cells, mut all) = (Vec::new(), Vec::new());
        while records.next_into(&mut cells, 10).unwrap() {
            all.push(cells.iter().map(|cell| cell.text.to_string()).collect());
        }
        all
    }

    #[test]
    fn the_delimiter_is_the_most_frequent_of_the_header() {
        assert_eq!(records("a,b;c,d\r\n1,2,3,4"), [vec!["a", "b;c", "d"], vec!["1", "2", "3", "4"]]);
        assert_eq!(records("a;b\n1,5;2\n"), [["a", "b"], ["1,5", "2"]]);
        assert_eq!(records("\"a,b,c\"\tb\r1\t2"), [["a,b,c", "b"], ["1", "2"]]);
        assert_eq!(records("sep=|\r\na|b\r\n"), [["a", "b"]]);
        assert_eq!(records("a"), [["a"]]);
    }

    #[test]
    fn quotes_hold_delimiters_line_ends_and_doubled_quotes() {
        let text = "a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n\"1\"2,3\"4\n,\n";
        assert_eq!(records(text), [["a", "b"], ["x,\"y\"\r\nz", ""], ["12", "3\"4"], ["", ""]]);
    }

    #[test]
    fn a_quote_without_end_and_too_many_cells_are_errors_with_the_row() {
        let mut cells = Vec::new();
        let mut records = Records::new("a,b\n1,\"2\n3,4\n");
        records.next_into(&mut cells, 2).unwrap();
        let error = records.next_row(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("a quote that is opened in row 2 is never closed"), "{error}");
        let error = Records::new("1,2,3").next_into(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("row 1 has more than 2 cells"), "{error}");
        let error = Records::new("1").next_row(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("row 1 has 1 cells and the header has 2"), "{error}");
    }
}
