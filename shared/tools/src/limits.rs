//! How much a job may make: it is refused, or stopped, before its memory is full.

use gp_core::ToolError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows, vertices and the like in one output: a row of a few fields and vertices takes some 300 bytes, so 3 GB.
pub(crate) const MOST_ROWS: usize = 10_000_000;

/// Vertices in one output, 16 bytes each.
pub(crate) const MOST_VERTICES: usize = 100_000_000;

/// Pairs of features of which a job keeps only the numbers, 4 to 16 bytes each.
pub(crate) const MOST_PAIRS: usize = 100_000_000;

/// Refuses more than [`MOST_ROWS`] before anything is made. `what` names them, such as `rows`; `advice` says what to
/// change.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter`.
pub(crate) fn refuse_too_many(
    count: f64,
    what: &str,
    parameter: &str,
    advice: &str,
) -> Result<(), ToolError> {
    if count <= MOST_ROWS as f64 {
        return Ok(());
    }
    Err(too_many(MOST_ROWS, what, parameter, advice))
}

/// [`refuse_too_many`] for more than [`MOST_VERTICES`] vertices.
///
/// # Errors
/// [`ToolError::InvalidParameter`] naming `parameter`.
pub(crate) fn refuse_too_many_vertices(count: f64, parameter: &str, advice: &str) -> Result<(), ToolError> {
    if count <= MOST_VERTICES as f64 {
        Ok(())
    } else {
        Err(too_many(MOST_VERTICES, "vertices", parameter, advice))
    }
}

fn too_many(most: usize, what: &str, parameter: &str, advice: &str) -> ToolError {
    let millions = most as f64 / 1e6;
    ToolError::invalid(parameter, format!("there would be more than {millions} million {what}; {advice}"))
}

/// Counts what several threads find, for what cannot be known before it is found.
pub(crate) struct Counter {
    found: AtomicUsize,
    most: usize,
    what: &'static str,
    parameter: &'static str,
    advice: &'static str,
}

impl Counter {
    /// Of rows; `advice` says what to change of the parameter.
    pub(crate) fn of_rows(parameter: &'static str, advice: &'static str) -> Counter {
        Counter { found: AtomicUsize::new(0), most: MOST_ROWS, what: "rows", parameter, advice }
    }

    /// Of pairs.
    pub(crate) fn of_pairs(parameter: &'static str, advice: &'static str) -> Counter {
        Counter { most: MOST_PAIRS, what: "pairs", ..Counter::of_rows(parameter, advice) }
    }

    /// The same with fewer, to try it.
    #[cfg(test)]
    pub(crate) fn with_most(self, most: usize) -> Counter {
        Counter { most, ..self }
    }

    /// Counts more.
    ///
    /// # Errors
    /// [`ToolError::InvalidParameter`] when they are too many by now.
    pub(crate) fn add(&self, more: usize) -> Result<(), ToolError> {
        if self.found.fetch_add(more, Ordering::Relaxed) + more <= self.most {
            return Ok(());
        }
        Err(too_many(self.most, self.what, self.parameter, self.advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_too_many_is_refused_by_the_name_of_the_parameter() {
        assert!(refuse_too_many(1e7, "cells", "Size", "use a larger one").is_ok());
        let error = refuse_too_many(1e7 + 1.0, "cells", "Size", "use a larger one").unwrap_err();
        assert_eq!(error.to_string(), "Size: there would be more than 10 million cells; use a larger one");
        assert!(refuse_too_many(f64::NAN, "cells", "Size", "use a larger one").is_err());
        let counter = Counter::of_pairs("Radius", "use a smaller one");
        assert!(counter.add(MOST_PAIRS).is_ok());
        assert!(counter.add(1).unwrap_err().to_string().contains("more than 100 million pairs"));
    }
}
