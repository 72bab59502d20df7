//! Intersect: what the features of two or more layers have in common, with the attributes of all.
//!
//! **Method.** A tree of boxes finds the pairs. For each pair the polygon with more vertices is prepared once with a
//! grid over its edges; a feature far from every edge is inside or outside as a whole, any other is cut by the overlay
//! engine after the large rings were clipped to its box. More layers of polygons are cut out of the original features
//! at once, so that borders which layers share leave no slivers; with lines or points among them, layer after layer.
//!
//! **Inputs.** Points, lines and polygons in any combination, up to 100 overlay layers. The result is of the lowest
//! dimension of all; two layers of lines meet in stretches, or in points when `Output_Type` is POINT. Touching alone
//! gives no line or polygon, nor does an overlap narrower than the rounding of the coordinates (about ten nanometres for
//! metres). Points keep z and m, those of the first input of points; lines and polygons lose them with a warning.
//! Features of one layer do not cut each other: where they overlap, each has its own pieces.
//!
//! **Spatial reference and units.** Overlay features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature for each combination of one feature a layer that has something in common, ordered by input,
//! then by the overlay layers: `FID_Input_Features`, the input's fields, `FID_Overlay_Features`, the fields of the first
//! overlay layer, `FID_Overlay_Features_1`, those of the second, and so on; names that clash are numbered.
//! `Join_Attributes` leaves out the ids (NO_FID) or everything else (ONLY_FID).
//!
//! **Errors.** POINT for anything but two layers of lines, a reference that cannot be projected, no overlay layer or
//! more than 100, more than 10 million pieces.

use crate::each::each;
use crate::joined::{JoinAttributes, Joined, Piece, check_layers, piece_counter};
use crate::overlay_pieces::{Layers, Wanted};
use crate::pairs::{LinesMeet, Pairs};
use crate::reference::{drop_zm, match_reference};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType};
use std::borrow::Cow;

/// Finds what features have in common.
pub(crate) struct Intersect;

/// What Intersect takes.
#[derive(Inputs)]
pub(crate) struct IntersectInputs {
    /// The features to be intersected.
    input_features: FeatureSet,
    /// The features that they are intersected with: one layer, or a list of several.
    overlay_features: Vec<FeatureSet>,
    /// ALL: ids and fields of all inputs. NO_FID: fields only. ONLY_FID: ids only.
    #[parameter(default = JoinAttributes::All)]
    join_attributes: JoinAttributes,
    /// INPUT: as many dimensions as the simplest of the inputs. POINT: where lines cross.
    #[parameter(default = OutputType::Input)]
    output_type: OutputType,
}

/// What Intersect gives.
#[derive(Outputs)]
pub(crate) struct IntersectOutputs {
    /// What all have in common.
    output_features: FeatureSet,
}

#[derive(Choices, Clone, Copy, PartialEq)]
enum OutputType {
    Input,
    Point,
}

impl Tool for Intersect {
    const NAME: &'static str = "Intersect";
    const DESCRIPTION: &'static str =
        "Finds what the features of two or more layers have in common, with the attributes of all.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = IntersectInputs;
    type Outputs = IntersectOutputs;

    fn run(inputs: IntersectInputs, context: &RunContext) -> Result<IntersectOutputs, ToolError> {
        let (mut input, mut overlays) = (inputs.input_features, inputs.overlay_features);
        check_layers(&overlays, "Overlay_Features")?;
        for overlay in &mut overlays {
            match_reference(&input, overlay, "Overlay_Features", context)?;
        }
        let geometry_type = result_type(&input, &overlays, inputs.output_type)?;
        // Points of the result are those of an input, z and m included; lines and polygons get new vertices.
        if !is_points(&input) && !overlays.iter().any(is_points) {
            drop_zm(&mut input, "Input Features", context);
            overlays.iter_mut().for_each(|overlay| drop_zm(overlay, "Overlay Features", context));
        }
        let pieces = if overlays.len() > 1 && geometry_type == Some(GeometryType::Polygon) {
            Layers::new(std::iter::once(&input).chain(&overlays)).pieces(
                Wanted::InEvery,
                &piece_counter("Overlay_Features"),
                context,
            )?
        } else {
            layer_after_layer(&input, &overlays, inputs.output_type, context)?
        };
        let mut layers = vec![(&input, "FID_Input_Features")];
        layers.extend(overlays.iter().map(|overlay| (overlay, "FID_Overlay_Features")));
        let mut joined = Joined::new(&layers, inputs.join_attributes, geometry_type);
        if let Some((points, _)) = layers.iter().find(|(set, _)| is_points(set)) {
            joined.keep_zm_of(points);
        }
        joined.add(pieces, context)?;
        Ok(IntersectOutputs { output_features: joined.finish() })
    }
}

fn is_points(set: &FeatureSet) -> bool {
    matches!(set.geometry_type, Some(GeometryType::Point | GeometryType::Multipoint))
}

