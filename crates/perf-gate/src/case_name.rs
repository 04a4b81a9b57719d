//! The stable name of a case.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One workload at one size, written `suite/case/size`.
///
/// Each part has 1 to 40 characters of `a-z`, `0-9`, `-` and `.`, and starts with a letter or a digit. Such names are safe
/// in file names, terminal tables, Markdown and command lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseName(String);

/// The error for a text that is not a case name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a case name: {reason}; write `suite/case/size` in a-z, 0-9, `-` and `.`")]
pub struct CaseNameError {
    name: String,
    reason: &'static str,
}

const MAX_PART: usize = 40;

impl CaseName {
    /// Parses a name.
    ///
    /// # Errors
    /// When the text does not have exactly three well-formed parts.
    pub fn new(name: impl Into<String>) -> Result<Self, CaseNameError> {
        let name = name.into();
        match check(&name) {
            Ok(()) => Ok(Self(name)),
            // The text is untrusted: the message shows the first 60 characters, escaped.
            Err(reason) => {
                let name = name.chars().take(60).flat_map(char::escape_default).collect();
                Err(CaseNameError { name, reason })
            }
        }
    }

    /// The name as text, `suite/case/size`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(name: &str) -> Result<(), &'static str> {
    let mut parts = 0;
    for part in name.split('/') {
        parts += 1;
        let bytes = part.as_bytes();
        if bytes.is_empty() {
            return Err("a part is empty");
        }
        if bytes.len() > MAX_PART {
            return Err("a part is longer than 40 characters");
        }
        if !bytes[0].is_ascii_lowercase() && !bytes[0].is_ascii_digit() {
            return Err("a part does not start with a-z or 0-9");
        }
        let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !bytes.iter().all(allowed) {
            return Err("it contains another character");
        }
    }
    if parts == 3 { Ok(()) } else { Err("it does not have three parts") }
}

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for CaseName {
    type Err = CaseNameError;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl TryFrom<String> for CaseName {
    type Error = CaseNameError;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<CaseName> for String {
    fn from(name: CaseName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_names_are_accepted_and_others_rejected() {
        for good in ["query/floor/10", "a/b/c", "url/hostile-input/1.5k"] {
            assert_eq!(CaseName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", "a/b", "a/b/c/d", "a//c", "A/b/c", "-a/b/c", "a/b/c d", "a/b/\u{202e}c", "a/b/c\n"] {
            assert!(CaseName::new(bad).is_err(), "{bad:?} must be rejected");
        }
        assert!(CaseName::new(format!("a/b/{}", "c".repeat(40))).is_ok());
        assert!(CaseName::new(format!("a/b/{}", "c".repeat(41))).is_err());
    }

    #[test]
    fn an_error_contains_no_control_characters() {
        let message = CaseName::new("a/\u{1b}[2J\u{202e}/c").unwrap_err().to_string();
        assert!(message.bytes().all(|b| (0x20..0x7f).contains(&b)), "{message:?}");
    }
}
