//! Delete Identical: of rows with equal values the first.
//!
//! **Method.** Rows are compared by the values of the fields and, where the word Shape is among them, by their
//! geometry: the same parts with the same vertices in the same order, z and m included; a ring may begin at any of
//! its vertices, and a line and its reverse differ. With a tolerance vertices may lie that far apart, and z and m do
//! not count. A row is compared with the rows that are kept, so that of a chain of near ones not all go.
//!
//! **Inputs.** Features of any geometry type. Rows without geometry have the same shape.
//!
//! **Spatial reference and units.** Those of the input. A tolerance in a linear unit is measured on the ellipsoid for
//! features in degrees, across the antimeridian too.
//!
//! **Output.** The rows that are kept, in order, with their object ids. A message says how many are gone.
//!
//! **Errors.** A field that is not there, a tolerance below 0 or without meaning for the spatial reference.

mod shapes;

use crate::along::Ruler;
use crate::distance::{Reach, reach, warn_without_reference};
use crate::each::each;
use crate::groups::{columns_of, groups_with_progress};
use crate::reference::crs_of;
use crate::table::ensure_object_ids;
use gp_core::{Inputs, MessageLevel, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Field, FieldType, LinearUnit};
use shapes::{Comparison, Shapes};

/// Keeps one of identical rows.
pub(crate) struct DeleteIdentical;

/// What Delete Identical takes.
#[derive(Inputs)]
pub(crate) struct DeleteIdenticalInputs {
    /// The rows.
    input_dataset: FeatureSet,
    /// The fields whose values must be equal; the word Shape stands for the geometry.
    #[parameter(depends_on = "Input_Dataset")]
    fields: Vec<Field>,
    /// How far apart vertices of identical shapes may lie. Without it they must be the same.
    #[parameter(name = "XY_Tolerance")]
    xy_tolerance: Option<LinearUnit>,
}

/// What Delete Identical gives.
#[derive(Outputs)]
pub(crate) struct DeleteIdenticalOutputs {
    /// The rows that are kept.
    output_dataset: FeatureSet,
}

impl Tool for DeleteIdentical {
    const NAME: &'static str = "DeleteIdentical";
    const DESCRIPTION: &'static str = "Keeps the first of rows with equal values or shapes.";
    const TOOLSET: &'static str = "Data Management";
    type Inputs = DeleteIdenticalInputs;
    type Outputs = DeleteIdenticalOutputs;

    fn run(inputs: DeleteIdenticalInputs, context: &RunContext) -> Result<DeleteIdenticalOutputs, ToolError> {
        let mut set = inputs.input_dataset;
        let (shape, fields): (Vec<Field>, Vec<Field>) =
            inputs.fields.into_iter().partition(|field| names_shape(field, &set));
        if shape.is_empty() && fields.is_empty() {
            return Err(ToolError::invalid("Fields", "at least one field, or the word Shape, is required"));
        }
        let columns = columns_of(&set, &fields, "Fields")?;
        let crs = crs_of(&set, "Input_Dataset")?;
        warn_without_reference(crs.as_ref(), inputs.xy_tolerance.as_slice(), "XY_Tolerance", context);
        let reach =
            inputs.xy_tolerance.map(|distance| reach(distance, crs.as_ref(), "XY_Tolerance")).transpose()?;
        let (Reach::Planar(tolerance) | Reach::Geodesic(tolerance)) = reach.unwrap_or(Reach::Planar(0.0));
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(ToolError::invalid("XY_Tolerance", "the tolerance must not be below 0"));
        }
        let ruler = reach.map_or(Ruler::Planar, |reach| Ruler::of(reach, crs.as_ref()));
        ensure_object_ids(&mut set);
        // Adding object ids may have moved the columns.
        let columns = if columns.is_empty() { columns } else { columns_of(&set, &fields, "Fields")? };
        let comparison = Comparison::new(ruler, tolerance, &set);
        let signatures = if shape.is_empty() {
            Vec::new()
        } else {
            each(context, set.features.len(), "Comparing", |row| {
                Ok(comparison.signature(set.features[row].geometry.as_ref()))
            })?
        };
        let mut is_kept = vec![false; set.features.len()];
        for rows in groups_with_progress(&set, &columns, context)? {
            if shape.is_empty() {
                is_kept[rows[0]] = true;
                continue;
            }
            let mut shapes = Shapes::new(&comparison);
            for row in rows {
                context.check()?;
                is_kept[row] = shapes.is_new(set.features[row].geometry.as_ref(), &signatures[row]);
            }
        }
        let before = set.features.len();
        let mut flags = is_kept.into_iter();
        set.features.retain(|_| flags.next().unwrap_or(true));
        let deleted = before - set.features.len();
        if deleted > 0 {
            context.message(MessageLevel::Info, format!("{deleted} of {before} rows are gone"));
        }
        Ok(DeleteIdenticalOutputs { output_dataset: set })
    }
}

