//! Erase: the parts of features that lie outside polygons.
//!
//! **Method.** As Clip, keeping the other side.
//!
//! **Inputs.** Features of any geometry type, erase features that are polygons. What lies on a border counts as
//! within and is erased, where it is a point; lines and polygons keep their border. Points keep z and m; lines and
//! polygons lose them with a warning. Pieces narrower than the rounding of the coordinates (about ten nanometres for
//! metres) are left out.
//!
//! **Spatial reference and units.** Erase features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** The input's rows, fields and object ids in its order; rows of which nothing is left are gone.
//!
//! **Errors.** A reference that cannot be projected.

use crate::mask::cut;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, GeometryType};
use gp_geometry::Keep;

/// Removes what lies within polygons.
pub(crate) struct Erase;

/// What Erase takes.
#[derive(Inputs)]
pub(crate) struct EraseInputs {
    /// The features of which parts are erased.
    input_features: FeatureSet,
    /// The polygons within which features are erased.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    erase_features: FeatureSet,
}

/// What Erase gives.
#[derive(Outputs)]
pub(crate) struct EraseOutputs {
    /// The parts of the input outside of the erase features.
    output_features: FeatureSet,
}

impl Tool for Erase {
    const NAME: &'static str = "Erase";
    const DESCRIPTION: &'static str = "Removes the parts of features that lie within the erase polygons.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = EraseInputs;
    type Outputs = EraseOutputs;

    fn run(inputs: EraseInputs, context: &RunContext) -> Result<EraseOutputs, ToolError> {
        let (features, masks) = (inputs.input_features, inputs.erase_features);
        let output_features =
            cut(features, "Input Features", masks, "Erase_Features", Keep::Outside, context)?;
        Ok(EraseOutputs { output_features })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{run, set, square};
    use serde_json::json;

    #[test]
    fn points_on_the_border_are_erased_and_polygons_lose_what_is_within() {
        let mask = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 10.0))]);
        let points = set(
            "Point",
            5070,
            &[(json!({}), json!({ "x": 0, "y": 5 })), (json!({}), json!({ "x": 11, "y": 5 }))],
        );
        let left = run("Erase", &json!({ "Input_Features": points, "Erase_Features": mask })).unwrap();
        assert_eq!(left.column("OBJECTID"), ["20"]);
        let field =
            set("Polygon", 5070, &[(json!({}), square(5.0, 5.0, 10.0)), (json!({}), square(1.0, 1.0, 2.0))]);
        let left = run("Erase", &json!({ "Input_Features": field, "Erase_Features": mask })).unwrap();
        assert_eq!(left.column("OBJECTID"), ["10"]);
        assert!((left.area(0) - 75.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_erase_leaves_everything() {
        let mask = set("Polygon", 5070, &[]);
        let field = set("Polygon", 5070, &[(json!({}), square(5.0, 5.0, 10.0))]);
        let left = run("Erase", &json!({ "Input_Features": field, "Erase_Features": mask })).unwrap();
        assert!((left.area(0) - 100.0).abs() < 1e-9);
    }
}
