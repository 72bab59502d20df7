//! Create Thiessen Polygons: the area that is nearer to each point than to any other.
//!
//! **Method.** Voronoi cells: the frame cut by the bisectors between a point and its neighbours in the Delaunay
//! triangulation of the points (crate `delaunator`, after Sinclair 2016). Cells that share a corner have the same
//! coordinates there. The frame is the extent of the points, wider by 10 % of its width on either side and higher by
//! 10 % of its height at top and bottom; where points lie in one line, by 10 % of its length; around a single place,
//! by 1. With an extent in the environment, the frame is that extent, unless it reaches beyond the antimeridian and
//! points that it shows lie on the other side of the map.
//!
//! **Inputs.** Points. Of points at one place only the first has a cell; a warning names the others. Points without
//! geometry have none. Z and m are not used.
//!
//! **Spatial reference and units.** Those of the input. The construction is planar in its coordinates; with points in
//! degrees a message says that cells are not true to distance.
//!
//! **Output.** Polygons in the order of the points: `Input_FID`, the point's object id, and with ALL the fields of the
//! points.
//!
//! **Errors.** An extent that cannot be projected or has no area.

use crate::each::{each, warn_of_rows};
use crate::reference::crs_of;
use crate::table::{Carried, Table};
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError, within_one_turn};
use gp_esri::{Attribute, Envelope, FeatureSet, Geometry, GeometryType, Path, Xy};
use gp_geometry::{Crs, Transform, Voronoi, project_envelope};
use std::collections::HashSet;

/// How much the frame is wider than the points on each side.
const MARGIN: f64 = 0.1;

/// Makes areas of what is nearest.
pub(crate) struct CreateThiessenPolygons;

/// What Create Thiessen Polygons takes.
#[derive(Inputs)]
pub(crate) struct CreateThiessenPolygonsInputs {
    /// The points around which areas are made.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Point]))]
    input_features: FeatureSet,
    /// ONLY_FID: the areas have the object id of their point, Input_FID. ALL: they have the fields of their point too.
    #[parameter(default = OutputFields::OnlyFid)]
    output_fields: OutputFields,
}

/// What Create Thiessen Polygons gives.
#[derive(Outputs)]
pub(crate) struct CreateThiessenPolygonsOutputs {
    /// The areas.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum OutputFields {
    OnlyFid,
    All,
}

/// The products of two numbers below this vanish.
const LEAST_ORDINATE: f64 = 1e-150;

impl Tool for CreateThiessenPolygons {
    const NAME: &'static str = "CreateThiessenPolygons";
    const DESCRIPTION: &'static str =
        "Divides the plane into areas, each of them nearer to one point than to any other.";
    const TOOLSET: &'static str = "Proximity";
    type Inputs = CreateThiessenPolygonsInputs;
    type Outputs = CreateThiessenPolygonsOutputs;

    fn run(
        inputs: CreateThiessenPolygonsInputs,
        context: &RunContext,
    ) -> Result<CreateThiessenPolygonsOutputs, ToolError> {
        let set = &inputs.input_features;
        let crs = crs_of(set, "Input_Features")?;
        if crs.as_ref().is_some_and(Crs::is_geographic) {
            let text = "The points are in degrees; what is nearest is judged in the coordinates, not by true distance.";
            context.message(MessageLevel::Info, text);
        }
        let (rows, points) = distinct_points(set, context);
        let frame = frame(&points, crs.as_ref(), context)?;
        let voronoi = Voronoi::new(points);
        context.check()?;
        let cells = each(context, rows.len(), "Making cells", |at| Ok(voronoi.cell(at, &frame)))?;
        let carried = match inputs.output_fields {
            OutputFields::OnlyFid => Carried::none(),
            OutputFields::All => Carried::all(set),
        };
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_integer("Input_FID");
        table.add_carried(&carried);
        for (row, cell) in rows.into_iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let oid = Attribute::Integer(set.oid_of(row));
            let values = std::iter::once(oid).chain(carried.values(&set.features[row]));
            table.push(values, Some(Geometry::Polygon(vec![Path::from_xy(cell)])));
        }
        Ok(CreateThiessenPolygonsOutputs { output_features: table.finish() })
    }
}

