//! Where the outlines of two equal discs cross, as positions along the outlines.
//!
//! Discs are 64-gons, translates of one polygon P that is its own mirror image in its center. With the second center at
//! `t` from the first, a point `p` of both outlines has `p` and `p - t` on the outline of P; then `t - p` is the other
//! such point. So one crossing gives both intervals. Positions are counted in sides: 3.25 is a quarter along side 3.

use std::sync::LazyLock;

use gp_esri::Xy;

use super::super::disc::{SIDES, STEP_RADIANS};

/// How two discs meet.
#[derive(Debug, PartialEq)]
pub(super) enum Crossing {
    /// They share nothing.
    Apart,
    /// Vertex `.0` of the first is a vertex of the second, and that is all they share.
    Touch(usize),
    /// The second covers the first's outline counter-clockwise from `start`, in 0..64, to `end`, which may pass 64.
    Covers { start: f64, end: f64 },
    /// Too close to a degenerate position to say.
    InDoubt,
}

/// Normals and directions of the sides of P, half its width and the length of a side, for radius 1.
struct Sides {
    normal: [Xy; SIDES],
    along: [Xy; SIDES],
    distance: f64,
    length: f64,
}

static UNIT_SIDES: LazyLock<Sides> = LazyLock::new(|| {
    let mut sides = Sides {
        normal: [[0.0; 2]; SIDES],
        along: [[0.0; 2]; SIDES],
        distance: (STEP_RADIANS / 2.0).cos(),
        length: 2.0 * (STEP_RADIANS / 2.0).sin(),
    };
    for k in 0..SIDES {
        let (sin, cos) = ((k as f64 + 0.5) * STEP_RADIANS).sin_cos();
        sides.normal[k] = [cos, sin];
        sides.along[k] = [-sin, cos];
    }
    sides
});

/// The full turn, in sides.
const TURN: f64 = SIDES as f64;

/// Least tolerance, in sides: a billionth of the radius, far above the rounding of the solve and far below what a
/// double can tell apart in the area of a union.
const TOLERANCE_SIDES: f64 = 1e-8;

/// Above this the vertices of a disc are themselves too rounded for outlines to be told apart.
const LARGEST_TOLERANCE_SIDES: f64 = 1e-4;

/// The distance, in sides, under which two events on an outline count as the same; `None` when the radius is so small
/// beside the coordinates that discs are not translates of each other any more.
pub(super) fn tolerance_sides(largest_coordinate: f64, radius: f64) -> Option<f64> {
    let rounding = (largest_coordinate + radius) * f64::EPSILON;
    let tolerance = TOLERANCE_SIDES.max(8.0 * rounding / (radius * UNIT_SIDES.length));
    (tolerance <= LARGEST_TOLERANCE_SIDES).then_some(tolerance)
}

