//! Intersect: what two sets of features have in common, with the attributes of both.
//!
//! **Method.** A tree of boxes finds the pairs. For each pair the polygon with more vertices is prepared once with a
//! grid over its edges; a feature far from every edge is inside or outside as a whole, any other is cut by the overlay
//! engine after the large rings were clipped to its box.
//!
//! **Inputs.** Points, lines and polygons in any combination. The result is of the lower dimension of both; two layers
//! of lines meet in stretches, or in points when `Output_Type` is POINT. Touching alone gives no line or polygon.
//! Points keep z and m; lines and polygons lose them with a warning.
//!
//! **Spatial reference and units.** Overlay features are projected to the reference of the input; edges are straight in
//! its coordinates.
//!
//! **Output.** A feature for each pair that has something in common, ordered by input, then overlay:
//! `FID_Input_Features`, the input's fields, `FID_Overlay_Features`, the overlay's fields; names that clash are
//! numbered. `Join_Attributes` leaves out the ids (NO_FID) or everything else (ONLY_FID).
//!
//! **Errors.** POINT for anything but lines, a reference that cannot be projected.

use crate::each::each;
use crate::mask::{not_empty, pick};
use crate::reference::{drop_zm, match_reference};
use crate::table::{Carried, Table};
use gp_core::{Choices, Inputs, Outputs, RunContext, Tool, ToolError};
use gp_esri::{Attribute, FeatureSet, Geometry, GeometryType, Path};
use gp_geometry::{
    BoxIndex, Keep, PreparedPolygon, clip_line, intersect_lines, intersection_prepared, points_in_polygon,
};
use std::sync::OnceLock;

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
    const DESCRIPTION: &'static str = "Finds what two sets of features have in common, with the attributes of both.";
    type Inputs = IntersectInputs;
    type Outputs = IntersectOutputs;

    fn run(inputs: IntersectInputs, context: &RunContext) -> Result<IntersectOutputs, ToolError> {
        let (mut input, mut overlay) = (inputs.input_features, inputs.overlay_features);
        match_reference(&input, &mut overlay, "Overlay_Features", context)?;
        let geometry_type = result_type(&input, &overlay, inputs.output_type)?;
        let keeps_vertices = is_points(&input) && !is_points(&overlay);
        if !keeps_vertices {
            drop_zm(&mut input, "Input Features", context);
        }
        drop_zm(&mut overlay, "Overlay Features", context);
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
            (Some(GeometryType::Polyline), Some(GeometryType::Polyline)) => Ok(Some(GeometryType::Multipoint)),
            _ => Err(ToolError::invalid("Output_Type", "POINT is for two inputs of lines; use INPUT")),
        };
    }
    let rank = |geometry_type: GeometryType| match geometry_type {
        GeometryType::Point => 0,
        GeometryType::Multipoint => 1,
        GeometryType::Polyline => 2,
        GeometryType::Polygon => 3,
    };
    Ok(match types {
        (Some(a), Some(b)) => Some(if rank(a) <= rank(b) { a } else { b }),
        (a, b) => a.or(b),
    })
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
    let sides = [(input, carried(input), "FID_Input_Features"), (overlay, carried(overlay), "FID_Overlay_Features")];
    let mut table = Table::new(geometry_type, input.spatial_reference.clone());
    for (_, carried, id_name) in &sides {
        if with_ids {
            table.add_integer(id_name);
        }
        table.add_carried(carried);
    }
    if is_points(input) {
        table.keep_zm_of(input);
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

/// Finds and cuts pairs; polygons are prepared when they are first needed.
struct Pairs<'a> {
    input: &'a FeatureSet,
    overlay: &'a FeatureSet,
    output_type: OutputType,
    prepared_input: Vec<OnceLock<PreparedPolygon>>,
    prepared_overlay: Vec<OnceLock<PreparedPolygon>>,
}

