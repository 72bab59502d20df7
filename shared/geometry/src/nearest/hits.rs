//! The nearest features found so far.

use super::{Link, Near, NearQuery};

/// Features found, with those that are no longer among the nearest thrown out from time to time.
pub(super) struct Hits<'q> {
    query: &'q NearQuery,
    near: Vec<Near>,
    /// How far a feature may be to be of interest.
    bound: f64,
    /// How many were left when it was last cleared up, and whether anything came since.
    settled: usize,
}

/// Fewer are not worth clearing up.
const FEWEST: usize = 16;

impl<'q> Hits<'q> {
    pub(super) fn new(query: &'q NearQuery) -> Hits<'q> {
        let bound = if query.count == 0 { f64::NEG_INFINITY } else { query.limit };
        Hits { query, near: Vec::new(), bound, settled: 0 }
    }

    pub(super) fn bound(&self) -> f64 {
        self.bound
    }

    /// Adds a feature; says whether it is one of the nearest so far.
    pub(super) fn push(&mut self, feature: usize, link: Link) -> bool {
        // Written so that NaN is no hit.
        let is_near = link.distance <= self.bound;
        if !is_near || self.query.except.contains(&feature) {
            return false;
        }
        if self.query.count == 1 {
            self.bound = link.distance;
        }
        self.near.push(Near { feature, distance: link.distance, from: link.from, to: link.to });
        if self.near.len() >= 2 * self.settled + FEWEST {
            self.settle();
        }
        true
    }

    /// Whether a single feature is wanted.
    pub(super) fn wants_one(&self) -> bool {
        self.query.count == 1
    }

    /// Keeps each feature once, and of them no more than were asked for.
    pub(super) fn settle(&mut self) {
        if self.near.len() == self.settled {
            return;
        }
        self.near.sort_by(|a, b| a.feature.cmp(&b.feature).then(a.distance.total_cmp(&b.distance)));
        self.near.dedup_by_key(|near| near.feature);
        self.near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.feature.cmp(&b.feature)));
        self.near.truncate(self.query.count);
        self.settled = self.near.len();
        if self.near.len() == self.query.count
            && let Some(last) = self.near.last()
        {
            self.bound = last.distance;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Near> {
        self.settle();
        self.near
    }
}
