//! Writing layers into a zip file.

use super::columns::{Column, columns};
use super::shp_write::Shapes;
use crate::budget::StopCheck;
use crate::field_names::{UniqueNames, lost_descriptions};
use crate::layers::within_layer;
use crate::zipped::ZipWriter;
use crate::{FormatError, WriteLayer};
use gp_esri::{Attribute, FeatureSet};
use gp_geometry::Crs;
use std::io::Write;
use std::path::Path;

const MAX_TABLE_BYTES: u64 = i32::MAX as u64;
/// Longest name of a layer, so that every file system takes it.
const MAX_NAME_BYTES: usize = 100;
/// dBASE III without memos.
const VERSION: u8 = 3;
/// 1 January 1980, so that equal layers make equal files.
const DATE: [u8; 3] = [80, 1, 1];
const END_OF_COLUMNS: u8 = 0x0d;
const END_OF_FILE: u8 = 0x1a;

pub(super) fn write(
    path: &Path,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut zip = ZipWriter::create(path)?;
    let mut names = UniqueNames::within(MAX_NAME_BYTES);
    let mut warnings = Vec::new();
    for layer in layers {
        let name = file_name(layer.name, &mut names);
        let mut of_layer = Vec::new();
        write_layer(&mut zip, &name, layer.features, &mut of_layer, stop)?;
        if name != layer.name {
            of_layer.push(format!("the files of the layer are named {name}"));
        }
        warnings.extend(within_layer(layers, layer.name, of_layer));
    }
    zip.finish()?;
    Ok(warnings)
}

fn write_layer(
    zip: &mut ZipWriter,
    name: &str,
    set: &FeatureSet,
    warnings: &mut Vec<String>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), FormatError> {
    let columns = columns(set, warnings)?;
    warnings.extend(lost_descriptions(&set.fields, "a shapefile"));
    if let Some(geometry_type) = set.geometry_type {
        let shapes = Shapes::new(set, geometry_type)?;
        zip.add(&format!("{name}.shp"), &mut |out| shapes.write_shp(out, stop))?;
        zip.add(&format!("{name}.shx"), &mut |out| shapes.write_shx(out))?;
        warnings.extend(shapes.left_out.sentences());
        if shapes.flat_count > 0 {
            let count = shapes.flat_count;
            warnings.push(format!("{count} features have vertices without z, which were written with z 0"));
        }
    }
    let mut cut_counts = vec![0_usize; columns.len()];
    zip.add(&format!("{name}.dbf"), &mut |out| write_table(out, set, &columns, &mut cut_counts, stop))?;
    for (column, count) in columns.iter().zip(cut_counts) {
        if count > 0 {
            warnings.push(format!("{count} texts of the field {} were cut to 254 bytes", column.name));
        }
    }
    if set.geometry_type.is_some() {
        match reference_text(set) {
            Some(text) => zip.add(&format!("{name}.prj"), &mut |out| Ok(out.write_all(text.as_bytes())?))?,
            None => warnings.push(match &set.spatial_reference {
                None => "the spatial reference is unknown, so that there is no .prj".to_owned(),
                Some(_) => "there is no text for the spatial reference, so that there is no .prj; project to another \
                            reference if the receiver needs one"
                    .to_owned(),
            }),
        }
    }
    zip.add(&format!("{name}.cpg"), &mut |out| Ok(out.write_all(b"UTF-8")?))
}

fn reference_text(set: &FeatureSet) -> Option<String> {
    Crs::new(set.spatial_reference.as_ref()?).ok()?.well_known_text()
}

fn write_table(
    out: &mut dyn Write,
    set: &FeatureSet,
    columns: &[Column],
    cut_counts: &mut [usize],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), FormatError> {
    let record_bytes = 1 + columns.iter().map(|column| usize::from(column.width)).sum::<usize>();
    let header_bytes = 32 + 32 * columns.len() + 1;
    let total = header_bytes as u64 + record_bytes as u64 * set.features.len() as u64;
    let (Ok(record_bytes), Ok(header_bytes), Ok(count), true) = (
        u16::try_from(record_bytes),
        u16::try_from(header_bytes),
        u32::try_from(set.features.len()),
        total <= MAX_TABLE_BYTES,
    ) else {
        return Err(FormatError::Unsupported(
            "the attributes are too large for a shapefile, which holds 2 GB and 64 kB a row; write another format, such as \
             GeoPackage"
                .to_owned(),
        ));
    };
    let mut header = vec![VERSION];
    header.extend(DATE);
    header.extend(count.to_le_bytes());
    header.extend(header_bytes.to_le_bytes());
    header.extend(record_bytes.to_le_bytes());
    header.resize(32, 0);
    for column in columns {
        let start = header.len();
        header.extend(column.name.as_bytes());
        header.resize(start + 11, 0);
        header.push(column.letter);
        header.resize(start + 16, 0);
        header.extend([column.width, column.decimals]);
        header.resize(start + 32, 0);
    }
    header.push(END_OF_COLUMNS);
    out.write_all(&header)?;

    let mut record = Vec::new();
    let mut stop_check = StopCheck::new(stop);
    for (row, feature) in set.features.iter().enumerate() {
        stop_check.step()?;
        record.clear();
        record.push(b' ');
        for (column, cut_count) in columns.iter().zip(&mut *cut_counts) {
            let number = Attribute::Integer(row as i64);
            let (field, value) = match column.source {
                Some(index) => {
                    (set.fields.get(index), feature.attributes.get(index).unwrap_or(&Attribute::Null))
                }
                None => (None, &number),
            };
            *cut_count += usize::from(column.write(&mut record, field, value));
        }
        out.write_all(&record)?;
    }
    out.write_all(&[END_OF_FILE])?;
    Ok(())
}

/// A name that files may have everywhere, and that no layer before had.
fn file_name(name: &str, names: &mut UniqueNames) -> String {
    let is_bad = |char: char| char.is_control() || "/\\:*?\"<>|".contains(char);
    let clean: String = name.trim().chars().map(|char| if is_bad(char) { '_' } else { char }).collect();
    let clean = clean.trim_start_matches('.');
    names.named(if clean.is_empty() { "layer" } else { clean }.to_owned(), "_")
}
