//! Files and rasters, always named: by URL, by the item id of an upload (specification 2.9), or as a layer of the service.

use super::features::bare_url;
use super::scalars::choose;
use super::texts::{shorten, unquoted};
use super::{Fault, Parser, Slot};
use crate::{DataType, Filter, RasterData, RasterDataLayer, Value};
use gp_esri::DataReference;

impl Parser<'_> {
    pub(super) fn file(&mut self, slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
        let (file, format) = if slot.choices.is_empty() {
            let Some(reference) = self.reference(text)? else { return Ok(None) };
            (self.reading.source.file(&reference)?, reference.format)
        } else {
            if is_not_given(text) {
                return Ok(None);
            }
            (self.reading.source.stored_file(&choose(slot, text)?)?, None)
        };
        check_extension(slot, &file.0.name)?;
        if *slot.data_type == DataType::DataFile {
            return Ok(Some(Value::DataFile(file)));
        }
        let format = format.or_else(|| extension(&file.0.name)).unwrap_or_default();
        let raster = RasterData { file, format };
        Ok(Some(match slot.data_type {
            DataType::RasterData => Value::RasterData(raster),
            _ => Value::RasterDataLayer(RasterDataLayer(raster)),
        }))
    }

    /// The file that a text names; `None` when it means "not given".
    fn reference(&self, text: &str) -> Result<Option<DataReference>, Fault> {
        if let Some(url) = bare_url(text) {
            return Ok(Some(DataReference { url, ..DataReference::default() }));
        }
        if is_not_given(text) {
            return Ok(None);
        }
        if !text.starts_with('{') {
            return Err(Fault::Wrong(format!(
                "\"{}\" is no file: expected {{\"url\":\"https://…\"}} or {{\"itemID\":\"…\"}} of an upload",
                shorten(&unquoted(text))
            )));
        }
        if let Some(reference) = DataReference::from_text(text, self.reading.limits.max_json_depth)
            .map_err(|error| Fault::Wrong(error.to_string()))?
        {
            return Ok(Some(reference));
        }
        let members = super::object_members(text).map_err(Fault::Wrong)?;
        let is_given = |(name, value): &(String, String)| {
            name == "portalItemID" && !matches!(value.as_str(), "null" | "\"\"")
        };
        if members.iter().any(is_given) {
            return Err(Fault::Wrong(
                "portal items are not read here: give the url of the file, or upload it and give its itemID"
                    .to_owned(),
            ));
        }
        Ok(None)
    }
}

/// Whether a text is one of those that stand for no file.
pub(super) fn is_not_given(text: &str) -> bool {
    matches!(unquoted(text).as_str(), "null" | "None" | "")
}

fn check_extension(slot: Slot<'_>, name: &str) -> Result<(), Fault> {
    let Some(Filter::File(allowed)) = slot.filter else { return Ok(()) };
    let found = extension(name);
    if found.as_ref().is_some_and(|found| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(found))) {
        return Ok(());
    }
    let found = found.map_or("a file without extension".to_owned(), |found| format!(".{}", shorten(&found)));
    Err(Fault::Wrong(format!("{found} is not allowed here; use {}", allowed.join(", "))))
}

/// The extension of a file's name, lower case.
fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    (!extension.is_empty()).then(|| extension.to_ascii_lowercase())
}
