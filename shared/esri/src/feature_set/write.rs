//! Writing feature sets (specification 2.8), straight into the reply's bytes.

use super::FeatureSet;
use crate::geometry::{WrittenGeometry, write_members};
use crate::json::{write_f64, write_i64, write_string};
use crate::{Attribute, Field};
use std::convert::Infallible;

/// How a feature set is written.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteOptions {
    /// Whether z is written where the set has it.
    pub z: bool,
    /// Whether m is written where the set has it.
    pub m: bool,
    /// Whether the features are left out because they are more than the service sends; says so in the set.
    pub omit_features: bool,
    /// The shape around the features.
    pub form: WriteForm,
    /// Most decimal places of coordinates; `None` writes the shortest text that reads back as the same number.
    pub decimals: Option<u8>,
}

/// The shape around the features.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteForm {
    /// `{"displayFieldName":"","geometryType":…,"features":[…]}`
    FeatureSet,
    /// `{"layerDefinition":{…},"featureSet":{…}}`
    FeatureCollection {
        /// The layer's name.
        name: String,
    },
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions { z: true, m: true, omit_features: false, form: WriteForm::FeatureSet, decimals: None }
    }
}

/// Bytes that are gathered before they are handed over as a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Appends `set` as JSON. A set without geometry type is written as a record set.
pub fn write_feature_set(out: &mut Vec<u8>, set: &FeatureSet, options: &WriteOptions) {
    let Ok(()) = write_form(out, set, options, &mut |_| Ok::<(), Infallible>(()));
}

/// As [`write_feature_set`], but the text is handed over in pieces, so that that of a large set never lies in memory whole.
///
/// # Errors
/// What `take` says of a piece; nothing is written after it.
pub fn write_feature_set_in_pieces<E>(
    set: &FeatureSet,
    options: &WriteOptions,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = Vec::new();
    write_form(&mut out, set, options, &mut |out| {
        if out.len() >= PIECE_BYTES {
            take(out)?;
            out.clear();
        }
        Ok(())
    })?;
    take(&out)
}

/// Calls `after_feature` after every feature; it may empty `out`.
fn write_form<E>(
    out: &mut Vec<u8>,
    set: &FeatureSet,
    options: &WriteOptions,
    after_feature: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    match &options.form {
        WriteForm::FeatureSet => write_set(out, set, options, after_feature)?,
        WriteForm::FeatureCollection { name } => {
            write_layer_definition(out, set, name);
            out.extend_from_slice(b",\"featureSet\":");
            write_set(out, set, options, after_feature)?;
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_set<E>(
    out: &mut Vec<u8>,
    set: &FeatureSet,
    options: &WriteOptions,
    after_feature: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let is_feature_set = options.form == WriteForm::FeatureSet;
    out.extend_from_slice(b"{\"displayFieldName\":\"\"");
    if is_feature_set && let Some(field) = object_id_field(set) {
        out.extend_from_slice(b",\"objectIdFieldName\":");
        write_string(out, &field.name);
    }
    let written =
        WrittenGeometry { z: options.z && set.has_z, m: options.m && set.has_m, decimals: options.decimals };
    if let Some(geometry_type) = set.geometry_type {
        if written.z {
            out.extend_from_slice(b",\"hasZ\":true");
        }
        if written.m {
            out.extend_from_slice(b",\"hasM\":true");
        }
        out.extend_from_slice(b",\"geometryType\":");
        write_string(out, geometry_type.name());
        if let Some(reference) = &set.spatial_reference {
            out.extend_from_slice(b",\"spatialReference\":");
            reference.write(out);
        }
    }
    if is_feature_set {
        write_fields(out, &set.fields);
    }
    out.extend_from_slice(b",\"features\":[");
    if !options.omit_features {
        write_features(out, set, &written, after_feature)?;
    }
    let exceeded = set.exceeded_transfer_limit || options.omit_features;
    out.extend_from_slice(b"],\"exceededTransferLimit\":");
    out.extend_from_slice(if exceeded { b"true}" } else { b"false}" });
    Ok(())
}

fn write_features<E>(
    out: &mut Vec<u8>,
    set: &FeatureSet,
    written: &WrittenGeometry,
    after_feature: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    // The keys are the same in every row: quoted once.
    let keys: Vec<Vec<u8>> =
        set.fields.iter().enumerate().map(|(place, field)| quoted_key(place, field)).collect();
    for (index, feature) in set.features.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"{\"attributes\":{" } else { b",{\"attributes\":{" });
        for (key, value) in keys.iter().zip(&feature.attributes) {
            out.extend_from_slice(key);
            match value {
                Attribute::Null => out.extend_from_slice(b"null"),
                Attribute::Integer(value) => write_i64(out, *value),
                Attribute::Double(value) => write_f64(out, *value),
                Attribute::Text(text) => write_string(out, text),
            }
        }
        out.push(b'}');
        match &feature.geometry {
            Some(geometry) => {
                out.extend_from_slice(b",\"geometry\":{");
                write_members(out, geometry, written);
                out.push(b'}');
            }
            None if set.geometry_type.is_some() => out.extend_from_slice(b",\"geometry\":null"),
            None => {}
        }
        out.push(b'}');
        after_feature(out)?;
    }
    Ok(())
}

