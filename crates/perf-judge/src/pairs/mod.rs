//! Pairs of one base process and one head process, as data.
//!
//! - [`outcome`]: the results of a paired run. [`plan`]: the number of pairs of each case.

pub mod outcome;
pub mod plan;

use std::collections::BTreeMap;
use std::fmt;

use perf_gate::CaseName;
use serde::{Deserialize, Serialize};

/// The sample that a pair belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The first sample, which finds possible changes.
    First,
    /// The confirming sample, of fresh pairs.
    Confirm,
    /// The control: the base measured against itself, which checks the machine.
    Control,
}

/// Nanoseconds of one operation in one process, over its samples as divan prints them; stored as `[median, minimum]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Times {
    /// Median of the samples, in nanoseconds.
    pub median: f64,
    /// Minimum of the samples, in nanoseconds.
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

/// The statistic of a process that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The median of the samples; a burst of noise over half of the process moves it.
    Median,
    /// The minimum of the samples; a slowdown of only some operations does not move it.
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
    /// The value of a statistic, in nanoseconds.
    pub fn get(self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Median => self.median,
            Statistic::Minimum => self.minimum,
        }
    }
}

/// The change of a pair by each statistic, as the log ratio ln(head / base): 0.01 is about 1 % slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRatios {
    median: f64,
    minimum: f64,
}

impl LogRatios {
    /// The log ratios of the times of head and base.
    pub fn between(base: Times, head: Times) -> Self {
        Self { median: (head.median / base.median).ln(), minimum: (head.minimum / base.minimum).ln() }
    }

    /// Equal log ratios of both statistics.
    #[cfg(test)]
    pub fn uniform(difference: f64) -> Self {
        Self { median: difference, minimum: difference }
    }

    /// The log ratios of one statistic, in the same order.
    pub fn select(statistic: Statistic, differences: &[Self]) -> Vec<f64> {
        let one = |difference: &Self| match statistic {
            Statistic::Median => difference.median,
            Statistic::Minimum => difference.minimum,
        };
        differences.iter().map(one).collect()
    }
}

/// A base process and a head process that were measured one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The sample that the pair belongs to.
    pub stage: Stage,
    /// Index of the pair within its stage and case, from 0; it also selects the layouts.
    pub round: u32,
    /// The case that both processes of the pair run.
    pub case: CaseName,
    /// Times of the base process.
    pub base: Times,
    /// Times of the head process; in a control, of a second base process.
    pub head: Times,
    /// Milliseconds that measuring both processes took.
    #[serde(rename = "took")]
    pub took_ms: f64,
}

impl Pair {
    /// The change of the pair by each statistic.
    pub fn log_ratios(&self) -> LogRatios {
        LogRatios::between(self.base, self.head)
    }
}

/// All pairs of a comparison, ordered by stage, case and round.
#[derive(Debug, Clone, Default)]
pub struct Pairs(BTreeMap<(Stage, CaseName, u32), Pair>);

impl Pairs {
    /// Adds a pair, unless one with the same stage, case and round exists.
    pub fn add(&mut self, pair: Pair) {
        self.0.entry((pair.stage, pair.case.clone(), pair.round)).or_insert(pair);
    }

    /// Whether the pair of this stage, case and round exists.
    pub fn contains(&self, stage: Stage, case: &CaseName, round: u32) -> bool {
        self.0.contains_key(&(stage, case.clone(), round))
    }

    /// The pairs of a case in a stage, in the order of rounds.
    pub fn select<'a>(&'a self, stage: Stage, case: &CaseName) -> impl Iterator<Item = &'a Pair> + use<'a> {
        self.0.range((stage, case.clone(), 0)..=(stage, case.clone(), u32::MAX)).map(|(_, pair)| pair)
    }

    /// The log ratios of a case in a stage, in the order of rounds.
    pub fn log_ratios(&self, stage: Stage, case: &CaseName) -> Vec<LogRatios> {
        self.select(stage, case).map(Pair::log_ratios).collect()
    }

    /// All pairs, in order.
    pub fn all(&self) -> impl Iterator<Item = &Pair> {
        self.0.values()
    }

    /// Seconds that measuring all pairs took.
    pub fn seconds(&self) -> f64 {
        self.all().map(|pair| pair.took_ms / 1e3).sum()
    }
}

/// Interim looks: extensions of a comparison that were requested after a report had shown its pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterimLooks {
    /// Number of looks.
    pub looks: u32,
    /// Minimum number of first pairs of each case before the next judgement.
    pub pairs: BTreeMap<CaseName, usize>,
}

impl InterimLooks {
    /// Adds a look that doubles the number of first pairs of each case.
    pub fn next_look(&self, pairs: &Pairs) -> Self {
        let mut twice: BTreeMap<CaseName, usize> = BTreeMap::new();
        for pair in pairs.all().filter(|pair| pair.stage == Stage::First) {
            *twice.entry(pair.case.clone()).or_default() += 2;
        }
        Self { looks: self.looks + 1, pairs: twice }
    }
}
