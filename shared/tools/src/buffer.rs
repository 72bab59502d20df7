//! Buffer: the area within a distance of each feature.
//!
//! **Method.** Planar buffers are offset curves united by the overlay engine; the buffers of points of one distance
//! that are dissolved are united by tracing their outline (`gp_geometry`). Geodesic buffers are made on the ellipsoid
//! and cut at the antimeridian. A full circle has 64 sides.
//!
//! **Inputs.** Features of any geometry type; a feature without geometry, or with a distance of null or 0 (or below 0
//! for points and lines), gives no buffer. A negative distance shrinks polygons. Z and m are dropped with a warning.
//!
//! **Spatial reference and units.** Features in degrees with a linear unit are always buffered on the ellipsoid;
//! projected features are buffered in their plane unless `Method` is GEODESIC. Decimal degrees are for features in
//! degrees and are planar. A number in the distance field is in the unit of `Distance`, or of the coordinates.
//!
//! **Output.** Polygons in the reference of the input, in its order. `NONE`: the input's fields, `BUFF_DIST` (in the
//! units of the coordinates, or metres on the ellipsoid) and `ORIG_FID`. `LIST`: the dissolve fields. `ALL`: one
//! feature.
//!
//! **Errors.** No distance at all, a distance field without a single distance (one bad value is only left out, with a
//! warning), a dissolve field that is not there, a unit without a length.

mod make;

use crate::distance::Method;
use crate::groups::{columns_of, groups_by};
use crate::reference::{crs_of, drop_zm};
use crate::table::Carried;
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError, Value};
use gp_esri::{FeatureSet, Field, GeometryType, LinearUnit};
use gp_geometry::{BufferOptions, End, Side};
use make::{Buffers, Groups};

/// Points whose buffers take a few microseconds each.
const MOST_QUICK_POINTS: usize = 16;

/// Makes areas around features.
pub(crate) struct Buffer;

/// What Buffer takes.
#[derive(Inputs)]
pub(crate) struct BufferInputs {
    /// The points, lines or polygons around which areas are made.
    input_features: FeatureSet,
    /// How far the areas reach. Negative distances shrink polygons. Give this or Distance_Field.
    distance: Option<LinearUnit>,
    /// A field with a distance for each feature: a number in the unit of Distance (else of the coordinates), or text with a unit.
    #[parameter(depends_on = "Input_Features")]
    distance_field: Option<Field>,
    /// PLANAR: distances in the plane of projected features; features in degrees are buffered on the ellipsoid all the same. GEODESIC: always on the ellipsoid.
    #[parameter(default = Method::Planar)]
    method: Method,
    /// FULL: on all sides. LEFT, RIGHT: on one side of lines. OUTSIDE_ONLY: polygons without their own inside.
    #[parameter(default = BufferSide::Full)]
    side: BufferSide,
    /// The ends of the buffers of lines: ROUND or FLAT.
    #[parameter(default = EndType::Round)]
    end_type: EndType,
    /// NONE: a buffer for each feature. ALL: all buffers as one. LIST: one for each combination of values of Dissolve_Fields.
    #[parameter(default = DissolveType::None)]
    dissolve_type: DissolveType,
    /// The fields for LIST.
    #[parameter(depends_on = "Input_Features")]
    dissolve_fields: Option<Vec<Field>>,
}

