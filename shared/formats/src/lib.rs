//! File formats: feature sets read from files and written into files.
//!
//! Separate because what a file holds is nobody's business but its format's: tools and the engine see feature sets. It must
//! never know a tool, a job or a network; whatever can be read at a position is a file here (`input.rs`).
//!
//! One file a format. Foreign bytes are never trusted: counts and lengths in them are claims, so memory grows with what was
//! read, never with what was promised, and every reader counts what it makes against the limits (`budget.rs`).

mod any;
mod authority;
mod budget;
mod bytes_at;
mod codepage;
mod column_types;
mod csv;
mod degrees;
mod error;
mod esri_json;
mod esri_pbf;
mod extent;
mod field_names;
mod flatgeobuf;
mod format;
mod gather;
mod geojson;
mod geojson_seq;
mod geopackage;
mod geoparquet;
mod input;
mod json_features;
mod kml;
mod kmz;
mod layers;
mod left_out;
mod member;
mod ogc_types;
mod ordinates;
mod outlines;
mod packing;

mod shapefile;
#[cfg(test)]
mod testing;
mod text;
mod window;
mod wkb;
mod wkt;
mod zipped;

pub use any::read_any;
pub use error::FormatError;
pub use esri_pbf::{read_pbf, write_pbf};
pub use format::Format;
pub use input::{Input, ReadAt};
pub use packing::{zip_files, zipped_names};

use gp_esri::{Extent, FeatureSet, ReadLimits};
use std::path::Path;

/// How to read a file.
pub struct ReadOptions<'a> {
    /// What a layer may cost.
    pub limits: ReadLimits,
    /// Bytes that a compressed file may become.
    pub max_decompressed_bytes: u64,
    /// The layer, in a file that holds several; compared without regard to case.
    pub layer: Option<String>,
    /// Only features whose box touches this one are needed. It is taken into the reference of the file where both are known;
    /// formats without an index give all, and so do files into whose reference it cannot be brought.
    pub extent: Option<Extent>,
    /// A folder where a reader may unpack what it cannot read in place. It puts its files into temporary ones, which go with it.
    pub scratch: &'a Path,
    /// Whether to stop, asked every few hundred features.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// A layer that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLayer {
    /// Its name in the file; the name of the file where the format has none.
    pub name: String,
    /// Its features.
    pub features: FeatureSet,
    /// Sentences for the user about what was not taken as it came.
    pub warnings: Vec<String>,
}

/// A layer to write.
#[derive(Clone, Copy, Debug)]
pub struct WriteLayer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its features, in the reference that the format demands; see [`Format::required_reference`].
    pub features: &'a FeatureSet,
}

/// Reads the layer that the options name, or the only one.
///
/// # Errors
/// [`FormatError`]; [`FormatError::SeveralLayers`] where the file holds more than one and none is named.
pub fn read(input: &Input, format: Format, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let mut layer = format.read(input, options)?;
    layer.warnings.extend(field_names::refuse_repeated_ids(&mut layer.features));
    Ok(layer)
}

/// Writes layers into a new file at that path. Returns sentences for the user about what the format cannot hold.
///
/// # Errors
/// [`FormatError::Unsupported`] for several layers in a format of one, or what the format cannot hold at all.
pub fn write(
    path: &Path,
    format: Format,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    format.write(path, layers, stop)
}
