//! Texts and numbers that may stand in a summary.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The error for a text or a number that may not stand in a summary. It does not quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct InvalidName(&'static str);

impl InvalidName {
    /// The error for a metric without a unit that is no subject of a row.
    pub(super) const fn of_metric() -> Self {
        Self("a metric with its unit")
    }

    /// The error for a number where a checksum belongs, or a checksum where a number belongs.
    pub(super) const fn of_value() -> Self {
        Self("a value of its metric")
    }
}

/// The name of a package: 1 to 64 letters, digits, `-` and `_` of ASCII.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(String);

/// A commit: 7 to 64 hexadecimal digits in lower case, with `-dirty` behind them if the work tree differed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

/// A percentage: finite, from −10⁹ to 10⁹. The bound keeps its text short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Percent(f64);

impl PackageName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CommitId {
    /// The hash as text, perhaps with `-dirty`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits of the hash.
    pub fn short(&self) -> &str {
        let hash = self.0.strip_suffix(DIRTY).unwrap_or(&self.0);
        hash.get(..12).unwrap_or(hash)
    }
}

impl Percent {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

const DIRTY: &str = "-dirty";

impl TryFrom<String> for PackageName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_name { Ok(Self(text)) } else { Err(InvalidName("the name of a package")) }
    }
}

impl TryFrom<String> for CommitId {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hash = text.strip_suffix(DIRTY).unwrap_or(&text);
        let is_hash =
            (7..=64).contains(&hash.len()) && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hash { Ok(Self(text)) } else { Err(InvalidName("a commit")) }
    }
}

impl TryFrom<f64> for Percent {
    type Error = InvalidName;
    fn try_from(number: f64) -> Result<Self, Self::Error> {
        // NaN compares with nothing.
        if number.abs() <= 1e9 { Ok(Self(number)) } else { Err(InvalidName("a percentage from -1e9 to 1e9")) }
    }
}

impl From<PackageName> for String {
    fn from(name: PackageName) -> Self {
        name.0
    }
}

impl From<CommitId> for String {
    fn from(commit: CommitId) -> Self {
        commit.0
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_and_numbers_are_rejected() {
        for good in ["a", "perf-gate", "A_9", &"x".repeat(64)] {
            assert!(PackageName::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a`b", "@user", "a/b", "<b>", "é", "a\n", &"x".repeat(65)] {
            assert!(PackageName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        let full = "0123456789abcdef0123456789abcdef01234567";
        for (good, short) in [(full, "0123456789ab"), ("0123abc", "0123abc"), ("0123abc-dirty", "0123abc")] {
            assert_eq!(CommitId::try_from(good.to_owned()).unwrap().short(), short);
        }
        for bad in ["", "0123ab", "unknown", "0123ABC", "0123abc-dirty-dirty", "0123abc ", &"a".repeat(65)] {
            assert!(CommitId::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert_eq!(Percent::try_from(-1e9).unwrap().get(), -1e9);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.1e9, -1.1e9] {
            assert!(Percent::try_from(bad).is_err(), "{bad}");
        }
    }
}
