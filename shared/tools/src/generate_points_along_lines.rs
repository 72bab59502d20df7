//! Generate Points Along Lines: points at intervals along lines and outlines of polygons.
//!
//! **Method.** Points lie after each multiple of a distance, or of a percentage of the feature's length, from the
//! start of a feature, its parts one after the other, and before its end. DISTANCE_FIELD takes the interval of each
//! feature from a field of numbers, or the very distances from a text such as `100;250`.
//!
//! **Inputs.** Lines and polygons. Features without geometry or length are left out with a warning, as are values of
//! the field that are no distance above 0 or would make more than 10 million points of one feature. Points have the z
//! and m from between the neighbouring vertices.
//!
//! **Spatial reference and units.** Those of the input. Features in degrees are measured on the ellipsoid, in metres,
//! and points lie on the geodesic between two vertices; others are measured in the plane of their coordinates. A
//! distance in decimal degrees is planar. Values of the distance field are in units of the spatial reference, on
//! degrees in metres.
//!
//! **Output.** Points in the order of the features and along them: the input's fields and `ORIG_FID`. END_POINTS adds
//! the first and the last vertex of each feature, in one place where it is closed. ADD_CHAINAGE adds `ORIG_LEN`, the
//! distance from the start in the units in which the feature is measured, and `ORIG_SEQ`, which counts the points of
//! each feature from 1.
//!
//! **Errors.** A placement without its value, a distance or percentage that is not above 0, more than 10 million
//! points.

mod placing;

use crate::derived::{Derived, warn_of_missing};
use gp_core::{Choices, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, Geometry, GeometryType, LinearUnit};

/// Makes points at intervals along lines.
pub(crate) struct GeneratePointsAlongLines;

/// What Generate Points Along Lines takes.
#[derive(Inputs)]
pub(crate) struct GeneratePointsAlongLinesInputs {
    /// The lines or polygons along which points are made.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline, GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// PERCENTAGE: at shares of each feature. DISTANCE: at fixed distances. DISTANCE_FIELD: at distances from a field.
    #[parameter(default = PointPlacement::Distance)]
    point_placement: PointPlacement,
    /// The interval between points, for DISTANCE.
    distance: Option<LinearUnit>,
    /// The interval between points in percent of the length of the feature, for PERCENTAGE.
    percentage: Option<f64>,
    /// The field with the interval, or with distances such as 100;250, for DISTANCE_FIELD.
    #[parameter(depends_on = "Input_Features")]
    distance_field: Option<Field>,
    /// END_POINTS: points at the start and the end of each feature too. NO_END_POINTS: none there.
    #[parameter(default = IncludeEndPoints::NoEndPoints)]
    include_end_points: IncludeEndPoints,
    /// ADD_CHAINAGE: fields with the distance from the start and the number of each point. NO_CHAINAGE: no such fields.
    #[parameter(default = AddChainageFields::NoChainage)]
    add_chainage_fields: AddChainageFields,
}

