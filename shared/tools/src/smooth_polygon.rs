//! Smooth Polygon: polygons without sharp corners.
//!
//! **Method.** PAEK, polynomial approximation with an exponential kernel, after Bodansky, Gribov and Pilouk (2002): every
//! place moves to the value there of polynomials of second degree, fitted by least squares to the ring within half the
//! tolerance to both sides, with weights that fall exponentially with the length along the ring. Esri has not published the
//! kernel; here it is `exp(-6 u / Tolerance)` for a length `u`, so that outlines come out like ArcGIS's, not the same. The
//! window is at most half as long as the ring. With RESOLVE_ERRORS a polygon that would not be valid any more is
//! smoothed with half the tolerance, up to five times, and then left as it is.
//!
//! **Inputs.** Polygons; each is smoothed by itself, so that small gaps and overlaps appear between neighbours. The start of a
//! ring stays where it is, unless NO_FIXED. Z and m are dropped with a warning. A feature without geometry stays a row without geometry.
//!
//! **Spatial reference and units.** On degrees a tolerance in units of length is measured with the lengths that a degree
//! has in the middle of each edge, and vertices on the antimeridian and the poles stay. One in decimal degrees is planar.
//!
//! **Output.** A row for each row, in its order: the input's fields, then `InPoly_FID`, the object id of the input. Outlines
//! are smooth within a two-thousandth of the tolerance.
//!
//! **Errors.** A tolerance of zero or less, or one so small that the outlines would get too many vertices.

