//! Clip: the parts of features that lie within polygons.
//!
//! **Method.** The clip polygons are united and prepared with a grid over their edges; a feature far from every edge
//! is kept or dropped whole, any other is cut by the overlay engine.
//!
//! **Inputs.** Features of any geometry type, clip features that are polygons. What lies on a border counts as within.
//! Points keep z and m; lines and polygons lose them with a warning. Pieces narrower than the rounding of the coordinates
//! (about ten nanometres for metres) are left out.
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
    const TOOLSET: &'static str = "Overlay";
    type Inputs = ClipInputs;
    type Outputs = ClipOutputs;

    fn run(inputs: ClipInputs, context: &RunContext) -> Result<ClipOutputs, ToolError> {
        let (features, masks) = (inputs.input_features, inputs.clip_features);
        let output_features = cut(features, "Input Features", masks, "Clip_Features", Keep::Inside, context)?;
        Ok(ClipOutputs { output_features })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{line, run, set, square};
    use serde_json::{Value, json};

    fn clip(input: Value) -> crate::testing::Run {
        let mask =
            set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 10.0)), (json!({}), square(5.0, 0.0, 10.0))]);
        run("Clip", &json!({ "Input_Features": input, "Clip_Features": mask })).unwrap()
    }

    #[test]
    fn rows_keep_their_attributes_and_object_ids() {
        let rows =
            [(json!({ "A": 1 }), square(50.0, 0.0, 1.0)), (json!({ "A": 2 }), square(-5.0, 0.0, 10.0))];
        let kept = clip(set("Polygon", 5070, &rows));
        assert_eq!(
            (kept.column("OBJECTID"), kept.column("A")),
            (vec!["20".to_owned()], vec!["2".to_owned()])
        );
        assert!((kept.area(0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_point_on_the_border_is_within_and_keeps_its_z() {
        let rows =
            [(json!({}), json!({ "x": 0, "y": 5, "z": 3 })), (json!({}), json!({ "x": -1, "y": 5, "z": 4 }))];
        let mut points = set("Point", 5070, &rows);
        points["hasZ"] = json!(true);
        let kept = clip(points);
        assert_eq!(kept.column("OBJECTID"), ["10"]);
        assert!(matches!(kept.geometry(0), gp_esri::Geometry::Point(point) if point.z == Some(3.0)));
    }

    #[test]
    fn polygons_that_touch_but_for_rounding_have_nothing_within_each_other() {
        let (below, above) = crate::testing::nearly_touching();
        for (input, mask) in [(&below, &above), (&above, &below)] {
            let kept = run("Clip", &json!({ "Input_Features": input, "Clip_Features": mask })).unwrap();
            assert_eq!(kept.column("OBJECTID"), Vec::<String>::new());
        }
    }

    #[test]
    fn masks_in_another_reference_are_projected() {
        let world = set("Polygon", 4326, &[(json!({}), square(-1.0, -1.0, 2.0))]);
        let points = set(
            "Point",
            3857,
            &[(json!({}), json!({ "x": 1000, "y": 1000 })), (json!({}), json!({ "x": 1e6, "y": 0 }))],
        );
        let kept = run("Clip", &json!({ "Input_Features": points, "Clip_Features": world })).unwrap();
        assert_eq!(kept.column("OBJECTID"), ["10"]);
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_empty_inputs_give_nothing() {
        let kept = clip(set("Polyline", 5070, &[(json!({}), line(&[[-10.0, 5.0], [30.0, 5.0]]))]));
        let gp_esri::Geometry::Polyline(paths) = kept.geometry(0) else { panic!("no line") };
        assert!((gp_geometry::length(paths) - 15.0).abs() < 1e-9);
        assert!(clip(set("Polyline", 5070, &[])).features.features.is_empty());
    }
}
