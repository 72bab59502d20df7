//! Single values: numbers, texts, dates, units, fields and boxes, with their ranges and choices.

use super::texts::{read_boolean, read_long, shorten, unquoted};
use super::{Fault, Slot};
use crate::{BareEnvelope, DataType, Date, Filter, HiddenString, Parameter, SqlExpression, Value};
use gp_esri::{ArealUnit, Extent, FeatureSet, Field, LinearUnit, TimeUnit};

/// One value; `None` when the text means "not given".
pub(super) fn read(slot: Slot<'_>, text: &str) -> Result<Option<Value>, Fault> {
    let wrong = |expected: &str| Fault::Wrong(format!("\"{}\" is not {expected}", shorten(text)));
    let plain = unquoted(text);
    let is_text =
        matches!(slot.data_type, DataType::String | DataType::StringHidden | DataType::SqlExpression);
    if plain == "null" && !is_text {
        return Ok(None);
    }
    let value = match slot.data_type {
        DataType::Boolean => Value::Boolean(read_boolean(text).ok_or_else(|| wrong("true or false"))?),
        DataType::Long => {
            let number = read_long(&plain)
                .ok_or_else(|| wrong("a whole number between -4503599627370495 and 4503599627370495"))?;
            check_range(slot, number as f64)?;
            Value::Long(number)
        }
        DataType::Double => {
            let number = plain.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(|| wrong("a number"))?;
            check_range(slot, number)?;
            Value::Double(number)
        }
        DataType::StringHidden => Value::HiddenString(HiddenString(text.to_owned())),
        DataType::SqlExpression => Value::SqlExpression(SqlExpression(text.to_owned())),
        DataType::Date => {
            let epoch_ms =
                gp_esri::date::parse_date(text).map_err(|error| Fault::Wrong(error.to_string()))?;
            Value::Date(Date { epoch_ms })
        }
        DataType::LinearUnit => Value::LinearUnit(reread(text, LinearUnit::from_text)?),
        DataType::ArealUnit => Value::ArealUnit(reread(text, ArealUnit::from_text)?),
        DataType::TimeUnit => Value::TimeUnit(reread(text, TimeUnit::from_text)?),
        DataType::Field => Value::Field(reread(text, Field::from_text)?),
        DataType::Extent => match reread(text, Extent::from_text)? {
            Some(Extent { spatial_reference: None, .. }) => {
                return Err(Fault::Wrong(
                    "an extent needs a spatialReference, such as {\"wkid\":4326}".to_owned(),
                ));
            }
            Some(extent) => Value::Extent(extent),
            None => return Ok(None),
        },
        DataType::Envelope => match reread(text, Extent::from_text)? {
            Some(envelope) => Value::Envelope(BareEnvelope(envelope)),
            None => return Ok(None),
        },
        _ => Value::String(choose(slot, text)?),
    };
    Ok(Some(value))
}

/// Reads with `read`; text that is JSON but for its quotes gets the lenient pass.
pub(super) fn reread<T, E: std::fmt::Display>(
    text: &str,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Fault> {
    match read(text) {
        Ok(value) => Ok(value),
        Err(strict) => match gp_esri::lenient::to_json(text) {
            Some(json) => read(&json).map_err(|_| Fault::Wrong(strict.to_string())),
            None => Err(Fault::Wrong(strict.to_string())),
        },
    }
}

/// The text itself, or the choice that it means; choices match without regard to case.
pub(super) fn choose(slot: Slot<'_>, text: &str) -> Result<String, Fault> {
    if slot.choices.is_empty() {
        return Ok(text.to_owned());
    }
    let plain = unquoted(text);
    let choice = slot.choices.iter().find(|choice| choice.eq_ignore_ascii_case(&plain));
    choice.map(|choice| choice.to_string()).ok_or_else(|| {
        Fault::Wrong(format!("\"{}\" is not one of {}", shorten(&plain), slot.choices.join(", ")))
    })
}

fn check_range(slot: Slot<'_>, number: f64) -> Result<(), Fault> {
    match slot.filter {
        Some(Filter::Range { minimum, maximum }) if !(*minimum..=*maximum).contains(&number) => {
            Err(Fault::Wrong(format!("{number} is not between {minimum} and {maximum}")))
        }
        _ => Ok(()),
    }
}

/// The fields whose type their filter does not allow. What type a field has, the layer that it depends on knows best: many
/// clients send a name alone.
pub(super) fn wrong_fields<'p>(inputs: &'p [Parameter], values: &[Value]) -> Vec<(&'p Parameter, Fault)> {
    let mut faults = Vec::new();
    for (input, value) in inputs.iter().zip(values) {
        let Some(Filter::Field(allowed)) = &input.filter else { continue };
        let layer = layer_of(input, inputs, values);
        let members = match value {
            Value::Multi(members) => members.as_slice(),
            single => std::slice::from_ref(single),
        };
        for member in members {
            let Value::Field(field) = member else { continue };
            let known = layer.and_then(|layer| layer.field_index(&field.name).map(|at| &layer.fields[at]));
            let Some(field_type) = known.map(|known| known.field_type) else { continue };
            if !allowed.contains(&field_type) {
                let names: Vec<&str> = allowed.iter().map(|allowed| allowed.name()).collect();
                let reason =
                    format!("field {} is {}; use one of {}", field.name, field_type.name(), names.join(", "));
                faults.push((input, Fault::Wrong(reason)));
                break;
            }
        }
    }
    faults
}

/// The features or rows that the parameter depends on.
fn layer_of<'v>(input: &Parameter, inputs: &[Parameter], values: &'v [Value]) -> Option<&'v FeatureSet> {
    let name = input.dependency.as_deref()?;
    let at = inputs.iter().position(|other| other.name == name)?;
    match values.get(at)? {
        Value::FeatureSet(set) => Some(set),
        Value::RecordSet(rows) => Some(&rows.0),
        _ => None,
    }
}
