//! The arms of the self-test: what is done to the head, and what the gate should report.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is done to the head in a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// Base and head are the same build.
    Same,
    /// The head has a change that costs nothing, and is built separately.
    Neutral,
    /// The head has a change that costs nothing; each side keeps one link layout, as in other tools.
    NeutralOneLayout,
    /// Base and head are the same build, measured beside a busy loop on each processor.
    Busy,
    /// The head executes more instructions, in percent.
    Instructions(u8),
    /// The head takes longer, in percent, with about the same instructions.
    Wall(u8),
    /// The head has a planted fault that changes a value of an exact class.
    ExactFault,
}

/// A rate that the gate has to reach in an arm, as a fraction from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Maximum share of suites that fail although nothing regressed.
    MaxFalsePositiveRate(f64),
    /// Minimum share of comparisons in which the planted regression is detected.
    MinPower(f64),
}

impl Arm {
    /// Every arm, in the order of the tables.
    pub const ALL: [Self; 14] = [
        Self::Same,
        Self::Neutral,
        Self::NeutralOneLayout,
        Self::Busy,
        Self::Instructions(1),
        Self::Instructions(2),
        Self::Instructions(3),
        Self::Instructions(5),
        Self::Instructions(10),
        Self::Wall(3),
        Self::Wall(5),
        Self::Wall(7),
        Self::Wall(10),
        Self::ExactFault,
    ];

    /// The file that holds the suites of this arm, in the data folder `dir`.
    pub fn file(self, dir: &Path) -> PathBuf {
        dir.join("selftest").join(format!("{self}.jsonl.gz"))
    }

    /// Whether nothing regressed, so that each failing suite is a false positive.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Same | Self::Neutral | Self::NeutralOneLayout | Self::Busy)
    }

    /// The target of this arm; `None` for arms that serve as a comparison.
    pub fn target(self) -> Option<Target> {
        match self {
            Self::Same | Self::Neutral | Self::Busy => Some(Target::MaxFalsePositiveRate(1.0 / 300.0)),
            Self::Instructions(_) | Self::ExactFault => Some(Target::MinPower(0.99)),
            Self::Wall(3) => Some(Target::MinPower(0.70)),
            Self::Wall(5) => Some(Target::MinPower(0.95)),
            Self::Wall(10) => Some(Target::MinPower(0.99)),
            Self::Wall(_) | Self::NeutralOneLayout => None,
        }
    }

    /// A description for a table.
    pub fn description(self) -> String {
        match self {
            Self::Same => "same build on both sides".into(),
            Self::Neutral => "neutral change, built separately".into(),
            Self::NeutralOneLayout => "neutral change, one link layout per side".into(),
            Self::Busy => "same build, beside a busy loop on each processor".into(),
            Self::Instructions(percent) => format!("{percent} % more instructions"),
            Self::Wall(percent) => format!("{percent} % slower, instructions about equal"),
            Self::ExactFault => "planted fault in an exact class".into(),
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
            Self::Instructions(percent) => write!(f, "work-{percent}"),
            Self::Wall(percent) => write!(f, "wall-{percent}"),
            Self::ExactFault => f.write_str("exact"),
        }
    }
}

impl std::str::FromStr for Arm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|arm| arm.to_string() == text)
            .ok_or_else(|| format!("it is not one of {}", Self::ALL.map(|arm| arm.to_string()).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_and_each_arm_has_its_own_file() {
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
