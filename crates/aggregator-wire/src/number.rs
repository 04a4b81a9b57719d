//! Numbers that every JSON reader represents exactly.

use std::fmt;
use std::time::Duration;

use aggregator_core::analysis;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number from 0 to [`Self::MAX`], JavaScript's safe integers.
///
/// A larger number saturates: in microseconds [`Self::MAX`] is 285 years, in billionths of a dollar nine million dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct SafeInteger(u64);

impl SafeInteger {
    /// 2^53 - 1, JavaScript's `Number.MAX_SAFE_INTEGER`; also stands for larger numbers.
    pub const MAX: u64 = (1 << 53) - 1;

    /// The number, or [`Self::MAX`] if it is larger.
    pub const fn saturating(number: u64) -> Self {
        Self(if number > Self::MAX { Self::MAX } else { number })
    }

    /// The microseconds of a duration, rounded down.
    pub fn micros(duration: Duration) -> Self {
        Self::saturating(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// The value as an integer.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<usize> for SafeInteger {
    fn from(number: usize) -> Self {
        Self::saturating(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for SafeInteger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for SafeInteger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number > Self::MAX {
            return Err(D::Error::custom(format!("{number} is more than {}, the most a number can be", Self::MAX)));
        }
        Ok(Self(number))
    }
}

/// A finite number; JSON has no others.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct FiniteF64(f64);

impl FiniteF64 {
    /// The nearest finite number: infinities become the largest finite numbers, and NaN becomes 0, below every score. The
    /// engine's scores are finite.
    pub fn nearest(number: f64) -> Self {
        // `clamp` keeps NaN.
        Self(if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) })
    }

    /// The value as a floating-point number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for FiniteF64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !number.is_finite() {
            return Err(D::Error::custom(format!("{number} is not finite")));
        }
        Ok(Self(number))
    }
}

/// A score from 0 to 1 in thousandths; in JSON a number such as `0.3`.
///
/// It is stored as whole thousandths, so that a score of an analysis is exactly the sum of its parts. A reader that adds the
/// numbers of the JSON has to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(u16);

impl Score {
    /// The thousandths, 0 to 1,000.
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

impl From<analysis::Score> for Score {
    fn from(score: analysis::Score) -> Self {
        // A score has at most 1,000.
        Self(u16::try_from(score.thousandths()).unwrap_or(1_000))
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !(0.0..=1.0).contains(&number) {
            return Err(D::Error::custom(format!("{number} is not from 0 to 1")));
        }
        Ok(Self((number * 1_000.0).round() as u16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_numbers_end_where_floating_point_stops_being_exact() {
        assert_eq!(SafeInteger::saturating(u64::MAX).get(), 9_007_199_254_740_991);
        assert_eq!(SafeInteger::saturating(SafeInteger::MAX + 1).get(), SafeInteger::MAX);
        assert_eq!(SafeInteger::saturating(SafeInteger::MAX - 1).get(), SafeInteger::MAX - 1);
        assert_eq!((SafeInteger::MAX as f64) as u64, SafeInteger::MAX);
        assert_eq!(SafeInteger::micros(Duration::MAX).get(), SafeInteger::MAX);
        assert_eq!(SafeInteger::micros(Duration::from_nanos(1_999)).get(), 1);
        assert_eq!(read::<SafeInteger>("9007199254740991").map(SafeInteger::get), Ok(SafeInteger::MAX));
        let refused = read::<SafeInteger>("9007199254740992").unwrap_err();
        assert!(refused.starts_with("9007199254740992 is more than 9007199254740991"), "{refused}");
        assert!(read::<SafeInteger>("-1").is_err() && read::<SafeInteger>("1.5").is_err());
    }

    #[test]
    fn what_is_not_finite_has_a_form_that_is() {
        for (given, expected) in
            [(f64::NAN, 0.0), (f64::INFINITY, f64::MAX), (f64::NEG_INFINITY, f64::MIN), (0.1, 0.1), (-0.5, -0.5)]
        {
            let written = serde_json::to_string(&FiniteF64::nearest(given)).unwrap();
            assert_eq!(read::<FiniteF64>(&written).map(FiniteF64::get), Ok(expected), "{given} is written {written}");
        }
        assert!(read::<FiniteF64>("1e999").is_err() && read::<FiniteF64>("null").is_err());
    }

    #[test]
    fn every_share_is_read_as_it_was_written() {
        for thousandths in 0..=1_000 {
            let share = Score::from(analysis::Score::from_thousandths(thousandths));
            let written = serde_json::to_string(&share).unwrap();
            assert!(written.len() <= 5, "{written}");
            assert_eq!(read(&written), Ok(share));
        }
        assert_eq!(read("1"), Ok(Score(1_000)));
        assert_eq!(read::<Score>("1.001").unwrap_err(), "1.001 is not from 0 to 1");
        assert!(read::<Score>("-0.1").is_err());
    }
}
