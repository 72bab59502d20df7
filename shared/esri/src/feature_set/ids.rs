//! The ids of GeoJSON features (RFC 7946, section 3.2): object ids where they can be, else a column of their own.
//!
//! Separate from the columns because an id is a member of the feature, beside its properties, and may be a number or a text.

use super::FeatureSet;
use super::coerce::{read_value, text_of};
use crate::json::{JsonError, Kind, Reader};
use crate::{Attribute, Field, FieldType};
use std::collections::HashSet;

/// The ids as far as they are read.
#[derive(Default)]
pub(super) struct Ids {
    /// One a feature; features behind the last have none.
    ids: Vec<Attribute>,
    text_bytes: usize,
}

/// The names of a column of object ids; the first that no property has.
const OBJECT_ID_NAMES: [&str; 3] = ["OBJECTID", "FID", "OID"];
/// The name of a column of other ids.
const TEXT_NAME: &str = "id";

impl Ids {
    /// Reads the id of the feature at `row`, none before the next; what is no number and no text is no id.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, row: usize) -> Result<(), JsonError> {
        if !matches!(reader.peek()?, Kind::Number | Kind::String) {
            return reader.skip_value();
        }
        self.ids.resize(row, Attribute::Null);
        if reader.peek()? == Kind::Number {
            let digits = reader.raw_value()?;
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            self.ids.push(match digits.parse() {
                Ok(id) => Attribute::Integer(id),
                // As a number it would lose its last digits, and be another feature's.
                Err(_) if is_whole => Attribute::Text(digits.into()),
                Err(_) => read_value(&mut Reader::new(digits, 1))?.0,
            });
            return Ok(());
        }
        let (id, _) = read_value(reader)?;
        if let Attribute::Text(text) = &id {
            self.text_bytes += text.len();
        }
        self.ids.push(id);
        Ok(())
    }

    /// Bytes of the texts among them.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Takes the ids into a set whose fields are settled. Whole numbers that every feature has, each once, are object ids
    /// where the set has none; others become a field of text. Nothing is done where a property says the same, as many
    /// writers repeat the id. Returns a sentence where the ids were left out.
    pub(super) fn settle(mut self, set: &mut FeatureSet) -> Option<String> {
        if self.ids.iter().all(|id| *id == Attribute::Null) {
            return None;
        }
        self.ids.resize(set.features.len(), Attribute::Null);
        let has_object_ids = set.oid_index().is_some();
        let object_ids = if has_object_ids { None } else { self.object_ids() };
        if let Some(place) = self.place_in(set) {
            if let (Some(ids), Some(field)) = (object_ids, set.fields.get_mut(place))
                && field.field_type.is_integer()
            {
                (field.field_type, field.length) = (FieldType::Oid, length_of(&ids));
            }
            return None;
        }
        let free = |name: &&str| set.field_index(name).is_none();
        if let (Some(ids), Some(name)) = (object_ids, OBJECT_ID_NAMES.iter().copied().find(|name| free(name)))
        {
            let field = Field { length: length_of(&ids), ..Field::new(name, FieldType::Oid) };
            insert(set, field, ids.into_iter().map(Attribute::Integer));
            return None;
        }
        if !free(&TEXT_NAME) {
            return Some(
                "the ids of the features were left out: there is a property id with other values".to_owned(),
            );
        }
        let texts = self.ids.into_iter().map(|id| match id {
            Attribute::Null => Attribute::Null,
            id => Attribute::Text(text_of(id)),
        });
        insert(set, Field::new(TEXT_NAME, FieldType::String), texts);
        None
    }

    /// The ids as whole numbers, digits as text among them; `None` where one is none, negative, missing, or there twice.
    fn object_ids(&self) -> Option<Vec<i64>> {
        let mut seen = HashSet::with_capacity(self.ids.len());
        let mut ids = Vec::with_capacity(self.ids.len());
        for id in &self.ids {
            let id = match id {
                Attribute::Integer(id) => *id,
                // 007 is a code.
                Attribute::Text(text) => text.parse().ok().filter(|id: &i64| id.to_string() == **text)?,
                Attribute::Double(_) | Attribute::Null => return None,
            };
            if id < 0 || !seen.insert(id) {
                return None;
            }
            ids.push(id);
        }
        Some(ids)
    }

    /// The field that has the same values, the object id before others.
    fn place_in(&self, set: &FeatureSet) -> Option<usize> {
        let is_same = |place: &usize| {
            let values = set.features.iter().map(|feature| feature.attributes.get(*place));
            self.ids.iter().zip(values).all(|(id, value)| value.is_some_and(|value| says_same(id, value)))
        };
        set.oid_index().into_iter().chain(0..set.fields.len()).find(is_same)
    }
}

