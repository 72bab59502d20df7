//! Polygon To Line: the outlines of polygons, borders between neighbours once.
//!
//! **Method.** With IDENTIFY_NEIGHBORS outlines are cut into arcs at the vertices where more than two of their edges meet,
//! and where a vertex of another polygon lies on an edge; an arc that polygons share becomes one line. With
//! IGNORE_NEIGHBORS the rings of each polygon become the paths of one line.
//!
//! **Inputs.** Polygons; features without geometry are left out, with a warning. Borders are shared where edges lie exactly
//! upon each other. Outlines that cross without a vertex there are not cut. Z and m stay with IGNORE_NEIGHBORS and are
//! dropped with a warning otherwise.
//!
//! **Spatial reference and units.** Those of the input.
//!
//! **Output.** With IDENTIFY_NEIGHBORS a line for each arc, in the order of the polygons, clockwise around the first of
//! them: `LEFT_FID` and `RIGHT_FID`, the object ids of the polygons on its sides, -1 for none. Where polygons overlap along
//! an arc there is a line for each. With IGNORE_NEIGHBORS a line for each polygon: its fields and `ORIG_FID`.
//!
//! **Errors.** None of its own.

use crate::coverage::{Coverage, Side};
use crate::derived::{Derived, warn_of_missing};
use crate::each::each;
use crate::reference::drop_zm;
use crate::table::Table;
use gp_core::{Choices, Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType, Path};

/// Makes lines of the outlines of polygons.
pub(crate) struct PolygonToLine;

/// What PolygonToLine takes.
#[derive(Inputs)]
pub(crate) struct PolygonToLineInputs {
    /// The polygons whose outlines are wanted.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    input_features: FeatureSet,
    /// IDENTIFY_NEIGHBORS: shared borders once, with the ids of both sides. IGNORE_NEIGHBORS: the whole outline of each polygon, with its fields.
    #[parameter(default = NeighborOption::IdentifyNeighbors)]
    neighbor_option: NeighborOption,
}

/// What PolygonToLine gives.
#[derive(Outputs)]
pub(crate) struct PolygonToLineOutputs {
    /// The outlines.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum NeighborOption {
    IdentifyNeighbors,
    IgnoreNeighbors,
}

/// The id of a side where there is no polygon.
const NOBODY: i64 = -1;

impl Tool for PolygonToLine {
    const NAME: &'static str = "PolygonToLine";
    const DESCRIPTION: &'static str =
        "Makes lines of the outlines of polygons, those between neighbours once with the ids of both.";
    const TOOLSET: &'static str = "Features";
    type Inputs = PolygonToLineInputs;
    type Outputs = PolygonToLineOutputs;

    fn run(inputs: PolygonToLineInputs, context: &RunContext) -> Result<PolygonToLineOutputs, ToolError> {
        let mut set = inputs.input_features;
        warn_of_missing(&set, context);
        let output_features = match inputs.neighbor_option {
            NeighborOption::IgnoreNeighbors => whole_outlines(set),
            NeighborOption::IdentifyNeighbors => {
                drop_zm(&mut set, "Input Features", context);
                context.check()?;
                shared_borders(&set, context)?
            }
        };
        Ok(PolygonToLineOutputs { output_features })
    }
}

fn whole_outlines(mut set: FeatureSet) -> FeatureSet {
    let geometries: Vec<Option<Geometry>> =
        set.features.iter_mut().map(|feature| feature.geometry.take()).collect();
    let mut derived = Derived::new(&set, GeometryType::Polyline);
    for (row, geometry) in geometries.into_iter().enumerate() {
        if let Some(Geometry::Polygon(rings)) = geometry {
            derived.push(row, [], Geometry::Polyline(rings));
        }
    }
    derived.finish()
}

