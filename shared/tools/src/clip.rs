//! Clip: the parts of features that lie within polygons.
//!
//! **Method.** The clip polygons are united and prepared with a grid over their edges; a feature far from every edge
//! is kept or dropped whole, any other is cut by the overlay engine.
//!
//! **Inputs.** Features of any geometry type, clip features that are polygons. What lies on a border counts as within.
//! Points keep z and m; lines and polygons lose them with a warning.
//!
//! **Spatial reference and units.** Clip features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** The input's rows, fields and object ids in its order; rows of which nothing is left are gone.
//!
//! **Errors.** A reference that cannot be projected.

use crate::mask::cut;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, GeometryType};
use gp_geometry::Keep;

/// Cuts features by the outline of others.
pub(crate) struct Clip;

/// What Clip takes.
#[derive(Inputs)]
pub(crate) struct ClipInputs {
    /// The features to be clipped.
    input_features: FeatureSet,
    /// The polygons within which features are kept.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    clip_features: FeatureSet,
}

/// What Clip gives.
#[derive(Outputs)]
pub(crate) struct ClipOutputs {
    /// The parts of the input within the clip features.
    output_features: FeatureSet,
}

impl Tool for Clip {
    const NAME: &'static str = "Clip";
    const DESCRIPTION: &'static str = "Keeps the parts of features that lie within the clip polygons.";
    type Inputs = ClipInputs;
    type Outputs = ClipOutputs;

    fn run(inputs: ClipInputs, context: &RunContext) -> Result<ClipOutputs, ToolError> {
        let output_features =
            cut(inputs.input_features, inputs.clip_features, "Clip_Features", Keep::Inside, context)?;
        Ok(ClipOutputs { output_features })
    }
}
