//! Pairs of processes, one of each side, as data.
//!
//! - [`outcome`]: what measuring them gave. [`plan`]: how many a case gets.

pub mod outcome;
pub mod plan;

use std::collections::BTreeMap;
use std::fmt;

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

/// What a pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// To find what may have changed.
    First,
    /// To confirm it, on fresh pairs.
    Confirm,
    /// The base against itself, to see whether the machine can tell equal from different.
    Control,
}

/// What one process says of the nanoseconds of an operation: `[median, fastest]` over its samples, as divan prints them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Times {
    /// Of the sample in the middle.
    pub median: f64,
    /// Of the fastest sample.
    pub fastest: f64,
}

impl From<[f64; 2]> for Times {
    fn from([median, fastest]: [f64; 2]) -> Self {
        Self { median, fastest }
    }
}

impl From<Times> for [f64; 2] {
    fn from(times: Times) -> Self {
        [times.median, times.fastest]
    }
}

/// Which of the figures of a process is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// What most samples say. A burst that lasts for half of a process moves it.
    Median,
    /// What the machine does when nothing disturbs it; blind for what slows only some operations down.
    Minimum,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Median => "median",
            Self::Minimum => "minimum",
        })
    }
}

impl Times {
    /// One of the figures.
    pub fn get(self, figure: Figure) -> f64 {
        match figure {
            Figure::Median => self.median,
            Figure::Minimum => self.fastest,
        }
    }
}

/// How much slower a process of the change was than that of the base, by each figure: logarithms of ratios, so that 0.01 is
/// 1 % slower, near enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    median: f64,
    fastest: f64,
}

impl Difference {
    /// Between the times of a base and those of a change.
    pub fn between(base: Times, head: Times) -> Self {
        Self { median: (head.median / base.median).ln(), fastest: (head.fastest / base.fastest).ln() }
    }

    /// The same by both figures.
    #[cfg(test)]
    pub fn of_both(difference: f64) -> Self {
        Self { median: difference, fastest: difference }
    }

    /// By one figure.
    pub fn by(figure: Figure, differences: &[Self]) -> Vec<f64> {
        let one = |difference: &Self| match figure {
            Figure::Median => difference.median,
            Figure::Minimum => difference.fastest,
        };
        differences.iter().map(one).collect()
    }
}

/// One process of the base and one of the change, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// What it is for.
    pub stage: Stage,
    /// Which of the pairs of its stage and case it is; also chooses the layouts.
    pub round: u32,
    /// The case.
    pub case: CaseName,
    /// Of the base.
    pub base: Times,
    /// Of the change; of a control, of the base again.
    pub head: Times,
    /// Milliseconds that it took to measure both.
    pub took: f64,
}

impl Pair {
    /// How much slower the change was.
    pub fn difference(&self) -> Difference {
        Difference::between(self.base, self.head)
    }
}

/// All pairs of a comparison, in the order of stage, case and round.
#[derive(Debug, Clone, Default)]
pub struct Pairs(BTreeMap<(Stage, CaseName, u32), Pair>);

impl Pairs {
    /// Adds a pair; what was there for its stage, case and round stays.
    pub fn add(&mut self, pair: Pair) {
        self.0.entry((pair.stage, pair.case.clone(), pair.round)).or_insert(pair);
    }

    /// Whether a pair was measured.
    pub fn has(&self, stage: Stage, case: &CaseName, round: u32) -> bool {
        self.0.contains_key(&(stage, case.clone(), round))
    }

    /// The pairs of a case in a stage, in the order of rounds.
    pub fn of<'a>(&'a self, stage: Stage, case: &CaseName) -> impl Iterator<Item = &'a Pair> + use<'a> {
        self.0.range((stage, case.clone(), 0)..=(stage, case.clone(), u32::MAX)).map(|(_, pair)| pair)
    }

    /// The differences of a case in a stage.
    pub fn differences(&self, stage: Stage, case: &CaseName) -> Vec<Difference> {
        self.of(stage, case).map(Pair::difference).collect()
    }

    /// Every pair.
    pub fn all(&self) -> impl Iterator<Item = &Pair> {
        self.0.values()
    }

    /// Seconds that it took to measure them all.
    pub fn seconds(&self) -> f64 {
        self.all().map(|pair| pair.took / 1e3).sum()
    }
}

/// What was asked for after somebody had seen the pairs that there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// How often.
    pub looks: u32,
    /// How many pairs each case should have at least before they are judged again.
    pub pairs: BTreeMap<CaseName, usize>,
}

impl Asked {
    /// Asks once more: for as many pairs again.
    pub fn again(&self, pairs: &Pairs) -> Self {
        let mut twice: BTreeMap<CaseName, usize> = BTreeMap::new();
        for pair in pairs.all().filter(|pair| pair.stage == Stage::First) {
            *twice.entry(pair.case.clone()).or_default() += 2;
        }
        Self { looks: self.looks + 1, pairs: twice }
    }
}
