//! Names of fields as a set needs them, and what formats without a schema lose of fields.
//!
//! Separate because files may name columns alike or not at all, in any format.

use crate::text::some_of;
use gp_esri::{Field, FieldType};
use std::collections::HashSet;

/// Names what has no name, and numbers names that came before, compared without regard to case.
pub(crate) fn make_unique(fields: &mut [Field]) {
    let mut taken: HashSet<String> = HashSet::new();
    // Names that need no change are kept, also where a changed one would have come first.
    let mut own: HashSet<String> = fields.iter().map(|field| field.name.trim().to_lowercase()).collect();
    for (place, field) in fields.iter_mut().enumerate() {
        let had_alias = field.alias != field.name;
        let trimmed = field.name.trim();
        let name = if trimmed.is_empty() { format!("field_{}", place + 1) } else { trimmed.to_owned() };
        let mut unique = name.clone();
        let mut number = 1;
        while taken.contains(&unique.to_lowercase())
            || (unique != trimmed && own.contains(&unique.to_lowercase()))
        {
            unique = format!("{name}_{number}");
            number += 1;
        }
        taken.insert(unique.to_lowercase());
        own.insert(unique.to_lowercase());
        if !had_alias {
            field.alias.clone_from(&unique);
        }
        field.name = unique;
    }
}

/// A column named OBJECTID whose values are whole numbers without gaps of null is the object id, as it is in feature sets
/// without schema.
pub(crate) fn adopt_object_id(field: &mut Field, has_nulls: bool) {
    if !has_nulls && field.field_type.is_integer() && field.name.eq_ignore_ascii_case("OBJECTID") {
        // Object ids beyond 32 bits must say so (specification 6.1).
        field.length = (field.field_type == FieldType::BigInteger).then_some(8);
        field.field_type = FieldType::Oid;
    }
}

/// A sentence about aliases and domains, for formats that hold neither.
pub(crate) fn lost_descriptions(fields: &[Field], format: &str) -> Option<String> {
    let lost = |field: &&Field| field.alias != field.name || field.domain.is_some();
    let names: Vec<&str> = fields.iter().filter(lost).map(|field| field.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!("{format} holds no aliases and domains: those of {} were not written", some_of(&names))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_where_they_clash_and_made_where_there_are_none() {
        let names = ["A", "a", "", "a_1", " b ", "field_3"];
        let mut fields: Vec<Field> = names.iter().map(|name| Field::new(*name, FieldType::String)).collect();
        make_unique(&mut fields);
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["A", "a_2", "field_3_1", "a_1", "b", "field_3"]);
        assert!(fields.iter().all(|field| field.alias == field.name));
    }

    #[test]
    fn only_a_full_column_of_whole_numbers_is_an_object_id() {
        let mut field = Field::new("ObjectId", FieldType::BigInteger);
        adopt_object_id(&mut field, true);
        assert_eq!(field.field_type, FieldType::BigInteger);
        adopt_object_id(&mut field, false);
        assert_eq!((field.field_type, field.length), (FieldType::Oid, Some(8)));
    }
}
