//! Feature Vertices To Points: points at the vertices of lines and polygons, or at some of them.
//!
//! **Method.** ALL: every vertex, that which closes a ring included. MID: halfway along each part. START, END,
//! BOTH_ENDS: the first and the last vertex of each part. DANGLE: the ends of lines that touch no other line anywhere
//! along it, nor their own line elsewhere, within the default tolerance of ArcGIS, 1 mm. Every path and every ring is
//! a part with points of its own.
//!
//! **Inputs.** Lines and polygons; features without geometry are left out with a warning. Points have the z and m of
//! their vertices; MID takes them from between its neighbours.
//!
//! **Spatial reference and units.** Those of the input. MID is measured in its coordinates, as ArcGIS does, degrees
//! included. Where there is no spatial reference, DANGLE has no tolerance.
//!
//! **Output.** Points in the order of the features, their parts and their vertices: the input's fields, then
//! `ORIG_FID`.
//!
//! **Errors.** DANGLE of polygons; more than 10 million vertices.

use crate::along::{MeasuredPath, Ruler, vertex};
use crate::derived::{Derived, warn_of_missing};
use crate::each::each;
use crate::limits::refuse_too_many;
use crate::reference::crs_of;
use gp_core::{Choices, Filter, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, GeometryType, Path, Point, Xy};
use gp_geometry::{BoxIndex, Crs, distance_to_segment, paths_of};

/// Makes points of vertices.
pub(crate) struct FeatureVerticesToPoints;

/// What Feature Vertices To Points takes.
#[derive(Inputs)]
pub(crate) struct FeatureVerticesToPointsInputs {
    /// The lines or polygons of whose vertices points are made.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline, GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// ALL: every vertex. MID: halfway along each part. START, END, BOTH_ENDS: the ends of each part. DANGLE: ends of lines that touch no other line.
    #[parameter(default = PointType::All)]
    point_type: PointType,
}

/// What Feature Vertices To Points gives.
#[derive(Outputs)]
pub(crate) struct FeatureVerticesToPointsOutputs {
    /// The points.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum PointType {
    All,
    Mid,
    Start,
    End,
    BothEnds,
    Dangle,
}

/// The default XY tolerance of ArcGIS: what is nearer is one place.
const TOLERANCE_M: f64 = 0.001;
/// Metres of a degree at the equator, with which ArcGIS makes that tolerance one in degrees.
const METERS_PER_DEGREE: f64 = 111_319.490_793;

impl Tool for FeatureVerticesToPoints {
    const NAME: &'static str = "FeatureVerticesToPoints";
    const DESCRIPTION: &'static str =
        "Makes points at the vertices, the ends or the middle of lines and of the outlines of polygons.";
    const TOOLSET: &'static str = "Features";
    type Inputs = FeatureVerticesToPointsInputs;
    type Outputs = FeatureVerticesToPointsOutputs;

    fn run(
        inputs: FeatureVerticesToPointsInputs,
        context: &RunContext,
    ) -> Result<FeatureVerticesToPointsOutputs, ToolError> {
        let (set, point_type) = (inputs.input_features, inputs.point_type);
        let crs = crs_of(&set, "Input_Features")?;
        if point_type == PointType::Dangle && set.geometry_type == Some(GeometryType::Polygon) {
            return Err(ToolError::invalid("Point_Type", "DANGLE is for lines; polygons have no ends"));
        }
        if point_type == PointType::All {
            refuse_too_many(set.vertex_count() as f64, "points", "Input_Features", "send fewer features")?;
        }
        if point_type == PointType::Mid && crs.as_ref().is_some_and(Crs::is_geographic) {
            let text = "Point Type: the middle is measured in the coordinates, which are angles";
            context.message(MessageLevel::Info, text);
        }
        warn_of_missing(&set, context);
        let net = (point_type == PointType::Dangle).then(|| Net::new(&set, tolerance(crs.as_ref())));
        let points = each(context, set.features.len(), "Making points", |row| {
            let mut points = Vec::new();
            for (part, path) in filled_paths(&set, row).enumerate() {
                let last = path.xy.len() - 1;
                match point_type {
                    PointType::All => points.extend((0..=last).map(|index| vertex(path, index))),
                    PointType::Mid => points.extend(middle(path)),
                    PointType::Start => points.push(vertex(path, 0)),
                    PointType::End => points.push(vertex(path, last)),
                    PointType::BothEnds => points.extend([vertex(path, 0), vertex(path, last)]),
                    PointType::Dangle => {
                        let dangles =
                            |end: &usize| net.as_ref().is_some_and(|net| net.dangles(row, part, *end, last));
                        points.extend(
                            [0, last].iter().filter(|end| dangles(end)).map(|end| vertex(path, *end)),
                        );
                    }
                }
            }
            Ok(points)
        })?;
        let mut output = Derived::new(&set, GeometryType::Point);
        for (row, points) in points.into_iter().enumerate() {
            points.into_iter().for_each(|point| output.push(row, [], Geometry::Point(point)));
        }
        Ok(FeatureVerticesToPointsOutputs { output_features: output.finish() })
    }
}

