//! Projection of feature sets and envelopes from one spatial reference to another.

mod envelope;

pub use envelope::{BoxImage, box_image, project_envelope};

use crate::crs::{Crs, CrsError, Transform};
use crate::each_geometry::{Outcome, each_geometry};
use crate::repair::{Repair, repair_geometry};
use gp_esri::{FeatureSet, Geometry, SpatialReference};
use std::convert::Infallible;

/// What became of the features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectReport {
    /// Whether any coordinate was computed anew; `false` when both references mean the same.
    pub changed: bool,
    /// Features that have no image in the new reference. Their geometry is now `None`.
    pub lost: Named,
    /// Features of whose geometry rounding left nothing. It is now `None`.
    pub collapsed: Named,
    /// Features whose geometry became invalid on the way and was repaired.
    pub repaired: Named,
    /// Those of the repaired that lost z and m.
    pub lost_zm: Named,
    /// Features that could not be projected, which is a fault of ours. Their geometry is now `None`.
    pub failed: Named,
    /// Code or name of the reference that the features came in; empty when nothing was computed.
    pub from: String,
    /// Code or name of the reference that they are in now; empty when nothing was computed.
    pub to: String,
    /// What is known to be inexact about the datum step.
    pub note: Option<&'static str>,
}

/// Features, counted, and the first of them by their object ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// How many.
    pub count: usize,
    /// The object ids of the first of them.
    pub first_oids: Vec<i64>,
}

/// How many object ids a report names.
const NAMED_OIDS: usize = 10;

impl ProjectReport {
    /// What the user should know, a sentence for each kind of feature that is not simply projected, and the note.
    pub fn sentences(&self) -> Vec<String> {
        let ProjectReport { from, to, .. } = self;
        let (features, have, their) =
            if self.lost.count == 1 { ("feature", "has", "its") } else { ("features", "have", "their") };
        let lost =
            format!("{features} {have} no place in {to} and lost {their} geometry on the way from {from}");
        let sentences = [
            self.lost.sentence(&lost),
            self.collapsed.sentence(&format!("geometries have no extent in {to} and are null now")),
            self.repaired.sentence(&format!("geometries became invalid on the way to {to} and were repaired")),
            self.lost_zm.sentence("of the repaired geometries lost z and m"),
            self.failed.sentence(
                "geometries could not be projected and are null now; this is a fault of the server, please report it",
            ),
        ];
        sentences.into_iter().flatten().chain(self.note.map(str::to_owned)).collect()
    }
}

impl Named {
    fn add(&mut self, oid: i64) {
        self.count += 1;
        if self.first_oids.len() < NAMED_OIDS {
            self.first_oids.push(oid);
        }
    }

    fn sentence(&self, what: &str) -> Option<String> {
        let oids: Vec<String> = self.first_oids.iter().map(ToString::to_string).collect();
        let ids = if self.count == 1 { "id" } else { "ids" };
        let more = if self.count > oids.len() { ", …" } else { "" };
        (self.count > 0).then(|| format!("{} {what} (object {ids} {}{more})", self.count, oids.join(", ")))
    }
}

/// What became of a geometry.
enum Fate {
    Projected,
    Lost,
    Collapsed,
    Repaired(Repair),
}

/// Projects every geometry in place, in parallel, and names the new reference.
///
/// Vertices are projected, edges are not densified. A geometry with a vertex outside of where the projection is defined
/// becomes `None` and is counted: half a polygon would be a wrong answer. Where nothing has to be computed, an unknown
/// code is no error.
///
/// A geometry that is valid comes out valid: an edge is straight in both references, and vertices are rounded each by
/// itself, so what touched or came near may cross, and what is small may collapse; that is repaired, as
/// [`crate::repair_features`] does it, and reported. Two things are left as their vertices say: geometries that were
/// invalid before, and polygons in longitude and latitude with a step of more than half a turn between two vertices. Such
/// a step is how a polygon across the antimeridian is written, and a repair in the plane would make it another one.
///
/// # Errors
/// One of the references is unknown, or there is no transformation between them.
pub fn project_features(features: &mut FeatureSet, to: &SpatialReference) -> Result<ProjectReport, CrsError> {
    match project_features_checked(features, to, || Ok::<(), Infallible>(())) {
        Ok(projected) => projected,
        Err(never) => match never {},
    }
}

