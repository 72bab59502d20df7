//! Which vertices of a line to keep: Douglas and Peucker's greatest offset, Visvalingam and Whyatt's least area.
//!
//! Separate from `topology`, which says what a line is (a piece of border between two nodes) and puts vertices back where
//! simplified lines would cross. Here one line is looked at by itself, and no vertex is made or moved.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use crate::crs::Ellipsoid;
use gp_esri::Xy;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How offsets and areas are measured around a vertex.
#[derive(Clone, Copy, Debug)]
pub enum Metric {
    /// In the units of the coordinates.
    Planar,
    /// In metres; coordinates are longitude and latitude. A vertex is measured with the lengths that a degree has at its
    /// latitude, which is exact as long as offsets are small against the earth.
    Degrees {
        /// The ellipsoid that the degrees are on.
        ellipsoid: Ellipsoid,
    },
}

/// Which vertices go.
#[derive(Clone, Copy, Debug)]
pub enum Simplification {
    /// Those not farther from the simplified line than this (Douglas and Peucker 1973).
    Offset(f64),
    /// Those that make a triangle of not more than this area with their neighbours, smallest first (Visvalingam and
    /// Whyatt 1993).
    Area(f64),
}

/// What a line is at its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// First and last vertex stay, even where they are one.
    Fixed,
    /// A ring, first vertex repeated at the end, whose start is a vertex like any other.
    Free,
}

/// A ring needs three different vertices.
const LEAST_RING: usize = 3;

impl Metric {
    /// Units of measure in a unit of x and of y, at a position.
    fn scale(&self, [_, latitude]: Xy) -> [f64; 2] {
        match self {
            Metric::Planar => [1.0, 1.0],
            Metric::Degrees { ellipsoid } => {
                let (sin, cos) = latitude.to_radians().sin_cos();
                let e2 = ellipsoid.f * (2.0 - ellipsoid.f);
                let w2 = 1.0 - e2 * sin * sin;
                let east = ellipsoid.a_m / w2.sqrt() * cos;
                let north = ellipsoid.a_m * (1.0 - e2) / (w2 * w2.sqrt());
                [east.to_radians(), north.to_radians()]
            }
        }
    }

    /// Vertices on the frame of the plane of longitudes and latitudes stay: there a polygon was cut at the antimeridian,
    /// or goes around a pole.
    pub(crate) fn is_pinned(&self, [longitude, latitude]: Xy) -> bool {
        match self {
            Metric::Planar => false,
            Metric::Degrees { .. } => longitude.abs() == 180.0 || latitude.abs() >= 90.0,
        }
    }

    /// The distance of `p` from the segment, measured where `p` is.
    fn offset(&self, p: Xy, a: Xy, b: Xy) -> f64 {
        self.squared_offset(p, a, b).sqrt()
    }

    #[inline]
    fn squared_offset(&self, p: Xy, a: Xy, b: Xy) -> f64 {
        let [east, north] = self.scale(p);
        let (ax, ay) = ((a[0] - p[0]) * east, (a[1] - p[1]) * north);
        let (dx, dy) = ((b[0] - a[0]) * east, (b[1] - a[1]) * north);
        let length2 = dx * dx + dy * dy;
        let t = if length2 > 0.0 { (-(ax * dx + ay * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (ax + t * dx, ay + t * dy);
        x * x + y * y
    }

    /// The length of a segment, measured at its middle.
    pub(crate) fn length(&self, a: Xy, b: Xy) -> f64 {
        let [east, north] = self.scale([f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])]);
        ((b[0] - a[0]) * east).hypot((b[1] - a[1]) * north)
    }

    /// The area of the triangle that `p` makes with its neighbours.
    fn triangle(&self, a: Xy, p: Xy, b: Xy) -> f64 {
        let [east, north] = self.scale(p);
        // Relative to `a`, as GEOS does it: rounding decides between equal areas, and the order changes all that follows.
        let doubled = (b[0] - a[0]) * (p[1] - a[1]) - (p[0] - a[0]) * (b[1] - a[1]);
        (doubled * east * north / 2.0).abs()
    }
}

/// For each vertex, whether it stays. A closed line keeps three different vertices whatever the tolerance. Of a free ring
/// the first and the last flag, which are of one vertex, are equal.
///
/// The offset method is n log n on most lines and quadratic on some, such as long zigzags, so it asks `check` from time to
/// time whether to go on.
///
/// # Errors
/// The first error of `check`.
pub(crate) fn kept_vertices<E>(
    line: &[Xy],
    ends: Ends,
    simplification: Simplification,
    metric: &Metric,
    check: impl Fn() -> Result<(), E>,
) -> Result<Vec<bool>, E> {
    let count = line.len();
    let is_closed = count > 1 && line[0] == line[count - 1];
    if count < 3 || is_closed && count <= LEAST_RING + 1 {
        return Ok(vec![true; count]);
    }
    let mut keep = match simplification {
        Simplification::Offset(tolerance) => by_offset(line, ends, tolerance, metric, check)?,
        Simplification::Area(area) => by_area(line, ends, area, metric),
    };
    if is_closed {
        keep_a_triangle(line, &mut keep, metric);
    }
    Ok(keep)
}

/// Looking for the farthest of fewer vertices takes no time worth asking.
const FEWEST_CHECKED: usize = 1_000;

fn by_offset<E>(
    line: &[Xy],
    ends: Ends,
    tolerance: f64,
    metric: &Metric,
    check: impl Fn() -> Result<(), E>,
) -> Result<Vec<bool>, E> {
    let last = line.len() - 1;
    let mut keep: Vec<bool> = line.iter().map(|xy| metric.is_pinned(*xy)).collect();
    (keep[0], keep[last]) = (true, true);
    let mut open: Vec<(usize, usize)> = Vec::new();
    let stops: Vec<usize> = (0..=last).filter(|index| keep[*index]).collect();
    open.extend(stops.windows(2).map(|gap| (gap[0], gap[1])));
    while let Some((from, to)) = open.pop() {
        if to - from >= FEWEST_CHECKED {
            check()?;
        }
        let Some((farthest, offset)) = farthest_vertex(line, from, to, metric) else { continue };
        if offset > tolerance {
            keep[farthest] = true;
            open.push((from, farthest));
            open.push((farthest, to));
        }
    }
    if ends == Ends::Free && !metric.is_pinned(line[0]) {
        // The start was kept only because the method needs a beginning. As in GEOS only the start is measured now.
        let next = (1..last).find(|index| keep[*index]);
        let previous = (1..last).rev().find(|index| keep[*index]);
        if let (Some(next), Some(previous)) = (next, previous)
            && keep.iter().filter(|kept| **kept).count() > LEAST_RING + 1
            && metric.offset(line[0], line[previous], line[next]) <= tolerance
        {
            (keep[0], keep[last]) = (false, false);
        }
    }
    Ok(keep)
}

/// The vertex between two others that is farthest from their segment, and how far.
pub(crate) fn farthest_vertex(line: &[Xy], from: usize, to: usize, metric: &Metric) -> Option<(usize, f64)> {
    let (a, b) = (line[from], line[to]);
    match metric {
        // By itself, so that nothing is asked and computed again for each vertex.
        Metric::Planar => farthest(&line[from + 1..to], |p| Metric::Planar.squared_offset(p, a, b)),
        Metric::Degrees { .. } => farthest(&line[from + 1..to], |p| metric.squared_offset(p, a, b)),
    }
    .map(|(index, squared)| (from + 1 + index, squared.sqrt()))
}

fn farthest(vertices: &[Xy], measure: impl Fn(Xy) -> f64) -> Option<(usize, f64)> {
    let (mut farthest, mut most) = (None, f64::NEG_INFINITY);
    for (index, xy) in vertices.iter().enumerate() {
        let measured = measure(*xy);
        if measured > most {
            (farthest, most) = (Some((index, measured)), measured);
        }
    }
    farthest
}

/// An area in order, and the vertex that it belongs to.
#[derive(Clone, Copy, PartialEq)]
struct Candidate {
    area: f64,
    index: u32,
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.area.total_cmp(&other.area).then(self.index.cmp(&other.index))
    }
}

