//! Areas, lengths and boxes of output features, measured apart from the code under test where that is possible: planar
//! measures here, geodesic ones by GeographicLib.

use crate::case::Measure;
use gp_esri::{Geometry, Path, Xy};
use gp_geometry::{Geodesy, WGS84_ELLIPSOID};

/// Square units, or m2; exteriors count positive, holes negative. 0 for points and lines.
pub(crate) fn area(geometry: &Geometry, measure: Measure) -> f64 {
    match (geometry, measure) {
        (Geometry::Polygon(rings), Measure::Planar) => {
            rings.iter().map(|ring| clockwise_area(&ring.xy)).sum()
        }
        (Geometry::Polygon(rings), Measure::Geodesic) => Geodesy::new(WGS84_ELLIPSOID).polygon_area_m2(rings),
        _ => 0.0,
    }
}

/// Units, or m, of all paths or rings.
pub(crate) fn length(geometry: &Geometry, measure: Measure) -> f64 {
    match (geometry, measure) {
        (Geometry::Polygon(paths) | Geometry::Polyline(paths), Measure::Planar) => {
            paths.iter().map(path_length).sum()
        }
        (Geometry::Polygon(paths) | Geometry::Polyline(paths), Measure::Geodesic) => {
            Geodesy::new(WGS84_ELLIPSOID).total_length_m(paths)
        }
        _ => 0.0,
    }
}

/// The positions of a point feature.
pub(crate) fn points(geometry: &Geometry) -> Vec<Xy> {
    match geometry {
        Geometry::Point(point) => vec![point.xy],
        Geometry::Multipoint(points) => points.xy.clone(),
        Geometry::Polyline(_) | Geometry::Polygon(_) => Vec::new(),
    }
}

/// The greatest distance of a vertex or the middle of an edge of `from` to the nearest edge of `to`.
pub(crate) fn hausdorff(from: &[&[Xy]], to: &[&[Xy]]) -> f64 {
    let middle = |pair: &[Xy]| [f64::midpoint(pair[0][0], pair[1][0]), f64::midpoint(pair[0][1], pair[1][1])];
    let positions = from.iter().flat_map(|path| path.iter().copied().chain(path.windows(2).map(middle)));
    let nearest = |xy: Xy| {
        let edges = to.iter().flat_map(|path| path.windows(2));
        edges.map(|edge| distance_to_edge(xy, edge[0], edge[1])).fold(f64::INFINITY, f64::min)
    };
    positions.map(nearest).fold(0.0, f64::max)
}

fn distance_to_edge([x, y]: Xy, [ax, ay]: Xy, [bx, by]: Xy) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let squared = dx * dx + dy * dy;
    let along = if squared > 0.0 { (((x - ax) * dx + (y - ay) * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

fn path_length(path: &Path) -> f64 {
    path.xy.windows(2).map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1])).sum()
}

/// Relative to the first vertex, because far from the origin the products would lose their last digits.
fn clockwise_area(ring: &[Xy]) -> f64 {
    let Some([x0, y0]) = ring.first().copied() else { return 0.0 };
    let doubled = |pair: &[Xy]| (pair[1][0] - x0) * (pair[0][1] - y0) - (pair[0][0] - x0) * (pair[1][1] - y0);
    ring.windows(2).map(doubled).sum::<f64>() / 2.0
}
