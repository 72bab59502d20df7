//! The records of a file, one after the other, and what tells their delimiter.
//!
//! Separate from the cells of one (`record.rs`) because it is about what is in memory: as much of the text as the next record
//! needs.

use super::FORMAT;
use super::decode::{Coding, Decoded};
use super::record::{Cells, Record};
use crate::budget::max_text_bytes;
use crate::{FormatError, Input, ReadOptions};

/// Delimiters in the order in which a tie is decided.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Reads records from front to back. In memory is what the next one needs.
pub(super) struct Records<'a> {
    decoded: Decoded,
    /// What was decoded, of which the records before `at` are read.
    text: String,
    at: usize,
    is_end: bool,
    max_bytes: u64,
    stop: &'a (dyn Fn() -> bool + Sync),
    delimiter: u8,
    /// The number of the record read last, the header being 1, as spreadsheets count.
    row: usize,
}

impl<'a> Records<'a> {
    /// Begins at the header, which also tells the delimiter: the one that is there most often outside quotes. Excel's first
    /// line `sep=;` is passed over.
    pub(super) fn open(
        input: &Input,
        coding: Coding,
        options: &ReadOptions<'a>,
    ) -> Result<Records<'a>, FormatError> {
        let mut records = Records {
            decoded: Decoded::open(input, coding)?,
            text: String::new(),
            at: 0,
            is_end: false,
            max_bytes: max_text_bytes(options),
            stop: options.stop,
            delimiter: DELIMITERS[0],
            row: 0,
        };
        let header_bytes = loop {
            let end = header_end(&records.text);
            if let Some(end) = end.or(records.is_end.then_some(records.text.len())) {
                break end;
            }
            records.fill()?;
        };
        let line = records.text.split(['\n', '\r']).next().unwrap_or_default();
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = *line.as_bytes()
            && delimiter.is_ascii()
        {
            let rest = records.text.get(line.len()..).unwrap_or_default();
            records.at = records.text.len() - rest.trim_start_matches(['\n', '\r']).len();
            (records.delimiter, records.row) = (delimiter, 1);
            return Ok(records);
        }
        records.delimiter = delimiter_of(records.text.get(..header_bytes).unwrap_or_default());
        Ok(records)
    }

    /// The number of the record read last.
    pub(super) fn row(&self) -> usize {
        self.row
    }

    /// Reads a row of so many cells; `false` at the end. Blank lines are passed over where there are several columns; in a
    /// single one they are cells without value.
    pub(super) fn next_row(&mut self, cells: &mut Cells, columns: usize) -> Result<bool, FormatError> {
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
    pub(super) fn next_into(&mut self, cells: &mut Cells, most: usize) -> Result<bool, FormatError> {
        loop {
            cells.clear();
            let mut record = Record {
                rest: self.text.get(self.at..).unwrap_or_default(),
                is_end: self.is_end,
                delimiter: self.delimiter,
                row: self.row + 1,
            };
            if record.rest.is_empty() && self.is_end {
                return Ok(false);
            }
            if record.read(cells, most)? {
                self.at = self.text.len() - record.rest.len();
                self.row += 1;
                return Ok(true);
            }
            self.fill()?;
        }
    }

    /// Reads on, at least as much as is there, so that a long record is not looked through too often.
    fn fill(&mut self) -> Result<(), FormatError> {
        if (self.stop)() {
            return Err(FormatError::Stopped);
        }
        self.text.drain(..std::mem::take(&mut self.at));
        let wanted = (self.text.len() * 2).min(usize::try_from(self.max_bytes).unwrap_or(usize::MAX));
        if self.text.len() as u64 > self.max_bytes {
            let (row, most) = (self.row + 1, self.max_bytes);
            return Err(FormatError::TooLarge(format!(
                "row {row} is longer than {most} bytes, the most that a row may have; if it is not, a quote in it is never closed"
            )));
        }
        while !self.is_end {
            self.is_end = !self.decoded.append_to(&mut self.text)?;
            if self.text.len() > wanted {
                break;
            }
        }
        Ok(())
    }
}