fn by_area(line: &[Xy], ends: Ends, limit: f64, metric: &Metric) -> Vec<bool> {
    let count = line.len();
    // In a ring the last vertex, which repeats the first, is no vertex of its own.
    let around = if ends == Ends::Free { count - 1 } else { count };
    let mut previous: Vec<u32> = (0..around).map(|index| ((index + around - 1) % around) as u32).collect();
    let mut next: Vec<u32> = (0..around).map(|index| ((index + 1) % around) as u32).collect();
    let is_fixed = |index: usize| {
        ends == Ends::Fixed && (index == 0 || index == around - 1) || metric.is_pinned(line[index])
    };
    let area_at = |index: usize, previous: &[u32], next: &[u32]| {
        metric.triangle(line[previous[index] as usize], line[index], line[next[index] as usize])
    };
    let mut areas = vec![f64::INFINITY; around];
    let mut queue = BinaryHeap::new();
    for (index, area) in areas.iter_mut().enumerate() {
        if is_fixed(index) {
            continue;
        }
        *area = area_at(index, &previous, &next);
        if *area <= limit {
            queue.push(Reverse(Candidate { area: *area, index: index as u32 }));
        }
    }
    let mut keep = vec![true; count];
    let mut left = around;
    let least = if ends == Ends::Free { LEAST_RING } else { 2 };
    while let Some(Reverse(Candidate { area, index })) = queue.pop() {
        let index = index as usize;
        if !keep[index] || areas[index] != area {
            continue;
        }
        if left <= least {
            break;
        }
        keep[index] = false;
        left -= 1;
        let (before, after) = (previous[index] as usize, next[index] as usize);
        next[before] = after as u32;
        previous[after] = before as u32;
        for neighbour in [before, after] {
            if is_fixed(neighbour) {
                continue;
            }
            areas[neighbour] = area_at(neighbour, &previous, &next);
            if areas[neighbour] <= limit {
                queue.push(Reverse(Candidate { area: areas[neighbour], index: neighbour as u32 }));
            }
        }
    }
    if ends == Ends::Free {
        keep[count - 1] = keep[0];
    }
    keep
}

/// Puts back the vertices that a closed line needs to have an area.
fn keep_a_triangle(line: &[Xy], keep: &mut [bool], metric: &Metric) {
    let last = line.len() - 1;
    while keep[..last].iter().filter(|kept| **kept).count() < LEAST_RING {
        let mut stops: Vec<usize> = (0..=last).filter(|index| keep[*index]).collect();
        if stops.is_empty() {
            stops = vec![0, last];
        }
        let gaps = stops.windows(2).filter_map(|gap| farthest_vertex(line, gap[0], gap[1], metric));
        let Some((farthest, _)) = gaps.max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
        keep[farthest] = true;
    }
}

#[cfg(test)]
mod tests;
