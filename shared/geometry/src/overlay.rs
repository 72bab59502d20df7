//! Overlay of polygons: intersection, difference, union, symmetric difference.
//!
//! All functions take valid Esri rings, as `repair` leaves them, and return valid ones: closed, exteriors clockwise,
//! without z and m. Results are the same for the same input, in the same order. Where boxes already decide, the input is
//! handed back vertex by vertex. Large polygons met by many small ones belong into [`crate::PreparedPolygon`].

mod coverage;
mod engine;
pub(crate) mod nesting;
mod status;
pub(crate) mod validity;
pub(crate) mod walk;

use crate::prepared::{ringside, without_zm};
use crate::rings::envelope_of;
use engine::{Operation, overlay, overlay_common};
use gp_esri::{Envelope, Path, Xy};

/// The area that `a` and `b` share.
pub fn intersection(a: &[Path], b: &[Path]) -> Vec<Path> {
    let (box_a, box_b) = (envelope_of(a), envelope_of(b));
    if !box_a.intersects(&box_b) {
        return Vec::new();
    }
    // Each polygon needs its detail only inside the box of the other.
    let a: Vec<Vec<Xy>> = a.iter().filter_map(|ring| ringside(&ring.xy, &box_b)).collect();
    let b: Vec<Vec<Xy>> = b.iter().filter_map(|ring| ringside(&ring.xy, &box_a)).collect();
    reduced_intersection(&a, &b)
}

/// The area of `a` outside `b`.
pub fn difference(a: &[Path], b: &[Path]) -> Vec<Path> {
    let box_a = envelope_of(a);
    if !box_a.intersects(&envelope_of(b)) {
        return without_zm(a);
    }
    let b: Vec<Vec<Xy>> = b.iter().filter_map(|ring| ringside(&ring.xy, &box_a)).collect();
    overlay(&positions(a), &slices(&b), Operation::Difference)
}

/// The area in any of the polygons. Orientation must be right: a polygon turned inside out would cancel its neighbours.
pub fn union_all<'a>(polygons: impl IntoIterator<Item = &'a [Path]>) -> Vec<Path> {
    let rings: Vec<&[Xy]> = polygons.into_iter().flatten().map(|ring| ring.xy.as_slice()).collect();
    // Where neighbours share their borders exactly, nothing has to be computed.
    coverage::union_of_coverage(&rings).unwrap_or_else(|| overlay(&rings, &[], Operation::Union))
}

/// Whether it is certain, and cheaply seen, that no two of the polygons overlap: they are a coverage, whose shared borders
/// have the same vertices.
pub fn is_coverage(polygons: &[&[Path]]) -> bool {
    let rings: Vec<&[Xy]> = polygons.iter().copied().flatten().map(|ring| ring.xy.as_slice()).collect();
    coverage::union_of_coverage(&rings).is_some()
}

/// The area in exactly one of `a` and `b`.
pub fn symmetric_difference(a: &[Path], b: &[Path]) -> Vec<Path> {
    overlay(&positions(a), &positions(b), Operation::SymmetricDifference)
}

/// The area of rings minus that of others, whatever their orientation or crossings: each ring must wind its area
/// clockwise, holes are given apart. What the repair is made of.
pub(crate) fn raw_difference(shells: &[Path], holes: &[Path]) -> Vec<Path> {
    overlay(&positions(shells), &positions(holes), Operation::Difference)
}

/// The intersection of rings already reduced to what matters.
pub(crate) fn reduced_intersection(a: &[Vec<Xy>], b: &[Vec<Xy>]) -> Vec<Path> {
    overlay(&slices(a), &slices(b), Operation::Intersection)
}

/// The area in each of several polygons and in none of the rings taken away, all reduced to what matters in `window`.
pub(crate) fn reduced_common(all: &[Vec<Vec<Xy>>], removed: &[Vec<Xy>], window: &Envelope) -> Vec<Path> {
    let rings: Vec<&[Xy]> = all.iter().flatten().map(Vec::as_slice).collect();
    overlay_common(&rings, all.len(), &slices(removed), window)
}

/// The difference with rings already reduced to what matters.
pub(crate) fn reduced_difference(a: &[Path], b: &[Vec<Xy>]) -> Vec<Path> {
    overlay(&positions(a), &slices(b), Operation::Difference)
}

fn positions(rings: &[Path]) -> Vec<&[Xy]> {
    rings.iter().map(|ring| ring.xy.as_slice()).collect()
}

fn slices(rings: &[Vec<Xy>]) -> Vec<&[Xy]> {
    rings.iter().map(Vec::as_slice).collect()
}
