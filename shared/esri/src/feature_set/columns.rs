//! The columns of a set while its rows are read.
//!
//! Fields may be described before the features, after them, or not at all. In the first case every value goes straight into
//! the type of its field; else columns are collected as names come up and typed at the end.

use std::collections::{HashMap, HashSet};

use super::coerce::{convert, read_value};
use super::losses::{Losses, of_conversion};
use crate::json::{Reader, write_string};
use crate::{Attribute, Feature, Field, FieldType, ReadError};

/// The columns known so far.
#[derive(Default)]
pub(super) struct Columns {
    fields: Vec<Field>,
    /// Each name as it stands in a row: quoted, with the colon.
    keys: Vec<Vec<u8>>,
    /// Lower-case name to place in `fields`.
    places: HashMap<String, usize>,
    /// Whether `fields` were described, so that no others are collected and their types hold.
    described: bool,
    undeclared: Undeclared,
    losses: Losses,
    /// Bytes of the texts that were read.
    text_bytes: usize,
    /// The row, counted from 1, in which each column had its last value: names that differ only in case are one column.
    last_rows: Vec<usize>,
    rows: usize,
    /// The first columns that had two values in one row.
    repeated: Vec<usize>,
}

/// Attributes that no field declares.
#[derive(Default)]
struct Undeclared {
    /// The first names, each once.
    first: Vec<String>,
    /// Whether there were other names.
    more: bool,
}

/// Names of attributes where no field declares them: each is short in the text and long in memory.
const MAX_COLUMNS: usize = 20_000;
/// Undeclared attributes that the warning names.
const MAX_NAMED: usize = 3;

impl Undeclared {
    fn note(&mut self, name: &str) {
        if is_object_id_like(name) || self.more || self.first.iter().any(|known| known == name) {
            return;
        }
        if self.first.len() < MAX_NAMED {
            self.first.push(name.to_owned());
        } else {
            self.more = true;
        }
    }

    fn into_sentence(self) -> Option<String> {
        let names: Vec<String> = self.first.iter().map(|name| crate::text::shortened(name)).collect();
        let more = if self.more { " and others" } else { "" };
        (!names.is_empty())
            .then(|| format!("attributes that no field declares were left out: {}{more}", names.join(", ")))
    }
}

/// The names that clients give object ids; they add them to features without declaring them.
fn is_object_id_like(name: &str) -> bool {
    let lower = name.trim_start_matches('_').to_lowercase();
    lower.starts_with("objectid") || matches!(lower.as_str(), "fid" | "oid" | "esri_oid")
}

impl Columns {
    /// Takes the description that stands before the features.
    pub(super) fn describe(&mut self, fields: Vec<Field>) {
        for (place, field) in fields.iter().enumerate() {
            self.places.entry(field.name.to_lowercase()).or_insert(place);
        }
        self.keys = fields.iter().map(|field| key_token(&field.name)).collect();
        self.fields = fields;
        self.described = true;
    }

    /// Bytes of the texts that were read.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// A row without values.
    pub(super) fn empty_row(&self) -> Vec<Attribute> {
        vec![Attribute::Null; self.fields.len()]
    }

    /// Reads the attributes object that `reader` stands on.
    pub(super) fn read_row(&mut self, reader: &mut Reader<'_>) -> Result<Vec<Attribute>, ReadError> {
        let mut row = self.empty_row();
        if reader.take_null()? {
            return Ok(row);
        }
        self.rows += 1;
        // Rows mostly have the order of the fields: look at the next one first.
        let mut next = 0;
        reader.begin_object()?;
        loop {
            let place = if self.keys.get(next).is_some_and(|key| reader.take_key(key)) {
                next
            } else {
                let Some(key) = reader.next_key()? else { return Ok(row) };
                let Some(place) = self.place(&key)? else {
                    reader.skip_value()?;
                    continue;
                };
                place
            };
            let field = &self.fields[place];
            let read = read_value(reader).map_err(|error| ReadError::from(error).within(&field.name))?;
            let (mut value, mut loss) = read;
            if let Attribute::Text(text) = &value {
                self.text_bytes += text.len();
            }
            if self.described {
                loss = loss.or(of_conversion(&value, field.field_type));
                value = convert(value, field)
                    .map_err(|message| ReadError::invalid(message).within(&field.name))?;
            }
            if place >= row.len() {
                row.resize(place + 1, Attribute::Null);
            }
            self.note_value(place);
            if let Some(loss) = loss {
                self.losses.note(place, loss);
            }
            row[place] = value;
            next = place + 1;
        }
    }

    fn note_value(&mut self, place: usize) {
        if place >= self.last_rows.len() {
            self.last_rows.resize(place + 1, 0);
        }
        let before = std::mem::replace(&mut self.last_rows[place], self.rows);
        if before == self.rows && self.repeated.len() < MAX_NAMED && !self.repeated.contains(&place) {
            self.repeated.push(place);
        }
    }

    /// A sentence about attributes that had two values.
    pub(super) fn repeated_sentence(&self) -> Option<String> {
        let names: Vec<String> =
            self.repeated.iter().map(|place| crate::text::shortened(&self.fields[*place].name)).collect();
        (!names.is_empty()).then(|| {
            format!(
                "attributes that are there twice in one feature, by names that differ at most in case, have the last value: {}",
                names.join(", ")
            )
        })
    }

