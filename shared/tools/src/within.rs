//! Which part of each feature lies within which polygon: points counted, lines and polygons cut and measured.

use crate::each::{each, each_list, warn_of_rows};
use crate::measures::Measures;
use gp_core::{RunContext, ToolError};
use gp_esri::{Envelope, FeatureSet, Geometry, GeometryType, Path};
use gp_geometry::{
    BoxIndex, BoxLocation, Keep, PolygonLayer, PreparedPolygon, clip_line, intersection_prepared,
};
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// In so many areas features may lie, counted together: bounds memory where areas overlap.
const MOST_PIECES: usize = 100_000_000;

/// Finds the pieces of the features within each of the areas and gives them to `take` with the number of the area, in the
/// order of the features. What lies on the border of two areas is in both; lines and polygons that only touch an area are
/// not within. Both sets have one spatial reference, and `measures` is for it.
///
/// # Errors
/// The run was stopped, or there are more than [`MOST_PIECES`].
pub(crate) fn pieces_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    measures: &Measures,
    context: &RunContext,
    take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    match features.geometry_type {
        Some(GeometryType::Point | GeometryType::Multipoint) | None => {
            points_within(areas, features, context, take)
        }
        Some(GeometryType::Polyline | GeometryType::Polygon) => {
            shapes_within(areas, features, measures, context, take)
        }
    }
}

/// Points are looked up in a grid over all areas.
fn points_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    context: &RunContext,
    mut take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    let rings = (0..areas.features.len()).map(|area| rings_of(areas, area).unwrap_or_default());
    let layer = PolygonLayer::new(rings.collect());
    let count = AtomicUsize::new(0);
    let positions = |row: usize| match &features.features[row].geometry {
        Some(Geometry::Point(point)) => std::slice::from_ref(&point.xy),
        Some(Geometry::Multipoint(points)) => points.xy.as_slice(),
        _ => &[],
    };
    // Of each feature the areas, each as often as it has points there.
    let found = each_list(context, features.features.len(), "Summarizing", |row, found| {
        let start = found.len();
        for xy in positions(row) {
            found.extend(layer.at(*xy).map(|(area, _)| area as u32));
        }
        found[start..].sort_unstable();
        check_count(&count, found.len() - start)
    })?;
    for (row, areas) in found.iter().enumerate() {
        context.check()?;
        for same in areas.chunk_by(|a, b| a == b) {
            let amount = same.len() as f64;
            take(same[0] as usize, Piece { row, amount, share: amount / positions(row).len() as f64 });
        }
    }
    Ok(())
}

/// What was found of a line or polygon.
#[derive(Default)]
struct Found {
    /// Metres or square metres. NaN of a feature that has no place on the ellipsoid.
    whole: f64,
    /// The areas with how much of it is inside.
    amounts: Vec<(usize, f64)>,
}

/// Lines and polygons are cut with the areas whose boxes they meet.
fn shapes_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    measures: &Measures,
    context: &RunContext,
    mut take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    let prepared = each(context, areas.features.len(), "Preparing polygons", |area| {
        Ok(rings_of(areas, area).map(PreparedPolygon::new))
    })?;
    let box_of =
        |polygon: &Option<PreparedPolygon>| polygon.as_ref().map_or(Envelope::EMPTY, |it| *it.envelope());
    let index = BoxIndex::new(prepared.iter().map(box_of).collect());
    let search = Search { areas, prepared, index, measures };
    let count = AtomicUsize::new(0);
    let found = each(context, features.features.len(), "Summarizing", |row| {
        let Some(geometry) = &features.features[row].geometry else { return Ok(Found::default()) };
        let found = search.find(geometry);
        check_count(&count, found.amounts.len())?;
        Ok(found)
    })?;
    let unmeasured: Vec<usize> = (0..found.len()).filter(|row| found[*row].whole.is_nan()).collect();
    warn_of_rows(&unmeasured, features, "have no place on the ellipsoid, so they are left out", context);
    for (row, Found { whole, amounts }) in found.into_iter().enumerate() {
        context.check()?;
        for (area, amount) in amounts {
            take(area, Piece { row, amount, share: amount / whole });
        }
    }
    Ok(())
}

fn check_count(count: &AtomicUsize, more: usize) -> Result<(), ToolError> {
    if count.fetch_add(more, Ordering::Relaxed) + more <= MOST_PIECES {
        return Ok(());
    }
    Err(ToolError::Failed(format!(
        "features lie within areas more than {MOST_PIECES} times; use fewer or smaller areas, or fewer features"
    )))
}

