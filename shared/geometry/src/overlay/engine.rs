//! The only module that names `i_overlay`: boolean operations on rings, on its 64 bit integer grid.
//!
//! Separate because that crate changes its interface every few weeks. It panics on coordinates that are not finite or
//! beyond 2^500; such rings are left out here, though callers repair their input first.

use super::validity::{is_usable, survey};
use gp_esri::{Envelope, Path, Xy};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{ContourDirection, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::float::overlay::{FloatOverlay, OverlayOptions};
use i_overlay::i_float::adapter::FloatPointAdapter;
use i_overlay::i_float::float::rect::FloatRect;

/// The boolean operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Intersection,
    Difference,
    Union,
    SymmetricDifference,
}

/// Bits of a grid coordinate: the most the engine can compute with.
const FINE_BITS: u32 = 61;

/// Bits of a grid coordinate that `f64` holds exactly: what is valid on this grid is valid as it comes out.
const EXACT_BITS: u32 = 52;

/// Applies `operation` to two sets of closed rings, filled where the winding number is not zero. The result is valid,
/// closed and oriented as Esri wants.
pub(crate) fn overlay(subject: &[&[Xy]], clip: &[&[Xy]], operation: Operation) -> Vec<Path> {
    made_valid(overlay_on_grid(subject, clip, operation, FillRule::NonZero, FINE_BITS))
}

/// The area that the clockwise rings wind around at least `count` times, without that of the `clip` rings.
pub(crate) fn overlay_common(
    subject: &[&[Xy]],
    count: usize,
    clip: &[&[Xy]],
    window: &Envelope,
) -> Vec<Path> {
    // A frame around everything that winds the other way, once for each polygon but one, leaves a winding number above
    // zero where all of them are.
    let mut all = *window;
    for xy in subject.iter().flat_map(|ring| ring.iter()) {
        all.include(*xy);
    }
    let mut frame = all.ring();
    frame.reverse();
    let mut rings = subject.to_vec();
    rings.extend((1..count).map(|_| frame.as_slice()));
    made_valid(overlay_on_grid(&rings, clip, Operation::Difference, CLOCKWISE, FINE_BITS))
}

/// Fills where rings wind clockwise more often than the other way.
const CLOCKWISE: FillRule = FillRule::Negative;

/// A result as it is, or rebuilt where rounding has spoilt it.
fn made_valid(result: Vec<Path>) -> Vec<Path> {
    if survey(&result).is_ok_and(|nesting| nesting.all_oriented()) {
        return result;
    }
    // Rounding of new vertices has made slivers cross: once more, on a grid that needs no rounding.
    let rings: Vec<&[Xy]> = result.iter().map(|ring| ring.xy.as_slice()).collect();
    overlay_on_grid(&rings, &[], Operation::Union, FillRule::NonZero, EXACT_BITS)
}

fn overlay_on_grid(
    subject: &[&[Xy]],
    clip: &[&[Xy]],
    operation: Operation,
    fill: FillRule,
    bits: u32,
) -> Vec<Path> {
    let usable = |ring: &&&[Xy]| ring.len() > 3 && ring.iter().all(|xy| is_usable(*xy));
    let mut radius = 0.0_f64;
    let mut vertices = 0;
    for ring in subject.iter().chain(clip).filter(usable) {
        vertices += ring.len();
        for xy in *ring {
            radius = radius.max(xy[0].abs()).max(xy[1].abs());
        }
    }
    // The grid is centred on the origin and its step is a power of two, so that almost every input coordinate lies on
    // it exactly and comes back bit by bit: neighbours stay neighbours over any number of operations.
    let Ok(extent) = FloatRect::new(-radius, radius, -radius, radius) else { return Vec::new() };
    if vertices == 0 {
        return Vec::new();
    }
    let adapter = FloatPointAdapter::<Xy, i64>::with_coordinate_bits(extent, bits);
    let mut options = OverlayOptions::<f64, i64>::ogc();
    options.output_direction = ContourDirection::Clockwise;
    // A vertex on a straight line may be there for a later projection: it stays.
    options.preserve_input_collinear = true;
    options.preserve_output_collinear = true;
    let mut engine = FloatOverlay::new_custom(adapter, options, Solver::AUTO, vertices);
    for (rings, role) in [(subject, ShapeType::Subject), (clip, ShapeType::Clip)] {
        for ring in rings.iter().filter(usable) {
            engine = engine.unsafe_add_contour(&ring[..ring.len() - 1], role);
        }
    }
    let rule = match operation {
        Operation::Intersection => OverlayRule::Intersect,
        Operation::Difference => OverlayRule::Difference,
        Operation::Union => OverlayRule::Union,
        Operation::SymmetricDifference => OverlayRule::Xor,
    };
    let contours = engine.overlay(rule, fill).into_iter().flatten();
    contours.filter(|contour| contour.len() > 2).map(closed).collect()
}

fn closed(mut contour: Vec<Xy>) -> Path {
    // Grid positions closer than the precision of `f64` come back as one.
    contour.dedup();
    while contour.len() > 1 && contour.first() == contour.last() {
        contour.pop();
    }
    contour.extend(contour.first().copied());
    Path::from_xy(contour)
}
