//! The members of a feature set, collected in whatever order they come.
//!
//! Separate from the forms a set can have (`read.rs`) and from the conclusions (`settle.rs`).

use super::columns::Columns;
use super::declared::read_fields;
use super::ids::Ids;
use super::read::ReadLimits;
use super::reference;
use super::settle::type_mismatch;
use super::warnings::{Change, Warnings};
use super::{Feature, FeatureSet};
use crate::geometry::geojson::GeoJsonType;
use crate::geometry::path::Budget;
use crate::geometry::read::{FinishedGeometry, RawGeometry, read_flag};
use crate::json::{Kind, Reader};
use crate::{Field, Geometry, GeometryType, ReadError, SpatialReference};

/// The set as far as it is read.
pub(super) struct SetReader<'t, 'l> {
    pub(super) limits: &'l ReadLimits,
    pub(super) budget: Budget,
    pub(super) columns: Columns,
    pub(super) ids: Ids,
    pub(super) warnings: Warnings,
    pub(super) set: FeatureSet,
    pub(super) seen: Seen<'t>,
    /// Geometry members at the top: a bare geometry.
    pub(super) bare: RawGeometry<'t>,
    /// Features whose geometry says itself whether it has z and m: index, hasZ, hasM. Ascending.
    pub(super) own_flags: Vec<(usize, Option<bool>, Option<bool>)>,
    pub(super) values: usize,
    /// The line on which each feature begins, where they do not stand in a list.
    pub(super) lines: Vec<usize>,
}

/// Members that mean something only once all are known.
#[derive(Default)]
pub(super) struct Seen<'t> {
    pub(super) anything: bool,
    pub(super) features: bool,
    pub(super) schema: bool,
    pub(super) geojson: bool,
    pub(super) has_z: Option<bool>,
    pub(super) has_m: Option<bool>,
    /// Fields that were described after the features.
    pub(super) late_fields: Option<Vec<Field>>,
    pub(super) object_id_field: Option<String>,
    /// A single feature's members.
    pub(super) geometry: Option<&'t str>,
    /// Or the properties of a collection.
    pub(super) attributes: Option<&'t str>,
    pub(super) id: Option<&'t str>,
    pub(super) url: Option<String>,
    pub(super) item_id: Option<String>,
    pub(super) filter: Option<String>,
    /// Whether any feature has a geometry member, even a null one.
    pub(super) geometry_member: bool,
    /// The first geometry's type, and its feature.
    pub(super) first_type: Option<(GeometryType, usize)>,
    /// The first reference inside a geometry, its feature, and the latest text that meant the same.
    pub(super) reference: Option<(SpatialReference, usize, Box<str>)>,
}

impl<'l> SetReader<'_, 'l> {
    pub(super) fn new(limits: &'l ReadLimits) -> Self {
        SetReader {
            limits,
            budget: Budget {
                vertices_left: limits.max_vertices,
                max_vertices: limits.max_vertices,
                curve_tolerance: limits.curve_tolerance,
            },
            columns: Columns::default(),
            ids: Ids::default(),
            warnings: Warnings::default(),
            set: FeatureSet::default(),
            seen: Seen::default(),
            bare: RawGeometry::default(),
            own_flags: Vec::new(),
            values: 0,
            lines: Vec::new(),
        }
    }
}

