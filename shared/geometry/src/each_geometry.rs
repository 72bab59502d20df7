//! Work on the geometry of every feature of a set: in parallel, and surviving a geometry that panics.
//!
//! Separate because what runs over every input of every tool must not fail a job for one feature.

use gp_esri::{Feature, Geometry};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Below this, starting threads costs more than it saves.
const FEWEST_IN_PARALLEL: usize = 64;

/// What became of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<R> {
    /// It had no geometry.
    Missing,
    /// What the work says.
    Done(R),
    /// The work panicked, which is a fault of ours. The feature has no geometry now.
    Panicked,
}

/// Hands every geometry to `work`, which gives back what becomes of it and what to say. In the order of the features,
/// whatever the number of threads. `check` is asked before each of them.
///
/// # Errors
/// The first error of `check`.
pub(crate) fn each_geometry<R: Send, E: Send>(
    features: &mut [Feature],
    check: impl Fn() -> Result<(), E> + Sync,
    work: impl Fn(Geometry) -> (Option<Geometry>, R) + Sync,
) -> Result<Vec<Outcome<R>>, E> {
    let one = |feature: &mut Feature| {
        check()?;
        let Some(geometry) = feature.geometry.take() else { return Ok(Outcome::Missing) };
        // What the work has half done is dropped with the geometry.
        Ok(match catch_unwind(AssertUnwindSafe(|| work(geometry))) {
            Ok((geometry, result)) => {
                feature.geometry = geometry;
                Outcome::Done(result)
            }
            Err(_) => Outcome::Panicked,
        })
    };
    if features.len() < FEWEST_IN_PARALLEL {
        features.iter_mut().map(one).collect()
    } else {
        features.par_iter_mut().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gp_esri::Point;

    #[test]
    fn a_geometry_that_panics_is_gone_and_all_others_are_done_in_order() {
        for count in [10, 1_000] {
            let feature = |number: i32| Feature {
                geometry: (number != 3).then(|| Geometry::Point(Point::from_xy([f64::from(number), 0.0]))),
                ..Feature::default()
            };
            let mut features: Vec<Feature> = (0..count).map(feature).collect();
            let made = each_geometry(
                &mut features,
                || Ok::<(), ()>(()),
                |geometry| {
                    let x = geometry.envelope().xmin as i32;
                    assert_ne!(x, 5, "the fifth is a bad one");
                    (Some(geometry), x)
                },
            );
            let made = made.unwrap();
            assert_eq!(
                made[..7],
                [
                    Outcome::Done(0),
                    Outcome::Done(1),
                    Outcome::Done(2),
                    Outcome::Missing,
                    Outcome::Done(4),
                    Outcome::Panicked,
                    Outcome::Done(6)
                ]
            );
            let left: Vec<usize> =
                (0..features.len()).filter(|row| features[*row].geometry.is_none()).collect();
            assert_eq!(left, [3, 5]);
        }
    }

    #[test]
    fn a_run_that_is_stopped_stops() {
        let mut features = vec![Feature::default(); 100];
        assert_eq!(
            each_geometry(&mut features, || Err("stopped"), |geometry| (Some(geometry), ())),
            Err("stopped")
        );
    }
}