/// How the disc at `t` meets the disc at the origin; `t` in units of the radius.
pub(super) fn crossing(t: Xy, tolerance: f64) -> Crossing {
    let sides = &*UNIT_SIDES;
    let distance = dot(t, t).sqrt();
    if distance < tolerance {
        return Crossing::InDoubt;
    }
    let direction = t[1].atan2(t[0]) / STEP_RADIANS;
    if distance > 1.99 {
        let side = side_at(direction);
        let overlap = 1.0 - dot(sides.normal[side], t) / (2.0 * sides.distance);
        if overlap < -tolerance {
            return Crossing::Apart;
        }
        if overlap < tolerance {
            let along = dot(sides.along[side], t) / (2.0 * sides.length) + 0.5;
            return if along < tolerance {
                Crossing::Touch(side)
            } else if along > 1.0 - tolerance {
                Crossing::Touch((side + 1) % SIDES)
            } else {
                Crossing::InDoubt
            };
        }
    }
    let half_width = (distance / 2.0).min(1.0).acos() / STEP_RADIANS;
    // Sides `i` of the first and `j` of the second whose lines cross in the counter-clockwise end of the cover.
    let mut i = side_at(direction + half_width);
    let mut j = side_at(direction + TURN / 2.0 - half_width);
    for _ in 0..16 {
        if i == j {
            // Centers close together: the outlines cross beside the vertex farthest from the line of centers.
            let vertex = (direction + TURN / 4.0).round().rem_euclid(TURN) as usize % SIDES;
            (i, j) = ((vertex + SIDES - 1) % SIDES, vertex);
        } else if i == (j + SIDES / 2) % SIDES {
            // Opposite sides face each other: the one that ends first is left behind.
            if dot(sides.along[i], t) > 0.0 {
                i = (i + 1) % SIDES;
            } else {
                j = (j + SIDES - 1) % SIDES;
            }
        }
        let (n, m) = (sides.normal[i], sides.normal[j]);
        let (a, b) = (sides.distance, sides.distance + dot(m, t));
        let determinant = n[0] * m[1] - n[1] * m[0];
        let p = [(a * m[1] - b * n[1]) / determinant, (n[0] * b - m[0] * a) / determinant];
        let on_first = dot(sides.along[i], p) / sides.length + 0.5;
        let on_second = dot(sides.along[j], [p[0] - t[0], p[1] - t[1]]) / sides.length + 0.5;
        let (off_first, off_second) = ((on_first - 0.5).abs(), (on_second - 0.5).abs());
        // Half a tolerance past a vertex is still on the side: both sides of a vertex must not refuse it.
        if off_first.max(off_second) <= 0.5 + tolerance / 2.0 {
            let start = (j as f64 + on_second + TURN / 2.0).rem_euclid(TURN);
            let end = start + (i as f64 + on_first - start).rem_euclid(TURN);
            // More than half an outline is never covered.
            return if end - start < TURN / 2.0 + 1.0 {
                Crossing::Covers { start, end }
            } else {
                Crossing::InDoubt
            };
        }
        if off_first >= off_second {
            i = step(i, on_first);
        } else {
            j = step(j, on_second);
        }
    }
    Crossing::InDoubt
}

fn step(side: usize, position: f64) -> usize {
    if position > 0.5 { (side + 1) % SIDES } else { (side + SIDES - 1) % SIDES }
}

fn side_at(position: f64) -> usize {
    // `rem_euclid` may round up to the modulus itself.
    position.rem_euclid(TURN) as usize % SIDES
}

fn dot(a: Xy, b: Xy) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::disc;

    /// The point of the unit disc's outline at a position.
    fn at(position: f64) -> Xy {
        let position = position.rem_euclid(TURN);
        let (k, along) = (position as usize, position.fract());
        let (a, b) = (disc::UNIT[k % SIDES], disc::UNIT[(k + 1) % SIDES]);
        [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])]
    }

    #[test]
    fn the_ends_of_a_cover_lie_on_both_outlines() {
        for k in 0..20_000 {
            let angle = f64::from(k) * 0.123_456_7;
            let distance = 1e-6 + 1.997 * f64::from(k) / 20_000.0;
            let t = [distance * angle.cos(), distance * angle.sin()];
            let Crossing::Covers { start, end } = crossing(t, 1e-8) else { panic!("in doubt at {t:?}") };
            for position in [start, end] {
                let p = at(position);
                let q = [p[0] - t[0], p[1] - t[1]];
                let sides = &*UNIT_SIDES;
                let gauge = (0..SIDES).map(|k| dot(sides.normal[k], q)).fold(0.0, f64::max) / sides.distance;
                assert!((gauge - 1.0).abs() < 1e-8, "{t:?} {gauge}");
            }
        }
    }

    #[test]
    fn discs_a_diameter_apart_on_an_axis_touch_in_a_vertex() {
        assert_eq!(crossing([2.0, 0.0], 1e-8), Crossing::Touch(0));
        assert_eq!(crossing([0.0, -2.0], 1e-8), Crossing::Touch(48));
    }

    #[test]
    fn discs_that_share_a_piece_of_a_side_are_in_doubt() {
        let sides = &*UNIT_SIDES;
        let [x, y] = sides.normal[5];
        assert_eq!(crossing([2.0 * sides.distance * x, 2.0 * sides.distance * y], 1e-8), Crossing::InDoubt);
    }
}
