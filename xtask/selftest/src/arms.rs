//! What the self-test does to one side, and what the gate should say to it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A kind of suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Both sides are the same bytes.
    Same,
    /// The head was changed in a way that costs nothing, and built anew.
    Neutral,
    /// The same, with one layout a side as other tools have it.
    NeutralOneLayout,
    /// The same bytes, beside a busy loop on each processor.
    Busy,
    /// The head computes more: so many percent more instructions.
    Work(u8),
    /// The head takes longer, and computes hardly more: so many percent.
    Wall(u8),
    /// A fault that changes what repeats exactly.
    Exact,
}

/// What the gate promises of an arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Promise {
    /// Part of the suites that are red though nothing is worse.
    RedAtMost(f64),
    /// Part of the comparisons in which what was planted is red.
    FoundAtLeast(f64),
}

impl Arm {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Same,
        Self::Neutral,
        Self::NeutralOneLayout,
        Self::Busy,
        Self::Work(1),
        Self::Work(2),
        Self::Work(3),
        Self::Work(5),
        Self::Work(10),
        Self::Wall(3),
        Self::Wall(5),
        Self::Wall(7),
        Self::Wall(10),
        Self::Exact,
    ];

    /// The file of its suites.
    pub fn file(self, dir: &Path) -> PathBuf {
        dir.join("selftest").join(format!("{self}.jsonl.gz"))
    }

    /// Whether nothing may be red.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Same | Self::Neutral | Self::NeutralOneLayout | Self::Busy)
    }

    /// What is promised of its suites; nothing of those that are there for comparison.
    pub fn promise(self) -> Option<Promise> {
        match self {
            Self::Same | Self::Neutral | Self::Busy => Some(Promise::RedAtMost(1.0 / 300.0)),
            Self::Work(_) | Self::Exact => Some(Promise::FoundAtLeast(0.99)),
            Self::Wall(3) => Some(Promise::FoundAtLeast(0.70)),
            Self::Wall(5) => Some(Promise::FoundAtLeast(0.95)),
            Self::Wall(10) => Some(Promise::FoundAtLeast(0.99)),
            Self::Wall(_) | Self::NeutralOneLayout => None,
        }
    }

    /// What it is, for a table.
    pub fn description(self) -> String {
        match self {
            Self::Same => "the same bytes on both sides".into(),
            Self::Neutral => "a neutral change, built anew".into(),
            Self::NeutralOneLayout => "a neutral change, one layout a side".into(),
            Self::Busy => "the same bytes, beside a busy loop on each processor".into(),
            Self::Work(percent) => format!("{percent} % more instructions"),
            Self::Wall(percent) => format!("{percent} % more time, instructions flat"),
            Self::Exact => "a fault in what repeats exactly".into(),
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("same"),
            Self::Neutral => f.write_str("neutral"),
            Self::NeutralOneLayout => f.write_str("neutral-one-layout"),
            Self::Busy => f.write_str("busy"),
            Self::Work(percent) => write!(f, "work-{percent}"),
            Self::Wall(percent) => write!(f, "wall-{percent}"),
            Self::Exact => f.write_str("exact"),
        }
    }
}

impl std::str::FromStr for Arm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|arm| arm.to_string() == text)
            .ok_or_else(|| format!("it is none of {}", Self::ALL.map(|arm| arm.to_string()).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_are_files_of_their_own() {
        let files: std::collections::BTreeSet<PathBuf> = Arm::ALL.iter().map(|arm| arm.file(Path::new("x"))).collect();
        assert_eq!(files.len(), Arm::ALL.len());
        for arm in Arm::ALL {
            assert_eq!(arm.to_string().parse(), Ok(arm));
            assert!(!arm.description().is_empty());
        }
        let error = "wall-4".parse::<Arm>().unwrap_err();
        assert!(error.contains("same, neutral") && error.contains("wall-3"), "{error}");
    }
}
