//! Spatial references of several inputs: what comes second is brought to the reference of what comes first.

use gp_core::{RunContext, ToolError, projection_notices};
use gp_esri::{FeatureSet, Geometry, Path};
use gp_geometry::{Crs, Transform};

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
        (Some(to), Some(_)) => {
            let report = gp_geometry::project_features(other, to)
                .map_err(|error| ToolError::invalid(parameter, error.to_string()))?;
            for text in projection_notices(&report) {
                context.warning(format!("{parameter}: {text}"));
            }
            Ok(())
        }
        (None, None) => Ok(()),
        _ => {
            context.warning(format!(
                "{parameter}: one of the inputs has no spatial reference; both are taken to have the same"
            ));
            Ok(())
        }
    }
}

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

/// Does `work` on the geometry in degrees and brings its result back to `crs`.
///
/// # Errors
/// [`ToolError::Failed`] when the geometry or the result has no image in the other reference.
pub(crate) fn on_ellipsoid(
    crs: &Crs,
    geometry: &Geometry,
    work: impl FnOnce(&Geometry) -> Vec<Path>,
) -> Result<Vec<Path>, ToolError> {
    let degrees = Crs::from_code(4326).map_err(|error| ToolError::Failed(error.to_string()))?;
    if crs.same_as(&degrees) {
        return Ok(work(geometry));
    }
    let failed = |error: gp_geometry::CrsError| ToolError::Failed(error.to_string());
    let outside = || ToolError::Failed(format!("a position lies outside of where {} is defined", crs.name()));
    let mut geometry = geometry.clone();
    let mut lost = 0;
    let to_degrees = Transform::new(crs, &degrees).map_err(failed)?;
    geometry.for_each_xy_mut(|positions| lost += to_degrees.apply(positions));
    if lost > 0 {
        return Err(outside());
    }
    let mut rings = work(&geometry);
    let back = Transform::new(&degrees, crs).map_err(failed)?;
    for ring in &mut rings {
        lost += back.apply(&mut ring.xy);
    }
    if lost > 0 { Err(outside()) } else { Ok(rings) }
}
