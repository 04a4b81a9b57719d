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
    pub fn file(self, benches_data: &Path) -> PathBuf {
        benches_data.join("selftest").join(format!("{self}.jsonl.gz"))
    }

    /// Whether nothing may be red.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Same | Self::Neutral | Self::NeutralOneLayout | Self::Busy)
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
