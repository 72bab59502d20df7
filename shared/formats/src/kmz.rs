//! KMZ: a zip file whose document is KML.
//!
//! Separate from `kml.rs` because it is about the archive: which of its files is the document, and that it stays within the
//! limits once it is unpacked. Pictures and models beside the document are not read.

use crate::budget::{Budget, max_text_bytes};
use crate::kml::Document;
use crate::zipped::{Archive, Entry, ZipWriter};
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, kml, text};
use std::collections::HashMap;
use std::path::Path;

const FORMAT: &str = "KMZ";
/// The name of the document that is written; readers take the first one of any name.
const DOCUMENT: &str = "doc.kml";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    kml::chosen_layer(document(input, options)?, options)
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
    let archive = Archive::open(input, options.max_decompressed_bytes)?;
    let is_kml = |entry: &&Entry| entry.extension().eq_ignore_ascii_case("kml");
    let most = max_text_bytes(options);
    // One for all documents: many small ones are large together.
    let mut budget = Budget::new(options);
    budget.step()?;
    let named = archive.entries().iter().find(|entry| entry.path.eq_ignore_ascii_case(DOCUMENT));
    let Some(main) = named.or_else(|| archive.entries().iter().find(is_kml)) else {
        return Err(FormatError::malformed(FORMAT, "there is no KML document in it"));
    };
    let bytes = text::without_mark(archive.read(main, most)?);
    let mut document = kml::document(bytes, input.stem(), &mut budget)?;
    let folder = main.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    // What is left to read by its path: a document may link to many files, and many times.
    let mut unread: HashMap<&str, &Entry> =
        archive.entries().iter().filter(is_kml).map(|entry| (entry.path.as_str(), entry)).collect();
    unread.remove(main.path.as_str());
    for link in std::mem::take(&mut document.links) {
        budget.step()?;
        let path = format!("{folder}{}", link.trim_start_matches("./"));
        let Some(entry) = unread.remove(path.as_str()) else {
            document.links.push(link);
            continue;
        };
        let name = entry.file_name();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let bytes = text::without_mark(archive.read(entry, most)?);
        document.absorb(kml::document(bytes, stem, &mut budget)?);
    }
    document.other_documents = unread.len();
    Ok(document)
}

#[cfg(test)]
mod tests;