fn says_same(id: &Attribute, value: &Attribute) -> bool {
    match (id, value) {
        (Attribute::Integer(id), Attribute::Integer(value)) => id == value,
        (Attribute::Null, value) => *value == Attribute::Null,
        (_, Attribute::Null) => false,
        (id, value) => text_of(id.clone()) == text_of(value.clone()),
    }
}

/// Object ids beyond 32 bits must say so (specification 6.1).
fn length_of(ids: &[i64]) -> Option<u32> {
    ids.iter().any(|id| i32::try_from(*id).is_err()).then_some(8)
}

impl FeatureSet {
    /// Gives features without an object id, in a set that has a column of them, the least numbers from 1 on that are free.
    /// Returns how many there were. Sets without such a column are left alone.
    pub fn number_missing_object_ids(&mut self) -> usize {
        let Some(place) = self.oid_index() else { return 0 };
        let values = self.features.iter().filter_map(|feature| feature.attributes.get(place));
        let mut missing = 0;
        let mut used = HashSet::new();
        for value in values {
            match value {
                Attribute::Null => missing += 1,
                Attribute::Integer(id) => _ = used.insert(*id),
                Attribute::Double(_) | Attribute::Text(_) => {}
            }
        }
        if missing == 0 {
            return 0;
        }
        let mut free = (1..).filter(|id| !used.contains(id));
        for value in self.features.iter_mut().filter_map(|feature| feature.attributes.get_mut(place)) {
            if *value == Attribute::Null {
                *value = free.next().map_or(Attribute::Null, Attribute::Integer);
            }
        }
        missing
    }
}

