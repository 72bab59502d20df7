//! The description of a parameter: what Task JSON says of it (specification 2.1) and what requests are checked against.

use crate::{ParameterType, Value};
use gp_esri::{FieldType, GeometryType};
use std::borrow::Cow;

/// The data type of a parameter; `DataType::LinearUnit` ↔ `GPLinearUnit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataType {
    /// GPBoolean
    Boolean,
    /// GPLong
    Long,
    /// GPDouble
    Double,
    /// GPString
    String,
    /// GPStringHidden: a text that is never shown again.
    StringHidden,
    /// GPSQLExpression
    SqlExpression,
    /// GPDate
    Date,
    /// GPLinearUnit
    LinearUnit,
    /// GPArealUnit
    ArealUnit,
    /// GPTimeUnit
    TimeUnit,
    /// GPFeatureRecordSetLayer
    FeatureRecordSetLayer,
    /// GPRecordSet
    RecordSet,
    /// Field (not "GPField")
    Field,
    /// GPCoordinateSystem
    CoordinateSystem,
    /// GPSpatialReference
    SpatialReference,
    /// GPExtent
    Extent,
    /// GPEnvelope
    Envelope,
    /// GPDataFile
    DataFile,
    /// GPRasterData
    RasterData,
    /// GPRasterDataLayer
    RasterDataLayer,
    /// GPValueTable; its columns are the parameter's infos.
    ValueTable,
    /// GPComposite; its members are the parameter's infos.
    Composite,
    /// GPMultiValue of a member type.
    MultiValue(Box<DataType>),
}

/// Whether a parameter goes in or comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// esriGPParameterDirectionInput
    Input,
    /// esriGPParameterDirectionOutput
    Output,
}

/// Whether a parameter must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// esriGPParameterTypeRequired
    Required,
    /// esriGPParameterTypeOptional
    Optional,
    /// esriGPParameterTypeDerived: an output.
    Derived,
}

/// A restriction on values (specification 2.2).
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Numbers from `minimum` to `maximum`, both included.
    Range {
        /// Least allowed number.
        minimum: f64,
        /// Greatest allowed number.
        maximum: f64,
    },
    /// Feature sets of these geometry types.
    FeatureClass(Vec<GeometryType>),
    /// Fields of these types.
    Field(Vec<FieldType>),
    /// Files with these extensions, lower case, without dots.
    File(Vec<Cow<'static, str>>),
}

/// A column of a value table, a member of a composite, or what the values of a list are (specification 2.1,
/// `parameterInfos`).
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterInfo {
    /// The name of a column; empty for a member.
    pub name: Cow<'static, str>,
    /// The label of a column; empty for a member.
    pub display_name: Cow<'static, str>,
    /// The data type.
    pub data_type: DataType,
    /// The only texts allowed; empty for any.
    pub choices: Vec<Cow<'static, str>>,
    /// Further restriction.
    pub filter: Option<Filter>,
}

/// The description of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: Cow<'static, str>,
    /// The label that people see.
    pub display_name: Cow<'static, str>,
    /// What it is for.
    pub description: Cow<'static, str>,
    /// Its data type.
    pub data_type: DataType,
    /// Input or output.
    pub direction: Direction,
    /// Required, optional or derived.
    pub requirement: Requirement,
    /// The value when none is given; `Value::Null` for none.
    pub default: Value,
    /// The only texts allowed; empty for any.
    pub choices: Vec<Cow<'static, str>>,
    /// Further restriction.
    pub filter: Option<Filter>,
    /// The group that clients show it in, usually empty.
    pub category: Cow<'static, str>,
    /// The parameter it depends on: a field on its layer.
    pub dependency: Option<Cow<'static, str>>,
    /// Columns of a value table, members of a composite; empty for any other type.
    pub infos: Vec<ParameterInfo>,
}

impl Parameter {
    /// An input of the Rust type `T`, described by its doc comment; used by `#[derive(Inputs)]`.
    pub fn input<T: ParameterType>(
        name: &'static str,
        display_name: &'static str,
        doc: &'static str,
    ) -> Parameter {
        let requirement = if T::REQUIRED { Requirement::Required } else { Requirement::Optional };
        Parameter::new::<T>(name, display_name, doc, Direction::Input, requirement)
    }

