//! Project: features in another coordinate system.
//!
//! **Method.** Vertex by vertex by the formulas of PROJ's pipelines, datum shifts by Helmert parameters
//! (`gp_geometry::project_features`). Edges are not densified: one is straight in both references. What was valid and is
//! not any more, because what touched crosses now or a speck has no extent, is repaired or becomes null, with a warning.
//! Polygons in longitude and latitude that cross the antimeridian keep their vertices as they are.
//!
//! **Inputs.** Features of any geometry type; rows without geometry stay. Z and m stay.
//!
//! **Spatial reference and units.** The input's reference must be known; the output's is the one asked for, unless the
//! request's environment asks for another.
//!
//! **Output.** The input's rows, fields and object ids in its order. A geometry with a vertex that has no image
//! becomes null, with a warning.
//!
//! **Errors.** A reference that is unknown or not supported.

use crate::each::Meter;
use crate::table::ensure_object_ids;
use gp_core::{CoordinateSystem, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::FeatureSet;
use gp_geometry::project_features_checked;

/// Brings features to another coordinate system.
pub(crate) struct Project;

/// What Project takes.
#[derive(Inputs)]
pub(crate) struct ProjectInputs {
    /// The features to be projected.
    input_features: FeatureSet,
    /// The coordinate system of the result: a code such as 25832, or an object with wkid or wkt.
    output_coordinate_system: CoordinateSystem,
}

/// What Project gives.
#[derive(Outputs)]
pub(crate) struct ProjectOutputs {
    /// The features in the coordinate system asked for.
    output_features: FeatureSet,
}

impl Tool for Project {
    const NAME: &'static str = "Project";
    const DESCRIPTION: &'static str = "Brings features from their coordinate system to another.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = ProjectInputs;
    type Outputs = ProjectOutputs;

    fn run(inputs: ProjectInputs, context: &RunContext) -> Result<ProjectOutputs, ToolError> {
        let mut output_features = inputs.input_features;
        ensure_object_ids(&mut output_features);
        let to = inputs.output_coordinate_system.0;
        let meter = Meter::new(context, output_features.features.len(), "Projecting");
        let projected = project_features_checked(&mut output_features, &to, || meter.step())?;
        let report = projected.map_err(|error| {
            let parameter = if output_features.spatial_reference.is_none() {
                "Input_Features"
            } else {
                "Output_Coordinate_System"
            };
            ToolError::invalid(parameter, error.to_string())
        })?;
        for text in report.sentences() {
            context.warning(format!("Input Features: {text}"));
        }
        Ok(ProjectOutputs { output_features })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{run, set};
    use serde_json::json;

    #[test]
    fn positions_move_and_everything_else_stays() {
        let mut points = set(
            "Point",
            4326,
            &[(json!({ "A": "x" }), json!({ "x": 9, "y": 50, "z": 4 })), (json!({ "A": "y" }), json!(null))],
        );
        points["hasZ"] = json!(true);
        let made = run("Project", &json!({ "Input_Features": points, "Output_Coordinate_System": "25832" }))
            .unwrap();
        assert_eq!(
            (made.column("A"), made.column("OBJECTID")),
            (vec!["x".into(), "y".into()], vec!["10".into(), "20".into()])
        );
        let gp_esri::Geometry::Point(point) = made.geometry(0) else { panic!("no point") };
        assert!((point.xy[0] - 500_000.0).abs() < 0.001 && point.z == Some(4.0));
    }

    #[test]
    fn a_datum_shift_that_is_not_exact_is_said() {
        let points = set("Point", 4326, &[(json!({}), json!({ "x": -98, "y": 40 }))]);
        let made = run(
            "Project",
            &json!({ "Input_Features": points, "Output_Coordinate_System": { "wkid": 4267 } }),
        )
        .unwrap();
        assert!(made.warnings.iter().any(|text| text.starts_with("Input Features: ")), "{:?}", made.warnings);
    }

    #[test]
    fn without_a_reference_nothing_can_be_projected() {
        let points = set("Point", 0, &[(json!({}), json!({ "x": 9, "y": 50 }))]);
        let error = run("Project", &json!({ "Input_Features": points, "Output_Coordinate_System": "25832" }))
            .err()
            .unwrap();
        assert!(error.contains("Input_Features"), "{error}");
        let unknown = set("Point", 4326, &[(json!({}), json!({ "x": 9, "y": 50 }))]);
        let error =
            run("Project", &json!({ "Input_Features": unknown, "Output_Coordinate_System": "999999" }))
                .err()
                .unwrap();
        assert!(error.contains("Output_Coordinate_System") && error.contains("999999"), "{error}");
    }
}
