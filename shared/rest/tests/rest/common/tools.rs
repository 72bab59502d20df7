//! Toy tools.

use gp_core::{Choices, Composite, DataFile, Filter, HiddenString, Inputs, ParameterInfo, ValueTable};
use gp_core::{Outputs, Published, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, SpatialReference};

pub(crate) static ECHO: Published<Echo> = Published::new();
pub(crate) static FAIL: Published<Fail> = Published::new();
pub(crate) static TWICE: Published<Twice> = Published::new();

pub(crate) struct Echo;

#[derive(Inputs)]
pub(crate) struct EchoInputs {
    /// The features to give back.
    input_features: Option<FeatureSet>,
    /// The text to give back.
    #[parameter(default = "hello".to_owned())]
    text: String,
    /// The texts to give back.
    #[parameter(default = vec!["a".to_owned(), "b".to_owned()])]
    names: Vec<String>,
    /// How loud to say it.
    #[parameter(default = Volume::Low)]
    volume: Volume,
    /// What nobody may see again.
    password: Option<HiddenString>,
    /// A file that is not read.
    file: Option<DataFile>,
    /// The rows to give back.
    #[parameter(columns = vec![
        ParameterInfo::column::<i64>("n", "N").with_filter(Filter::Range { minimum: 0.0, maximum: 9.0 }),
        ParameterInfo::column::<Volume>("volume", "Volume"),
    ])]
    rows: Option<ValueTable>,
    /// A number or a text to give back.
    #[parameter(members = vec![ParameterInfo::member::<i64>(), ParameterInfo::member::<String>()])]
    either: Option<Composite>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
pub(crate) enum Volume {
    /// As it is.
    #[choice("LOW")]
    Low,
    /// In capitals.
    #[choice("HIGH")]
    High,
}

#[derive(Outputs)]
pub(crate) struct EchoOutputs {
    /// The features given.
    output_features: FeatureSet,
    /// The text given.
    output_text: String,
    /// The texts given.
    output_names: Vec<String>,
    /// The rows given.
    #[parameter(columns = vec![
        ParameterInfo::column::<i64>("n", "N"),
        ParameterInfo::column::<String>("volume", "Volume"),
    ])]
    output_rows: Option<ValueTable>,
    /// The number or text given.
    #[parameter(members = vec![ParameterInfo::member::<i64>(), ParameterInfo::member::<String>()])]
    output_either: Option<Composite>,
}

impl Tool for Echo {
    const NAME: &'static str = "Echo";
    const DESCRIPTION: &'static str = "Gives back what it gets.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = EchoInputs;
    type Outputs = EchoOutputs;

    fn run(inputs: EchoInputs, context: &RunContext) -> Result<EchoOutputs, ToolError> {
        context.progress(50, "half way");
        drop((inputs.password, inputs.file));
        let loud = |text: String| if inputs.volume == Volume::High { text.to_uppercase() } else { text };
        Ok(EchoOutputs {
            output_features: inputs.input_features.unwrap_or_default(),
            output_text: loud(inputs.text),
            output_names: inputs.names.into_iter().map(loud).collect(),
            output_rows: inputs.rows,
            output_either: inputs.either,
        })
    }
}

pub(crate) struct Fail;

#[derive(Inputs)]
pub(crate) struct FailInputs {
    /// What it fails of.
    reason: String,
}

#[derive(Outputs)]
pub(crate) struct FailOutputs {
    /// Never written.
    nothing: String,
}

impl Tool for Fail {
    const NAME: &'static str = "Fail";
    const DESCRIPTION: &'static str = "Fails.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = FailInputs;
    type Outputs = FailOutputs;

    fn run(inputs: FailInputs, context: &RunContext) -> Result<FailOutputs, ToolError> {
        context.warning("about to fail");
        Err(ToolError::Failed(inputs.reason))
    }
}

pub(crate) struct Twice;

#[derive(Inputs)]
pub(crate) struct TwiceInputs {
    /// The features to give back.
    input_features: FeatureSet,
    /// Files that are not read.
    files: Option<Vec<DataFile>>,
    /// A reference that is not used.
    reference: Option<SpatialReference>,
    /// A file or a text that is not read.
    #[parameter(members = vec![ParameterInfo::member::<DataFile>(), ParameterInfo::member::<String>()])]
    either: Option<Composite>,
    /// Files that are not read, each with a number.
    #[parameter(columns = vec![
        ParameterInfo::column::<DataFile>("file", "File"),
        ParameterInfo::column::<i64>("n", "N"),
    ])]
    rows: Option<ValueTable>,
}

#[derive(Outputs)]
pub(crate) struct TwiceOutputs {
    /// The features given.
    first_features: FeatureSet,
    /// The same again.
    second_features: FeatureSet,
}

impl Tool for Twice {
    const NAME: &'static str = "Twice";
    const DESCRIPTION: &'static str = "Gives back what it gets, twice.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = TwiceInputs;
    type Outputs = TwiceOutputs;

    fn run(inputs: TwiceInputs, _: &RunContext) -> Result<TwiceOutputs, ToolError> {
        drop((inputs.files, inputs.reference, inputs.either, inputs.rows));
        Ok(TwiceOutputs {
            first_features: inputs.input_features.clone(),
            second_features: inputs.input_features,
        })
    }
}
