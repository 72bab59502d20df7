//! Extents of a map that was moved around the world: x goes on beyond the antimeridian there, to 190 degrees or to -540.
//!
//! Separate because only references in which x is a longitude, or as good as one, have a turn; taken are those in which web maps
//! state what they show, of the many projections whose x comes round.

use gp_esri::{Envelope, Extent, FeatureSet, SpatialReference};
use gp_geometry::Crs;

/// Web Mercator, in which web maps state what they show.
const WEB_MERCATOR: u32 = 3857;

/// The boxes in which features may lie that the extent shows: itself, and, where it reaches beyond the antimeridian, what
/// is there in coordinates of the one turn that most data has. An extent of a whole turn and more shows everything.
fn turns(own: Envelope, turn: Option<f64>) -> Vec<Envelope> {
    let Some(turn) = turn else { return vec![own] };
    let half = turn / 2.0;
    if -half <= own.xmin && own.xmax <= half {
        return vec![own];
    }
    if own.xmax - own.xmin >= turn {
        // Data that goes on beyond the antimeridian does so for less than a turn.
        return vec![Envelope { xmin: own.xmin.min(-turn - half), xmax: own.xmax.max(turn + half), ..own }];
    }
    let first = -((own.xmin + half) / turn).floor();
    let mut boxes = vec![own];
    if first != 0.0 {
        boxes.push(turned(own, first * turn));
    }
    if own.xmax + first * turn > half {
        boxes.push(turned(own, (first - 1.0) * turn));
    }
    boxes
}

fn turned(own: Envelope, by: f64) -> Envelope {
    Envelope { xmin: own.xmin + by, xmax: own.xmax + by, ..own }
}

/// The same for features whose own coordinates may go on `beyond` the antimeridian, as longitudes from 0 to 360 do; an extent
/// without a reference has that of the features.
pub(super) fn turns_among(
    extent: &Extent,
    features: &FeatureSet,
    beyond: Option<(i32, i32)>,
) -> Vec<Envelope> {
    let reference = extent.spatial_reference.as_ref().or(features.spatial_reference.as_ref());
    let turn = reference.and_then(turn_of);
    let mut boxes = turns(extent.envelope, turn);
    if let (Some(turn), Some((first, last))) = (turn, beyond) {
        let others = (first..=last).filter(|count| *count != 0);
        let all = others.flat_map(|count| boxes.iter().map(move |own| turned(*own, f64::from(count) * turn)));
        let all: Vec<Envelope> = all.collect();
        boxes.extend(all);
    }
    boxes
}

/// More turns than data goes on for.
const MAX_TURNS: f64 = 3.0;

/// The turns in which the features lie beside that from one antimeridian to the other, which is 0; `None` where they all lie in it,
/// or none comes round.
pub(super) fn turns_of(features: &FeatureSet) -> Option<(i32, i32)> {
    let turn = turn_of(features.spatial_reference.as_ref()?)?;
    let Envelope { xmin, xmax, .. } = features.envelope();
    let first = ((xmin + turn / 2.0) / turn).floor().clamp(-MAX_TURNS, 0.0);
    let last = ((xmax - turn / 2.0) / turn).ceil().clamp(0.0, MAX_TURNS);
    (first < last).then_some((first as i32, last as i32))
}

/// An extent around all boxes of [`turns`], by which what is surely not wanted need not be read.
pub(crate) fn all_turns(extent: &Extent) -> Extent {
    let mut around = extent.clone();
    let turn = extent.spatial_reference.as_ref().and_then(turn_of);
    for Envelope { xmin, xmax, .. } in turns(extent.envelope, turn) {
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
