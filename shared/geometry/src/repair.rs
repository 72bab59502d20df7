//! Repair: what comes in from outside is made valid, and what is valid passes bit by bit.
//!
//! A polygon goes through the sweep of `overlay::validity`. Rings that only run the wrong way are turned. The rest is
//! rebuilt as GEOS's `make_valid(method="structure")` does: each ring is resolved by itself where its winding number is
//! not zero, exteriors are united, holes are cut out. Rebuilt polygons lose z and m. Never call it on results of this
//! crate: they are valid already.

#![expect(clippy::float_cmp, reason = "positions are compared exactly: equal vertices are what topology is")]

use crate::each_geometry::{Outcome, each_geometry};
use crate::overlay::validity::{Defect, is_speck, is_usable, survey};
use crate::overlay::{raw_difference, union_all};
use crate::prepared::without_zm;
use crate::relate::segment::{is_zero, orientation};
use crate::rings::{close, remove_repeated_points, retain, reverse, signed_area};
use gp_esri::{FeatureSet, Geometry, Path};
use std::convert::Infallible;

/// The rows that a repair changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Rows whose geometry was made valid.
    pub repaired: Vec<usize>,
    /// Rows among the repaired whose z and m are lost.
    pub lost_zm: Vec<usize>,
    /// Rows of whose geometry nothing was left: it is `None` now.
    pub emptied: Vec<usize>,
    /// Rows whose geometry could not be repaired, which is a fault of ours: it is `None` now.
    pub failed: Vec<usize>,
}

/// What a repair did to one geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// It was valid and is untouched.
    Untouched,
    /// Made valid; z and m stayed.
    Repaired,
    /// Made valid with new vertices; z and m are gone.
    Rebuilt,
    /// Nothing was left.
    Emptied,
}

/// Repairs every geometry of a set, in parallel.
pub fn repair_features(set: &mut FeatureSet) -> RepairReport {
    match repair_features_checked(set, || Ok::<(), Infallible>(())) {
        Ok(report) => report,
        Err(never) => match never {},
    }
}

/// [`repair_features`], asking `check` before each geometry whether to go on.
///
/// # Errors
/// The first error of `check`; the set is half repaired then.
pub fn repair_features_checked<E: Send>(
    set: &mut FeatureSet,
    check: impl Fn() -> Result<(), E> + Sync,
) -> Result<RepairReport, E> {
    let has_zm = set.has_z || set.has_m;
    let outcomes = each_geometry(&mut set.features, check, |mut geometry| {
        let done = repair_geometry(&mut geometry);
        ((done != Repair::Emptied).then_some(geometry), done)
    })?;
    let mut report = RepairReport::default();
    for (row, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Outcome::Missing | Outcome::Done(Repair::Untouched) => {}
            Outcome::Done(Repair::Repaired) => report.repaired.push(row),
            Outcome::Done(Repair::Rebuilt) => {
                report.repaired.push(row);
                if has_zm {
                    report.lost_zm.push(row);
                }
            }
            Outcome::Done(Repair::Emptied) => report.emptied.push(row),
            Outcome::Panicked => report.failed.push(row),
        }
    }
    Ok(report)
}

/// Repairs one geometry in place. After [`Repair::Emptied`] the geometry must not be used.
pub fn repair_geometry(geometry: &mut Geometry) -> Repair {
    match geometry {
        Geometry::Point(point) => {
            if is_usable(point.xy) {
                Repair::Untouched
            } else {
                Repair::Emptied
            }
        }
        Geometry::Multipoint(points) => {
            let dropped = drop_unusable(points);
            outcome(dropped, points.xy.is_empty())
        }
        Geometry::Polyline(paths) => {
            let mut changed = false;
            for path in paths.iter_mut() {
                changed |= drop_unusable(path);
                changed |= remove_repeated_points(path);
            }
            let before = paths.len();
            paths.retain(|path| path.xy.len() > 1);
            outcome(changed || paths.len() < before, paths.is_empty())
        }
        Geometry::Polygon(rings) => repair_rings(rings),
    }
}

/// The valid polygon that rings stand for, `None` when they enclose nothing. Valid rings come back as they are.
pub fn repair_polygon(rings: &[Path]) -> Option<Vec<Path>> {
    let mut repaired = rings.to_vec();
    (repair_rings(&mut repaired) != Repair::Emptied).then_some(repaired)
}

