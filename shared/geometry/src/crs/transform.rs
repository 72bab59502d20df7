//! The way from one reference system to another: to angles, over the datums, to coordinates.

use gp_esri::Xy;

use super::datum::Datum;
use super::definition::Definition;
use super::{Crs, CrsError};

/// A transformation between two systems. Cheap to clone; may be shared between threads.
#[derive(Clone, Debug)]
pub struct Transform {
    from: Crs,
    to: Crs,
    is_identity: bool,
}

/// Positions taken through all steps at once, so that they stay in the first-level cache.
const CHUNK: usize = 512;

impl Transform {
    /// Finds the way, or says which datum is in it.
    pub fn new(from: &Crs, to: &Crs) -> Result<Transform, CrsError> {
        let (start, end) = (from.definition(), to.definition());
        if !start.same_datum(end) {
            for definition in [start, end] {
                if matches!(definition.datum, Datum::Unrelated(_)) {
                    return Err(CrsError::NoDatumShift {
                        from: from.name(),
                        to: to.name(),
                        unshifted: definition.label(),
                    });
                }
            }
        }
        Ok(Transform { from: from.clone(), to: to.clone(), is_identity: from.same_as(to) })
    }

    /// Whether coordinates stay as they are.
    pub fn is_identity(&self) -> bool {
        self.is_identity
    }

    /// Transforms in place. Positions that have no image become NaN in x and y; returns how many.
    pub fn apply(&self, positions: &mut [Xy]) -> usize {
        let (start, end) = (self.from.definition(), self.to.definition());
        let mut failed = 0;
        for chunk in positions.chunks_mut(CHUNK) {
            if !self.is_identity {
                convert(start, end, chunk);
            }
            for position in chunk {
                if !(position[0].is_finite() && position[1].is_finite()) {
                    *position = [f64::NAN; 2];
                    failed += 1;
                }
            }
        }
        failed
    }

    /// What is known to be inexact about the datum step, to be passed on as a warning.
    pub fn datum_note(&self) -> Option<&'static str> {
        if self.from.definition().same_datum(self.to.definition()) {
            return None;
        }
        self.from.datum_note().or_else(|| self.to.datum_note())
    }
}

fn convert(start: &Definition, end: &Definition, positions: &mut [Xy]) {
    start.projection.to_angles(positions);
    if !start.same_datum(end) {
        start.datum.reach_wgs84(start.ellipsoid, positions);
        end.datum.leave_wgs84(end.ellipsoid, positions);
    }
    end.projection.of_angles(positions);
}
