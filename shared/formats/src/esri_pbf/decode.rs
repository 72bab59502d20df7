//! Reading a feature collection.

use super::quantise::Transform;
use super::schema::{self, MULTIPATCH, NO_GEOMETRY};
use super::shapes::Shapes;
use super::wire::{Message, Wire, malformed};
use crate::gather::{Gathering, MAX_FIELDS};
use crate::{FormatError, ReadLayer, ReadOptions};
use gp_esri::json::Reader;
use gp_esri::{Attribute, FeatureSet, Field, FieldType, SpatialReference};

/// What stands before the features.
struct Header {
    set: FeatureSet,
    transform: Transform,
    object_id_field: String,
}

/// Reads the answer to a query.
pub(super) fn read(bytes: &[u8], name: &str, options: &ReadOptions<'_>) -> Result<ReadLayer, FormatError> {
    let result = feature_result(bytes)?;
    // The header's fields have higher numbers than some that need them, so it is read first and the features after it.
    let mut header = read_header(result.clone())?;
    if header.set.oid_index().is_none()
        && let Some(index) = header.set.field_index(&header.object_id_field)
        && header.set.fields[index].field_type.is_integer()
    {
        header.set.fields[index].field_type = FieldType::Oid;
    }
    let mut shapes = Shapes {
        transform: header.transform,
        geometry_type: header.set.geometry_type,
        has_z: header.set.has_z,
        has_m: header.set.has_m,
        lengths: Vec::new(),
        coordinates: Vec::new(),
    };
    let mut gathering = Gathering::new(options, header.set);
    let mut message = result;
    let mut count = 0_usize;
    while let Some((number, value)) = message.next()? {
        if number == 15 {
            count += 1;
            let read = value.message().and_then(|feature| read_feature(feature, &mut shapes, &mut gathering));
            read.map_err(|error| error.within(format_args!("feature {count}")))?;
        }
    }
    Ok(gathering.finish(name))
}

fn feature_result(bytes: &[u8]) -> Result<Message<'_>, FormatError> {
    let mut message = Message::new(bytes);
    while let Some((number, value)) = message.next()? {
        if number != 2 {
            continue;
        }
        let mut result = value.message()?;
        while let Some((number, value)) = result.next()? {
            let what = match number {
                1 => return value.message(),
                2 => "a count",
                3 => "object ids",
                4 => "an extent",
                _ => continue,
            };
            return Err(FormatError::Unsupported(format!(
                "the file holds {what} and no features: query the layer without asking for that only"
            )));
        }
    }
    Err(malformed("it holds no result of a query"))
}

fn read_header(mut message: Message<'_>) -> Result<Header, FormatError> {
    let mut set = FeatureSet::default();
    let mut transform = Transform::IDENTITY;
    let mut object_id_field = String::new();
    let mut geometry_code = 0;
    while let Some((number, value)) = message.next()? {
        match number {
            1 => value.text()?.clone_into(&mut object_id_field),
            7 => geometry_code = value.u32()?,
            8 => set.spatial_reference = read_reference(value.message()?)?,
            9 => set.exceeded_transfer_limit = value.flag()?,
            10 => set.has_z = value.flag()?,
            11 => set.has_m = value.flag()?,
            12 => transform = read_transform(value.message()?)?,
            13 if set.fields.len() == MAX_FIELDS => {
                return Err(FormatError::TooLarge(format!("the layer has more than {MAX_FIELDS} fields")));
            }
            13 => set.fields.push(read_field(value.message()?)?),
            _ => {}
        }
    }
    set.geometry_type = schema::geometry_type(geometry_code);
    if set.geometry_type.is_none() && geometry_code != NO_GEOMETRY {
        return Err(if geometry_code == MULTIPATCH {
            FormatError::Unsupported(
                "the layer holds multipatches, which cannot be read: use its footprints".to_owned(),
            )
        } else {
            malformed(format_args!("{geometry_code} is no geometry type of a layer"))
        });
    }
    Ok(Header { set, transform, object_id_field })
}

fn read_reference(mut message: Message<'_>) -> Result<Option<SpatialReference>, FormatError> {
    let mut reference = SpatialReference::default();
    let code = |value: Wire<'_>| value.u32().map(|code| (code != 0 && code != u32::MAX).then_some(code));
    let text = |value: Wire<'_>| value.text().map(|text| (!text.is_empty()).then(|| text.into()));
    while let Some((number, value)) = message.next()? {
        match number {
            1 => reference.wkid = code(value)?,
            2 => reference.latest_wkid = code(value)?,
            3 => reference.vcs_wkid = code(value)?,
            4 => reference.latest_vcs_wkid = code(value)?,
            5 => reference.wkt = text(value)?,
            6 => reference.wkt2 = text(value)?,
            _ => {}
        }
    }
    if let (Some(wkid), None) = (reference.wkid, reference.latest_wkid) {
        reference.latest_wkid = SpatialReference::from_wkid(wkid).latest_wkid;
    }
    let is_known = reference.code().is_some() || reference.wkt.is_some() || reference.wkt2.is_some();
    Ok(is_known.then_some(reference))
}

