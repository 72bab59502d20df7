//! Reading feature sets (specification 2.7, 6.1): every form that needs no network, in one pass, straight into the final types.
//!
//! Accepted are feature sets with and without schema, layers (`{"layerDefinition","featureSet"}`), single features, bare
//! geometries, and the same in GeoJSON. Members may come in any order, so `members.rs` collects them all and
//! `settle.rs` draws the conclusions. It must never build a document of the text.

use super::FeatureSet;
use super::members::SetReader;
use crate::geometry::curve::CURVE_TOLERANCE;
use crate::json::{JsonError, Kind, Reader};
use crate::{ReadError, lenient};

/// What a feature set may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLimits {
    /// Most features.
    pub max_features: usize,
    /// Most vertices of all features.
    pub max_vertices: usize,
    /// Most attribute values, features times fields: a short text may otherwise ask for much memory.
    pub max_values: usize,
    /// Most bytes of the texts among them.
    pub max_text_bytes: usize,
    /// Deepest nesting of arrays and objects.
    pub max_depth: usize,
    /// Greatest distance between a true curve and its chords, as a share of the curve's radius.
    pub curve_tolerance: f64,
}

/// A feature set and what was changed while reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadFeatureSet {
    /// The set. Its geometry type is `None` when none was declared and no feature has a geometry member.
    pub feature_set: FeatureSet,
    /// Sentences for the user, a handful at most.
    pub warnings: Vec<String>,
    /// The where clause that a layer came with; not applied here.
    pub filter: Option<String>,
}

impl Default for ReadLimits {
    fn default() -> ReadLimits {
        ReadLimits {
            max_features: 1_000_000,
            max_vertices: 20_000_000,
            max_values: 20_000_000,
            max_text_bytes: 512 << 20,
            max_depth: 64,
            curve_tolerance: CURVE_TOLERANCE,
        }
    }
}

impl FeatureSet {
    /// Reads any accepted form. Text that is not JSON is tried once more as a Python literal.
    pub fn from_json(text: &str, limits: &ReadLimits) -> Result<ReadFeatureSet, ReadError> {
        match read(text, limits) {
            Err(ReadError::Json { place, source: source @ JsonError::Syntax { .. } }) => {
                let error = ReadError::Json { place, source };
                let Some(strict) = lenient::to_json(text) else { return Err(error) };
                match read(&strict, limits) {
                    Err(ReadError::Json { source: JsonError::Syntax { .. }, .. }) => Err(error),
                    result => result,
                }
            }
            result => result,
        }
    }
}

fn read(text: &str, limits: &ReadLimits) -> Result<ReadFeatureSet, ReadError> {
    let mut reader = Reader::new(text, limits.max_depth);
    if text.trim().is_empty() {
        return Err(ReadError::NotGiven);
    }
    match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            reader.end()?;
            return Err(ReadError::NotGiven);
        }
        Kind::String if reader.string()?.trim().is_empty() => return Err(ReadError::NotGiven),
        Kind::Object => {}
        _ => {
            return Err(ReadError::invalid(format!(
                "{:?} is no feature set: expected an object such as {{\"features\":[…]}}",
                crate::text::shortened(text.trim())
            )));
        }
    }
    let mut state = SetReader::new(limits);
    state.members(&mut reader)?;
    reader.end()?;
    state.finish()
}
