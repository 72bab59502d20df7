//! Which part of each feature lies within which polygon: points counted, lines and polygons cut and measured.

use crate::each::{each, warn_of_rows};
use crate::measures::Measures;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, Path};
use gp_geometry::{
    BoxIndex, BoxLocation, Keep, Location, PreparedPolygon, clip_line, intersection_prepared,
    points_in_polygon,
};

/// The part of a feature that lies within an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The row of the feature.
    pub(crate) row: usize,
    /// How much of it is inside: points, metres or square metres. More than nothing.
    pub(crate) amount: f64,
    /// How much that is of the whole feature, 0 to 1.
    pub(crate) share: f64,
}

/// What was found of one feature.
#[derive(Default)]
struct Found {
    /// The areas with the pieces in them.
    pieces: Vec<(usize, Piece)>,
    /// Whether the feature has no size, because it has no place on the ellipsoid.
    is_unmeasured: bool,
}

/// The pieces of the features within each of the areas, in the order of the features. What lies on the border of two
/// areas is in both. Both sets have one spatial reference, and `measures` is for it.
///
/// # Errors
/// The run was stopped.
pub(crate) fn pieces_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    measures: &Measures,
    context: &RunContext,
) -> Result<Vec<Vec<Piece>>, ToolError> {
    let prepared = each(context, areas.features.len(), "Preparing polygons", |area| {
        Ok(rings_of(areas, area).map(PreparedPolygon::new))
    })?;
    let box_of =
        |polygon: &Option<PreparedPolygon>| polygon.as_ref().map_or(Envelope::EMPTY, |it| *it.envelope());
    let index = BoxIndex::new(prepared.iter().map(box_of).collect());
    let search = Search { areas, prepared, index, measures };
    let found = each(context, features.features.len(), "Summarizing", |row| {
        let geometry = features.features[row].geometry.as_ref();
        Ok(geometry.map(|geometry| search.pieces(row, geometry)).unwrap_or_default())
    })?;
    let unmeasured: Vec<usize> =
        found.iter().enumerate().filter(|(_, found)| found.is_unmeasured).map(|(row, _)| row).collect();
    warn_of_rows(&unmeasured, features, "have no place on the ellipsoid, so they are left out", context);
    let mut pieces: Vec<Vec<Piece>> = vec![Vec::new(); areas.features.len()];
    for (area, piece) in found.into_iter().flat_map(|found| found.pieces) {
        pieces[area].push(piece);
    }
    Ok(pieces)
}

struct Search<'a> {
    areas: &'a FeatureSet,
    prepared: Vec<Option<PreparedPolygon>>,
    index: BoxIndex,
    measures: &'a Measures,
}

impl Search<'_> {
    fn pieces(&self, row: usize, geometry: &Geometry) -> Found {
        let envelope = geometry.envelope();
        let candidates: Vec<usize> = self.index.query(&envelope).collect();
        if candidates.is_empty() {
            return Found::default();
        }
        let whole = match geometry {
            Geometry::Point(_) => 1.0,
            Geometry::Multipoint(points) => points.xy.len() as f64,
            Geometry::Polyline(_) => self.measures.length_m(geometry),
            Geometry::Polygon(_) => self.measures.area_m2(geometry),
        };
        if whole.is_nan() {
            return Found { pieces: Vec::new(), is_unmeasured: true };
        }
        // A polygon that is cut more than once is prepared, as the areas are.
        let prepared = match geometry {
            Geometry::Polygon(rings) if candidates.len() > 1 => Some(PreparedPolygon::new(rings)),
            _ => None,
        };
        let mut pieces = Vec::new();
        for area in candidates {
            let Some(polygon) = &self.prepared[area] else { continue };
            let amount = match geometry {
                Geometry::Point(point) => f64::from(u8::from(polygon.locate(point.xy) != Location::Outside)),
                Geometry::Multipoint(points) => {
                    points_in_polygon(&points.xy, polygon, Keep::Inside).len() as f64
                }
                Geometry::Polyline(paths) => match polygon.locate_box(&envelope) {
                    BoxLocation::Inside => whole,
                    BoxLocation::Outside => 0.0,
                    BoxLocation::Crosses => {
                        let inside = clip_line(paths, polygon, Keep::Inside);
                        self.measures.length_m(&Geometry::Polyline(inside))
                    }
                },
                Geometry::Polygon(rings) => match (polygon.locate_box(&envelope), &prepared) {
                    (BoxLocation::Inside, _) => whole,
                    (BoxLocation::Outside, _) => 0.0,
                    (BoxLocation::Crosses, Some(prepared))
                        if vertex_count(rings) > vertex_count(self.rings(area)) =>
                    {
                        self.area_within_m2(prepared, polygon, area)
                    }
                    (BoxLocation::Crosses, _) => self.area_m2(intersection_prepared(polygon, rings)),
                },
            };
            // Touching is not lying within, for lines and polygons.
            if amount > 0.0 {
                pieces.push((area, Piece { row, amount, share: amount / whole }));
            }
        }
        Found { pieces, is_unmeasured: false }
    }

    /// How much of an area lies within a feature.
    fn area_within_m2(&self, feature: &PreparedPolygon, area: &PreparedPolygon, number: usize) -> f64 {
        match feature.locate_box(area.envelope()) {
            BoxLocation::Inside => self.area_m2(self.rings(number).to_vec()),
            BoxLocation::Outside => 0.0,
            BoxLocation::Crosses => self.area_m2(intersection_prepared(feature, self.rings(number))),
        }
    }

    fn area_m2(&self, rings: Vec<Path>) -> f64 {
        self.measures.area_m2(&Geometry::Polygon(rings))
    }

    fn rings(&self, area: usize) -> &[Path] {
        rings_of(self.areas, area).unwrap_or_default()
    }
}

fn rings_of(set: &FeatureSet, row: usize) -> Option<&[Path]> {
    match &set.features[row].geometry {
        Some(Geometry::Polygon(rings)) => Some(rings),
        _ => None,
    }
}

fn vertex_count(rings: &[Path]) -> usize {
    rings.iter().map(|ring| ring.xy.len()).sum()
}
