//! KMZ: a zip file whose document is KML.
//!
//! Separate from `kml.rs` because it is about the archive: which of its files is the document, and that it stays within the
//! limits once it is unpacked. Pictures and models beside the document are not read.

use crate::kml::Document;
use crate::zipped::{Archive, Entry, ZipWriter};
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, kml, text};
use std::path::Path;

const FORMAT: &str = "KMZ";
/// The name of the document that is written; readers take the first one of any name.
const DOCUMENT: &str = "doc.kml";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    kml::chosen_layer(&document(input, options)?, options)
}

pub(crate) fn layer_names(input: &Input, options: &ReadOptions<'_>) -> Result<Vec<String>, FormatError> {
    Ok(kml::names(&document(input, options)?))
}

pub(crate) fn write(
    path: &Path,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut warnings = Vec::new();
    let mut archive = ZipWriter::create(path)?;
    archive.add(DOCUMENT, &mut |file| {
        warnings = kml::write_document(file, layers, stop)?;
        Ok(())
    })?;
    archive.finish()?;
    Ok(warnings)
}

/// The document: `doc.kml` at the top, or the first file that ends in `.kml`, as the standard asks of readers. The files of the
/// archive that it links to, which is how GDAL writes several layers, belong to it; their own links are not followed.
fn document(input: &Input, options: &ReadOptions<'_>) -> Result<Document, FormatError> {
    if (options.stop)() {
        return Err(FormatError::Stopped);
    }
    let archive = Archive::open(input, options.max_decompressed_bytes)?;
    let is_kml = |entry: &&Entry| entry.extension().eq_ignore_ascii_case("kml");
    let named = archive.entries().iter().find(|entry| entry.path.eq_ignore_ascii_case(DOCUMENT));
    let Some(main) = named.or_else(|| archive.entries().iter().find(is_kml)) else {
        return Err(FormatError::malformed(FORMAT, "there is no KML document in it"));
    };
    let mut document = kml::document(text::without_mark(archive.read(main)?), input.stem(), options)?;
    let folder = main.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut read = vec![main];
    for link in std::mem::take(&mut document.links) {
        let path = format!("{folder}{}", link.trim_start_matches("./"));
        let entry = archive.entries().iter().filter(is_kml).find(|entry| entry.path == path);
        let Some(entry) = entry.filter(|entry| !read.contains(entry)) else {
            document.links.push(link);
            continue;
        };
        read.push(entry);
        let name = entry.file_name();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let bytes = text::without_mark(archive.read(entry)?);
        document.absorb(kml::document(bytes, stem, options)?);
    }
    Ok(document)
}
