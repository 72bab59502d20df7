//! The spatial references that a set's members and geometries bring along.

use super::members::SetReader;
use crate::json::{Kind, Reader};
use crate::{ReadError, SpatialReference};

impl SetReader<'_, '_> {
    /// Compares a geometry's own reference with that of the geometries before it.
    pub(super) fn note_reference(&mut self, text: &str, index: usize) -> Result<(), ReadError> {
        if self.seen.reference.as_ref().is_some_and(|(_, _, latest)| **latest == *text) {
            return Ok(());
        }
        let read =
            SpatialReference::from_text(text).map_err(|error| ReadError::invalid(error.to_string()))?;
        let Some(reference) = read else { return Ok(()) };
        match &mut self.seen.reference {
            None => self.seen.reference = Some((reference, index, text.into())),
            Some((first, _, latest)) if first.same_as(&reference) => *latest = text.into(),
            Some((first, at, _)) => {
                return Err(ReadError::invalid(format!(
                    "is {reference}, but that of features[{at}] is {first}: all features of a set need one"
                )));
            }
        }
        Ok(())
    }
}

/// Of a `crs` of another kind: a link, a code without authority, or null.
pub(super) const NO_CRS: &str = "the crs names no reference that is read here: the coordinates were taken for longitude and latitude on WGS 84";

/// `{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}`
pub(super) fn read_crs(reader: &mut Reader<'_>) -> Result<Option<SpatialReference>, ReadError> {
    let mut reference = None;
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        if key != "properties" || reader.peek()? != Kind::Object {
            reader.skip_value()?;
            continue;
        }
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            if key == "name" {
                reference =
                    SpatialReference::read(reader).map_err(|error| ReadError::invalid(error.to_string()))?;
            } else {
                reader.skip_value()?;
            }
        }
    }
    Ok(reference)
}
