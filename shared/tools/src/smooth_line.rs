//! Smooth Line: lines without sharp corners.
//!
//! **Method.** PAEK, polynomial approximation with an exponential kernel, after Bodansky, Gribov and Pilouk (2002): every
//! place moves to the value there of polynomials of second degree, fitted by least squares to the line within half the
//! tolerance to both sides, with weights that fall exponentially with the length along the line. Esri has not published the
//! kernel; here it is `exp(-6 u / Tolerance)` for a length `u`, so that lines come out like ArcGIS's, not the same. The
//! window is at most half as long as the line. With RESOLVE_ERRORS a line that would cross itself, and did not before, is
//! smoothed with half the tolerance, up to five times, and then left as it is.
//!
//! **Inputs.** Lines. Ends stay where they are; the start of a closed line too, unless NO_FIXED. Z and m are dropped with a
//! warning. A feature without geometry stays a row without geometry.
//!
//! **Spatial reference and units.** On degrees a tolerance in units of length is measured with the lengths that a degree
//! has in the middle of each edge, and vertices on the antimeridian and the poles stay. One in decimal degrees is planar.
//!
//! **Output.** A row for each row, in its order: the input's fields, then `InLine_FID`, the object id of the input. Lines
//! are smooth within a two-thousandth of the tolerance.
//!
//! **Errors.** A tolerance of zero or less, or one so small that the lines would get too many vertices.

use crate::derived::Derived;
use crate::each::{each, warn_of_rows};
use crate::generalize::{EndpointOption, ErrorOption, SmoothingAlgorithm, smooth_rightly, smoothing};
use crate::reference::{crs_of, drop_zm};
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use gp_geometry::{Smoothing, is_simple_path};

/// Takes the corners off lines.
pub(crate) struct SmoothLine;

/// What SmoothLine takes.
#[derive(Inputs)]
pub(crate) struct SmoothLineInputs {
    /// The lines to be smoothed.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline]))]
    input_features: FeatureSet,
    /// PAEK: polynomial approximation with an exponential kernel.
    #[parameter(default = SmoothingAlgorithm::Paek)]
    algorithm: SmoothingAlgorithm,
    /// The length of line that each place is smoothed with. The longer, the smoother.
    tolerance: LinearUnit,
    /// FIXED_CLOSED_ENDPOINT: the start of a closed line stays. NO_FIXED: it is smoothed too.
    #[parameter(default = EndpointOption::FixedClosedEndpoint)]
    endpoint_option: EndpointOption,
    /// RESOLVE_ERRORS: less smooth where a line would cross itself. NO_CHECK: it may cross itself.
    #[parameter(default = ErrorOption::ResolveErrors)]
    error_option: ErrorOption,
}

/// What SmoothLine gives.
#[derive(Outputs)]
pub(crate) struct SmoothLineOutputs {
    /// The smooth lines.
    output_features: FeatureSet,
}

/// A feature, and whether it is less smooth than wanted.
type Made = (Option<Geometry>, bool);

impl Tool for SmoothLine {
    const NAME: &'static str = "SmoothLine";
    const DESCRIPTION: &'static str = "Takes the corners off lines.";
    const TOOLSET: &'static str = "Generalization";
    type Inputs = SmoothLineInputs;
    type Outputs = SmoothLineOutputs;

    fn run(inputs: SmoothLineInputs, context: &RunContext) -> Result<SmoothLineOutputs, ToolError> {
        let mut set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let SmoothingAlgorithm::Paek = inputs.algorithm;
        let smoothing = smoothing(inputs.tolerance, &set, crs.as_ref(), context)?;
        drop_zm(&mut set, "Input Features", context);
        let smooth = each(context, set.features.len(), "Smoothing", |row| {
            let Some(Geometry::Polyline(paths)) = &set.features[row].geometry else {
                return Ok(Made::default());
            };
            smooth_one(paths, inputs.endpoint_option, &smoothing, inputs.error_option, context)
        })?;
        let mut output = Derived::with_id(&set, GeometryType::Polyline, "InLine_FID");
        let mut rough = Vec::new();
        for (row, (geometry, is_rough)) in smooth.into_iter().enumerate() {
            rough.extend(is_rough.then_some(row));
            output.push(row, [], geometry);
        }
        let text = "would cross themselves, so they are less smooth";
        warn_of_rows(&rough, &set, text, context);
        Ok(SmoothLineOutputs { output_features: output.finish() })
    }
}

