//! Point Distance: the distances between the points of two layers.
//!
//! **Method.** A tree over the near points finds those within the radius; the distance is that of the plane, or the
//! length of the geodesic on the ellipsoid (Karney 2013, GeographicLib).
//!
//! **Inputs.** Points and multipoints; of a multipoint the nearest of its points counts. Where both layers are equal, a
//! point is not paired with itself. A feature without geometry has no row. Z and m are not used.
//!
//! **Spatial reference and units.** Near points are projected to the reference of the input. Distances are in the units
//! of projected coordinates. Points in degrees are measured on the ellipsoid, in metres.
//!
//! **Output.** A table ordered by input point, then by distance: `INPUT_FID` and `NEAR_FID`, object ids, and
//! `DISTANCE`.
//!
//! **Errors.** A layer that cannot be projected, a radius below 0 or in a unit without a length, more than 10 million
//! rows.

use crate::distance::Method;
use crate::generate_near_table::all_nearest;
use crate::near_search::NearSearch;
use crate::table::Table;
use gp_core::{Filter, Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, GeometryType, LinearUnit};

/// Measures from point to point.
pub(crate) struct PointDistance;

/// What Point Distance takes.
#[derive(Inputs)]
pub(crate) struct PointDistanceInputs {
    /// The points from which distances are measured.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Point, GeometryType::Multipoint]))]
    input_features: FeatureSet,
    /// The points to which distances are measured. May be the input itself.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Point, GeometryType::Multipoint]))]
    near_features: FeatureSet,
    /// How far to look. Without it every pair is in the table.
    search_radius: Option<LinearUnit>,
}

/// What Point Distance gives.
#[derive(Outputs)]
pub(crate) struct PointDistanceOutputs {
    /// The distances.
    output_table: RecordSet,
}

impl Tool for PointDistance {
    const NAME: &'static str = "PointDistance";
    const DESCRIPTION: &'static str = "Makes a table of the distances between the points of two layers.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = PointDistanceInputs;
    type Outputs = PointDistanceOutputs;

    fn run(inputs: PointDistanceInputs, context: &RunContext) -> Result<PointDistanceOutputs, ToolError> {
        let set = &inputs.input_features;
        let layers = vec![inputs.near_features];
        let search = NearSearch::new(set, layers, inputs.search_radius, Method::Planar, context)?;
        let found = all_nearest(&search, set.features.len(), usize::MAX, context)?;
        let mut table = Table::new(None, None);
        table.add_integer("INPUT_FID");
        table.add_integer("NEAR_FID");
        table.add_field(Field::new("DISTANCE", FieldType::Double));
        for (row, found) in found.iter().enumerate() {
            for near in found {
                let oids = [set.oid_of(row), near.oid].map(Attribute::Integer);
                table.push(oids.into_iter().chain([Attribute::Double(near.distance)]), None);
            }
        }
        Ok(PointDistanceOutputs { output_table: RecordSet(table.finish()) })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{run, set};
    use serde_json::{Value, json};

    fn points(wkid: u32, xs: &[f64]) -> Value {
        let rows: Vec<_> = xs.iter().map(|x| (json!({}), json!({ "x": x, "y": 0.0 }))).collect();
        set("Point", wkid, &rows)
    }

    #[test]
    fn every_pair_has_a_row_but_those_of_a_point_with_itself() {
        let both = points(5070, &[0.0, 3.0, 7.0]);
        let made = run("PointDistance", &json!({ "Input_Features": both, "Near_Features": both })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "INPUT_FID", "NEAR_FID", "DISTANCE"]);
        assert_eq!(made.column("INPUT_FID"), ["10", "10", "20", "20", "30", "30"]);
        assert_eq!(made.column("NEAR_FID"), ["20", "30", "10", "30", "20", "10"]);
        assert_eq!(made.column("DISTANCE"), ["3", "7", "3", "4", "4", "7"]);
    }

    #[test]
    fn only_pairs_within_the_radius_are_there() {
        let parameters = json!({
            "Input_Features": points(5070, &[0.0, 90.0]), "Near_Features": points(5070, &[3.0, 7.0]),
            "Search_Radius": "5 Meters",
        });
        let made = run("PointDistance", &parameters).unwrap();
        assert_eq!(
            (made.column("INPUT_FID"), made.column("DISTANCE")),
            (vec!["10".into()], vec!["3".to_owned()])
        );
    }

    #[test]
    fn degrees_are_metres_on_the_ellipsoid_across_the_antimeridian() {
        let parameters = json!({
            "Input_Features": points(4326, &[179.5]), "Near_Features": points(4326, &[-179.5, 0.0]),
            "Search_Radius": "200 Kilometers",
        });
        let made = run("PointDistance", &parameters).unwrap();
        let distance_m: f64 = made.column("DISTANCE")[0].parse().unwrap();
        assert!((distance_m - 111_319.490_793_273_57).abs() < 1e-6, "{distance_m}");
    }

    #[test]
    fn lines_are_refused_and_no_points_have_no_rows() {
        let lines = set("Polyline", 5070, &[(json!({}), crate::testing::line(&[[0.0, 0.0], [1.0, 0.0]]))]);
        let parameters = json!({ "Input_Features": lines, "Near_Features": points(5070, &[1.0]) });
        assert!(run("PointDistance", &parameters).is_err());
        let parameters =
            json!({ "Input_Features": points(5070, &[]), "Near_Features": points(5070, &[1.0]) });
        assert!(run("PointDistance", &parameters).unwrap().features.features.is_empty());
    }
}
