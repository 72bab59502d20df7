//! Split Line At Point: lines cut at the places nearest to points.
//!
//! **Method.** With a search radius every line is cut once for each point within it, at the place of the line nearest
//! to the point; without one, every line is cut at the nearest of all points, however far, as in ArcGIS. A place at
//! an end of a part cuts nothing.
//!
//! **Inputs.** Lines; points and multipoints. Lines without geometry are left out with a warning, points without it
//! cut nothing. Z and m stay, at cuts from between the neighbours.
//!
//! **Spatial reference and units.** Points are brought to the reference of the lines. Distances from features in
//! degrees are measured on the ellipsoid, to edges that are straight in the coordinates, across the antimeridian too;
//! other distances, and a radius in decimal degrees, are planar.
//!
//! **Output.** Lines in the order of the features and along them, a line for each part of a feature or more: the
//! input's fields, `ORIG_FID`, and `ORIG_SEQ`, which counts the lines of each feature from 1. Lines that nothing cuts
//! come whole.
//!
//! **Errors.** A radius below 0 or without meaning for the spatial reference.

mod search;

use crate::along::{Stop, cut_path};
use crate::derived::{Derived, warn_of_missing};
use crate::each::each;
use crate::reference::match_reference;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType, LinearUnit, Path};
use search::Search;

/// Cuts lines at points.
pub(crate) struct SplitLineAtPoint;

/// What Split Line At Point takes.
#[derive(Inputs)]
pub(crate) struct SplitLineAtPointInputs {
    /// The lines to be cut.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polyline]))]
    input_features: FeatureSet,
    /// The points at which lines are cut.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Point, GeometryType::Multipoint]))]
    point_features: FeatureSet,
    /// How far from a line points may lie to cut it. Without it, each line is cut at the nearest point only.
    search_radius: Option<LinearUnit>,
}

/// What Split Line At Point gives.
#[derive(Outputs)]
pub(crate) struct SplitLineAtPointOutputs {
    /// The pieces.
    output_features: FeatureSet,
}

impl Tool for SplitLineAtPoint {
    const NAME: &'static str = "SplitLineAtPoint";
    const DESCRIPTION: &'static str = "Cuts lines at the places nearest to points.";
    const TOOLSET: &'static str = "Features";
    type Inputs = SplitLineAtPointInputs;
    type Outputs = SplitLineAtPointOutputs;

    fn run(
        inputs: SplitLineAtPointInputs,
        context: &RunContext,
    ) -> Result<SplitLineAtPointOutputs, ToolError> {
        let (set, mut points) = (inputs.input_features, inputs.point_features);
        match_reference(&set, &mut points, "Point_Features", context)?;
        warn_of_missing(&set, context);
        let search = Search::new(&set, &points, inputs.search_radius, context)?;
        let pieces = each(context, set.features.len(), "Cutting", |row| {
            let Some(Geometry::Polyline(paths)) = &set.features[row].geometry else { return Ok(Vec::new()) };
            Ok(cut(paths, search.stops(paths, context)?))
        })?;
        let mut output = Derived::new(&set, GeometryType::Polyline);
        output.add_integer("ORIG_SEQ");
        for (row, pieces) in pieces.into_iter().enumerate() {
            for (number, piece) in pieces.into_iter().enumerate() {
                output.push(row, [Attribute::Integer(number as i64 + 1)], Geometry::Polyline(vec![piece]));
            }
        }
        Ok(SplitLineAtPointOutputs { output_features: output.finish() })
    }
}

