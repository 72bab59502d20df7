//! EchoValues: gives back what it got, a value of every scalar type.
//!
//! **Method.** None: each output is its input.
//!
//! **Inputs.** A value of each type, all optional with defaults, and features that come back as they were read.
//!
//! **Spatial reference and units.** As given.
//!
//! **Output.** `Out_` and the name of the input.
//!
//! **Errors.** None of its own; values that are no values of their type are refused before it runs.

use gp_core::{
    BareEnvelope, Choices, Composite, CoordinateSystem, DataFile, DataType, Date, HiddenString, Inputs,
};
use gp_core::{
    Outputs, ParameterInfo, RasterData, RasterDataLayer, RecordSet, RunContext, SqlExpression, Tool,
};
use gp_core::{ToolError, Value, ValueTable};
use gp_esri::{ArealUnit, ArealUnitName, Extent, FeatureSet, Field, FieldType, LinearUnit, LinearUnitName};
use gp_esri::{SpatialReference, TimeUnit, TimeUnitName};
use gp_formats::Input;

/// Gives back what it got.
pub(crate) struct EchoValues;

/// What EchoValues takes.
#[derive(Inputs)]
pub(crate) struct EchoValuesInputs {
    /// True or false.
    #[parameter(default = false)]
    boolean: bool,
    /// A whole number.
    #[parameter(default = 0)]
    long: i64,
    /// A number.
    #[parameter(default = 0.0)]
    double: f64,
    /// A text.
    #[parameter(default = String::new())]
    string: String,
    /// One of three texts.
    #[parameter(default = Color::Red)]
    choice: Color,
    /// An instant.
    #[parameter(default = Date { epoch_ms: 0 })]
    date: Date,
    /// A distance.
    #[parameter(default = LinearUnit { distance: 1.0, unit: LinearUnitName::Kilometers })]
    linear_unit: LinearUnit,
    /// An area.
    #[parameter(default = ArealUnit { area: 1.0, unit: ArealUnitName::Hectares })]
    areal_unit: ArealUnit,
    /// A span of time.
    #[parameter(default = TimeUnit { time: 1.0, unit: TimeUnitName::Days })]
    time_unit: TimeUnit,
    /// A text that is never shown again; the output says how long it is.
    hidden_string: Option<HiddenString>,
    /// Several texts.
    #[parameter(default = vec!["a".to_owned(), "b".to_owned()])]
    multi_string: Vec<String>,
    /// A field.
    #[parameter(default = Field::new("NAME", FieldType::String))]
    field: Field,
    /// A where clause.
    #[parameter(default = SqlExpression("1=1".to_owned()), name = "SQL_Expression", display_name = "SQL Expression")]
    sql_expression: SqlExpression,
    /// A spatial reference.
    #[parameter(default = SpatialReference::from_wkid(4326))]
    spatial_reference: SpatialReference,
    /// A coordinate system.
    coordinate_system: Option<CoordinateSystem>,
    /// A box with its spatial reference.
    extent: Option<Extent>,
    /// A box.
    envelope: Option<BareEnvelope>,
    /// Rows of a number, a text and a distance.
    #[parameter(columns = columns())]
    value_table: Option<ValueTable>,
    /// A whole number, a distance or a text.
    #[parameter(members = members(), default = Composite { data_type: DataType::Long, value: Box::new(Value::Long(0)) })]
    composite: Composite,
    /// Several of these, mixed.
    #[parameter(members = members())]
    multi_composite: Option<Vec<Composite>>,
    /// Features.
    features: Option<FeatureSet>,
    /// Several layers.
    multi_features: Option<Vec<FeatureSet>>,
    /// Rows without geometry.
    rows: Option<RecordSet>,
    /// A file.
    file: Option<DataFile>,
    /// A raster.
    raster: Option<RasterData>,
    /// A raster as a layer.
    raster_layer: Option<RasterDataLayer>,
}

fn columns() -> Vec<ParameterInfo> {
    vec![
        ParameterInfo::column::<i64>("number", "Number"),
        ParameterInfo::column::<String>("text", "Text"),
        ParameterInfo::column::<LinearUnit>("distance", "Distance"),
    ]
}

fn members() -> Vec<ParameterInfo> {
    vec![
        ParameterInfo::member::<i64>(),
        ParameterInfo::member::<LinearUnit>(),
        ParameterInfo::member::<String>(),
    ]
}

