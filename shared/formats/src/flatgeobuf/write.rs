//! Writing a file: header, index and features, in the order of the index where there is one.

use super::builder::{Builder, Reference, Slot};
use super::header::{ColumnType, slot};
use super::index::{self, Layout, NODE_SIZE};
use super::shapes::put_geometry;
use super::{FORMAT, MAGIC, MAX_FEATURE_BYTES, PREFIX_BYTES};
use crate::budget::StopCheck;
use crate::field_names::{lost_domains, written_as_text};
use crate::{FormatError, WriteLayer, authority};
use gp_esri::{Attribute, Envelope, Feature, FeatureSet, Field, FieldType, Geometry, GeometryType, date};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};

/// Writes a layer. Its features come in another order, that of the index; with features without geometry there is none.
pub(crate) fn write(
    path: &std::path::Path,
    layer: &WriteLayer<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let set = layer.features;
    let becomes_text = |field_type| column_type(field_type) == ColumnType::String;
    let mut warnings = Vec::from_iter(written_as_text(&set.fields, FORMAT, becomes_text));
    warnings.extend(lost_domains(&set.fields, FORMAT));
    let boxes: Vec<Envelope> = set
        .features
        .iter()
        .map(|feature| feature.geometry.as_ref().map_or(Envelope::EMPTY, Geometry::envelope))
        .collect();
    let without = boxes.iter().filter(|bounds| bounds.is_empty()).count();
    let node_size = if without == 0 { NODE_SIZE } else { 0 };
    if without > 0 && set.geometry_type.is_some() {
        warnings.push(format!("the file has no spatial index, because {without} features have no geometry"));
    }
    let layout = Layout::new(set.features.len() as u64, node_size)?;
    let extent = set.envelope();
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    if layout.has_nodes() {
        order.sort_by_cached_key(|row| index::hilbert(&boxes[*row], &extent));
    }
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&MAGIC)?;
    out.write_all(&header(layer, &extent, node_size))?;
    // The index is written when it is known where the features are; how long it is is known already.
    let index_at = out.stream_position()?;
    out.seek(SeekFrom::Start(index_at + layout.byte_len()))?;
    let mut leaves = Vec::with_capacity(if layout.has_nodes() { order.len() } else { 0 });
    let mut at = 0;
    let mut stop_check = StopCheck::new(stop);
    for row in order {
        stop_check.step()?;
        let bytes = feature(set, &set.features[row]);
        if bytes.len() - PREFIX_BYTES > MAX_FEATURE_BYTES {
            return Err(FormatError::Unsupported(format!(
                "feature {} takes more than {MAX_FEATURE_BYTES} bytes: simplify it, or write another format",
                set.oid_of(row)
            )));
        }
        if layout.has_nodes() {
            leaves.push((boxes[row], at));
        }
        at += bytes.len() as u64;
        out.write_all(&bytes)?;
    }
    if layout.has_nodes() {
        out.seek(SeekFrom::Start(index_at))?;
        out.write_all(&index::build(&layout, &leaves))?;
    }
    out.flush()?;
    Ok(warnings)
}

fn column_type(field_type: FieldType) -> ColumnType {
    match field_type {
        FieldType::SmallInteger => ColumnType::Short,
        FieldType::Integer => ColumnType::Int,
        FieldType::BigInteger | FieldType::Oid => ColumnType::Long,
        FieldType::Single => ColumnType::Float,
        FieldType::Double => ColumnType::Double,
        FieldType::Date => ColumnType::DateTime,
        _ => ColumnType::String,
    }
}

/// The number of the type of all geometries: lines and polygons are always Multi.
pub(super) fn geometry_code(geometry_type: Option<GeometryType>) -> u8 {
    match geometry_type {
        None => 0,
        Some(GeometryType::Point) => 1,
        Some(GeometryType::Multipoint) => 4,
        Some(GeometryType::Polyline) => 5,
        Some(GeometryType::Polygon) => 6,
    }
}

