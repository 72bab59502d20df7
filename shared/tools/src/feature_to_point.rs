//! Feature To Point: a point for each feature.
//!
//! **Method.** CENTROID: the centre of gravity of a polygon's area, of a line's length, or of the points of a
//! multipoint; it may lie outside of the feature. INSIDE: of a polygon its centroid where that lies inside, else the
//! middle of the widest stretch at some height; of a line the middle of its longest part; of a multipoint the point
//! nearest to its centroid.
//!
//! **Inputs.** Features of any geometry type; those without geometry are left out with a warning. Points pass as they
//! are, the points of INSIDE keep the z and m of lines and multipoints, and polygons and centroids lose them with a
//! warning.
//!
//! **Spatial reference and units.** Those of the input. Everything is computed in its coordinates, as ArcGIS does,
//! degrees included: the centroid of a polygon that is cut at the antimeridian lies far from both of its parts.
//!
//! **Output.** Points in the order of the input: its fields, then `ORIG_FID`.
//!
//! **Errors.** None but those of every tool.

use crate::derived::{Derived, warn_of_missing};
use crate::each::each;
use crate::inside::point_inside;
use crate::reference::{crs_of, drop_zm};
use gp_core::{Choices, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, Point};
use gp_geometry::{Crs, centroid};

/// Makes a point of each feature.
pub(crate) struct FeatureToPoint;

/// What Feature To Point takes.
#[derive(Inputs)]
pub(crate) struct FeatureToPointInputs {
    /// The features of which points are made.
    input_features: FeatureSet,
    /// CENTROID: the centre of gravity, which may lie outside of the feature. INSIDE: a point that lies within it or on it.
    #[parameter(default = PointLocation::Centroid)]
    point_location: PointLocation,
}

/// What Feature To Point gives.
#[derive(Outputs)]
pub(crate) struct FeatureToPointOutputs {
    /// A point for each feature.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum PointLocation {
    Centroid,
    Inside,
}

impl Tool for FeatureToPoint {
    const NAME: &'static str = "FeatureToPoint";
    const DESCRIPTION: &'static str =
        "Makes a point of each feature: its centre of gravity, or a point within it.";
    const TOOLSET: &'static str = "Features";
    type Inputs = FeatureToPointInputs;
    type Outputs = FeatureToPointOutputs;

