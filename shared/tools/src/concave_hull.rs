//! Concave Hull: a polygon that follows points closer than the convex hull does.
//!
//! **Method.** The chi shape of Duckham, Kulik, Worboys and Galton (2008), as JTS and GEOS compute it: of the Delaunay
//! triangulation of all vertices, triangles go from the outside, the one with the longest outer edge first, as long as
//! that edge is longer than a limit and the rest stays one polygon without holes. The limit is a length, or a ratio
//! between the shortest (0) and the longest (1) edge of the triangulation.
//!
//! **Inputs.** Features of any geometry type; of lines and polygons the vertices count. Z and m do not. Groups of fewer than
//! three different positions, or of positions on one line, are left out, with a warning.
//!
//! **Spatial reference and units.** Planar, in the coordinates of the input: in degrees too, as a message says; there the
//! length is one in decimal degrees.
//!
//! **Output.** Polygons: a row for each combination of values of the group fields, ordered by them, or one for all features:
//! the group fields, then `COUNT`, the number of features with geometry.
//!
//! **Errors.** A ratio that is not between 0 and 1, a length that is not positive, a field that is not there.

use crate::distance::{Reach, reach, warn_without_reference};
use crate::each::{each, warn_of_rows};
use crate::groups::{columns_of, groups_with_progress};
use crate::reference::crs_of;
use crate::table::{Carried, Table};
use gp_core::{Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, Geometry, GeometryType, LinearUnit, Xy};
use gp_geometry::{Crs, EdgeLimit, concave_hull};

/// Finds a close polygon around points.
pub(crate) struct ConcaveHull;

/// What ConcaveHull takes.
#[derive(Inputs)]
pub(crate) struct ConcaveHullInputs {
    /// The points, or features whose vertices are the points.
    input_features: FeatureSet,
    /// How concave: 1 gives the convex hull, 0 the closest polygon. Not used when Maximum_Edge_Length is given.
    #[parameter(default = 0.3)]
    length_ratio: f64,
    /// No edge of the result is longer than this where a shorter one is possible.
    maximum_edge_length: Option<LinearUnit>,
    /// One polygon for all features with equal values in these fields. Without any, one for all features.
    #[parameter(depends_on = "Input_Features")]
    group_fields: Option<Vec<Field>>,
}

/// What ConcaveHull gives.
#[derive(Outputs)]
pub(crate) struct ConcaveHullOutputs {
    /// The hulls.
    output_features: FeatureSet,
}

impl Tool for ConcaveHull {
    const NAME: &'static str = "ConcaveHull";
    const DESCRIPTION: &'static str =
        "Finds a polygon around features or groups that follows them closer than the convex hull.";
    const TOOLSET: &'static str = "Features";
    type Inputs = ConcaveHullInputs;
    type Outputs = ConcaveHullOutputs;

    fn run(inputs: ConcaveHullInputs, context: &RunContext) -> Result<ConcaveHullOutputs, ToolError> {
        let set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let limit = limit(inputs.length_ratio, inputs.maximum_edge_length, crs.as_ref(), context)?;
        if crs.as_ref().is_some_and(Crs::is_geographic) {
            let text = "lengths are those in the plane of the coordinates, which are angles";
            context.message(MessageLevel::Info, text);
        }
        let fields = inputs.group_fields.as_deref().unwrap_or_default();
        let columns = columns_of(&set, fields, "Group_Fields")?;
        let groups = groups_with_progress(&set, &columns, context)?;
        let hulls = each(context, groups.len(), "Enclosing", |group| {
            let geometries = groups[group].iter().filter_map(|row| set.features[*row].geometry.as_ref());
            let (mut positions, mut count): (Vec<Xy>, i64) = (Vec::new(), 0);
            for geometry in geometries {
                geometry.for_each_xy(|xy| positions.push(xy));
                count += 1;
            }
            Ok((concave_hull(positions, limit), count))
        })?;
        let carried = Carried::of(&set, columns);
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&carried);
        table.add_integer("COUNT");
        let mut flat = Vec::new();
        for (rows, (hull, count)) in groups.iter().zip(hulls) {
            let Some(ring) = hull else {
                flat.extend(rows);
                continue;
            };
            let values = carried.values(&set.features[rows[0]]).chain([Attribute::Integer(count)]);
            table.push(values, Some(Geometry::Polygon(vec![ring])));
        }
        let text = "are in groups without three positions that are not on one line, so they are left out";
        warn_of_rows(&flat, &set, text, context);
        Ok(ConcaveHullOutputs { output_features: table.finish() })
    }
}

