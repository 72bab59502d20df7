//! Simplify Line: lines with fewer vertices.
//!
//! **Method.** POINT_REMOVE keeps the vertices that a line needs so that no vertex is farther from the result than the
//! tolerance (Douglas and Peucker 1973). EFFECTIVE_AREA takes away, smallest first, the vertices whose triangle with
//! their neighbours has an area of not more than the square of the tolerance (Visvalingam and Whyatt 1993). Vertices
//! where paths of a feature meet, and ends, stay. With RESOLVE_ERRORS vertices come back, the farthest first, wherever
//! edges of the result cross, touch or jump over a path of the same feature; beside one that came back, others may be
//! farther from the result than the tolerance. A crossing of the input stays.
//!
//! **Inputs.** Lines; each feature is simplified by itself. Kept vertices keep z and m. A feature without geometry
//! stays a row without geometry.
//!
//! **Spatial reference and units.** In degrees a tolerance in units of length is measured with the lengths that a
//! degree has at each vertex, and vertices on the antimeridian and the poles stay. A tolerance in decimal degrees is
//! planar.
//!
//! **Output.** A row for each row, in its order: the input's fields, then `InLine_FID`, the object id of the input.
//!
//! **Errors.** A tolerance of zero or less, or in a unit that has no length.

use crate::derived::Derived;
use crate::each::each;
use crate::generalize::{Algorithm, Amount, ErrorOption, simplify};
use crate::reference::crs_of;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, LinearUnit};
use gp_geometry::Chain;

/// Takes vertices out of lines.
pub(crate) struct SimplifyLine;

/// What SimplifyLine takes.
#[derive(Inputs)]
pub(crate) struct SimplifyLineInputs {
    /// The lines to be simplified.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline]))]
    input_features: FeatureSet,
    /// POINT_REMOVE: keeps the points that give a line its shape. EFFECTIVE_AREA: removes the points that span the smallest triangles.
    #[parameter(default = Algorithm::PointRemove)]
    algorithm: Algorithm,
    /// POINT_REMOVE: how far the result may be from a vertex. EFFECTIVE_AREA: the square of it is the area of the smallest triangle that stays.
    tolerance: LinearUnit,
    /// RESOLVE_ERRORS: vertices come back where the result would cross itself. NO_CHECK: it may cross itself.
    #[parameter(default = ErrorOption::ResolveErrors)]
    error_option: ErrorOption,
}

/// What SimplifyLine gives.
#[derive(Outputs)]
pub(crate) struct SimplifyLineOutputs {
    /// The simplified lines.
    output_features: FeatureSet,
}

impl Tool for SimplifyLine {
    const NAME: &'static str = "SimplifyLine";
    const DESCRIPTION: &'static str = "Takes vertices out of lines and keeps their shape within a tolerance.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = SimplifyLineInputs;
    type Outputs = SimplifyLineOutputs;

    fn run(inputs: SimplifyLineInputs, context: &RunContext) -> Result<SimplifyLineOutputs, ToolError> {
        let set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let amount = Amount::read(inputs.algorithm, inputs.tolerance, crs.as_ref(), context)?;
        let simplified = each(context, set.features.len(), "Simplifying", |row| {
            let Some(Geometry::Polyline(paths)) = &set.features[row].geometry else { return Ok(None) };
            let paths = simplify(paths, Chain::Line, amount, inputs.error_option, context)?;
            Ok((!paths.is_empty()).then_some(Geometry::Polyline(paths)))
        })?;
        let mut output = Derived::with_id(&set, GeometryType::Polyline, "InLine_FID");
        for (row, geometry) in simplified.into_iter().enumerate() {
            output.push(row, [], geometry);
        }
        Ok(SimplifyLineOutputs { output_features: output.finish() })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set};
    use gp_esri::{Geometry, Xy};
    use serde_json::{Value, json};

