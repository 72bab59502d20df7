//! Names of fields as a set needs them, and what formats without a schema lose of fields.
//!
//! Separate because files may name columns alike or not at all, in any format.

use crate::text::some_of;
use gp_esri::{Field, FieldType};
use std::collections::{HashMap, HashSet};

/// Names what has no name, and numbers names that came before, compared without regard to case.
pub(crate) fn make_unique(fields: &mut [Field]) {
    let names: Vec<String> = fields.iter().map(|field| field.name.trim().to_owned()).collect();
    // Names that need no change are kept, also where a changed one would have come first.
    let own: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut unique = UniqueNames { taken: HashSet::new(), avoided: own, next: HashMap::new() };
    for (place, (field, name)) in fields.iter_mut().zip(names).enumerate() {
        let had_alias = field.alias != field.name;
        field.name = unique.named(if name.is_empty() { format!("field_{}", place + 1) } else { name }, "_");
        if !had_alias {
            field.alias.clone_from(&field.name);
        }
    }
}

/// Names unlike each other, without regard to case.
#[derive(Default)]
pub(crate) struct UniqueNames {
    taken: HashSet<String>,
    /// Names that others have before they are asked for.
    avoided: HashSet<String>,
    /// The next number behind a name: a file of nothing but one name would otherwise be tried from the start each time.
    next: HashMap<String, usize>,
}

impl UniqueNames {
    /// The name, with a number behind `divider` where it was there before.
    pub(crate) fn named(&mut self, name: String, divider: &str) -> String {
        let lower = name.to_lowercase();
        if self.taken.insert(lower.clone()) {
            return name;
        }
        let next = self.next.entry(lower).or_insert(1);
        loop {
            let numbered = format!("{name}{divider}{next}");
            *next += 1;
            let lower = numbered.to_lowercase();
            if !self.avoided.contains(&lower) && self.taken.insert(lower) {
                return numbered;
            }
        }
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
        assert_eq!(names, ["A", "a_2", "field_3", "a_1", "b", "field_3_1"]);
        assert!(fields.iter().all(|field| field.alias == field.name));
    }

    #[test]
    fn ten_thousand_columns_of_one_name_are_numbered_at_once() {
        let mut fields = vec![Field::new("a", FieldType::String); 10_000];
        make_unique(&mut fields);
        assert_eq!(fields[9_999].name, "a_9999");
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
