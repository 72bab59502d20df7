//! Densify: lines and polygons with more vertices.
//!
//! **Method.** DISTANCE cuts every edge into the least number of equal pieces that are not longer than the distance; all
//! vertices stay. OFFSET and ANGLE are about true curves, which are made into edges when features are read: with them
//! features come back as they are.
//!
//! **Inputs.** Lines or polygons. New vertices get z and m in proportion to the ones before and after. A feature without
//! geometry stays a row without geometry.
//!
//! **Spatial reference and units.** On degrees a distance in units of length is one on the ellipsoid, and new vertices lie
//! on the geodesic. An edge over 180 degrees of longitude or more is no geodesic and stays as it is, and so does a polygon
//! whose geodesics would cross each other; both with a warning. A distance in decimal degrees is planar.
//!
//! **Output.** The input's rows, fields and object ids, in its order.
//!
//! **Errors.** No distance, or one of zero or less; more than ten million vertices.

mod cutter;

use crate::along::Ruler;
use crate::each::{each, warn_of_rows};
use crate::generalize::positive_reach;
use crate::limits::refuse_too_many;
use crate::reference::crs_of;
use crate::table::ensure_object_ids;
use cutter::{Cutter, Dense};
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, GeometryType, LinearUnit};
use gp_geometry::Metric;

/// Puts vertices into edges.
pub(crate) struct Densify;

/// What Densify takes.
#[derive(Inputs)]
pub(crate) struct DensifyInputs {
    /// The lines or polygons to be densified.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline, GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// DISTANCE: no edge is longer than the distance. OFFSET and ANGLE: about true curves, which have become edges when they arrive here, so nothing changes.
    #[parameter(default = DensificationMethod::Distance)]
    densification_method: DensificationMethod,
    /// The greatest length of an edge, for DISTANCE.
    distance: Option<LinearUnit>,
    /// No edge gets more new vertices than this. Without it there is no such limit.
    maximum_vertex_count_per_segment: Option<i64>,
}

/// What Densify gives.
#[derive(Outputs)]
pub(crate) struct DensifyOutputs {
    /// The densified features.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DensificationMethod {
    Distance,
    Offset,
    Angle,
}

impl Tool for Densify {
    const NAME: &'static str = "Densify";
    const DESCRIPTION: &'static str =
        "Puts vertices into the edges of lines and polygons, along geodesics on degrees.";
    const TOOLSET: &'static str = "Features";
    type Inputs = DensifyInputs;
    type Outputs = DensifyOutputs;

