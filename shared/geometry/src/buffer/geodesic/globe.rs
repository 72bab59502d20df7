//! Lines and polygons in longitude and latitude: across the antimeridian, around the poles, dense enough.
//!
//! Inside, a ring may run past ±180° ("unwrapped"), so that neighbouring vertices are neighbours in the plane. At the
//! end it is cut along the antimeridian and its parts are moved back between -180° and 180°.

use gp_esri::{Path, Xy};

use super::super::fill;
use crate::plane::LocalPlane;

/// Mean radius of the earth in metres; for estimates only.
const RADIUS_M: f64 = 6_371_000.0;

/// How far, in distances, a straight line in degrees may be off the curve that it stands for.
const DEVIATION: f64 = 5e-4;

/// Neighbouring vertices are never farther apart in longitude, so that a jump of more than 180° is one.
const LARGEST_STEP_DEG: f64 = 10.0;

/// Edges this near to ±180° or ±90° are cuts, not borders.
const SEAM_DEG: f64 = 1e-9;

/// Which differences of longitude mean that a line goes the other way round.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Jumps {
    /// All over 180°.
    Over180,
    /// Those over 180° and under 360°: an edge of 360° is how a polygon is drawn all around the earth.
    Under360,
}

/// Makes longitudes continuous.
pub(super) fn unwrap(line: &mut [Xy], jumps: Jumps) {
    let mut shift = 0.0;
    for i in 1..line.len() {
        let step = line[i][0] + shift - line[i - 1][0];
        if step.abs() > 180.0 && (jumps == Jumps::Over180 || step.abs() < 360.0 - SEAM_DEG) {
            shift -= 360.0 * (step / 360.0).round();
        }
        line[i][0] += shift;
    }
}

/// The whole world as one ring.
pub(super) fn world() -> Vec<Path> {
    vec![Path::from_xy(vec![[-180.0, -90.0], [-180.0, 90.0], [180.0, 90.0], [180.0, -90.0], [-180.0, -90.0]])]
}

/// A valid polygon within ±180° out of Esri rings in degrees.
pub(crate) fn polygon(rings: &[Path]) -> Vec<Path> {
    let (mut exteriors, mut holes) = (Vec::new(), Vec::new());
    for ring in rings {
        let mut xy: Vec<Xy> = ring.xy.iter().copied().filter(|xy| super::is_position(*xy)).collect();
        if xy.len() < 3 {
            continue;
        }
        if xy.first() != xy.last() {
            xy.push(xy[0]);
        }
        unwrap(&mut xy, Jumps::Under360);
        let north = xy.iter().map(|xy| xy[1]).sum::<f64>() > 0.0;
        close_around_pole(&mut xy, north);
        if fill::doubled_area(&xy) > 0.0 { holes.push(xy) } else { exteriors.push(xy) }
    }
    if exteriors.is_empty() {
        std::mem::swap(&mut exteriors, &mut holes);
    }
    let cut =
        |rings: Vec<Vec<Xy>>| -> Vec<Vec<Xy>> { rings.into_iter().flat_map(cut_at_antimeridian).collect() };
    let (mut exteriors, holes) = (cut(exteriors), cut(holes));
    // The engine adds windings: rings that turn the other way (a lone bow-tie may) would cancel.
    for ring in &mut exteriors {
        if fill::doubled_area(ring) < 0.0 {
            ring.reverse();
        }
    }
    fill::difference(&exteriors, &holes)
}

/// The border of a polygon within ±180° as lines. Without seams: edges along a pole, and edges along ±180° where the
/// polygon has such edges on both sides, are left out.
pub(super) fn border(polygon: &[Path], without_seams: bool) -> Vec<Vec<Xy>> {
    let on_meridian = |a: Xy, b: Xy, lon: f64| (a[0] - lon).abs() < SEAM_DEG && (b[0] - lon).abs() < SEAM_DEG;
    let has_edge_on =
        |lon: f64| polygon.iter().any(|r| r.xy.windows(2).any(|e| on_meridian(e[0], e[1], lon)));
    let goes_round = without_seams && has_edge_on(180.0) && has_edge_on(-180.0);
    let is_seam = |a: Xy, b: Xy| {
        let at_pole = a[1].abs() > 90.0 - SEAM_DEG && b[1].abs() > 90.0 - SEAM_DEG;
        without_seams && (at_pole || goes_round && (on_meridian(a, b, 180.0) || on_meridian(a, b, -180.0)))
    };
    let mut lines = Vec::new();
    for ring in polygon {
        let mut line: Vec<Xy> = Vec::new();
        for edge in ring.xy.windows(2) {
            if is_seam(edge[0], edge[1]) {
                lines.push(std::mem::take(&mut line));
                continue;
            }
            if line.is_empty() {
                line.push(edge[0]);
            }
            line.push(edge[1]);
        }
        lines.push(line);
    }
    lines.retain(|line| line.len() > 1);
    lines
}

/// A line with vertices so dense that neither degrees nor a plane bend it by a noticeable part of the distance.
pub(super) fn densify(line: &[Xy], distance_m: f64) -> Vec<Xy> {
    let mut dense = Vec::with_capacity(line.len());
    dense.extend(line.first());
    for edge in line.windows(2) {
        let (a, b) = (edge[0], edge[1]);
        let latitude = if a[1].abs() > b[1].abs() { a[1] } else { b[1] };
        let parts = (rough_length_m(a, b) / step_m(distance_m, latitude))
            .max((b[0] - a[0]).abs() / LARGEST_STEP_DEG)
            .ceil()
            .max(1.0);
        for part in 1..parts as u32 {
            let along = f64::from(part) / parts;
            dense.push([a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])]);
        }
        dense.push(b);
    }
    dense
}

