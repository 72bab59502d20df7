//! Reading `.dbf`: the attributes, a row of fixed width for each shape.

use super::malformed;
use super::values::{Kind, Value};
use crate::FormatError;
use crate::bytes_at::{u16_le, u32_le};
use crate::codepage::CodePage;
use crate::field_names::{UniqueNames, adopt_object_id};
use crate::text::some_of;
use crate::zipped::{EntryReader, error_of};
use gp_esri::{Attribute, Feature, Field, FieldType};
use std::io::{BufReader, Read};

const HEADER_BYTES: usize = 32;
const COLUMN_BYTES: usize = 32;
const END_OF_COLUMNS: u8 = 0x0d;
const END_OF_FILE: u8 = 0x1a;
/// The replacement character in UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
const DELETED: u8 = b'*';
/// dBASE 7 has other columns.
const DBASE_7: u8 = 4;

/// A table that is being read.
pub(super) struct Table {
    reader: BufReader<EntryReader>,
    columns: Vec<Column>,
    code_page: CodePage,
    record_bytes: u64,
    /// Rows that the header promises and that did not come yet.
    left: u32,
    record: Vec<u8>,
    has_foreign_text: bool,
    warnings: Vec<String>,
}

struct Column {
    field: Field,
    kind: Kind,
    at: usize,
    width: usize,
    /// Whether a number came that is no whole one of 64 bits.
    has_fractions: bool,
    unreadable_count: usize,
    damaged_count: usize,
}

/// How the description of a field says how wide its texts are.
#[derive(Clone, Copy)]
enum TextWidth {
    OneByte,
    /// Some software has texts of more than 255 bytes, with the upper byte where decimals would be.
    TwoBytes,
}

/// The part of a row's header that a row has.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Row {
    Kept,
    Deleted,
}

impl Table {
    /// Reads the header. `code_page` is that of the `.cpg`, if there is one.
    pub(super) fn new(reader: EntryReader, code_page: Option<CodePage>) -> Result<Table, FormatError> {
        let mut reader = BufReader::new(reader);
        let header = bytes_of(&mut reader, HEADER_BYTES)?;
        let number = |at: usize| u16_le(&header, at).unwrap_or_default();
        let count = u32_le(&header, 4).unwrap_or_default();
        if header.first().is_some_and(|version| version & 7 == DBASE_7) {
            return Err(FormatError::Unsupported(
                "the .dbf is a table of dBASE 7, which is not supported; save it as dBASE IV".to_owned(),
            ));
        }
        let (header_bytes, record_bytes) = (usize::from(number(8)), usize::from(number(10)));
        let rest = header_bytes
            .checked_sub(HEADER_BYTES)
            .ok_or_else(|| malformed("the header of the .dbf is damaged"))?;
        let descriptions = bytes_of(&mut reader, rest)?;
        let driver = header.get(29).copied().unwrap_or_default();
        let code_page =
            code_page.or_else(|| CodePage::of_language_driver(driver)).unwrap_or(CodePage::Unknown);
        let mut table = Table {
            reader,
            columns: Vec::new(),
            code_page,
            record_bytes: record_bytes as u64,
            left: count,
            record: Vec::new(),
            has_foreign_text: false,
            warnings: Vec::new(),
        };
        table.read_columns(&descriptions, record_bytes)?;
        Ok(table)
    }

    fn read_columns(&mut self, descriptions: &[u8], record_bytes: usize) -> Result<(), FormatError> {
        let (descriptions, _) = descriptions.as_chunks::<COLUMN_BYTES>();
        let ends = descriptions.iter().position(|description| description[0] == END_OF_COLUMNS);
        let descriptions = &descriptions[..ends.unwrap_or(descriptions.len())];
        let total = |of_texts| {
            let widths = descriptions.iter().map(|description| width(description, of_texts));
            1 + widths.sum::<usize>()
        };
        let is_wide = total(TextWidth::OneByte) != record_bytes && total(TextWidth::TwoBytes) == record_bytes;
        let of_texts = if is_wide { TextWidth::TwoBytes } else { TextWidth::OneByte };
        if total(of_texts) > record_bytes {
            return Err(malformed("the fields of the .dbf are wider than its rows"));
        }
        let mut names = UniqueNames::within(usize::MAX);
        let (mut at, mut dropped) = (1, Vec::new());
        for description in descriptions {
            let (start, width) = (at, width(description, of_texts));
            at += width;
            let name_bytes = description[..11].split(|byte| *byte == 0).next().unwrap_or_default();
            let name = self.code_page.decode(name_bytes).trim().to_owned();
            let Some((kind, field_type)) = Kind::of(description[11], width, description[17]) else {
                // The flags of nulls that FoxPro keeps are nobody's field.
                if description[11] != b'0' {
                    dropped.push(name);
                }
                continue;
            };
            let name = names.named(if name.is_empty() { "FIELD".to_owned() } else { name }, "_");
            let mut field = Field::new(name, field_type);
            if field_type == FieldType::String {
                field.length = u32::try_from(width).ok();
            }
            self.columns.push(Column {
                field,
                kind,
                at: start,
                width,
                has_fractions: false,
                unreadable_count: 0,
                damaged_count: 0,
            });
        }
        if !dropped.is_empty() {
            self.warnings.push(format!(
                "fields of a type that is not supported (memos, pictures) were left out: {}",
                some_of(&dropped)
            ));
        }
        Ok(())
    }