/// Whether rings make a valid polygon, rightly oriented.
pub fn is_valid_polygon(rings: &[Path]) -> bool {
    !rings.is_empty() && survey(rings).is_ok_and(|nesting| nesting.all_oriented())
}

/// What keeps rings from being a valid polygon, as far as it can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolygonFaults {
    /// A ring encloses no area: too few different vertices, or all on one line.
    pub empty_ring: bool,
    /// Edges cross or overlap, a ring touches itself, or rings that touch cut the interior in two.
    pub crossing: bool,
    /// Nothing crosses, but a ring runs the wrong way for where it lies.
    pub misoriented: bool,
}

/// The faults of closed rings. Repeated vertices are none.
pub fn polygon_faults(rings: &[Path]) -> PolygonFaults {
    let sound: Vec<Path> = rings.iter().filter(|ring| encloses_area(ring)).cloned().collect();
    let empty_ring = sound.len() < rings.len();
    let (crossing, misoriented) = match survey(&sound) {
        Ok(nesting) => (false, !nesting.all_oriented()),
        Err(_) => (true, false),
    };
    PolygonFaults { empty_ring, crossing, misoriented }
}

fn outcome(changed: bool, empty: bool) -> Repair {
    match (empty, changed) {
        (true, _) => Repair::Emptied,
        (false, true) => Repair::Repaired,
        (false, false) => Repair::Untouched,
    }
}

fn repair_rings(rings: &mut Vec<Path>) -> Repair {
    let mut changed = false;
    let mut found = survey(rings);
    if let Err(Defect::Ring) = found {
        let before = rings.len();
        for ring in rings.iter_mut() {
            drop_unusable(ring);
            close(ring);
        }
        rings.retain(encloses_area);
        changed |= rings.len() < before || found.is_err();
        found = survey(rings);
    }
    if rings.is_empty() {
        return Repair::Emptied;
    }
    if let Ok(nesting) = found {
        for (number, ring) in rings.iter_mut().enumerate() {
            if !nesting.is_oriented(number) {
                reverse(ring);
                changed = true;
            }
        }
        return outcome(changed, false);
    }
    *rings = rebuild(rings);
    if rings.is_empty() { Repair::Emptied } else { Repair::Rebuilt }
}

/// Makes crossing rings valid. Which rings are holes is read from their orientation, measured by the largest ring, which
/// is an exterior in any convention.
fn rebuild(rings: &[Path]) -> Vec<Path> {
    let areas: Vec<f64> = rings.iter().map(|ring| signed_area(&ring.xy)).collect();
    let largest = areas.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for (ring, area) in rings.iter().zip(&areas) {
        // A ring that crosses itself may have no net area at all; it is an exterior, not a hole.
        let hole = *area * largest.signum() < 0.0;
        let resolved = resolve(ring);
        if hole {
            holes.extend(resolved);
        } else {
            shells.extend(resolved);
        }
    }
    if shells.is_empty() { Vec::new() } else { raw_difference(&shells, &holes) }
}

/// The area that one ring winds around, as valid rings.
fn resolve(ring: &Path) -> Vec<Path> {
    let alone = std::slice::from_ref(ring);
    match survey(alone) {
        Ok(nesting) => {
            let mut simple = without_zm(alone);
            if !nesting.is_oriented(0) {
                simple.iter_mut().for_each(reverse);
            }
            simple
        }
        Err(_) => union_all([alone]),
    }
}

fn drop_unusable(path: &mut Path) -> bool {
    let keep: Vec<bool> = path.xy.iter().map(|xy| is_usable(*xy)).collect();
    let drops = keep.iter().any(|keep| !keep);
    if drops {
        retain(path, &keep);
    }
    drops
}

/// Whether a closed ring has four points or more and they are not all on one line.
fn encloses_area(ring: &Path) -> bool {
    let Some(first) = ring.xy.first().filter(|_| ring.xy.len() > 3) else { return false };
    let Some(second) = ring.xy.iter().find(|xy| *xy != first) else { return false };
    !is_speck(ring) && ring.xy.iter().any(|xy| !is_zero(orientation(*first, *second, *xy)))
}
