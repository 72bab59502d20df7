//! Feature sets as Esri's protocol buffers: what feature services answer to `f=pbf`, and results in that form.
//!
//! The schema is <https://github.com/Esri/arcgis-pbf>. Coordinates in it are whole numbers of steps from an origin, each but
//! the first of a part told by its difference from the one before; so writing rounds them, to less than 10⁻¹² of the
//! greatest coordinate (`encode.rs`). The messages are read field by field, by hand, because the compiler of protocol
//! buffers would be a tool to install for sixteen small messages. It must never trust a length.

mod decode;
mod encode;
mod quantise;
mod schema;
mod shapes;
#[cfg(test)]
mod tests;
mod wire;

use crate::budget::max_text_bytes;
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, left_out, text};
use gp_esri::FeatureSet;
use std::path::Path;

/// The name of the format in messages.
const FORMAT: &str = "Esri PBF";

/// Reads a feature set from the bytes of an answer, and sentences about what was not taken as it came.
///
/// # Errors
/// [`FormatError`]; an answer that holds a count or ids and no features is [`FormatError::Unsupported`].
pub fn read_pbf(bytes: &[u8], options: &ReadOptions<'_>) -> Result<(FeatureSet, Vec<String>), FormatError> {
    let layer = decode::read(bytes, "", options)?;
    Ok((layer.features, layer.warnings))
}

/// Appends a feature set. Returns sentences about what the format cannot hold: a vertex without z or m among those with.
/// Lengths, and whether fields may be null or edited, have no place in it.
///
/// # Errors
/// [`FormatError::Stopped`].
pub fn write_pbf(
    out: &mut Vec<u8>,
    features: &FeatureSet,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    encode::write(out, features, stop)
}

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let most = max_text_bytes(options);
    let bytes = input.read_all(most)?.ok_or_else(|| text::too_long(most))?;
    let mut layer = decode::read(&bytes, input.stem(), options)?;
    layer.warnings.extend(left_out::cut_short(&layer.features));
    Ok(layer)
}

pub(crate) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut out = Vec::new();
    let warnings = write_pbf(&mut out, layer.features, stop)?;
    std::fs::write(path, out)?;
    Ok(warnings)
}
