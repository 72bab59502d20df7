//! What is smallest around points: convex hull, rectangle, circle; and the hull's nearest and farthest vertices.
//!
//! Separate because several tools ask for it. Signs are exact; lengths are in the units of the coordinates. A hull is
//! open, turns counter-clockwise and has no vertex on a straight line: one vertex, two, or three and more.

use crate::index::BoxIndex;
use crate::relate::segment::orientation;
use gp_esri::Xy;

/// A rectangle in any direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// The corners, clockwise.
    pub corners: [Xy; 4],
    /// The length of the shorter sides.
    pub width: f64,
    /// The length of the longer sides.
    pub length: f64,
    /// The direction of the longer sides: degrees clockwise from the y axis, from 0 to less than 180.
    pub orientation_deg: f64,
}

/// What is least about a rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    /// Its area.
    Area,
    /// The length of its shorter sides.
    Width,
}

/// A circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Its centre.
    pub center: Xy,
    /// Its radius.
    pub radius: f64,
}

/// The convex hull: Andrew's monotone chain, from the vertex of least x.
pub fn convex_hull(mut points: Vec<Xy>) -> Vec<Xy> {
    points.retain(|[x, y]| x.is_finite() && y.is_finite());
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut hull: Vec<Xy> = Vec::new();
    let mut chain = |points: &mut dyn Iterator<Item = Xy>| {
        let start = hull.len();
        for point in points {
            while hull.len() > start + 1
                && orientation(hull[hull.len() - 2], hull[hull.len() - 1], point) <= 0.0
            {
                hull.pop();
            }
            hull.push(point);
        }
        // The last vertex of a chain is the first of the other.
        hull.pop();
    };
    chain(&mut points.iter().copied());
    chain(&mut points.iter().rev().copied());
    hull
}

/// The smallest rectangle around a hull: one of its sides lies along a side of the hull (Freeman and Shapira 1975), and
/// calipers that turn once around find them all (Toussaint 1983). `None` for fewer than three vertices.
pub fn smallest_rectangle(hull: &[Xy], least: Least) -> Option<Rectangle> {
    let count = hull.len();
    if count < 3 {
        return None;
    }
    let at = |index: usize| hull[index % count];
    let mut best: Option<(f64, Rectangle)> = None;
    let (mut right, mut top, mut left) = (1, 1, 1);
    for side in 0..count {
        let (from, to) = (at(side), at(side + 1));
        let size = (to[0] - from[0]).hypot(to[1] - from[1]);
        let along = [(to[0] - from[0]) / size, (to[1] - from[1]) / size];
        let across = [-along[1], along[0]];
        let dot = |axis: Xy, a: Xy, b: Xy| axis[0] * (b[0] - a[0]) + axis[1] * (b[1] - a[1]);
        // Each caliper goes on while it gains; rounding must not send it around for ever.
        let advance = |mut index: usize, axis: Xy, sign: f64| {
            let end = index + count;
            while index < end && sign * dot(axis, at(index), at(index + 1)) > 0.0 {
                index += 1;
            }
            index
        };
        right = advance(right.max(side + 1), along, 1.0);
        top = advance(top.max(right), across, 1.0);
        left = advance(left.max(top), along, -1.0);
        let (low, high) = (dot(along, from, at(left)), dot(along, from, at(right)));
        let height = dot(across, from, at(top));
        let score = match least {
            Least::Area => (high - low) * height,
            Least::Width => height.min(high - low),
        };
        if best.is_none_or(|(least, _)| score < least) {
            best = Some((score, rectangle(from, along, [low, high], height)));
        }
    }
    best.map(|(_, rectangle)| rectangle)
}

/// The rectangle over `span` on the line from `from` along a direction, `height` to the left of it.
fn rectangle(from: Xy, along: Xy, [low, high]: [f64; 2], height: f64) -> Rectangle {
    let across = [-along[1], along[0]];
    let corner =
        |x: f64, y: f64| [from[0] + along[0] * x + across[0] * y, from[1] + along[1] * x + across[1] * y];
    let corners = [corner(low, 0.0), corner(low, height), corner(high, height), corner(high, 0.0)];
    let base = high - low;
    let longer = if base >= height { along } else { across };
    Rectangle {
        corners,
        width: base.min(height),
        length: base.max(height),
        orientation_deg: direction_deg([0.0, 0.0], longer),
    }
}

