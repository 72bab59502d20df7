//! TODO.

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer};
use std::path::Path;

pub(crate) fn read(_input: &Input, _options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    Err(FormatError::Unsupported(String::new()))
}

pub(crate) fn write(
    _path: &Path,
    _layer: &WriteLayer<'_>,
    _stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    Err(FormatError::Unsupported(String::new()))
}