/// Whether a field stands for the geometry.
fn names_shape(field: &Field, set: &FeatureSet) -> bool {
    match set.field_index(&field.name) {
        Some(column) => set.fields[column].field_type == FieldType::Geometry,
        None => field.name.eq_ignore_ascii_case("Shape"),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use serde_json::{Value, json};

    fn kept(features: &Value, fields: &[&str], tolerance: &str) -> Result<Run, String> {
        run(
            "DeleteIdentical",
            &json!({ "Input_Dataset": features, "Fields": fields, "XY_Tolerance": tolerance }),
        )
    }

    fn points(wkid: u32, rows: &[(&str, f64, f64)]) -> Value {
        let rows: Vec<(Value, Value)> =
            rows.iter().map(|(name, x, y)| (json!({ "NAME": name }), json!({ "x": x, "y": y }))).collect();
        set("Point", wkid, &rows)
    }

    #[test]
    fn the_first_of_equal_values_stays_in_order_with_its_id() {
        let rows = points(5070, &[("b", 0.0, 0.0), ("a", 0.0, 0.0), ("b", 1.0, 0.0), ("b", 0.0, 0.0)]);
        assert_eq!(kept(&rows, &["NAME"], "").unwrap().column("OBJECTID"), ["10", "20"]);
        assert_eq!(kept(&rows, &["Shape"], "").unwrap().column("OBJECTID"), ["10", "30"]);
        let made = kept(&rows, &["name", "SHAPE"], "").unwrap();
        assert_eq!(made.column("OBJECTID"), ["10", "20", "30"]);
        assert_eq!(made.warnings, ["1 of 4 rows are gone"]);
    }

    #[test]
    fn a_ring_may_begin_anywhere_and_a_line_and_its_reverse_differ() {
        let turned = json!({ "rings": [[[1, 1], [1, 0], [0, 0], [0, 1], [1, 1]]] });
        let rows =
            [(json!({}), square(0.0, 0.0, 1.0)), (json!({}), turned), (json!({}), square(0.0, 0.0, 2.0))];
        assert_eq!(
            kept(&set("Polygon", 5070, &rows), &["Shape"], "").unwrap().column("OBJECTID"),
            ["10", "30"]
        );
        let rows =
            [(json!({}), line(&[[0.0, 0.0], [1.0, 0.0]])), (json!({}), line(&[[1.0, 0.0], [0.0, 0.0]]))];
        assert_eq!(kept(&set("Polyline", 5070, &rows), &["Shape"], "").unwrap().features.features.len(), 2);
    }

    #[test]
    fn near_shapes_are_one_and_a_chain_is_measured_from_those_that_are_kept() {
        let rows = points(5070, &[("a", 0.0, 0.0), ("b", 0.9, 0.0), ("c", 1.8, 0.0), ("d", -0.9, 0.4)]);
        assert_eq!(kept(&rows, &["Shape"], "1 Meters").unwrap().column("NAME"), ["a", "c"]);
        let rows = [
            (json!({}), square(0.0, 0.0, 10.0)),
            (json!({}), square(0.5, 0.5, 9.2)),
            (json!({}), square(0.0, 0.0, 12.0)),
        ];
        assert_eq!(
            kept(&set("Polygon", 5070, &rows), &["Shape"], "1 Meters").unwrap().column("OBJECTID"),
            ["10", "30"]
        );
    }

    #[test]
    fn degrees_are_measured_on_the_ellipsoid_at_the_pole_and_the_antimeridian_too() {
        // A hundredth of a degree of longitude: 1,113 m at the equator, 558 m at 60 degrees north.
        let rows = points(
            4326,
            &[
                ("equator", 10.0, 0.0),
                ("east of it", 10.01, 0.0),
                ("north", 10.0, 60.0),
                ("east of it", 10.01, 60.0),
                ("180", 179.999, 0.0),
                ("across", -179.999, 0.0),
                ("pole", 0.0, 89.999),
                ("beyond it", 180.0, 89.999),
            ],
        );
        let made = kept(&rows, &["Shape"], "600 Meters").unwrap();
        assert_eq!(made.column("NAME"), ["equator", "east of it", "north", "180", "pole"]);
    }

    #[test]
    fn a_vertex_near_a_pole_or_across_the_antimeridian_may_be_off_like_any_other() {
        // 0.3 degrees of longitude at 89 degrees north are 583 m.
        let rows = [
            (json!({}), line(&[[0.0, 0.0], [-1.0, 89.0]])),
            (json!({}), line(&[[0.0, 0.0], [-1.3, 89.0]])),
            (json!({}), line(&[[179.999, 0.0], [179.0, 1.0]])),
            (json!({}), line(&[[-179.999, 0.0], [179.0, 1.0]])),
        ];
        let made = kept(&set("Polyline", 4326, &rows), &["Shape"], "600 Meters").unwrap();
        assert_eq!(made.column("OBJECTID"), ["10", "30"]);
    }

    #[test]
    fn z_counts_without_a_tolerance_and_rows_without_geometry_are_alike() {
        let rows = [
            (json!({}), json!({ "x": 0, "y": 0, "z": 1 })),
            (json!({}), json!({ "x": 0, "y": 0, "z": 2 })),
            (json!({}), Value::Null),
            (json!({}), Value::Null),
        ];
        let mut rows = set("Point", 5070, &rows);
        rows["hasZ"] = json!(true);
        assert_eq!(kept(&rows, &["Shape"], "").unwrap().column("OBJECTID"), ["10", "20", "30"]);
        assert_eq!(kept(&rows, &["Shape"], "1 Meters").unwrap().column("OBJECTID"), ["10", "30"]);
    }

    #[test]
    fn a_wrong_field_or_tolerance_is_refused_and_nothing_gives_nothing() {
        let rows = points(5070, &[("a", 0.0, 0.0)]);
        assert!(kept(&rows, &["NONE"], "").err().unwrap().contains("Fields"));
        assert!(kept(&rows, &["Shape"], "-1 Meters").err().unwrap().contains("XY_Tolerance"));
        assert!(kept(&set("Point", 0, &[]), &["Shape"], "").unwrap().features.features.is_empty());
    }
}
