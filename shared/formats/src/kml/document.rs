//! The folders of a document, and the placemarks in them.

use super::FORMAT;
use super::element::{Step, Xml};
use super::placemark::{self, Columns, Placemark};
use super::schema::Schemas;
use crate::FormatError;
use crate::budget::Budget;
use crate::text::shortened;

/// What was read of a document.
#[derive(Default)]
pub(crate) struct Document {
    pub(super) layers: Vec<RawLayer>,
    pub(super) skipped: Skipped,
    /// Where links lead that were not followed.
    pub(crate) links: Vec<String>,
    /// Documents beside this one in a KMZ that it does not link to.
    pub(crate) other_documents: usize,
    /// The layer of placemarks that stand in no folder.
    outside: Option<usize>,
    /// The layer of a document without any placemark: its name and fields.
    empty: RawLayer,
}

/// The placemarks of an outermost folder, of whatever geometry types.
#[derive(Default)]
pub(super) struct RawLayer {
    pub(super) name: String,
    pub(super) columns: Columns,
    pub(super) placemarks: Vec<Placemark>,
}

/// What was not read, or not as it came.
#[derive(Default)]
pub(super) struct Skipped {
    pub(super) overlays: usize,
    pub(super) tours: usize,
    pub(super) models: usize,
    /// Elements of extended data in a language of their own, and lists of values.
    pub(super) foreign_data: usize,
    /// Folders within the folders that are layers.
    pub(super) inner_folders: usize,
    /// Times of tracks whose position is empty or missing.
    pub(super) times_without_position: usize,
    pub(super) unreadable_track_times: usize,
}

/// A document or folder that is open.
#[derive(Default)]
struct Container {
    name: Option<String>,
    /// The layer of its placemarks.
    layer: Option<usize>,
    has_placemarks: bool,
    /// The number of a schema that stands in it.
    schema: Option<usize>,
}