struct Search<'a> {
    areas: &'a FeatureSet,
    prepared: Vec<Option<PreparedPolygon>>,
    index: BoxIndex,
    measures: &'a Measures,
}

impl Search<'_> {
    fn find(&self, geometry: &Geometry) -> Found {
        let envelope = geometry.envelope();
        let candidates: Vec<usize> = self.index.query(&envelope).collect();
        if candidates.is_empty() {
            return Found::default();
        }
        let whole = self.size(geometry);
        if whole.is_nan() {
            return Found { whole, amounts: Vec::new() };
        }
        // A polygon that is cut more than once is prepared, as the areas are.
        let prepared = match geometry {
            Geometry::Polygon(rings) if candidates.len() > 1 => Some(PreparedPolygon::new(rings)),
            _ => None,
        };
        let mut amounts = Vec::new();
        for area in candidates {
            let Some(polygon) = &self.prepared[area] else { continue };
            let amount = match (polygon.locate_box(&envelope), geometry) {
                (BoxLocation::Inside, _) => whole,
                (BoxLocation::Crosses, Geometry::Polyline(paths)) => {
                    self.size(&Geometry::Polyline(clip_line(paths, polygon, Keep::Inside)))
                }
                (BoxLocation::Crosses, Geometry::Polygon(rings)) => match &prepared {
                    Some(prepared) if vertex_count(rings) > vertex_count(self.rings(area)) => {
                        self.area_within_m2(prepared, polygon, area)
                    }
                    _ => self.area_m2(intersection_prepared(polygon, rings)),
                },
                _ => 0.0,
            };
            // Touching is not lying within.
            if amount > 0.0 {
                amounts.push((area, amount));
            }
        }
        Found { whole, amounts }
    }

    /// Metres of a line, square metres of a polygon.
    fn size(&self, geometry: &Geometry) -> f64 {
        match geometry {
            Geometry::Polygon(_) => self.measures.area_m2(geometry),
            line => self.measures.length_m(line),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::Feature;

    fn square(x: f64, size: f64) -> Vec<Path> {
        vec![Path::from_xy(vec![[x, 0.0], [x, size], [x + size, size], [x + size, 0.0], [x, 0.0]])]
    }

    fn pieces(features: &[Geometry]) -> Vec<(usize, usize, f64, f64)> {
        let feature = |geometry| Feature { geometry: Some(geometry), ..Feature::default() };
        let set = |geometry_type, geometries: &[Geometry]| FeatureSet {
            geometry_type,
            features: geometries.iter().cloned().map(feature).collect(),
            ..FeatureSet::default()
        };
        let areas = [
            Geometry::Polygon(square(0.0, 10.0)),
            Geometry::Polygon(Vec::new()),
            Geometry::Polygon(square(5.0, 20.0)),
        ];
        let areas = set(Some(GeometryType::Polygon), &areas);
        let features = set(features.first().map(Geometry::geometry_type), features);
        let mut taken = Vec::new();
        let take = |area, Piece { row, amount, share }| {
            taken.push((area, row, (amount * 1e6).round() / 1e6, (share * 1e9).round() / 1e9));
        };
        pieces_within(&areas, &features, &Measures::planar(None), &RunContext::silent(), take).unwrap();
        taken
    }

    #[test]
    fn the_points_of_a_multipoint_are_one_piece_in_each_area() {
        let far = Geometry::Multipoint(Path::from_xy(vec![[50.0, 1.0]]));
        let points = Path::from_xy(vec![[5.0, 1.0], [11.0, 1.0], [1.0, 1.0], [-1.0, 1.0]]);
        assert_eq!(pieces(&[far, Geometry::Multipoint(points)]), [(0, 1, 2.0, 0.5), (2, 1, 2.0, 0.5)]);
    }

    #[test]
    fn lines_and_polygons_have_shares_and_those_that_touch_have_none() {
        let line = |from: f64, to: f64| Geometry::Polyline(vec![Path::from_xy(vec![[from, 1.0], [to, 1.0]])]);
        assert_eq!(pieces(&[line(8.0, 16.0), line(-3.0, 0.0)]), [(0, 0, 2.0, 0.25), (2, 0, 8.0, 1.0)]);
        let polygons = [Geometry::Polygon(square(-10.0, 10.0)), Geometry::Polygon(square(5.0, 10.0))];
        assert_eq!(pieces(&polygons), [(0, 1, 50.0, 0.5), (2, 1, 100.0, 1.0)]);
    }

    #[test]
    fn nothing_lies_within_where_there_is_nothing() {
        assert_eq!(pieces(&[]), []);
    }
}
