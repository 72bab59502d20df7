//! Geometries for the formats that know nothing but longitude and latitude: what runs past ±180° is brought back.
//!
//! Separate because GeoJSON and KML ask for the same, and lose the same on the way.

use gp_esri::{FeatureSet, Geometry};
use gp_geometry::split_at_antimeridian;
use std::borrow::Cow;

/// Brings geometries between ±180° and counts what that costs.
#[derive(Default)]
pub(crate) struct Degrees {
    /// Geometries that lost z where they were cut.
    flattened: usize,
    /// Geometries of which nothing was left.
    vanished: usize,
}

impl Degrees {
    /// The geometry between ±180°, cut at the antimeridian where it crosses it (RFC 7946, section 3.1.9).
    pub(crate) fn within<'g>(
        &mut self,
        geometry: &'g Geometry,
        set: &FeatureSet,
    ) -> Option<Cow<'g, Geometry>> {
        let mut leaves = false;
        geometry.for_each_xy(|[longitude, _]| leaves |= longitude.abs() > 180.0);
        if !leaves {
            return Some(Cow::Borrowed(geometry));
        }
        if set.has_z && matches!(geometry, Geometry::Polyline(_) | Geometry::Polygon(_)) {
            self.flattened += 1;
        }
        let split = split_at_antimeridian(geometry.clone());
        self.vanished += usize::from(split.is_none());
        split.map(Cow::Owned)
    }

    /// Sentences about what was lost.
    pub(crate) fn into_warnings(self, set: &FeatureSet, format: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        if set.has_m {
            warnings.push(format!("{format} has no measures: m was not written"));
        }
        if self.flattened > 0 {
            let count = self.flattened;
            warnings.push(format!("geometries that were cut at the antimeridian and lost their z: {count}"));
        }
        if self.vanished > 0 {
            let count = self.vanished;
            warnings
                .push(format!("geometries that have nothing within ±180° and were written as null: {count}"));
        }
        warnings
    }
}
