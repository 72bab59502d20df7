//! Value tables and composites: values whose parts have data types of their own (specification 2.11, 2.12).

use super::texts::{array_texts, object_members, shorten, unquoted};
use super::{Fault, Parser, Slot};
use crate::{Composite, DataType, Value, ValueTable};

/// More rows than this are no table but a layer that took the wrong way.
const MOST_ROWS: usize = 100_000;

impl Parser<'_> {
    /// Rows as a JSON array of arrays or of objects, where a row may be a JSON string (specification 2.4, rule 5); rows as
    /// repeated keys.
    pub(super) fn table(&mut self, slot: Slot<'_>, given: &[&str]) -> Result<Value, Fault> {
        let rows: Vec<String> = match given {
            [text] if *text == "null" || *text == "None" => Vec::new(),
            // A bare row, such as python makes of a table of one row: its first cell is no row itself.
            [text] if text.starts_with('[') => {
                let cells = array_texts(text).map_err(Fault::Wrong)?;
                let is_row = |cell: &String| unquoted(cell.trim()).trim_start().starts_with(['[', '{']);
                if cells.iter().all(is_row) { cells } else { vec![(*text).to_owned()] }
            }
            texts => texts.iter().map(|text| (*text).to_owned()).collect(),
        };
        if rows.len() > MOST_ROWS {
            return Err(Fault::TooLarge(format!(
                "{} rows are more than a value table may have, {MOST_ROWS}",
                rows.len()
            )));
        }
        let mut table = ValueTable::default();
        for (index, row) in rows.iter().enumerate() {
            let row = unquoted(row.trim());
            table
                .rows
                .push(self.row(slot, &row).map_err(|fault| fault.at(format_args!("row {}", index + 1)))?);
        }
        Ok(Value::ValueTable(table))
    }

    fn row(&mut self, slot: Slot<'_>, text: &str) -> Result<Vec<Value>, Fault> {
        let columns = slot.infos;
        let mut cells: Vec<Option<String>> = vec![None; columns.len()];
        if text.starts_with('{') {
            for (name, cell) in object_members(text).map_err(Fault::Wrong)? {
                let Some(at) = columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name))
                else {
                    let known: Vec<&str> = columns.iter().map(|column| column.name.as_ref()).collect();
                    return Err(Fault::Wrong(format!(
                        "there is no column \"{}\"; the columns are {}",
                        shorten(&name),
                        known.join(", ")
                    )));
                };
                cells[at] = Some(cell);
            }
        } else if text.starts_with('[') {
            let given = array_texts(text).map_err(Fault::Wrong)?;
            if given.len() > columns.len() {
                return Err(Fault::Wrong(format!(
                    "{} values are more than the table has columns, {}",
                    given.len(),
                    columns.len()
                )));
            }
            for (cell, given) in cells.iter_mut().zip(given) {
                *cell = Some(given);
            }
        } else {
            return Err(Fault::Wrong(format!(
                "\"{}\" is no row: expected an array of values",
                shorten(text)
            )));
        }
        let mut values = Vec::with_capacity(columns.len());
        for (column, cell) in columns.iter().zip(cells) {
            let value = match cell {
                Some(cell) => self.cell(slot.part(column), &cell).map_err(|fault| fault.at(&column.name))?,
                None => Value::Null,
            };
            values.push(value);
        }
        Ok(values)
    }

    /// A value as JSON has it: null is no value, `""` is the empty text, or no value of another type. A blank text is a text.
    fn cell(&mut self, slot: Slot<'_>, json: &str) -> Result<Value, Fault> {
        let json = json.trim();
        if json == "null" {
            return Ok(Value::Null);
        }
        let text = unquoted(json);
        let is_text = matches!(slot.data_type, DataType::String | DataType::StringHidden);
        if text.trim().is_empty() && !(is_text && slot.choices.is_empty()) {
            return Ok(Value::Null);
        }
        Ok(self.member(slot, &text)?.unwrap_or(Value::Null))
    }

    /// `{"dataType":…,"value":…}`, or a bare value, which is tried as each member in turn.
    pub(super) fn composite(&mut self, slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
        if unquoted(text) == "null" {
            return Ok(None);
        }
        if let Some((name, value)) = typed(text) {
            let Some(info) = slot.infos.iter().find(|info| info.data_type.wire_name() == name.as_str())
            else {
                let known: Vec<_> = slot.infos.iter().map(|info| info.data_type.wire_name()).collect();
                return Err(Fault::Wrong(format!(
                    "dataType \"{}\" is not one of {}",
                    shorten(&name),
                    known.join(", ")
                )));
            };
            let value = self.cell(slot.part(info), &value)?;
            return Ok((value != Value::Null).then(|| composite(&info.data_type, value)));
        }
        let mut reasons = Vec::new();
        for info in slot.infos {
            let said = self.warnings.len();
            match self.member(slot.part(info), text) {
                Ok(Some(value)) => return Ok(Some(composite(&info.data_type, value))),
                Ok(None) => return Ok(None),
                Err(Fault::Wrong(reason)) => {
                    reasons.push(format!("{}: {reason}", info.data_type.wire_name()))
                }
                Err(other) => return Err(other),
            }
            self.warnings.truncate(said);
        }
        Err(Fault::Wrong(format!("the value is of none of the types ({})", reasons.join("; "))))
    }
}

fn composite(data_type: &DataType, value: Value) -> Value {
    Value::Composite(Composite { data_type: data_type.clone(), value: Box::new(value) })
}

/// The members of `{"dataType":…,"value":…}`; `None` for anything else.
fn typed(text: &str) -> Option<(String, String)> {
    if !text.starts_with('{') {
        return None;
    }
    let members = object_members(text).ok()?;
    let member = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Some((unquoted(&member("dataType")?), member("value")?))
}
