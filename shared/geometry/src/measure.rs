//! Planar measures: area, length, centroid, a point that surely lies inside.
//!
//! All in the units of the coordinates; what they mean on the earth is the affair of `geodesic`. Polygons are valid Esri
//! rings: exteriors clockwise.

use crate::prepared::{Location, PreparedPolygon};
use crate::rings::{envelope_of, signed_area};
use gp_esri::{Geometry, Path, Xy};

/// The area of a polygon, holes taken off, in squared units.
pub fn area(rings: &[Path]) -> f64 {
    // Turned once for all: minus zero would show in an output field.
    0.0 - rings.iter().map(|ring| signed_area(&ring.xy)).sum::<f64>()
}

/// The length of all paths, or the perimeter of all rings.
pub fn length(paths: &[Path]) -> f64 {
    paths.iter().flat_map(|path| path.xy.windows(2)).map(|pair| segment_length(pair[0], pair[1])).sum()
}

/// The centre of gravity: of the area of a polygon, the length of a polyline, the points of a multipoint. A polygon
/// without area is measured by its outline, a line without length by its vertices.
pub fn centroid(geometry: &Geometry) -> Option<Xy> {
    match geometry {
        Geometry::Point(point) => Some(point.xy),
        Geometry::Multipoint(points) => mean(std::slice::from_ref(points)),
        Geometry::Polyline(paths) => line_centroid(paths).or_else(|| mean(paths)),
        Geometry::Polygon(rings) => {
            area_centroid(rings).or_else(|| line_centroid(rings)).or_else(|| mean(rings))
        }
    }
}

/// A point inside a polygon, as far from its outline as the widest place at a few heights allows; `None` when the polygon
/// is too thin for a position between its sides.
pub fn point_in_interior(rings: &[Path]) -> Option<Xy> {
    let prepared = PreparedPolygon::new(rings);
    let envelope = prepared.envelope();
    let mut heights: Vec<f64> = rings.iter().flat_map(|ring| &ring.xy).map(|xy| xy[1]).collect();
    heights.sort_unstable_by(f64::total_cmp);
    heights.dedup();
    // Between two neighbouring vertex heights a horizontal line meets no vertex. The middle height first, then others.
    let middle = envelope.ymin / 2.0 + envelope.ymax / 2.0;
    let count = heights.partition_point(|y| *y < middle);
    let mut slots: Vec<usize> = [count, heights.len() / 2, heights.len() / 4, heights.len() * 3 / 4].into();
    slots.extend(1..heights.len());
    for slot in slots {
        if slot == 0 || slot >= heights.len() {
            continue;
        }
        let y = heights[slot - 1] / 2.0 + heights[slot] / 2.0;
        if let Some(x) = widest_middle(rings, y)
            && prepared.locate([x, y]) == Location::Inside
        {
            return Some([x, y]);
        }
    }
    None
}

/// The x in the middle of the widest stretch of the polygon at a height.
fn widest_middle(rings: &[Path], y: f64) -> Option<f64> {
    let mut crossings: Vec<f64> = Vec::new();
    for pair in rings.iter().flat_map(|ring| ring.xy.windows(2)) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        if (ay <= y) != (by <= y) {
            crossings.push(ax + (y - ay) / (by - ay) * (bx - ax));
        }
    }
    crossings.sort_unstable_by(f64::total_cmp);
    let widest = crossings.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some(widest[0] / 2.0 + widest[1] / 2.0)
}

fn segment_length(a: Xy, b: Xy) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

fn area_centroid(rings: &[Path]) -> Option<Xy> {
    // Relative to one vertex of the polygon, for the digits.
    let [x0, y0] = *rings.first()?.xy.first()?;
    let (mut doubled, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for pair in rings.iter().flat_map(|ring| ring.xy.windows(2)) {
        let (ax, ay, bx, by) = (pair[0][0] - x0, pair[0][1] - y0, pair[1][0] - x0, pair[1][1] - y0);
        let cross = ax * by - bx * ay;
        doubled += cross;
        sum_x += (ax + bx) * cross;
        sum_y += (ay + by) * cross;
    }
    finite([x0 + sum_x / (3.0 * doubled), y0 + sum_y / (3.0 * doubled)])
}

fn line_centroid(paths: &[Path]) -> Option<Xy> {
    let [x0, y0] = *paths.first()?.xy.first()?;
    let (mut total, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for pair in paths.iter().flat_map(|path| path.xy.windows(2)) {
        let length = segment_length(pair[0], pair[1]);
        total += length;
        sum_x += (pair[0][0] - x0 + (pair[1][0] - x0)) / 2.0 * length;
        sum_y += (pair[0][1] - y0 + (pair[1][1] - y0)) / 2.0 * length;
    }
    finite([x0 + sum_x / total, y0 + sum_y / total])
}

fn mean(paths: &[Path]) -> Option<Xy> {
    let envelope = envelope_of(paths);
    let (mut count, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for [x, y] in paths.iter().flat_map(|path| path.xy.iter().copied()) {
        count += 1.0;
        sum_x += x - envelope.xmin;
        sum_y += y - envelope.ymin;
    }
    finite([envelope.xmin + sum_x / count, envelope.ymin + sum_y / count])
}

fn finite(xy: Xy) -> Option<Xy> {
    (xy[0].is_finite() && xy[1].is_finite()).then_some(xy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(xy: &[Xy]) -> Path {
        Path::from_xy(xy.to_vec())
    }

    #[test]
    fn a_hole_takes_off_area_and_pushes_the_centroid_away() {
        let far = 1e7;
        let outer = ring(&[[far, 0.0], [far, 10.0], [far + 10.0, 10.0], [far + 10.0, 0.0], [far, 0.0]]);
        let hole =
            ring(&[[far + 5.0, 0.5], [far + 9.0, 0.5], [far + 9.0, 9.5], [far + 5.0, 9.5], [far + 5.0, 0.5]]);
        let polygon = vec![outer, hole];
        assert!((area(&polygon) - 64.0).abs() < 1e-6);
        assert!((length(&polygon) - 66.0).abs() < 1e-9);
        let Some([x, y]) = centroid(&Geometry::Polygon(polygon.clone())) else { panic!("no centroid") };
        assert!((x - far - (500.0 - 252.0) / 64.0).abs() < 1e-6 && (y - 5.0).abs() < 1e-6);
        let inside = point_in_interior(&polygon).unwrap();
        assert_eq!(PreparedPolygon::new(&polygon).locate(inside), Location::Inside);
    }

    #[test]
    fn shapes_without_area_or_length_still_have_a_centroid() {
        let flat = ring(&[[0.0, 0.0], [2.0, 0.0], [4.0, 0.0], [0.0, 0.0]]);
        assert_eq!(centroid(&Geometry::Polygon(vec![flat.clone()])), Some([2.0, 0.0]));
        assert_eq!(point_in_interior(&[flat]), None);
        assert_eq!(centroid(&Geometry::Polyline(vec![ring(&[[3.0, 1.0], [3.0, 1.0]])])), Some([3.0, 1.0]));
        assert_eq!(centroid(&Geometry::Multipoint(ring(&[[0.0, 0.0], [1.0, 3.0]]))), Some([0.5, 1.5]));
        assert_eq!(point_in_interior(&[]), None);
    }
}
