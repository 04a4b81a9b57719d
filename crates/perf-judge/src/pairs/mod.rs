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
    /// The extension: further pairs of a case that the first sample was too noisy to judge.
    Extension,
    /// The confirming sample of all cases together, beside the pairs that confirm a single case.
    ConfirmTogether,
}

/// Nanoseconds of one operation in one process, over its samples as divan prints them; stored as
/// `[median, minimum, mean, maximum]`. Older records have the first two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Times {
    /// Median of the samples, in nanoseconds.
    pub median: f64,
    /// Minimum of the samples, in nanoseconds.
    pub minimum: f64,
    /// Mean and maximum of the samples, in nanoseconds.
    pub mean_and_maximum: Option<[f64; 2]>,
}

impl TryFrom<Vec<f64>> for Times {
    type Error = String;

    fn try_from(values: Vec<f64>) -> Result<Self, String> {
        let (median, minimum, mean_and_maximum) = match values[..] {
            [median, minimum] => (median, minimum, None),
            [median, minimum, mean, maximum] => (median, minimum, Some([mean, maximum])),
            _ => return Err(format!("{} times of a process instead of 2 or 4", values.len())),
        };
        Ok(Self { median, minimum, mean_and_maximum })
    }
}

impl From<Times> for Vec<f64> {
    fn from(times: Times) -> Self {
        let known = [times.median, times.minimum];
        known.into_iter().chain(times.mean_and_maximum.into_iter().flatten()).collect()
    }
}

/// What of the processes of a case is compared, and by which test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The medians, within pairs, by the signed-rank test; a burst of noise over half of the process moves a median.
    Median,
    /// The minima, within pairs, by the signed-rank test; a slowdown of only some operations does not move a minimum.
    Minimum,
    /// The minima of the faster half of the processes of each side, by the swap test; a slowdown of fewer than half of the
    /// processes does not move it.
    FasterHalf,
    /// The means over the samples of a process, within pairs, by the signed-rank test; a slowdown of a few operations moves
    /// only a mean. It has rows of its own, with a larger margin, because a burst of noise moves a mean too.
    Mean,
}

impl Statistic {
    /// The statistics that judge the time of a case.
    pub const OF_TIME: [Self; 3] = [Self::Median, Self::Minimum, Self::FasterHalf];
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Median => "median",
            Self::Minimum => "minimum",
            Self::FasterHalf => "faster half",
            Self::Mean => "mean",
        })
    }
}

impl Times {
    /// The time of a process that a statistic compares, in nanoseconds; NaN for a mean that was not recorded.
    pub fn get(self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Median => self.median,
            Statistic::Minimum | Statistic::FasterHalf => self.minimum,
            Statistic::Mean => self.mean_and_maximum.map_or(f64::NAN, |[mean, _]| mean),
        }
    }
}

/// Natural logarithms of the times of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogTimes {
    /// Of base and head.
    median: [f64; 2],
    /// Of base and head.
    minimum: [f64; 2],
    /// Of base and head; NaN if it was not recorded.
    mean: [f64; 2],
}

impl LogTimes {
    /// The logarithms of the times of base and head.
    pub fn between(base: Times, head: Times) -> Self {
        let logs = |statistic| [base, head].map(|times| times.get(statistic).ln());
        Self { median: logs(Statistic::Median), minimum: logs(Statistic::Minimum), mean: logs(Statistic::Mean) }
    }

    /// Times of a pair whose log ratio is `difference` by every statistic.
    #[cfg(test)]
    pub fn uniform(difference: f64) -> Self {
        let times = [-difference / 2.0, difference / 2.0];
        Self { median: times, minimum: times, mean: times }
    }

    /// The pair with its sides in each other's place.
    #[must_use]
    pub fn exchanged(self) -> Self {
        let exchange = |[base, head]: [f64; 2]| [head, base];
        let Self { median, minimum, mean } = self;
        Self { median: exchange(median), minimum: exchange(minimum), mean: exchange(mean) }
    }

    /// The logarithms that a statistic compares, of base and head.
    pub fn get(&self, statistic: Statistic) -> [f64; 2] {
        match statistic {
            Statistic::Median => self.median,
            Statistic::Minimum | Statistic::FasterHalf => self.minimum,
            Statistic::Mean => self.mean,
        }
    }

    /// The log ratios ln(head / base) of a statistic, in the same order: 0.01 is about 1 % slower.
    pub fn ratios(statistic: Statistic, pairs: &[Self]) -> Vec<f64> {
        let ratio = |pair: &Self| {
            let [base, head] = pair.get(statistic);
            head - base
        };
        pairs.iter().map(ratio).collect()
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
    /// Whether the head process ran before the base process.
    pub head_first: bool,
    /// Milliseconds that measuring both processes took.
    #[serde(rename = "took")]
    pub took_ms: f64,
}

impl Pair {
    /// The logarithms of its times.
    pub fn log_times(&self) -> LogTimes {
        LogTimes::between(self.base, self.head)
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

    /// The logarithms of the times of a case in a stage, in the order of rounds.
    pub fn log_times(&self, stage: Stage, case: &CaseName) -> Vec<LogTimes> {
        self.select(stage, case).map(Pair::log_times).collect()
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