/// Adds a first column.
fn insert(set: &mut FeatureSet, field: Field, values: impl Iterator<Item = Attribute>) {
    set.fields.insert(0, field);
    for (feature, value) in set.features.iter_mut().zip(values) {
        feature.attributes.insert(0, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FeatureLines, ReadFeatureSet, ReadLimits};

    /// A collection of features with that id and those properties; the same features as lines give the same set.
    fn read(features: &[(&str, &str)]) -> ReadFeatureSet {
        let feature = |(id, properties): &(&str, &str)| {
            let id = if id.is_empty() { String::new() } else { format!("\"id\":{id},") };
            format!("{{\"type\":\"Feature\",{id}\"properties\":{properties},\"geometry\":null}}")
        };
        let features: Vec<String> = features.iter().map(feature).collect();
        let limits = ReadLimits::default();
        let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","));
        let read = FeatureSet::from_json(&text, &limits).unwrap();
        let mut lines = FeatureLines::new(&limits);
        features.iter().for_each(|feature| lines.push(feature, 1).unwrap());
        assert_eq!(lines.finish().unwrap(), read);
        if let [only] = &features[..] {
            assert_eq!(FeatureSet::from_json(only, &limits).unwrap(), read);
        }
        read
    }

    fn columns(read: &ReadFeatureSet) -> Vec<(&str, FieldType)> {
        read.feature_set.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect()
    }

    fn first_values(read: &ReadFeatureSet) -> Vec<&Attribute> {
        read.feature_set.features.iter().map(|feature| &feature.attributes[0]).collect()
    }

    #[test]
    fn whole_numbers_that_every_feature_has_once_are_object_ids() {
        let found = read(&[("7", "{\"a\":1}"), ("\"0\"", "{}"), ("5000000000", "{}")]);
        assert_eq!(columns(&found), [("OBJECTID", FieldType::Oid), ("a", FieldType::Integer)]);
        let ids = [7, 0, 5_000_000_000].map(Attribute::Integer);
        assert_eq!(first_values(&found), ids.iter().collect::<Vec<_>>());
        assert_eq!((found.feature_set.fields[0].length, found.warnings.len()), (Some(8), 0));
        let only = read(&[("7", "{\"OBJECTID\":\"x\"}")]);
        assert_eq!(columns(&only), [("FID", FieldType::Oid), ("OBJECTID", FieldType::String)]);
    }

    #[test]
    fn other_ids_are_a_field_of_text() {
        for second in ["7", "\"a\"", "\"007\"", "-1", "1.5", ""] {
            let found = read(&[("7", "{\"a\":1}"), (second, "{\"a\":2}")]);
            assert_eq!(columns(&found), [("id", FieldType::String), ("a", FieldType::Integer)], "{second}");
            assert_eq!(first_values(&found)[0], &Attribute::Text("7".into()));
            let text = second.trim_matches('"');
            let wanted = if text.is_empty() { Attribute::Null } else { Attribute::Text(text.into()) };
            assert_eq!((first_values(&found)[1], found.warnings.len()), (&wanted, 0));
        }
        let beside = read(&[("7", "{\"OBJECTID\":1}")]);
        assert_eq!(columns(&beside), [("id", FieldType::String), ("OBJECTID", FieldType::Oid)]);
    }

    #[test]
    fn ids_that_a_property_repeats_are_not_read_twice() {
        let found = read(&[("7", "{\"a\":1,\"key\":7}"), ("8", "{\"a\":1,\"key\":8}")]);
        assert_eq!(columns(&found), [("a", FieldType::Integer), ("key", FieldType::Oid)]);
        let found = read(&[("\"x\"", "{\"id\":\"x\"}")]);
        assert_eq!((columns(&found), found.warnings.len()), (vec![("id", FieldType::String)], 0));
        let found = read(&[("1", "{\"OBJECTID\":1}"), ("2", "{\"OBJECTID\":2}")]);
        assert_eq!(columns(&found), [("OBJECTID", FieldType::Oid)]);
    }

    #[test]
    fn ids_that_have_no_place_are_left_out_with_a_warning() {
        let found = read(&[("\"x\"", "{\"id\":\"y\"}")]);
        assert_eq!(columns(&found), [("id", FieldType::String)]);
        assert!(
            found.warnings[0].starts_with("the ids of the features were left out"),
            "{:?}",
            found.warnings
        );
        for id in ["null", "{\"a\":[]}", "true", ""] {
            assert_eq!(columns(&read(&[(id, "{\"a\":1}")])), [("a", FieldType::Integer)], "{id}");
        }
    }

    #[test]
    fn object_ids_that_are_missing_are_the_least_free_numbers() {
        let field = r#""fields":[{"name":"FID","type":"esriFieldTypeOID"}]"#;
        let numbered = |rows: &str| {
            let text = format!("{{{field},\"features\":[{rows}]}}");
            let mut found = FeatureSet::from_json(&text, &ReadLimits::default()).unwrap();
            let count = found.feature_set.number_missing_object_ids();
            let ids: Vec<i64> =
                (0..found.feature_set.features.len()).map(|row| found.feature_set.oid_of(row)).collect();
            assert!(!first_values(&found).contains(&&Attribute::Null));
            (count, ids)
        };
        let (without, with) =
            (r#"{"attributes":{}}"#, |id: i64| format!(r#"{{"attributes":{{"FID":{id}}}}}"#));
        assert_eq!(numbered(&[without, without].join(",")), (2, vec![1, 2]));
        let some = [without.to_owned(), with(1), with(i64::MAX), without.to_owned(), with(3)].join(",");
        assert_eq!(numbered(&some), (2, vec![2, 1, i64::MAX, 4, 3]));
        assert_eq!(numbered(&with(7)), (0, vec![7]));
        assert_eq!(FeatureSet::default().number_missing_object_ids(), 0);
    }

    #[test]
    fn a_member_id_of_esri_json_is_none() {
        let text = r#"{"features":[{"id":"x","attributes":{"a":1},"geometry":{"x":1,"y":2}}]}"#;
        let found = FeatureSet::from_json(text, &ReadLimits::default()).unwrap();
        assert_eq!(columns(&found), [("a", FieldType::Integer)]);
    }
}
