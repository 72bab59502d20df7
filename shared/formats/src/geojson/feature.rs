//! Writing one feature as GeoJSON, for a collection or a line of its own.

use crate::degrees::Degrees;
use crate::field_names::lost_descriptions;
use crate::outlines::{Outline, polygons};
use crate::text::write_double;
use gp_esri::json::{write_f64, write_i64, write_string};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry, date};

/// Writes the features of a set.
pub(crate) struct FeatureWriter<'a> {
    set: &'a FeatureSet,
    /// `"name":` of each field, with the comma before it.
    keys: Vec<Vec<u8>>,
    degrees: Degrees,
}

impl<'a> FeatureWriter<'a> {
    pub(crate) fn new(set: &'a FeatureSet) -> FeatureWriter<'a> {
        let mut keys = Vec::new();
        for (place, field) in set.fields.iter().enumerate() {
            let mut key = if place == 0 { Vec::new() } else { vec![b','] };
            write_string(&mut key, &field.name);
            key.push(b':');
            keys.push(key);
        }
        FeatureWriter { set, keys, degrees: Degrees::default() }
    }

    /// Appends a feature on one line, without the end of the line.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, row: usize) {
        let Some(feature) = self.set.features.get(row) else { return };
        out.extend_from_slice(b"{\"type\":\"Feature\"");
        if self.set.oid_index().is_some() {
            out.extend_from_slice(b",\"id\":");
            write_i64(out, self.set.oid_of(row));
        }
        out.extend_from_slice(b",\"properties\":{");
        for ((key, field), value) in self.keys.iter().zip(&self.set.fields).zip(&feature.attributes) {
            out.extend_from_slice(key);
            match value {
                Attribute::Null => out.extend_from_slice(b"null"),
                Attribute::Integer(value) if field.field_type == FieldType::Date => {
                    write_string(out, &date::date_to_text(*value));
                }
                Attribute::Integer(value) => write_i64(out, *value),
                Attribute::Double(value) => write_double(out, *value),
                Attribute::Text(text) => write_string(out, text),
            }
        }
        out.extend_from_slice(b"},\"geometry\":");
        let geometry = feature.geometry.as_ref().and_then(|geometry| self.degrees.within(geometry, self.set));
        match geometry {
            Some(geometry) => write_geometry(out, &geometry),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }

    /// Sentences about what was lost.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        let mut warnings = self.degrees.into_warnings(self.set, super::FORMAT);
        warnings.extend(lost_descriptions(&self.set.fields, super::FORMAT));
        warnings
    }
}

fn write_geometry(out: &mut Vec<u8>, geometry: &Geometry) {
    let opening = |out: &mut Vec<u8>, name: &str| {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\",\"coordinates\":");
    };
    match geometry {
        Geometry::Point(point) => {
            opening(out, "Point");
            write_position(out, point.xy, point.z);
        }
        Geometry::Multipoint(points) => {
            opening(out, "MultiPoint");
            write_outline(out, Outline::of_path(points));
        }
        Geometry::Polyline(paths) => {
            let lines: Vec<Outline<'_>> = paths.iter().map(Outline::of_path).collect();
            if let [line] = lines[..] {
                opening(out, "LineString");
                write_outline(out, line);
            } else {
                opening(out, "MultiLineString");
                write_list(out, &lines, |out, line| write_outline(out, *line));
            }
        }
        Geometry::Polygon(rings) => {
            let polygons = polygons(rings);
            let polygon = |out: &mut Vec<u8>, rings: &Vec<Outline<'_>>| {
                write_list(out, rings, |out, ring| write_outline(out, *ring));
            };
            if let [only] = &polygons[..] {
                opening(out, "Polygon");
                polygon(out, only);
            } else {
                opening(out, "MultiPolygon");
                write_list(out, &polygons, polygon);
            }
        }
    }
    out.push(b'}');
}

fn write_outline(out: &mut Vec<u8>, outline: Outline<'_>) {
    out.push(b'[');
    for (place, (xy, z)) in outline.vertices().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_position(out, xy, z);
    }
    out.push(b']');
}

fn write_position(out: &mut Vec<u8>, [longitude, latitude]: [f64; 2], z: Option<f64>) {
    out.push(b'[');
    write_f64(out, longitude);
    out.push(b',');
    write_f64(out, latitude);
    if let Some(z) = z.filter(|z| z.is_finite()) {
        out.push(b',');
        write_f64(out, z);
    }
    out.push(b']');
}

fn write_list<T>(out: &mut Vec<u8>, list: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (place, item) in list.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}