fn read_transform(mut message: Message<'_>) -> Result<Transform, FormatError> {
    let mut transform = Transform { is_upper_left: true, ..Transform::IDENTITY };
    while let Some((number, value)) = message.next()? {
        match number {
            1 => transform.is_upper_left = value.unsigned()? == 0,
            2 => read_ordinates(value.message()?, &mut transform.scale)?,
            3 => read_ordinates(value.message()?, &mut transform.translate)?,
            _ => {}
        }
    }
    // A number that is left out is 0, and no step has that length.
    transform.scale = transform.scale.map(|scale| if scale == 0.0 { 1.0 } else { scale });
    Ok(transform)
}

/// x, y, m, z: the order of the schema is not that of the vertices.
fn read_ordinates(mut message: Message<'_>, ordinates: &mut [f64; 4]) -> Result<(), FormatError> {
    while let Some((number, value)) = message.next()? {
        let axis = match number {
            1 => 0,
            2 => 1,
            3 => 3,
            4 => 2,
            _ => continue,
        };
        ordinates[axis] = value.double()?;
        if !ordinates[axis].is_finite() {
            return Err(malformed("a number of the transform is not finite"));
        }
    }
    Ok(())
}

fn read_field(mut message: Message<'_>) -> Result<Field, FormatError> {
    let mut field = Field::new("", FieldType::SmallInteger);
    while let Some((number, value)) = message.next()? {
        match number {
            1 => value.text()?.clone_into(&mut field.name),
            2 => {
                let code = value.u32()?;
                let known = schema::field_type(code);
                field.field_type =
                    known.ok_or_else(|| malformed(format_args!("{code} is no type of a field")))?;
            }
            3 => value.text()?.clone_into(&mut field.alias),
            5 => field.domain = domain(value.text()?),
            _ => {}
        }
    }
    if field.alias.is_empty() {
        field.alias.clone_from(&field.name);
    }
    Ok(field)
}

/// A domain is JSON; text that is none says nothing about the values.
fn domain(text: &str) -> Option<Box<str>> {
    let mut reader = Reader::new(text, 16);
    let domain = reader.raw_value().ok()?;
    reader.end().ok()?;
    (domain.starts_with('{')).then(|| domain.into())
}

fn read_feature(
    mut message: Message<'_>,
    shapes: &mut Shapes,
    gathering: &mut Gathering<'_>,
) -> Result<(), FormatError> {
    let mut row = gathering.row()?;
    let mut geometry = None;
    let mut next = 0;
    while let Some((number, value)) = message.next()? {
        match number {
            1 => {
                let (attribute, index) = read_value(value.message()?)?;
                let column = index.unwrap_or(next);
                next = column + 1;
                let columns = row.len();
                *row.get_mut(column).ok_or_else(|| {
                    malformed(format_args!("a feature has more values than the layer has fields, {columns}"))
                })? = attribute;
            }
            2 => geometry = shapes.read(value.message()?, gathering)?,
            3 => return Err(unsupported("shape buffers")),
            7 => return Err(unsupported("true curves")),
            _ => {}
        }
    }
    gathering.push(row, geometry);
    Ok(())
}

fn unsupported(what: &str) -> FormatError {
    FormatError::Unsupported(format!(
        "the file holds geometries as {what}, which cannot be read: query the layer without compression and curves"
    ))
}

/// A value, with the position of its field where it says so.
fn read_value(mut message: Message<'_>) -> Result<(Attribute, Option<usize>), FormatError> {
    let mut attribute = Attribute::Null;
    let mut index = None;
    while let Some((number, value)) = message.next()? {
        attribute = match number {
            1 => Attribute::Text(value.text()?.into()),
            2 => Attribute::Double(value.float()?.into()),
            3 => Attribute::Double(value.double()?),
            4 | 8 => Attribute::Integer(value.zigzag()?),
            5 | 7 => match i64::try_from(value.unsigned()?) {
                Ok(number) => Attribute::Integer(number),
                Err(_) => Attribute::Double(value.unsigned()? as f64),
            },
            6 => Attribute::Integer(value.signed()?),
            9 => Attribute::Integer(value.flag()?.into()),
            10 => Attribute::Null,
            11 => {
                index = Some(value.u32()? as usize);
                continue;
            }
            _ => continue,
        };
    }
    Ok((attribute, index))
}
