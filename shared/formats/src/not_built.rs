//! In place of a format that this program was built without.

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer};
use std::path::Path;

pub(crate) fn read(_: &Input, _: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    Err(not_built())
}

pub(crate) fn write(
    _: &Path,
    _: &WriteLayer<'_>,
    _: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    Err(not_built())
}

fn not_built() -> FormatError {
    let sentence =
        "this server is built without GeoPackage and GeoParquet: use FlatGeobuf, or another of its formats";
    FormatError::Unsupported(sentence.to_owned())
}
