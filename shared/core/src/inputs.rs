//! The bridge between Rust types and GP data types, which `#[derive(Inputs)]` and `#[derive(Outputs)]` build on.

use crate::{BareEnvelope, Composite, CoordinateSystem, DataFile, DataType, Date, HiddenString, Parameter};
use crate::{RasterData, RasterDataLayer, RecordSet, SqlExpression, ToolError, Value, ValueTable};
use gp_esri::{ArealUnit, Extent, FeatureSet, Field, LinearUnit, SpatialReference, TimeUnit};
use std::vec::IntoIter;

/// A Rust type that is a GP data type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no GP data type",
    label = "no geoprocessing parameter can have this type",
    note = "use bool, i64, f64, String, HiddenString, FeatureSet, RecordSet, DataFile, RasterData, RasterDataLayer, \
            LinearUnit, ArealUnit, TimeUnit, Date, Field, SqlExpression, SpatialReference, CoordinateSystem, Extent, \
            BareEnvelope, ValueTable, Composite, an enum with #[derive(Choices)], or an Option or Vec of these"
)]
pub trait ParameterType: Sized {
    /// Whether a parameter of this type must be given.
    const REQUIRED: bool = true;

    /// The data type on the wire.
    fn data_type() -> DataType;

    /// The only texts allowed; none for any.
    fn choices() -> &'static [&'static str] {
        &[]
    }

    /// The typed value; `None` when the value is null or of another type.
    fn from_value(value: Value) -> Option<Self>;

    /// The value of an output, or of a default.
    fn into_value(self) -> Value;
}

/// The input parameters of a tool; derive it.
///
/// A field whose type is no GP data type does not compile:
/// ```compile_fail
/// #[derive(gp_core::Inputs)]
/// struct Wrong {
///     /// An address.
///     address: std::net::IpAddr,
/// }
/// ```
/// Nor does one without a doc comment, because clients show it as the parameter's description:
/// ```compile_fail
/// #[derive(gp_core::Inputs)]
/// struct Wrong {
///     count: i64,
/// }
/// ```
/// With both it does:
/// ```
/// #[derive(gp_core::Inputs)]
/// struct Right {
///     /// How many.
///     count: i64,
/// }
/// assert_eq!(<Right as gp_core::Inputs>::parameters()[0].name, "Count");
/// ```
pub trait Inputs: Sized {
    /// The parameters, in the order of the fields.
    fn parameters() -> Vec<Parameter>;

    /// Builds the struct from one value for each parameter.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] when a required value is missing.
    fn from_values(values: ParameterValues<'_>) -> Result<Self, ToolError>;
}

/// The output parameters of a tool; derive it.
pub trait Outputs: Sized {
    /// The parameters, in the order of the fields.
    fn parameters() -> Vec<Parameter>;

    /// One value for each parameter, in order.
    fn into_values(self) -> Vec<Value>;
}

/// Values handed out one after the other, with the parameter that each belongs to.
pub struct ParameterValues<'a> {
    parameters: std::slice::Iter<'a, Parameter>,
    values: IntoIter<Value>,
}

impl<'a> ParameterValues<'a> {
    /// Pairs parameters with values, both in the same order.
    pub fn new(parameters: &'a [Parameter], values: Vec<Value>) -> ParameterValues<'a> {
        ParameterValues { parameters: parameters.iter(), values: values.into_iter() }
    }

    /// The value of the next parameter, or its default, as `T`.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] when there is neither.
    pub fn take<T: ParameterType>(&mut self) -> Result<T, ToolError> {
        let value = self.values.next().unwrap_or(Value::Null);
        let Some(parameter) = self.parameters.next() else {
            return Err(ToolError::Internal("more inputs than parameters".into()));
        };
        let value = if value == Value::Null { parameter.default.clone() } else { value };
        T::from_value(value).ok_or_else(|| ToolError::invalid(parameter.name.as_ref(), "a value is required"))
    }
}

/// Implements [`ParameterType`] for a type that is one variant of [`Value`].
macro_rules! parameter_types {
    ($($rust:ty => $data_type:ident / $variant:ident),+ $(,)?) => {$(
        impl ParameterType for $rust {
            fn data_type() -> DataType {
                DataType::$data_type
            }

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }
    )+};
}

parameter_types! {
    bool => Boolean / Boolean,
    i64 => Long / Long,
    f64 => Double / Double,
    String => String / String,
    SqlExpression => SqlExpression / SqlExpression,
    Date => Date / Date,
    LinearUnit => LinearUnit / LinearUnit,
    ArealUnit => ArealUnit / ArealUnit,
    FeatureSet => FeatureRecordSetLayer / FeatureSet,
    RecordSet => RecordSet / RecordSet,
    Field => Field / Field,
    CoordinateSystem => CoordinateSystem / CoordinateSystem,
    HiddenString => StringHidden / HiddenString,
    TimeUnit => TimeUnit / TimeUnit,
    SpatialReference => SpatialReference / SpatialReference,
    Extent => Extent / Extent,
    BareEnvelope => Envelope / Envelope,
    DataFile => DataFile / DataFile,
    RasterData => RasterData / RasterData,
    RasterDataLayer => RasterDataLayer / RasterDataLayer,
    ValueTable => ValueTable / ValueTable,
    Composite => Composite / Composite,
}

impl<T: ParameterType> ParameterType for Option<T> {
    const REQUIRED: bool = false;

    fn data_type() -> DataType {
        T::data_type()
    }

    fn choices() -> &'static [&'static str] {
        T::choices()
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: ParameterType> ParameterType for Vec<T> {
    fn data_type() -> DataType {
        DataType::MultiValue(Box::new(T::data_type()))
    }

    fn choices() -> &'static [&'static str] {
        T::choices()
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Multi(members) => members.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }

    fn into_value(self) -> Value {
        Value::Multi(self.into_iter().map(T::into_value).collect())
    }
}
