//! One placemark: its texts and its shapes.

use super::coordinates;
use super::document::Skipped;
use super::element::Element;
use super::schema::{Schema, Schemas};
use crate::FormatError;
use crate::budget::Budget;
use crate::column_types::value_of;
use gp_esri::{Attribute, FieldType, Path};
use gp_geometry::{close, orient};
use std::collections::{HashMap, HashSet};

/// Elements of a placemark that are columns.
const TEXTS: &[&str] = &["name", "description", "address", "phoneNumber"];
/// Elements that are times: where they stand, and the column.
const TIMES: &[(&str, &str, &str)] =
    &[("TimeStamp", "when", "timestamp"), ("TimeSpan", "begin", "begin"), ("TimeSpan", "end", "end")];

/// More columns than any layer has; each is short in the file and long in memory.
const MAX_COLUMNS: usize = 10_000;

/// Where the values of a column come from, which decides their type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// An element of the placemark: text.
    Element,
    /// A time of the placemark.
    Time,
    /// Extended data without a type.
    Data,
    /// Extended data whose schema says the type.
    Declared(FieldType),
}

/// A column of a layer.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) alias: Option<String>,
    pub(super) source: Source,
}

/// The columns of a layer, as they come up.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    /// Where columns stand by their names, in lower case and as they were first written: of extended data, and of the rest.
    data_places: HashMap<String, usize>,
    element_places: HashMap<String, usize>,
    /// The schemas whose fields are all there.
    schemas: HashSet<usize>,
}

/// What a placemark holds.
#[derive(Debug, Default)]
pub(super) struct Placemark {
    /// Column and text, for the columns that it has.
    pub(super) values: Vec<(usize, Box<str>)>,
    pub(super) points: Path,
    pub(super) lines: Vec<Path>,
    pub(super) polygons: Vec<Path>,
    /// Whether its points stand in a collection.
    pub(super) is_multipoint: bool,
}

impl Columns {
    fn place(&mut self, name: &str, source: Source) -> Result<usize, FormatError> {
        let is_data = matches!(source, Source::Data | Source::Declared(_));
        let places = if is_data { &mut self.data_places } else { &mut self.element_places };
        // Nearly every placemark writes it as the first did.
        if let Some(place) = places.get(name) {
            return Ok(*place);
        }
        let lower = name.to_lowercase();
        if let Some(place) = places.get(&lower) {
            return Ok(*place);
        }
        let place = self.columns.len();
        if place == MAX_COLUMNS {
            return Err(FormatError::TooLarge(format!(
                "a layer of the file has more than {MAX_COLUMNS} fields, the most that are read"
            )));
        }
        places.insert(lower, place);
        places.insert(name.to_owned(), place);
        self.columns.push(Column { name: name.to_owned(), alias: None, source });
        Ok(place)
    }

    /// Adds all fields of a schema, so that those without any value are there too.
    pub(super) fn add_schema(&mut self, number: usize, schema: &Schema) -> Result<(), FormatError> {
        if !self.schemas.insert(number) {
            return Ok(());
        }
        for field in &schema.fields {
            let place = self.place(&field.name, Source::Declared(field.field_type))?;
            if let Some(column) = self.columns.get_mut(place) {
                column.source = Source::Declared(field.field_type);
                column.alias.clone_from(&field.alias);
            }
        }
        Ok(())
    }
}

/// The milliseconds since 1970 of a time. Years and months are times too.
pub(super) fn milliseconds_of(time: &str) -> Option<i64> {
    let whole = match time.len() {
        4 => format!("{time}-01-01"),
        7 => format!("{time}-01"),
        _ => time.to_owned(),
    };
    match value_of(&whole, FieldType::Date) {
        Some(Attribute::Integer(milliseconds)) => Some(milliseconds),
        _ => None,
    }
}

/// Reads a placemark into the columns of its layer.
pub(super) fn read(
    element: &Element,
    columns: &mut Columns,
    schemas: &Schemas,
    skipped: &mut Skipped,
    budget: &mut Budget<'_>,
) -> Result<Placemark, FormatError> {
    let mut placemark = Placemark::default();
    for name in TEXTS {
        if let Some(text) = element.child_text(name).filter(|text| !text.is_empty()) {
            placemark.values.push((columns.place(name, Source::Element)?, text.into()));
        }
    }
    for (outer, inner, name) in TIMES {
        let text = element.child(outer).and_then(|time| time.child_text(inner));
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            placemark.values.push((columns.place(name, Source::Time)?, text.into()));
        }
    }
    for data in element.children.iter().filter(|child| child.name == "ExtendedData") {
        read_data(data, columns, schemas, skipped, &mut placemark)?;
    }
    for child in &element.children {
        read_shape(child, &mut placemark, skipped, budget)?;
    }
    budget.feature(placemark.values.len(), None)?;
    budget.text(placemark.values.iter().map(|(_, text)| text.len()).sum())?;
    Ok(placemark)
}

