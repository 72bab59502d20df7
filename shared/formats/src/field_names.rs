//! Names of fields as a set needs them, and what formats without a schema lose of fields.
//!
//! Separate because files may name columns alike or not at all, in any format.

use crate::text::some_of;
use gp_esri::{Attribute, FeatureSet, Field, FieldType};
use std::collections::{HashMap, HashSet};

/// Names what has no name, and numbers names that came before, compared without regard to case; says which.
pub(crate) fn make_unique(fields: &mut [Field]) -> Vec<String> {
    let names: Vec<String> = fields.iter().map(|field| field.name.trim().to_owned()).collect();
    // Names that need no change are kept, also where a changed one would have come first.
    let avoided = names.iter().map(|name| name.to_lowercase()).collect();
    let mut unique = UniqueNames { avoided, ..UniqueNames::within(usize::MAX) };
    let mut numbered = Vec::new();
    for (place, (field, name)) in fields.iter_mut().zip(names).enumerate() {
        let had_alias = field.alias != field.name;
        field.name =
            unique.named(if name.is_empty() { format!("field_{}", place + 1) } else { name.clone() }, "_");
        if !had_alias {
            field.alias.clone_from(&field.name);
        }
        if !name.is_empty() && field.name != name {
            numbered.push(format!("{name} → {}", field.name));
        }
    }
    let sentence = || format!("fields of one name were numbered: {}", some_of(&numbered));
    (!numbered.is_empty()).then(sentence).into_iter().collect()
}

/// Names unlike each other, without regard to case.
pub(crate) struct UniqueNames {
    /// Longer names are cut.
    max_bytes: usize,
    taken: HashSet<String>,
    /// Names that others have before they are asked for.
    avoided: HashSet<String>,
    /// The next number behind a name: a file of nothing but one name would otherwise be tried from the start each time.
    next: HashMap<String, usize>,
}

impl UniqueNames {
    /// Names of so many bytes at most.
    pub(crate) fn within(max_bytes: usize) -> UniqueNames {
        UniqueNames { max_bytes, taken: HashSet::new(), avoided: HashSet::new(), next: HashMap::new() }
    }

    /// The name, cut by whole characters, with a number behind `divider` where it was there before.
    pub(crate) fn named(&mut self, name: String, divider: &str) -> String {
        let name = cut(&name, self.max_bytes);
        let lower = name.to_lowercase();
        if self.taken.insert(lower.clone()) {
            return name.to_owned();
        }
        let next = self.next.entry(lower).or_insert(1);
        loop {
            let ending = format!("{divider}{next}");
            let numbered = format!("{}{ending}", cut(name, self.max_bytes.saturating_sub(ending.len())));
            *next += 1;
            let lower = numbered.to_lowercase();
            if !self.avoided.contains(&lower) && self.taken.insert(lower) {
                return numbered;
            }
        }
    }
}

/// As much of a text as has so many bytes, by whole characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Makes object ids that come more than once an ordinary field; a sentence about it.
pub(crate) fn refuse_repeated_ids(set: &mut FeatureSet) -> Option<String> {
    let place = set.fields.iter().position(|field| field.field_type == FieldType::Oid)?;
    let ids = set.features.iter().map(|feature| match feature.attributes.get(place) {
        Some(Attribute::Integer(id)) => Some(*id),
        _ => None,
    });
    if !ids.clone().is_sorted_by(|before, id| before < id) {
        let mut sorted: Vec<i64> = ids.flatten().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            let field = &mut set.fields[place];
            let is_long = sorted.iter().any(|id| i32::try_from(*id).is_err());
            field.field_type = if is_long { FieldType::BigInteger } else { FieldType::Integer };
            field.length = None;
            return Some(format!("values of {} come more than once, so they are no object ids", field.name));
        }
    }
    None
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
    let names = names_of(fields, |field| field.alias != field.name || field.domain.is_some())?;
    Some(format!("{format} holds no aliases and domains: those of {names} were not written"))
}

/// A sentence about domains, for formats that hold aliases but not them.
pub(crate) fn lost_domains(fields: &[Field], format: &str) -> Option<String> {
    let names = names_of(fields, |field| field.domain.is_some())?;
    Some(format!("{format} holds no domains: those of {names} were not written"))
}

/// A sentence about fields that are written as text because the format does not have their type.
pub(crate) fn written_as_text(
    fields: &[Field],
    format: &str,
    becomes_text: impl Fn(FieldType) -> bool,
) -> Option<String> {
    let is_other = |field: &Field| field.field_type != FieldType::String && becomes_text(field.field_type);
    let names = names_of(fields, is_other)?;
    Some(format!("{format} does not have the type of some fields, which were written as text: {names}"))
}

/// Some names of the fields that are wanted; `None` where there are none.
fn names_of(fields: &[Field], is_wanted: impl Fn(&Field) -> bool) -> Option<String> {
    let wanted = fields.iter().filter(|field| is_wanted(field));
    let names: Vec<&str> = wanted.map(|field| field.name.as_str()).collect();
    (!names.is_empty()).then(|| some_of(&names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_where_they_clash_and_made_where_there_are_none() {
        let names = ["A", "a", "", "a_1", " b ", "field_3"];
        let mut fields: Vec<Field> = names.iter().map(|name| Field::new(*name, FieldType::String)).collect();
        let warnings = make_unique(&mut fields);
        assert_eq!(warnings, ["fields of one name were numbered: a → a_2, field_3 → field_3_1"]);
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
    fn long_names_are_cut_and_stay_apart() {
        let mut names = UniqueNames::within(10);
        let mut name = |name: &str| names.named(name.to_owned(), "_");
        assert_eq!(name("population_2020"), "population");
        assert_eq!(name("population_2021"), "populati_1");
        assert_eq!(name("POPULATION"), "POPULATI_2");
        assert_eq!(name("Größenänderung"), "Größenä");
    }

    #[test]
    fn sentences_about_fields_name_a_few_of_thousands() {
        let mut fields = vec![Field::new("a", FieldType::Guid); 4_000];
        assert_eq!((lost_domains(&fields, "X"), lost_descriptions(&fields, "X")), (None, None));
        assert_eq!(written_as_text(&fields, "X", |_| false), None);
        fields.iter_mut().for_each(|field| field.domain = Some("{}".into()));
        let named = "a, a, a, a, a and 3995 more";
        for sentence in [
            lost_domains(&fields, "X"),
            lost_descriptions(&fields, "X"),
            written_as_text(&fields, "X", |_| true),
        ] {
            assert!(sentence.as_ref().is_some_and(|sentence| sentence.contains(named)), "{sentence:?}");
        }
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
