//! Values as JSON texts, as results, inputs and defaults are sent (specification 2.3, 2.8).

mod stored;

pub use stored::{is_as_stored, render_result};
pub(crate) use stored::{is_exceeded, read_stored_features};

use crate::files::path_segment;
use crate::{
    BareEnvelope, Composite, DataFile, DataType, Parameter, ParameterInfo, RasterDataLayer, RecordSet,
};
use crate::{Value, ValueTable};
use gp_esri::json::{write_f64, write_i64, write_string};
use gp_esri::{FeatureSet, WriteForm, WriteOptions, write_feature_set};
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
    /// Whether rows of a value table are objects with its column names; `returnColumnName`.
    pub column_names: bool,
}

impl RenderOptions {
    /// Everything kept, as jobs store it.
    pub const STORED: RenderOptions =
        RenderOptions { z: true, m: true, feature_collection: false, column_names: false };
}

/// Everything that decides how a value is written.
#[derive(Clone, Copy)]
pub(crate) struct Rendering<'a> {
    /// The parameter's name, which a feature collection's layer has.
    pub(crate) name: &'a str,
    pub(crate) options: RenderOptions,
    /// A feature output of more features is written without any, marked as exceeded: never a silent half
    /// (specification 2.8).
    pub(crate) maximum_records: u64,
    /// The URL that the files of this run begin with.
    pub(crate) files_url: &'a str,
}

/// Writes a default or an input, as clients send values.
pub fn render_value(parameter: &Parameter, value: &Value, options: &RenderOptions) -> Vec<u8> {
    let rendering =
        Rendering { name: &parameter.name, options: *options, maximum_records: u64::MAX, files_url: "" };
    rendering.value(parameter, value)
}

/// The data type of a value on the wire: that of the actual member for a composite (specification 2.12).
pub(crate) fn wire_type(parameter: &Parameter, value: &Value) -> String {
    match value {
        Value::Composite(composite) => composite.data_type.wire_name().into_owned(),
        _ => parameter.data_type.wire_name().into_owned(),
    }
}

impl Rendering<'_> {
    /// Writes an output.
    pub(crate) fn value(&self, parameter: &Parameter, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out, &parameter.data_type, &parameter.infos, value);
        out
    }

    fn write(&self, out: &mut Vec<u8>, data_type: &DataType, infos: &[ParameterInfo], value: &Value) {
        match value {
            Value::Null => self.write_nothing(out, data_type),
            Value::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Long(value) => write_i64(out, *value),
            Value::Double(value) => write_f64(out, *value),
            Value::String(text) => write_string(out, text),
            // Never shown again (specification 2.6).
            Value::HiddenString(_) => write_string(out, ""),
            Value::SqlExpression(expression) => write_string(out, &expression.0),
            Value::Date(date) => write_i64(out, date.epoch_ms),
            Value::LinearUnit(unit) => unit.write(out),
            Value::ArealUnit(unit) => unit.write(out),
            Value::TimeUnit(unit) => unit.write(out),
            Value::Field(field) => field.write_value(out),
            Value::CoordinateSystem(system) => system.0.write(out),
            Value::SpatialReference(reference) => reference.write(out),
            Value::Extent(extent) | Value::Envelope(BareEnvelope(extent)) => extent.write(out),
            Value::DataFile(file) => self.write_file(out, file, None),
            Value::RasterData(raster) | Value::RasterDataLayer(RasterDataLayer(raster)) => {
                self.write_file(out, &raster.file, Some(&raster.format));
            }
            Value::FeatureSet(features) | Value::RecordSet(RecordSet(features)) => {
                let exceeded = features.features.len() as u64 > self.maximum_records;
                write_features(out, self.name, features, &self.options, exceeded);
            }
            Value::ValueTable(table) => self.write_table(out, infos, table),
            Value::Composite(Composite { data_type, value }) => self.write(out, data_type, &[], value),
            Value::Multi(members) => {
                let member_type = match data_type {
                    DataType::MultiValue(member) => member,
                    single => single,
                };
                write_list(out, members, |out, member| self.write_member(out, member_type, infos, member));
            }
        }
    }

    /// A member of a list; a composite says what it is, because clients cannot know (specification 2.12).
    fn write_member(&self, out: &mut Vec<u8>, data_type: &DataType, infos: &[ParameterInfo], value: &Value) {
        let Value::Composite(Composite { data_type, value }) = value else {
            return self.write(out, data_type, infos, value);
        };
        out.extend_from_slice(b"{\"dataType\":");
        write_string(out, &data_type.wire_name());
        out.extend_from_slice(b",\"value\":");
        self.write(out, data_type, &[], value);
        out.push(b'}');
    }

    fn write_table(&self, out: &mut Vec<u8>, columns: &[ParameterInfo], table: &ValueTable) {
        write_list(out, &table.rows, |out, row| {
            let mut cells = columns.iter().zip(row).peekable();
            out.push(if self.options.column_names { b'{' } else { b'[' });
            while let Some((column, cell)) = cells.next() {
                if self.options.column_names {
                    write_string(out, &column.name);
                    out.push(b':');
                }
                match cell {
                    Value::Null => out.extend_from_slice(b"null"),
                    cell => self.write(out, &column.data_type, &[], cell),
                }
                if cells.peek().is_some() {
                    out.push(b',');
                }
            }
            out.push(if self.options.column_names { b'}' } else { b']' });
        });
    }

    fn write_file(&self, out: &mut Vec<u8>, file: &DataFile, format: Option<&str>) {
        out.extend_from_slice(b"{\"url\":");
        write_string(out, &format!("{}{}", self.files_url, path_segment(&file.0.name)));
        if let Some(format) = format {
            out.extend_from_slice(b",\"format\":");
            write_string(out, format);
        }
        out.push(b'}');
    }

    /// Nothing, in the form that clients of the type can bear (specification 0, rule 9).
    fn write_nothing(&self, out: &mut Vec<u8>, data_type: &DataType) {
        if data_type.is_feature_type() {
            write_features(out, self.name, &FeatureSet::default(), &self.options, false);
        } else if matches!(data_type, DataType::MultiValue(_) | DataType::ValueTable) {
            out.extend_from_slice(b"[]");
        } else if data_type.is_file_type() {
            // @arcgis/core looks into the value of a raster; this is also how Python says that there is no file.
            out.extend_from_slice(br#"{"url":""}"#);
        } else {
            out.extend_from_slice(b"null");
        }
    }
}

fn write_list<T>(out: &mut Vec<u8>, members: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, member);
    }
    out.push(b']');
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