/// What Buffer gives.
#[derive(Outputs)]
pub(crate) struct BufferOutputs {
    /// The areas.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum BufferSide {
    Full,
    Left,
    Right,
    OutsideOnly,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum EndType {
    Round,
    Flat,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum DissolveType {
    None,
    All,
    List,
}

impl Tool for Buffer {
    const NAME: &'static str = "Buffer";
    const DESCRIPTION: &'static str =
        "Makes areas around points, lines or polygons, as far as a distance reaches.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = BufferInputs;
    type Outputs = BufferOutputs;

    fn is_quick(values: &[Value]) -> bool {
        // A disc a point; lines, polygons and dissolving need an overlay.
        values.iter().all(|value| match value {
            Value::FeatureSet(set) => {
                set.geometry_type == Some(GeometryType::Point) && set.features.len() <= MOST_QUICK_POINTS
            }
            Value::String(text) => text != "ALL" && text != "LIST",
            _ => true,
        })
    }

    fn run(mut inputs: BufferInputs, context: &RunContext) -> Result<BufferOutputs, ToolError> {
        drop_zm(&mut inputs.input_features, "Input Features", context);
        let set = &inputs.input_features;
        let crs = crs_of(set, "Input_Features")?;
        let is_line = set.geometry_type == Some(GeometryType::Polyline);
        if matches!(inputs.side, BufferSide::Left | BufferSide::Right) && !is_line {
            context.warning(
                "Side: only lines have a left and a right; these features are buffered on all sides",
            );
        }
        let buffers = Buffers::new(crs.as_ref(), options(&inputs), context)?;
        let reaches = buffers.reaches(&inputs)?;
        let groups = dissolve_groups(&inputs)?;
        let output_features = match groups {
            Some(groups) => buffers.dissolved(set, &reaches, &groups)?,
            None => buffers.one_each(set, &reaches)?,
        };
        Ok(BufferOutputs { output_features })
    }
}

fn options(inputs: &BufferInputs) -> BufferOptions {
    BufferOptions {
        side: match inputs.side {
            BufferSide::Full => Side::Full,
            BufferSide::Left => Side::Left,
            BufferSide::Right => Side::Right,
            BufferSide::OutsideOnly => Side::Outside,
        },
        end: match inputs.end_type {
            EndType::Round => End::Round,
            EndType::Flat => End::Flat,
        },
    }
}

fn dissolve_groups(inputs: &BufferInputs) -> Result<Option<Groups>, ToolError> {
    let set = &inputs.input_features;
    match inputs.dissolve_type {
        DissolveType::None => Ok(None),
        DissolveType::All => {
            let rows =
                if set.features.is_empty() { Vec::new() } else { vec![(0..set.features.len()).collect()] };
            Ok(Some(Groups { carried: Carried::none(), rows }))
        }
        DissolveType::List => {
            let fields = inputs.dissolve_fields.as_deref().unwrap_or_default();
            if fields.is_empty() {
                return Err(ToolError::invalid("Dissolve_Fields", "name at least one field, or use ALL"));
            }
            let columns = columns_of(set, fields, "Dissolve_Fields")?;
            Ok(Some(Groups { rows: groups_by(set, &columns), carried: Carried::of(set, columns) }))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_geometry::{Geodesy, WGS84_ELLIPSOID};
    use serde_json::{Value, json};

    fn buffer(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Distance": "10 Meters" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Buffer", &parameters)
    }

    fn points(wkid: u32) -> Value {
        let row = |name: &str, x: f64, reach: Value| {
            (json!({ "NAME": name, "REACH": reach }), json!({ "x": x, "y": 0 }))
        };
        set(
            "Point",
            wkid,
            &[row("b", 0.0, json!("5 Meters")), row("a", 1.0, json!("100 Feet")), row("b", 2.0, Value::Null)],
        )
    }

    fn area_m2(run: &Run, row: usize) -> f64 {
        let gp_esri::Geometry::Polygon(rings) = run.geometry(row) else { return f64::NAN };
        Geodesy::new(WGS84_ELLIPSOID).polygon_area_m2(rings)
    }

    #[test]
    fn each_feature_has_a_buffer_with_its_attributes_distance_and_object_id() {
        let made = buffer(&points(5070), json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "REACH", "BUFF_DIST", "ORIG_FID"]);
        assert_eq!(made.column("ORIG_FID"), ["10", "20", "30"]);
        assert_eq!(made.column("BUFF_DIST"), ["10", "10", "10"]);
        assert!((made.area(0) / (100.0 * std::f64::consts::PI) - 1.0).abs() < 0.002);
    }

    #[test]
    fn no_features_have_no_buffers() {
        assert!(buffer(&set("Point", 5070, &[]), json!({})).unwrap().features.features.is_empty());
        let null = set("Polygon", 5070, &[(json!({ "NAME": "nowhere" }), Value::Null)]);
        assert!(buffer(&null, json!({})).unwrap().features.features.is_empty());
    }

    #[test]
    fn texts_in_the_distance_field_have_their_own_units_and_null_gives_no_buffer() {
        let made = buffer(&points(5070), json!({ "Distance_Field": "REACH" })).unwrap();
        assert_eq!(made.column("ORIG_FID"), ["10", "20"]);
        assert!((made.area(1) / made.area(0) - (30.48_f64 / 5.0).powi(2)).abs() < 1e-3);
    }

    #[test]
    fn metres_on_degrees_are_measured_on_the_ellipsoid_both_ways() {
        let field = set("Polygon", 4326, &[(json!({}), square(0.0, 60.0, 0.1))]);
        let area_of = |distance: &str| area_m2(&buffer(&field, json!({ "Distance": distance })).unwrap(), 0);
        let (side_m, other_side_m) = (5_583.0, 11_141.0);
        assert!((area_of("-1000 Meters") / ((side_m - 2000.0) * (other_side_m - 2000.0)) - 1.0).abs() < 0.01);
        assert!(area_of("1000 Meters") > (side_m + 1900.0) * (other_side_m + 1900.0));
    }

    #[test]
    fn a_geodesic_buffer_in_web_mercator_is_wider_than_a_planar_one() {
        let far_north = set("Point", 3857, &[(json!({}), json!({ "x": 0, "y": 8_399_737.89 }))]);
        let planar = buffer(&far_north, json!({})).unwrap().area(0);
        let geodesic = buffer(&far_north, json!({ "Method": "GEODESIC" })).unwrap().area(0);
        // At 60 degrees north a metre on the ground is about two on the map.
        assert!((geodesic / planar - 4.0).abs() < 0.05, "{}", geodesic / planar);
    }

    #[test]
    fn without_a_spatial_reference_units_are_those_of_the_coordinates_and_it_is_said_once() {
        let made = buffer(&points(0), json!({ "Distance_Field": "REACH" })).unwrap();
        assert_eq!(made.warnings.iter().filter(|text| text.contains("no spatial reference")).count(), 1);
        assert_eq!(made.column("BUFF_DIST"), ["5", "100"]);
    }

    #[test]
    fn sides_and_ends_of_a_line_decide_its_area() {
        let street = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [100.0, 0.0]]))]);
        let area_of = |more: Value| buffer(&street, more).unwrap().area(0);
        assert!((area_of(json!({ "Side": "LEFT" })) - 1000.0).abs() < 1e-6);
        assert!((area_of(json!({ "Side": "RIGHT" })) - 1000.0).abs() < 1e-6);
        assert!((area_of(json!({ "End_Type": "FLAT" })) - 2000.0).abs() < 1e-6);
        assert!(area_of(json!({})) > 2300.0);
    }

    #[test]
    fn lists_dissolve_by_value_in_the_order_of_the_values() {
        let listed = json!({ "Dissolve_Type": "LIST", "Dissolve_Fields": ["NAME"] });
        let made = buffer(&points(5070), listed).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME"]);
        assert_eq!(made.column("NAME"), ["a", "b"]);
        assert_eq!(
            buffer(&points(5070), json!({ "Dissolve_Type": "ALL" })).unwrap().features.features.len(),
            1
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_parameter() {
        let error = |more: Value| buffer(&points(5070), more).err().unwrap();
        assert!(error(json!({ "Dissolve_Type": "LIST" })).contains("Dissolve_Fields"));
        assert!(
            error(json!({ "Distance_Field": "NO" }))
                .contains("no field \"NO\"; the fields are OBJECTID, NAME, REACH")
        );
        assert!(error(json!({ "Distance_Field": "NAME" })).contains("Distance_Field: feature 10"));
        assert!(error(json!({ "Distance": "" })).contains("Distance: give a distance"));
        assert!(error(json!({ "Distance": "5 DecimalDegrees" })).contains("Distance"));
    }

    #[test]
    fn z_is_dropped_with_a_warning() {
        let mut high = set("Point", 5070, &[(json!({}), json!({ "x": 0, "y": 0, "z": 7 }))]);
        high["hasZ"] = json!(true);
        let made = buffer(&high, json!({})).unwrap();
        assert!(
            !made.features.has_z && made.warnings.iter().any(|text| text.contains("z and m are dropped"))
        );
    }

    #[test]
    fn a_row_that_cannot_be_buffered_is_left_out_and_named() {
        let row = |reach: &str, x: f64| (json!({ "REACH": reach }), json!({ "x": x, "y": 0 }));
        let features = set("Point", 32633, &[row("5 Meters", 5e5), row("far", 5e5), row("5 Meters", 1e15)]);
        let made = buffer(&features, json!({ "Distance_Field": "REACH", "Method": "GEODESIC" })).unwrap();
        assert_eq!(made.column("ORIG_FID"), ["10"]);
        let warned = |what: &str| made.warnings.iter().any(|warning| warning.contains(what));
        assert!(warned("cannot be read, so they have no buffer (object ids 20)"), "{:?}", made.warnings);
        assert!(warned("so they are left out (object ids 30)"), "{:?}", made.warnings);
        let all = buffer(&features, json!({ "Method": "GEODESIC", "Dissolve_Type": "ALL" })).unwrap();
        assert_eq!(all.features.features.len(), 1);
        assert!(all.warnings.iter().any(|warning| warning.contains("(object ids 30)")));
    }
}
