//! Toy tools.

use gp_core::{Choices, Inputs, Outputs, Published, RunContext, Tool, ToolError};
use gp_esri::FeatureSet;

pub(crate) static ECHO: Published<Echo> = Published::new();
pub(crate) static FAIL: Published<Fail> = Published::new();

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
}

impl Tool for Echo {
    const NAME: &'static str = "Echo";
    const DESCRIPTION: &'static str = "Gives back what it gets.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = EchoInputs;
    type Outputs = EchoOutputs;

    fn run(inputs: EchoInputs, context: &RunContext) -> Result<EchoOutputs, ToolError> {
        context.progress(50, "half way");
        let loud = |text: String| if inputs.volume == Volume::High { text.to_uppercase() } else { text };
        Ok(EchoOutputs {
            output_features: inputs.input_features.unwrap_or_default(),
            output_text: loud(inputs.text),
            output_names: inputs.names.into_iter().map(loud).collect(),
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
