//! Writing a set as comma-separated values: points on WGS 84 as `lon` and `lat`, others as `x` and `y`, the rest as well-known
//! text.

use super::header::{WKT_NAMES, WRITTEN_PAIRS, is_wkt_name, needed_declaration, plain};
use super::{FORMAT, WGS84};
use crate::field_names::lost_descriptions;
use crate::text::{self, write_double};
use crate::wkt::{is_wkt_like, write_wkt};
use crate::{FormatError, WriteLayer};
use gp_esri::json::{write_f64, write_i64};
use gp_esri::{Attribute, FeatureSet, FieldType, Geometry, GeometryType, SpatialReference, date};
use std::path::Path;

/// How the geometry is written; its columns come first.
enum Columns {
    None,
    Xy { names: [&'static str; 3], has_z: bool, is_degrees: bool },
    Wkt(String),
}

pub(crate) fn write(
    path: &Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let set = layer.features;
    let columns = columns(set);
    let mut file = text::create(path)?;
    let mut out = text::Output::new(&mut file, stop);
    write_header(&mut out.bytes, set, &columns);
    for feature in &set.features {
        let start = out.bytes.len();
        write_geometry(&mut out.bytes, feature.geometry.as_ref(), &columns);
        for (field, value) in set.fields.iter().zip(&feature.attributes) {
            write_value(&mut out.bytes, value, field.field_type);
            out.bytes.push(b',');
        }
        end_line(&mut out.bytes, start);
        out.feature_done()?;
    }
    out.finish()?;
    Ok(warnings(set, &columns))
}

fn columns(set: &FeatureSet) -> Columns {
    let taken: Vec<String> = set.fields.iter().map(|field| plain(&field.name)).collect();
    let free = |name: &str| !taken.contains(&plain(name));
    match set.geometry_type {
        None => Columns::None,
        Some(GeometryType::Point) if !has_wkt_of_its_own(set) => {
            let free_pairs = || WRITTEN_PAIRS.iter().filter(|(x, y, z, _)| free(x) && free(y) && free(z));
            let in_degrees = || free_pairs().find(|(.., is_degrees)| *is_degrees);
            let others = || free_pairs().find(|(.., is_degrees)| !*is_degrees);
            let pair = if is_wgs84(set) { in_degrees().or_else(others) } else { others() };
            match pair {
                Some((x, y, z, is_degrees)) => {
                    Columns::Xy { names: [*x, *y, *z], has_z: set.has_z, is_degrees: *is_degrees }
                }
                None => Columns::Wkt(wkt_name(set)),
            }
        }
        Some(_) => Columns::Wkt(wkt_name(set)),
    }
}

/// Whether a reader would take a field for the geometry.
fn has_wkt_of_its_own(set: &FeatureSet) -> bool {
    set.fields.iter().enumerate().filter(|(_, field)| is_wkt_name(&plain(&field.name))).any(|(place, _)| {
        let values = set.features.iter().filter_map(|feature| feature.attributes.get(place));
        let mut texts = values.filter_map(|value| match value {
            Attribute::Text(text) if !text.trim().is_empty() => Some(is_wkt_like(text)),
            _ => None,
        });
        texts.next() == Some(true)
    })
}

/// Whether the points are longitudes and latitudes on WGS 84, which the names of their columns then say.
fn is_wgs84(set: &FeatureSet) -> bool {
    let bounds = set.envelope();
    let is_within =
        bounds.xmin >= -180.0 && bounds.xmax <= 180.0 && bounds.ymin >= -90.0 && bounds.ymax <= 90.0;
    set.spatial_reference.as_ref().and_then(SpatialReference::code) == Some(WGS84)
        && (bounds.is_empty() || is_within)
}

/// A name that no field has.
fn wkt_name(set: &FeatureSet) -> String {
    let taken: Vec<String> = set.fields.iter().map(|field| plain(&field.name)).collect();
    let free = WKT_NAMES.iter().find(|name| !taken.contains(&plain(name)));
    free.map_or_else(|| WKT_NAMES[0].to_owned(), |name| (*name).to_owned())
}

fn write_header(out: &mut Vec<u8>, set: &FeatureSet, columns: &Columns) {
    let start = out.len();
    let geometry: Vec<&str> = match columns {
        Columns::None => Vec::new(),
        Columns::Xy { names, has_z, .. } => names.iter().take(2 + usize::from(*has_z)).copied().collect(),
        Columns::Wkt(name) => vec![name.as_str()],
    };
    for name in geometry {
        write_text(out, name);
        out.push(b',');
    }
    for field in &set.fields {
        match needed_declaration(&field.name, field.field_type) {
            Some(word) => write_text(out, &format!("{}:{word}", field.name)),
            None => write_text(out, &field.name),
        }
        out.push(b',');
    }
    end_line(out, start);
}

/// Makes the last comma of a line its end.
fn end_line(out: &mut Vec<u8>, start: usize) {
    if out.len() > start {
        out.pop();
    }
    out.push(b'\n');
}

fn write_geometry(out: &mut Vec<u8>, geometry: Option<&Geometry>, columns: &Columns) {
    match columns {
        Columns::None => {}
        Columns::Xy { has_z, .. } => {
            let point = match geometry {
                Some(Geometry::Point(point)) => Some(point),
                _ => None,
            };
            let ordinates = [
                point.map(|point| point.xy[0]),
                point.map(|point| point.xy[1]),
                point.and_then(|point| point.z),
            ];
            for ordinate in ordinates.into_iter().take(2 + usize::from(*has_z)) {
                if let Some(value) = ordinate {
                    write_f64(out, value);
                }
                out.push(b',');
            }
        }
        Columns::Wkt(_) => {
            if let Some(geometry) = geometry {
                let mut text = Vec::new();
                write_wkt(&mut text, geometry);
                // There are commas in all but points.
                out.push(b'"');
                out.extend_from_slice(&text);
                out.push(b'"');
            }
            out.push(b',');
        }
    }
}

fn write_value(out: &mut Vec<u8>, value: &Attribute, field_type: FieldType) {
    match value {
        Attribute::Null => {}
        Attribute::Integer(value) if field_type == FieldType::Date => {
            out.extend_from_slice(date::date_to_text(*value).as_bytes());
        }
        Attribute::Integer(value) => write_i64(out, *value),
        Attribute::Double(value) => write_double(out, *value),
        Attribute::Text(text) => write_text(out, text),
    }
}

/// In quotes where it is needed: an empty text is no null, and other readers trim spaces.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let special = |byte: u8| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\n' | b'\r');
    if !text.is_empty() && text.trim().len() == text.len() && !text.bytes().any(special) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

fn warnings(set: &FeatureSet, columns: &Columns) -> Vec<String> {
    let mut warnings = Vec::new();
    if let (Some(_), Some(reference)) = (set.geometry_type, &set.spatial_reference)
        && !matches!(columns, Columns::Xy { is_degrees: true, .. })
    {
        warnings.push(format!("{FORMAT} holds no spatial reference: {reference} was not written"));
    }
    if set.has_m && set.geometry_type == Some(GeometryType::Point) {
        warnings.push(format!("points in {FORMAT} have no measures here: m was not written"));
    }
    warnings.extend(lost_descriptions(&set.fields, FORMAT));
    warnings
}
