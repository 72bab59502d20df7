//! Which part of each feature lies within which polygon: points counted, lines and polygons cut and measured.

use crate::each::{each, each_list, warn_of_rows};
use crate::limits::Counter;
use crate::measures::Measures;
use crate::pairs::{LinesMeet, Pairs};
use gp_core::{RunContext, ToolError};
use gp_esri::{FeatureSet, Geometry, GeometryType};
use gp_geometry::{PolygonLayer, rings_of};

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

/// Finds the pieces of the features within each of the areas and gives them to `take` with the number of the area, in the
/// order of the features. What lies on the border of two areas is in both; lines and polygons that only touch an area are
/// not within. Both sets have one spatial reference, and `measures` is for it; `parameter` is that of the features.
///
/// # Errors
/// The run was stopped, or more than [`MOST_PAIRS`](crate::limits::MOST_PAIRS) pieces.
pub(crate) fn pieces_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    measures: &Measures,
    parameter: &'static str,
    context: &RunContext,
    take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    let counter = Counter::of_pairs(parameter, "send fewer features, or use fewer or smaller areas");
    match features.geometry_type {
        Some(GeometryType::Point | GeometryType::Multipoint) | None => {
            points_within(areas, features, &counter, context, take)
        }
        Some(GeometryType::Polyline | GeometryType::Polygon) => {
            shapes_within(areas, features, measures, &counter, context, take)
        }
    }
}

/// Points are looked up in a grid over all areas.
fn points_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    counter: &Counter,
    context: &RunContext,
    mut take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    let layer =
        PolygonLayer::new(areas.features.iter().map(|area| rings_of(area.geometry.as_ref())).collect());
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
        counter.add(found.len() - start)
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

/// Lines and polygons are cut with the areas that they meet.
fn shapes_within(
    areas: &FeatureSet,
    features: &FeatureSet,
    measures: &Measures,
    counter: &Counter,
    context: &RunContext,
    mut take: impl FnMut(usize, Piece),
) -> Result<(), ToolError> {
    let geometries = features.features.iter().map(|feature| feature.geometry.as_ref()).collect();
    let pairs = Pairs::new(geometries, areas, LinesMeet::InStretches);
    let found = each(context, features.features.len(), "Summarizing", |row| {
        let pieces = pairs.of_row(row, context)?;
        counter.add(pieces.len())?;
        let Some(geometry) = features.features[row].geometry.as_ref().filter(|_| !pieces.is_empty()) else {
            return Ok(Found::default());
        };
        let whole = size(geometry, measures);
        let amount_of =
            |piece: &Geometry| if std::ptr::eq(piece, geometry) { whole } else { size(piece, measures) };
        let amounts = pieces.iter().map(|(area, piece)| (*area, amount_of(piece)));
        // A feature without a size lies nowhere.
        Ok(Found { whole, amounts: amounts.filter(|(_, amount)| *amount > 0.0).collect() })
    })?;
    let unmeasured: Vec<usize> = (0..found.len()).filter(|row| found[*row].whole.is_nan()).collect();
    warn_of_rows(&unmeasured, features, "have no place on the ellipsoid, so they are left out", context);
    for (row, Found { whole, amounts }) in
        found.into_iter().enumerate().filter(|(_, found)| !found.whole.is_nan())
    {
        context.check()?;
        for (area, amount) in amounts {
            take(area, Piece { row, amount, share: amount / whole });
        }
    }
    Ok(())
}

/// Metres of a line, square metres of a polygon.
fn size(geometry: &Geometry, measures: &Measures) -> f64 {
    match geometry {
        Geometry::Polygon(_) => measures.area_m2(geometry),
        line => measures.length_m(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Feature, Path};

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
        pieces_within(&areas, &features, &Measures::planar(None), "P", &RunContext::silent(), take).unwrap();
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
