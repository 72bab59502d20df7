//! Fail: fails, with the message that it was given.
//!
//! **Method.** None. **Inputs.** The message. **Spatial reference and units.** None.
//!
//! **Output.** Never any. **Errors.** Always, after a warning.

use gp_core::{Inputs, Outputs, RunContext, Tool, ToolError};

/// Fails.
pub(crate) struct Fail;

/// What Fail takes.
#[derive(Inputs)]
pub(crate) struct FailInputs {
    /// What the failure says.
    #[parameter(default = "the sample fails as it should".to_owned())]
    message: String,
}

/// What Fail would give.
#[derive(Outputs)]
pub(crate) struct FailOutputs {
    /// Never comes.
    result: String,
}

impl Tool for Fail {
    const NAME: &'static str = "Fail";
    const DESCRIPTION: &'static str = "Fails with a message, for trying how clients show it.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = FailInputs;
    type Outputs = FailOutputs;

    fn run(inputs: FailInputs, context: &RunContext) -> Result<FailOutputs, ToolError> {
        context.warning("this run is going to fail");
        Err(ToolError::Failed(inputs.message))
    }
}
