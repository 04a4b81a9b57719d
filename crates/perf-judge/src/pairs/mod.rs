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

/// What one process says of the nanoseconds of an operation: `[median, minimum]` over its samples, as divan prints them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Times {
    /// Of the sample in the middle.
    pub median: f64,
    /// Of the fastest sample.
    pub minimum: f64,
}

impl From<[f64; 2]> for Times {
    fn from([median, minimum]: [f64; 2]) -> Self {
        Self { median, minimum }
    }
}

impl From<Times> for [f64; 2] {
    fn from(times: Times) -> Self {
        [times.median, times.minimum]
    }
}

/// Which of the figures of a process is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// What most samples say. A burst that lasts for half of a process moves it.
    Median,
    /// What the machine does when nothing disturbs it; blind for what slows only some operations down.
    Minimum,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Median => "median",
            Self::Minimum => "minimum",
        })
    }
}

impl Times {
    /// One of the figures.
    pub fn get(self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Median => self.median,
            Statistic::Minimum => self.minimum,
        }
    }
}

/// How much slower a process of the change was than that of the base, by each figure: logarithms of ratios, so that 0.01 is
/// 1 % slower, near enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRatios {
    median: f64,
    minimum: f64,
}

impl LogRatios {
    /// Between the times of a base and those of a change.
    pub fn between(base: Times, head: Times) -> Self {
        Self { median: (head.median / base.median).ln(), minimum: (head.minimum / base.minimum).ln() }
    }

    /// The same by both figures.
    #[cfg(test)]
    pub fn uniform(difference: f64) -> Self {
        Self { median: difference, minimum: difference }
    }

    /// By one figure.
    pub fn select(statistic: Statistic, differences: &[Self]) -> Vec<f64> {
        let one = |difference: &Self| match statistic {
            Statistic::Median => difference.median,
            Statistic::Minimum => difference.minimum,
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
    #[serde(rename = "took")]
    pub took_ms: f64,
}

impl Pair {
    /// How much slower the change was.
    pub fn log_ratios(&self) -> LogRatios {
        LogRatios::between(self.base, self.head)
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
    pub fn contains(&self, stage: Stage, case: &CaseName, round: u32) -> bool {
        self.0.contains_key(&(stage, case.clone(), round))
    }

    /// The pairs of a case in a stage, in the order of rounds.
    pub fn select<'a>(&'a self, stage: Stage, case: &CaseName) -> impl Iterator<Item = &'a Pair> + use<'a> {
        self.0.range((stage, case.clone(), 0)..=(stage, case.clone(), u32::MAX)).map(|(_, pair)| pair)
    }

    /// The differences of a case in a stage.
    pub fn log_ratios(&self, stage: Stage, case: &CaseName) -> Vec<LogRatios> {
        self.select(stage, case).map(Pair::log_ratios).collect()
    }

    /// Every pair.
    pub fn all(&self) -> impl Iterator<Item = &Pair> {
        self.0.values()
    }

    /// Seconds that it took to measure them all.
    pub fn seconds(&self) -> f64 {
        self.all().map(|pair| pair.took_ms / 1e3).sum()
    }
}

/// What was asked for after somebody had seen the pairs that there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterimLooks {
    /// How often.
    pub looks: u32,
    /// How many pairs each case should have at least before they are judged again.
    pub pairs: BTreeMap<CaseName, usize>,
}

impl InterimLooks {
    /// Asks once more: for as many pairs again.
    pub fn next_look(&self, pairs: &Pairs) -> Self {
        let mut twice: BTreeMap<CaseName, usize> = BTreeMap::new();
        for pair in pairs.all().filter(|pair| pair.stage == Stage::First) {
            *twice.entry(pair.case.clone()).or_default() += 2;
        }
        Self { looks: self.looks + 1, pairs: twice }
    }
}