impl<'a> Pairs<'a> {
    fn new(input: &'a FeatureSet, overlay: &'a FeatureSet, output_type: OutputType) -> Pairs<'a> {
        let empty = |set: &FeatureSet| set.features.iter().map(|_| OnceLock::new()).collect();
        Pairs { input, overlay, output_type, prepared_input: empty(input), prepared_overlay: empty(overlay) }
    }

    fn pieces(&self, context: &RunContext) -> Result<Vec<Piece>, ToolError> {
        let boxes = self.overlay.features.iter().map(|feature| {
            feature.geometry.as_ref().map_or(gp_esri::Envelope::EMPTY, Geometry::envelope)
        });
        let index = BoxIndex::new(boxes.collect());
        let of_rows = each(context, self.input.features.len(), "Intersecting", |row| {
            let Some(geometry) = &self.input.features[row].geometry else { return Ok(Vec::new()) };
            let mut pieces = Vec::new();
            for other in index.query(&geometry.envelope()) {
                context.check()?;
                let Some(overlay) = &self.overlay.features[other].geometry else { continue };
                pieces.extend(self.piece(geometry, row, overlay, other).map(|piece| (row, other, piece)));
            }
            Ok(pieces)
        })?;
        Ok(of_rows.into_iter().flatten().collect())
    }

    /// What two features have in common, or `None`.
    fn piece(&self, a: &Geometry, row: usize, b: &Geometry, other: usize) -> Option<Geometry> {
        let prepared_a = |rings: &[Path]| self.prepared_input[row].get_or_init(|| PreparedPolygon::new(rings));
        let prepared_b = |rings: &[Path]| self.prepared_overlay[other].get_or_init(|| PreparedPolygon::new(rings));
        match (a, b) {
            (Geometry::Polygon(rings), Geometry::Polygon(others)) => {
                let rings = if a.vertex_count() > b.vertex_count() {
                    intersection_prepared(prepared_a(rings), others)
                } else {
                    intersection_prepared(prepared_b(others), rings)
                };
                not_empty(rings).map(Geometry::Polygon)
            }
            (Geometry::Polyline(paths), Geometry::Polygon(rings)) => {
                not_empty(clip_line(paths, prepared_b(rings), Keep::Inside)).map(Geometry::Polyline)
            }
            (Geometry::Polygon(rings), Geometry::Polyline(paths)) => {
                not_empty(clip_line(paths, prepared_a(rings), Keep::Inside)).map(Geometry::Polyline)
            }
            (Geometry::Polyline(paths), Geometry::Polyline(others)) => {
                let common = intersect_lines(paths, others);
                match self.output_type {
                    OutputType::Input => not_empty(common.paths).map(Geometry::Polyline),
                    OutputType::Point => points(Path::from_xy(common.points)),
                }
            }
            (Geometry::Point(_) | Geometry::Multipoint(_), Geometry::Polygon(rings)) => {
                self.points_where(a, |positions| points_in_polygon(positions, prepared_b(rings), Keep::Inside))
            }
            (Geometry::Polygon(rings), Geometry::Point(_) | Geometry::Multipoint(_)) => {
                self.points_where(b, |positions| points_in_polygon(positions, prepared_a(rings), Keep::Inside))
            }
            (Geometry::Point(_) | Geometry::Multipoint(_), _) => self.points_where(a, |positions| on(positions, b)),
            (_, Geometry::Point(_) | Geometry::Multipoint(_)) => self.points_where(b, |positions| on(positions, a)),
        }
    }

    /// The points of a geometry whose numbers `choose` names.
    fn points_where(&self, geometry: &Geometry, choose: impl Fn(&[[f64; 2]]) -> Vec<usize>) -> Option<Geometry> {
        match geometry {
            Geometry::Point(point) => (!choose(&[point.xy]).is_empty()).then_some(Geometry::Point(*point)),
            Geometry::Multipoint(all) => points(pick(all, &choose(&all.xy))),
            Geometry::Polyline(_) | Geometry::Polygon(_) => None,
        }
    }
}

fn points(points: Path) -> Option<Geometry> {
    (!points.xy.is_empty()).then_some(Geometry::Multipoint(points))
}

/// The numbers of the positions that lie on a line or among other points.
fn on(positions: &[[f64; 2]], geometry: &Geometry) -> Vec<usize> {
    let shape = gp_geometry::Shape::new(geometry);
    let is_on = |xy: [f64; 2]| {
        let point = gp_geometry::Shape::new(&Geometry::Point(gp_esri::Point::from_xy(xy)));
        gp_geometry::intersects(&shape, &point)
    };
    (0..positions.len()).filter(|number| is_on(positions[*number])).collect()
}
