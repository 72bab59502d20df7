//! A point in or on a feature, for labels and for tools that need one.

use crate::along::{MeasuredPath, Ruler, vertex};
use gp_esri::{Geometry, Path, Point};
use gp_geometry::{Location, PreparedPolygon, centroid, point_in_interior};

/// A point in or on the geometry, computed in its coordinates: of a polygon its centroid where that lies inside, else the
/// middle of the widest stretch at some height; of a line the middle of its longest part, of a multipoint the point
/// nearest to its centroid, both with their z and m.
pub(crate) fn point_inside(geometry: &Geometry) -> Option<Point> {
    match geometry {
        Geometry::Point(point) => Some(*point),
        Geometry::Multipoint(points) => {
            let center = centroid(geometry)?;
            let distance = |index: &usize| Ruler::Planar.distance(points.xy[*index], center);
            let nearest = (0..points.xy.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
            Some(vertex(points, nearest))
        }
        Geometry::Polyline(paths) => middle_of_longest(paths),
        Geometry::Polygon(rings) => {
            let center = centroid(geometry)
                .filter(|center| PreparedPolygon::new(rings).locate(*center) == Location::Inside);
            // A polygon too thin for a position between its sides has only its outline.
            let vertex = || rings.first()?.xy.first().copied();
            center.or_else(|| point_in_interior(rings)).or_else(vertex).map(Point::from_xy)
        }
    }
}

fn middle_of_longest(paths: &[Path]) -> Option<Point> {
    let measured = paths.iter().map(|path| MeasuredPath::new(path, &Ruler::Planar));
    // The first of several equally long.
    let longest = measured.rev().max_by(|a, b| a.length().total_cmp(&b.length()))?;
    Some(longest.stop_at(longest.length() / 2.0)?.vertex)
}
