//! Values of parameters: one variant a GP data type, as tools take and give them (specification 2.3).

use crate::DataType;
use gp_esri::{ArealUnit, Extent, FeatureSet, Field, LinearUnit, SpatialReference, TimeUnit};
use gp_formats::Input;
use std::fmt;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not given, or nothing produced.
    Null,
    /// GPBoolean
    Boolean(bool),
    /// GPLong
    Long(i64),
    /// GPDouble; finite.
    Double(f64),
    /// GPString
    String(String),
    /// GPStringHidden
    HiddenString(HiddenString),
    /// GPSQLExpression
    SqlExpression(SqlExpression),
    /// GPDate
    Date(Date),
    /// GPLinearUnit
    LinearUnit(LinearUnit),
    /// GPArealUnit
    ArealUnit(ArealUnit),
    /// GPTimeUnit
    TimeUnit(TimeUnit),
    /// GPFeatureRecordSetLayer
    FeatureSet(FeatureSet),
    /// GPRecordSet
    RecordSet(RecordSet),
    /// Field
    Field(Field),
    /// GPCoordinateSystem
    CoordinateSystem(CoordinateSystem),
    /// GPSpatialReference
    SpatialReference(SpatialReference),
    /// GPExtent
    Extent(Extent),
    /// GPEnvelope
    Envelope(BareEnvelope),
    /// GPDataFile
    DataFile(DataFile),
    /// GPRasterData
    RasterData(RasterData),
    /// GPRasterDataLayer
    RasterDataLayer(RasterDataLayer),
    /// GPValueTable
    ValueTable(ValueTable),
    /// GPComposite
    Composite(Composite),
    /// GPMultiValue of any of these.
    Multi(Vec<Value>),
}

impl Value {
    /// Every set of features in it: itself, the members of a list, the cells of a table, the value of a composite. Rows
    /// without geometry are none.
    pub(crate) fn feature_sets_mut(&mut self) -> Vec<&mut FeatureSet> {
        match self {
            Value::FeatureSet(set) => vec![set],
            Value::Composite(composite) => composite.value.feature_sets_mut(),
            Value::Multi(members) => members.iter_mut().flat_map(Value::feature_sets_mut).collect(),
            Value::ValueTable(table) => {
                table.rows.iter_mut().flatten().flat_map(Value::feature_sets_mut).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Every set of features or rows in it, in the order in which they are written.
    pub(crate) fn sets(&self) -> Vec<&FeatureSet> {
        match self {
            Value::FeatureSet(set) | Value::RecordSet(RecordSet(set)) => vec![set],
            Value::Composite(composite) => composite.value.sets(),
            Value::Multi(members) => members.iter().flat_map(Value::sets).collect(),
            Value::ValueTable(table) => table.rows.iter().flatten().flat_map(Value::sets).collect(),
            _ => Vec::new(),
        }
    }

    /// The features or rows of a value that is nothing else.
    pub fn features(&self) -> Option<&FeatureSet> {
        match self {
            Value::FeatureSet(set) | Value::RecordSet(RecordSet(set)) => Some(set),
            Value::Composite(composite) => composite.value.features(),
            _ => None,
        }
    }
}

/// An instant: milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub epoch_ms: i64,
}

/// A where clause or expression, checked by the tool that knows the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlExpression(pub String);

/// Rows without geometry.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSet(pub FeatureSet);

/// A coordinate system chosen as a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoordinateSystem(pub SpatialReference);

/// A text that must never be shown again: not in a reply, not in a message, not in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct HiddenString(pub String);

/// A box, as a parameter that needs no spatial reference.
#[derive(Clone, Debug, PartialEq)]
pub struct BareEnvelope(pub Extent);

/// A file. As an input it is one that the request named; as an output, one that the tool made in a place that
/// [`crate::RunContext::new_file`] gave.
#[derive(Clone)]
pub struct DataFile(pub Input);

/// A raster, which travels as a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RasterData {
    /// The file.
    pub file: DataFile,
    /// Its format, such as `tif`: its extension unless the request said something else.
    pub format: String,
}

/// A raster as a layer; the same as [`RasterData`] on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct RasterDataLayer(pub RasterData);

/// Rows of values, whose columns are the parameter's infos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueTable {
    /// The rows, each with one value a column; `Value::Null` where there is none.
    pub rows: Vec<Vec<Value>>,
}

/// A value of one of several data types, the members of its parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// Which of them.
    pub data_type: DataType,
    /// The value.
    pub value: Box<Value>,
}

impl fmt::Debug for HiddenString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HiddenString")
    }
}

impl fmt::Debug for DataFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("DataFile").field(&self.0.name).finish()
    }
}

impl PartialEq for DataFile {
    /// The same name and as many bytes; their contents are not read.
    fn eq(&self, other: &DataFile) -> bool {
        self.0.name == other.0.name && self.0.bytes().byte_len() == other.0.bytes().byte_len()
    }
}