fn limit(
    ratio: f64,
    length: Option<LinearUnit>,
    crs: Option<&Crs>,
    context: &RunContext,
) -> Result<EdgeLimit, ToolError> {
    let Some(length) = length else {
        if !(0.0..=1.0).contains(&ratio) {
            let text = format!("{ratio} is not between 0 and 1");
            return Err(ToolError::invalid("Length_Ratio", text));
        }
        return Ok(EdgeLimit::Ratio(ratio));
    };
    warn_without_reference(crs, &[length], "Maximum_Edge_Length", context);
    match reach(length, crs, "Maximum_Edge_Length")? {
        Reach::Planar(units) if units > 0.0 => Ok(EdgeLimit::Length(units)),
        Reach::Planar(units) => {
            Err(ToolError::invalid("Maximum_Edge_Length", format!("{units} is not more than 0")))
        }
        Reach::Geodesic(_) => Err(ToolError::invalid(
            "Maximum_Edge_Length",
            "features in degrees need a length in esriDecimalDegrees; or project them first",
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, run, set, square};
    use serde_json::{Value, json};

    fn hull(features: &Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": features });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("ConcaveHull", &parameters)
    }

    /// Points on a grid of 9 x 9 in the form of a U.
    fn letter(wkid: u32) -> Value {
        let all = (0..81).map(|n| (n % 9, n / 9)).filter(|(x, y)| !(3..=5).contains(x) || *y < 3);
        let rows: Vec<(Value, Value)> = all
            .map(|(x, y)| {
                (json!({ "NAME": if x < 4 { "left" } else { "right" } }), json!({ "x": x, "y": y }))
            })
            .collect();
        set("Point", wkid, &rows)
    }

    #[test]
    fn the_hull_goes_into_the_bay_as_far_as_it_is_allowed() {
        let made = hull(&letter(5070), json!({ "Maximum_Edge_Length": "1.5 Meters" })).unwrap();
        assert!((made.area(0) - 41.0).abs() < 1e-9, "{}", made.area(0));
        assert_eq!((made.names(), made.column("COUNT")), (vec!["OBJECTID", "COUNT"], vec!["63".to_owned()]));
        let made = hull(&letter(5070), json!({ "Length_Ratio": 1 })).unwrap();
        assert!((made.area(0) - 64.0).abs() < 1e-9);
    }

    #[test]
    fn each_group_has_its_own() {
        let made = hull(&letter(5070), json!({ "Group_Fields": ["NAME"], "Length_Ratio": 1 })).unwrap();
        assert_eq!(made.column("NAME"), ["left", "right"]);
        assert_eq!(made.column("COUNT"), ["30", "33"]);
    }

    #[test]
    fn vertices_of_polygons_count_and_groups_on_a_line_are_left_out() {
        let rows = [(json!({ "A": 1 }), square(0.0, 0.0, 4.0)), (json!({ "A": 1 }), Value::Null)];
        let made = hull(&set("Polygon", 5070, &rows), json!({})).unwrap();
        assert_eq!((made.area(0), made.column("COUNT")), (16.0, vec!["1".to_owned()]));
        let rows = [0, 1, 2].map(|n| (json!({}), json!({ "x": n, "y": n })));
        let made = hull(&set("Point", 5070, &rows), json!({})).unwrap();
        assert!(made.features.features.is_empty() && made.warnings[0].contains("object ids 10, 20, 30"));
        assert!(hull(&set("Point", 0, &[]), json!({})).unwrap().features.features.is_empty());
    }

    #[test]
    fn wrong_limits_are_named() {
        let error = |wkid: u32, more: Value| hull(&letter(wkid), more).err().unwrap();
        assert!(error(5070, json!({ "Length_Ratio": 1.5 })).contains("not between 0 and 1"));
        assert!(error(5070, json!({ "Maximum_Edge_Length": "-1 Meters" })).contains("not more than 0"));
        assert!(error(4326, json!({ "Maximum_Edge_Length": "1 Meters" })).contains("esriDecimalDegrees"));
    }
}
