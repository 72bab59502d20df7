//! Values as JSON texts, as results, inputs and defaults are sent (specification 2.3, 2.8).

use crate::{DataType, RecordSet, RequestError, ResultInfo, Value};
use gp_esri::json::{write_f64, write_i64, write_string};
use gp_esri::{FeatureSet, ReadLimits, SpatialReference, WriteForm, WriteOptions, write_feature_set};
use serde::{Deserialize, Serialize};

/// How features are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderOptions {
    /// Whether z is kept; `returnZ`.
    pub z: bool,
    /// Whether m is kept; `returnM`.
    pub m: bool,
    /// Whether a feature collection is written rather than a feature set; `returnFeatureCollection`.
    pub feature_collection: bool,
}

impl RenderOptions {
    /// Everything kept, as jobs store it.
    pub const STORED: RenderOptions = RenderOptions { z: true, m: true, feature_collection: false };
}

/// Writes a value. A feature output of more than `maximum_records` features is written without any, marked as
/// exceeded: never a silent half (specification 2.8).
pub fn render_value(
    data_type: &DataType,
    value: &Value,
    options: &RenderOptions,
    maximum_records: u64,
) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, data_type, value, options, maximum_records);
    out
}

/// The stored JSON text of a result as this request wants it: the text itself wherever it can be sent as it is.
///
/// # Errors
/// Code 400 when the result cannot be projected to `out_sr`; code 500 when the stored text is corrupt.
pub fn render_result(
    info: &ResultInfo,
    json: &[u8],
    options: &RenderOptions,
    out_sr: Option<&SpatialReference>,
    maximum_records: u64,
) -> Result<Vec<u8>, RequestError> {
    if is_as_stored(info, options, out_sr, maximum_records) {
        return Ok(json.to_vec());
    }
    let exceeded = is_exceeded(info, maximum_records);
    let text = std::str::from_utf8(json).map_err(|_| RequestError::internal())?;
    let unlimited = ReadLimits {
        max_features: usize::MAX,
        max_vertices: usize::MAX,
        max_values: usize::MAX,
        ..ReadLimits::default()
    };
    let read = FeatureSet::from_json(text, &unlimited).map_err(|error| {
        tracing::error!(result = %info.name, %error, "a stored result cannot be read");
        RequestError::internal()
    })?;
    let mut features = read.feature_set;
    if let Some(sr) = out_sr {
        gp_geometry::project_features(&mut features, sr)
            .map_err(|error| RequestError::bad(format!("outSR: {error}")))?;
    }
    let mut out = Vec::with_capacity(json.len());
    write_features(&mut out, &info.name, &features, options, exceeded);
    Ok(out)
}

/// Whether this request wants the result as it is stored.
pub fn is_as_stored(
    info: &ResultInfo,
    options: &RenderOptions,
    out_sr: Option<&SpatialReference>,
    maximum_records: u64,
) -> bool {
    let keeps_all = !info.has_z_or_m || (options.z && options.m);
    let is_unchanged =
        out_sr.is_none() && !options.feature_collection && keeps_all && !is_exceeded(info, maximum_records);
    info.feature_count.is_none() || is_unchanged
}

fn is_exceeded(info: &ResultInfo, maximum_records: u64) -> bool {
    info.feature_count.is_some_and(|count| count > maximum_records)
}

fn write_value(
    out: &mut Vec<u8>,
    data_type: &DataType,
    value: &Value,
    options: &RenderOptions,
    maximum_records: u64,
) {
    match value {
        Value::Null => write_nothing(out, data_type, options),
        Value::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Long(value) => write_i64(out, *value),
        Value::Double(value) => write_f64(out, *value),
        Value::String(text) => write_string(out, text),
        Value::SqlExpression(expression) => write_string(out, &expression.0),
        Value::Date(date) => write_i64(out, date.epoch_ms),
        Value::LinearUnit(unit) => unit.write(out),
        Value::ArealUnit(unit) => unit.write(out),
        Value::Field(field) => field.write_value(out),
        Value::CoordinateSystem(system) => system.0.write(out),
        Value::FeatureSet(features) | Value::RecordSet(RecordSet(features)) => {
            let exceeded = features.features.len() as u64 > maximum_records;
            write_features(out, "output", features, options, exceeded);
        }
        Value::Multi(members) => {
            let member_type = match data_type {
                DataType::MultiValue(member) => member,
                single => single,
            };
            out.push(b'[');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, member_type, member, options, maximum_records);
            }
            out.push(b']');
        }
    }
}

/// Nothing, in the form that clients of the type can bear (specification 0, rule 9).
fn write_nothing(out: &mut Vec<u8>, data_type: &DataType, options: &RenderOptions) {
    if data_type.is_feature_type() {
        write_features(out, "output", &FeatureSet::default(), options, false);
    } else if matches!(data_type, DataType::MultiValue(_)) {
        out.extend_from_slice(b"[]");
    } else {
        out.extend_from_slice(b"null");
    }
}

fn write_features(
    out: &mut Vec<u8>,
    name: &str,
    features: &FeatureSet,
    options: &RenderOptions,
    exceeded: bool,
) {
    let form = if options.feature_collection {
        WriteForm::FeatureCollection { name: name.to_owned() }
    } else {
        WriteForm::FeatureSet
    };
    let options =
        WriteOptions { z: options.z, m: options.m, omit_features: exceeded, form, ..WriteOptions::default() };
    write_feature_set(out, features, &options);
}