/// What Generate Points Along Lines gives.
#[derive(Outputs)]
pub(crate) struct GeneratePointsAlongLinesOutputs {
    /// The points.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum PointPlacement {
    Percentage,
    Distance,
    DistanceField,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum IncludeEndPoints {
    EndPoints,
    NoEndPoints,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum AddChainageFields {
    AddChainage,
    NoChainage,
}

impl Tool for GeneratePointsAlongLines {
    const NAME: &'static str = "GeneratePointsAlongLines";
    const DESCRIPTION: &'static str = "Makes points at intervals along lines and outlines of polygons.";
    const TOOLSET: &'static str = "Features";
    type Inputs = GeneratePointsAlongLinesInputs;
    type Outputs = GeneratePointsAlongLinesOutputs;

    fn run(
        inputs: GeneratePointsAlongLinesInputs,
        context: &RunContext,
    ) -> Result<GeneratePointsAlongLinesOutputs, ToolError> {
        let set = &inputs.input_features;
        warn_of_missing(set, context);
        let points = placing::points(&inputs, context)?;
        let with_chainage = inputs.add_chainage_fields == AddChainageFields::AddChainage;
        let mut output = Derived::new(set, GeometryType::Point);
        if with_chainage {
            output.add_double("ORIG_LEN");
            output.add_integer("ORIG_SEQ");
        }
        for (row, points) in points.into_iter().enumerate() {
            for (number, (distance, point)) in points.into_iter().enumerate() {
                let chainage = [Attribute::Double(distance), Attribute::Integer(number as i64 + 1)];
                let chainage = chainage.into_iter().filter(|_| with_chainage);
                output.push(row, chainage, Geometry::Point(point));
            }
        }
        Ok(GeneratePointsAlongLinesOutputs { output_features: output.finish() })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Point, Xy};
    use serde_json::{Value, json};

    fn points(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("GeneratePointsAlongLines", &parameters)
    }

    fn placed(made: &Run) -> Vec<Point> {
        let point = |row: usize| match made.geometry(row) {
            Geometry::Point(point) => *point,
            _ => panic!("no point"),
        };
        (0..made.features.features.len()).map(point).collect()
    }

    fn positions(made: &Run) -> Vec<Xy> {
        placed(made).into_iter().map(|point| point.xy).collect()
    }

    fn lines(wkid: u32) -> Value {
        let two = json!({ "paths": [[[0, 0], [100, 0]], [[0, 10], [50, 10]]] });
        set("Polyline", wkid, &[(json!({ "D": 60.0, "T": "30;120;999;x" }), two)])
    }

    #[test]
    fn distances_go_on_through_the_parts_of_a_feature() {
        let made =
            points(&lines(5070), json!({ "Distance": "60 Meters", "Add_Chainage_Fields": "ADD_CHAINAGE" }))
                .unwrap();
        assert_eq!(positions(&made), [[60.0, 0.0], [20.0, 10.0]]);
        assert_eq!(made.names(), ["OBJECTID", "D", "T", "ORIG_FID", "ORIG_LEN", "ORIG_SEQ"]);
        assert_eq!(
            (made.column("ORIG_LEN"), made.column("ORIG_SEQ")),
            (vec!["60".into(), "120".into()], vec!["1".into(), "2".into()])
        );
    }

    #[test]
    fn percentages_stop_before_the_end_and_end_points_are_added() {
        let at = |percentage: f64, ends: &str| {
            let more = json!({ "Point_Placement": "PERCENTAGE", "Percentage": percentage, "Include_End_Points": ends });
            positions(&points(&lines(5070), more).unwrap())
        };
        assert_eq!(at(50.0, "NO_END_POINTS"), [[75.0, 0.0]]);
        assert_eq!(at(40.0, "END_POINTS"), [[0.0, 0.0], [60.0, 0.0], [20.0, 10.0], [50.0, 10.0]]);
        assert_eq!(at(10.0, "NO_END_POINTS").len(), 9);
    }

    #[test]
    fn a_field_holds_the_interval_or_the_distances() {
        let at = |field: &str| {
            points(&lines(5070), json!({ "Point_Placement": "DISTANCE_FIELD", "Distance_Field": field }))
        };
        assert_eq!(positions(&at("D").unwrap()), [[60.0, 0.0], [20.0, 10.0]]);
        let made = at("T").unwrap();
        assert_eq!(positions(&made), [[30.0, 0.0], [20.0, 10.0]]);
        assert!(made.warnings[0].contains("Distance Field"), "{:?}", made.warnings);
        assert!(at("NONE").err().unwrap().contains("Distance_Field"));
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid_and_z_lies_between() {
        let path = json!({ "paths": [[[0, 0, 0], [2, 0, 100]]] });
        let mut lines = set("Polyline", 4326, &[(json!({}), path)]);
        lines["hasZ"] = json!(true);
        let made = points(&lines, json!({ "Distance": "111319.490793 Meters" })).unwrap();
        let [point] = placed(&made)[..] else { panic!("{:?}", placed(&made)) };
        assert!((point.xy[0] - 1.0).abs() < 1e-9 && (point.z.unwrap() - 50.0).abs() < 1e-6, "{point:?}");
        let across = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 0.0], [-179.0, 0.0]]))]);
        let made = points(&across, json!({ "Point_Placement": "PERCENTAGE", "Percentage": 75.0 })).unwrap();
        assert!((positions(&made)[0][0] + 179.5).abs() < 1e-9);
    }

    #[test]
    fn outlines_of_polygons_are_lines_too() {
        let polygons = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 10.0))]);
        let made = points(&polygons, json!({ "Distance": "10 Meters", "Include_End_Points": "END_POINTS" }))
            .unwrap();
        let expected = [[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0], [0.0, 0.0]];
        assert_eq!(positions(&made), expected);
    }

    #[test]
    fn a_placement_without_a_sensible_value_is_refused() {
        let error = |more: Value| points(&lines(5070), more).err().unwrap();
        assert!(error(json!({})).starts_with("Distance: "));
        assert!(error(json!({ "Distance": "0 Meters" })).starts_with("Distance: "));
        assert!(error(json!({ "Distance": "0.000001 Meters" })).starts_with("Distance: "));
        assert!(error(json!({ "Point_Placement": "PERCENTAGE" })).starts_with("Percentage: "));
        assert!(
            error(json!({ "Point_Placement": "PERCENTAGE", "Percentage": -1 })).starts_with("Percentage: ")
        );
        assert!(error(json!({ "Point_Placement": "DISTANCE_FIELD" })).starts_with("Distance_Field: "));
    }

    #[test]
    fn features_without_geometry_are_left_out_and_nothing_gives_nothing() {
        let rows = [(json!({}), Value::Null), (json!({}), line(&[[0.0, 0.0], [3.0, 0.0]]))];
        let made = points(&set("Polyline", 5070, &rows), json!({ "Distance": "2 Meters" })).unwrap();
        assert_eq!(made.column("ORIG_FID"), ["20"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
        let none = points(&set("Polyline", 0, &[]), json!({ "Distance": "2 Meters" })).unwrap();
        assert!(none.features.features.is_empty());
    }

    #[test]
    fn a_value_that_asks_for_endless_points_costs_only_its_own() {
        let row = |distance: f64| (json!({ "D": distance }), line(&[[0.0, 0.0], [100.0, 0.0]]));
        let features = set("Polyline", 5070, &[row(1e-300), row(60.0)]);
        let made =
            points(&features, json!({ "Point_Placement": "DISTANCE_FIELD", "Distance_Field": "D" })).unwrap();
        assert_eq!((positions(&made), made.column("ORIG_FID")), (vec![[60.0, 0.0]], vec!["20".into()]));
        assert!(made.warnings.iter().any(|text| text.contains("(object ids 10)")), "{:?}", made.warnings);
    }
}