/// Where the first line outside quotes ends, if it ends here.
fn header_end(text: &str) -> Option<usize> {
    let mut in_quotes = false;
    text.bytes().position(|byte| {
        in_quotes ^= byte == b'"';
        !in_quotes && matches!(byte, b'\n' | b'\r')
    })
}

fn delimiter_of(header: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut in_quotes = false;
    for byte in header.bytes() {
        in_quotes ^= byte == b'"';
        for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
            *count += usize::from(!in_quotes && byte == delimiter);
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let first = counts.iter().position(|count| *count == most).unwrap_or(0);
    DELIMITERS[first]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options};
    use crate::{Input, ReadAt};
    use std::sync::Arc;

    fn open(text: &str) -> Records<'static> {
        open_input(&input("a.csv", text))
    }

    fn open_input(input: &Input) -> Records<'static> {
        let coding = Coding::of(input, &options(), &mut Vec::new()).unwrap();
        Records::open(input, coding, &options()).unwrap()
    }

    fn all(mut records: Records<'_>) -> Vec<Vec<String>> {
        let (mut cells, mut all) = (Cells::default(), Vec::new());
        while records.next_into(&mut cells, 10).unwrap() {
            all.push(cells.iter().map(|cell| cell.text.to_string()).collect());
        }
        all
    }

    /// The records, which must be the same whether the text comes whole or a byte at a time.
    fn records(text: &str) -> Vec<Vec<String>> {
        let whole = all(open(text));
        assert_eq!(all(open_input(&Input::new("a.csv", Arc::new(Slow(text.to_owned()))))), whole);
        whole
    }

    /// Gives a byte at a time.
    struct Slow(String);

    impl ReadAt for Slow {
        fn byte_len(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some(byte) = self.0.as_bytes().get(offset as usize) else { return Ok(0) };
            buffer[0] = *byte;
            Ok(1)
        }
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
        let text = "a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n\"1\"2,3\"4\n,\n\"\"\"\",\"é\"\r\n";
        let wanted = [["a", "b"], ["x,\"y\"\r\nz", ""], ["12", "3\"4"], ["", ""], ["\"", "é"]];
        assert_eq!(records(text), wanted);
    }

    #[test]
    fn records_may_be_longer_than_what_is_decoded_at_once() {
        let long = "x\n,\"\"".repeat(200_000);
        let text = format!("a,b\n1,\"{long}\"\n2,3\n");
        let found = all(open(&text));
        assert_eq!((found.len(), found[1][1].as_str()), (3, long.replace("\"\"", "\"").as_str()));
        let small = crate::ReadOptions { max_decompressed_bytes: 100_000, ..options() };
        let input = input("a.csv", text);
        let mut records =
            Records::open(&input, Coding::of(&input, &small, &mut Vec::new()).unwrap(), &small).unwrap();
        let mut cells = Cells::default();
        assert!(records.next_into(&mut cells, 2).unwrap());
        let error = records.next_into(&mut cells, 2).unwrap_err().to_string();
        assert!(error.starts_with("row 2 is longer than 100000 bytes"), "{error}");
    }

    #[test]
    fn a_file_of_nothing_but_blank_lines_can_be_stopped() {
        let input = input("a.csv", format!("a,b\n{}", "\n".repeat(1_000_000)));
        let coding = Coding::of(&input, &options(), &mut Vec::new()).unwrap();
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 2;
        let options = ReadOptions { stop: &stop, ..options() };
        let mut records = Records::open(&input, coding, &options).unwrap();
        let mut cells = Cells::default();
        records.next_row(&mut cells, 2).unwrap();
        assert!(matches!(records.next_row(&mut cells, 2), Err(FormatError::Stopped)));
    }

    #[test]
    fn a_quote_without_end_and_too_many_cells_are_errors_with_the_row() {
        let mut cells = Cells::default();
        let mut records = open("a,b\n1,\"2\n3,4\n");
        records.next_into(&mut cells, 2).unwrap();
        let error = records.next_row(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("a quote that is opened in row 2 is never closed"), "{error}");
        let error = open("1,2,3").next_into(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("row 1 has more than 2 cells"), "{error}");
        let error = open("1").next_row(&mut cells, 2).unwrap_err().to_string();
        assert!(error.ends_with("row 1 has 1 cells and the header has 2"), "{error}");
    }
}
