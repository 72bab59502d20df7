//! What is known of the pieces in an area, without keeping them: areas that overlap may hold many times all features.

use crate::moments::{Moments, Sum};
use std::collections::BTreeMap;

/// Counts and sums of pieces.
#[derive(Clone, Default)]
pub(super) struct Tally {
    pub(super) pieces: usize,
    pub(super) amount: Sum,
    /// One for each column that is read.
    pub(super) moments: Vec<Moments>,
}

/// What lies within an area, and by group what of it.
#[derive(Clone, Default)]
pub(crate) struct Summed {
    pub(super) all: Tally,
    /// The groups that are there, in the order of their values.
    pub(super) groups: BTreeMap<usize, Tally>,
}

impl Tally {
    /// Adds a piece with the numbers of its row, one for each column that is read; `share` is that of its feature.
    pub(super) fn add(
        &mut self,
        amount: f64,
        share: f64,
        numbers: impl ExactSizeIterator<Item = Option<f64>>,
    ) {
        self.pieces += 1;
        self.amount.add(amount);
        self.moments.resize(numbers.len(), Moments::default());
        for (moments, number) in self.moments.iter_mut().zip(numbers) {
            if let Some(number) = number {
                moments.add_part(number, share, amount);
            }
        }
    }
}
