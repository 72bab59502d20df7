//! Identity: features cut by polygons, with the attributes of the polygons in which their pieces lie.
//!
//! **Method.** A tree of boxes finds the polygons that a feature meets. Its pieces are what it has in common with each
//! of them, and what lies outside of all; of a polygon they are cut out of the original polygons at once, so that
//! borders shared exactly leave no slivers and the pieces of a feature are its area.
//!
//! **Inputs.** Points, lines or polygons, and identity features that are polygons. Points and stretches of lines on the
//! border of a polygon lie in it; on a border that several share they come once with each. Points keep z and m; lines and
//! polygons lose them with a warning. Features without geometry are left out. Identity features do not cut each other:
//! where they overlap, each has its own piece. Pieces narrower than the rounding of the coordinates (about ten nanometres
//! for metres) are left out.
//!
//! **Spatial reference and units.** Identity features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature of the input's type for each piece, in the order of the input, then of the identity features,
//! what lies outside of all last: `FID_Input_Features`, the input's fields, `FID_Identity_Features`, the fields of the
//! identity features; names that clash are numbered. Outside, the id is −1 and the fields are null (where ArcGIS writes
//! empty texts and zeros). `Join_Attributes` leaves out the ids (NO_FID) or everything else (ONLY_FID).
//!
//! **Errors.** A reference that cannot be projected, more than 10 million pieces.

use crate::each::each;
use crate::joined::{JoinAttributes, Joined, Piece, match_layers, piece_counter};
use crate::limits::Counter;
use crate::overlay_pieces::{Layers, Wanted};
use crate::pairs::{LinesMeet, Pairs};
use crate::reference::match_reference;
use gp_core::{Filter, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType};
use std::borrow::Cow;

/// Gives features the attributes of the polygons in which they lie.
pub(crate) struct Identity;

/// What Identity takes.
#[derive(Inputs)]
pub(crate) struct IdentityInputs {
    /// The features that are cut and get attributes.
    input_features: FeatureSet,
    /// The polygons that cut them and whose attributes they get.
    #[parameter(filter = Filter::FeatureClass(vec![GeometryType::Polygon]))]
    identity_features: FeatureSet,
    /// ALL: ids and fields of both inputs. NO_FID: fields only. ONLY_FID: ids only.
    #[parameter(default = JoinAttributes::All)]
    join_attributes: JoinAttributes,
}

/// What Identity gives.
#[derive(Outputs)]
pub(crate) struct IdentityOutputs {
    /// The pieces of the input.
    output_features: FeatureSet,
}

impl Tool for Identity {
    const NAME: &'static str = "Identity";
    const DESCRIPTION: &'static str =
        "Cuts features by polygons and gives each piece the attributes of the polygon in which it lies.";
    const TOOLSET: &'static str = "Overlay";
    type Inputs = IdentityInputs;
    type Outputs = IdentityOutputs;

    fn run(inputs: IdentityInputs, context: &RunContext) -> Result<IdentityOutputs, ToolError> {
        let (mut input, mut identity) = (inputs.input_features, inputs.identity_features);
        let counter = piece_counter("Identity_Features");
        let pieces = match input.geometry_type {
            Some(GeometryType::Point | GeometryType::Multipoint) => {
                match_reference(&input, &mut identity, "Identity_Features", context)?;
                pieces_of_lower_dimension(&input, &identity, &counter, context)?
            }
            Some(GeometryType::Polyline) => {
                match_layers(&mut input, std::slice::from_mut(&mut identity), "Identity_Features", context)?;
                pieces_of_lower_dimension(&input, &identity, &counter, context)?
            }
            Some(GeometryType::Polygon) | None => {
                match_layers(&mut input, std::slice::from_mut(&mut identity), "Identity_Features", context)?;
                Layers::new([&input, &identity]).pieces(Wanted::InFirst, &counter, context)?
            }
        };
        let layers = [(&input, "FID_Input_Features"), (&identity, "FID_Identity_Features")];
        let mut joined = Joined::new(&layers, inputs.join_attributes, input.geometry_type);
        joined.keep_zm_of(&input);
        joined.add(pieces, context)?;
        Ok(IdentityOutputs { output_features: joined.finish() })
    }
}