fn result_type(
    input: &FeatureSet,
    overlays: &[FeatureSet],
    output_type: OutputType,
) -> Result<Option<GeometryType>, ToolError> {
    let types: Vec<GeometryType> =
        std::iter::once(input).chain(overlays).filter_map(|set| set.geometry_type).collect();
    if output_type == OutputType::Point {
        return match types.as_slice() {
            [GeometryType::Polyline, GeometryType::Polyline] => Ok(Some(GeometryType::Multipoint)),
            // Where three lines cross, rounding would have to decide whether the third meets the point of the others.
            _ => Err(ToolError::invalid("Output_Type", "POINT is for two inputs of lines; use INPUT")),
        };
    }
    let of_type = |wanted: &[GeometryType]| types.iter().copied().find(|a| wanted.contains(a));
    // Points of the first input that has any; see `Pairs`.
    let points = of_type(&[GeometryType::Point, GeometryType::Multipoint]);
    Ok(points.or_else(|| of_type(&[GeometryType::Polyline])).or_else(|| of_type(&[GeometryType::Polygon])))
}

/// Intersects with one layer, then what is left with the next.
fn layer_after_layer(
    input: &FeatureSet,
    overlays: &[FeatureSet],
    output_type: OutputType,
    context: &RunContext,
) -> Result<Vec<Piece>, ToolError> {
    let lines_meet = match output_type {
        OutputType::Input => LinesMeet::InStretches,
        OutputType::Point => LinesMeet::InPoints,
    };
    let mut pieces: Option<Vec<Piece>> = None;
    for overlay in overlays {
        let geometries: Vec<_> = match &pieces {
            None => input.features.iter().map(|feature| feature.geometry.as_ref()).collect(),
            Some(pieces) => pieces.iter().map(|piece| Some(&piece.geometry)).collect(),
        };
        let count = geometries.len();
        let pairs = Pairs::new(geometries, overlay, lines_meet);
        let counter = piece_counter("Overlay_Features");
        let found = each(context, count, "Intersecting", |number| {
            let common = pairs.of_row(number, context)?;
            counter.add(common.len())?;
            let before =
                pieces.as_ref().map_or_else(|| vec![Some(number)], |pieces| pieces[number].rows.clone());
            let piece = |(other, geometry): (usize, Cow<'_, Geometry>)| Piece {
                rows: before.iter().copied().chain([Some(other)]).collect(),
                geometry: geometry.into_owned(),
            };
            Ok(common.into_iter().map(piece).collect::<Vec<Piece>>())
        })?;
        pieces = Some(found.into_iter().flatten().collect());
    }
    Ok(pieces.unwrap_or_default())
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
    fn a_line_that_ends_on_a_border_but_for_rounding_has_no_stretch_within() {
        let (lower, upper) = crate::testing::nearly_touching();
        let upwards = |feature: &Value| {
            let [x, y] = [0, 1].map(|axis| feature["geometry"]["rings"][0][4][axis].as_f64().unwrap());
            (json!({}), line(&[[x, y], [x + 20.0, y + 30.0]]))
        };
        let rows: Vec<_> = upper["features"].as_array().unwrap().iter().map(upwards).collect();
        let made = intersect(set("Polyline", 5070, &rows), lower, json!({})).unwrap();
        assert_eq!(made.column("FID_Input_Features"), Vec::<String>::new());
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
    fn a_list_of_layers_is_intersected_with_all_and_its_columns_follow_each_other() {
        let layers = json!([fields(5.0), fields(8.0)]);
        let made = intersect(fields(0.0), layers, json!({})).unwrap();
        let names =
            "OBJECTID FID_Input_Features NAME FID_Overlay_Features NAME_1 FID_Overlay_Features_1 NAME_2";
        assert_eq!(made.names().join(" "), names);
        assert_eq!(made.column("FID_Input_Features"), ["10", "20", "20", "20"]);
        assert_eq!(made.column("FID_Overlay_Features"), ["10", "10", "20", "20"]);
        assert_eq!(made.column("FID_Overlay_Features_1"), ["10", "10", "10", "20"]);
        let areas: Vec<f64> = (0..4).map(|row| made.area(row)).collect();
        assert_eq!(areas, [20.0, 50.0, 30.0, 20.0]);
        assert!(intersect(fields(0.0), json!([]), json!({})).err().unwrap().contains("Overlay_Features"));
    }

    #[test]
    fn layers_of_lines_and_points_lower_the_result() {
        let way = lines(&[[-5.0, 5.0], [30.0, 5.0]]);
        let made = intersect(fields(0.0), json!([way, fields(5.0)]), json!({})).unwrap();
        assert_eq!(made.features.geometry_type, Some(GeometryType::Polyline));
        assert_eq!(made.column("FID_Overlay_Features_1"), ["10", "10", "20"]);
        let point = set("Point", 5070, &[(json!({}), json!({ "x": 12, "y": 5 }))]);
        let made =
            intersect(fields(0.0), json!([lines(&[[-5.0, 5.0], [30.0, 5.0]]), point]), json!({})).unwrap();
        assert_eq!(made.features.geometry_type, Some(GeometryType::Point));
        assert_eq!(made.column("NAME"), ["two"]);
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
