//! What an author writes, a [`Tool`], and what the engine runs, a [`Task`].

use crate::{Inputs, Outputs, Parameter, ParameterValues, RunContext, ToolError, Value};
use std::marker::PhantomData;
use std::sync::OnceLock;

/// A geoprocessing tool: plain, synchronous Rust over typed inputs.
///
/// A tool does no input or output, reads no clock and no environment, and calls [`RunContext::check`] in its long loops.
pub trait Tool: Send + Sync + 'static {
    /// The name of the task in the URL; a valid Python identifier.
    const NAME: &'static str;
    /// What people read before they use it.
    const DESCRIPTION: &'static str;
    /// The group of tools that it belongs to, such as `Overlay`.
    const TOOLSET: &'static str;
    /// Whether feature inputs are made valid before the tool sees them; only a tool that looks for faults says no.
    const REPAIRS_INPUTS: bool = true;
    /// The parameters going in, a struct with `#[derive(Inputs)]`.
    type Inputs: Inputs;
    /// The parameters coming out, a struct with `#[derive(Outputs)]`.
    type Outputs: Outputs;

    /// Whether a run on these values, in the order of the inputs, takes well under a millisecond whatever they hold: then
    /// it is not worth a thread of its own. When in doubt, no.
    fn is_quick(_values: &[Value]) -> bool {
        false
    }

    /// Does the work. Same inputs, same outputs, in the same order.
    fn run(inputs: Self::Inputs, context: &RunContext) -> Result<Self::Outputs, ToolError>;
}

/// A tool with its types erased, as lists and catalogs hold it.
pub trait Task: Send + Sync {
    /// The tool's name.
    fn name(&self) -> &'static str;
    /// The tool's description.
    fn description(&self) -> &'static str;
    /// The tool's group; see [`Tool::TOOLSET`].
    fn toolset(&self) -> &'static str;
    /// Whether feature inputs are made valid first; see [`Tool::REPAIRS_INPUTS`].
    fn repairs_inputs(&self) -> bool;
    /// The input parameters, in order.
    fn inputs(&self) -> &[Parameter];
    /// The output parameters, in order.
    fn outputs(&self) -> &[Parameter];
    /// Whether a run on these values takes well under a millisecond; see [`Tool::is_quick`].
    fn is_quick(&self, values: &[Value]) -> bool;
    /// Builds the typed inputs, runs the tool, and returns one value for each output parameter, in order.
    fn run(&self, values: Vec<Value>, context: &RunContext) -> Result<Vec<Value>, ToolError>;
}

/// A [`Tool`] as a [`Task`]; `&Published::<Buffer>::NEW` is an entry of the list of tools.
pub struct Published<T> {
    inputs: OnceLock<Vec<Parameter>>,
    outputs: OnceLock<Vec<Parameter>>,
    tool: PhantomData<fn() -> T>,
}

impl<T: Tool> Published<T> {
    /// The task of this tool.
    pub const fn new() -> Published<T> {
        Published { inputs: OnceLock::new(), outputs: OnceLock::new(), tool: PhantomData }
    }
}

impl<T: Tool> Default for Published<T> {
    fn default() -> Published<T> {
        Published::new()
    }
}

impl<T: Tool> Task for Published<T> {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn description(&self) -> &'static str {
        T::DESCRIPTION
    }

    fn toolset(&self) -> &'static str {
        T::TOOLSET
    }

    fn repairs_inputs(&self) -> bool {
        T::REPAIRS_INPUTS
    }

    fn inputs(&self) -> &[Parameter] {
        self.inputs.get_or_init(T::Inputs::parameters)
    }

    fn outputs(&self) -> &[Parameter] {
        self.outputs.get_or_init(T::Outputs::parameters)
    }

    fn is_quick(&self, values: &[Value]) -> bool {
        T::is_quick(values)
    }

    fn run(&self, values: Vec<Value>, context: &RunContext) -> Result<Vec<Value>, ToolError> {
        let inputs = T::Inputs::from_values(ParameterValues::new(self.inputs(), values))?;
        Ok(T::run(inputs, context)?.into_values())
    }
}
