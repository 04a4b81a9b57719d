//! Quantities as people write them: `900ms`, `95%`, `10MiB`.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// The longest time that a file may name. Histograms go up to it.
pub const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// A share of a whole, in 0..=1. In files it is a text with a percent sign, such as `5%` or `0.5%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Share(f64);

impl Share {
    /// The share, or `None` if it is not in 0..=1.
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// The share, in 0..=1.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Reads a duration: a number directly before its unit, `us`, `ms`, `s`, `min` or `h`.
///
/// # Errors
/// With a sentence for people, if it is none, or is longer than a day.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds = match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        _ => {
            return Err(format!(
                "`{text}` is no duration; write a number and a unit (us, ms, s, min, h), as in `900ms`"
            ));
        }
    };
    let number = number.ok_or_else(|| format!("`{text}` has no number before its unit; write `900ms` or `1.5s`"))?;
    let nanos = (number * seconds * 1e9).round();
    if nanos > LONGEST.as_nanos() as f64 {
        return Err(format!("`{text}` is longer than 24 h"));
    }
    Ok(Duration::from_nanos(nanos as u64))
}

/// Reads a share such as `95%`.
///
/// # Errors
/// With a sentence for people, if it is none.
pub fn share(text: &str) -> Result<Share, String> {
    let wrong = || format!("`{text}` is no share; write a number from 0 to 100 and a percent sign, as in `5%`");
    let (number, unit) = split(text);
    if unit != "%" {
        return Err(wrong());
    }
    number.and_then(|percent| Share::new(percent / 100.0)).ok_or_else(wrong)
}

/// Reads a number of bytes such as `10MiB`; units are `B`, `KiB`, `MiB` and `GiB`.
///
/// # Errors
/// With a sentence for people, if it is none.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("`{text}` is no number of bytes; write a number and a unit (B, KiB, MiB, GiB), as in `10MiB`");
    let (number, unit) = split(text);
    let factor = match unit {
        "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        _ => return Err(wrong()),
    };
    match number {
        Some(number) if number * factor <= 1e15 => Ok((number * factor).round() as u64),
        _ => Err(wrong()),
    }
}

/// The number at the beginning, if it is finite and not negative, and what follows it.
pub(crate) fn split(text: &str) -> (Option<f64>, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.parse().ok().filter(|number: &f64| number.is_finite()), unit.trim_start())
}

/// A duration in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFile<T>(pub(crate) T);

struct Text<T>(fn(&str) -> Result<T, String>, &'static str);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for InFile<Duration> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(duration, "a duration in quotes, such as \"900ms\"")).map(Self)
    }
}

impl<'de> Deserialize<'de> for InFile<Share> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(share, "a share in quotes, such as \"5%\"")).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_exactly() {
        for (text, nanos) in [
            ("900ms", 900_000_000),
            ("1.5s", 1_500_000_000),
            ("2min", 120_000_000_000),
            ("250us", 250_000),
            ("0s", 0),
            ("24h", 86_400_000_000_000),
            ("0.1s", 100_000_000),
            ("4.35s", 4_350_000_000),
        ] {
            assert_eq!(duration(text).map(|found| found.as_nanos()), Ok(nanos), "{text}");
        }
        assert_eq!(share("95%").map(Share::get), Ok(0.95));
        assert_eq!(share("0.5 %").map(Share::get), Ok(0.005));
        assert_eq!((bytes("10MiB"), bytes("1.5KiB"), bytes("0B")), (Ok(10 << 20), Ok(1536), Ok(0)));
    }

    #[test]
    fn what_is_no_quantity_says_what_to_write() {
        for text in ["900", "ms", "-1s", "1 day", "1e3s", "25h", "", "1.2.3s", "inf s"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["95", "101%", "-1%", "%", "1%%"] {
            assert!(share(text).unwrap_err().contains("percent sign"), "{text}");
        }
        for text in ["10MB", "10", "KiB", "99999999999GiB"] {
            assert!(bytes(text).unwrap_err().contains("10MiB"), "{text}");
        }
    }
}
