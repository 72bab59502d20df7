//! Intersect: what two sets of features have in common, with the attributes of both.
//!
//! **Method.** A tree of boxes finds the pairs. For each pair the polygon with more vertices is prepared once with a
//! grid over its edges; a feature far from every edge is inside or outside as a whole, any other is cut by the overlay
//! engine after the large rings were clipped to its box.
//!
//! **Inputs.** Points, lines and polygons in any combination. The result is of the lower dimension of both; two layers
//! of lines meet in stretches, or in points when `Output_Type` is POINT. Touching alone gives no line or polygon.
//! Points keep z and m, those of the input where both are points; lines and polygons lose them with a warning.
//!
//! **Spatial reference and units.** Overlay features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature for each pair that has something in common, ordered by input, then overlay:
//! `FID_Input_Features`, the input's fields, `FID_Overlay_Features`, the overlay's fields; names that clash are
//! numbered. `Join_Attributes` leaves out the ids (NO_FID) or everything else (ONLY_FID).
//!
//! **Errors.** POINT for anything but lines, a reference that cannot be projected.

mod pairs;

use crate::reference::{drop_zm, match_reference};
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType};
use pairs::Pairs;

/// Finds what features have in common.
pub(crate) struct Intersect;

/// What Intersect takes.
#[derive(Inputs)]
pub(crate) struct IntersectInputs {
    /// The features to be intersected.
    input_features: FeatureSet,
    /// The features that they are intersected with.
    overlay_features: FeatureSet,
    /// ALL: ids and fields of both inputs. NO_FID: fields only. ONLY_FID: ids only.
    #[parameter(default = JoinAttributes::All)]
    join_attributes: JoinAttributes,
    /// INPUT: as many dimensions as the simpler of both inputs. POINT: where lines cross.
    #[parameter(default = OutputType::Input)]
    output_type: OutputType,
}

/// What Intersect gives.
#[derive(Outputs)]
pub(crate) struct IntersectOutputs {
    /// What both have in common.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum JoinAttributes {
    All,
    NoFid,
    OnlyFid,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum OutputType {
    Input,
    Point,
}

impl Tool for Intersect {
    const NAME: &'static str = "Intersect";
    const DESCRIPTION: &'static str =
        "Finds what two sets of features have in common, with the attributes of both.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = IntersectInputs;
    type Outputs = IntersectOutputs;

    fn run(inputs: IntersectInputs, context: &RunContext) -> Result<IntersectOutputs, ToolError> {
        let (mut input, mut overlay) = (inputs.input_features, inputs.overlay_features);
        match_reference(&input, &mut overlay, "Overlay_Features", context)?;
        let geometry_type = result_type(&input, &overlay, inputs.output_type)?;
        // Points of the result are those of an input, z and m included; lines and polygons get new vertices.
        if !is_points(&input) && !is_points(&overlay) {
            drop_zm(&mut input, "Input Features", context);
            drop_zm(&mut overlay, "Overlay Features", context);
        }
        let pieces = Pairs::new(&input, &overlay, inputs.output_type).pieces(context)?;
        let output_features = join(&input, &overlay, geometry_type, inputs.join_attributes, pieces);
        Ok(IntersectOutputs { output_features })
    }
}

fn is_points(set: &FeatureSet) -> bool {
    matches!(set.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint))
}

fn result_type(
    input: &FeatureSet,
    overlay: &FeatureSet,
    output_type: OutputType,
) -> Result<Option<GeometryType>, ToolError> {
    let types = (input.geometry_type, overlay.geometry_type);
    if output_type == OutputType::Point {
        return match types {
            (Some(GeometryType::Polyline), Some(GeometryType::Polyline)) => {
                Ok(Some(GeometryType::Multipoint))
            }
            _ => Err(ToolError::invalid("Output_Type", "POINT is for two inputs of lines; use INPUT")),
        };
    }
    let of_type =
        |wanted: &[GeometryType]| [types.0, types.1].into_iter().flatten().find(|a| wanted.contains(a));
    // Points of the input, where it has any, else those of the overlay; see `Pairs::piece`.
    let points = of_type(&[GeometryType::Point, GeometryType::Multipoint]);
    Ok(points.or_else(|| of_type(&[GeometryType::Polyline])).or_else(|| of_type(&[GeometryType::Polygon])))
}

/// Rows of both inputs with what they have in common.
type Piece = (usize, usize, Geometry);

