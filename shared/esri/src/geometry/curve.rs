//! True curves (specification 6.3), turned into vertices.
//!
//! Nothing behind the reader knows arcs; so they are densified where they are read, closely enough that no map shows it.

use super::path::{Budget, push_vertex};
use super::{Path, Xy};
use crate::ReadError;
use crate::json::{Kind, Reader};

/// Greatest distance between a curve and its chords, as a share of the curve's radius (arcs) or extent (Béziers): a circle
/// gets 222 vertices and loses 0.013 % of its area.
pub(crate) const CURVE_TOLERANCE: f64 = 1e-4;
/// Finer tolerances than this count as this one: a full circle has 2222 vertices then, and no curve has more.
const FINEST_TOLERANCE: f64 = 1e-6;
/// No curve gets more chords, whatever rounding makes of its size.
const MAX_SEGMENTS: f64 = 2_500.0;
/// A circle through three points that are this close to a line, relative to their distances, is taken for the line.
const STRAIGHT: f64 = 1e-12;

const TURN: f64 = std::f64::consts::TAU;

/// What stands in a curve's array: positions first, then numbers.
#[derive(Default)]
struct Arguments {
    positions: Vec<Xy>,
    /// The third and fourth ordinate of the first position, the curve's end, and how many ordinates it has.
    end: ([f64; 4], usize),
    numbers: Vec<f64>,
}

/// How finely a curve is cut, and how many vertices it may make.
struct Chords {
    tolerance: f64,
    most: usize,
}

impl Chords {
    /// A number of segments, at least one; NaN (a degenerate curve) is one. `None` when the budget has no room for
    /// them: asked before they are computed, because a short text can hold thousands of circles.
    fn segments(&self, wanted: f64) -> Option<usize> {
        let count = wanted.ceil().clamp(1.0, MAX_SEGMENTS).max(1.0) as usize;
        (count <= self.most).then_some(count)
    }
}

/// Part of an ellipse: centre, half axes along and across `rotation`, first angle and signed sweep.
struct Arc {
    centre: Xy,
    semi_major: f64,
    semi_minor: f64,
    rotation: f64,
    start: f64,
    sweep: f64,
}

/// Reads the curve object that `reader` stands on, from the last vertex of `path`, and appends its vertices.
pub(super) fn read_curve(reader: &mut Reader<'_>, path: &mut Path, budget: &Budget) -> Result<(), ReadError> {
    let Some(start) = path.xy.last().copied() else {
        return Err(ReadError::invalid("a curve needs a start point before it"));
    };
    let mut curve = None;
    reader.begin_object()?;
    while let Some(key) = reader.next_key()? {
        match key.as_ref() {
            "a" | "b" | "c" => curve = Some((key, read_arguments(reader)?)),
            _ => reader.skip_value()?,
        }
    }
    let Some((kind, arguments)) = curve else {
        return Err(ReadError::invalid("unknown curve: expected {\"c\":…}, {\"a\":…} or {\"b\":…}"));
    };
    let chords = Chords {
        tolerance: budget.curve_tolerance.clamp(FINEST_TOLERANCE, 0.5),
        most: budget.vertices_left.saturating_sub(path.xy.len()),
    };
    let places = match (kind.as_ref(), arguments.positions.as_slice()) {
        ("c", [end, interior]) => through_three_points(start, *interior, *end, &chords),
        ("b", [end, first, second]) => bezier(start, *first, *second, *end, &chords),
        ("a", [end, centre]) => {
            arc_places(&around_centre(start, *end, *centre, &arguments.numbers), *end, &chords)
        }
        ("c", _) => {
            return Err(ReadError::invalid(
                "a circular arc is {\"c\":[[end x, end y],[interior x, interior y]]}",
            ));
        }
        ("b", _) => {
            return Err(ReadError::invalid("a Bézier curve is {\"b\":[[end],[control 1],[control 2]]}"));
        }
        _ => return Err(ReadError::invalid("an arc is {\"a\":[[end],[centre],minor,clockwise,…]}")),
    };
    let places = places.ok_or_else(|| budget.too_many())?;
    append(path, &places, &arguments);
    Ok(())
}

fn read_arguments(reader: &mut Reader<'_>) -> Result<Arguments, ReadError> {
    let mut arguments = Arguments::default();
    reader.begin_array()?;
    while reader.next_element()? {
        match reader.peek()? {
            Kind::Array => {
                let mut ordinates = [0.0; 4];
                let count = reader.position(&mut ordinates)?;
                if count < 2 {
                    return Err(ReadError::invalid("a position of a curve needs x and y"));
                }
                if arguments.positions.is_empty() {
                    arguments.end = (ordinates, count);
                }
                arguments.positions.push([ordinates[0], ordinates[1]]);
            }
            Kind::Bool => arguments.numbers.push(f64::from(u8::from(reader.bool()?))),
            _ => arguments.numbers.push(reader.ordinate()?),
        }
    }
    Ok(arguments)
}

/// Appends the places with the ordinates of the end, reached evenly from those of the start.
fn append(path: &mut Path, places: &[Xy], arguments: &Arguments) {
    let (end, count) = arguments.end;
    let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
    let (z, m) = (last(&path.z), last(&path.m));
    for (index, [x, y]) in places.iter().enumerate() {
        let share = (index + 1) as f64 / places.len() as f64;
        let between =
            |from: f64, to: f64| if index + 1 == places.len() { to } else { from + (to - from) * share };
        push_vertex(path, &[*x, *y, between(z, end[2]), between(m, end[3])], count);
    }
}

