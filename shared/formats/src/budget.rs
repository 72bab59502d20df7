//! What a reader may still make: features, vertices and values against the limits, asking now and then whether to stop.

use crate::{FormatError, ReadOptions};
use gp_esri::Geometry;

/// Features that are read before anybody asks whether to go on.
const FEATURES_BETWEEN_CHECKS: usize = 256;

/// Counts what a reader makes of one layer.
pub(crate) struct Budget<'a> {
    options: &'a ReadOptions<'a>,
    features: usize,
    vertices: usize,
    values: usize,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(options: &'a ReadOptions<'a>) -> Budget<'a> {
        Budget { options, features: 0, vertices: 0, values: 0 }
    }

    /// Counts a feature with so many attributes; the geometry may be counted before, by [`Budget::vertices`].
    pub(crate) fn feature(&mut self, values: usize, geometry: Option<&Geometry>) -> Result<(), FormatError> {
        if self.features.is_multiple_of(FEATURES_BETWEEN_CHECKS) && (self.options.stop)() {
            return Err(FormatError::Stopped);
        }
        self.features += 1;
        self.values += values;
        let limits = &self.options.limits;
        if self.features > limits.max_features {
            return Err(too_large("features", limits.max_features));
        }
        if self.values > limits.max_values {
            return Err(too_large("attribute values", limits.max_values));
        }
        geometry.map_or(Ok(()), |geometry| self.vertices(geometry.vertex_count()))
    }

    /// Counts vertices, before they are read where a format says how many come.
    pub(crate) fn vertices(&mut self, count: usize) -> Result<(), FormatError> {
        self.vertices = self.vertices.saturating_add(count);
        let most = self.options.limits.max_vertices;
        if self.vertices > most { Err(too_large("vertices", most)) } else { Ok(()) }
    }

    /// Gives back the vertices of a geometry that was read and is not kept.
    pub(crate) fn forget(&mut self, geometry: Option<&Geometry>) {
        self.vertices = self.vertices.saturating_sub(geometry.map_or(0, Geometry::vertex_count));
    }
}

fn too_large(what: &str, most: usize) -> FormatError {
    FormatError::TooLarge(format!(
        "the file holds more than {most} {what}, the most that an input may have; send a part of it"
    ))
}
