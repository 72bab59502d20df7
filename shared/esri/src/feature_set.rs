//! The feature set: fields, rows and geometries of one layer or table (specification 6.1).

mod coerce;
mod columns;
mod declared;
mod ids;
mod lines;
mod losses;
mod members;
mod read;
mod reference;
mod settle;
mod warnings;
mod write;

pub use lines::FeatureLines;
pub use read::{ReadFeatureSet, ReadLimits};
pub use write::{WriteForm, WriteOptions, write_feature_set, write_feature_set_in_pieces};

use crate::{Attribute, Envelope, Field, FieldType, Geometry, GeometryType, SpatialReference};

/// Features with their schema. A record set is one without geometry type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureSet {
    /// The type of every geometry, or `None` for a table.
    pub geometry_type: Option<GeometryType>,
    /// The reference of all coordinates; `None` is unknown.
    pub spatial_reference: Option<SpatialReference>,
    /// Whether vertices carry z.
    pub has_z: bool,
    /// Whether vertices carry m.
    pub has_m: bool,
    /// The columns. `Feature::attributes` has one entry a column, in this order.
    pub fields: Vec<Field>,
    /// The rows.
    pub features: Vec<Feature>,
    /// Whether the set was cut short by whoever made it.
    pub exceeded_transfer_limit: bool,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// One value a field of the set.
    pub attributes: Vec<Attribute>,
    /// The geometry; `None` when it is null, absent or empty.
    pub geometry: Option<Geometry>,
}

impl FeatureSet {
    /// The column of that name, compared without regard to case.
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The column of the object id.
    pub fn oid_index(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.field_type == FieldType::Oid)
    }

    /// The object id of the feature at `row`, or its number counted from 1 where the set has no object id.
    pub fn oid_of(&self, row: usize) -> i64 {
        let value = self.oid_index().and_then(|index| self.features.get(row)?.attributes.get(index));
        match value {
            Some(Attribute::Integer(oid)) => *oid,
            _ => row as i64 + 1,
        }
    }

    /// The number of vertices of all features.
    pub fn vertex_count(&self) -> usize {
        self.features.iter().filter_map(|feature| feature.geometry.as_ref()).map(Geometry::vertex_count).sum()
    }

    /// The smallest box around all geometries.
    pub fn envelope(&self) -> Envelope {
        let mut envelope = Envelope::EMPTY;
        for geometry in self.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
            geometry.for_each_xy(|xy| envelope.include(xy));
        }
        envelope
    }
}
