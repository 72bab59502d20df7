//! Spatial references of several inputs: what comes second is brought to the reference of what comes first.

use crate::each::warn_of_rows;
use gp_core::{RunContext, ToolError};
use gp_esri::{FeatureSet, Geometry, Path, SpatialReference};
use gp_geometry::{
    Crs, Ellipsoid, Transform, WGS84_ELLIPSOID, is_valid_polygon, project_features_checked, repair_polygon,
};
use std::borrow::Cow;

/// Projects `other` to the reference of `first`, so that both can be compared.
///
/// Where one of the two references is unknown, both are taken to be the same, with a warning.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter` when the one cannot be projected to the other.
pub(crate) fn match_reference(
    first: &FeatureSet,
    other: &mut FeatureSet,
    parameter: &str,
    context: &RunContext,
) -> Result<(), ToolError> {
    match (&first.spatial_reference, &other.spatial_reference) {
        (Some(to), Some(_)) => project_to(other, to, parameter, parameter, context),
        (None, None) => Ok(()),
        _ => {
            context.warning(format!(
                "{parameter}: one of the inputs has no spatial reference; both are taken to have the same"
            ));
            Ok(())
        }
    }
}

/// Projects features, repaired where that makes them invalid. Warnings call them by `name`.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter` when they cannot be projected.
pub(crate) fn project_to(
    set: &mut FeatureSet,
    to: &SpatialReference,
    parameter: &str,
    name: &str,
    context: &RunContext,
) -> Result<(), ToolError> {
    let report = project_features_checked(set, to, || context.check())?.map_err(|error| {
        let of = if name == parameter { String::new() } else { format!("{name}: ") };
        ToolError::invalid(parameter, format!("{of}{error}"))
    })?;
    for text in report.sentences() {
        context.warning(format!("{name}: {text}"));
    }
    if report.changed && context.environment().simplify_features {
        // A projection repairs what it makes invalid, but for polygons across the antimeridian.
        let repaired = gp_geometry::repair_features_checked(set, || context.check())?;
        let text = "have no extent in the reference that they are projected to, so they are left out";
        warn_of_rows(&repaired.emptied, set, text, context);
        warn_of_rows(&repaired.failed, set, REPAIR_FAILED, context);
    }
    Ok(())
}

/// What [`warn_of_rows`] says of features whose repair panicked, which is a fault of ours.
pub(crate) const REPAIR_FAILED: &str =
    "could not be repaired, so they are left out; this is a fault of the server, please report it";

/// The coordinate system of the features, or `None` when it is unknown.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter` when the reference is not supported.
pub(crate) fn crs_of(set: &FeatureSet, parameter: &str) -> Result<Option<Crs>, ToolError> {
    let crs = set.spatial_reference.as_ref().map(Crs::new).transpose();
    crs.map_err(|error| ToolError::invalid(parameter, error.to_string()))
}

/// Removes z and m from an input whose tool makes new vertices, and says so.
pub(crate) fn drop_zm(set: &mut FeatureSet, display_name: &str, context: &RunContext) {
    if !set.has_z && !set.has_m {
        return;
    }
    (set.has_z, set.has_m) = (false, false);
    let mut had = false;
    for geometry in set.features.iter_mut().filter_map(|feature| feature.geometry.as_mut()) {
        had |= geometry.drop_zm();
    }
    if had {
        context.warning(format!("{display_name}: z and m are dropped, because the result has new vertices"));
    }
}

/// The way from a coordinate system to degrees on an ellipsoid, and back.
pub(crate) struct Globe {
    /// There and back; `None` where positions are degrees already.
    ways: Option<(Transform, Transform)>,
    ellipsoid: Ellipsoid,
}

impl Globe {
    /// Geographic systems in degrees stay on their own ellipsoid; all others go to WGS84.
    ///
    /// # Errors
    /// [`ToolError::Failed`] when `crs` cannot be transformed.
    pub(crate) fn new(crs: &Crs) -> Result<Globe, ToolError> {
        if is_in_degrees(crs) {
            return Ok(Globe { ways: None, ellipsoid: crs.ellipsoid() });
        }
        let failed = |error: gp_geometry::CrsError| ToolError::Failed(error.to_string());
        let degrees = Crs::from_code(WGS84_CODE).map_err(failed)?;
        let there = Transform::new(crs, &degrees).map_err(failed)?;
        let back = Transform::new(&degrees, crs).map_err(failed)?;
        Ok(Globe { ways: Some((there, back)), ellipsoid: WGS84_ELLIPSOID })
    }

    /// The ellipsoid that the degrees are on.
    pub(crate) fn ellipsoid(&self) -> Ellipsoid {
        self.ellipsoid
    }

    /// The geometry in degrees; a position without an image is NaN there.
    pub(crate) fn to_degrees<'g>(&self, geometry: &'g Geometry) -> Cow<'g, Geometry> {
        let Some((there, _)) = &self.ways else { return Cow::Borrowed(geometry) };
        let mut geometry = geometry.clone();
        geometry.for_each_xy_mut(|positions| {
            there.apply(positions);
        });
        Cow::Owned(geometry)
    }

    /// Makes a polygon of the geometry in degrees and brings it back, repaired where straight edges and rounding cross its
    /// outline on the way; `None` when the geometry or the polygon has no image in the other reference.
    pub(crate) fn work(
        &self,
        geometry: &Geometry,
        work: impl FnOnce(&Geometry) -> Vec<Path>,
    ) -> Option<Vec<Path>> {
        let Some((_, back)) = &self.ways else { return Some(work(geometry)) };
        let geometry = self.to_degrees(geometry);
        let mut is_defined = true;
        geometry.for_each_xy(|[longitude, _]| is_defined &= !longitude.is_nan());
        if !is_defined {
            return None;
        }
        let mut rings = work(&geometry);
        let lost: usize = rings.iter_mut().map(|ring| back.apply(&mut ring.xy)).sum();
        if lost > 0 {
            return None;
        }
        if is_valid_polygon(&rings) { Some(rings) } else { Some(repair_polygon(&rings).unwrap_or_default()) }
    }
}

/// Longitude and latitude of WGS84, in degrees.
pub(crate) const WGS84_CODE: u32 = 4326;

/// Whether coordinates are longitudes and latitudes in degrees, not in grads or metres.
pub(crate) fn is_in_degrees(crs: &Crs) -> bool {
    crs.degrees_per_unit().is_some_and(|degrees| (degrees - 1.0).abs() < f64::EPSILON)
}

/// The features in degrees of WGS84; those that have no place there lose their geometry, with a warning.
///
/// # Errors
/// [`ToolError::InvalidParameter`] when the reference is not supported.
pub(crate) fn in_degrees(
    set: &FeatureSet,
    parameter: &str,
    context: &RunContext,
) -> Result<FeatureSet, ToolError> {
    let mut set = set.clone();
    let report =
        project_features_checked(&mut set, &SpatialReference::from_wkid(WGS84_CODE), || context.check())?
            .map_err(|error| ToolError::invalid(parameter, error.to_string()))?;
    for text in report.sentences() {
        context.warning(format!("{parameter}: {text}"));
    }
    Ok(set)
}
