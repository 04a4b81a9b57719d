//! The checksum of what a case computed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A digest of a case's output, written as 16 hexadecimal digits.
///
/// Two runs that did the same work have the same checksum; it says nothing about how long they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum(pub u64);

/// A text that is not 16 hexadecimal digits.
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
    fn text_and_value_agree_both_ways() {
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
