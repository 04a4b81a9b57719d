//! Shares, confidences and scores as whole thousandths.

use std::fmt;

/// A number from 0 to 1 in steps of a thousandth.
///
/// Whole thousandths instead of floating point, so that a score is exactly the sum of its parts on every machine, and
/// analyses can be compared for equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(u16);

impl Score {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(1_000);

    /// A score in thousandths, capped at 1,000.
    pub const fn from_thousandths(thousandths: u32) -> Self {
        Self(if thousandths > 1_000 { 1_000 } else { thousandths as u16 })
    }

    /// The thousandths, 0 to 1,000.
    pub const fn thousandths(self) -> u32 {
        self.0 as u32
    }

    /// The number, 0 to 1.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// The nearest thousandth of a number from 0 to 1; others (and what is no number) are moved to the nearer end.
    pub(crate) fn nearest(number: f64) -> Self {
        // A cast from floating point saturates, and makes 0 of what is no number.
        Self::from_thousandths((number * 1_000.0).round() as u32)
    }

    /// `part` of `whole`, rounded down; 0 of nothing.
    pub(super) fn share(part: u32, whole: u32) -> Self {
        Self::from_thousandths((part.min(whole) * 1_000).checked_div(whole).unwrap_or(0))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_stay_between_zero_and_one() {
        assert_eq!(Score::from_thousandths(1_001), Score::ONE);
        assert_eq!(Score::nearest(0.7).to_string(), "0.700");
        assert_eq!(Score::nearest(f64::NAN), Score::ZERO);
        assert_eq!(Score::nearest(-1.0), Score::ZERO);
        assert_eq!(Score::nearest(7.0), Score::ONE);
        assert_eq!(Score::share(1, 3).thousandths(), 333);
        assert_eq!(Score::share(1, 0), Score::ZERO);
        assert_eq!(Score::ONE.get(), 1.0);
    }
}
