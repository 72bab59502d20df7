//! How Intersect finds pairs of features and what they have in common.

use super::{OutputType, Piece};
use crate::each::each;
use crate::mask::{not_empty, pick};
use gp_core::{RunContext, ToolError};
use gp_esri::{FeatureSet, Geometry, Path};
use gp_geometry::{
    BoxIndex, Keep, PreparedPolygon, clip_line, intersect_lines, intersection_prepared, points_in_polygon,
};
use std::sync::OnceLock;

/// Finds and cuts pairs; polygons are prepared when they are first needed.
pub(super) struct Pairs<'a> {
    input: &'a FeatureSet,
    overlay: &'a FeatureSet,
    output_type: OutputType,
    prepared_input: Vec<OnceLock<PreparedPolygon>>,
    prepared_overlay: Vec<OnceLock<PreparedPolygon>>,
}

impl<'a> Pairs<'a> {
    /// Of these two inputs.
    pub(super) fn new(input: &'a FeatureSet, overlay: &'a FeatureSet, output_type: OutputType) -> Pairs<'a> {
        let empty = |set: &FeatureSet| set.features.iter().map(|_| OnceLock::new()).collect();
        Pairs { input, overlay, output_type, prepared_input: empty(input), prepared_overlay: empty(overlay) }
    }

    /// What rows have in common, ordered by input, then overlay.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn pieces(&self, context: &RunContext) -> Result<Vec<Piece>, ToolError> {
        let boxes =
            self.overlay.features.iter().map(|feature| {
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
        let prepared_a =
            |rings: &[Path]| self.prepared_input[row].get_or_init(|| PreparedPolygon::new(rings));
        let prepared_b =
            |rings: &[Path]| self.prepared_overlay[other].get_or_init(|| PreparedPolygon::new(rings));
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
            (Geometry::Point(_) | Geometry::Multipoint(_), Geometry::Polygon(rings)) => self
                .points_where(a, |positions| points_in_polygon(positions, prepared_b(rings), Keep::Inside)),
            (Geometry::Polygon(rings), Geometry::Point(_) | Geometry::Multipoint(_)) => self
                .points_where(b, |positions| points_in_polygon(positions, prepared_a(rings), Keep::Inside)),
            (Geometry::Point(_) | Geometry::Multipoint(_), _) => {
                self.points_where(a, |positions| on(positions, b))
            }
            (_, Geometry::Point(_) | Geometry::Multipoint(_)) => {
                self.points_where(b, |positions| on(positions, a))
            }
        }
    }

    /// The points of a geometry whose numbers `choose` names.
    fn points_where(
        &self,
        geometry: &Geometry,
        choose: impl Fn(&[[f64; 2]]) -> Vec<usize>,
    ) -> Option<Geometry> {
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
