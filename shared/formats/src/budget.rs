//! What a reader may still make: features, vertices and values against the limits; and asking now and then whether to stop,
//! which writers do too.

use crate::{FormatError, ReadOptions};
use gp_esri::Geometry;

/// Bytes of the texts of one input, or of what the server says may come of compressed files where that is less: one text of a
/// dictionary, or of a view, may be the value of every row.
const MAX_TEXT_BYTES: u64 = 512 << 20;

/// Steps, such as features, before anybody asks whether to go on.
const STEPS_BETWEEN_CHECKS: usize = 256;

/// Asks now and then whether to stop.
pub(crate) struct StopCheck<'a> {
    stop: &'a (dyn Fn() -> bool + Sync),
    steps: usize,
}

impl<'a> StopCheck<'a> {
    pub(crate) fn new(stop: &'a (dyn Fn() -> bool + Sync)) -> StopCheck<'a> {
        StopCheck { stop, steps: 0 }
    }

    /// Begins another step; asks at the first, and then every few hundred.
    pub(crate) fn step(&mut self) -> Result<(), FormatError> {
        if self.steps.is_multiple_of(STEPS_BETWEEN_CHECKS) && (self.stop)() {
            return Err(FormatError::Stopped);
        }
        self.steps += 1;
        Ok(())
    }
}

/// Counts what a reader makes of one layer.
pub(crate) struct Budget<'a> {
    options: &'a ReadOptions<'a>,
    stop_check: StopCheck<'a>,
    features: usize,
    vertices: usize,
    values: usize,
    text_bytes: u64,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(options: &'a ReadOptions<'a>) -> Budget<'a> {
        let stop_check = StopCheck::new(options.stop);
        Budget { options, stop_check, features: 0, vertices: 0, values: 0, text_bytes: 0 }
    }

    /// Asks now and then whether to stop: for what costs time and may leave nothing to count.
    pub(crate) fn step(&mut self) -> Result<(), FormatError> {
        self.stop_check.step()
    }

    /// Counts a feature with so many attributes; the geometry may be counted before, by [`Budget::vertices`].
    pub(crate) fn feature(&mut self, values: usize, geometry: Option<&Geometry>) -> Result<(), FormatError> {
        self.step()?;
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

    /// Counts a text, before it is made.
    pub(crate) fn text(&mut self, byte_len: usize) -> Result<(), FormatError> {
        self.text_bytes = self.text_bytes.saturating_add(byte_len as u64);
        let most = MAX_TEXT_BYTES.min(self.options.max_decompressed_bytes);
        if self.text_bytes <= most {
            return Ok(());
        }
        Err(FormatError::TooLarge(format!(
            "the texts of the file become more than {} MB, the most that an input may have; send a part of it",
            most.div_ceil(1 << 20)
        )))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::options;

    #[test]
    fn one_text_that_comes_again_and_again_is_too_much_in_the_end() {
        let options = ReadOptions { max_decompressed_bytes: 2 << 30, ..options() };
        let mut budget = Budget::new(&options);
        for _ in 0..512 {
            budget.text(1 << 20).unwrap();
        }
        let error = budget.text(1).unwrap_err();
        assert!(
            matches!(&error, FormatError::TooLarge(reason) if reason.contains("more than 512 MB")),
            "{error}"
        );
        let options = ReadOptions { max_decompressed_bytes: 10, ..options };
        assert!(Budget::new(&options).text(11).is_err());
    }
}