/// What EchoValues gives.
#[derive(Outputs)]
pub(crate) struct EchoValuesOutputs {
    /// The input Boolean.
    out_boolean: bool,
    /// The input Long.
    out_long: i64,
    /// The input Double.
    out_double: f64,
    /// The input String.
    out_string: String,
    /// The input Choice.
    out_choice: Color,
    /// The input Date.
    out_date: Date,
    /// The input Linear Unit.
    out_linear_unit: LinearUnit,
    /// The input Areal Unit.
    out_areal_unit: ArealUnit,
    /// The input Time Unit.
    out_time_unit: TimeUnit,
    /// How many characters the Hidden String has.
    out_hidden_length: i64,
    /// The input Multi String.
    out_multi_string: Vec<String>,
    /// The input Field.
    out_field: Field,
    /// The input SQL Expression.
    #[parameter(name = "Out_SQL_Expression", display_name = "Out SQL Expression")]
    out_sql_expression: SqlExpression,
    /// The input Spatial Reference.
    out_spatial_reference: SpatialReference,
    /// The input Coordinate System.
    out_coordinate_system: Option<CoordinateSystem>,
    /// The input Extent.
    out_extent: Option<Extent>,
    /// The input Envelope.
    out_envelope: Option<BareEnvelope>,
    /// The input Value Table.
    #[parameter(columns = columns())]
    out_value_table: Option<ValueTable>,
    /// The input Composite.
    #[parameter(members = members())]
    out_composite: Composite,
    /// The input Multi Composite.
    #[parameter(members = members())]
    out_multi_composite: Option<Vec<Composite>>,
    /// The input Features.
    out_features: Option<FeatureSet>,
    /// The input Multi Features.
    out_multi_features: Option<Vec<FeatureSet>>,
    /// The input Rows.
    out_rows: Option<RecordSet>,
    /// The input File.
    out_file: Option<DataFile>,
    /// The input Raster.
    out_raster: Option<RasterData>,
    /// The input Raster Layer.
    out_raster_layer: Option<RasterDataLayer>,
}

#[derive(Choices, Clone, Copy)]
enum Color {
    Red,
    Green,
    DarkBlue,
}

impl Tool for EchoValues {
    const NAME: &'static str = "EchoValues";
    const DESCRIPTION: &'static str = "Gives back a value of every type, for trying clients.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = EchoValuesInputs;
    type Outputs = EchoValuesOutputs;

    fn run(inputs: EchoValuesInputs, context: &RunContext) -> Result<EchoValuesOutputs, ToolError> {
        Ok(EchoValuesOutputs {
            out_boolean: inputs.boolean,
            out_long: inputs.long,
            out_double: inputs.double,
            out_string: inputs.string,
            out_choice: inputs.choice,
            out_date: inputs.date,
            out_linear_unit: inputs.linear_unit,
            out_areal_unit: inputs.areal_unit,
            out_time_unit: inputs.time_unit,
            out_hidden_length: inputs.hidden_string.map_or(0, |text| text.0.chars().count() as i64),
            out_multi_string: inputs.multi_string,
            out_field: inputs.field,
            out_sql_expression: inputs.sql_expression,
            out_spatial_reference: inputs.spatial_reference,
            out_coordinate_system: inputs.coordinate_system,
            out_extent: inputs.extent,
            out_envelope: inputs.envelope,
            out_value_table: inputs.value_table,
            out_composite: inputs.composite,
            out_multi_composite: inputs.multi_composite,
            out_features: inputs.features,
            out_multi_features: inputs.multi_features,
            out_rows: inputs.rows,
            out_file: inputs.file.map(|file| copy(&file, context)).transpose()?,
            out_raster: inputs.raster.map(|raster| copy_raster(&raster, context)).transpose()?,
            out_raster_layer: match inputs.raster_layer {
                Some(layer) => Some(RasterDataLayer(copy_raster(&layer.0, context)?)),
                None => None,
            },
        })
    }
}

fn copy_raster(raster: &RasterData, context: &RunContext) -> Result<RasterData, ToolError> {
    Ok(RasterData { file: copy(&raster.file, context)?, format: raster.format.clone() })
}

/// The same file as a result.
fn copy(file: &DataFile, context: &RunContext) -> Result<DataFile, ToolError> {
    let failed = |error: std::io::Error| ToolError::Failed(format!("the file could not be copied: {error}"));
    let path = context.new_file(&file.0.name)?;
    let mut copy = std::fs::File::create(&path).map_err(failed)?;
    std::io::copy(&mut file.0.reader(), &mut copy).map_err(failed)?;
    Ok(DataFile(Input::open(&path).map_err(failed)?))
}
