//! GeoParquet 1.1: a Parquet file whose metadata say which column holds geometries, as well-known binary.
//! <https://geoparquet.org/releases/v1.1.0/>
//!
//! Parquet is read and written by the crate `parquet`, column by column, without Arrow. That crate believes what a file says
//! about sizes in some places, so what it is given is checked before (`thrift.rs`, `pages.rs`), and a panic in it is an error
//! of the file. A file without those metadata is a table. It must never read a row group that a box excludes.

mod crs;
mod kind;
mod metadata;
mod pages;
mod plan;
mod rows;
#[cfg(test)]
mod tests;
mod thrift;
mod write;

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer};
use parquet::errors::ParquetError;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The name of the format in messages.
const FORMAT: &str = "GeoParquet";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    // The crate asserts what it expects of some numbers in a file. Nothing that it may have broken is used afterwards.
    catch_unwind(AssertUnwindSafe(|| rows::read(input, options)))
        .unwrap_or_else(|_| Err(malformed("the file is damaged; write it again")))
}

/// Writes a layer: zstd, row groups of 65536 rows. Measures have no place in GeoParquet and are left out.
pub(crate) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    write::write(path, layer, stop)
}

fn malformed(reason: impl ToString) -> FormatError {
    FormatError::malformed(FORMAT, reason)
}

/// An error of the crate; what was handed through it comes out again.
fn failed(error: ParquetError) -> FormatError {
    let inner = match error {
        ParquetError::External(inner) => inner,
        other => return malformed(other),
    };
    let inner = match inner.downcast::<FormatError>() {
        Ok(error) => return *error,
        Err(inner) => inner,
    };
    match inner.downcast::<io::Error>() {
        // Decompression fails with such errors too: only those of the file itself carry ours.
        Ok(error) => error.downcast::<FormatError>().unwrap_or_else(malformed),
        Err(inner) => malformed(inner),
    }
}

/// An error of reading the file: one that ends where more should follow is a bad file, not a bad disk.
fn unreadable(error: io::Error) -> FormatError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        malformed("the file ends early, or a length in it is wrong")
    } else {
        FormatError::Io(error)
    }
}
