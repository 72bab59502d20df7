//! A feature set out of GeoJSON features that come one by one, each a text of its own (RFC 8142, or one a line).
//!
//! Separate from `read.rs` because no text holds the set: each is gone when the next one comes, and what they make together
//! is told at the end. The members are read by the same code.

use super::Feature;
use super::members::SetReader;
use super::read::{ReadFeatureSet, ReadLimits};
use crate::ReadError;
use crate::json::{Kind, Reader};

/// Gathers features into a set.
pub struct FeatureLines<'l> {
    state: SetReader<'static, 'l>,
}

impl<'l> FeatureLines<'l> {
    /// A set without features so far.
    pub fn new(limits: &'l ReadLimits) -> FeatureLines<'l> {
        let mut state = SetReader::new(limits);
        // Also where no feature follows: an empty sequence is a set, in the reference that GeoJSON has.
        state.seen.features = true;
        state.seen.geojson = true;
        FeatureLines { state }
    }

    /// Reads one GeoJSON feature, which messages about several name by the line where it begins.
    ///
    /// # Errors
    /// [`ReadError`], its place being the one within the feature.
    pub fn push(&mut self, text: &str, line: usize) -> Result<(), ReadError> {
        let state = &mut self.state;
        state.lines.push(line);
        let index = state.set.features.len();
        if index >= state.limits.max_features {
            return Err(ReadError::TooManyFeatures { max_features: state.limits.max_features });
        }
        let mut reader = Reader::new(text, state.limits.max_depth);
        let mut geojson_type = None;
        let mut attributes = None;
        let mut geometry = None;
        if reader.peek()? != Kind::Object {
            return Err(no_feature(None));
        }
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match (key.as_ref(), reader.peek()?) {
                ("type", Kind::String) => geojson_type = Some(reader.string()?),
                ("properties", _) => {
                    attributes =
                        Some(state.columns.read_row(&mut reader).map_err(|error| error.within(key))?);
                }
                ("geometry", _) => {
                    geometry = state.geometry(&mut reader, index).map_err(|error| error.within(key))?;
                }
                ("id", _) => state.ids.read(&mut reader, index)?,
                _ => reader.skip_value()?,
            }
        }
        reader.end()?;
        if geojson_type.as_deref() != Some("Feature") {
            return Err(no_feature(geojson_type.as_deref()));
        }
        let attributes = attributes.unwrap_or_else(|| state.columns.empty_row());
        state.push(Feature { attributes, geometry })
    }

    /// The set, its fields being those of all features in the order in which they came up.
    ///
    /// # Errors
    /// The features with all fields are more than the limits allow.
    pub fn finish(self) -> Result<ReadFeatureSet, ReadError> {
        self.state.finish()
    }
}

fn no_feature(found: Option<&str>) -> ReadError {
    if found == Some("FeatureCollection") {
        return ReadError::invalid(
            "found a whole FeatureCollection: such a file is GeoJSON, and its name ends in .geojson",
        );
    }
    ReadError::invalid(
        "expected a feature such as {\"type\":\"Feature\",\"properties\":{…},\"geometry\":{…}}",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attribute, FeatureSet, FieldType, GeometryType};

    const LINES: [&str; 3] = [
        r#"{"type":"Feature","properties":{"a":1,"b":"x"},"geometry":{"type":"Point","coordinates":[1,2]}}"#,
        r#"{"type":"Feature","geometry":null,"properties":{"c":3,"a":5000000000}}"#,
        r#"{"properties":null,"type":"Feature","geometry":{"coordinates":[3,4,5],"type":"Point"}}"#,
    ];

    #[test]
    fn features_one_by_one_make_the_set_that_a_collection_makes() {
        let limits = ReadLimits::default();
        let mut lines = FeatureLines::new(&limits);
        for line in LINES {
            lines.push(line, 1).unwrap();
        }
        let read = lines.finish().unwrap();
        let collection = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, LINES.join(","));
        assert_eq!(read, FeatureSet::from_json(&collection, &limits).unwrap());
        let set = read.feature_set;
        let types: Vec<_> = set.fields.iter().map(|field| (field.name.as_str(), field.field_type)).collect();
        let wanted = [("a", FieldType::BigInteger), ("b", FieldType::String), ("c", FieldType::Integer)];
        assert_eq!(types, wanted);
        assert_eq!(set.features[2].attributes, [Attribute::Null, Attribute::Null, Attribute::Null]);
        assert_eq!(set.spatial_reference.and_then(|reference| reference.code()), Some(4326));
    }

    #[test]
    fn what_is_no_feature_is_refused_and_none_at_all_is_an_empty_set() {
        let limits = ReadLimits { max_features: 1, ..ReadLimits::default() };
        for wrong in ["{}", "[]", r#"{"type":"FeatureCollection","features":[]}"#, LINES[0].split_at(40).0] {
            assert!(FeatureLines::new(&limits).push(wrong, 1).is_err(), "{wrong}");
        }
        for wrong in ["null", "5", "{}"] {
            let error = FeatureLines::new(&limits).push(wrong, 1).unwrap_err().to_string();
            assert!(error.starts_with("expected a feature such as"), "{error}");
        }
        let mut lines = FeatureLines::new(&limits);
        lines.push(LINES[0], 1).unwrap();
        assert_eq!(lines.push(LINES[1], 2), Err(ReadError::TooManyFeatures { max_features: 1 }));
        let empty = FeatureLines::new(&limits).finish().unwrap().feature_set;
        assert_eq!((empty.geometry_type, empty.features.len()), (Some(GeometryType::Point), 0));
    }
}
