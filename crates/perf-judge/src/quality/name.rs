//! Names of rows, and the two splits of questions.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the author of a rule may read a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Rules are fitted to these questions.
    Tuning,
    /// Only totals of these questions are shown: a rule that is fitted to them has no independent test left.
    HeldOut,
}

/// Ends the name of a row of held-out questions.
const HELD_OUT: &str = "@held-out";

/// The name of a row as the program prints it: parts between slashes, the first of which is its setup, such as
/// `offline/answer/noise-0.8`.
///
/// Names are ordered part by part, so that those of a setup stand together whatever the names of others begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowName(String);

/// Why a text is no name of a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a row has a name of at most {MAX_NAME} letters, digits and `-._+%=@`, in parts between `/`, that does not end in `{HELD_OUT}`"
)]
pub struct InvalidName;

/// Maximum characters of a name.
const MAX_NAME: usize = 120;

impl RowName {
    /// Checks a name.
    ///
    /// # Errors
    /// If it is empty or too long, has an empty part, or has a character that patterns or tables would read as theirs.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+%=@".contains(&byte);
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_plain);
        let is_valid = name.len() <= MAX_NAME && !name.ends_with(HELD_OUT) && name.split('/').all(is_part);
        is_valid.then(|| Self(name.to_owned())).ok_or(InvalidName)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first part: what answered, or what is measured.
    pub fn setup(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The second part: what is counted of the setup, such as `answer`; empty if there is none.
    pub fn kind(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The last part: the list of passages that the questions were answered from, where a row has one.
    pub fn list(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl Ord for RowName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.split('/').cmp(other.0.split('/'))
    }
}

impl PartialOrd for RowName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A row of one split: what is stored and judged. Shown as the name of the row, with `@held-out` behind it for held-out
/// questions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The name of the row.
    pub name: RowName,
    /// The questions of the row.
    pub split: Split,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.split {
            Split::Tuning => f.pad(self.name.as_str()),
            Split::HeldOut => f.pad(&format!("{}{HELD_OUT}", self.name)),
        }
    }
}

impl Serialize for RowKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_name() {
        let name = RowName::new("offline/answer/noise-0.8").unwrap();
        assert_eq!((name.setup(), name.kind(), name.list()), ("offline", "answer", "noise-0.8"));
        let name = RowName::new("retrieval").unwrap();
        assert_eq!((name.setup(), name.kind(), name.list()), ("retrieval", "", "retrieval"));
        let key = RowKey { name, split: Split::HeldOut };
        assert_eq!(format!("{key:<20}|"), "retrieval@held-out  |");
        assert!(RowName::new("retrieval/nDCG@10").is_ok());
    }

    #[test]
    fn names_of_a_setup_stand_together() {
        let mut names = ["a/x", "a-b/x", "a", "a/b-c/y", "a/b/z"].map(|name| RowName::new(name).unwrap());
        names.sort();
        assert_eq!(names.each_ref().map(RowName::as_str), ["a", "a/b/z", "a/b-c/y", "a/x", "a-b/x"]);
    }

    #[test]
    fn other_texts_are_no_names() {
        let long = "x".repeat(MAX_NAME + 1);
        for bad in ["", "/", "a//b", "/a", "a/", "a b", "a*", "a|b", "a`b", "ä", "a\nb", "a/b@held-out", long.as_str()]
        {
            assert_eq!(RowName::new(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