/// The pieces of paths between places, each with the number of its path.
fn cut(paths: &[Path], mut stops: Vec<(usize, Stop)>) -> Vec<Path> {
    stops.sort_by(|(path_a, a), (path_b, b)| {
        (path_a, a.segment).cmp(&(path_b, b.segment)).then(a.share.total_cmp(&b.share))
    });
    let (mut pieces, mut left) = (Vec::new(), stops.as_slice());
    for (number, path) in paths.iter().enumerate() {
        let (own, others) = left.split_at(left.partition_point(|(path, _)| *path == number));
        left = others;
        let own: Vec<Stop> = own.iter().map(|(_, stop)| *stop).collect();
        pieces.extend(cut_path(path, &own));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set};
    use gp_esri::{Geometry, Path, Xy};
    use serde_json::{Value, json};

    fn split(lines: &Value, points: &Value, radius: &str) -> Result<Run, String> {
        run(
            "SplitLineAtPoint",
            &json!({ "Input_Features": lines, "Point_Features": points, "Search_Radius": radius }),
        )
    }

    fn paths(made: &Run) -> Vec<Path> {
        let path = |row: usize| match made.geometry(row) {
            Geometry::Polyline(paths) => paths[0].clone(),
            _ => panic!("no line"),
        };
        (0..made.features.features.len()).map(path).collect()
    }

    fn at(wkid: u32, positions: &[Xy]) -> Value {
        let rows: Vec<(Value, Value)> =
            positions.iter().map(|[x, y]| (json!({}), json!({ "x": x, "y": y }))).collect();
        set("Point", wkid, &rows)
    }

    fn lines() -> Value {
        let rows = [
            (json!({ "A": "x" }), line(&[[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]])),
            (json!({ "A": "y" }), line(&[[0.0, 500.0], [100.0, 500.0]])),
        ];
        set("Polyline", 5070, &rows)
    }

    #[test]
    fn every_point_within_the_radius_cuts_where_it_is_nearest() {
        let points = at(5070, &[[60.0, 3.0], [101.0, 40.0], [20.0, -2.0], [50.0, 90.0]]);
        let made = split(&lines(), &points, "5 Meters").unwrap();
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID", "ORIG_SEQ"]);
        assert_eq!(made.column("ORIG_SEQ"), ["1", "2", "3", "4", "1"]);
        let made = paths(&made);
        assert_eq!(made[0].xy, [[0.0, 0.0], [20.0, 0.0]]);
        assert_eq!(made[2].xy, [[60.0, 0.0], [100.0, 0.0], [100.0, 40.0]]);
        assert_eq!(made[4].xy, [[0.0, 500.0], [100.0, 500.0]]);
    }

    #[test]
    fn without_a_radius_only_the_nearest_point_cuts() {
        let made = split(&lines(), &at(5070, &[[60.0, 3.0], [20.0, -2.0]]), "").unwrap();
        assert_eq!(made.column("ORIG_FID"), ["10", "10", "20", "20"]);
        assert_eq!((paths(&made)[0].xy[1], paths(&made)[2].xy[1]), ([20.0, 0.0], [60.0, 500.0]));
    }

    #[test]
    fn a_vertex_is_kept_where_it_is_cut_and_an_end_cuts_nothing() {
        let made = split(&lines(), &at(5070, &[[100.0, 0.0], [0.0, 0.0], [100.0, 0.0]]), "1 Meters").unwrap();
        let made = paths(&made);
        assert_eq!(made.len(), 3);
        assert_eq!((made[0].xy.len(), made[1].xy[0]), (2, [100.0, 0.0]));
    }

    #[test]
    fn degrees_are_searched_on_the_ellipsoid_across_the_antimeridian_too() {
        let north = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 60.0], [180.0, 60.0]]))]);
        // 0.01 degrees of longitude at 60 degrees north are 558 m, 0.01 degrees of latitude 1,114 m.
        let point = at(4326, &[[179.5, 60.01]]);
        assert_eq!(paths(&split(&north, &point, "1100 Meters").unwrap()).len(), 1);
        assert_eq!(paths(&split(&north, &point, "1120 Meters").unwrap()).len(), 2);
        let across = at(4326, &[[-179.99, 60.0], [179.99, 60.005]]);
        let made = paths(&split(&north, &across, "600 Meters").unwrap());
        assert_eq!(made.len(), 2);
        assert!((made[0].xy[1][0] - 179.99).abs() < 1e-4 && (made[0].xy[1][1] - 60.0).abs() < 1e-12);
        let made = paths(&split(&north, &at(4326, &[[100.0, 0.0], [179.25, 50.0]]), "").unwrap());
        assert!((made[0].xy[1][0] - 179.25).abs() < 1e-6, "{made:?}");
    }

    #[test]
    fn a_line_that_jumps_across_the_antimeridian_is_cut_on_the_short_way() {
        let lines = set("Polyline", 4326, &[(json!({}), line(&[[179.0, 0.0], [-179.0, 0.0]]))]);
        for radius in ["", "200 Kilometers"] {
            let made = paths(&split(&lines, &at(4326, &[[-179.5, 1.0], [0.0, 0.1]]), radius).unwrap());
            assert_eq!(made.len(), 2, "{radius}");
            let [x, y] = made[0].xy[1];
            assert!((x + 179.5).abs() < 1e-6 && y.abs() < 1e-9, "{x} {y}");
        }
    }

    #[test]
    fn multipoints_cut_and_z_lies_between() {
        let mut lines = set("Polyline", 5070, &[(json!({}), json!({ "paths": [[[0, 0, 0], [10, 0, 10]]] }))]);
        lines["hasZ"] = json!(true);
        let points = set("Multipoint", 5070, &[(json!({}), json!({ "points": [[2, 0], [7, 1]] }))]);
        let made = paths(&split(&lines, &points, "1 Meters").unwrap());
        assert_eq!((made.len(), made[1].z.clone()), (3, vec![2.0, 7.0]));
    }

    #[test]
    fn no_points_leave_lines_whole_and_a_negative_radius_is_refused() {
        let rows = [(json!({}), Value::Null), (json!({}), line(&[[0.0, 0.0], [1.0, 0.0]]))];
        let made = split(&set("Polyline", 5070, &rows), &at(5070, &[]), "").unwrap();
        assert_eq!(made.column("ORIG_FID"), ["20"]);
        assert!(split(&lines(), &at(5070, &[]), "-1 Meters").err().unwrap().contains("Search_Radius"));
    }

    #[test]
    fn a_line_written_beyond_the_antimeridian_stays_beyond_it() {
        let lines = set("Polyline", 4326, &[(json!({}), line(&[[170.0, 0.0], [190.0, 0.0]]))]);
        let made = split(&lines, &at(4326, &[[185.0, 0.1]]), "50 Kilometers").unwrap();
        let pieces = paths(&made);
        assert_eq!(pieces.len(), 2);
        assert!((pieces[1].xy[0][0] - 185.0).abs() < 1e-6, "{:?}", pieces[1].xy);
    }
}