/// The pieces of points and lines.
fn pieces_of_lower_dimension(
    input: &FeatureSet,
    identity: &FeatureSet,
    counter: &Counter,
    context: &RunContext,
) -> Result<Vec<Piece>, ToolError> {
    let geometries = input.features.iter().map(|feature| feature.geometry.as_ref()).collect();
    let pairs = Pairs::new(geometries, identity, LinesMeet::InStretches);
    let found = each(context, input.features.len(), "Cutting", |row| {
        let within = pairs.of_row(row, context)?;
        counter.add(within.len())?;
        let piece = |(other, geometry): (usize, Cow<'_, Geometry>)| Piece {
            rows: vec![Some(row), Some(other)],
            geometry: geometry.into_owned(),
        };
        let mut pieces: Vec<Piece> = within.into_iter().map(piece).collect();
        let outside = pairs.outside_all(row, context)?;
        counter.add(usize::from(outside.is_some()))?;
        pieces.extend(outside.map(|geometry| Piece { rows: vec![Some(row), None], geometry }));
        Ok(pieces)
    })?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, line, run, set, square};
    use gp_esri::Geometry;
    use serde_json::{Value, json};

    fn identity(input: Value) -> Run {
        let zones = [
            (json!({ "ZONE": "left" }), square(0.0, 0.0, 10.0)),
            (json!({ "ZONE": "right" }), square(10.0, 0.0, 10.0)),
        ];
        let zones = set("Polygon", 5070, &zones);
        run("Identity", &json!({ "Input_Features": input, "Identity_Features": zones })).unwrap()
    }

    #[test]
    fn a_polygon_is_cut_into_what_lies_in_each_zone_and_what_lies_in_none() {
        let made = identity(set("Polygon", 5070, &[(json!({ "NAME": "field" }), square(5.0, 5.0, 10.0))]));
        assert_eq!(made.names(), ["OBJECTID", "FID_Input_Features", "NAME", "FID_Identity_Features", "ZONE"]);
        assert_eq!(made.column("FID_Identity_Features"), ["10", "20", "-1"]);
        assert_eq!(made.column("ZONE"), ["left", "right", "null"]);
        assert_eq!(made.column("NAME"), ["field", "field", "field"]);
        assert_eq!(vec![made.area(0), made.area(1), made.area(2)], [25.0, 25.0, 50.0]);
    }

    #[test]
    fn a_line_is_cut_at_the_borders() {
        let made = identity(set("Polyline", 5070, &[(json!({}), line(&[[-3.0, 5.0], [24.0, 5.0]]))]));
        let lengths: Vec<f64> = (0..3)
            .map(|row| match made.geometry(row) {
                Geometry::Polyline(paths) => gp_geometry::length(paths),
                _ => 0.0,
            })
            .collect();
        assert_eq!(made.column("ZONE"), ["left", "right", "null"]);
        assert_eq!(lengths, [10.0, 10.0, 7.0]);
    }

    #[test]
    fn a_point_on_a_shared_border_comes_with_both_and_keeps_its_z() {
        let point = |x: f64| (json!({}), json!({ "x": x, "y": 5, "z": 3 }));
        let mut points = set("Point", 5070, &[point(10.0), point(30.0)]);
        points["hasZ"] = json!(true);
        let made = identity(points);
        assert_eq!(made.column("FID_Input_Features"), ["10", "10", "20"]);
        assert_eq!(made.column("FID_Identity_Features"), ["10", "20", "-1"]);
        assert!(matches!(made.geometry(2), Geometry::Point(point) if point.z == Some(3.0)));
    }

    #[test]
    fn a_multipoint_is_divided() {
        let many = json!({ "points": [[1, 1], [2, 2], [11, 1], [50, 50]] });
        let made = identity(set("Multipoint", 5070, &[(json!({}), many)]));
        assert_eq!(made.column("ZONE"), ["left", "right", "null"]);
        let counts: Vec<usize> = (0..3).map(|row| made.geometry(row).vertex_count()).collect();
        assert_eq!(counts, [2, 1, 1]);
    }

    #[test]
    fn empty_inputs_and_null_geometry_give_nothing_and_zones_in_degrees_are_projected() {
        assert!(identity(set("Polygon", 5070, &[])).features.features.is_empty());
        let without = set("Polyline", 5070, &[(json!({}), Value::Null)]);
        assert!(identity(without).features.features.is_empty());
        let zone = set("Polygon", 4326, &[(json!({ "ZONE": "null island" }), square(-1.0, -1.0, 2.0))]);
        let field = set("Polygon", 3857, &[(json!({}), square(-1000.0, -1000.0, 2000.0))]);
        let parameters =
            json!({ "Input_Features": field, "Identity_Features": zone, "Join_Attributes": "NO_FID" });
        let made = run("Identity", &parameters).unwrap();
        assert_eq!(
            (made.names(), made.column("ZONE")),
            (vec!["OBJECTID", "ZONE"], vec!["null island".into()])
        );
    }
}