/// The paths or rings of a feature that have vertices.
fn filled_paths(set: &FeatureSet, row: usize) -> impl Iterator<Item = &Path> {
    paths_of(set.features[row].geometry.as_ref()).iter().filter(|path| !path.xy.is_empty())
}

fn middle(path: &Path) -> Option<Point> {
    let measured = MeasuredPath::new(path, &Ruler::Planar);
    Some(measured.stop_at(measured.length() / 2.0)?.vertex)
}

/// The tolerance in units of the coordinates.
fn tolerance(crs: Option<&Crs>) -> f64 {
    let Some(crs) = crs else { return 0.0 };
    match (crs.degrees_per_unit(), crs.meters_per_unit()) {
        (Some(degrees_per_unit), _) if crs.is_geographic() => {
            TOLERANCE_M / METERS_PER_DEGREE / degrees_per_unit
        }
        (_, meters_per_unit) => TOLERANCE_M / meters_per_unit.unwrap_or(1.0),
    }
}

/// All segments of all lines, to be asked what touches an end.
struct Net {
    segments: Vec<[Xy; 2]>,
    /// The number of the first segment of every part, by row.
    starts: Vec<Vec<usize>>,
    index: BoxIndex,
    tolerance: f64,
}

impl Net {
    fn new(set: &FeatureSet, tolerance: f64) -> Net {
        let (mut segments, mut starts) = (Vec::new(), Vec::with_capacity(set.features.len()));
        for row in 0..set.features.len() {
            let mut of_row = Vec::new();
            for path in filled_paths(set, row) {
                of_row.push(segments.len());
                segments.extend(path.xy.windows(2).map(|pair| [pair[0], pair[1]]));
            }
            starts.push(of_row);
        }
        let around = |[from, to]: &[Xy; 2]| {
            let mut envelope = Envelope::EMPTY;
            envelope.include(*from);
            envelope.include(*to);
            envelope
        };
        let index = BoxIndex::new(segments.iter().map(around).collect());
        Net { segments, starts, index, tolerance }
    }

    /// Whether the first or last vertex of a part touches nothing but the segment that it ends.
    fn dangles(&self, row: usize, part: usize, end: usize, last: usize) -> bool {
        if last == 0 {
            return false;
        }
        let start = self.starts[row][part];
        let own = if end == 0 { start } else { start + last - 1 };
        let [x, y] = self.segments[own][usize::from(end > 0)];
        let reach = self.tolerance;
        let near = Envelope { xmin: x - reach, ymin: y - reach, xmax: x + reach, ymax: y + reach };
        let touches = |number: usize| {
            let [from, to] = self.segments[number];
            number != own && distance_to_segment([x, y], from, to) <= reach
        };
        !self.index.query(&near).any(touches)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, Xy};
    use serde_json::{Value, json};

    fn points(features: &Value, point_type: &str) -> Result<Run, String> {
        run("FeatureVerticesToPoints", &json!({ "Input_Features": features, "Point_Type": point_type }))
    }