fn join(
    input: &FeatureSet,
    overlay: &FeatureSet,
    geometry_type: Option<GeometryType>,
    attributes: JoinAttributes,
    pieces: Vec<Piece>,
) -> FeatureSet {
    let with_ids = attributes != JoinAttributes::NoFid;
    let carried = |set: &FeatureSet| match attributes {
        JoinAttributes::OnlyFid => Carried::none(),
        JoinAttributes::All | JoinAttributes::NoFid => Carried::all(set),
    };
    let sides =
        [(input, carried(input), "FID_Input_Features"), (overlay, carried(overlay), "FID_Overlay_Features")];
    let mut table = Table::new(geometry_type, input.spatial_reference.clone());
    for (_, carried, id_name) in &sides {
        if with_ids {
            table.add_integer(id_name);
        }
        table.add_carried(carried);
    }
    if let Some(points) = [input, overlay].into_iter().find(|set| is_points(set)) {
        table.keep_zm_of(points);
    }
    for (row, other, geometry) in pieces {
        let mut values = Vec::with_capacity(sides[0].1.len() + sides[1].1.len() + 2);
        for ((set, carried, _), row) in sides.iter().zip([row, other]) {
            if with_ids {
                values.push(Attribute::Integer(set.oid_of(row)));
            }
            values.extend(carried.values(&set.features[row]));
        }
        table.push(values, Some(geometry));
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::{Geometry, GeometryType};
    use serde_json::{Value, json};

    fn intersect(input: Value, overlay: Value, more: Value) -> Result<Run, String> {
        let mut parameters = json!({ "Input_Features": input, "Overlay_Features": overlay });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run("Intersect", &parameters)
    }

    fn fields(x: f64) -> Value {
        set(
            "Polygon",
            5070,
            &[
                (json!({ "NAME": "one" }), square(x, 0.0, 10.0)),
                (json!({ "NAME": "two" }), square(x + 10.0, 0.0, 10.0)),
            ],
        )
    }

    fn lines(positions: &[[f64; 2]]) -> Value {
        set("Polyline", 5070, &[(json!({ "NAME": "way" }), line(positions))])
    }

    #[test]
    fn pairs_come_by_input_then_overlay_and_clashing_names_are_numbered() {
        let made = intersect(fields(0.0), fields(5.0), json!({})).unwrap();
        let names = ["OBJECTID", "FID_Input_Features", "NAME", "FID_Overlay_Features", "NAME_1"];
        assert_eq!(made.names(), names);
        assert_eq!(made.column("NAME"), ["one", "two", "two"]);
        assert_eq!(made.column("NAME_1"), ["one", "one", "two"]);
        assert_eq!(made.column("FID_Overlay_Features"), ["10", "10", "20"]);
    }

    #[test]
    fn join_attributes_leave_out_ids_or_fields() {
        let names = |which: &str| {
            let made = intersect(fields(0.0), fields(5.0), json!({ "Join_Attributes": which })).unwrap();
            made.names().join(" ")
        };
        assert_eq!(names("NO_FID"), "OBJECTID NAME NAME_1");
        assert_eq!(names("ONLY_FID"), "OBJECTID FID_Input_Features FID_Overlay_Features");
    }

    #[test]
    fn the_same_line_is_what_it_has_in_common_with_itself() {
        let way = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]];
        let made = intersect(lines(&way), lines(&way), json!({})).unwrap();
        let Geometry::Polyline(paths) = made.geometry(0) else { panic!("no line") };
        assert!((gp_geometry::length(paths) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn lines_that_cross_meet_in_points_only_when_points_are_wanted() {
        let (a, b) = (lines(&[[0.0, 0.0], [10.0, 10.0]]), lines(&[[0.0, 10.0], [10.0, 0.0]]));
        assert!(intersect(a.clone(), b.clone(), json!({})).unwrap().features.features.is_empty());
        let made = intersect(a, b, json!({ "Output_Type": "POINT" })).unwrap();
        assert!(matches!(made.geometry(0), Geometry::Multipoint(points) if points.xy == [[5.0, 5.0]]));
        let error = intersect(fields(0.0), fields(5.0), json!({ "Output_Type": "POINT" })).err().unwrap();
        assert!(error.contains("POINT is for two inputs of lines"));
    }

    #[test]
    fn points_keep_z_from_whichever_side_they_come() {
        let mut points = set("Point", 5070, &[(json!({}), json!({ "x": 1, "y": 1, "z": 9 }))]);
        points["hasZ"] = json!(true);
        for (input, overlay) in [(points.clone(), fields(0.0)), (fields(0.0), points)] {
            let made = intersect(input, overlay, json!({})).unwrap();
            assert!(matches!(made.geometry(0), Geometry::Point(point) if point.z == Some(9.0)));
        }
    }

    #[test]
    fn the_declared_type_is_the_type_of_the_result() {
        let many = set("Multipoint", 5070, &[(json!({}), json!({ "points": [[1, 1], [2, 2], [90, 90]] }))]);
        let one = set("Point", 5070, &[(json!({}), json!({ "x": 1, "y": 1 }))]);
        let made = intersect(many, one, json!({})).unwrap();
        assert_eq!(made.features.geometry_type, Some(GeometryType::Multipoint));
        assert_eq!(made.geometry(0).vertex_count(), 1);
    }

    #[test]
    fn touching_or_empty_inputs_have_nothing_in_common() {
        assert!(intersect(fields(0.0), fields(20.0), json!({})).unwrap().features.features.is_empty());
        assert!(
            intersect(fields(0.0), set("Polygon", 5070, &[]), json!({}))
                .unwrap()
                .features
                .features
                .is_empty()
        );
    }
}
