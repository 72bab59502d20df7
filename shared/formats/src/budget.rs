//! What a reader may still make: features, vertices and values against the limits; and asking now and then whether to stop,
//! which writers do too.

use crate::{FormatError, ReadOptions};
use gp_esri::{Attribute, Geometry};

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

    /// Counts a text, before it is made: one of a dictionary, or of a view, may be the value of every row.
    pub(crate) fn text(&mut self, byte_len: usize) -> Result<(), FormatError> {
        self.text_bytes = self.text_bytes.saturating_add(byte_len as u64);
        let most = max_text_bytes(self.options);
        if self.text_bytes <= most {
            return Ok(());
        }
        Err(FormatError::TooLarge(format!(
            "the texts of the file become more than {} MB, the most that an input may have; send a part of it",
            most.div_ceil(1 << 20)
        )))
    }

    /// Counts the texts of a row.
    pub(crate) fn texts(&mut self, row: &[Attribute]) -> Result<(), FormatError> {
        let texts = row.iter().filter_map(|value| match value {
            Attribute::Text(text) => Some(text.len()),
            _ => None,
        });
        self.text(texts.sum())
    }

    /// Gives back the vertices of a geometry that was read and is not kept.
    pub(crate) fn forget(&mut self, geometry: Option<&Geometry>) {
        self.vertices = self.vertices.saturating_sub(geometry.map_or(0, Geometry::vertex_count));
    }
}

/// Bytes that the texts of a file may have together, and a file that is read in one piece. The server's word on what may come
/// of compressed files counts where it is less.
pub(crate) fn max_text_bytes(options: &ReadOptions<'_>) -> u64 {
    options.max_decompressed_bytes.min(options.limits.max_text_bytes as u64)
}

fn too_large(what: &str, most: usize) -> FormatError {
    FormatError::TooLarge(format!(
        "the file holds more than {most} {what}, the most that an input may have; send a part of it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{input, options, sample, written};
    use crate::{Format, read};
    use gp_esri::{Feature, FeatureSet, Field, FieldType, Point};

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

    #[test]
    fn texts_beyond_the_limit_are_refused_in_every_format() {
        let row = |number: i64| {
            let text = Attribute::Text(format!("{number:0>200}").into());
            let geometry = Geometry::Point(Point::from_xy([1.0, 2.0]));
            Feature { attributes: vec![Attribute::Integer(number), text], geometry: Some(geometry) }
        };
        let fields = vec![Field::new("OBJECTID", FieldType::Oid), Field::new("text", FieldType::String)];
        let set = FeatureSet { fields, features: (1..=500).map(row).collect(), ..sample() };
        for format in Format::all() {
            let file = input(&format!("a.{}", format.extension()), written(format, &set).0);
            assert_eq!(read(&file, format, &options()).unwrap().features.features.len(), 500, "{format:?}");
            let mut few = options();
            few.limits.max_text_bytes = 90_000;
            let refused = read(&file, format, &few);
            assert!(matches!(refused, Err(FormatError::TooLarge(_))), "{format:?}: {refused:?}");
        }
    }
}
