//! Count, sum, mean and spread of numbers in one pass, with the digits that a plain sum would lose.
//!
//! Sums are compensated (Neumaier 1974), squares are taken from the mean so far (West 1979). The result depends on the
//! order of the numbers in its last digits only, and the order is that of the rows.

/// A sum of many numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    pub(crate) fn add(&mut self, number: f64) {
        let sum = self.sum + number;
        self.lost += if self.sum.abs() >= number.abs() {
            (self.sum - sum) + number
        } else {
            (number - sum) + self.sum
        };
        self.sum = sum;
    }

    /// The sum.
    pub(crate) fn total(self) -> f64 {
        // Beyond the range of numbers what was lost is none.
        if self.lost.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// What is known of the numbers so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    count: u64,
    sum: Sum,
    weighted: Sum,
    weight: Sum,
    mean: f64,
    squares: f64,
    least: f64,
    greatest: f64,
}

impl Default for Moments {
    fn default() -> Moments {
        let zero = Sum::default();
        Moments {
            count: 0,
            sum: zero,
            weighted: zero,
            weight: zero,
            mean: 0.0,
            squares: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
        }
    }
}

impl Moments {
    /// Adds a number.
    pub(crate) fn add(&mut self, number: f64) {
        self.add_part(number, 1.0, 1.0);
    }

    /// Adds a number of which only a share counts in the sum, and which has a weight in the mean and the spread. A
    /// number without weight is passed over.
    pub(crate) fn add_part(&mut self, number: f64, share: f64, weight: f64) {
        if weight <= 0.0 || weight.is_nan() {
            return;
        }
        self.count += 1;
        self.sum.add(number * share);
        self.weighted.add(number * weight);
        self.weight.add(weight);
        let distance = number - self.mean;
        self.mean += distance * (weight / self.weight.total());
        self.squares += weight * distance * (number - self.mean);
        self.least = self.least.min(number);
        self.greatest = self.greatest.max(number);
    }

    /// The sum of the shares; `None` of nothing, as all that follow.
    pub(crate) fn sum(&self) -> Option<f64> {
        self.finite(self.sum.total())
    }

    /// The mean by weight.
    pub(crate) fn mean(&self) -> Option<f64> {
        self.finite(self.weighted.total() / self.weight.total())
    }

    /// The least number.
    pub(crate) fn least(&self) -> Option<f64> {
        self.finite(self.least)
    }

    /// The greatest number.
    pub(crate) fn greatest(&self) -> Option<f64> {
        self.finite(self.greatest)
    }

    /// The variance of a sample, divided by n − 1 as ArcGIS does; by weight where there are weights (Σ w (x − mean)² over
    /// Σ w (n − 1) / n). `None` of a single number.
    pub(crate) fn variance(&self) -> Option<f64> {
        let count = self.count as f64;
        let divisor = self.weight.total() * ((count - 1.0) / count);
        if self.count < 2 { None } else { self.finite(self.squares / divisor) }
    }

    fn finite(&self, number: f64) -> Option<f64> {
        (self.count > 0 && number.is_finite()).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} is not {expected}");
    }

    #[test]
    fn large_numbers_do_not_swallow_small_ones() {
        let mut moments = Moments::default();
        for number in [1e16, 1.0, 1.0, -1e16] {
            moments.add(number);
        }
        near(moments.sum(), 2.0);
        let mut far = Moments::default();
        for number in [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0] {
            far.add(number);
        }
        near(far.variance(), 30.0);
        near(far.mean(), 1e9 + 10.0);
    }

    #[test]
    fn shares_count_in_the_sum_and_weights_in_mean_and_spread() {
        let mut moments = Moments::default();
        moments.add_part(10.0, 0.5, 3.0);
        moments.add_part(20.0, 1.0, 1.0);
        moments.add_part(99.0, 0.0, 0.0);
        near(moments.sum(), 25.0);
        near(moments.mean(), 12.5);
        // (3 · 2.5² + 1 · 7.5²) / (4 · 1 / 2)
        near(moments.variance(), 37.5);
        near(moments.greatest(), 20.0);
    }

    #[test]
    fn nothing_has_no_moments_and_what_is_beyond_numbers_is_none() {
        assert_eq!((Moments::default().sum(), Moments::default().least()), (None, None));
        let mut moments = Moments::default();
        moments.add(f64::MAX);
        moments.add(f64::MAX);
        assert_eq!((moments.sum(), moments.variance()), (None, Some(0.0)));
    }
}
