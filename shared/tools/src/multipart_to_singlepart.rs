//! Multipart To Singlepart: a feature for each part.
//!
//! **Method.** The parts of a polygon are its exteriors, each with the holes in it; of a line its paths; of a
//! multipoint its points.
//!
//! **Inputs.** Features of any geometry type; those without geometry are left out with a warning. Z and m stay.
//!
//! **Spatial reference and units.** Those of the input; no coordinate changes.
//!
//! **Output.** A row for each part, in the order of the features and their parts: the input's fields, then
//! `ORIG_FID`. Multipoints become points.
//!
//! **Errors.** More than 10 million points.

use crate::derived::{Derived, warn_of_missing};
use crate::each::each;
use crate::limits::refuse_too_many;
use crate::parts::single_parts;
use gp_core::{Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, GeometryType};

/// Makes a feature of each part.
pub(crate) struct MultipartToSinglepart;

/// What Multipart To Singlepart takes.
#[derive(Inputs)]
pub(crate) struct MultipartToSinglepartInputs {
    /// The features whose parts become features.
    input_features: FeatureSet,
}

/// What Multipart To Singlepart gives.
#[derive(Outputs)]
pub(crate) struct MultipartToSinglepartOutputs {
    /// A feature for each part.
    output_features: FeatureSet,
}

impl Tool for MultipartToSinglepart {
    const NAME: &'static str = "MultipartToSinglepart";
    const DESCRIPTION: &'static str = "Makes a feature of each part of features.";
    const TOOLSET: &'static str = "Features";
    type Inputs = MultipartToSinglepartInputs;
    type Outputs = MultipartToSinglepartOutputs;

    fn run(
        inputs: MultipartToSinglepartInputs,
        context: &RunContext,
    ) -> Result<MultipartToSinglepartOutputs, ToolError> {
        let set = inputs.input_features;
        if set.geometry_type == Some(GeometryType::Multipoint) {
            refuse_too_many(set.vertex_count() as f64, "points", "Input_Features", "send fewer points")?;
        }
        warn_of_missing(&set, context);
        let parts = each(context, set.features.len(), "Separating", |row| {
            Ok(set.features[row].geometry.as_ref().map(single_parts).unwrap_or_default())
        })?;
        let geometry_type = match set.geometry_type {
            Some(GeometryType::Multipoint) | None => GeometryType::Point,
            Some(other) => other,
        };
        let mut output = Derived::new(&set, geometry_type);
        for (row, parts) in parts.into_iter().enumerate() {
            parts.into_iter().for_each(|part| output.push(row, [], part));
        }
        Ok(MultipartToSinglepartOutputs { output_features: output.finish() })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "positions and areas of these shapes are exact")]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::{Geometry, GeometryType};
    use serde_json::{Value, json};

    fn parts(features: &Value) -> Run {
        run("MultipartToSinglepart", &json!({ "Input_Features": features })).unwrap()
    }

    #[test]
    fn a_hole_goes_with_its_exterior_and_an_island_in_it_is_a_part() {
        let ring = |x: f64, size: f64, hole: bool| {
            let mut ring = square(x, x, size)["rings"][0].as_array().unwrap().clone();
            if hole {
                ring.reverse();
            }
            ring
        };
        let lake = json!({ "rings": [ring(4.0, 1.0, false), ring(0.0, 10.0, false), ring(2.0, 6.0, true)] });
        let rows = [(json!({ "A": "x" }), lake), (json!({ "A": "y" }), square(50.0, 0.0, 1.0))];
        let made = parts(&set("Polygon", 5070, &rows));
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID"]);
        assert_eq!(made.column("ORIG_FID"), ["10", "10", "20"]);
        let areas: Vec<f64> = (0..3).map(|row| made.area(row)).collect();
        assert_eq!(areas, [1.0, 64.0, 1.0]);
    }

    #[test]
    fn points_of_a_multipoint_and_paths_of_a_line_keep_z() {
        let mut points = set("Multipoint", 5070, &[(json!({}), json!({ "points": [[0, 0, 1], [1, 0, 2]] }))]);
        points["hasZ"] = json!(true);
        let made = parts(&points);
        assert_eq!(made.features.geometry_type, Some(GeometryType::Point));
        assert!(matches!(made.geometry(1), Geometry::Point(point) if point.z == Some(2.0)));
        let two = json!({ "paths": [[[0, 0, 1], [1, 0, 2]], [[5, 0, 3], [6, 0, 4]]] });
        let mut lines = set("Polyline", 5070, &[(json!({}), two)]);
        lines["hasZ"] = json!(true);
        let made = parts(&lines);
        assert!(matches!(made.geometry(1), Geometry::Polyline(paths) if paths[0].z == [3.0, 4.0]));
    }

    #[test]
    fn features_without_geometry_are_left_out_with_a_warning() {
        let made =
            parts(&set("Polygon", 5070, &[(json!({}), Value::Null), (json!({}), square(0.0, 0.0, 1.0))]));
        assert_eq!(made.column("ORIG_FID"), ["20"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
    }

    #[test]
    fn single_parts_pass_as_they_are_and_nothing_gives_nothing() {
        let rows = [(json!({}), square(0.0, 0.0, 2.0))];
        assert_eq!(parts(&set("Polygon", 4326, &rows)).area(0), 4.0);
        assert!(parts(&set("Polygon", 0, &[])).features.features.is_empty());
    }
}