/// The direction of a line, whichever way it is followed: degrees clockwise from the y axis, from 0 to less than 180.
pub fn direction_deg(from: Xy, to: Xy) -> f64 {
    let degrees = (to[0] - from[0]).atan2(to[1] - from[1]).to_degrees().rem_euclid(180.0);
    // A hair below zero becomes 180 by rounding.
    if degrees >= 180.0 { 0.0 } else { degrees }
}

/// The two vertices of a hull that are farthest from each other, the one of less x, then less y, first.
pub fn farthest_pair(hull: &[Xy]) -> Option<(Xy, Xy)> {
    let count = hull.len();
    if count < 2 {
        return None;
    }
    let at = |index: usize| hull[index % count];
    let mut best = (0.0, hull[0], hull[1]);
    let mut opposite = 1;
    for side in 0..count {
        // As long as the triangle over the side grows, the vertices go away from it.
        let end = opposite + count;
        let area = |index: usize| orientation(at(side), at(side + 1), at(index)).abs();
        while opposite < end && area(opposite + 1) > area(opposite) {
            opposite += 1;
        }
        // The next one too: opposite sides may be parallel.
        for (a, b) in [(side, opposite), (side + 1, opposite), (side, opposite + 1), (side + 1, opposite + 1)]
        {
            let distance = distance(at(a), at(b));
            if distance > best.0 {
                best = (distance, at(a), at(b));
            }
        }
    }
    let (_, a, b) = best;
    Some(if a <= b { (a, b) } else { (b, a) })
}

/// The least distance between two vertices of a hull.
pub fn nearest_vertices_distance(hull: &[Xy]) -> Option<f64> {
    let index = BoxIndex::of_points(hull);
    let nearest = |(number, xy): (usize, &Xy)| {
        let to_other =
            |other: usize| if other == number { f64::INFINITY } else { distance(*xy, hull[other]) };
        index.nearest_to_point(*xy, to_other).map(|(_, distance)| distance)
    };
    let least = hull.iter().enumerate().filter_map(nearest).min_by(f64::total_cmp);
    least.filter(|distance| distance.is_finite())
}

/// Points this much outside of a circle, in shares of its radius, are on it: rounding.
const ON_CIRCLE: f64 = 1e-13;

/// The smallest circle around a hull, by Welzl's method (1991) with the points in an order that is mixed, but the same
/// each time. `None` for no point.
pub fn smallest_circle(hull: &[Xy]) -> Option<Circle> {
    let mut points = hull.to_vec();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for index in (1..points.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        points.swap(index, (seed >> 33) as usize % (index + 1));
    }
    let mut circle = Circle { center: *points.first()?, radius: 0.0 };
    for a in 1..points.len() {
        if holds(&circle, points[a]) {
            continue;
        }
        circle = Circle { center: points[a], radius: 0.0 };
        for b in 0..a {
            if holds(&circle, points[b]) {
                continue;
            }
            circle = over(points[a], points[b]);
            for c in 0..b {
                if !holds(&circle, points[c]) {
                    circle = through(points[a], points[b], points[c]).unwrap_or(circle);
                }
            }
        }
    }
    Some(circle)
}

fn holds(circle: &Circle, point: Xy) -> bool {
    distance(circle.center, point) <= circle.radius * (1.0 + ON_CIRCLE)
}

fn over(a: Xy, b: Xy) -> Circle {
    let center = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
    Circle { center, radius: distance(center, a).max(distance(center, b)) }
}

/// The circle through three points, relative to the first for the digits.
fn through(a: Xy, b: Xy, c: Xy) -> Option<Circle> {
    let (bx, by, cx, cy) = (b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]);
    let doubled = 2.0 * (bx * cy - by * cx);
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let (x, y) = ((cy * b2 - by * c2) / doubled, (bx * c2 - cx * b2) / doubled);
    let center = [a[0] + x, a[1] + y];
    let radius = [a, b, c].into_iter().map(|point| distance(center, point)).fold(0.0, f64::max);
    radius.is_finite().then_some(Circle { center, radius })
}

fn distance(a: Xy, b: Xy) -> f64 {
    (b[0] - a[0]).hypot(b[1] - a[1])
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same operations give the same digits")]
mod tests;