    fn positions(made: &Run) -> Vec<Xy> {
        let xy = |row: usize| match made.geometry(row) {
            Geometry::Point(point) => point.xy,
            _ => panic!("no point"),
        };
        (0..made.features.features.len()).map(xy).collect()
    }

    fn lines() -> Value {
        let two = json!({ "paths": [[[0, 0], [10, 0]], [[10, 0], [10, 10], [20, 10]]] });
        set(
            "Polyline",
            5070,
            &[(json!({ "A": "two" }), two), (json!({ "A": "one" }), line(&[[10.0, 5.0], [30.0, 5.0]]))],
        )
    }

    #[test]
    fn every_part_has_ends_and_a_middle_of_its_own() {
        let at = |point_type: &str| positions(&points(&lines(), point_type).unwrap());
        assert_eq!(at("START"), [[0.0, 0.0], [10.0, 0.0], [10.0, 5.0]]);
        assert_eq!(at("END"), [[10.0, 0.0], [20.0, 10.0], [30.0, 5.0]]);
        assert_eq!(at("MID"), [[5.0, 0.0], [10.0, 10.0], [20.0, 5.0]]);
        assert_eq!(at("BOTH_ENDS").len(), 6);
    }

    #[test]
    fn all_vertices_come_with_attributes_and_the_closing_one_too() {
        let made =
            points(&set("Polygon", 5070, &[(json!({ "A": 7 }), square(0.0, 0.0, 1.0))]), "ALL").unwrap();
        assert_eq!(positions(&made).len(), 5);
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID"]);
        assert!(made.column("ORIG_FID").iter().all(|id| id == "10"));
    }

    #[test]
    fn z_and_m_stay_and_the_middle_has_those_between() {
        let path = json!({ "paths": [[[0, 0, 1, 5], [10, 0, 3, 9]]] });
        let mut lines = set("Polyline", 5070, &[(json!({}), path)]);
        (lines["hasZ"], lines["hasM"]) = (json!(true), json!(true));
        let made = points(&lines, "MID").unwrap();
        assert!(
            matches!(made.geometry(0), Geometry::Point(point) if point.z == Some(2.0) && point.m == Some(7.0))
        );
    }

    #[test]
    fn an_end_that_touches_a_line_anywhere_is_no_dangle() {
        let made = points(&lines(), "DANGLE").unwrap();
        assert_eq!(positions(&made), [[0.0, 0.0], [20.0, 10.0], [30.0, 5.0]]);
        let loops = line(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]);
        let lasso = line(&[[50.0, 0.0], [60.0, 0.0], [60.0, 5.0], [55.0, 0.0]]);
        let made =
            points(&set("Polyline", 5070, &[(json!({}), loops), (json!({}), lasso)]), "DANGLE").unwrap();
        assert_eq!(positions(&made), [[50.0, 0.0]]);
    }

    #[test]
    fn a_gap_below_a_millimetre_is_none() {
        let gap = |width: f64| {
            let rows = [
                (json!({}), line(&[[0.0, 0.0], [10.0, 0.0]])),
                (json!({}), line(&[[10.0 + width, 0.0], [20.0, 0.0]])),
            ];
            points(&set("Polyline", 5070, &rows), "DANGLE").unwrap().features.features.len()
        };
        assert_eq!((gap(0.0009), gap(0.0011)), (2, 4));
    }

    #[test]
    fn polygons_have_no_dangles_and_features_without_geometry_are_left_out() {
        let polygons = set("Polygon", 5070, &[(json!({}), square(0.0, 0.0, 1.0)), (json!({}), Value::Null)]);
        assert!(points(&polygons, "DANGLE").err().unwrap().contains("Point_Type"));
        let made = points(&polygons, "START").unwrap();
        assert_eq!(made.column("ORIG_FID"), ["10"]);
        assert!(made.warnings[0].contains("object ids 20"), "{:?}", made.warnings);
        assert!(points(&set("Polyline", 0, &[]), "ALL").unwrap().features.features.is_empty());
    }
}