fn shared_borders(set: &FeatureSet, context: &RunContext) -> Result<FeatureSet, ToolError> {
    let coverage = Coverage::of(set);
    let mut table = Table::new(Some(GeometryType::Polyline), set.spatial_reference.clone());
    table.add_integer("LEFT_FID");
    table.add_integer("RIGHT_FID");
    let lines = each(context, coverage.sides.len(), "Tracing borders", |arc| {
        let sides = &coverage.sides[arc];
        let mut line = coverage.topology.arc(arc);
        // Clockwise around the first polygon: that one lies right of it.
        let is_turned = sides.first().is_some_and(|first| first.is_left);
        if is_turned {
            line.reverse();
        }
        let on = |left: bool| {
            let is_there = move |side: &&Side| (side.is_left != is_turned) == left;
            sides.iter().filter(is_there).map(|side| set.oid_of(side.row)).collect::<Vec<i64>>()
        };
        Ok((line, on(true), on(false)))
    })?;
    for (line, left, right) in lines {
        for number in 0..left.len().max(right.len()) {
            let id = |ids: &[i64]| Attribute::Integer(ids.get(number).copied().unwrap_or(NOBODY));
            let geometry = Geometry::Polyline(vec![Path::from_xy(line.clone())]);
            table.push([id(&left), id(&right)], Some(geometry));
        }
    }
    Ok(table.finish())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use gp_esri::Geometry;
    use serde_json::{Value, json};

    fn outlines(features: &Value, option: &str) -> Run {
        run("PolygonToLine", &json!({ "Input_Features": features, "Neighbor_Option": option })).unwrap()
    }

    fn sides(made: &Run) -> Vec<(String, String)> {
        made.column("LEFT_FID").into_iter().zip(made.column("RIGHT_FID")).collect()
    }

    fn length(made: &Run, row: usize) -> f64 {
        let Geometry::Polyline(paths) = made.geometry(row) else { panic!("no line") };
        gp_geometry::length(paths)
    }

    fn pair(left: &str, right: &str) -> (String, String) {
        (left.to_owned(), right.to_owned())
    }

    #[test]
    fn a_shared_border_comes_once_with_both_sides_even_where_vertices_differ() {
        let rows = [(json!({ "A": 1 }), square(0.0, 0.0, 10.0)), (json!({ "A": 2 }), square(10.0, 0.0, 5.0))];
        let made = outlines(&set("Polygon", 5070, &rows), "IDENTIFY_NEIGHBORS");
        assert_eq!(made.names(), ["OBJECTID", "LEFT_FID", "RIGHT_FID"]);
        let mut found: Vec<(String, String)> = sides(&made);
        found.sort();
        assert_eq!(found, [pair("-1", "10"), pair("-1", "20"), pair("20", "10")]);
        let row = sides(&made).iter().position(|sides| *sides == pair("20", "10")).unwrap();
        // The larger one runs down along it.
        assert!(
            matches!(made.geometry(row), Geometry::Polyline(paths) if paths[0].xy == [[10.0, 5.0], [10.0, 0.0]])
        );
        let total: f64 = (0..3).map(|row| length(&made, row)).sum();
        assert!((total - 55.0).abs() < 1e-12);
    }

    #[test]
    fn an_island_in_a_hole_has_the_lake_left_and_holes_count() {
        let mut land = square(0.0, 0.0, 10.0);
        land["rings"].as_array_mut().unwrap().push(json!([[4, 4], [5, 4], [5, 5], [4, 5], [4, 4]]));
        let rows = [(json!({}), land), (json!({}), square(4.0, 4.0, 1.0))];
        let made = outlines(&set("Polygon", 5070, &rows), "IDENTIFY_NEIGHBORS");
        assert_eq!(sides(&made), [pair("-1", "10"), pair("20", "10")]);
    }

    #[test]
    fn polygons_upon_each_other_have_a_line_each() {
        let rows = [(json!({}), square(0.0, 0.0, 1.0)), (json!({}), square(0.0, 0.0, 1.0))];
        let made = outlines(&set("Polygon", 5070, &rows), "IDENTIFY_NEIGHBORS");
        assert_eq!(sides(&made), [pair("-1", "10"), pair("-1", "20")]);
    }

    #[test]
    fn whole_outlines_keep_the_fields_and_z() {
        let ring = json!([[[0, 0, 7], [0, 3, 7], [4, 0, 7], [0, 0, 7]]]);
        let mut features = set(
            "Polygon",
            5070,
            &[(json!({ "A": 1 }), json!({ "rings": ring })), (json!({ "A": 2 }), Value::Null)],
        );
        features["hasZ"] = json!(true);
        let made = outlines(&features, "IGNORE_NEIGHBORS");
        assert_eq!(made.names(), ["OBJECTID", "A", "ORIG_FID"]);
        assert_eq!(made.column("ORIG_FID"), ["10"]);
        assert!(matches!(made.geometry(0), Geometry::Polyline(paths) if paths[0].z == [7.0; 4]));
        assert!((length(&made, 0) - 12.0).abs() < 1e-12);
        assert!(made.warnings[0].contains("have no geometry"), "{:?}", made.warnings);
    }

    #[test]
    fn no_features_have_no_outlines() {
        for option in ["IDENTIFY_NEIGHBORS", "IGNORE_NEIGHBORS"] {
            assert!(outlines(&set("Polygon", 0, &[]), option).features.features.is_empty());
        }
    }
}
