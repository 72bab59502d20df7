//! The concave hull of points: a polygon that follows them closer than the convex one.
//!
//! The chi shape of Duckham, Kulik, Worboys and Galton (2008), as JTS and GEOS have it: of the Delaunay triangulation,
//! triangles go from the outside, the one with the longest outer edge first, as long as that edge is longer than a limit
//! and the rest stays one simple polygon without holes.

use crate::rings::is_clockwise;
use delaunator::{EMPTY, Point, next_halfedge, prev_halfedge, triangulate};
use gp_esri::{Path, Xy};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// How long an outer edge may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EdgeLimit {
    /// This share of the way from the shortest to the longest edge of the triangulation: 1 gives the convex hull, 0 the
    /// closest polygon.
    Ratio(f64),
    /// This, in the units of the coordinates.
    Length(f64),
}

/// The hull as a ring, closed and clockwise; `None` when the points lie on one line.
pub fn concave_hull(mut points: Vec<Xy>, limit: EdgeLimit) -> Option<Path> {
    points.retain(|[x, y]| x.is_finite() && y.is_finite());
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    let corners: Vec<Point> = points.iter().map(|[x, y]| Point { x: *x, y: *y }).collect();
    let triangulation = triangulate(&corners);
    if triangulation.triangles.is_empty() {
        return None;
    }
    let mut shell = Shell {
        length: lengths(&points, &triangulation.triangles),
        is_outside: vec![false; triangulation.triangles.len() / 3],
        is_on_border: vec![false; points.len()],
        start: triangulation.triangles,
        twin: triangulation.halfedges,
    };
    let limit = match limit {
        EdgeLimit::Length(length) => length,
        EdgeLimit::Ratio(ratio) => {
            let least = shell.length.iter().copied().fold(f64::INFINITY, f64::min);
            let most = shell.length.iter().copied().fold(0.0, f64::max);
            least + ratio * (most - least)
        }
    };
    shell.erode(limit);
    Some(shell.ring(&points))
}

/// The lengths of half-edges, each from its start to the start of the next in the triangle.
fn lengths(points: &[Xy], start: &[usize]) -> Vec<f64> {
    let length = |edge: usize| {
        let (a, b) = (points[start[edge]], points[start[next_halfedge(edge)]]);
        (b[0] - a[0]).hypot(b[1] - a[1])
    };
    (0..start.len()).map(length).collect()
}

/// Triangles by half-edges: three of a triangle in a row, and for each the one on the other side.
struct Shell {
    start: Vec<usize>,
    twin: Vec<usize>,
    length: Vec<f64>,
    is_outside: Vec<bool>,
    is_on_border: Vec<bool>,
}

/// An outer edge; the longest comes first, of equal ones that of the least number.
#[derive(PartialEq)]
struct Outer {
    length: f64,
    edge: usize,
}

impl Eq for Outer {}

impl PartialOrd for Outer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Outer {
    fn cmp(&self, other: &Self) -> Ordering {
        self.length.total_cmp(&other.length).then(other.edge.cmp(&self.edge))
    }
}

impl Shell {
    fn erode(&mut self, limit: f64) {
        let mut queue: BinaryHeap<Outer> = BinaryHeap::new();
        for edge in 0..self.start.len() {
            if self.is_border(edge) {
                self.is_on_border[self.start[edge]] = true;
                queue.push(Outer { length: self.length[edge], edge });
            }
        }
        while let Some(Outer { length, edge }) = queue.pop() {
            if length <= limit {
                break;
            }
            let (next, previous) = (next_halfedge(edge), prev_halfedge(edge));
            let opposite = self.start[previous];
            // A triangle with two outer edges is a corner; one whose third vertex is on the border holds two parts together.
            if self.is_border(next) || self.is_border(previous) || self.is_on_border[opposite] {
                continue;
            }
            self.is_outside[edge / 3] = true;
            self.is_on_border[opposite] = true;
            for inner in [self.twin[next], self.twin[previous]] {
                queue.push(Outer { length: self.length[inner], edge: inner });
            }
        }
    }

    fn is_border(&self, edge: usize) -> bool {
        self.twin[edge] == EMPTY || self.is_outside[self.twin[edge] / 3]
    }

    /// The outer edges, one after the other.
    fn ring(&self, points: &[Xy]) -> Path {
        let mut following = vec![EMPTY; points.len()];
        let mut first = EMPTY;
        for edge in (0..self.start.len()).filter(|edge| !self.is_outside[edge / 3] && self.is_border(*edge)) {
            following[self.start[edge]] = self.start[next_halfedge(edge)];
            first = first.min(self.start[edge]);
        }
        let mut ring = vec![points[first]];
        let mut at = following[first];
        while at != first && at != EMPTY && ring.len() <= points.len() {
            ring.push(points[at]);
            at = following[at];
        }
        ring.push(ring[0]);
        if !is_clockwise(&ring) {
            ring.reverse();
        }
        Path::from_xy(ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::area;
    use crate::repair::is_valid_polygon;

    /// A square with a bay from above: 9 x 9 points, of which a block of 3 x 6 is missing.
    fn bay() -> Vec<Xy> {
        let all = (0..81).map(|n| [f64::from(n % 9), f64::from(n / 9)]);
        all.filter(|[x, y]| !(3.0..=5.0).contains(x) || *y < 3.0).collect()
    }

    #[test]
    fn the_bay_is_found_when_edges_may_not_span_it() {
        // At its bottom two corners stay, whose edges are shorter.
        let hull = concave_hull(bay(), EdgeLimit::Length(1.5)).unwrap();
        assert!((area(std::slice::from_ref(&hull)) - (64.0 - 4.0 * 6.0 + 1.0)).abs() < 1e-9, "{hull:?}");
        let hull = concave_hull(bay(), EdgeLimit::Length(4.5)).unwrap();
        assert!((area(&[hull]) - 64.0).abs() < 1e-9);
    }

    #[test]
    fn the_greatest_ratio_is_convex_and_any_is_valid_and_holds_fewer_area() {
        let mut before = f64::INFINITY;
        for ratio in [1.0, 0.6, 0.3, 0.0] {
            let hull = [concave_hull(bay(), EdgeLimit::Ratio(ratio)).unwrap()];
            assert!(is_valid_polygon(&hull));
            assert!(area(&hull) <= before);
            before = area(&hull);
        }
        let convex = concave_hull(bay(), EdgeLimit::Ratio(1.0)).unwrap();
        assert!((area(&[convex]) - 64.0).abs() < 1e-9);
    }

    #[test]
    fn points_on_a_line_have_none() {
        let line = (0..10).map(|n| [f64::from(n), f64::from(n)]).collect();
        assert_eq!(concave_hull(line, EdgeLimit::Ratio(0.5)), None);
        assert_eq!(concave_hull(vec![[f64::NAN, 0.0], [1.0, 1.0]], EdgeLimit::Ratio(0.5)), None);
        assert_eq!(concave_hull(vec![], EdgeLimit::Ratio(0.5)), None);
    }
}
