//! Minimum Bounding Geometry: the smallest rectangle, circle, convex hull or box around features.
//!
//! **Method.** The convex hull is Andrew's monotone chain with exact signs. Smallest rectangles have a side along a side
//! of the hull, found by rotating calipers (Toussaint 1983); smallest circles by Welzl's method (1991), given as polygons
//! of 128 vertices on the circle.
//!
//! **Inputs.** Features of any geometry type; vertices count, z and m do not. Features and groups without geometry are
//! left out, with a warning. As in ArcGIS, a point or a straight line gets a placeholder: a polygon two millimetres wide
//! (in degrees 2e-8), with a warning; the added fields have the true measures.
//!
//! **Spatial reference and units.** Planar, in the coordinates of the input: in degrees too, as a message says.
//!
//! **Output.** Polygons. With NONE a row for each feature: all its fields and `ORIG_FID`; with ALL one row; with LIST a row
//! for each combination of values of the group fields, ordered by them. `MBG_FIELDS` adds, in units of the coordinates
//! and degrees clockwise from north, `MBG_Width` and `MBG_Length` of the shorter and longer side, and `MBG_Orientation` of
//! the longer (not for ENVELOPE); for CONVEX_HULL the least and the greatest distance of two of its vertices, the ends of
//! the latter as `MBG_APodX1`, `MBG_APodY1`, `MBG_APodX2`, `MBG_APodY2`, and `MBG_Orientation` of it; for CIRCLE
//! `MBG_Diameter`.
//!
//! **Errors.** LIST without fields, a field that is not there.

mod shapes;

use crate::each::{each, warn_of_rows};
use crate::groups::{columns_of, groups_by};
use crate::reference::crs_of;
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Field, FieldType, Geometry, GeometryType, Xy};
use gp_geometry::convex_hull;
use shapes::{GeometryKind, Shape, field_names, shape};

/// Finds what is smallest around features.
pub(crate) struct MinimumBoundingGeometry;

/// What MinimumBoundingGeometry takes.
#[derive(Inputs)]
pub(crate) struct MinimumBoundingGeometryInputs {
    /// The features to be enclosed.
    input_features: FeatureSet,
    /// RECTANGLE_BY_AREA: the rectangle of least area. RECTANGLE_BY_WIDTH: the rectangle of least width. CONVEX_HULL, CIRCLE, ENVELOPE: the box along the axes.
    #[parameter(default = GeometryKind::RectangleByArea)]
    geometry_type: GeometryKind,
    /// NONE: one polygon for each feature. ALL: one for all. LIST: one for all features with equal values in the group fields.
    #[parameter(default = GroupOption::None)]
    group_option: GroupOption,
    /// The fields whose values must be equal, for LIST.
    #[parameter(depends_on = "Input_Features")]
    group_fields: Option<Vec<Field>>,
    /// MBG_FIELDS: measures of the polygons as fields. NO_MBG_FIELDS: none.
    #[parameter(default = GeometryCharacteristics::NoMbgFields)]
    add_geometry_characteristics: GeometryCharacteristics,
}

/// What MinimumBoundingGeometry gives.
#[derive(Outputs)]
pub(crate) struct MinimumBoundingGeometryOutputs {
    /// The polygons around the features.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum GroupOption {
    None,
    All,
    List,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum GeometryCharacteristics {
    NoMbgFields,
    MbgFields,
}

/// Half the width of a placeholder: ArcGIS's tolerance, in metres.
const PLACEHOLDER_M: f64 = 0.001;
/// The same in degrees.
const PLACEHOLDER_DEG: f64 = 1e-8;

impl Tool for MinimumBoundingGeometry {
    const NAME: &'static str = "MinimumBoundingGeometry";
    const DESCRIPTION: &'static str =
        "Finds the smallest rectangle, circle, convex hull or box around each feature or group of features.";
    const TOOLSET: &'static str = "Features";
    type Inputs = MinimumBoundingGeometryInputs;
    type Outputs = MinimumBoundingGeometryOutputs;

