//! What Esri JSON and GeoJSON have in common: `gp_esri` reads them.
//!
//! Separate because its errors and warnings become those of files here, in one place.

use crate::{FormatError, Input, ReadLayer, ReadOptions, field_names, left_out, text};
use gp_esri::{FeatureSet, ReadError, ReadFeatureSet};

/// Reads a whole text of either kind.
pub(crate) fn read(
    input: &Input,
    options: &ReadOptions<'_>,
    format: &'static str,
) -> Result<ReadLayer, FormatError> {
    let text = text::utf8(text::read_bytes(input, options)?, format)?;
    let read = FeatureSet::from_json(&text, &options.limits).map_err(|error| error_of(error, format))?;
    if (options.stop)() {
        return Err(FormatError::Stopped);
    }
    Ok(layer(input, read))
}

/// The layer of a set that was read.
pub(crate) fn layer(input: &Input, read: ReadFeatureSet) -> ReadLayer {
    let ReadFeatureSet { feature_set: mut features, mut warnings, filter } = read;
    if let Some(filter) = filter {
        warnings.push(format!("the filter of the layer was not applied: {}", text::shortened(&filter)));
    }
    warnings.extend(left_out::cut_short(&features));
    warnings.extend(field_names::make_unique(&mut features.fields));
    ReadLayer { name: input.stem().to_owned(), features, warnings }
}

/// The error of this crate for one of the reader's.
pub(crate) fn error_of(error: ReadError, format: &'static str) -> FormatError {
    match error {
        ReadError::TooManyFeatures { .. }
        | ReadError::TooManyVertices { .. }
        | ReadError::TooManyValues { .. }
        | ReadError::TooMuchText { .. } => FormatError::TooLarge(error.to_string()),
        ReadError::NotGiven => FormatError::malformed(format, "it holds no features"),
        ReadError::Url { .. } | ReadError::ItemId { .. } => FormatError::Unsupported(error.to_string()),
        ReadError::Json { .. } | ReadError::Invalid { .. } => FormatError::malformed(format, error),
    }
}
