//! Parts of geometries, each as a geometry of its own.

use gp_esri::{Geometry, Point};
use gp_geometry::parts;

/// Each exterior with its holes, each path, each point; z and m stay.
pub(crate) fn single_parts(geometry: &Geometry) -> Vec<Geometry> {
    match geometry {
        Geometry::Polygon(rings) => parts(rings).into_iter().map(Geometry::Polygon).collect(),
        Geometry::Polyline(paths) => {
            paths.iter().map(|path| Geometry::Polyline(vec![path.clone()])).collect()
        }
        Geometry::Multipoint(points) => (0..points.xy.len())
            .map(|index| {
                let of = |values: &[f64]| values.get(index).copied();
                Geometry::Point(Point { xy: points.xy[index], z: of(&points.z), m: of(&points.m) })
            })
            .collect(),
        Geometry::Point(point) => vec![Geometry::Point(*point)],
    }
}
