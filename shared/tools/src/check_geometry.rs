//! Check Geometry: what is wrong with the geometry of features.
//!
//! **Method.** Every geometry is looked at as it was sent, before any repair. Rings are swept over with exact
//! predicates: a touch is no crossing, and nothing is within a tolerance. The words are those of ArcGIS:
//!
//! - `null geometry`: there is none.
//! - `empty part`: a ring encloses no area, a line has no length.
//! - `self intersections`: edges of a polygon cross or overlap, a ring touches itself, or rings that touch cut it in
//!   two.
//! - `incorrect ring ordering`: nothing crosses, but an exterior runs counter-clockwise or a hole clockwise.
//! - `duplicate vertex`: a vertex of a line or a polygon lies where the one before it does.
//! - `mismatched attributes`: z or m differ between the first and the last vertex of a ring.
//! - `empty Z values`: a vertex has no z where the layer has it.
//!
//! Some faults cannot be seen here, because reading features removes them: rings that are not closed are closed,
//! parts without any vertex are gone, and geometries with coordinates that are no numbers are `null geometry`. Short
//! segments are not looked for: they depend on the resolution of a geodatabase.
//!
//! **Inputs.** Features of any geometry type.
//!
//! **Spatial reference and units.** Geometries are judged in their own coordinates.
//!
//! **Output.** A table with a row for each problem of each feature, in their order: `CLASS`, which is the name of the
//! parameter, as what is sent has no path; `FEATURE_ID`, the object id; and `PROBLEM`.
//!
//! **Errors.** None but those of every tool.

use crate::each::each;
use crate::table::Table;
use gp_core::{Inputs, Outputs, RecordSet, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, Path};
use gp_geometry::polygon_faults;

/// Finds what is wrong with geometries.
pub(crate) struct CheckGeometry;

/// What Check Geometry takes.
#[derive(Inputs)]
pub(crate) struct CheckGeometryInputs {
    /// The features to be checked.
    input_features: FeatureSet,
}

/// What Check Geometry gives.
#[derive(Outputs)]
pub(crate) struct CheckGeometryOutputs {
    /// A row for each problem.
    output_table: RecordSet,
}

impl Tool for CheckGeometry {
    const NAME: &'static str = "CheckGeometry";
    const DESCRIPTION: &'static str = "Lists what is wrong with the geometry of features.";
    const TOOLSET: &'static str = "Features";
    const REPAIRS_INPUTS: bool = false;
    type Inputs = CheckGeometryInputs;
    type Outputs = CheckGeometryOutputs;

    fn run(inputs: CheckGeometryInputs, context: &RunContext) -> Result<CheckGeometryOutputs, ToolError> {
        let set = inputs.input_features;
        let problems = each(context, set.features.len(), "Checking", |row| {
            Ok(problems(set.features[row].geometry.as_ref(), set.has_z))
        })?;
        let mut table = Table::new(None, None);
        table.add_field(Field { length: Some(CLASS_LENGTH), ..Field::new("CLASS", FieldType::String) });
        table.add_integer("FEATURE_ID");
        table.add_field(Field { length: Some(PROBLEM_LENGTH), ..Field::new("PROBLEM", FieldType::String) });
        for (row, problems) in problems.into_iter().enumerate() {
            for problem in problems {
                let (class, id) = (Attribute::Text(CLASS.into()), Attribute::Integer(set.oid_of(row)));
                table.push([class, id, Attribute::Text(problem.into())], None);
            }
        }
        Ok(CheckGeometryOutputs { output_table: RecordSet(table.finish()) })
    }
}

/// What was checked. In ArcGIS it is the path of a feature class.
const CLASS: &str = "Input_Features";
/// The length of `CLASS` in ArcGIS.
const CLASS_LENGTH: u32 = 255;
/// The length of `PROBLEM` in ArcGIS.
const PROBLEM_LENGTH: u32 = 32;

fn problems(geometry: Option<&Geometry>, has_z: bool) -> Vec<&'static str> {
    let Some(geometry) = geometry else { return vec!["null geometry"] };
    let mut problems = Vec::new();
    let is_empty = |path: &Path| path.xy.iter().all(|xy| Some(xy) == path.xy.first());
    match geometry {
        Geometry::Point(point) => {
            if has_z && point.z.is_none() {
                problems.push("empty Z values");
            }
            return problems;
        }
        Geometry::Multipoint(points) => {
            if has_empty_z(points, has_z) {
                problems.push("empty Z values");
            }
            return problems;
        }
        Geometry::Polyline(paths) if paths.iter().any(is_empty) => problems.push("empty part"),
        Geometry::Polyline(_) => {}
        Geometry::Polygon(rings) => {
            let faults = polygon_faults(rings);
            let found = [
                (faults.empty_ring, "empty part"),
                (faults.crossing, "self intersections"),
                (faults.misoriented, "incorrect ring ordering"),
            ];
            problems.extend(found.iter().filter(|(is_so, _)| *is_so).map(|(_, problem)| *problem));
        }
    }
    let (Geometry::Polyline(paths) | Geometry::Polygon(paths)) = geometry else { return problems };
    if paths.iter().any(|path| path.xy.windows(2).any(|pair| Some(&pair[0]) == pair.last())) {
        problems.push("duplicate vertex");
    }
    if matches!(geometry, Geometry::Polygon(_)) && paths.iter().any(ends_differ) {
        problems.push("mismatched attributes");
    }
    if paths.iter().any(|path| has_empty_z(path, has_z)) {
        problems.push("empty Z values");
    }
    problems
}