    /// The column of a name, a new one where none were described; `None` for names outside the description.
    fn place(&mut self, name: &str) -> Result<Option<usize>, ReadError> {
        let lower = name.to_lowercase();
        if let Some(place) = self.places.get(&lower) {
            return Ok(Some(*place));
        }
        if self.described {
            self.undeclared.note(name);
            return Ok(None);
        }
        let place = self.fields.len();
        if place == MAX_COLUMNS {
            return Err(ReadError::invalid(format!(
                "attributes of more than {MAX_COLUMNS} names, the most that a set may have"
            )));
        }
        self.fields.push(Field::new(name, FieldType::String));
        self.keys.push(key_token(name));
        self.places.insert(lower, place);
        Ok(Some(place))
    }

    /// The fields of the set, and sentences about values and attributes that were not kept, with `features` brought into their types: those of `described`, which came after the
    /// features, or inferred ones, of which `object_id_field` is the object id.
    pub(super) fn finish(
        mut self,
        features: &mut [Feature],
        described: Option<Vec<Field>>,
        object_id_field: Option<&str>,
    ) -> Result<(Vec<Field>, Vec<String>), ReadError> {
        if self.described {
            let mut sentences = self.losses.sentences(&self.fields);
            sentences.extend(self.undeclared.into_sentence());
            return Ok((self.fields, sentences));
        }
        if let Some(fields) = described {
            let places: Vec<Option<usize>> =
                fields.iter().map(|field| self.places.get(&field.name.to_lowercase()).copied()).collect();
            for (index, feature) in features.iter_mut().enumerate() {
                let mut row = std::mem::take(&mut feature.attributes);
                for (place, field) in places.iter().zip(&fields) {
                    let value = place
                        .and_then(|place| row.get_mut(place))
                        .map(|value| std::mem::replace(value, Attribute::Null));
                    let value = value.unwrap_or(Attribute::Null);
                    if let (Some(place), Some(loss)) = (*place, of_conversion(&value, field.field_type)) {
                        self.losses.note(place, loss);
                    }
                    let value = convert(value, field).map_err(|message| misfit(&message, index, field))?;
                    feature.attributes.push(value);
                }
            }
            let declared: HashSet<String> = fields.iter().map(|field| field.name.to_lowercase()).collect();
            let collected = self.fields.iter().filter(|field| !declared.contains(&field.name.to_lowercase()));
            collected.for_each(|field| self.undeclared.note(&field.name));
            let mut sentences = self.losses.sentences(&self.fields);
            sentences.extend(self.undeclared.into_sentence());
            return Ok((fields, sentences));
        }
        infer_types(&mut self.fields, features, object_id_field);
        for (index, feature) in features.iter_mut().enumerate() {
            feature.attributes.resize(self.fields.len(), Attribute::Null);
            for (place, (value, field)) in feature.attributes.iter_mut().zip(&self.fields).enumerate() {
                if let Some(loss) = of_conversion(value, field.field_type) {
                    self.losses.note(place, loss);
                }
                let taken = std::mem::replace(value, Attribute::Null);
                *value = convert(taken, field).map_err(|message| misfit(&message, index, field))?;
            }
        }
        let sentences = self.losses.sentences(&self.fields);
        Ok((self.fields, sentences))
    }
}

/// The narrowest type that holds all values of each column: whole numbers of 32 bits, of 64 bits, floats, text.
fn infer_types(fields: &mut [Field], features: &[Feature], object_id_field: Option<&str>) {
    for (place, field) in fields.iter_mut().enumerate() {
        let mut narrowest: Option<FieldType> = None;
        let mut nulls = false;
        for feature in features {
            let of_value = match feature.attributes.get(place) {
                None | Some(Attribute::Null) => {
                    nulls = true;
                    continue;
                }
                Some(Attribute::Integer(value)) if i32::try_from(*value).is_ok() => FieldType::Integer,
                Some(Attribute::Integer(_)) => FieldType::BigInteger,
                Some(Attribute::Double(_)) => FieldType::Double,
                Some(Attribute::Text(_)) => FieldType::String,
            };
            narrowest = Some(narrowest.map_or(of_value, |before| wider(before, of_value)));
        }
        field.field_type = narrowest.unwrap_or(FieldType::String);
        let named = object_id_field.unwrap_or("OBJECTID");
        if field.field_type.is_integer() && !nulls && field.name.eq_ignore_ascii_case(named) {
            // Object ids beyond 32 bits must say so (specification 6.1).
            field.length = (field.field_type == FieldType::BigInteger).then_some(8);
            field.field_type = FieldType::Oid;
        }
    }
}

fn key_token(name: &str) -> Vec<u8> {
    let mut token = Vec::new();
    write_string(&mut token, name);
    token.push(b':');
    token
}

fn wider(one: FieldType, other: FieldType) -> FieldType {
    const ORDER: [FieldType; 4] =
        [FieldType::Integer, FieldType::BigInteger, FieldType::Double, FieldType::String];
    let rank = |field_type| ORDER.iter().position(|known| *known == field_type);
    if rank(one) >= rank(other) { one } else { other }
}

fn misfit(message: &str, index: usize, field: &Field) -> ReadError {
    ReadError::invalid(message).within(format_args!("features[{index}].attributes.{}", field.name))
}
