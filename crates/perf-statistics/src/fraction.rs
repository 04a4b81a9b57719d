//! A score with what it is out of.

/// What was reached of what there is. A sum of fractions adds both parts, so that a ratio of sums weighs each question by what
/// there is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fraction {
    /// What was reached, or gained: finite. It may be negative, and above `of`.
    pub value: f64,
    /// What there is: finite and not negative.
    pub of: f64,
}

impl Fraction {
    /// The fraction of nothing.
    pub const ZERO: Self = Self { value: 0.0, of: 0.0 };

    /// `value` over `of`, without unit; `None` where there is nothing, or if the quotient is not finite.
    pub fn ratio(self) -> Option<f64> {
        let ratio = self.value / self.of;
        (self.of > 0.0 && ratio.is_finite()).then_some(ratio)
    }

    /// The sum of both parts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { value: self.value + other.value, of: self.of + other.of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_fractions_weighs_by_what_there_is() {
        let sum = Fraction { value: 1.0, of: 1.0 }.plus(Fraction { value: 1.0, of: 3.0 });
        assert_eq!((sum, sum.ratio()), (Fraction { value: 2.0, of: 4.0 }, Some(0.5)));
        assert_eq!(Fraction::ZERO.ratio(), None);
        assert_eq!(Fraction { value: 3.0, of: 0.0 }.ratio(), None);
        assert_eq!(Fraction { value: 1e300, of: 1e-300 }.ratio(), None);
    }
}
