//! SlowCount: takes its time, tells its progress, and can be cancelled.
//!
//! **Method.** Waits in short steps. **Inputs.** The seconds to wait. **Spatial reference and units.** None.
//!
//! **Output.** The number of steps. **Errors.** Cancelled, or too slow for its service.

use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use std::time::Duration;

/// Takes its time.
pub(crate) struct SlowCount;

/// What SlowCount takes.
#[derive(Inputs)]
pub(crate) struct SlowCountInputs {
    /// How long to take, in seconds.
    #[parameter(default = 1.0, filter = Filter::Range { minimum: 0.0, maximum: 3600.0 })]
    seconds: f64,
}

/// What SlowCount gives.
#[derive(Outputs)]
pub(crate) struct SlowCountOutputs {
    /// How many steps were counted.
    count: i64,
}

/// The length of a step.
const STEP: Duration = Duration::from_millis(20);

impl Tool for SlowCount {
    const NAME: &'static str = "SlowCount";
    const DESCRIPTION: &'static str =
        "Takes as many seconds as it is told, for trying progress and cancelling.";
    const TOOLSET: &'static str = "Samples";
    type Inputs = SlowCountInputs;
    type Outputs = SlowCountOutputs;

    fn run(inputs: SlowCountInputs, context: &RunContext) -> Result<SlowCountOutputs, ToolError> {
        let steps = (inputs.seconds / STEP.as_secs_f64()).ceil() as u64;
        for step in 0..steps {
            context.check()?;
            context.progress((step * 100 / steps) as u8, format!("step {step} of {steps}"));
            std::thread::sleep(STEP);
        }
        Ok(SlowCountOutputs { count: steps as i64 })
    }
}