/// The rows of the first point at each place, and the places.
fn distinct_points(set: &FeatureSet, context: &RunContext) -> (Vec<usize>, Vec<Xy>) {
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    let (mut bare, mut repeated) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (row, feature) in set.features.iter().enumerate() {
        let xy = match &feature.geometry {
            Some(Geometry::Point(point)) if point.xy.iter().all(|value| value.is_finite()) => point.xy,
            _ => {
                bare.push(row);
                continue;
            }
        };
        // Minus zero is the same place as zero, and so is all that lies nearer to it than can be computed with.
        let xy = xy.map(|value| if value.abs() < LEAST_ORDINATE { 0.0 } else { value });
        if seen.insert(xy.map(f64::to_bits)) {
            rows.push(row);
            points.push(xy);
        } else {
            repeated.push(row);
        }
    }
    warn_of_rows(&bare, set, "have no geometry, so they have no area", context);
    warn_of_rows(&repeated, set, "lie where another one lies, so they have no area of their own", context);
    (rows, points)
}

fn frame(points: &[Xy], crs: Option<&Crs>, context: &RunContext) -> Result<Envelope, ToolError> {
    let Some(extent) = &context.environment().extent else { return Ok(frame_around(points)) };
    let wrong = |reason: String| ToolError::invalid("context.extent", reason);
    let mut frame = extent.envelope;
    if let (Some(from), Some(to)) = (&extent.spatial_reference, crs) {
        let transform = Crs::new(from).and_then(|from| Transform::new(&from, to));
        let transform = transform.map_err(|error| wrong(error.to_string()))?;
        frame = project_envelope(&frame, &transform)
            .ok_or_else(|| wrong("it has no place in the spatial reference of the features".to_owned()))?;
    }
    // Written so that NaN is refused.
    let has_area = frame.xmax > frame.xmin && frame.ymax > frame.ymin;
    if !has_area {
        return Err(wrong("it has no area; make it wider and higher".to_owned()));
    }
    if within_one_turn(extent) != *extent && !points.iter().all(|xy| frame.contains(*xy)) {
        context.warning(
            "context.extent reaches beyond the antimeridian, and points that it shows lie on the other side of the map: the \
             areas end around the points instead",
        );
        return Ok(frame_around(points));
    }
    Ok(frame)
}

