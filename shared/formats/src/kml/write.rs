//! Writing layers as KML: each a document of its own within one, with its schema. GDAL finds a schema in a KMZ only there.

use super::FORMAT;
use super::xml_text::XmlText;
use crate::degrees::Degrees;
use crate::field_names::lost_domains;
use crate::layers::within_layer;
use crate::outlines::{Outline, polygons};
use crate::text::{Output, some_of};
use crate::{FormatError, WriteLayer};
use gp_esri::json::{write_f64, write_i64};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, Xy, date};
use std::io::Write;

/// Writes a document of layers. Placemarks are named by the field `name`, or the first one of text.
pub(crate) fn write_document(
    to: &mut dyn Write,
    layers: &[WriteLayer<'_>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let mut out = Output::new(to, stop);
    let mut text = XmlText::default();
    let mut warnings = Vec::new();
    out.bytes.extend_from_slice(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n",
    );
    for (number, layer) in layers.iter().enumerate() {
        let wide = wide_columns(layer.features);
        out.bytes.extend_from_slice(b"<Document>\n<name>");
        text.write(&mut out.bytes, layer.name);
        out.bytes.extend_from_slice(b"</name>\n");
        write_schema(&mut out.bytes, &mut text, layer, number, &wide);
        let mut writer = PlacemarkWriter::new(layer.features, number, &mut text);
        for row in 0..layer.features.features.len() {
            writer.write(&mut out.bytes, row);
            out.feature_done()?;
        }
        let mut of_layer = writer.into_warnings();
        let fields = wide.iter().filter_map(|column| layer.features.fields.get(*column));
        let names: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
        if !names.is_empty() {
            of_layer.push(format!(
                "{FORMAT} has no whole numbers of 64 bits: those of {} were written as text",
                some_of(&names)
            ));
        }
        warnings.extend(within_layer(layers, layer.name, of_layer));
        out.bytes.extend_from_slice(b"</Document>\n");
    }
    out.bytes.extend_from_slice(b"</Document>\n</kml>\n");
    out.finish()?;
    if text.damaged > 0 {
        let count = text.damaged;
        warnings.push(format!(
            "texts with control characters, which {FORMAT} cannot hold and which were left out: {count}"
        ));
    }
    Ok(warnings)
}

/// The columns of whole numbers that 32 bits do not hold: readers cut them off if they are called integers.
fn wide_columns(set: &FeatureSet) -> Vec<usize> {
    let is_wide = |value: Option<&Attribute>| matches!(value, Some(Attribute::Integer(value)) if i32::try_from(*value).is_err());
    let mut wide = Vec::new();
    for (column, field) in set.fields.iter().enumerate() {
        let may_be = matches!(field.field_type, FieldType::BigInteger | FieldType::Oid);
        if may_be && set.features.iter().any(|feature| is_wide(feature.attributes.get(column))) {
            wide.push(column);
        }
    }
    wide
}

fn write_schema(
    out: &mut Vec<u8>,
    text: &mut XmlText,
    layer: &WriteLayer<'_>,
    number: usize,
    wide: &[usize],
) {
    out.extend_from_slice(b"<Schema name=\"");
    text.write(out, layer.name);
    out.extend_from_slice(b"\" id=\"");
    write_schema_id(out, number);
    out.extend_from_slice(b"\">\n");
    for (column, field) in layer.features.fields.iter().enumerate() {
        out.extend_from_slice(b"<SimpleField type=\"");
        let type_name = if wide.contains(&column) { "string" } else { type_name(field.field_type) };
        out.extend_from_slice(type_name.as_bytes());
        out.extend_from_slice(b"\" name=\"");
        text.write(out, &field.name);
        if field.alias == field.name {
            out.extend_from_slice(b"\"/>\n");
            continue;
        }
        out.extend_from_slice(b"\"><displayName>");
        text.write(out, &field.alias);
        out.extend_from_slice(b"</displayName></SimpleField>\n");
    }
    out.extend_from_slice(b"</Schema>\n");
}

fn write_schema_id(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(b"schema_");
    write_i64(out, number as i64 + 1);
}

/// The type in a schema (KML 2.2, section 9.9). There is none for dates, which are text.
fn type_name(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::SmallInteger => "short",
        FieldType::Integer | FieldType::BigInteger | FieldType::Oid => "int",
        FieldType::Single => "float",
        FieldType::Double => "double",
        _ => "string",
    }
}

struct PlacemarkWriter<'a> {
    set: &'a FeatureSet,
    /// `<SimpleData name="…">` of each field.
    openings: Vec<Vec<u8>>,
    schema: Vec<u8>,
    /// The field that names placemarks.
    display: Option<usize>,
    text: &'a mut XmlText,
    degrees: Degrees,
}