/// Reads a whole document; layers without a name get that of the file, which is `stem`.
pub(super) fn read(text: &str, stem: &str, budget: &mut Budget<'_>) -> Result<Document, FormatError> {
    let mut xml = Xml::new(text);
    let mut document = Document::default();
    let mut schemas = Schemas::default();
    // What is open: the outermost element, then documents and folders. Whatever else begins is read to its end at once.
    let mut open: Vec<Option<Container>> = Vec::new();
    let mut folder_name = None;
    let mut document_name = None;
    let mut is_kml = false;
    loop {
        budget.step()?;
        let start = match xml.next()? {
            Step::Start(start) => start,
            Step::End => {
                let closed = open.pop().flatten();
                if open.iter().flatten().count() == 1 {
                    keep_empty(closed, &mut document, &schemas)?;
                }
                continue;
            }
            Step::Text(_) => continue,
            Step::Eof => break,
        };
        // Without its prefix.
        let name = start.local_name();
        match name.as_ref() {
            "kml" if open.is_empty() => {
                is_kml = true;
                open.push(None);
            }
            "Document" | "Folder" => {
                is_kml = true;
                open.push(Some(Container::default()));
            }
            "Placemark" => {
                is_kml = true;
                let element = xml.element(&start)?;
                let number = layer_of(&mut open, &mut document, stem);
                let Document { layers, skipped, .. } = &mut document;
                let Some(layer) = layers.get_mut(number) else { continue };
                let placemark = placemark::read(&element, &mut layer.columns, &schemas, skipped, budget)
                    .map_err(|error| {
                        let number = layer.placemarks.len() + 1;
                        error.within(format_args!("placemark {number} of {}", shortened(&layer.name)))
                    })?;
                layer.placemarks.push(placemark);
            }
            _ if !is_kml => {
                return Err(FormatError::malformed(
                    FORMAT,
                    format_args!("its outermost element is {} and not kml", shortened(name.as_ref())),
                ));
            }
            "Schema" => {
                let number = schemas.add(&xml.element(&start)?)?;
                if let Some(Some(container)) = open.last_mut() {
                    container.schema = Some(number);
                }
            }
            "name" => {
                let text = xml.element(&start)?.text.trim().to_owned();
                let depth = open.iter().flatten().count();
                if let Some(Some(container)) = open.last_mut()
                    && !text.is_empty()
                {
                    let first = if depth > 1 { &mut folder_name } else { &mut document_name };
                    first.get_or_insert_with(|| text.clone());
                    if let Some(layer) = container.layer.and_then(|number| document.layers.get_mut(number)) {
                        layer.name.clone_from(&text);
                    }
                    container.name = Some(text);
                }
            }
            "NetworkLink" => {
                let element = xml.element(&start)?;
                let link = element.child("Link").or_else(|| element.child("Url"));
                let href = link.and_then(|link| link.child_text("href")).unwrap_or_default();
                document.links.push(href.to_owned());
            }
            "GroundOverlay" | "ScreenOverlay" | "PhotoOverlay" => {
                document.skipped.overlays += 1;
                xml.skip()?;
            }
            "Tour" => {
                document.skipped.tours += 1;
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    if !is_kml {
        return Err(FormatError::malformed(FORMAT, "it holds no element"));
    }
    document.empty.name = folder_name.or(document_name).unwrap_or_else(|| stem.to_owned());
    if let Some(schema) = schemas.numbered(0) {
        document.empty.columns.add_schema(0, schema)?;
    }
    Ok(document)
}

impl Document {
    /// Takes the layers of a document that this one links to.
    pub(crate) fn absorb(&mut self, other: Document) {
        self.layers.extend(other.layers);
        self.links.extend(other.links);
        let (mine, theirs) = (&mut self.skipped, other.skipped);
        mine.overlays += theirs.overlays;
        mine.tours += theirs.tours;
        mine.models += theirs.models;
        mine.foreign_data += theirs.foreign_data;
        mine.inner_folders += theirs.inner_folders;
        mine.times_without_position += theirs.times_without_position;
        mine.unreadable_track_times += theirs.unreadable_track_times;
    }

    /// One of its layers, taken out.
    pub(super) fn take_layer(&mut self, number: usize) -> RawLayer {
        if self.layers.is_empty() {
            return std::mem::take(&mut self.empty);
        }
        self.layers.get_mut(number).map(std::mem::take).unwrap_or_default()
    }

    /// Its layers; an empty one where it has no placemarks.
    pub(super) fn layers(&self) -> &[RawLayer] {
        if self.layers.is_empty() { std::slice::from_ref(&self.empty) } else { &self.layers }
    }
}

/// A second container that ended without placemarks but with a schema of its own is an empty layer.
fn keep_empty(
    closed: Option<Container>,
    document: &mut Document,
    schemas: &Schemas,
) -> Result<(), FormatError> {
    if let Some(Container { name: Some(name), layer: None, schema: Some(number), .. }) = closed
        && let Some(schema) = schemas.numbered(number)
    {
        let mut layer = RawLayer { name, ..RawLayer::default() };
        layer.columns.add_schema(number, schema)?;
        document.layers.push(layer);
    }
    Ok(())
}

/// The layer of a placemark: that of the second container around it, or of the only one.
fn layer_of(open: &mut [Option<Container>], document: &mut Document, stem: &str) -> usize {
    let mut containers: Vec<&mut Container> = open.iter_mut().flatten().collect();
    let depth = containers.len();
    if let Some(innermost) = containers.last_mut()
        && depth > 2
        && !innermost.has_placemarks
    {
        innermost.has_placemarks = true;
        document.skipped.inner_folders += 1;
    }
    let owner = match &mut containers[..] {
        [] => None,
        [only] => Some(only),
        [_, second, ..] => Some(second),
    };
    let known = match &owner {
        Some(container) => container.layer,
        None => document.outside,
    };
    if let Some(number) = known {
        return number;
    }
    let number = document.layers.len();
    let name = match owner {
        Some(container) => {
            container.layer = Some(number);
            container.name.clone()
        }
        None => {
            document.outside = Some(number);
            None
        }
    };
    document.layers.push(RawLayer { name: name.unwrap_or_else(|| stem.to_owned()), ..RawLayer::default() });
    number
}