fn frame_around(points: &[Xy]) -> Envelope {
    let mut envelope = Envelope::EMPTY;
    points.iter().for_each(|xy| envelope.include(*xy));
    let (width, height) = (envelope.xmax - envelope.xmin, envelope.ymax - envelope.ymin);
    let margin = |own: f64, other: f64| {
        let size = if own > 0.0 { own } else { other };
        if size > 0.0 { size * MARGIN } else { 1.0 }
    };
    let (x, y) = (margin(width, height), margin(height, width));
    Envelope {
        xmin: envelope.xmin - x,
        ymin: envelope.ymin - y,
        xmax: envelope.xmax + x,
        ymax: envelope.ymax + y,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set};
    use serde_json::{Value, json};

    fn cells(wkid: u32, points: &[[f64; 2]], more: Value) -> Result<Run, String> {
        let rows: Vec<_> = points
            .iter()
            .map(|[x, y]| (json!({ "NAME": format!("{x}") }), json!({ "x": x, "y": y })))
            .collect();
        let mut parameters = json!({ "Input_Features": set("Point", wkid, &rows) });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("CreateThiessenPolygons", &parameters)
    }

    fn areas(run: &Run) -> Vec<f64> {
        (0..run.features.features.len()).map(|row| (run.area(row) * 1e6).round() / 1e6).collect()
    }

    #[test]
    fn cells_lie_within_the_extent_and_a_tenth() {
        let made = cells(5070, &[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [5.0, 5.0]], json!({}))
            .unwrap();
        assert_eq!(made.names(), ["OBJECTID", "Input_FID"]);
        assert_eq!(areas(&made), [23.5, 23.5, 23.5, 23.5, 50.0]);
        let frame = made.features.envelope();
        assert!((frame.xmin + 1.0).abs() < 1e-12 && (frame.ymax - 11.0).abs() < 1e-12);
    }

    #[test]
    fn one_two_and_collinear_points_have_areas() {
        let one = cells(5070, &[[3.0, 4.0]], json!({})).unwrap();
        assert_eq!(areas(&one), [4.0]);
        let two = cells(5070, &[[0.0, 0.0], [10.0, 0.0]], json!({ "Output_Fields": "ALL" })).unwrap();
        assert_eq!((areas(&two), two.column("NAME")), (vec![12.0, 12.0], vec!["0".into(), "10".into()]));
        let line = cells(5070, &[[0.0, 0.0], [10.0, 10.0], [5.0, 5.0]], json!({})).unwrap();
        assert!((areas(&line).iter().sum::<f64>() - 144.0).abs() < 1e-6);
        assert!(cells(5070, &[], json!({})).unwrap().features.features.is_empty());
    }

    #[test]
    fn points_at_one_place_have_one_area_and_a_warning() {
        let made = cells(5070, &[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0], [-0.0, 0.0]], json!({})).unwrap();
        assert_eq!(made.column("Input_FID"), ["10", "20"]);
        assert!(made.warnings.iter().any(|text| text.contains("2 features lie where another one lies")
            && text.contains("(object ids 30, 40)")));
    }

    #[test]
    fn points_too_near_to_be_computed_with_are_one() {
        let made = cells(5070, &[[0.0, 0.0], [1e-300, 2e-300]], json!({})).unwrap();
        assert_eq!(areas(&made), [4.0]);
        assert!(made.warnings[0].contains("lie where another one lies"), "{:?}", made.warnings);
    }

    #[test]
    fn an_extent_beyond_the_antimeridian_is_the_frame_only_where_all_points_lie_in_it() {
        let extent = |xmin: f64, xmax: f64| {
            let box_ = json!({ "xmin": xmin, "ymin": 0, "xmax": xmax, "ymax": 4, "spatialReference": { "wkid": 4326 } });
            json!({ "context": { "extent": box_ } })
        };
        let both = [[179.0, 1.0], [-179.0, 3.0]];
        let made = cells(4326, &both, extent(170.0, 190.0)).unwrap();
        assert_eq!(made.features.features.len(), 2);
        assert!(made.warnings.iter().any(|text| text.contains("on the other side of the map")));
        let made = cells(4326, &[[179.0, 1.0], [181.0, 3.0]], extent(170.0, 190.0)).unwrap();
        assert!((areas(&made).iter().sum::<f64>() - 80.0).abs() < 1e-6);
    }

    #[test]
    fn the_environments_extent_is_the_frame() {
        let context = json!({ "context": { "extent": {
            "xmin": -10, "ymin": -10, "xmax": 30, "ymax": 10, "spatialReference": { "wkid": 5070 },
        } } });
        let made = cells(5070, &[[0.0, 0.0], [10.0, 0.0], [99.0, 0.0]], context).unwrap();
        assert_eq!(areas(&made), [300.0, 500.0]);
    }

    #[test]
    fn degrees_are_told_of_and_points_without_geometry_are_left_out() {
        let rows = [(json!({}), Value::Null), (json!({}), json!({ "x": 1, "y": 2 }))];
        let made =
            run("CreateThiessenPolygons", &json!({ "Input_Features": set("Point", 4326, &rows) })).unwrap();
        assert_eq!(made.column("Input_FID"), ["20"]);
        assert!(made.warnings.iter().any(|text| text.contains("in degrees")));
        assert!(made.warnings.iter().any(|text| text.contains("1 features have no geometry")));
    }
}
