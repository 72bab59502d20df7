//! KMZ: a zip file whose document is KML.
//!
//! Separate from `kml.rs` because it is about the archive: which of its files is the document, and that it stays within the
//! limits once it is unpacked. Pictures and models beside the document are not read.

use crate::zipped::{Archive, Entry, ZipWriter};
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, kml, text};
use std::path::Path;

const FORMAT: &str = "KMZ";
/// The name of the document that is written; readers take the first one of any name.
const DOCUMENT: &str = "doc.kml";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    kml::read_bytes(document(input, options)?, input.stem(), options)
}

pub(crate) fn layer_names(input: &Input, options: &ReadOptions<'_>) -> Result<Vec<String>, FormatError> {
    kml::names_of_bytes(document(input, options)?, input.stem(), options)
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

/// The bytes of the document: `doc.kml` at the top, or the first file that ends in `.kml`, as the standard asks of readers.
fn document(input: &Input, options: &ReadOptions<'_>) -> Result<Vec<u8>, FormatError> {
    if (options.stop)() {
        return Err(FormatError::Stopped);
    }
    let archive = Archive::open(input, options.max_decompressed_bytes)?;
    let is_kml = |entry: &&Entry| entry.extension().eq_ignore_ascii_case("kml");
    let named = archive.entries().iter().find(|entry| entry.path.eq_ignore_ascii_case(DOCUMENT));
    let Some(entry) = named.or_else(|| archive.entries().iter().find(is_kml)) else {
        return Err(FormatError::malformed(FORMAT, "there is no KML document in it"));
    };
    Ok(text::without_mark(archive.read(entry)?))
}
