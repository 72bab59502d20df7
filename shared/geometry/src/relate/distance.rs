//! Planar distance between shapes, and whether it stays within a limit.

use super::segment::{distance_to_segment, is_zero, segment_box, segment_distance};
use super::{Shape, intersects};
use crate::index::box_distance;

/// The planar distance, zero when they share a point, in the unit of the coordinates.
pub fn distance(a: &Shape, b: &Shape) -> f64 {
    if intersects(a, b) {
        return 0.0;
    }
    nearest_within(a, b, f64::INFINITY).unwrap_or(f64::INFINITY)
}

/// Whether the planar distance is at most `limit`; ends as soon as that is known.
pub fn within_distance(a: &Shape, b: &Shape, limit: f64) -> bool {
    if limit < 0.0 || limit.is_nan() || box_distance(&a.envelope, &b.envelope) > limit {
        return false;
    }
    intersects(a, b) || approaches(a, b, limit)
}

/// The least distance between lines, outlines and points that do not meet, if it is at most `limit`.
fn nearest_within(a: &Shape, b: &Shape, limit: f64) -> Option<f64> {
    let (few, many) = by_size(a, b);
    let mut least = None;
    for item in 0..item_count(few) {
        let limit = least.unwrap_or(limit);
        let envelope = item_box(few, item);
        let nearest = many.index.nearest(&envelope, limit, |number| item_distance(few, item, many, number));
        least = nearest.map(|(_, distance)| distance).or(least);
    }
    least
}

fn approaches(a: &Shape, b: &Shape, limit: f64) -> bool {
    let (few, many) = by_size(a, b);
    for item in 0..item_count(few) {
        let mut near = item_box(few, item);
        near.xmin -= limit;
        near.ymin -= limit;
        near.xmax += limit;
        near.ymax += limit;
        if many.index.query(&near).any(|number| item_distance(few, item, many, number) <= limit) {
            return true;
        }
    }
    false
}

fn by_size<'a>(a: &'a Shape, b: &'a Shape) -> (&'a Shape, &'a Shape) {
    if item_count(a) <= item_count(b) { (a, b) } else { (b, a) }
}

/// Segments, or points where there are none.
fn item_count(shape: &Shape) -> usize {
    if shape.segments.is_empty() { shape.points.len() } else { shape.segments.len() }
}

fn item_box(shape: &Shape, item: usize) -> gp_esri::Envelope {
    match shape.segments.get(item) {
        Some([from, to]) => segment_box(*from, *to),
        None => segment_box(shape.points[item], shape.points[item]),
    }
}

/// The distance of items of shapes that do not meet: rounding must not make it zero, or they would both touch and be apart.
fn item_distance(a: &Shape, item_a: usize, b: &Shape, item_b: usize) -> f64 {
    let distance = match (a.segments.get(item_a), b.segments.get(item_b)) {
        (Some(a), Some(b)) => segment_distance(*a, *b),
        (Some([from, to]), None) => distance_to_segment(b.points[item_b], *from, *to),
        (None, Some([from, to])) => distance_to_segment(a.points[item_a], *from, *to),
        (None, None) => {
            let ([ax, ay], [bx, by]) = (a.points[item_a], b.points[item_b]);
            (ax - bx).hypot(ay - by)
        }
    };
    if is_zero(distance) { f64::MIN_POSITIVE } else { distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::{Geometry, Path, Xy};

    fn polygon(xy: &[Xy]) -> Shape {
        Shape::new(&Geometry::Polygon(vec![Path::from_xy(xy.to_vec())]))
    }

    #[test]
    fn a_vertex_that_misses_an_edge_by_less_than_rounding_shows_is_apart_in_every_question() {
        let a = polygon(&[
            [2.424_242_424_242_424_3, 1.696_969_696_969_697],
            [3.001_918_438_284_074, 4.007_673_753_136_295],
            [3.431_090_155_398_309, 3.448_721_243_186_470_4],
            [2.424_242_424_242_424_3, 1.696_969_696_969_697],
        ]);
        let b = polygon(&[[3.0, 4.0], [0.0, 3.0], [0.0, 4.0], [3.0, 4.0]]);
        assert!(!intersects(&a, &b));
        let gap = distance(&a, &b);
        assert!(gap > 0.0 && gap < 1e-15, "{gap}");
        assert!(within_distance(&a, &b, gap) && !within_distance(&a, &b, 0.0));
    }
}