/// The length of a short straight line in degrees, in metres, to a percent or so.
pub(super) fn rough_length_m(a: Xy, b: Xy) -> f64 {
    let north = (b[1] - a[1]).to_radians();
    let east = (b[0] - a[0]).to_radians() * ((a[1] + b[1]) / 2.0).to_radians().cos();
    RADIUS_M * north.hypot(east)
}

/// Polygons in a plane as polygons within ±180°.
pub(super) fn from_plane(plane: &LocalPlane, rings: Vec<Path>, distance_m: f64) -> Vec<Path> {
    let mut exteriors = Vec::new();
    let mut holes = Vec::new();
    for ring in rings {
        let is_hole = fill::doubled_area(&ring.xy) > 0.0;
        let mut xy = unproject_ring(plane, &ring.xy, distance_m);
        close_around_pole(&mut xy, is_inside(&ring.xy, plane.project([0.0, 90.0])));
        if is_hole { holes.push(xy) } else { exteriors.push(xy) }
    }
    let is_whole = |ring: &Vec<Xy>| ring.iter().all(|xy| xy[0].abs() <= 180.0);
    if exteriors.iter().chain(&holes).all(is_whole) {
        return exteriors.into_iter().chain(holes).map(Path::from_xy).collect();
    }
    let cut =
        |rings: Vec<Vec<Xy>>| -> Vec<Vec<Xy>> { rings.into_iter().flat_map(cut_at_antimeridian).collect() };
    let (exteriors, holes) = (cut(exteriors), cut(holes));
    if holes.is_empty() { fill::nonzero(&exteriors) } else { fill::difference(&exteriors, &holes) }
}

/// The longest edge, in metres, that is as good as straight both in degrees and in a plane.
fn step_m(distance_m: f64, latitude_deg: f64) -> f64 {
    let bend = latitude_deg.to_radians().tan().abs().clamp(0.1, 57.0);
    (8.0 * RADIUS_M * DEVIATION * distance_m / bend).sqrt().clamp(20.0, 100_000.0)
}

/// A ring of a plane in continuous longitude and latitude, with vertices added where edges are long.
fn unproject_ring(plane: &LocalPlane, ring: &[Xy], distance_m: f64) -> Vec<Xy> {
    let mut result: Vec<Xy> = Vec::with_capacity(ring.len());
    let mut ends: Vec<(Xy, Xy, u32)> = Vec::new();
    let Some(&first) = ring.first() else { return result };
    let mut from = first;
    result.push(plane.unproject(first));
    for &to in &ring[1..] {
        ends.push((to, plane.unproject(to), 0));
        while let Some(&(to, position, depth)) = ends.last() {
            let before = result[result.len() - 1];
            let turn = 360.0 * ((position[0] - before[0]) / 360.0).round();
            let latitude = if before[1].abs() > position[1].abs() { before[1] } else { position[1] };
            let length_m = (to[0] - from[0]).hypot(to[1] - from[1]);
            let is_long = length_m > step_m(distance_m, latitude)
                || (position[0] - turn - before[0]).abs() > LARGEST_STEP_DEG;
            if is_long && depth < 14 {
                let middle = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
                ends.pop();
                ends.push((to, position, depth + 1));
                ends.push((middle, plane.unproject(middle), depth + 1));
                continue;
            }
            ends.pop();
            result.push([position[0] - turn, position[1]]);
            from = to;
        }
    }
    result
}

/// Turns an unwrapped ring that goes once around a pole into one that runs along the line of that pole.
fn close_around_pole(ring: &mut Vec<Xy>, is_north: bool) {
    let (Some(&first), Some(&last)) = (ring.first(), ring.last()) else { return };
    if (last[0] - first[0]).abs() < 180.0 {
        // Exactly closed, whatever rounding the way around has left.
        let end = ring.len() - 1;
        ring[end] = first;
        return;
    }
    let pole = if is_north { 90.0 } else { -90.0 };
    ring.extend([[last[0], pole], [first[0], pole], first]);
}

/// The parts of an unwrapped ring, each moved between -180° and 180°.
fn cut_at_antimeridian(ring: Vec<Xy>) -> Vec<Vec<Xy>> {
    let (low, high) = ring
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), xy| (low.min(xy[0]), high.max(xy[0])));
    let band = |lon: f64| (lon + 180.0) / 360.0;
    let (first, last) = (band(low).floor(), band(high).ceil() - 1.0);
    let moved = |rings: Vec<Vec<Xy>>, band: f64| -> Vec<Vec<Xy>> {
        let clamp = |xy: Xy| [(xy[0] - 360.0 * band).clamp(-180.0, 180.0), xy[1].clamp(-90.0, 90.0)];
        rings.into_iter().map(|ring| ring.into_iter().map(clamp).collect()).collect()
    };
    if last <= first {
        return moved(vec![ring], first);
    }
    let mut parts = Vec::new();
    let mut number = first;
    while number <= last {
        let (west, east) = (360.0 * number - 180.0, 360.0 * number + 180.0);
        let frame = vec![[west, -91.0], [east, -91.0], [east, 91.0], [west, 91.0]];
        let inside = fill::intersection(std::slice::from_ref(&ring), &[frame]);
        parts.extend(moved(fill::positions(inside), number));
        number += 1.0;
    }
    parts
}

/// Whether a point lies in a ring, by counting crossings.
fn is_inside(ring: &[Xy], [x, y]: Xy) -> bool {
    ring.windows(2).fold(false, |inside, edge| {
        let ([x0, y0], [x1, y1]) = (edge[0], edge[1]);
        let crosses = (y0 > y) != (y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0);
        inside != crosses
    })
}
