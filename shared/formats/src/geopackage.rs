//! GeoPackage (OGC 12-128r17, version 1.3): layers and tables in a SQLite database.
//!
//! Separate because it is the one format that is a database. A file of strangers is opened in place, read only, without
//! anything that a schema could make run: no triggers, no extensions, no functions but harmless ones, bounded steps
//! (`database.rs`). Names from a file are only ever quoted identifiers or bound values.

mod blob;
mod contents;
mod database;
mod names;
mod read;
mod schema;
mod types;
mod write;

use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, layers};
use database::Database;
use std::path::Path;

const FORMAT: &str = "GeoPackage";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let database = Database::open(input, options)?;
    let all = contents::layers(&database)?;
    let names = all.iter().map(|layer| layer.table.clone()).collect();
    let chosen = layers::chosen(names, options.layer.as_deref())?;
    read::read_layer(&database, &all[chosen], options)
}

pub(crate) fn write(
    path: &Path,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    write::write(path, layers, stop)
}

fn malformed(reason: impl ToString) -> FormatError {
    FormatError::malformed(FORMAT, reason)
}

/// A name as SQL has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