/// [`project_features`], which asks `check` before each feature whether to go on.
///
/// # Errors
/// The first error of `check`; the features are of no use then.
pub fn project_features_checked<E: Send>(
    features: &mut FeatureSet,
    to: &SpatialReference,
    check: impl Fn() -> Result<(), E> + Sync,
) -> Result<Result<ProjectReport, CrsError>, E> {
    let way = match Way::between(features, to) {
        Ok(Some(way)) => way,
        Ok(None) => return Ok(Ok(ProjectReport::default())),
        Err(error) => return Ok(Err(error)),
    };
    features.spatial_reference = Some(to.clone());
    let half_turn = way.to.degrees_per_unit().map(|degrees| 180.0 / degrees);
    let outcomes = each_geometry(&mut features.features, check, |geometry| {
        project(geometry, &way.transform, half_turn)
    })?;
    Ok(Ok(way.report(features, outcomes)))
}

/// A way that is worth going: something has to be computed.
struct Way {
    from: Crs,
    to: Crs,
    transform: Transform,
}

impl Way {
    /// `None`, the reference exchanged, where nothing has to be computed.
    fn between(features: &mut FeatureSet, to: &SpatialReference) -> Result<Option<Way>, CrsError> {
        if features.spatial_reference.as_ref() == Some(to) {
            return Ok(None);
        }
        if features.geometry_type.is_none()
            || features.features.iter().all(|feature| feature.geometry.is_none())
        {
            features.spatial_reference = Some(to.clone());
            return Ok(None);
        }
        let from = features.spatial_reference.as_ref().ok_or(CrsError::Unspecified)?;
        let (from, target) = (Crs::new(from)?, Crs::new(to)?);
        let transform = Transform::new(&from, &target)?;
        if transform.is_identity() {
            features.spatial_reference = Some(to.clone());
            return Ok(None);
        }
        Ok(Some(Way { from, to: target, transform }))
    }

    fn report(&self, features: &FeatureSet, outcomes: Vec<Outcome<Fate>>) -> ProjectReport {
        let has_zm = features.has_z || features.has_m;
        let mut report = ProjectReport {
            changed: true,
            from: self.from.name(),
            to: self.to.name(),
            note: self.transform.datum_note(),
            ..ProjectReport::default()
        };
        for (row, outcome) in outcomes.into_iter().enumerate() {
            let named = match outcome {
                Outcome::Missing | Outcome::Done(Fate::Projected) => continue,
                Outcome::Done(Fate::Lost) => &mut report.lost,
                Outcome::Done(Fate::Collapsed) => &mut report.collapsed,
                Outcome::Done(Fate::Repaired(how)) => {
                    if has_zm && how == Repair::Rebuilt {
                        report.lost_zm.add(features.oid_of(row));
                    }
                    &mut report.repaired
                }
                Outcome::Panicked => &mut report.failed,
            };
            named.add(features.oid_of(row));
        }
        report
    }
}

fn project(
    mut geometry: Geometry,
    transform: &Transform,
    half_turn: Option<f64>,
) -> (Option<Geometry>, Fate) {
    let mut before = geometry.clone();
    let mut lost = 0;
    geometry.for_each_xy_mut(|positions| lost += transform.apply(positions));
    if lost > 0 {
        return (None, Fate::Lost);
    }
    if half_turn.is_some_and(|half_turn| jumps(&geometry, half_turn)) {
        return (Some(geometry), Fate::Projected);
    }
    let how = repair_geometry(&mut geometry);
    if how == Repair::Untouched {
        return (Some(geometry), Fate::Projected);
    }
    if repair_geometry(&mut before.clone()) != Repair::Untouched {
        before.for_each_xy_mut(|positions| {
            transform.apply(positions);
        });
        return (Some(before), Fate::Projected);
    }
    if how == Repair::Emptied { (None, Fate::Collapsed) } else { (Some(geometry), Fate::Repaired(how)) }
}

/// Whether a polygon has a step of more than half a turn between two vertices.
fn jumps(geometry: &Geometry, half_turn: f64) -> bool {
    let Geometry::Polygon(rings) = geometry else { return false };
    rings.iter().flat_map(|ring| ring.xy.windows(2)).any(|pair| (pair[1][0] - pair[0][0]).abs() > half_turn)
}

#[cfg(test)]
mod tests;
