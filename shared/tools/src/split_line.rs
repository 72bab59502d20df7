//! Split Line (Split Line At Vertices): lines and outlines of polygons cut at their vertices, or into pieces of one
//! length.
//!
//! **Method.** Without a length every segment becomes a line. With a length every part is cut after each multiple of
//! it from its start; the last piece is what is left. This parameter is an addition: ArcGIS cuts at vertices only.
//!
//! **Inputs.** Lines and polygons; features without geometry are left out with a warning. Z and m stay, at cuts from
//! between the neighbours.
//!
//! **Spatial reference and units.** Those of the input. A length in a linear unit is measured on the ellipsoid for
//! features in degrees, where cuts lie on the geodesic between two vertices, and in the plane of the coordinates for
//! others.
//!
//! **Output.** Lines in the order of the features and along them: the input's fields, `ORIG_FID`, and `ORIG_SEQ`,
//! which counts the lines of each feature from 1.
//!
//! **Errors.** A length that is not above 0, has no meaning for the spatial reference, or would make more than 10
//! million lines.

use crate::along::{MeasuredPath, Ruler, Stop, cut_path};
use crate::derived::{Derived, warn_of_missing};
use crate::distance::{Reach, reach, warn_without_reference};
use crate::each::{each, warn_of_rows};
use crate::limits::refuse_too_many;
use crate::reference::crs_of;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use gp_geometry::paths_of;

/// Cuts lines at vertices or into pieces of one length.
pub(crate) struct SplitLine;

/// What Split Line takes.
#[derive(Inputs)]
pub(crate) struct SplitLineInputs {
    /// The lines or polygons to be cut.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline, GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// The length of the pieces. Without it, every segment between two vertices becomes a line.
    length: Option<LinearUnit>,
}

/// What Split Line gives.
#[derive(Outputs)]
pub(crate) struct SplitLineOutputs {
    /// The pieces.
    output_features: FeatureSet,
}

/// A rest shorter than this share of a piece is rounding, not a piece.
const LEAST_SHARE: f64 = 1e-9;

impl Tool for SplitLine {
    const NAME: &'static str = "SplitLine";
    const DESCRIPTION: &'static str =
        "Cuts lines and outlines of polygons at their vertices, or into pieces of one length.";
    const TOOLSET: &'static str = "Features";
    type Inputs = SplitLineInputs;
    type Outputs = SplitLineOutputs;

    fn run(inputs: SplitLineInputs, context: &RunContext) -> Result<SplitLineOutputs, ToolError> {
        let set = inputs.input_features;
        warn_of_missing(&set, context);
        let pieces = match inputs.length {
            None => {
                refuse_too_many(set.vertex_count() as f64, "lines", "Input_Features", "send fewer features")?;
                each(context, set.features.len(), "Cutting", |row| {
                    Ok(paths_of(set.features[row].geometry.as_ref()).iter().flat_map(segments).collect())
                })?
            }
            Some(length) => pieces_of_length(&set, length, context)?,
        };
        let mut output = Derived::new(&set, GeometryType::Polyline);
        output.add_integer("ORIG_SEQ");
        for (row, pieces) in pieces.into_iter().enumerate() {
            for (number, piece) in pieces.into_iter().enumerate() {
                output.push(row, [Attribute::Integer(number as i64 + 1)], Geometry::Polyline(vec![piece]));
            }
        }
        Ok(SplitLineOutputs { output_features: output.finish() })
    }
}

fn segments(path: &Path) -> Vec<Path> {
    let stops: Vec<Stop> = (1..path.xy.len().saturating_sub(1))
        .map(|index| Stop::new(path, index, 0.0, path.xy[index]))
        .collect();
    cut_path(path, &stops)
}