    fn run(inputs: FeatureToPointInputs, context: &RunContext) -> Result<FeatureToPointOutputs, ToolError> {
        let (mut set, location) = (inputs.input_features, inputs.point_location);
        let is_new = match set.geometry_type {
            Some(GeometryType::Polygon) => true,
            Some(GeometryType::Polyline | GeometryType::Multipoint) => location == PointLocation::Centroid,
            _ => false,
        };
        if is_new {
            drop_zm(&mut set, "Input Features", context);
            if crs_of(&set, "Input_Features")?.as_ref().is_some_and(Crs::is_geographic) {
                let text = "Input Features: points are computed in the coordinates, which are angles";
                context.message(MessageLevel::Info, text);
            }
        }
        warn_of_missing(&set, context);
        let points = each(context, set.features.len(), "Making points", |row| {
            Ok(match (&set.features[row].geometry, location) {
                (Some(Geometry::Point(point)), _) => Some(*point),
                (Some(geometry), PointLocation::Centroid) => centroid(geometry).map(Point::from_xy),
                (Some(geometry), PointLocation::Inside) => point_inside(geometry),
                (None, _) => None,
            })
        })?;
        let mut output = Derived::new(&set, GeometryType::Point);
        for (row, point) in points.into_iter().enumerate() {
            if let Some(point) = point {
                output.push(row, [], Geometry::Point(point));
            }
        }
        Ok(FeatureToPointOutputs { output_features: output.finish() })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "positions and areas of these shapes are exact")]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Point};
    use serde_json::{Value, json};

    fn points(features: &Value, location: &str) -> Run {
        run("FeatureToPoint", &json!({ "Input_Features": features, "Point_Location": location })).unwrap()
    }

    fn point(made: &Run, row: usize) -> Point {
        let Geometry::Point(point) = made.geometry(row) else { panic!("no point") };
        *point
    }

    /// A frame around a wide gap: its centroid lies in the gap.
    fn frame() -> Value {
        json!({ "rings": [
            [[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]],
            [[1.0, 1.0], [9.0, 1.0], [9.0, 9.0], [1.0, 9.0], [1.0, 1.0]],
        ] })
    }

    #[test]
    fn a_polygon_becomes_its_centroid_with_its_fields_and_its_id() {
        let rows = [(json!({ "A": 1 }), square(0.0, 0.0, 10.0)), (json!({ "A": 2 }), frame())];
        let made = points(&set("Polygon", 5070, &rows), "CENTROID");
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID"]);
        assert_eq!(
            (made.column("A"), made.column("ORIG_FID")),
            (vec!["1".into(), "2".into()], vec!["10".into(), "20".into()])
        );
        assert_eq!((point(&made, 0).xy, point(&made, 1).xy), ([5.0, 5.0], [5.0, 5.0]));
        assert!(made.warnings.is_empty());
    }

    #[test]
    fn an_inside_point_of_a_frame_lies_in_the_frame_and_of_a_square_is_its_centroid() {
        let rows = [(json!({}), frame()), (json!({}), square(0.0, 0.0, 10.0))];
        let made = points(&set("Polygon", 5070, &rows), "INSIDE");
        let [x, y] = point(&made, 0).xy;
        assert!((0.0..10.0).contains(&x) && (0.0..10.0).contains(&y));
        assert!(!((1.0..=9.0).contains(&x) && (1.0..=9.0).contains(&y)));
        assert_eq!(point(&made, 1).xy, [5.0, 5.0]);
    }

    #[test]
    fn an_inside_point_of_a_line_lies_halfway_with_its_z() {
        let path = json!({ "paths": [[[50, 0, 1], [51, 0, 2]], [[0, 0, 0], [10, 0, 10], [10, 10, 30]]] });
        let mut lines = set("Polyline", 5070, &[(json!({}), path)]);
        lines["hasZ"] = json!(true);
        let made = points(&lines, "INSIDE");
        assert_eq!(point(&made, 0), Point { xy: [10.0, 0.0], z: Some(10.0), m: None });
        let made = points(&lines, "CENTROID");
        assert_eq!(point(&made, 0).z, None);
        assert!(made.warnings[0].contains("z and m are dropped"), "{:?}", made.warnings);
    }

    #[test]
    fn points_pass_and_multipoints_become_their_mean_or_the_point_nearest_to_it() {
        let mut single = set("Point", 5070, &[(json!({}), json!({ "x": 1, "y": 2, "z": 3 }))]);
        single["hasZ"] = json!(true);
        assert_eq!(point(&points(&single, "CENTROID"), 0).z, Some(3.0));
        let several = json!({ "points": [[0.0, 0.0], [4.0, 0.0], [5.0, 0.0]] });
        let several = set("Multipoint", 5070, &[(json!({}), several)]);
        assert_eq!(point(&points(&several, "CENTROID"), 0).xy, [3.0, 0.0]);
        assert_eq!(point(&points(&several, "INSIDE"), 0).xy, [4.0, 0.0]);
    }

    #[test]
    fn features_without_geometry_are_left_out_with_a_warning_and_none_gives_none() {
        let rows = [(json!({}), Value::Null), (json!({}), line(&[[0.0, 0.0], [2.0, 0.0]]))];
        let made = points(&set("Polyline", 5070, &rows), "CENTROID");
        assert_eq!(made.column("ORIG_FID"), ["20"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
        assert!(points(&set("Polygon", 0, &[]), "INSIDE").features.features.is_empty());
    }

    #[test]
    fn degrees_are_planar_and_said_to_be() {
        let cut = json!({ "rings": [
            [[178.0, 0.0], [178.0, 2.0], [180.0, 2.0], [180.0, 0.0], [178.0, 0.0]],
            [[-180.0, 0.0], [-180.0, 2.0], [-178.0, 2.0], [-178.0, 0.0], [-180.0, 0.0]],
        ] });
        let made = points(&set("Polygon", 4326, &[(json!({}), cut)]), "CENTROID");
        assert_eq!(point(&made, 0).xy, [0.0, 1.0]);
        assert!(made.warnings[0].contains("angles"), "{:?}", made.warnings);
    }
}