/// The places of the arc from `start` over `interior` to `end`, `start` left out.
fn through_three_points(start: Xy, interior: Xy, end: Xy, chords: &Chords) -> Option<Vec<Xy>> {
    let [ax, ay] = [interior[0] - start[0], interior[1] - start[1]];
    let [bx, by] = [end[0] - start[0], end[1] - start[1]];
    let (a2, b2) = (ax * ax + ay * ay, bx * bx + by * by);
    let cross = ax * by - ay * bx;
    let centre = if b2.sqrt() <= STRAIGHT * a2.sqrt() {
        // A full circle: the interior point lies opposite the start.
        [start[0] + ax / 2.0, start[1] + ay / 2.0]
    } else if cross.abs() <= STRAIGHT * (a2 * b2).sqrt() {
        return (chords.most >= 2).then(|| vec![interior, end]);
    } else {
        [start[0] + (by * a2 - ay * b2) / (2.0 * cross), start[1] + (ax * b2 - bx * a2) / (2.0 * cross)]
    };
    let angle = |xy: Xy| (xy[1] - centre[1]).atan2(xy[0] - centre[0]);
    let first = angle(start);
    let to_end = (angle(end) - first).rem_euclid(TURN);
    let to_interior = (angle(interior) - first).rem_euclid(TURN);
    let sweep = match to_end {
        _ if b2.sqrt() <= STRAIGHT * a2.sqrt() => TURN,
        _ if to_interior <= to_end => to_end,
        _ => to_end - TURN,
    };
    let radius = (start[0] - centre[0]).hypot(start[1] - centre[1]);
    let arc = Arc { centre, semi_major: radius, semi_minor: radius, rotation: 0.0, start: first, sweep };
    arc_places(&arc, end, chords)
}

/// The arc from `start` to `end` around `centre`; `numbers` are minor, clockwise, rotation, semi-major axis, axis ratio.
fn around_centre(start: Xy, end: Xy, centre: Xy, numbers: &[f64]) -> Arc {
    let flag = |index: usize| numbers.get(index).map(|value| value.abs() > 0.5);
    let radius = (start[0] - centre[0]).hypot(start[1] - centre[1]);
    let (rotation, semi_major, ratio) = match numbers {
        [_, _, rotation, semi_major, ratio, ..] if *semi_major > 0.0 && *ratio > 0.0 => {
            (*rotation, *semi_major, *ratio)
        }
        _ => (0.0, radius, 1.0),
    };
    let semi_minor = semi_major * ratio;
    let (sin, cos) = rotation.sin_cos();
    let angle = |xy: Xy| {
        let [dx, dy] = [xy[0] - centre[0], xy[1] - centre[1]];
        ((dy * cos - dx * sin) / semi_minor).atan2((dx * cos + dy * sin) / semi_major)
    };
    let first = angle(start);
    let counterclockwise = (angle(end) - first).rem_euclid(TURN);
    let is_full = (end[0] - start[0]).hypot(end[1] - start[1]) <= STRAIGHT * radius;
    let is_clockwise = flag(1).unwrap_or_else(|| {
        // Without a direction the shorter way is the minor arc.
        (counterclockwise > TURN / 2.0) == flag(0).unwrap_or(true)
    });
    let sweep = match (is_full, is_clockwise) {
        (true, true) => -TURN,
        (true, false) => TURN,
        (false, true) => counterclockwise - TURN,
        (false, false) => counterclockwise,
    };
    Arc { centre, semi_major, semi_minor, rotation, start: first, sweep }
}

fn arc_places(arc: &Arc, end: Xy, chords: &Chords) -> Option<Vec<Xy>> {
    // A chord of angle s stays within r(1 - cos(s/2)) of its arc.
    let step = 2.0 * (1.0 - chords.tolerance).acos();
    let count = chords.segments(arc.sweep.abs() / step)?;
    let (sin, cos) = arc.rotation.sin_cos();
    let mut places: Vec<Xy> = (1..count)
        .map(|index| {
            let angle = arc.start + arc.sweep * index as f64 / count as f64;
            let (along, across) = (arc.semi_major * angle.cos(), arc.semi_minor * angle.sin());
            [arc.centre[0] + along * cos - across * sin, arc.centre[1] + along * sin + across * cos]
        })
        .collect();
    places.push(end);
    Some(places)
}

fn bezier(start: Xy, first: Xy, second: Xy, end: Xy, chords: &Chords) -> Option<Vec<Xy>> {
    let bend = |a: Xy, b: Xy, c: Xy| (a[0] - 2.0 * b[0] + c[0]).hypot(a[1] - 2.0 * b[1] + c[1]);
    let points = [start, first, second, end];
    let extent = |axis: usize| {
        let values = points.iter().map(|point| point[axis]);
        values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
    };
    let allowed = chords.tolerance * extent(0).hypot(extent(1));
    // A chord over a parameter step h deviates at most h²/8 times the second derivative, which is at most six bends.
    let bends = bend(start, first, second).max(bend(first, second, end));
    let count = chords.segments((0.75 * bends / allowed).sqrt())?;
    let mut places: Vec<Xy> = (1..count)
        .map(|index| {
            let t = index as f64 / count as f64;
            let u = 1.0 - t;
            let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
            let sum =
                |axis: usize| points.iter().zip(weights).map(|(point, weight)| point[axis] * weight).sum();
            [sum(0), sum(1)]
        })
        .collect();
    places.push(end);
    Some(places)
}

#[cfg(test)]
mod tests;