/// `"name":` with the comma before it.
fn quoted_key(place: usize, field: &Field) -> Vec<u8> {
    let mut key = Vec::new();
    if place > 0 {
        key.push(b',');
    }
    write_string(&mut key, &field.name);
    key.push(b':');
    key
}

fn write_fields(out: &mut Vec<u8>, fields: &[Field]) {
    out.extend_from_slice(b",\"fields\":[");
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        field.write(out);
    }
    out.push(b']');
}

fn write_layer_definition(out: &mut Vec<u8>, set: &FeatureSet, name: &str) {
    out.extend_from_slice(b"{\"layerDefinition\":{\"name\":");
    write_string(out, name);
    match set.geometry_type {
        Some(geometry_type) => {
            out.extend_from_slice(b",\"type\":\"Feature Layer\",\"geometryType\":");
            write_string(out, geometry_type.name());
        }
        None => out.extend_from_slice(b",\"type\":\"Table\""),
    }
    if let Some(field) = object_id_field(set) {
        out.extend_from_slice(b",\"objectIdField\":");
        write_string(out, &field.name);
    }
    write_fields(out, &set.fields);
    out.extend_from_slice(b",\"templates\":[]}");
}

fn object_id_field(set: &FeatureSet) -> Option<&Field> {
    set.oid_index().and_then(|index| set.fields.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Feature, FieldType, Geometry, GeometryType, Point};

    #[test]
    fn pieces_put_together_are_the_whole_text_and_an_error_ends_the_writing() {
        let feature = |row: i64| Feature {
            attributes: vec![Attribute::Integer(row), Attribute::Text("é\"".repeat(20).into())],
            geometry: Some(Geometry::Point(Point::from_xy([row as f64, 0.5]))),
        };
        let set = FeatureSet {
            geometry_type: Some(GeometryType::Point),
            fields: vec![Field::new("OBJECTID", FieldType::Oid), Field::new("NAME", FieldType::String)],
            features: (0..5_000).map(feature).collect(),
            ..FeatureSet::default()
        };
        for form in [WriteForm::FeatureSet, WriteForm::FeatureCollection { name: "a".to_owned() }] {
            let options = WriteOptions { form, ..WriteOptions::default() };
            let mut whole = Vec::new();
            write_feature_set(&mut whole, &set, &options);
            let (mut together, mut largest) = (Vec::new(), 0);
            let taken = write_feature_set_in_pieces(&set, &options, |piece| {
                largest = largest.max(piece.len());
                together.extend_from_slice(piece);
                Ok::<(), ()>(())
            });
            assert_eq!((taken, together == whole), (Ok(()), true));
            assert!(largest < 2 * PIECE_BYTES);
            let mut pieces = 0;
            let full = write_feature_set_in_pieces(&set, &options, |_| {
                pieces += 1;
                if pieces == 2 { Err("full") } else { Ok(()) }
            });
            assert_eq!((full, pieces), (Err("full"), 2));
        }
    }
}