fn header(layer: &WriteLayer<'_>, extent: &Envelope, node_size: u16) -> Vec<u8> {
    let set = layer.features;
    let (mut builder, root) = Builder::new();
    let mut slots = [Slot::Default; slot::CRS + 1];
    slots[slot::NAME] = Slot::Reference;
    // The envelope.
    slots[1] = if extent.is_empty() { Slot::Default } else { Slot::Reference };
    slots[slot::GEOMETRY_TYPE] = Slot::U8(geometry_code(set.geometry_type));
    slots[slot::HAS_Z] = Slot::U8(set.has_z.into());
    slots[slot::HAS_M] = Slot::U8(set.has_m.into());
    slots[slot::COLUMNS] = Slot::Reference;
    slots[slot::FEATURES_COUNT] = Slot::U64(set.features.len() as u64);
    slots[slot::INDEX_NODE_SIZE] = Slot::U16(node_size);
    let reference = set.spatial_reference.as_ref();
    slots[slot::CRS] = if reference.is_some() { Slot::Reference } else { Slot::Default };
    let mut references = builder.table(root, &slots).into_iter();
    let mut next = || references.next();
    if let Some(at) = next() {
        builder.text(at, layer.name);
    }
    if !extent.is_empty()
        && let Some(at) = next()
    {
        builder.f64_vector(at, &[extent.xmin, extent.ymin, extent.xmax, extent.ymax]);
    }
    if let Some(at) = next() {
        let columns = builder.table_vector(at, set.fields.len());
        for (at, field) in columns.into_iter().zip(&set.fields) {
            put_column(&mut builder, at, field);
        }
    }
    if let (Some(reference), Some(at)) = (reference, next()) {
        let code = reference.code();
        let wkt = reference.wkt2.as_deref().or(reference.wkt.as_deref());
        let slots = [
            code.map_or(Slot::Default, |_| Slot::Reference),
            code.map_or(Slot::Default, |code| Slot::I32(code.cast_signed())),
            Slot::Default,
            Slot::Default,
            wkt.map_or(Slot::Default, |_| Slot::Reference),
        ];
        let texts = [code.map(authority::of_code), wkt];
        let places = builder.table(at, &slots);
        places.into_iter().zip(texts.into_iter().flatten()).for_each(|(at, text)| builder.text(at, text));
    }
    builder.finish()
}

fn put_column(builder: &mut Builder, at: Reference, field: &Field) {
    let is_key = field.field_type == FieldType::Oid;
    let column_type = column_type(field.field_type);
    let has_title = field.alias != field.name;
    let width = field.length.filter(|_| column_type == ColumnType::String);
    let slots = [
        Slot::Reference,
        Slot::U8(column_type.code()),
        if has_title { Slot::Reference } else { Slot::Default },
        Slot::Default,
        width.map_or(Slot::Default, |width| Slot::I32(width.cast_signed())),
        Slot::Default,
        Slot::Default,
        if is_key || field.nullable == Some(false) { Slot::U8(0) } else { Slot::Default },
        if is_key { Slot::U8(1) } else { Slot::Default },
        if is_key { Slot::U8(1) } else { Slot::Default },
    ];
    let texts = [Some(&field.name), has_title.then_some(&field.alias)];
    let places = builder.table(at, &slots);
    places.into_iter().zip(texts.into_iter().flatten()).for_each(|(at, text)| builder.text(at, text));
}

fn feature(set: &FeatureSet, feature: &Feature) -> Vec<u8> {
    let (mut builder, root) = Builder::new();
    let geometry = feature.geometry.as_ref();
    let slots = [geometry.map_or(Slot::Default, |_| Slot::Reference), Slot::Reference];
    let mut references = builder.table(root, &slots).into_iter();
    if let (Some(geometry), Some(at)) = (geometry, geometry.and_then(|_| references.next())) {
        put_geometry(&mut builder, at, set, geometry);
    }
    if let Some(at) = references.next() {
        builder.byte_vector(at, &properties(set, feature));
    }
    builder.finish()
}

/// The values that are not null, each after the number of its column.
fn properties(set: &FeatureSet, feature: &Feature) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, (field, value)) in set.fields.iter().zip(&feature.attributes).enumerate() {
        if *value == Attribute::Null {
            continue;
        }
        out.extend((index as u16).to_le_bytes());
        let number = match value {
            Attribute::Integer(number) => *number as f64,
            Attribute::Double(number) => *number,
            _ => f64::NAN,
        };
        let whole = if let Attribute::Integer(whole) = value { *whole } else { number as i64 };
        match column_type(field.field_type) {
            ColumnType::Short => out.extend((whole as i16).to_le_bytes()),
            ColumnType::Int => out.extend((whole as i32).to_le_bytes()),
            ColumnType::Long => out.extend(whole.to_le_bytes()),
            ColumnType::Float => out.extend((number as f32).to_le_bytes()),
            ColumnType::Double => out.extend(number.to_le_bytes()),
            ColumnType::DateTime => put_text(&mut out, &date::date_to_text(whole)),
            _ => match value {
                Attribute::Text(text) => put_text(&mut out, text),
                Attribute::Integer(number) => put_text(&mut out, &number.to_string()),
                _ => put_text(&mut out, &number.to_string()),
            },
        }
    }
    out
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}
