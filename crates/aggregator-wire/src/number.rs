//! Numbers that every reader takes as they were written.

use std::fmt;
use std::time::Duration;

use aggregator_core::analysis;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number from 0 to [`Self::MOST`].
///
/// JavaScript has whole numbers as floating point, which is exact up to there. What is more becomes the largest: of
/// microseconds that is 285 years, of billionths of a dollar nine million dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Whole(u64);

impl Whole {
    /// 2^53 - 1, JavaScript's `Number.MAX_SAFE_INTEGER`; stands for itself and for everything that is more.
    pub const MOST: u64 = (1 << 53) - 1;

    /// The number, or the largest if it is more.
    pub const fn saturating(number: u64) -> Self {
        Self(if number > Self::MOST { Self::MOST } else { number })
    }

    /// The microseconds of a duration, rounded down.
    pub fn micros(duration: Duration) -> Self {
        Self::saturating(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<usize> for Whole {
    fn from(number: usize) -> Self {
        Self::saturating(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number > Self::MOST {
            return Err(D::Error::custom(format!("{number} is more than {}, the most a number can be", Self::MOST)));
        }
        Ok(Self(number))
    }
}

/// A number that is finite, because JSON has no others.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct Finite(f64);

impl Finite {
    /// The number. The engine's scores are finite; of others infinities become the largest finite numbers, and what is
    /// no number becomes 0, below every score.
    pub fn nearest(number: f64) -> Self {
        // `clamp` keeps what is no number.
        Self(if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) })
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Finite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !number.is_finite() {
            return Err(D::Error::custom(format!("{number} is not finite")));
        }
        Ok(Self(number))
    }
}

/// A number from 0 to 1 in steps of a thousandth; in JSON `0.3` and the like.
///
/// It is kept as whole thousandths, so that a score of an analysis is exactly the sum of its parts. Who adds numbers
/// as they are in JSON has to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Share(u16);

impl Share {
    /// The thousandths, 0 to 1,000.
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

impl From<analysis::Score> for Share {
    fn from(score: analysis::Score) -> Self {
        // A score has at most 1,000.
        Self(u16::try_from(score.thousandths()).unwrap_or(1_000))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Share {
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
        assert_eq!(Whole::saturating(u64::MAX).get(), 9_007_199_254_740_991);
        assert_eq!(Whole::saturating(Whole::MOST + 1).get(), Whole::MOST);
        assert_eq!(Whole::saturating(Whole::MOST - 1).get(), Whole::MOST - 1);
        assert_eq!((Whole::MOST as f64) as u64, Whole::MOST);
        assert_eq!(Whole::micros(Duration::MAX).get(), Whole::MOST);
        assert_eq!(Whole::micros(Duration::from_nanos(1_999)).get(), 1);
        assert_eq!(read::<Whole>("9007199254740991").map(Whole::get), Ok(Whole::MOST));
        let refused = read::<Whole>("9007199254740992").unwrap_err();
        assert!(refused.starts_with("9007199254740992 is more than 9007199254740991"), "{refused}");
        assert!(read::<Whole>("-1").is_err() && read::<Whole>("1.5").is_err());
    }

    #[test]
    fn what_is_not_finite_has_a_form_that_is() {
        for (given, expected) in
            [(f64::NAN, 0.0), (f64::INFINITY, f64::MAX), (f64::NEG_INFINITY, f64::MIN), (0.1, 0.1), (-0.5, -0.5)]
        {
            let written = serde_json::to_string(&Finite::nearest(given)).unwrap();
            assert_eq!(read::<Finite>(&written).map(Finite::get), Ok(expected), "{given} is written {written}");
        }
        assert!(read::<Finite>("1e999").is_err() && read::<Finite>("null").is_err());
    }

    #[test]
    fn every_share_is_read_as_it_was_written() {
        for thousandths in 0..=1_000 {
            let share = Share::from(analysis::Score::from_thousandths(thousandths));
            let written = serde_json::to_string(&share).unwrap();
            assert!(written.len() <= 5, "{written}");
            assert_eq!(read(&written), Ok(share));
        }
        assert_eq!(read("1"), Ok(Share(1_000)));
        assert_eq!(read::<Share>("1.001").unwrap_err(), "1.001 is not from 0 to 1");
        assert!(read::<Share>("-0.1").is_err());
    }
}