fn has_empty_z(path: &Path, has_z: bool) -> bool {
    has_z && (path.z.len() < path.xy.len() || path.z.iter().any(|z| z.is_nan()))
}

/// Whether z or m of a ring are not at its end what they are at its beginning.
fn ends_differ(ring: &Path) -> bool {
    let differ = |values: &[f64]| match (values.first(), values.last()) {
        (Some(first), Some(last)) => (first - last).abs() > 0.0,
        _ => false,
    };
    differ(&ring.z) || differ(&ring.m)
}

#[cfg(test)]
mod tests {
    use crate::testing::{line, run, set, square};
    use serde_json::{Value, json};

    fn problems(features: &Value) -> Vec<(String, String)> {
        let made = run("CheckGeometry", &json!({ "Input_Features": features })).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "CLASS", "FEATURE_ID", "PROBLEM"]);
        assert!(made.column("CLASS").iter().all(|class| class == "Input_Features"));
        made.column("FEATURE_ID").into_iter().zip(made.column("PROBLEM")).collect()
    }

    fn polygons(rings: &[Value]) -> Value {
        let rows: Vec<(Value, Value)> =
            rings.iter().map(|ring| (json!({}), json!({ "rings": ring }))).collect();
        set("Polygon", 5070, &rows)
    }

    #[test]
    fn every_problem_of_a_polygon_is_a_row() {
        let found = problems(&polygons(&[
            json!([[[0, 0], [0, 9], [9, 9], [0, 0]]]),
            json!([[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]),
            json!([[[0, 0], [9, 9], [0, 9], [0, 0]]]),
            json!([[[0, 0], [0, 9], [0, 9], [9, 9], [0, 0]], [[20, 0], [30, 0], [20, 0]]]),
            Value::Null,
        ]));
        let expected = [
            ("20", "self intersections"),
            ("30", "incorrect ring ordering"),
            ("40", "empty part"),
            ("40", "duplicate vertex"),
            ("50", "null geometry"),
        ];
        assert_eq!(found, expected.map(|(id, problem)| (id.to_owned(), problem.to_owned())));
    }

    #[test]
    fn a_hole_must_run_against_its_exterior_and_rings_may_touch_in_a_point() {
        let outer = json!([[0, 0], [0, 9], [9, 9], [9, 0], [0, 0]]);
        let touching = json!([[0, 0], [4, 2], [2, 4], [0, 0]]);
        let clockwise = json!([[2, 2], [2, 4], [4, 4], [2, 2]]);
        let found = problems(&polygons(&[json!([outer, touching]), json!([outer, clockwise])]));
        assert_eq!(found, [("20".to_owned(), "incorrect ring ordering".to_owned())]);
    }

    #[test]
    fn lines_may_cross_themselves_but_need_a_length() {
        let rows = [
            (json!({}), line(&[[0.0, 0.0], [9.0, 9.0], [9.0, 0.0], [0.0, 9.0]])),
            (json!({}), line(&[[1.0, 1.0], [1.0, 1.0]])),
        ];
        let found = problems(&set("Polyline", 5070, &rows));
        assert_eq!(
            found,
            [("20".to_owned(), "empty part".to_owned()), ("20".to_owned(), "duplicate vertex".to_owned())]
        );
    }

    #[test]
    fn z_must_be_there_and_agree_where_a_ring_closes() {
        let ring = json!({ "rings": [[[0, 0, 1], [0, 9, 1], [9, 9, 1], [0, 0, 2]]] });
        let mut open = set("Polygon", 5070, &[(json!({}), ring)]);
        open["hasZ"] = json!(true);
        assert_eq!(problems(&open)[0].1, "mismatched attributes");
        let mut points = set(
            "Point",
            5070,
            &[(json!({}), json!({ "x": 0, "y": 0 })), (json!({}), json!({ "x": 0, "y": 0, "z": 1 }))],
        );
        points["hasZ"] = json!(true);
        assert_eq!(problems(&points), [("10".to_owned(), "empty Z values".to_owned())]);
    }

    #[test]
    fn what_is_right_has_no_rows_and_what_reading_mends_cannot_be_seen() {
        assert!(problems(&set("Polygon", 4326, &[(json!({}), square(0.0, 0.0, 1.0))])).is_empty());
        assert!(problems(&polygons(&[json!([[[0, 0], [0, 9], [9, 9]]])])).is_empty());
        assert!(problems(&set("Point", 0, &[])).is_empty());
    }
}
