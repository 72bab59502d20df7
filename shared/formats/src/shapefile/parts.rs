//! The layers of a zip file: which parts belong together.

use super::malformed;
use crate::FormatError;
use crate::zipped::{Archive, Entry};
use std::collections::HashMap;

/// The parts of a layer. One of `shp` and `dbf` is always there.
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) shp: Option<Entry>,
    pub(super) dbf: Option<Entry>,
    pub(super) shx: Option<Entry>,
    pub(super) prj: Option<Entry>,
    pub(super) cpg: Option<Entry>,
}

impl Layer {
    /// Whether that is the path of its main part, with or without the extension, or its file name; whatever the case.
    pub(super) fn lies_at(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        let main = self.shp.as_ref().or(self.dbf.as_ref());
        main.is_some_and(|main| {
            [&main.path, main.stem(), main.file_name()].iter().any(|name| name.to_lowercase() == path)
        })
    }
}

/// Every layer: those with shapes in the order of the archive, then tables. Parts lie in one folder and have one name, whatever its case.
pub(super) fn layers(archive: &Archive) -> Result<Vec<Layer>, FormatError> {
    let mut by_name: HashMap<(String, String), &Entry> = HashMap::new();
    for entry in archive.entries() {
        by_name.entry((entry.stem().to_lowercase(), entry.extension().to_lowercase())).or_insert(entry);
    }
    let part = |main: &Entry, extension: &str| {
        by_name.get(&(main.stem().to_lowercase(), extension.to_owned())).map(|entry| (*entry).clone())
    };
    let with_extension = |extension: &'static str| {
        archive.entries().iter().filter(move |entry| entry.extension().eq_ignore_ascii_case(extension))
    };
    let mut main: Vec<&Entry> = with_extension("shp").collect();
    main.extend(with_extension("dbf").filter(|table| part(table, "shp").is_none()));
    if main.is_empty() {
        return Err(no_layer(archive));
    }
    let mut name_counts: HashMap<String, usize> = HashMap::new();
    for entry in &main {
        *name_counts.entry(entry.name().to_lowercase()).or_default() += 1;
    }
    let mut layers = Vec::new();
    for entry in &main {
        let name = entry.name();
        let is_shared = name_counts.get(&name.to_lowercase()).is_some_and(|count| *count > 1);
        layers.push(Layer {
            name: if is_shared { entry.stem() } else { name }.to_owned(),
            shp: part(entry, "shp"),
            dbf: part(entry, "dbf"),
            shx: part(entry, "shx"),
            prj: part(entry, "prj"),
            cpg: part(entry, "cpg"),
        });
    }
    Ok(layers)
}

/// A sentence about a table whose shapes, if it had some, are not there.
///
/// # Errors
/// It had some: their index is there.
pub(super) fn without_shapes(layer: &Layer) -> Result<Option<String>, FormatError> {
    let (None, Some(dbf)) = (&layer.shp, &layer.dbf) else { return Ok(None) };
    let stem = dbf.stem();
    if layer.shx.is_some() {
        return Err(malformed(format!(
            "there is {stem}.shx in the zip file and no {stem}.shp, which holds the geometry; zip all parts of the shapefile together"
        )));
    }
    Ok(Some(format!(
        "there is no {stem}.shp in the zip file: the rows of {stem}.dbf were read as a table without geometry"
    )))
}

fn no_layer(archive: &Archive) -> FormatError {
    let names: Vec<&str> = archive.entries().iter().take(5).map(Entry::file_name).collect();
    malformed(match names.as_slice() {
        [] => "the zip file is empty".to_owned(),
        names => format!(
            "the zip file has no .shp in it, but {}; zip all parts of the shapefile together",
            names.join(", ")
        ),
    })
}