    fn run(inputs: DensifyInputs, context: &RunContext) -> Result<DensifyOutputs, ToolError> {
        let mut set = inputs.input_features;
        ensure_object_ids(&mut set);
        if inputs.densification_method != DensificationMethod::Distance {
            let text = "the features have no true curves any more, so OFFSET and ANGLE change nothing";
            context.message(MessageLevel::Info, text);
            return Ok(DensifyOutputs { output_features: set });
        }
        let Some(distance) = inputs.distance else {
            return Err(ToolError::invalid(
                "Distance",
                "DISTANCE needs one; give a length such as 100 Meters",
            ));
        };
        let crs = crs_of(&set, "Input_Features")?;
        let (metric, length) = positive_reach(distance, crs.as_ref(), "Distance", context)?;
        let most = match inputs.maximum_vertex_count_per_segment {
            Some(most) if most < 1 => {
                let text = format!("{most} is less than 1; leave it out for no limit");
                return Err(ToolError::invalid("Maximum_Vertex_Count_Per_Segment", text));
            }
            most => most.map_or(f64::INFINITY, |most| most as f64 + 1.0),
        };
        let ruler = match metric {
            Metric::Degrees { .. } => Ruler::natural(crs.as_ref()),
            Metric::Planar => Ruler::Planar,
        };
        let cutter = Cutter { ruler, length, most };
        let counts = each(context, set.features.len(), "Counting", |row| {
            Ok(cutter.count(set.features[row].geometry.as_ref()))
        })?;
        let count: f64 = counts.iter().sum();
        refuse_too_many(count, "vertices", "Distance", "give a longer one")?;
        let dense = each(context, set.features.len(), "Densifying", |row| {
            cutter.densify(set.features[row].geometry.as_ref(), context)
        })?;
        let (mut wide, mut crossed) = (Vec::new(), Vec::new());
        for (row, Dense { geometry, has_wide_edges, would_cross }) in dense.into_iter().enumerate() {
            set.features[row].geometry = geometry;
            wide.extend(has_wide_edges.then_some(row));
            crossed.extend(would_cross.then_some(row));
        }
        let text = "would cross themselves along geodesics, so they stay as they are";
        warn_of_rows(&crossed, &set, text, context);
        let text =
            "have edges over 180 degrees of longitude or more, or beyond a pole, which stay as they are";
        warn_of_rows(&wide, &set, text, context);
        Ok(DensifyOutputs { output_features: set })
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "whole numbers and copied positions are exact")]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Path};
    use serde_json::{Value, json};

    fn densify(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Densify", &parameters)
    }

    fn path(made: &Run) -> &Path {
        match made.geometry(0) {
            Geometry::Polyline(paths) | Geometry::Polygon(paths) => &paths[0],
            _ => panic!("no line"),
        }
    }

    #[test]
    fn edges_beyond_a_pole_stay_as_they_are() {
        let features = set("Polygon", 4326, &[(json!({}), square(0.0, 89.0, 2.0))]);
        for most in [json!(null), json!(1)] {
            let more = json!({ "Distance": "100 Kilometers", "Maximum_Vertex_Count_Per_Segment": most });
            let made = densify(&features, more).unwrap();
            assert!(made.warnings[0].contains("beyond a pole"), "{:?}", made.warnings);
            assert!(path(&made).xy.iter().flatten().all(|ordinate| ordinate.is_finite()));
        }
    }

    #[test]
    fn longitudes_beyond_180_stay_beyond() {
        let features = set("Polygon", 4326, &[(json!({}), square(175.0, -20.0, 10.0))]);
        let made = densify(&features, json!({ "Distance": "100 Kilometers" })).unwrap();
        let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
        assert!(gp_geometry::is_valid_polygon(rings));
        assert!(rings[0].xy.iter().all(|[x, _]| (175.0..=185.0).contains(x)), "{rings:?}");
    }

    #[test]
    fn edges_are_cut_into_equal_pieces_and_rows_stay() {
        let features =
            set("Polyline", 5070, &[(json!({ "A": 1 }), line(&[[0.0, 0.0], [10.0, 0.0], [12.0, 0.0]]))]);
        let made = densify(&features, json!({ "Distance": "4 Meters" })).unwrap();
        let x = path(&made).xy.iter().map(|xy| xy[0]);
        assert!(x.zip([0.0, 10.0 / 3.0, 20.0 / 3.0, 10.0, 12.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(path(&made).xy.len(), 5);
        assert_eq!((made.names(), made.column("OBJECTID")), (vec!["OBJECTID", "A"], vec!["10".to_owned()]));
        let made =
            densify(&features, json!({ "Distance": "1 Meters", "Maximum_Vertex_Count_Per_Segment": 1 }));
        assert_eq!(path(&made.unwrap()).xy, [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0], [11.0, 0.0], [12.0, 0.0]]);
    }

    #[test]
    fn z_is_interpolated_and_rings_stay_closed() {
        let mut features = set(
            "Polygon",
            5070,
            &[(json!({}), json!({ "rings": [[[0, 0, 0], [0, 9, 9], [9, 0, 9], [0, 0, 0]]] }))],
        );
        features["hasZ"] = json!(true);
        let made = densify(&features, json!({ "Distance": "5 Meters" })).unwrap();
        let ring = path(&made);
        assert_eq!((ring.xy.len(), ring.z.len()), (8, 8));
        assert_eq!((ring.xy[1], ring.z[1]), ([0.0, 4.5], 4.5));
        assert_eq!(ring.xy[0], ring.xy[7]);
    }

    #[test]
    fn on_degrees_new_vertices_lie_on_the_geodesic_across_the_antimeridian_too() {
        let features = set("Polyline", 4326, &[(json!({}), line(&[[0.0, 60.0], [90.0, 60.0]]))]);
        let made = densify(&features, json!({ "Distance": "2500 Kilometers" })).unwrap();
        // GeographicLib: the middle of the geodesic, 4,612 km long.
        assert_eq!(path(&made).xy.len(), 3);
        let [longitude, latitude] = path(&made).xy[1];
        assert!(
            (longitude - 45.0).abs() < 1e-9 && (latitude - 67.7998).abs() < 0.02,
            "{longitude} {latitude}"
        );
        let wide = set("Polyline", 4326, &[(json!({}), line(&[[-170.0, 10.0], [170.0, 10.0]]))]);
        let made = densify(&wide, json!({ "Distance": "100 Kilometers" })).unwrap();
        assert_eq!(path(&made).xy.len(), 2);
        assert!(made.warnings[0].contains("180 degrees of longitude"), "{:?}", made.warnings);
        let cut = set("Polyline", 4326, &[(json!({}), line(&[[170.0, 0.0], [180.0, 0.0]]))]);
        let made = densify(&cut, json!({ "Distance": "600 Kilometers" })).unwrap();
        assert!((path(&made).xy[1][0] - 175.0).abs() < 1e-9);
    }

    #[test]
    fn a_polygon_whose_geodesics_would_cross_stays_as_it_is() {
        // The lower side is one edge, whose geodesic rises to 67.8° north, the upper side follows its parallel.
        let mut ring: Vec<[f64; 2]> = (0..=90).map(|x| [f64::from(x), 60.5]).collect();
        ring.extend([[90.0, 60.0], [0.0, 60.0], [0.0, 60.5]]);
        let features = set("Polygon", 4326, &[(json!({}), json!({ "rings": [ring] }))]);
        let made = densify(&features, json!({ "Distance": "500 Kilometers" })).unwrap();
        assert_eq!(path(&made).xy.len(), 94);
        assert!(made.warnings[0].contains("along geodesics"), "{:?}", made.warnings);
    }

    #[test]
    fn what_would_be_too_much_or_nothing_is_said() {
        let features = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1000.0))]);
        let error = |more: Value| densify(&features, more).err().unwrap();
        assert!(error(json!({ "Distance": "0.1 Millimeters" })).contains("more than 10 million"));
        assert!(error(json!({})).contains("DISTANCE needs one"));
        assert!(error(json!({ "Distance": "0 Meters" })).contains("not more than 0"));
        let limit = json!({ "Distance": "1 Meters", "Maximum_Vertex_Count_Per_Segment": 0 });
        assert!(error(limit).contains("less than 1"));
        let made = densify(&features, json!({ "Densification_Method": "OFFSET" })).unwrap();
        assert!(path(&made).xy.len() == 5 && made.warnings[0].contains("no true curves"));
    }

    #[test]
    fn no_features_and_no_geometry_are_no_fault() {
        let distance = json!({ "Distance": "1 Meters" });
        assert!(densify(&set("Polygon", 0, &[]), distance.clone()).unwrap().features.features.is_empty());
        let made = densify(&set("Polygon", 5070, &[(json!({}), Value::Null)]), distance).unwrap();
        assert!(made.features.features[0].geometry.is_none());
    }
}
