//! KML 2.2 (OGC 07-147): placemarks in folders, in longitude and latitude on WGS 84.
//!
//! Separate from the zipped form (`kmz.rs`), which holds the same text. A layer is each outermost folder that holds placemarks,
//! or the document itself; one that mixes geometry types is read as several, `name (points)` and so on, since a feature set has
//! one type. Fields are the name, the description, the times and the extended data; styles are not read. Nothing outside the
//! file is ever fetched: links and overlays are counted in a warning, and entities of a document type stay as they are written.

mod coordinates;
mod document;
mod element;
mod layer;
mod placemark;
mod schema;
mod write;
mod xml_text;

pub(crate) use document::Document;
pub(crate) use write::write_document;

use crate::budget::Budget;
use crate::codepage::CodePage;
use crate::{FormatError, Input, ReadLayer, ReadOptions, WriteLayer, layers, text};
use std::path::Path;

pub(crate) const FORMAT: &str = "KML";

pub(crate) fn read(input: &Input, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let bytes = text::read_bytes(input, options)?;
    chosen_layer(document(bytes, input.stem(), &mut Budget::new(options))?, options)
}

pub(crate) fn write(
    path: &Path,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut file = text::create(path)?;
    write_document(&mut file, layers, stop)
}

/// What a file with those bytes holds; `stem` names what has no name.
pub(crate) fn document(bytes: Vec<u8>, stem: &str, budget: &mut Budget<'_>) -> Result<Document, FormatError> {
    document::read(&decode(bytes)?, stem, budget)
}

/// The layer that the options name, or the only one.
pub(crate) fn chosen_layer(document: Document, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let parts = layer::parts(&document);
    let names = parts.iter().map(|part| part.name.clone()).collect();
    let chosen = layers::chosen(names, options.layer.as_deref())?;
    let part = parts.get(chosen).ok_or_else(|| FormatError::malformed(FORMAT, "it holds no layer"))?;
    layer::build(document, part, options)
}

/// The text in the encoding that its first line declares; UTF-8 where it declares none.
fn decode(bytes: Vec<u8>) -> Result<String, FormatError> {
    let head = bytes.get(..200).unwrap_or(&bytes);
    let line =
        String::from_utf8_lossy(head.split(|byte| *byte == b'>').next().unwrap_or_default()).into_owned();
    let declared = line.starts_with("<?xml").then(|| line.split_once("encoding=")).flatten();
    let name = declared.and_then(|(_, rest)| rest.get(1..)?.split(['"', '\'']).next());
    match name.filter(|name| !name.eq_ignore_ascii_case("utf-8")).and_then(CodePage::of_name) {
        Some(page) if std::str::from_utf8(&bytes).is_err() => Ok(page.decode(&bytes).into_owned()),
        _ => text::utf8(bytes, FORMAT),
    }
}

#[cfg(test)]
mod tests;
