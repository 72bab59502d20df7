//! The fields that a set declares.
//!
//! Separate because a list of fields may name one twice, and where each stands in the list is not where it ends up.

use crate::json::Reader;
use crate::{Field, FieldType, ReadError};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Reads a list of fields, each name once.
pub(super) fn read_fields(reader: &mut Reader<'_>) -> Result<Vec<Field>, ReadError> {
    let mut fields: Vec<Field> = Vec::new();
    let mut places = HashMap::new();
    let mut index = 0;
    reader.begin_array()?;
    while reader.next_element()? {
        let within = |error: ReadError| error.within(format_args!("[{index}]"));
        let field = Field::read(reader).map_err(|error| within(ReadError::invalid(error.to_string())))?;
        match places.entry(field.name.to_lowercase()) {
            Entry::Vacant(place) => {
                place.insert(fields.len());
                fields.push(field);
            }
            Entry::Occupied(place) => merge(&mut fields[*place.get()], &field).map_err(within)?,
        }
        index += 1;
    }
    Ok(fields)
}

/// Takes a second declaration of a field for the first: the Python client declares the object id again. Its values have
/// one name, so types that differ cannot both be meant.
fn merge(first: &mut Field, second: &Field) -> Result<(), ReadError> {
    if second.field_type == FieldType::Oid {
        first.field_type = FieldType::Oid;
    }
    if first.field_type == FieldType::Oid || first.field_type == second.field_type {
        return Ok(());
    }
    let name = crate::text::shortened(&second.name);
    Err(ReadError::invalid(format!("the field {name} is declared twice, with different types")))
}