    fn simplify(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Tolerance": "1 Meters" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SimplifyLine", &parameters)
    }

    fn vertices(made: &Run, row: usize) -> Vec<Xy> {
        let Geometry::Polyline(paths) = made.geometry(row) else { panic!("no line") };
        paths.iter().flat_map(|path| path.xy.clone()).collect()
    }

    const WAY: [Xy; 5] = [[0.0, 0.0], [5.0, 0.5], [10.0, 3.0], [15.0, 0.5], [20.0, 0.0]];

    #[test]
    fn attributes_and_the_id_of_the_input_go_along() {
        let features = set("Polyline", 5070, &[(json!({ "NAME": "way" }), line(&WAY))]);
        let made = simplify(&features, json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "InLine_FID"]);
        assert_eq!((made.column("NAME")[0].as_str(), made.column("InLine_FID")[0].as_str()), ("way", "10"));
        assert_eq!(vertices(&made, 0), [WAY[0], WAY[2], WAY[4]]);
        // The areas are 5, 12.5 and 5; of the top, once its neighbours are gone, 30.
        let areas = json!({ "Algorithm": "EFFECTIVE_AREA", "Tolerance": "3 Meters" });
        assert_eq!(vertices(&simplify(&features, areas).unwrap(), 0), [WAY[0], WAY[2], WAY[4]]);
        let areas = json!({ "Algorithm": "EFFECTIVE_AREA", "Tolerance": "6 Meters" });
        assert_eq!(vertices(&simplify(&features, areas).unwrap(), 0), [WAY[0], WAY[4]]);
    }

    #[test]
    fn a_tolerance_in_feet_is_a_length_and_z_stays() {
        let mut features =
            set("Polyline", 5070, &[(json!({}), json!({ "paths": [[[0, 0, 1], [5, 0.5, 2], [9, 0, 3]]] }))]);
        features["hasZ"] = json!(true);
        let made = simplify(&features, json!({ "Tolerance": "1 Feet" })).unwrap();
        let Geometry::Polyline(paths) = made.geometry(0) else { panic!("no line") };
        assert_eq!(paths[0].z, [1.0, 2.0, 3.0]);
        let made = simplify(&features, json!({ "Tolerance": "2 Feet" })).unwrap();
        let Geometry::Polyline(paths) = made.geometry(0) else { panic!("no line") };
        assert_eq!(paths[0].z, [1.0, 3.0]);
    }

    #[test]
    fn a_line_that_would_cross_itself_gets_vertices_back_unless_errors_are_allowed() {
        // A hook: its end stands in a bay of its beginning.
        let hook = [
            [-20.0, 0.0],
            [4.0, 0.0],
            [5.0, -8.0],
            [6.0, 0.0],
            [30.0, 0.0],
            [30.0, 40.0],
            [5.0, 40.0],
            [5.0, -2.0],
        ];
        let features = set("Polyline", 5070, &[(json!({}), line(&hook))]);
        let crosses = |option: &str| {
            let made = simplify(&features, json!({ "Tolerance": "9 Meters", "Error_Option": option }));
            let xy = vertices(&made.unwrap(), 0);
            let edges: Vec<Vec<gp_esri::Path>> =
                xy.windows(2).map(|pair| vec![gp_esri::Path::from_xy(pair.to_vec())]).collect();
            let apart = |a: usize, b: usize| {
                let meeting = gp_geometry::intersect_lines(&edges[a], &edges[b]);
                meeting.points.is_empty() && meeting.paths.is_empty()
            };
            (0..edges.len()).any(|a| (a + 2..edges.len()).any(|b| !apart(a, b)))
        };
        assert!(crosses("NO_CHECK"));
        assert!(!crosses("RESOLVE_ERRORS"));
    }

    #[test]
    fn metres_on_degrees_are_metres_on_the_ground_at_every_latitude() {
        let bump = |latitude: f64| line(&[[0.0, latitude], [0.001, latitude + 0.01], [0.0, latitude + 0.02]]);
        let rows = [(json!({}), bump(0.0)), (json!({}), bump(60.0))];
        // 0.001° of longitude is 111 m at the equator and 56 m at 60° north.
        let made = simplify(&set("Polyline", 4326, &rows), json!({ "Tolerance": "80 Meters" })).unwrap();
        assert_eq!((vertices(&made, 0).len(), vertices(&made, 1).len()), (3, 2));
    }

    #[test]
    fn no_features_and_no_geometry_are_no_fault_but_no_tolerance_is() {
        assert!(simplify(&set("Polyline", 5070, &[]), json!({})).unwrap().features.features.is_empty());
        let made = simplify(&set("Polyline", 5070, &[(json!({ "A": 1 }), Value::Null)]), json!({})).unwrap();
        assert!(made.features.features[0].geometry.is_none());
        let error = simplify(&set("Polyline", 5070, &[]), json!({ "Tolerance": "0 Meters" })).err().unwrap();
        assert!(error.contains("Tolerance") && error.contains("not more than 0"), "{error}");
    }
}
