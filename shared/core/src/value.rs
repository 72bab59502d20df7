//! Values of parameters: one variant a GP data type, as tools take and give them (specification 2.3).

use gp_esri::{ArealUnit, FeatureSet, Field, LinearUnit, SpatialReference};

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
    /// GPSQLExpression
    SqlExpression(SqlExpression),
    /// GPDate
    Date(Date),
    /// GPLinearUnit
    LinearUnit(LinearUnit),
    /// GPArealUnit
    ArealUnit(ArealUnit),
    /// GPFeatureRecordSetLayer
    FeatureSet(FeatureSet),
    /// GPRecordSet
    RecordSet(RecordSet),
    /// Field
    Field(Field),
    /// GPCoordinateSystem
    CoordinateSystem(CoordinateSystem),
    /// GPMultiValue of any of these.
    Multi(Vec<Value>),
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