fn read_data(
    data: &Element,
    columns: &mut Columns,
    schemas: &Schemas,
    skipped: &mut Skipped,
    placemark: &mut Placemark,
) -> Result<(), FormatError> {
    for child in &data.children {
        match child.name.as_str() {
            "Data" => {
                let place = columns.place(child.attribute("name").unwrap_or_default(), Source::Data)?;
                if let Some(value) = child.child("value") {
                    placemark.values.push((place, value.text.as_str().into()));
                }
            }
            "SchemaData" => {
                let url = child.attribute("schemaUrl").unwrap_or_default();
                let id = url.rsplit('#').next().unwrap_or_default();
                if let Some((number, schema)) = schemas.named(id) {
                    columns.add_schema(number, schema)?;
                }
                for value in &child.children {
                    if value.name != "SimpleData" {
                        skipped.foreign_data += 1;
                        continue;
                    }
                    let place = columns.place(value.attribute("name").unwrap_or_default(), Source::Data)?;
                    placemark.values.push((place, value.text.as_str().into()));
                }
            }
            _ => skipped.foreign_data += 1,
        }
    }
    Ok(())
}

/// Reads a geometry, and those in it; elements that are none are passed over. They nest no deeper than elements may.
fn read_shape(
    element: &Element,
    placemark: &mut Placemark,
    skipped: &mut Skipped,
    budget: &mut Budget<'_>,
) -> Result<(), FormatError> {
    let list = |budget: &mut Budget<'_>| match element.child("coordinates") {
        Some(list) => coordinates::read(&list.text, budget),
        None => Ok(Path::default()),
    };
    match element.name.as_str() {
        "Point" => {
            let path = list(budget)?;
            placemark.points.xy.extend(path.xy);
            placemark.points.z.extend(path.z);
        }
        "LineString" | "LinearRing" => push_line(placemark, list(budget)?),
        "Polygon" => {
            let mut rings = Vec::new();
            for boundary in &element.children {
                if !matches!(boundary.name.as_str(), "outerBoundaryIs" | "innerBoundaryIs") {
                    continue;
                }
                for ring in boundary.children.iter().filter(|ring| ring.name == "LinearRing") {
                    let Some(list) = ring.child("coordinates") else { continue };
                    let mut ring = coordinates::read(&list.text, budget)?;
                    close(&mut ring);
                    if !ring.xy.is_empty() {
                        rings.push(ring);
                    }
                }
            }
            orient(&mut rings);
            placemark.polygons.append(&mut rings);
        }
        "MultiGeometry" | "MultiTrack" => {
            let before = placemark.points.xy.len();
            for child in &element.children {
                read_shape(child, placemark, skipped, budget)?;
            }
            placemark.is_multipoint |= placemark.points.xy.len() > before;
        }
        "Track" => push_line(placemark, read_track(element, skipped, budget)?),
        "Model" => skipped.models += 1,
        _ => {}
    }
    Ok(())
}

fn push_line(placemark: &mut Placemark, path: Path) {
    if !path.xy.is_empty() {
        placemark.lines.push(path);
    }
}

/// A track is a line whose measures are the times, in seconds since 1970. The first time is that of the first position, and
/// so on; a position that is not known is an empty element.
fn read_track(
    element: &Element,
    skipped: &mut Skipped,
    budget: &mut Budget<'_>,
) -> Result<Path, FormatError> {
    let texts = |name: &'static str| {
        let named = element.children.iter().filter(move |child| child.name == name);
        named.map(|child| child.text.trim())
    };
    let mut path = Path::default();
    let mut times = texts("when");
    let mut seconds = Vec::new();
    for position in texts("coord") {
        let time = times.next().unwrap_or_default();
        if position.is_empty() {
            skipped.times_without_position += usize::from(!time.is_empty());
            continue;
        }
        coordinates::read_spaced(position, &mut path, budget)?;
        let milliseconds = milliseconds_of(time);
        skipped.unreadable_track_times += usize::from(milliseconds.is_none() && !time.is_empty());
        seconds.push(milliseconds.map_or(f64::NAN, |milliseconds| milliseconds as f64 / 1000.0));
    }
    skipped.times_without_position += times.filter(|time| !time.is_empty()).count();
    if seconds.iter().any(|seconds| seconds.is_finite()) {
        path.m = seconds;
    }
    Ok(path)
}
