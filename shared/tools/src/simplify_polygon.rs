//! Simplify Polygon: polygons with fewer vertices.
//!
//! **Method.** As in Simplify Line: POINT_REMOVE after Douglas and Peucker (1973), EFFECTIVE_AREA after Visvalingam and
//! Whyatt (1993). The start of a ring is a vertex like any other, and a ring keeps at least three vertices: no polygon
//! vanishes by losing vertices. With RESOLVE_ERRORS vertices come back, the farthest first, wherever rings would cross,
//! touch or jump over each other, so that every polygon stays valid; beside one that came back, and where the start of
//! a ring goes, vertices may be farther off than the tolerance.
//!
//! **Inputs.** Polygons; each feature is simplified by itself, so that gaps and overlaps appear between neighbours:
//! Simplify Shared Edges keeps them together. Kept vertices keep z and m. A feature without geometry stays a row
//! without geometry.
//!
//! **Spatial reference and units.** In degrees a tolerance in units of length is measured with the lengths that a
//! degree has at each vertex, vertices on the antimeridian and the poles stay, and areas are those on the ellipsoid. A
//! tolerance in decimal degrees is planar.
//!
//! **Output.** A row for each row, in its order: the input's fields, then `InPoly_FID`, the object id of the input.
//! Parts smaller than Minimum_Area are gone with their holes, and rows of which no part is left; a message counts them.
//!
//! **Errors.** A tolerance of zero or less, or in a unit that has no length; a negative area.

