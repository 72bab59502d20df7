//! The one place of the buffers that speaks to the overlay engine: rings in, Esri-oriented closed rings out.
//!
//! Separate so that the engine's rules (finite coordinates only, ring lists without closing vertex, majors every few
//! weeks) stay in one file. It must never be given a coordinate that `is_usable` refuses: the engine panics on it.

use crate::repair::repair_polygon;
use gp_esri::{Path, Xy};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::ContourDirection;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::float::overlay::{FloatOverlay, OverlayOptions};

/// Coordinates and distances beyond this are dropped: squares of them still fit an `f64`, and nothing on Earth is there.
const LARGEST_COORDINATE: f64 = 1e100;

/// Whether a position can be given to the engine.
pub(crate) fn is_usable(xy: Xy) -> bool {
    // False for NaN too.
    xy[0].abs() <= LARGEST_COORDINATE && xy[1].abs() <= LARGEST_COORDINATE
}

/// The area where the winding number of `rings` is not zero.
pub(crate) fn nonzero(rings: &[Vec<Xy>]) -> Vec<Path> {
    fill(rings, FillRule::NonZero)
}

/// The area where the winding number of `rings`, counted counter-clockwise, is positive.
pub(crate) fn positive(rings: &[Vec<Xy>]) -> Vec<Path> {
    fill(rings, FillRule::Positive)
}

/// The area where the winding number of `rings`, counted counter-clockwise, is negative.
pub(crate) fn negative(rings: &[Vec<Xy>]) -> Vec<Path> {
    fill(rings, FillRule::Negative)
}

/// The area of `subject` outside `clip`. Each side is taken with the non-zero rule.
pub(crate) fn difference(subject: &[Vec<Xy>], clip: &[Vec<Xy>]) -> Vec<Path> {
    overlay(subject, clip, OverlayRule::Difference)
}

/// The area of `subject` inside `clip`. Each side is taken with the non-zero rule.
pub(crate) fn intersection(subject: &[Vec<Xy>], clip: &[Vec<Xy>]) -> Vec<Path> {
    overlay(subject, clip, OverlayRule::Intersect)
}

/// The union of polygons that are each valid and oriented as Esri has them.
pub(crate) fn union(polygons: impl IntoIterator<Item = Path>) -> Vec<Path> {
    let rings: Vec<Vec<Xy>> = polygons.into_iter().map(|path| path.xy).collect();
    nonzero(&rings)
}

/// The positions of paths, without the paths.
pub(crate) fn positions(paths: Vec<Path>) -> Vec<Vec<Xy>> {
    paths.into_iter().map(|path| path.xy).collect()
}

/// A valid polygon out of Esri rings of any quality: vertices that the engine cannot take dropped, the rest repaired as
/// every input is, so that an island in a hole stays.
pub(crate) fn repair(rings: &[Path]) -> Vec<Path> {
    let usable = |ring: &Path| Path::from_xy(ring.xy.iter().copied().filter(|xy| is_usable(*xy)).collect());
    let rings: Vec<Path> = rings.iter().map(usable).collect();
    repair_polygon(&rings).unwrap_or_default()
}

/// Twice the area of a ring, positive when counter-clockwise. Relative to the first vertex, for precision.
pub(crate) fn doubled_area(ring: &[Xy]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let mut sum = 0.0;
    for pair in ring.windows(2) {
        sum += (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0);
    }
    sum
}

/// Whether a ring is no wider than coordinates are rounded: what is left between two outlines that were one before they
/// went through the engine twice. Its orientation is chance, so that it may look like an exterior in a hole.
fn is_sliver(ring: &[Xy]) -> bool {
    const ROUNDINGS: f64 = 32.0;
    let largest = ring.iter().flatten().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    let length: f64 = ring.windows(2).map(|e| (e[1][0] - e[0][0]).hypot(e[1][1] - e[0][1])).sum();
    doubled_area(ring).abs() <= length * largest * ROUNDINGS * f64::EPSILON
}

fn options() -> OverlayOptions<f64, i64> {
    let mut options = OverlayOptions::ogc();
    options.output_direction = ContourDirection::Clockwise;
    options
}

/// Raw offsets are long chains of short segments that cross their neighbours: up to this many, the engine's list finds
/// the crossings faster than its tree does (a tenth of the time of buffers of counties).
const MOST_LISTED: usize = 16_000;

fn solver(rings: &[Vec<Xy>]) -> Solver {
    let segments: usize = rings.iter().map(Vec::len).sum();
    if segments <= MOST_LISTED { Solver::LIST } else { Solver::AUTO }
}

fn fill(rings: &[Vec<Xy>], rule: FillRule) -> Vec<Path> {
    if rings.is_empty() {
        return Vec::new();
    }
    let shapes = FloatOverlay::<Xy, i64>::from_subj_custom(rings, options(), solver(rings))
        .overlay(OverlayRule::Subject, rule);
    closed(shapes)
}

fn overlay(subject: &[Vec<Xy>], clip: &[Vec<Xy>], rule: OverlayRule) -> Vec<Path> {
    if subject.is_empty() {
        return Vec::new();
    }
    let shapes =
        FloatOverlay::<Xy, i64>::from_subj_and_clip_custom(subject, clip, options(), Solver::default())
            .overlay(rule, FillRule::NonZero);
    closed(shapes)
}

fn closed(shapes: Vec<Vec<Vec<Xy>>>) -> Vec<Path> {
    let mut rings = Vec::new();
    for mut ring in shapes.into_iter().flatten() {
        if ring.len() < 3 {
            continue;
        }
        ring.push(ring[0]);
        if !is_sliver(&ring) {
            rings.push(Path::from_xy(ring));
        }
    }
    rings
}
