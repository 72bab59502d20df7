//! Esri's wire types, as Rust values: feature sets, geometries, fields and attributes, spatial references, units, dates.
//!
//! Separate from everything else because these types are the language of the protocol: every other crate speaks it.
//! It must never know a tool, a job, a service or a network. Wire forms are those of sections 2 and 6 of the protocol
//! specification; where the wire form is lossy or odd, the line that implements it says so.

mod data_reference;
pub mod date;
mod feature_set;
mod field;
mod geometry;
pub mod json;
pub mod lenient;
mod read_error;
mod spatial_reference;
mod text;
mod unit;

pub use data_reference::DataReference;
pub use feature_set::{
    Feature, FeatureLines, FeatureSet, ReadFeatureSet, ReadLimits, WriteForm, WriteOptions,
    write_feature_set, write_feature_set_in_pieces,
};
pub use field::{Attribute, Field, FieldError, FieldType};
pub use geometry::{Envelope, Extent, Geometry, GeometryType, Path, Point, Xy, write_geometry};
pub use read_error::ReadError;
pub use spatial_reference::{SpatialReference, SpatialReferenceError};
pub use unit::{ArealUnit, ArealUnitName, LinearUnit, LinearUnitName, UnitError};