fn pieces_of_length(
    set: &FeatureSet,
    length: LinearUnit,
    context: &RunContext,
) -> Result<Vec<Vec<Path>>, ToolError> {
    let crs = crs_of(set, "Input_Features")?;
    warn_without_reference(crs.as_ref(), &[length], "Length", context);
    let reach = reach(length, crs.as_ref(), "Length")?;
    let ruler = Ruler::of(reach, crs.as_ref());
    let (Reach::Planar(piece) | Reach::Geodesic(piece)) = reach;
    if !(piece > 0.0 && piece.is_finite()) {
        return Err(ToolError::invalid("Length", "the length of a piece must be more than 0"));
    }
    let measured = each(context, set.features.len(), "Measuring", |row| {
        Ok(paths_of(set.features[row].geometry.as_ref())
            .iter()
            .map(|path| MeasuredPath::new(path, &ruler))
            .collect::<Vec<_>>())
    })?;
    let lengths = measured.iter().flatten().map(MeasuredPath::length).filter(|length| length.is_finite());
    let count = lengths.map(|length| (length / piece).ceil());
    refuse_too_many(count.sum(), "lines", "Length", "use longer pieces")?;
    let lost: Vec<usize> = (0..measured.len())
        .filter(|row| measured[*row].iter().any(|path| !path.length().is_finite()))
        .collect();
    warn_of_rows(
        &lost,
        set,
        "have positions that are no longitude and latitude, or no finite length, so they are left whole",
        context,
    );
    each(context, measured.len(), "Cutting", |row| {
        let mut pieces = Vec::new();
        for (path, measured) in paths_of(set.features[row].geometry.as_ref()).iter().zip(&measured[row]) {
            let has_length = measured.length().is_finite();
            let cuts = if has_length { (measured.length() / piece - LEAST_SHARE).ceil() as usize } else { 0 };
            let mut stops: Vec<Stop> = Vec::with_capacity(cuts);
            for number in 1..cuts {
                // One line may be cut into millions of pieces.
                context.check()?;
                stops.extend(measured.stop_at(number as f64 * piece));
            }
            pieces.extend(cut_path(path, &stops));
        }
        Ok(pieces)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Path, Xy};
    use serde_json::{Value, json};

    fn split(features: &Value, length: Option<&str>) -> Result<Run, String> {
        run("SplitLine", &json!({ "Input_Features": features, "Length": length.unwrap_or_default() }))
    }

    fn paths(made: &Run) -> Vec<Path> {
        let path = |row: usize| match made.geometry(row) {
            Geometry::Polyline(paths) => paths[0].clone(),
            _ => panic!("no line"),
        };
        (0..made.features.features.len()).map(path).collect()
    }

    #[test]
    fn every_segment_becomes_a_line_and_is_counted() {
        let rows = [
            (json!({ "A": "x" }), line(&[[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]])),
            (json!({ "A": "y" }), line(&[[0.0, 9.0], [1.0, 9.0]])),
        ];
        let made = split(&set("Polyline", 5070, &rows), None).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID", "ORIG_SEQ"]);
        assert_eq!(
            (made.column("ORIG_FID"), made.column("ORIG_SEQ")),
            (vec!["10".into(), "10".into(), "20".into()], vec!["1".into(), "2".into(), "1".into()])
        );
        assert_eq!(paths(&made)[1].xy, [[10.0, 0.0], [10.0, 5.0]]);
        assert_eq!(
            split(&set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1.0))]), None)
                .unwrap()
                .features
                .features
                .len(),
            4
        );
    }

    #[test]
    fn pieces_have_the_length_and_the_last_is_the_rest_with_z_in_between() {
        let path = json!({ "paths": [[[0, 0, 0], [100, 0, 10], [100, 30, 40]]] });
        let mut lines = set("Polyline", 5070, &[(json!({}), path)]);
        lines["hasZ"] = json!(true);
        let made = paths(&split(&lines, Some("40 Meters")).unwrap());
        let xy: Vec<Vec<Xy>> = made.iter().map(|path| path.xy.clone()).collect();
        let expected: [&[Xy]; 4] = [
            &[[0.0, 0.0], [40.0, 0.0]],
            &[[40.0, 0.0], [80.0, 0.0]],
            &[[80.0, 0.0], [100.0, 0.0], [100.0, 20.0]],
            &[[100.0, 20.0], [100.0, 30.0]],
        ];
        assert_eq!(xy, expected);
        assert_eq!((made[0].z.clone(), made[3].z.clone()), (vec![0.0, 4.0], vec![30.0, 40.0]));
    }

    #[test]
    fn a_line_of_more_pieces_than_a_number_can_count_is_refused() {
        let long = [(json!({}), line(&[[0.0, 0.0], [1e150, 0.0]]))];
        let error = split(&set("Polyline", 5070, &long), Some("1e-200 Meters")).err().unwrap();
        assert!(error.contains("use longer pieces"), "{error}");
    }

    #[test]
    fn a_length_that_divides_the_line_leaves_no_rest() {
        let lines = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [0.3, 0.0]]))]);
        assert_eq!(split(&lines, Some("0.1 Meters")).unwrap().features.features.len(), 3);
    }

    #[test]
    fn degrees_are_cut_on_the_ellipsoid_across_the_antimeridian_too() {
        let lines = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 0.0], [-179.0, 0.0]]))]);
        let made = paths(&split(&lines, Some("111319.490793 Meters")).unwrap());
        assert_eq!(made.len(), 2);
        assert!((made[0].xy[1][0].abs() - 180.0).abs() < 1e-7, "{made:?}");
    }

    #[test]
    fn a_length_that_makes_no_sense_is_refused() {
        let lines = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [1e6, 0.0]]))]);
        for length in ["0 Meters", "-5 Meters", "0.001 Meters", "1 DecimalDegrees"] {
            let error = split(&lines, Some(length)).err().unwrap();
            assert!(error.starts_with("Length: "), "{length}: {error}");
        }
    }

    #[test]
    fn features_without_geometry_are_left_out_and_nothing_gives_nothing() {
        let rows = [(json!({}), Value::Null), (json!({}), line(&[[0.0, 0.0], [2.0, 0.0]]))];
        let made = split(&set("Polyline", 5070, &rows), Some("1 Meters")).unwrap();
        assert_eq!(made.column("ORIG_FID"), ["20", "20"]);
        assert!(made.warnings[0].contains("object ids 10"), "{:?}", made.warnings);
        assert!(split(&set("Polyline", 0, &[]), Some("1 Meters")).unwrap().features.features.is_empty());
    }
}