impl<'a> PlacemarkWriter<'a> {
    fn new(set: &'a FeatureSet, number: usize, text: &'a mut XmlText) -> PlacemarkWriter<'a> {
        let mut openings = Vec::new();
        for field in &set.fields {
            let mut opening = b"<SimpleData name=\"".to_vec();
            text.write(&mut opening, &field.name);
            opening.extend_from_slice(b"\">");
            openings.push(opening);
        }
        let mut schema = Vec::new();
        write_schema_id(&mut schema, number);
        let is_text = |field: &Field| field.field_type == FieldType::String;
        let named = set.field_index("name").filter(|index| set.fields.get(*index).is_some_and(is_text));
        let display = named.or_else(|| set.fields.iter().position(is_text));
        PlacemarkWriter { set, openings, schema, display, text, degrees: Degrees::default() }
    }

    fn write(&mut self, out: &mut Vec<u8>, row: usize) {
        let Some(feature) = self.set.features.get(row) else { return };
        out.extend_from_slice(b"<Placemark>");
        let name = self.display.and_then(|display| feature.attributes.get(display));
        if let Some(Attribute::Text(name)) = name
            && !name.trim().is_empty()
        {
            out.extend_from_slice(b"<name>");
            self.text.write(out, name);
            out.extend_from_slice(b"</name>");
        }
        if !self.openings.is_empty() {
            out.extend_from_slice(b"<ExtendedData><SchemaData schemaUrl=\"#");
            out.extend_from_slice(&self.schema);
            out.extend_from_slice(b"\">");
            for ((opening, field), value) in
                self.openings.iter().zip(&self.set.fields).zip(&feature.attributes)
            {
                if *value == Attribute::Null {
                    continue;
                }
                out.extend_from_slice(opening);
                match value {
                    Attribute::Null => {}
                    Attribute::Integer(value) if field.field_type == FieldType::Date => {
                        out.extend_from_slice(date::date_to_text(*value).as_bytes());
                    }
                    Attribute::Integer(value) => write_i64(out, *value),
                    Attribute::Double(value) => write_f64(out, *value),
                    Attribute::Text(text) => self.text.write(out, text),
                }
                out.extend_from_slice(b"</SimpleData>");
            }
            out.extend_from_slice(b"</SchemaData></ExtendedData>");
        }
        let geometry = feature.geometry.as_ref().and_then(|geometry| self.degrees.within(geometry, self.set));
        if let Some(geometry) = geometry {
            write_geometry(out, &geometry, self.set.has_z);
        }
        out.extend_from_slice(b"</Placemark>\n");
    }

    fn into_warnings(self) -> Vec<String> {
        let mut warnings = self.degrees.into_warnings(self.set, FORMAT);
        warnings.extend(lost_domains(&self.set.fields, FORMAT));
        warnings
    }
}

fn write_geometry(out: &mut Vec<u8>, geometry: &Geometry, has_z: bool) {
    match geometry {
        Geometry::Point(point) => write_point(out, (point.xy, point.z), has_z),
        Geometry::Multipoint(points) => {
            out.extend_from_slice(b"<MultiGeometry>");
            for vertex in Outline::of_path(points).vertices() {
                write_point(out, vertex, has_z);
            }
            out.extend_from_slice(b"</MultiGeometry>");
        }
        Geometry::Polyline(paths) => {
            let multi = begin_multi(out, paths.len());
            for path in paths {
                begin(out, "LineString", has_z);
                write_coordinates(out, Outline::of_path(path).vertices());
                out.extend_from_slice(b"</LineString>");
            }
            out.extend_from_slice(multi);
        }
        Geometry::Polygon(rings) => {
            let polygons = polygons(rings);
            let multi = begin_multi(out, polygons.len());
            for polygon in &polygons {
                begin(out, "Polygon", has_z);
                for (place, ring) in polygon.iter().enumerate() {
                    let boundary = if place == 0 { "outerBoundaryIs" } else { "innerBoundaryIs" };
                    out.extend_from_slice(format!("<{boundary}><LinearRing>").as_bytes());
                    write_coordinates(out, ring.vertices());
                    out.extend_from_slice(format!("</LinearRing></{boundary}>").as_bytes());
                }
                out.extend_from_slice(b"</Polygon>");
            }
            out.extend_from_slice(multi);
        }
    }
}

/// Begins a collection where there are several; returns what ends it.
fn begin_multi(out: &mut Vec<u8>, count: usize) -> &'static [u8] {
    if count == 1 {
        return b"";
    }
    out.extend_from_slice(b"<MultiGeometry>");
    b"</MultiGeometry>"
}

/// Opens a shape; altitudes are above sea level, since viewers otherwise lay it on the ground.
fn begin(out: &mut Vec<u8>, name: &str, has_z: bool) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    if has_z {
        out.extend_from_slice(b"<altitudeMode>absolute</altitudeMode>");
    }
}

fn write_point(out: &mut Vec<u8>, vertex: (Xy, Option<f64>), has_z: bool) {
    begin(out, "Point", has_z);
    write_coordinates(out, std::iter::once(vertex));
    out.extend_from_slice(b"</Point>");
}

fn write_coordinates(out: &mut Vec<u8>, vertices: impl Iterator<Item = (Xy, Option<f64>)>) {
    out.extend_from_slice(b"<coordinates>");
    for (place, ([longitude, latitude], z)) in vertices.enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        write_f64(out, longitude);
        out.push(b',');
        write_f64(out, latitude);
        if let Some(z) = z.filter(|z| z.is_finite()) {
            out.push(b',');
            write_f64(out, z);
        }
    }
    out.extend_from_slice(b"</coordinates>");
}