/// Each path by itself.
fn smooth_one(
    paths: &[Path],
    endpoints: EndpointOption,
    smoothing: &Smoothing,
    errors: ErrorOption,
    context: &RunContext,
) -> Result<Made, ToolError> {
    let (mut smooth, mut is_rough) = (Vec::with_capacity(paths.len()), false);
    for path in paths {
        let may_cross = errors == ErrorOption::NoCheck || !is_simple_path(&path.xy);
        let is_right = |made: &[Path]| may_cross || made.iter().all(|path| is_simple_path(&path.xy));
        match smooth_rightly(std::slice::from_ref(path), endpoints, smoothing, is_right, context)? {
            Some((made, was_halved)) => {
                smooth.extend(made);
                is_rough |= was_halved;
            }
            None => {
                smooth.push(path.clone());
                is_rough = true;
            }
        }
    }
    Ok((Some(Geometry::Polyline(smooth)), is_rough))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set};
    use gp_esri::{Geometry, Path};
    use gp_geometry::is_simple_path;
    use serde_json::{Value, json};

    fn smooth(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features, "Tolerance": "8 Meters" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("SmoothLine", &parameters)
    }

    fn path(made: &Run) -> &Path {
        let Geometry::Polyline(paths) = made.geometry(0) else { panic!("no line") };
        &paths[0]
    }

    #[test]
    fn corners_go_ends_stay_and_the_id_goes_along() {
        let way = [[0.0, 0.0], [20.0, 0.0], [20.0, 20.0]];
        let made =
            smooth(&set("Polyline", 5070, &[(json!({ "NAME": "way" }), line(&way))]), json!({})).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "InLine_FID"]);
        assert_eq!(made.column("InLine_FID"), ["10"]);
        let xy = &path(&made).xy;
        assert_eq!((xy[0], xy[xy.len() - 1]), (way[0], way[2]));
        assert!(xy.len() > 6 && !xy.contains(&way[1]));
    }

    #[test]
    fn a_closed_line_keeps_its_start_unless_it_is_not_fixed() {
        let way = [[0.0, 0.0], [20.0, 0.0], [20.0, 20.0], [0.0, 20.0], [0.0, 0.0]];
        let features = set("Polyline", 5070, &[(json!({}), line(&way))]);
        assert!(path(&smooth(&features, json!({})).unwrap()).xy.contains(&way[0]));
        let made = smooth(&features, json!({ "Endpoint_Option": "NO_FIXED" })).unwrap();
        let xy = &path(&made).xy;
        assert!(!xy.contains(&way[0]) && xy.first() == xy.last());
    }

    #[test]
    fn a_line_does_not_cross_itself_when_it_did_not_before() {
        // A narrow hairpin around the tip of another.
        let way = [
            [0.0, 0.0],
            [30.0, 0.0],
            [30.0, 1.0],
            [10.0, 1.0],
            [10.0, 1.5],
            [29.0, 1.5],
            [29.5, 6.0],
            [31.0, -6.0],
        ];
        let features = set("Polyline", 5070, &[(json!({}), line(&way[..6]))]);
        for window in ["2 Meters", "20 Meters", "60 Meters"] {
            let made = smooth(&features, json!({ "Tolerance": window })).unwrap();
            assert!(is_simple_path(&path(&made).xy), "{window}");
        }
    }

    #[test]
    fn metres_on_degrees_are_lengths_on_the_ground() {
        let corner = |latitude: f64| line(&[[0.0, latitude], [1.0, latitude], [1.0, latitude + 1.0]]);
        let made = |latitude: f64| {
            let features = set("Polyline", 4326, &[(json!({}), corner(latitude))]);
            let made = smooth(&features, json!({ "Tolerance": "40 Kilometers" })).unwrap();
            // How far along the first edge the line is still straight, in degrees.
            path(&made).xy[1][0]
        };
        let (equator, north) = (1.0 - made(0.0), 1.0 - made(60.0));
        assert!((north / equator - 2.0).abs() < 0.3, "{equator} {north}");
    }

    #[test]
    fn too_small_a_tolerance_is_refused_and_no_features_and_no_geometry_are_no_fault() {
        let way = [[0.0, 0.0], [1e6, 0.0], [1e6, 1e6]];
        let features = set("Polyline", 5070, &[(json!({}), line(&way))]);
        let error = smooth(&features, json!({ "Tolerance": "1 Millimeters" })).err().unwrap();
        assert!(error.contains("more than 10 million"), "{error}");
        assert!(smooth(&set("Polyline", 0, &[]), json!({})).unwrap().features.features.is_empty());
        let made = smooth(&set("Polyline", 5070, &[(json!({}), Value::Null)]), json!({})).unwrap();
        assert!(made.features.features[0].geometry.is_none());
    }
}
