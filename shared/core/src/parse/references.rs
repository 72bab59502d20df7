//! Spatial references as parameters, in every form of specification 2.6: codes, well-known text, names, projection files.

use super::scalars::reread;
use super::texts::{object_members, shorten, unquoted};
use super::{Fault, Parser, Slot};
use crate::{CoordinateSystem, DataType, Value};
use gp_esri::{DataReference, SpatialReference};
use gp_geometry::Crs;

/// Longest text of a projection file.
const MAX_PROJECTION_FILE_BYTES: u64 = 64 << 10;

impl Parser<'_> {
    pub(super) fn spatial_reference(&mut self, slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
        let found = match reread(text, SpatialReference::from_text) {
            Ok(Some(reference)) => Some(reference),
            Ok(None) => match self.named_reference(text)? {
                // In features it is an unknown reference; here the default would be taken without a word.
                None if has_negative_code(text) => {
                    return Err(Fault::Wrong(format!(
                        "{} is the code of no spatial reference: give one such as 4326, or leave it out",
                        shorten(text)
                    )));
                }
                named => named,
            },
            Err(fault) => match by_name(&unquoted(text)) {
                Some(reference) => Some(reference),
                None => return Err(fault),
            },
        };
        Ok(found.map(|reference| match slot.data_type {
            DataType::CoordinateSystem => Value::CoordinateSystem(CoordinateSystem(reference)),
            _ => Value::SpatialReference(reference),
        }))
    }

    /// The forms that come after codes and texts: a name, a projection file by URL, one that was uploaded.
    fn named_reference(&mut self, text: &str) -> Result<Option<SpatialReference>, Fault> {
        if !text.starts_with('{') {
            return Ok(None);
        }
        let members = object_members(text).map_err(Fault::Wrong)?;
        let member = |wanted: &str| {
            let (_, value) = members.iter().find(|(name, _)| name == wanted)?;
            let value = unquoted(value);
            (!value.is_empty() && value != "null").then_some(value)
        };
        if let Some(name) = member("name") {
            let unknown = || Fault::Wrong(format!("there is no spatial reference \"{}\"", shorten(&name)));
            return by_name(&name).map(Some).ok_or_else(unknown);
        }
        let reference = match (member("projectionFile"), member("projectionFileItemID")) {
            (Some(url), _) => DataReference { url, ..DataReference::default() },
            (None, Some(item_id)) => DataReference { item_id, ..DataReference::default() },
            (None, None) => return Ok(None),
        };
        let file = self.reading.source.file(&reference)?;
        let wrong = |reason: String| Fault::Wrong(format!("the projection file {}: {reason}", file.0.name));
        let bytes = file.0.read_all(MAX_PROJECTION_FILE_BYTES);
        let bytes = bytes.map_err(|error| wrong(format!("could not be read: {error}")))?;
        let bytes = bytes.ok_or_else(|| {
            let most = MAX_PROJECTION_FILE_BYTES >> 10;
            wrong(format!("has more than {most} KB, which no text of a spatial reference has"))
        })?;
        let text = String::from_utf8(bytes).ok();
        let read = text.and_then(|text| SpatialReference::from_text(&text).ok().flatten());
        read.map(Some).ok_or_else(|| wrong("holds no well-known text of a spatial reference".to_owned()))
    }
}

fn has_negative_code(text: &str) -> bool {
    let is_negative = |text: &str| unquoted(text).parse().is_ok_and(|code: f64| code < 0.0);
    let members = object_members(text).unwrap_or_default();
    is_negative(text)
        || members
            .iter()
            .any(|(name, value)| ["wkid", "latestWkid"].contains(&name.as_str()) && is_negative(value))
}

fn by_name(name: &str) -> Option<SpatialReference> {
    Crs::code_of_name(name).map(SpatialReference::from_wkid)
}