    /// How many values a row has.
    pub(super) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Goes to the next row; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Row>, FormatError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.record.clear();
        (&mut self.reader).take(self.record_bytes).read_to_end(&mut self.record).map_err(error_of)?;
        if self.record.first() == Some(&END_OF_FILE) {
            self.warnings.push(format!("the .dbf ends {} rows before it should", u64::from(self.left) + 1));
            self.left = 0;
            return Ok(None);
        }
        if self.record_bytes == 0 || (self.record.len() as u64) < self.record_bytes {
            return Err(malformed(format!(
                "the .dbf is cut: {} of its rows are missing",
                u64::from(self.left) + 1
            )));
        }
        Ok(Some(if self.record.first() == Some(&DELETED) { Row::Deleted } else { Row::Kept }))
    }

    /// The values of the row.
    pub(super) fn attributes(&mut self) -> Vec<Attribute> {
        let mut attributes = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let bytes = self.record.get(column.at..column.at + column.width).unwrap_or_default();
            let value = column.kind.value(bytes, self.code_page);
            attributes.push(match value {
                Value::Null => Attribute::Null,
                Value::Unreadable => {
                    column.unreadable_count += 1;
                    Attribute::Null
                }
                Value::Integer(number) => Attribute::Integer(number),
                Value::Double(number) => {
                    column.has_fractions = true;
                    Attribute::Double(number)
                }
                Value::Text(text) => {
                    self.has_foreign_text |= !text.is_ascii();
                    // The character may also stand there by itself.
                    let is_own = bytes.windows(REPLACEMENT.len()).any(|window| window == REPLACEMENT);
                    let is_damaged = text.contains(char::REPLACEMENT_CHARACTER) && !is_own;
                    column.damaged_count += usize::from(is_damaged);
                    Attribute::Text(text.into())
                }
            });
        }
        attributes
    }

    /// The fields, after the last row. Whole numbers become floats in columns where others came.
    pub(super) fn finish(mut self, features: &mut [Feature]) -> (Vec<Field>, Vec<String>) {
        for (index, column) in self.columns.iter_mut().enumerate() {
            if column.has_fractions && column.field.field_type.is_integer() {
                column.field.field_type = FieldType::Double;
                for feature in &mut *features {
                    if let Some(value) = feature.attributes.get_mut(index)
                        && let Attribute::Integer(number) = *value
                    {
                        *value = Attribute::Double(number as f64);
                    }
                }
            }
            let is_null = |feature: &Feature| {
                feature.attributes.get(index).is_none_or(|value| *value == Attribute::Null)
            };
            if column.field.name.eq_ignore_ascii_case("OBJECTID") {
                adopt_object_id(&mut column.field, features.iter().any(is_null));
            }
            let name = &column.field.name;
            if column.unreadable_count > 0 {
                self.warnings.push(format!(
                    "{} values of the field {name} are not of its type and were taken as null",
                    column.unreadable_count
                ));
            }
            if column.damaged_count > 0 {
                self.warnings.push(format!(
                    "{} texts of the field {name} have characters that their code page does not know",
                    column.damaged_count
                ));
            }
        }
        if self.has_foreign_text && self.code_page == CodePage::Unknown {
            self.warnings.push(
                "nothing says in which code page the texts are (no .cpg): they were read as UTF-8, or Windows-1252 where \
                 they are no valid UTF-8"
                    .to_owned(),
            );
        }
        (self.columns.into_iter().map(|column| column.field).collect(), self.warnings)
    }
}

/// The width of a field in bytes.
fn width(description: &[u8; COLUMN_BYTES], of_texts: TextWidth) -> usize {
    match (of_texts, description[11]) {
        (TextWidth::TwoBytes, b'C') => usize::from(u16::from_le_bytes([description[16], description[17]])),
        _ => usize::from(description[16]),
    }
}

/// Exactly so many bytes, at most 64 kB.
fn bytes_of(reader: &mut impl Read, count: usize) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::new();
    reader.take(count as u64).read_to_end(&mut bytes).map_err(error_of)?;
    if bytes.len() < count { Err(malformed("the header of the .dbf is cut")) } else { Ok(bytes) }
}
