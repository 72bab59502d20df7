//! Numbers of twice the precision of `f64`, as an unevaluated sum of two (Dekker 1971, Knuth's two-sum): enough to round
//! the crossing of two segments to the `f64` next to it, whichever of the two comes first.

use std::ops::{Add, Div, Mul, Sub};

/// The sum of both, the second much smaller than the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Double(f64, f64);

/// Splits a number into halves of 26 bits.
const SPLITTER: f64 = 134_217_729.0;

impl Double {
    /// The exact difference of two numbers.
    pub(super) fn difference(a: f64, b: f64) -> Double {
        two_sum(a, -b)
    }

    /// The nearest `f64`.
    pub(super) fn round(self) -> f64 {
        self.0 + self.1
    }
}

impl From<f64> for Double {
    fn from(value: f64) -> Double {
        Double(value, 0.0)
    }
}

impl Add for Double {
    type Output = Double;

    fn add(self, other: Double) -> Double {
        let Double(sum, error) = two_sum(self.0, other.0);
        let Double(low, low_error) = two_sum(self.1, other.1);
        let Double(sum, error) = quick_two_sum(sum, error + low);
        quick_two_sum(sum, error + low_error)
    }
}

impl Sub for Double {
    type Output = Double;

    fn sub(self, other: Double) -> Double {
        self + Double(-other.0, -other.1)
    }
}

impl Mul for Double {
    type Output = Double;

    fn mul(self, other: Double) -> Double {
        let Double(product, error) = two_product(self.0, other.0);
        quick_two_sum(product, error + (self.0 * other.1 + self.1 * other.0))
    }
}

impl Div for Double {
    type Output = Double;

    fn div(self, other: Double) -> Double {
        let first = self.0 / other.0;
        let rest = self - other * Double(first, 0.0);
        let second = rest.0 / other.0;
        let rest = rest - other * Double(second, 0.0);
        quick_two_sum(first, second) + Double(rest.0 / other.0, 0.0)
    }
}

fn two_sum(a: f64, b: f64) -> Double {
    let sum = a + b;
    let of_b = sum - a;
    Double(sum, (a - (sum - of_b)) + (b - of_b))
}

fn quick_two_sum(a: f64, b: f64) -> Double {
    let sum = a + b;
    Double(sum, b - (sum - a))
}

fn two_product(a: f64, b: f64) -> Double {
    let product = a * b;
    let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
    let error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    Double(product, error)
}

fn split(a: f64) -> (f64, f64) {
    let shifted = SPLITTER * a;
    let high = shifted - (shifted - a);
    (high, a - high)
}