impl<'t> SetReader<'t, '_> {
    /// Reads an object: the whole text, or its `layerDefinition` or `featureSet`.
    pub(super) fn members(&mut self, reader: &mut Reader<'t>) -> Result<(), ReadError> {
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            self.seen.anything = true;
            self.member(&key, reader).map_err(|error| match key.as_ref() {
                // Features name themselves; the others are named here.
                "features" => error,
                key => error.within(key),
            })?;
        }
        Ok(())
    }

    fn member(&mut self, key: &str, reader: &mut Reader<'t>) -> Result<(), ReadError> {
        let kind = reader.peek()?;
        match (key, kind) {
            ("features", Kind::Array) => self.features(reader)?,
            ("fields", Kind::Array) => self.fields(reader)?,
            // `value` is that of a result of a task.
            ("layerDefinition" | "featureSet" | "value", Kind::Object) => {
                self.seen.schema |= key == "layerDefinition";
                self.members(reader)?;
            }
            ("features" | "fields" | "layerDefinition" | "featureSet", Kind::Null) => reader.null()?,
            ("features" | "fields", _) => return Err(reader.unexpected("an array").into()),
            ("geometryType", Kind::String) => {
                let name = reader.string()?;
                match GeometryType::from_name(&name) {
                    Some(geometry_type) => self.set.geometry_type = Some(geometry_type),
                    // esri-leaflet derives nonsense here (specification 9.3), and the geometries tell anyway.
                    None => self.warnings.add(format!(
                        "geometryType {:?} is unknown: told from the geometries instead",
                        crate::text::shortened(&name)
                    )),
                }
                self.seen.schema |= self.set.geometry_type.is_some();
            }
            ("spatialReference", _) => {
                let reference =
                    SpatialReference::read(reader).map_err(|error| ReadError::invalid(error.to_string()))?;
                self.set.spatial_reference = reference.or(self.set.spatial_reference.take());
            }
            // GeoJSON of 2008, still written by GDAL.
            ("crs", Kind::Object) => match reference::read_crs(reader)? {
                Some(reference) => self.set.spatial_reference = Some(reference),
                None => self.warnings.add(reference::NO_CRS.to_owned()),
            },
            ("crs", Kind::Null) => {
                reader.null()?;
                self.warnings.add(reference::NO_CRS.to_owned());
            }
            ("hasZ", _) => self.seen.has_z = read_flag(reader)?.or(self.seen.has_z),
            ("hasM", _) => self.seen.has_m = read_flag(reader)?.or(self.seen.has_m),
            ("objectIdFieldName", Kind::String) => {
                self.seen.object_id_field = Some(reader.string()?.into_owned())
            }
            ("exceededTransferLimit", _) => {
                self.set.exceeded_transfer_limit = read_flag(reader)?.unwrap_or(false)
            }
            ("type", Kind::String) => {
                let name = reader.string()?;
                self.seen.geojson |= matches!(name.as_ref(), "FeatureCollection" | "Feature");
                self.bare.geojson_type = GeoJsonType::from_name(&name).or(self.bare.geojson_type);
            }
            ("geometry", _) => self.seen.geometry = Some(reader.raw_value()?),
            ("attributes" | "properties", Kind::Object) => self.seen.attributes = Some(reader.raw_value()?),
            ("id", Kind::Number | Kind::String) => self.seen.id = Some(reader.raw_value()?),
            ("url", Kind::String) => self.seen.url = Some(reader.string()?.into_owned()),
            ("itemID" | "itemId" | "portalItemID", Kind::String) => {
                self.seen.item_id = Some(reader.string()?.into_owned())
            }
            ("filter", Kind::String) => self.seen.filter = Some(reader.string()?.into_owned()),
            _ => {
                if !self.bare.member(key, reader, &mut self.budget)? {
                    reader.skip_value()?;
                }
            }
        }
        Ok(())
    }

    fn fields(&mut self, reader: &mut Reader<'t>) -> Result<(), ReadError> {
        let fields = read_fields(reader)?;
        // An empty list describes nothing: clients send it for sets without schema.
        if fields.is_empty() {
            return Ok(());
        }
        self.seen.schema = true;
        if self.set.features.is_empty() && self.columns.len() == 0 {
            self.columns.describe(fields);
        } else {
            self.seen.late_fields.get_or_insert(fields);
        }
        Ok(())
    }

    fn features(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        self.seen.features = true;
        reader.begin_array()?;
        while reader.next_element()? {
            let index = self.set.features.len();
            if index >= self.limits.max_features {
                return Err(ReadError::TooManyFeatures { max_features: self.limits.max_features });
            }
            let feature = self
                .feature(reader, index)
                .map_err(|error| error.within(format_args!("features[{index}]")))?;
            self.push(feature)?;
        }
        Ok(())
    }

    pub(super) fn push(&mut self, feature: Feature) -> Result<(), ReadError> {
        // The columns, not the row: short rows are filled up in the end.
        self.values += self.columns.len();
        if self.values.max(self.columns.len() * (self.set.features.len() + 1)) > self.limits.max_values {
            return Err(ReadError::TooManyValues { max_values: self.limits.max_values });
        }
        if self.columns.text_bytes() + self.ids.text_bytes() > self.limits.max_text_bytes {
            return Err(ReadError::TooMuchText { max_text_bytes: self.limits.max_text_bytes });
        }
        self.set.features.push(feature);
        Ok(())
    }

    fn feature(&mut self, reader: &mut Reader<'_>, index: usize) -> Result<Feature, ReadError> {
        let mut attributes = None;
        let mut geometry = None;
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key.as_ref() {
                "attributes" | "properties" => {
                    attributes = Some(self.columns.read_row(reader).map_err(|error| error.within(key))?);
                }
                "geometry" => geometry = self.geometry(reader, index).map_err(|error| error.within(key))?,
                "id" => self.ids.read(reader, index)?,
                _ => reader.skip_value()?,
            }
        }
        Ok(Feature { attributes: attributes.unwrap_or_else(|| self.columns.empty_row()), geometry })
    }

    pub(super) fn geometry(
        &mut self,
        reader: &mut Reader<'_>,
        index: usize,
    ) -> Result<Option<Geometry>, ReadError> {
        self.seen.geometry_member = true;
        let raw = RawGeometry::read(reader, &mut self.budget)?;
        if let Some(text) = raw.spatial_reference {
            self.note_reference(text, index).map_err(|error| error.within("spatialReference"))?;
        }
        let finished = raw.finish()?;
        self.accept(finished, index)
    }

    /// Takes a geometry into the set: its type must be that of the others.
    pub(super) fn accept(
        &mut self,
        finished: FinishedGeometry,
        index: usize,
    ) -> Result<Option<Geometry>, ReadError> {
        self.seen.geojson |= finished.is_geojson;
        if finished.bad_coordinates {
            self.warnings.note(Change::BadCoordinates, index);
        }
        if finished.nan_position {
            self.warnings.note(Change::NoPosition, index);
        }
        if finished.had_curves {
            self.warnings.note(Change::Densified, index);
        }
        let Some(geometry_type) = finished.geometry_type else { return Ok(None) };
        let (wanted, because) = match (self.set.geometry_type, self.seen.first_type) {
            (Some(declared), _) => (declared, "the set declares".to_owned()),
            (None, Some((first, at))) => (first, format!("{} has", place_of(&self.lines, at))),
            (None, None) => (geometry_type, String::new()),
        };
        if wanted != geometry_type && finished.geometry.is_some() {
            return Err(type_mismatch(geometry_type, wanted, &because));
        }
        if self.seen.first_type.is_none() {
            self.seen.first_type = Some((geometry_type, index));
        }
        if finished.geometry.is_some() && (finished.has_z.is_some() || finished.has_m.is_some()) {
            self.own_flags.push((index, finished.has_z, finished.has_m));
        }
        Ok(finished.geometry)
    }
}

/// How messages name a feature.
pub(super) fn place_of(lines: &[usize], index: usize) -> String {
    lines.get(index).map_or_else(|| format!("features[{index}]"), |line| format!("line {line}"))
}
