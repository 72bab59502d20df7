//! Extents of a map that was moved around the world: x goes on beyond the antimeridian there, to 190 degrees or to -540.
//!
//! Separate because only references in which x is a longitude, or as good as one, have a turn; taken are those in which web maps
//! state what they show, of the many projections whose x comes round.

use gp_esri::{Envelope, Extent, SpatialReference};
use gp_geometry::Crs;

/// Web Mercator, in which web maps state what they show.
const WEB_MERCATOR: u32 = 3857;

/// The boxes in which features may lie that the extent shows: itself, and, where it reaches beyond the antimeridian, what
/// is there in coordinates of the one turn that most data has. An extent of a whole turn and more shows everything.
pub(super) fn turns(extent: &Extent) -> Vec<Envelope> {
    let own = extent.envelope;
    let Some(turn) = extent.spatial_reference.as_ref().and_then(turn_of) else { return vec![own] };
    let half = turn / 2.0;
    if -half <= own.xmin && own.xmax <= half {
        return vec![own];
    }
    if own.xmax - own.xmin >= turn {
        // Data that goes on beyond the antimeridian does so for less than a turn.
        return vec![Envelope { xmin: own.xmin.min(-turn - half), xmax: own.xmax.max(turn + half), ..own }];
    }
    let turned =
        |count: f64| Envelope { xmin: own.xmin + count * turn, xmax: own.xmax + count * turn, ..own };
    let first = -((own.xmin + half) / turn).floor();
    let mut boxes = vec![own];
    if first != 0.0 {
        boxes.push(turned(first));
    }
    if turned(first).xmax > half {
        boxes.push(turned(first - 1.0));
    }
    boxes
}

/// An extent around all boxes of [`turns`], by which what is surely not wanted need not be read.
pub(crate) fn all_turns(extent: &Extent) -> Extent {
    let mut around = extent.clone();
    for Envelope { xmin, xmax, .. } in turns(extent) {
        around.envelope.xmin = around.envelope.xmin.min(xmin);
        around.envelope.xmax = around.envelope.xmax.max(xmax);
    }
    around
}

/// The part of an extent that lies on a map of the world, for servers that know no more of it: the extent as it is where its
/// reference has no turn, and where no part of it does.
pub fn within_one_turn(extent: &Extent) -> Extent {
    let Some(turn) = extent.spatial_reference.as_ref().and_then(turn_of) else { return extent.clone() };
    let Envelope { xmin, xmax, .. } = extent.envelope;
    let half = turn / 2.0;
    let (from, to) = (xmin.max(-half), xmax.min(half));
    let mut part = extent.clone();
    if from <= to {
        (part.envelope.xmin, part.envelope.xmax) = (from, to);
    }
    part
}

/// What x grows by in a turn around the earth; `None` where a turn does not come back to where it began.
fn turn_of(reference: &SpatialReference) -> Option<f64> {
    let crs = Crs::new(reference).ok()?;
    match crs.degrees_per_unit() {
        Some(degrees) => Some(360.0 / degrees),
        None => {
            let is_web_mercator = crs.code() == Some(WEB_MERCATOR);
            is_web_mercator.then(|| crs.ellipsoid().a_m * std::f64::consts::TAU)
        }
    }
}