    /// An output of the Rust type `T`; used by `#[derive(Outputs)]`.
    pub fn output<T: ParameterType>(
        name: &'static str,
        display_name: &'static str,
        doc: &'static str,
    ) -> Parameter {
        Parameter::new::<T>(name, display_name, doc, Direction::Output, Requirement::Derived)
    }

    fn new<T: ParameterType>(
        name: &'static str,
        display_name: &'static str,
        doc: &'static str,
        direction: Direction,
        requirement: Requirement,
    ) -> Parameter {
        Parameter {
            name: Cow::Borrowed(name),
            display_name: Cow::Borrowed(display_name),
            description: Cow::Borrowed(doc),
            data_type: T::data_type(),
            direction,
            requirement,
            default: Value::Null,
            choices: T::choices().iter().map(|choice| Cow::Borrowed(*choice)).collect(),
            filter: None,
            category: Cow::Borrowed(""),
            dependency: None,
            infos: Vec::new(),
        }
    }

    /// The same with a default, which makes it optional.
    #[must_use]
    pub fn with_default<T: ParameterType>(mut self, default: T) -> Parameter {
        self.default = default.into_value();
        self.requirement = Requirement::Optional;
        self
    }

    /// The same with a filter.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Parameter {
        self.filter = Some(filter);
        self
    }

    /// The same, depending on another parameter.
    #[must_use]
    pub fn depending_on(mut self, parameter: &'static str) -> Parameter {
        self.dependency = Some(Cow::Borrowed(parameter));
        self
    }

    /// The same with these columns of a value table, or members of a composite.
    #[must_use]
    pub fn with_infos(mut self, infos: Vec<ParameterInfo>) -> Parameter {
        self.infos = infos;
        self
    }

    /// The same in a category.
    #[must_use]
    pub fn in_category(mut self, category: &'static str) -> Parameter {
        self.category = Cow::Borrowed(category);
        self
    }
}

impl ParameterInfo {
    /// A column of a value table whose values have the Rust type `T`. The name is an identifier, unique in its table.
    pub fn column<T: ParameterType>(name: &'static str, display_name: &'static str) -> ParameterInfo {
        ParameterInfo {
            name: Cow::Borrowed(name),
            display_name: Cow::Borrowed(display_name),
            ..ParameterInfo::member::<T>()
        }
    }

    /// A member of a composite whose values have the Rust type `T`.
    pub fn member<T: ParameterType>() -> ParameterInfo {
        ParameterInfo {
            name: Cow::Borrowed(""),
            display_name: Cow::Borrowed(""),
            data_type: T::data_type(),
            choices: T::choices().iter().map(|choice| Cow::Borrowed(*choice)).collect(),
            filter: None,
        }
    }

    /// The same with a filter.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> ParameterInfo {
        self.filter = Some(filter);
        self
    }
}

impl DataType {
    /// The name on the wire.
    pub fn wire_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            DataType::Boolean => "GPBoolean",
            DataType::Long => "GPLong",
            DataType::Double => "GPDouble",
            DataType::String => "GPString",
            DataType::StringHidden => "GPStringHidden",
            DataType::SqlExpression => "GPSQLExpression",
            DataType::Date => "GPDate",
            DataType::LinearUnit => "GPLinearUnit",
            DataType::ArealUnit => "GPArealUnit",
            DataType::TimeUnit => "GPTimeUnit",
            DataType::FeatureRecordSetLayer => "GPFeatureRecordSetLayer",
            DataType::RecordSet => "GPRecordSet",
            DataType::Field => "Field",
            DataType::CoordinateSystem => "GPCoordinateSystem",
            DataType::SpatialReference => "GPSpatialReference",
            DataType::Extent => "GPExtent",
            DataType::Envelope => "GPEnvelope",
            DataType::DataFile => "GPDataFile",
            DataType::RasterData => "GPRasterData",
            DataType::RasterDataLayer => "GPRasterDataLayer",
            DataType::ValueTable => "GPValueTable",
            DataType::Composite => "GPComposite",
            DataType::MultiValue(member) => {
                return Cow::Owned(format!("GPMultiValue:{}", member.wire_name()));
            }
        })
    }

    /// Whether values of this type are files.
    pub fn is_file_type(&self) -> bool {
        matches!(self, DataType::DataFile | DataType::RasterData | DataType::RasterDataLayer)
    }

    /// Whether values of this type carry features or rows.
    pub fn is_feature_type(&self) -> bool {
        matches!(self, DataType::FeatureRecordSetLayer | DataType::RecordSet)
    }
}