use crate::derived::Derived;
use crate::each::{each, warn_of_rows};
use crate::generalize::{Algorithm, Amount, ErrorOption, LeastArea, simplify};
use crate::reference::crs_of;
use gp_core::{Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{ArealUnit, FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use gp_geometry::{Chain, is_valid_polygon, orient};

/// Takes vertices out of polygons.
pub(crate) struct SimplifyPolygon;

/// What SimplifyPolygon takes.
#[derive(Inputs)]
pub(crate) struct SimplifyPolygonInputs {
    /// The polygons to be simplified.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// POINT_REMOVE: keeps the points that give an outline its shape. EFFECTIVE_AREA: removes the points that span the smallest triangles.
    #[parameter(default = Algorithm::PointRemove)]
    algorithm: Algorithm,
    /// POINT_REMOVE: how far the result may be from a vertex. EFFECTIVE_AREA: the square of it is the area of the smallest triangle that stays.
    tolerance: LinearUnit,
    /// Parts of polygons that are smaller than this after simplification are left out. Without it all stay.
    minimum_area: Option<ArealUnit>,
    /// RESOLVE_ERRORS: vertices come back where a result would not be valid. NO_CHECK: rings may cross.
    #[parameter(default = ErrorOption::ResolveErrors)]
    error_option: ErrorOption,
}

/// What SimplifyPolygon gives.
#[derive(Outputs)]
pub(crate) struct SimplifyPolygonOutputs {
    /// The simplified polygons.
    output_features: FeatureSet,
}

impl Tool for SimplifyPolygon {
    const NAME: &'static str = "SimplifyPolygon";
    const DESCRIPTION: &'static str =
        "Takes vertices out of polygons, keeps their shape within a tolerance and keeps them valid.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = SimplifyPolygonInputs;
    type Outputs = SimplifyPolygonOutputs;

    fn run(inputs: SimplifyPolygonInputs, context: &RunContext) -> Result<SimplifyPolygonOutputs, ToolError> {
        let set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let amount = Amount::read(inputs.algorithm, inputs.tolerance, crs.as_ref(), context)?;
        let least = LeastArea::read("Minimum_Area", inputs.minimum_area, crs.as_ref(), context)?;
        let simplified = each(context, set.features.len(), "Simplifying", |row| {
            let Some(Geometry::Polygon(rings)) = &set.features[row].geometry else { return Ok(None) };
            simplify_one(rings, amount, inputs.error_option, least.as_ref(), context).map(Some)
        })?;
        let mut output = Derived::with_id(&set, GeometryType::Polygon, "InPoly_FID");
        let (mut small, mut stubborn) = (0, Vec::new());
        for (row, made) in simplified.into_iter().enumerate() {
            let geometry = match made {
                Some(Simplified { rings, .. }) if rings.is_empty() => {
                    small += 1;
                    continue;
                }
                Some(Simplified { rings, was_kept }) => {
                    stubborn.extend(was_kept.then_some(row));
                    Some(Geometry::Polygon(rings))
                }
                None => None,
            };
            output.push(row, [], geometry);
        }
        warn_of_rows(&stubborn, &set, "could not be simplified validly and stay as they are", context);
        if small > 0 {
            let text = format!("{small} polygons are smaller than Minimum_Area and left out");
            context.message(MessageLevel::Info, text);
        }
        Ok(SimplifyPolygonOutputs { output_features: output.finish() })
    }
}

#[derive(Default)]
struct Simplified {
    rings: Vec<Path>,
    /// Whether the polygon is the one that came in, because a simpler one was not valid.
    was_kept: bool,
}

fn simplify_one(
    rings: &[Path],
    amount: Amount,
    errors: ErrorOption,
    least: Option<&LeastArea>,
    context: &RunContext,
) -> Result<Simplified, ToolError> {
    let mut simple = simplify(rings, Chain::Ring, amount, errors, context)?;
    let mut was_kept = false;
    if errors == ErrorOption::ResolveErrors && !is_valid_polygon(&simple) {
        // A crescent may turn the other way round when its inner bend goes.
        orient(&mut simple);
        if !is_valid_polygon(&simple) {
            (simple, was_kept) = (rings.to_vec(), true);
        }
    }
    let rings = match least {
        Some(least) => least.large_parts(simple),
        None => simple,
    };
    Ok(Simplified { rings, was_kept })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::Geometry;
    use gp_geometry::is_valid_polygon;
    use serde_json::{Value, json};

    fn simplify(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Tolerance": "1 Meters" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SimplifyPolygon", &parameters)
    }

    fn polygon(rings: Value) -> Value {
        set("Polygon", 5070, &[(json!({ "NAME": "a" }), json!({ "rings": rings }))])
    }

    #[test]
    fn flat_vertices_go_the_start_too_and_the_id_goes_along() {
        let ring = json!([[[5, 0.1], [0, 0], [0.1, 5], [0, 10], [10, 10], [10, 0], [5, 0.1]]]);
        let made = simplify(&polygon(ring), json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "InPoly_FID"]);
        assert_eq!(made.column("InPoly_FID"), ["10"]);
        assert_eq!(made.geometry(0).vertex_count(), 5);
        assert!((made.area(0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_polygon_within_the_tolerance_stays_a_triangle_and_a_hole_stays_inside() {
        let made =
            simplify(&polygon(square(0.0, 0.0, 10.0)["rings"].clone()), json!({ "Tolerance": "99 Meters" }));
        assert!((made.unwrap().area(0) - 50.0).abs() < 1e-9);
        // The corner at 0 10 would go, and the hole stands in it.
        let rings =
            json!([[[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]], [[1, 7], [3, 7], [3, 9], [1, 9], [1, 7]]]);
        let made = simplify(&polygon(rings), json!({ "Tolerance": "99 Meters" })).unwrap();
        let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
        assert!(is_valid_polygon(rings) && rings.len() == 2, "{rings:?}");
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
    }

    #[test]
    fn parts_below_the_least_area_are_gone_with_their_rows() {
        let mut rings = square(0.0, 0.0, 10.0)["rings"].clone();
        rings.as_array_mut().unwrap().push(square(50.0, 0.0, 2.0)["rings"][0].clone());
        let two = set(
            "Polygon",
            5070,
            &[(json!({}), json!({ "rings": rings })), (json!({}), square(90.0, 0.0, 3.0))],
        );
        let made =
            simplify(&two, json!({ "Minimum_Area": { "area": 10, "units": "esriSquareMeters" } })).unwrap();
        assert_eq!((made.column("InPoly_FID"), made.area(0)), (vec!["10".to_owned()], 100.0));
        assert!(made.warnings[0].contains("1 polygons are smaller"), "{:?}", made.warnings);
        let error = simplify(&two, json!({ "Minimum_Area": { "area": -1, "units": "esriAcres" } })).err();
        assert!(error.unwrap().contains("less than 0"));
    }

    #[test]
    fn a_hole_in_the_tip_of_a_headland_keeps_it_unless_errors_are_allowed() {
        // A point 8 high, with a hole in its tip.
        let rings = json!([
            [[-20, 0], [4, 0], [5, 8], [6, 0], [30, 0], [30, -30], [-20, -30], [-20, 0]],
            [[4.9, 2], [5.1, 2], [5.1, 3], [4.9, 3], [4.9, 2]]
        ]);
        for (option, valid) in [("RESOLVE_ERRORS", true), ("NO_CHECK", false)] {
            let more = json!({ "Tolerance": "9 Meters", "Error_Option": option });
            let made = simplify(&polygon(rings.clone()), more).unwrap();
            let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
            assert_eq!(is_valid_polygon(rings), valid, "{option}");
            assert!(made.warnings.is_empty(), "{:?}", made.warnings);
        }
    }

    #[test]
    fn polygons_cut_at_the_antimeridian_still_meet_there_and_antarctica_keeps_its_pole() {
        let rows = [
            (json!({}), json!({ "rings": [[[170, 0], [170, 9], [180, 9], [180, 4.5], [180, 0], [170, 0]]] })),
            (
                json!({}),
                json!({ "rings": [[[-180, -90], [-180, -80], [0, -79], [180, -80], [180, -90], [-180, -90]]] }),
            ),
        ];
        let made = simplify(&set("Polygon", 4326, &rows), json!({ "Tolerance": "900 Kilometers" })).unwrap();
        let corners = |row: usize, corner: [f64; 2]| {
            let mut found = false;
            let is_corner = |[x, y]: [f64; 2]| (x - corner[0]).abs() + (y - corner[1]).abs() < 1e-12;
            made.geometry(row).for_each_xy(|xy| found |= is_corner(xy));
            found
        };
        assert!(corners(0, [180.0, 4.5]) && corners(1, [-180.0, -90.0]) && corners(1, [180.0, -80.0]));
    }

    #[test]
    fn no_features_and_no_geometry_are_no_fault() {
        assert!(simplify(&set("Polygon", 5070, &[]), json!({})).unwrap().features.features.is_empty());
        let made = simplify(&set("Polygon", 0, &[(json!({}), Value::Null)]), json!({})).unwrap();
        assert!(made.features.features[0].geometry.is_none());
    }
}
