//! Writing a feature collection.
//!
//! What is rounded: coordinates, to 2⁻⁴⁰ of the greatest one of the set, x and y together, z and m each.

use super::quantise::{Transform, paths_of};
use super::schema;
use super::wire::{put_bytes, put_double, put_float, put_number, put_some, put_varint, zigzag};
use crate::FormatError;
use crate::budget::StopCheck;
use gp_esri::{Attribute, Feature, FeatureSet, Field, FieldType, Geometry, SpatialReference};

/// `sqlTypeOther`, what services say of every field.
const SQL_TYPE_OTHER: u64 = 16;

pub(super) fn write(
    out: &mut Vec<u8>,
    set: &FeatureSet,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<String>, FormatError> {
    let transform = Transform::of(set);
    let mut result = Vec::new();
    if let Some(oid) = set.oid_index() {
        let name = set.fields[oid].name.as_bytes();
        put_bytes(&mut result, 1, name);
        let mut unique = Vec::new();
        put_bytes(&mut unique, 1, name);
        put_number(&mut unique, 2, 1);
        put_bytes(&mut result, 2, &unique);
    }
    if let Some(global_id) = set.fields.iter().find(|field| field.field_type == FieldType::GlobalId) {
        put_bytes(&mut result, 3, global_id.name.as_bytes());
    }
    put_some(&mut result, 7, schema::geometry_code(set.geometry_type).into());
    if let Some(reference) = &set.spatial_reference {
        put_bytes(&mut result, 8, &reference_message(reference));
    }
    for (number, flag) in [(9, set.exceeded_transfer_limit), (10, set.has_z), (11, set.has_m)] {
        put_some(&mut result, number, flag.into());
    }
    put_bytes(&mut result, 12, &transform_message(&transform));
    for field in &set.fields {
        put_bytes(&mut result, 13, &field_message(field));
    }
    let mut writer = FeatureWriter { set, transform, holes: 0, feature: Vec::new(), part: Vec::new() };
    let mut stop_check = StopCheck::new(stop);
    for feature in &set.features {
        stop_check.step()?;
        writer.write(feature);
        put_bytes(&mut result, 15, &writer.feature);
    }
    put_bytes(out, 1, b"1.0");
    // The lengths of messages stand before them: that of the result is known only now.
    let mut head = Vec::new();
    put_varint(&mut head, 1 << 3 | 2);
    put_varint(&mut head, result.len() as u64);
    put_varint(out, 2 << 3 | 2);
    put_varint(out, (head.len() + result.len()) as u64);
    out.extend(head);
    out.extend(result);
    let mut warnings = Vec::new();
    if writer.holes > 0 {
        warnings.push(format!(
            "{} vertices have no z or m: they were written as 0, because this format has no other way to say so",
            writer.holes
        ));
    }
    Ok(warnings)
}

fn reference_message(reference: &SpatialReference) -> Vec<u8> {
    let mut out = Vec::new();
    let codes = [reference.wkid, reference.latest_wkid, reference.vcs_wkid, reference.latest_vcs_wkid];
    for (number, code) in (1..).zip(codes) {
        put_some(&mut out, number, code.unwrap_or(0).into());
    }
    for (number, text) in [(5, &reference.wkt), (6, &reference.wkt2)] {
        if let Some(text) = text {
            put_bytes(&mut out, number, text.as_bytes());
        }
    }
    out
}

fn transform_message(transform: &Transform) -> Vec<u8> {
    let mut out = Vec::new();
    put_some(&mut out, 1, (!transform.is_upper_left).into());
    for (number, [x, y, z, m]) in [(2, transform.scale), (3, transform.translate)] {
        let mut ordinates = Vec::new();
        for (number, value) in (1..).zip([x, y, m, z]) {
            put_double(&mut ordinates, number, value);
        }
        put_bytes(&mut out, number, &ordinates);
    }
    out
}

fn field_message(field: &Field) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, 1, field.name.as_bytes());
    put_some(&mut out, 2, schema::field_code(field.field_type));
    put_bytes(&mut out, 3, field.alias.as_bytes());
    put_number(&mut out, 4, SQL_TYPE_OTHER);
    if let Some(domain) = &field.domain {
        put_bytes(&mut out, 5, domain.as_bytes());
    }
    out
}

struct FeatureWriter<'a> {
    set: &'a FeatureSet,
    transform: Transform,
    /// Vertices without a z or m that the set has.
    holes: usize,
    feature: Vec<u8>,
    /// The message within the feature that is being written.
    part: Vec<u8>,
}

impl FeatureWriter<'_> {
    /// Makes the message of a feature.
    fn write(&mut self, feature: &Feature) {
        self.feature.clear();
        for (field, value) in self.set.fields.iter().zip(&feature.attributes) {
            self.part.clear();
            put_value(&mut self.part, field.field_type, value);
            put_bytes(&mut self.feature, 1, &self.part);
        }
        let Some(geometry) = &feature.geometry else { return };
        let mut coordinates = Vec::new();
        self.part.clear();
        put_some(&mut self.part, 1, schema::geometry_code(Some(geometry.geometry_type())).into());
        if let Geometry::Point(point) = geometry {
            self.put_vertex(
                &mut coordinates,
                &mut [0; 4],
                [Some(point.xy[0]), Some(point.xy[1]), point.z, point.m],
            );
        } else {
            let mut lengths = Vec::new();
            for path in paths_of(geometry) {
                put_varint(&mut lengths, path.xy.len() as u64);
                let mut last = [0; 4];
                for (index, [x, y]) in path.xy.iter().enumerate() {
                    let (z, m) = (path.z.get(index).copied(), path.m.get(index).copied());
                    self.put_vertex(&mut coordinates, &mut last, [Some(*x), Some(*y), z, m]);
                }
            }
            put_bytes(&mut self.part, 2, &lengths);
        }
        put_bytes(&mut self.part, 3, &coordinates);
        put_bytes(&mut self.feature, 2, &self.part);
    }

    /// Appends the difference from the last vertex.
    fn put_vertex(&mut self, out: &mut Vec<u8>, last: &mut [i64; 4], ordinates: [Option<f64>; 4]) {
        let wanted = [true, true, self.set.has_z, self.set.has_m];
        let mut is_whole = true;
        for axis in (0..4).filter(|axis| wanted[*axis]) {
            let value = ordinates[axis].filter(|value| value.is_finite());
            is_whole &= value.is_some();
            let steps = self.transform.steps(axis, value.unwrap_or(0.0));
            put_varint(out, zigzag(steps.wrapping_sub(last[axis])));
            last[axis] = steps;
        }
        self.holes += usize::from(!is_whole);
    }
}

/// Appends a value; null is a message of nothing, which every parser understands.
fn put_value(out: &mut Vec<u8>, field_type: FieldType, value: &Attribute) {
    match value {
        Attribute::Null => {}
        Attribute::Text(text) => put_bytes(out, 1, text.as_bytes()),
        Attribute::Double(number) => {
            let single = *number as f32;
            if field_type == FieldType::Single && f64::from(single).to_bits() == number.to_bits() {
                put_float(out, 2, single);
            } else {
                put_double(out, 3, *number);
            }
        }
        Attribute::Integer(number) => match (field_type, u32::try_from(*number)) {
            (FieldType::SmallInteger | FieldType::Integer, _) => put_number(out, 4, zigzag(*number)),
            (FieldType::Oid, Ok(oid)) => put_number(out, 5, oid.into()),
            _ => put_number(out, 8, zigzag(*number)),
        },
    }
}
