//! The conclusions of reading a feature set, drawn when every member is known.
//!
//! Separate from the reading of members because nothing here looks at text in the order it was sent.

use super::Feature;
use super::members::{Seen, SetReader};
use super::read::ReadFeatureSet;
use super::warnings::Change;
use crate::geometry::ordinates::{fill_zm, settle_zm};
use crate::geometry::read::read_flag;
use crate::json::Reader;
use crate::{Geometry, GeometryType, ReadError, SpatialReference};

impl SetReader<'_, '_> {
    pub(super) fn finish(mut self) -> Result<ReadFeatureSet, ReadError> {
        self.take_single_feature()?;
        if !self.seen.features && self.set.features.is_empty() {
            self.explain_no_features()?;
        }
        self.settle_mark()?;
        self.settle_reference()?;
        self.settle_type()?;
        self.settle_ordinates();
        let Seen { late_fields, object_id_field, filter, geojson, .. } = self.seen;
        self.columns.repeated_sentence().into_iter().for_each(|sentence| self.warnings.add(sentence));
        let (fields, not_kept) =
            self.columns.finish(&mut self.set.features, late_fields, object_id_field.as_deref())?;
        self.set.fields = fields;
        // Esri's features have no such member that means anything.
        if geojson {
            self.ids.settle(&mut self.set).into_iter().for_each(|sentence| self.warnings.add(sentence));
        }
        not_kept.into_iter().for_each(|sentence| self.warnings.add(sentence));
        let values = self.set.fields.len().saturating_mul(self.set.features.len());
        if values > self.limits.max_values {
            return Err(ReadError::TooManyValues { max_values: self.limits.max_values });
        }
        Ok(ReadFeatureSet {
            feature_set: self.set,
            warnings: self.warnings.into_sentences(self.limits.curve_tolerance, &self.lines),
            filter: filter.filter(|filter| !filter.trim().is_empty()),
        })
    }

    /// A feature or geometry without a set around it makes a set of one.
    fn take_single_feature(&mut self) -> Result<(), ReadError> {
        if self.seen.features {
            return Ok(());
        }
        let mut feature = Feature { attributes: self.columns.empty_row(), geometry: None };
        match (self.seen.geometry, self.seen.attributes) {
            (None, None) if self.bare.is_shapeless() => return Ok(()),
            (None, None) => {
                self.seen.geometry_member = true;
                let bare = std::mem::take(&mut self.bare).finish()?;
                feature.geometry = self.accept(bare, 0)?;
            }
            (geometry, attributes) => {
                if let Some(text) = geometry {
                    let mut reader = Reader::new(text, self.limits.max_depth);
                    feature.geometry =
                        self.geometry(&mut reader, 0).map_err(|error| error.within("geometry"))?;
                }
                if let Some(text) = attributes {
                    let mut reader = Reader::new(text, self.limits.max_depth);
                    feature.attributes =
                        self.columns.read_row(&mut reader).map_err(|error| error.within("attributes"))?;
                }
            }
        }
        if let Some(text) = self.seen.id {
            self.ids.read(&mut Reader::new(text, self.limits.max_depth), 0)?;
        }
        self.push(feature)
    }

    /// Newer servers mark a collection that was cut short in its properties, older ones beside them.
    fn settle_mark(&mut self) -> Result<(), ReadError> {
        let Some(text) = self.seen.attributes.filter(|_| self.seen.features) else { return Ok(()) };
        let mut reader = Reader::new(text, self.limits.max_depth);
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            if key == "exceededTransferLimit" {
                self.set.exceeded_transfer_limit |= read_flag(&mut reader)?.unwrap_or(false);
            } else {
                reader.skip_value()?;
            }
        }
        Ok(())
    }

    /// No features were sent: an empty set with a schema, or an error that says why.
    fn explain_no_features(&mut self) -> Result<(), ReadError> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let named = self.seen.url.is_some() || self.seen.item_id.is_some();
        if let Some(url) = given(self.seen.url.take()) {
            return Err(ReadError::Url { url });
        }
        if let Some(item_id) = given(self.seen.item_id.take()) {
            return Err(ReadError::ItemId { item_id });
        }
        if named || !self.seen.anything {
            return Err(ReadError::NotGiven);
        }
        if !self.seen.schema {
            return Err(ReadError::invalid(
                "expected a feature set such as {\"features\":[…]}, a layer, GeoJSON, or a geometry such as {\"x\":1,\"y\":2}",
            ));
        }
        Ok(())
    }

    fn settle_reference(&mut self) -> Result<(), ReadError> {
        match (&self.set.spatial_reference, self.seen.reference.take()) {
            (None, Some((reference, _, _))) => self.set.spatial_reference = Some(reference),
            (Some(declared), Some((reference, index, _))) if !declared.same_as(&reference) => {
                return Err(ReadError::invalid(format!("is {reference}, but that of the set is {declared}"))
                    .within(format_args!("features[{index}].geometry.spatialReference")));
            }
            (None, None) if self.seen.geojson => {
                self.set.spatial_reference = Some(SpatialReference::from_wkid(4326))
            }
            _ => {}
        }
        Ok(())
    }

    fn settle_type(&mut self) -> Result<(), ReadError> {
        match (self.set.geometry_type, self.seen.first_type) {
            (None, Some((first, _))) => self.set.geometry_type = Some(first),
            // Declared after the features. Those before it agree with the first one that is not empty.
            (Some(declared), Some((first, _))) if declared != first => {
                let offender = self.set.features.iter().position(|feature| feature.geometry.is_some());
                if let Some(index) = offender {
                    return Err(type_mismatch(first, declared, "the set declares")
                        .within(format_args!("features[{index}].geometry")));
                }
            }
            // A set without schema is one of points (specification 2.7), unless it shows itself a table.
            (None, None) if self.seen.geometry_member => self.set.geometry_type = Some(GeometryType::Point),
            (None, None) if self.set.features.is_empty() && self.columns.len() == 0 => {
                self.set.geometry_type = Some(GeometryType::Point);
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives third and fourth ordinates their meaning, now that every flag is known.
    fn settle_ordinates(&mut self) {
        let (mut has_z, mut has_m) = (self.seen.has_z == Some(true), self.seen.has_m == Some(true));
        let (declared_z, declared_m) = (has_z, has_m);
        let mut own_flags = self.own_flags.iter().peekable();
        for (index, feature) in self.set.features.iter_mut().enumerate() {
            let own = own_flags.next_if(|(at, _, _)| *at == index);
            let (own_z, own_m) = own.map_or((None, None), |(_, has_z, has_m)| (*has_z, *has_m));
            let Some(geometry) = &mut feature.geometry else { continue };
            if let Geometry::Point(point) = geometry {
                has_z |= point.z.is_some();
                has_m |= point.m.is_some();
                continue;
            }
            let (z, m) = (own_z.unwrap_or(declared_z), own_m.unwrap_or(declared_m));
            if settle_zm(geometry, z, m) {
                self.warnings.note(Change::OrdinatesDropped, index);
            }
            has_z |= z;
            has_m |= m;
        }
        if has_z || has_m {
            let geometries = self.set.features.iter_mut().filter_map(|feature| feature.geometry.as_mut());
            geometries.for_each(|geometry| fill_zm(geometry, has_z, has_m));
        }
        (self.set.has_z, self.set.has_m) = (has_z, has_m);
    }
}

pub(super) fn type_mismatch(is: GeometryType, wanted: GeometryType, because: &str) -> ReadError {
    ReadError::invalid(format!("is {}, but {because} {}", is.name(), wanted.name()))
}
