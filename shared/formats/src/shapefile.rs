//! Shapefiles, zipped: one file that holds the parts of one or several layers.
//!
//! After *ESRI Shapefile Technical Description* (1998) and the layout of dBASE III tables. Both are read and written by code
//! of ours: the crates `shapefile` and `dbase` hold 64 bit numbers as floats, know no `.cpg` but UTF-8, take counts of a file
//! for memory and want all parts on a disk. A part is read where it lies in the zip file, one record after the other.
//!
//! | part | read | written |
//! |---|---|---|
//! | `.shp` | if it is there; a `.dbf` without one is a table, and told; one with a `.shx` beside it lost it | unless the layer is a table |
//! | `.dbf` | if it is there; deleted records are left out together with their shapes | always |
//! | `.shx` | only where it says that the records are in another order | with the `.shp` |
//! | `.prj` | if it is there | where the reference has a text |
//! | `.cpg` | if it is there; else the language driver of the table counts | UTF-8 |
//!
//! Empty texts are null, as nobody can tell them apart. An object id is written as an ordinary number field, because the format
//! counts its rows by itself and ids would be lost; a field OBJECTID without nulls is the object id when it is read.

mod columns;
mod dbf;
mod index;
mod parts;
mod read;
mod shp;
mod shp_write;
mod values;
mod write;

use crate::zipped::Archive;
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, layers};
use std::path::Path;

const FORMAT: &str = "shapefile";

/// Measures below are none.
const NO_DATA_BELOW: f64 = -1e38;

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let archive = Archive::open(input, options.max_decompressed_bytes)?;
    let all = parts::layers(&archive)?;
    let names = all.iter().map(|layer| layer.name.clone()).collect();
    // A table beside the only layer with shapes is a companion of it.
    let only = (all.iter().filter(|layer| layer.shp.is_some()).count() == 1)
        .then(|| all.iter().position(|layer| layer.shp.is_some()));
    let chosen = match (&options.layer, only.flatten()) {
        (None, Some(only)) => only,
        (Some(path), _) if let Some(named) = all.iter().position(|layer| layer.lies_at(path)) => named,
        (asked, _) => layers::chosen(names, asked.as_deref())?,
    };
    let layer = &all[chosen];
    let without_shapes = parts::without_shapes(layer)?;
    let mut read = read::read_layer(&archive, layer, options)?;
    read.warnings.extend(without_shapes);
    Ok(read)
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

#[cfg(test)]
mod tests;