    fn run(
        inputs: MinimumBoundingGeometryInputs,
        context: &RunContext,
    ) -> Result<MinimumBoundingGeometryOutputs, ToolError> {
        let set = inputs.input_features;
        let crs = crs_of(&set, "Input_Features")?;
        let placeholder = match &crs {
            Some(crs) if crs.is_geographic() => {
                context.message(
                    MessageLevel::Info,
                    "shapes are the smallest in the plane of the coordinates, which are angles",
                );
                PLACEHOLDER_DEG / crs.degrees_per_unit().unwrap_or(1.0)
            }
            Some(crs) => PLACEHOLDER_M / crs.meters_per_unit().unwrap_or(1.0),
            None => PLACEHOLDER_M,
        };
        let fields = inputs.group_fields.as_deref().unwrap_or_default();
        let (groups, carried) = grouped(&set, inputs.group_option, fields)?;
        let kind = inputs.geometry_type;
        let shapes = each(context, groups.len(), "Enclosing", |group| {
            Ok(shape(kind, &convex_hull(positions(&set, &groups[group])), placeholder))
        })?;
        let with_measures = inputs.add_geometry_characteristics == GeometryCharacteristics::MbgFields;
        let mut table = Table::new(Some(GeometryType::Polygon), set.spatial_reference.clone());
        table.add_carried(&carried);
        let is_single = inputs.group_option == GroupOption::None;
        if is_single {
            table.add_integer("ORIG_FID");
        }
        if with_measures {
            for name in field_names(kind) {
                table.add_field(Field::new(*name, FieldType::Double));
            }
        }
        let (mut without, mut flat) = (Vec::new(), Vec::new());
        for (rows, shape) in groups.iter().zip(shapes) {
            let Some(Shape { ring, measures, is_placeholder }) = shape else {
                without.extend(rows);
                continue;
            };
            flat.extend(rows.first().filter(|_| is_placeholder));
            let id = is_single.then(|| Attribute::Integer(set.oid_of(rows[0])));
            let measures = measures.into_iter().filter(|_| with_measures).map(Attribute::Double);
            let values = carried.values(&set.features[rows[0]]).chain(id).chain(measures);
            table.push(values, Some(Geometry::Polygon(vec![ring])));
        }
        warn_of_rows(&without, &set, "have no geometry, so they are left out", context);
        let text = "or the groups that they begin have no area, so they got a polygon that is a placeholder";
        warn_of_rows(&flat, &set, text, context);
        Ok(MinimumBoundingGeometryOutputs { output_features: table.finish() })
    }
}

/// The rows of each polygon, and the fields that go along.
fn grouped(
    set: &FeatureSet,
    option: GroupOption,
    fields: &[Field],
) -> Result<(Vec<Vec<usize>>, Carried), ToolError> {
    match option {
        GroupOption::None => Ok(((0..set.features.len()).map(|row| vec![row]).collect(), Carried::all(set))),
        GroupOption::All => Ok((groups_by(set, &[]), Carried::none())),
        GroupOption::List if fields.is_empty() => {
            Err(ToolError::invalid("Group_Fields", "LIST needs at least one field"))
        }
        GroupOption::List => {
            let columns = columns_of(set, fields, "Group_Fields")?;
            Ok((groups_by(set, &columns), Carried::of(set, columns)))
        }
    }
}

/// The vertices of these rows.
fn positions(set: &FeatureSet, rows: &[usize]) -> Vec<Xy> {
    let mut positions = Vec::new();
    for geometry in rows.iter().filter_map(|row| set.features[*row].geometry.as_ref()) {
        geometry.for_each_xy(|xy| positions.push(xy));
    }
    positions
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "whole numbers and copied positions are exact")]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::Geometry;
    use serde_json::{Value, json};

    fn bound(features: &Value, kind: &str, more: Value) -> Result<Run, String> {
        let mut parameters = json!({
            "Input_Features": features, "Geometry_Type": kind, "Add_Geometry_Characteristics": "MBG_FIELDS",
        });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("MinimumBoundingGeometry", &parameters)
    }

    /// A diamond 20 wide and 10 high.
    fn diamond() -> Value {
        let ring = json!([[-10, 0], [0, 5], [10, 0], [0, -5], [-10, 0]]);
        set("Polygon", 5070, &[(json!({ "NAME": "a" }), json!({ "rings": [ring] }))])
    }

    fn number(made: &Run, name: &str) -> f64 {
        made.column(name)[0].parse().unwrap()
    }

    #[test]
    fn the_smallest_rectangle_lies_along_a_side_and_has_its_measures() {
        let made = bound(&diamond(), "RECTANGLE_BY_AREA", json!({})).unwrap();
        let names = ["OBJECTID", "NAME", "ORIG_FID", "MBG_Width", "MBG_Length", "MBG_Orientation"];
        assert_eq!(made.names(), names);
        assert_eq!(made.column("ORIG_FID"), ["10"]);
        // The area over the length of a side.
        assert!((number(&made, "MBG_Width") - 100.0 / 125_f64.sqrt()).abs() < 1e-9);
        assert!((made.area(0) - number(&made, "MBG_Width") * number(&made, "MBG_Length")).abs() < 1e-9);
        let direction = number(&made, "MBG_Orientation");
        let along = [f64::atan2(10.0, 5.0).to_degrees(), 180.0 - f64::atan2(10.0, 5.0).to_degrees()];
        assert!(along.iter().any(|angle| (angle - direction).abs() < 1e-9), "{direction}");
    }

    #[test]
    fn hull_circle_and_envelope_have_theirs() {
        let made = bound(&diamond(), "CONVEX_HULL", json!({})).unwrap();
        assert!((made.area(0) - 100.0).abs() < 1e-9);
        assert_eq!(number(&made, "MBG_Width"), 10.0);
        let ends = ["MBG_Length", "MBG_APodX1", "MBG_APodY1", "MBG_APodX2", "MBG_APodY2", "MBG_Orientation"];
        assert_eq!(ends.map(|name| number(&made, name)), [20.0, -10.0, 0.0, 10.0, 0.0, 90.0]);
        let made = bound(&diamond(), "CIRCLE", json!({})).unwrap();
        assert!((number(&made, "MBG_Diameter") - 20.0).abs() < 1e-12);
        assert!((made.area(0) / (100.0 * std::f64::consts::PI) - 1.0).abs() < 5e-4);
        let made = bound(&diamond(), "ENVELOPE", json!({})).unwrap();
        assert_eq!(made.names()[3..], ["MBG_Width", "MBG_Length"]);
        assert_eq!((made.area(0), number(&made, "MBG_Width")), (200.0, 10.0));
    }

    #[test]
    fn groups_have_the_group_fields_alone() {
        let rows = [("a", 0.0), ("b", 10.0), ("a", 20.0)];
        let rows = rows.map(|(name, x)| (json!({ "NAME": name, "POP": 1 }), square(x, 0.0, 5.0)));
        let features = set("Polygon", 5070, &rows);
        let list = json!({ "Group_Option": "LIST", "Group_Fields": ["NAME"] });
        let made = bound(&features, "ENVELOPE", list).unwrap();
        assert_eq!(made.names(), ["OBJECTID", "NAME", "MBG_Width", "MBG_Length"]);
        assert_eq!((made.area(0), made.area(1)), (125.0, 25.0));
        let made = bound(&features, "ENVELOPE", json!({ "Group_Option": "ALL" })).unwrap();
        assert_eq!((made.names()[1], made.area(0)), ("MBG_Width", 125.0));
        let error = bound(&features, "ENVELOPE", json!({ "Group_Option": "LIST" })).err().unwrap();
        assert!(error.contains("LIST needs at least one field"), "{error}");
    }

    #[test]
    fn points_and_straight_lines_get_placeholders_with_true_measures() {
        let points =
            set("Point", 5070, &[(json!({}), json!({ "x": 1000, "y": 2000 })), (json!({}), Value::Null)]);
        for kind in ["RECTANGLE_BY_AREA", "RECTANGLE_BY_WIDTH", "CONVEX_HULL", "CIRCLE", "ENVELOPE"] {
            let made = bound(&points, kind, json!({})).unwrap();
            assert_eq!(made.features.features.len(), 1);
            assert!(made.area(0) > 1e-6 && made.area(0) < 1e-5, "{kind} {}", made.area(0));
            let said = made.warnings.join("; ");
            assert!(said.contains("have no geometry") && said.contains("placeholder"), "{said}");
        }
        let lines = set("Polyline", 5070, &[(json!({}), line(&[[0.0, 0.0], [30.0, 40.0]]))]);
        let made = bound(&lines, "RECTANGLE_BY_WIDTH", json!({})).unwrap();
        assert_eq!((number(&made, "MBG_Width"), number(&made, "MBG_Length")), (0.0, 50.0));
        assert!((made.area(0) - 0.1).abs() < 1e-4, "{}", made.area(0));
    }

    #[test]
    fn what_rounding_leaves_no_area_gets_a_valid_placeholder() {
        let far = set("Point", 5070, &[(json!({}), json!({ "x": 1e17, "y": 3 }))]);
        let tiny = json!({ "points": [[0, 0], [1e-300, 1e-300], [5e-301, 0]] });
        let tiny = set("Multipoint", 5070, &[(json!({}), tiny)]);
        for kind in ["RECTANGLE_BY_AREA", "RECTANGLE_BY_WIDTH", "CONVEX_HULL", "CIRCLE", "ENVELOPE"] {
            for layer in [&far, &tiny] {
                let made = bound(layer, kind, json!({})).unwrap();
                let Geometry::Polygon(rings) = made.geometry(0) else { panic!("no polygon") };
                assert!(gp_geometry::is_valid_polygon(rings), "{kind} {rings:?}");
                assert!(made.warnings.join("; ").contains("placeholder"));
            }
        }
    }

    #[test]
    fn degrees_are_taken_as_a_plane_and_no_features_give_none() {
        let made =
            bound(&set("Polygon", 4326, &[(json!({}), square(0.0, 60.0, 2.0))]), "ENVELOPE", json!({}));
        let made = made.unwrap();
        assert_eq!(made.area(0), 4.0);
        assert!(made.warnings[0].contains("plane of the coordinates"));
        for option in ["NONE", "ALL"] {
            let made = bound(&set("Polygon", 0, &[]), "CIRCLE", json!({ "Group_Option": option }));
            assert!(made.unwrap().features.features.is_empty());
        }
    }
}
