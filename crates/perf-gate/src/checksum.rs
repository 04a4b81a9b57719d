//! The checksum of what a case computes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A digest of what a case computes, written as 16 lower-case hexadecimal digits.
///
/// Two runs with the same results have the same checksum, whatever they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum(pub u64);

/// The error for a text that is not 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a checksum is 16 hexadecimal digits, lower case")]
pub struct ChecksumError;

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !plain {
            return Err(ChecksumError);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| ChecksumError)
    }
}

impl TryFrom<String> for Checksum {
    type Error = ChecksumError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_convert_both_ways() {
        for value in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let text = Checksum(value).to_string();
            assert_eq!(text.len(), 16);
            assert_eq!(text.parse(), Ok(Checksum(value)));
        }
        for bad in ["", "0", "0123456789ABCDEF", "+123456789abcdef", "0x23456789abcdef", "0123456789abcdef0"] {
            assert_eq!(bad.parse::<Checksum>(), Err(ChecksumError), "{bad:?}");
        }
    }
}