use crate::derived::Derived;
use crate::each::{each, warn_of_rows};
use crate::generalize::{EndpointOption, ErrorOption, SmoothingAlgorithm, smooth_rightly, smoothing};
use crate::reference::{crs_of, drop_zm};
use gp_core::{Choices, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use gp_geometry::{Smoothing, is_valid_polygon};

/// Takes the corners off polygons.
pub(crate) struct SmoothPolygon;

/// What SmoothPolygon takes.
#[derive(Inputs)]
pub(crate) struct SmoothPolygonInputs {
    /// The polygons to be smoothed.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// PAEK: polynomial approximation with an exponential kernel.
    #[parameter(default = SmoothingAlgorithm::Paek)]
    algorithm: SmoothingAlgorithm,
    /// The length of outline that each place is smoothed with. The longer, the smoother.
    tolerance: LinearUnit,
    /// FIXED_ENDPOINT: the start of a ring stays, a corner. NO_FIXED: it is smoothed too.
    #[parameter(default = RingEndpoint::FixedEndpoint)]
    endpoint_option: RingEndpoint,
    /// RESOLVE_ERRORS: less smooth where a polygon would not be valid. NO_CHECK: rings may cross.
    #[parameter(default = ErrorOption::ResolveErrors)]
    error_option: ErrorOption,
}

/// What SmoothPolygon gives.
#[derive(Outputs)]
pub(crate) struct SmoothPolygonOutputs {
    /// The smooth polygons.
    output_features: FeatureSet,
}

/// What happens to the start of a ring; ArcGIS has another word for it than for lines.
#[derive(Choices, Clone, Copy, PartialEq)]
enum RingEndpoint {
    FixedEndpoint,
    NoFixed,
}

/// A feature, and whether it is less smooth than wanted.
type Made = (Option<Geometry>, bool);

impl Tool for SmoothPolygon {
    const NAME: &'static str = "SmoothPolygon";
    const DESCRIPTION: &'static str = "Takes the corners off polygons.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = SmoothPolygonInputs;
    type Outputs = SmoothPolygonOutputs;

    fn run(inputs: SmoothPolygonInputs, context: &RunContext) -> Result<SmoothPolygonOutputs, ToolError> {
        let mut set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let SmoothingAlgorithm::Paek = inputs.algorithm;
        let smoothing = smoothing(inputs.tolerance, &set, crs.as_ref(), context)?;
        let endpoints = match inputs.endpoint_option {
            RingEndpoint::FixedEndpoint => EndpointOption::FixedClosedEndpoint,
            RingEndpoint::NoFixed => EndpointOption::NoFixed,
        };
        drop_zm(&mut set, "Input Features", context);
        let smooth = each(context, set.features.len(), "Smoothing", |row| {
            let Some(Geometry::Polygon(paths)) = &set.features[row].geometry else {
                return Ok(Made::default());
            };
            smooth_one(paths, endpoints, &smoothing, inputs.error_option, context)
        })?;
        let mut output = Derived::with_id(&set, GeometryType::Polygon, "InPoly_FID");
        let mut rough = Vec::new();
        for (row, (geometry, is_rough)) in smooth.into_iter().enumerate() {
            rough.extend(is_rough.then_some(row));
            output.push(row, [], geometry);
        }
        let text = "would not be valid, so they are less smooth";
        warn_of_rows(&rough, &set, text, context);
        Ok(SmoothPolygonOutputs { output_features: output.finish() })
    }
}

/// All rings together, because they may meet each other.
fn smooth_one(
    rings: &[Path],
    endpoints: EndpointOption,
    smoothing: &Smoothing,
    errors: ErrorOption,
    context: &RunContext,
) -> Result<Made, ToolError> {
    let is_right = |made: &[Path]| errors == ErrorOption::NoCheck || is_valid_polygon(made);
    let smooth = smooth_rightly(rings, endpoints, smoothing, is_right, context)?;
    Ok(match smooth {
        Some((made, was_halved)) => (Some(Geometry::Polygon(made)), was_halved),
        None => (Some(Geometry::Polygon(rings.to_vec())), true),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::Geometry;
    use gp_geometry::is_valid_polygon;
    use serde_json::{Value, json};

    fn smooth(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters =
            json!({ "Input_Features": features, "Tolerance": "8 Meters", "Endpoint_Option": "NO_FIXED" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SmoothPolygon", &parameters)
    }

    #[test]
    fn corners_go_and_the_area_nearly_stays() {
        let features = set("Polygon", 5070, &[(json!({ "NAME": "a" }), square(0.0, 0.0, 20.0))]);
        let made = smooth(&features, json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "InPoly_FID"]);
        assert!((made.area(0) - 400.0).abs() < 8.0, "{}", made.area(0));
        let holds = |made: &Run, corner: [f64; 2]| {
            let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
            rings[0].xy.contains(&corner)
        };
        assert!(!holds(&made, [0.0, 0.0]));
        let made = smooth(&features, json!({ "Endpoint_Option": "FIXED_ENDPOINT" })).unwrap();
        assert!(holds(&made, [0.0, 0.0]) && !holds(&made, [20.0, 20.0]));
    }

    #[test]
    fn a_polygon_stays_valid_or_as_it_is() {
        // A hole close to a corner that goes off.
        let mut rings = square(0.0, 0.0, 100.0)["rings"].clone();
        rings.as_array_mut().unwrap().push(json!([[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]));
        let features = set("Polygon", 5070, &[(json!({}), json!({ "rings": rings }))]);
        let made = smooth(&features, json!({ "Tolerance": "90 Meters" })).unwrap();
        let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
        assert!(is_valid_polygon(rings));
        assert!(made.warnings[0].contains("less smooth"), "{:?}", made.warnings);
        let made =
            smooth(&features, json!({ "Tolerance": "90 Meters", "Error_Option": "NO_CHECK" })).unwrap();
        assert!(made.warnings.is_empty());
    }

    #[test]
    fn real_countries_stay_valid_and_meet_at_the_antimeridian() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/countries.json");
        let countries: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let more = json!({ "Tolerance": "300 Kilometers", "Endpoint_Option": "FIXED_ENDPOINT" });
        let made = smooth(&countries, more).unwrap();
        for row in 0..made.features.features.len() {
            let Geometry::Polygon(rings) = made.geometry(row) else { panic!("no polygon") };
            assert!(is_valid_polygon(rings), "{row}");
            let envelope = made.geometry(row).envelope();
            assert!(envelope.xmin >= -180.0 && envelope.xmax <= 180.0 && envelope.ymin >= -90.0);
        }
    }

    #[test]
    fn no_features_and_no_geometry_are_no_fault_but_no_tolerance_is() {
        assert!(smooth(&set("Polygon", 0, &[]), json!({})).unwrap().features.features.is_empty());
        let made = smooth(&set("Polygon", 5070, &[(json!({}), Value::Null)]), json!({})).unwrap();
        assert!(made.features.features[0].geometry.is_none());
        let error = smooth(&set("Polygon", 5070, &[]), json!({ "Tolerance": "0 Meters" })).err().unwrap();
        assert!(error.contains("not more than 0"));
    }
}
