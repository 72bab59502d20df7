//! Pairs of features of two layers, and what they have in common: for Intersect, Identity and Tabulate Intersection.

use crate::mask::{cut_line, not_empty, pick};
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, Path};
use gp_geometry::{
    BoxIndex, BoxLocation, Keep, PreparedPolygon, intersect_lines, intersection_prepared, points_in_polygon,
    without_slivers,
};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::OnceLock;

/// What two lines have in common.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum LinesMeet {
    /// The stretches that they share.
    InStretches,
    /// The points in which they cross or touch.
    InPoints,
}

/// Finds and cuts pairs; overlay polygons are prepared when they are first needed.
pub(crate) struct Pairs<'a> {
    input: Vec<Option<&'a Geometry>>,
    overlay: &'a FeatureSet,
    index: BoxIndex,
    lines_meet: LinesMeet,
    prepared_overlay: Vec<OnceLock<PreparedPolygon>>,
}

impl<'a> Pairs<'a> {
    /// Of these geometries and these features.
    pub(crate) fn new(
        input: Vec<Option<&'a Geometry>>,
        overlay: &'a FeatureSet,
        lines_meet: LinesMeet,
    ) -> Pairs<'a> {
        let boxes = overlay.features.iter().map(|feature| box_of(feature.geometry.as_ref()));
        let index = BoxIndex::new(boxes.collect());
        let prepared_overlay = overlay.features.iter().map(|_| OnceLock::new()).collect();
        Pairs { input, overlay, index, lines_meet, prepared_overlay }
    }

    /// The overlay rows with which a geometry has something in common, ascending, and what that is: borrowed where one of
    /// both lies whole within the other.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn of_row(
        &self,
        row: usize,
        context: &RunContext,
    ) -> Result<Vec<(usize, Cow<'a, Geometry>)>, ToolError> {
        let Some(geometry) = self.input[row] else { return Ok(Vec::new()) };
        let prepared = OnceCell::new();
        let mut pieces = Vec::new();
        for other in self.index.query(&geometry.envelope()) {
            context.check()?;
            let Some(overlay) = &self.overlay.features[other].geometry else { continue };
            pieces.extend(self.piece(geometry, &prepared, overlay, other).map(|piece| (other, piece)));
        }
        Ok(pieces)
    }

    /// What of a point or line lies in none of the overlay polygons, or `None` for nothing. Borders count as within.
    ///
    /// # Errors
    /// The run was stopped.
    pub(crate) fn outside_all(
        &self,
        row: usize,
        context: &RunContext,
    ) -> Result<Option<Geometry>, ToolError> {
        let Some(mut left) = self.input[row].cloned() else { return Ok(None) };
        for other in self.index.query(&left.envelope()) {
            context.check()?;
            let Some(Geometry::Polygon(rings)) = &self.overlay.features[other].geometry else { continue };
            let prepared = self.prepared_overlay[other].get_or_init(|| PreparedPolygon::new(rings));
            let rest = match &left {
                Geometry::Polyline(paths) => cut_line(paths, prepared, Keep::Outside).map(Geometry::Polyline),
                points => points_where(points, |xy| points_in_polygon(xy, prepared, Keep::Outside)),
            };
            let Some(rest) = rest else { return Ok(None) };
            left = rest;
        }
        Ok(Some(left))
    }

    /// What two features have in common, or `None`.
    fn piece(
        &self,
        a: &'a Geometry,
        prepared: &OnceCell<PreparedPolygon>,
        b: &'a Geometry,
        other: usize,
    ) -> Option<Cow<'a, Geometry>> {
        let prepared_a = |rings: &[Path]| prepared.get_or_init(|| PreparedPolygon::new(rings));
        let prepared_b =
            |rings: &[Path]| self.prepared_overlay[other].get_or_init(|| PreparedPolygon::new(rings));
        let made = match (a, b) {
            (Geometry::Polygon(rings), Geometry::Polygon(others)) => {
                return if a.vertex_count() > b.vertex_count() {
                    within_polygon(b, prepared_a(rings))
                } else {
                    within_polygon(a, prepared_b(others))
                };
            }
            (Geometry::Polyline(_), Geometry::Polygon(rings)) => return within_polygon(a, prepared_b(rings)),
            (Geometry::Polygon(rings), Geometry::Polyline(_)) => return within_polygon(b, prepared_a(rings)),
            (Geometry::Polyline(paths), Geometry::Polyline(others)) => {
                let common = intersect_lines(paths, others);
                match self.lines_meet {
                    LinesMeet::InStretches => not_empty(common.paths).map(Geometry::Polyline),
                    LinesMeet::InPoints => points(Path::from_xy(common.points)),
                }
            }
            (Geometry::Point(_) | Geometry::Multipoint(_), Geometry::Polygon(rings)) => {
                points_where(a, |positions| points_in_polygon(positions, prepared_b(rings), Keep::Inside))
            }
            (Geometry::Polygon(rings), Geometry::Point(_) | Geometry::Multipoint(_)) => {
                points_where(b, |positions| points_in_polygon(positions, prepared_a(rings), Keep::Inside))
            }
            (Geometry::Point(_) | Geometry::Multipoint(_), _) => {
                points_where(a, |positions| on(positions, b))
            }
            (_, Geometry::Point(_) | Geometry::Multipoint(_)) => {
                points_where(b, |positions| on(positions, a))
            }
        };
        made.map(Cow::Owned)
    }
}

/// What of a line or polygon lies within a polygon.
fn within_polygon<'a>(geometry: &'a Geometry, polygon: &PreparedPolygon) -> Option<Cow<'a, Geometry>> {
    match polygon.locate_box(&geometry.envelope()) {
        BoxLocation::Inside => return Some(Cow::Borrowed(geometry)),
        BoxLocation::Outside => return None,
        BoxLocation::Crosses => {}
    }
    let common = match geometry {
        Geometry::Polyline(paths) => cut_line(paths, polygon, Keep::Inside).map(Geometry::Polyline),
        Geometry::Polygon(rings) => {
            not_empty(without_slivers(intersection_prepared(polygon, rings))).map(Geometry::Polygon)
        }
        Geometry::Point(_) | Geometry::Multipoint(_) => None,
    };
    common.map(Cow::Owned)
}

/// The box of a geometry, which no box touches where there is none.
pub(crate) fn box_of(geometry: Option<&Geometry>) -> Envelope {
    geometry.map_or(Envelope::EMPTY, Geometry::envelope)
}

/// The points of a geometry whose numbers `choose` names.
fn points_where(geometry: &Geometry, choose: impl Fn(&[[f64; 2]]) -> Vec<usize>) -> Option<Geometry> {
    match geometry {
        Geometry::Point(point) => (!choose(&[point.xy]).is_empty()).then_some(Geometry::Point(*point)),
        Geometry::Multipoint(all) => points(pick(all, &choose(&all.xy))),
        Geometry::Polyline(_) | Geometry::Polygon(_) => None,
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
