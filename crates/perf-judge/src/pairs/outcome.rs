//! What measuring pairs gave.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::{Pairs, Stage, Times};
use crate::run::{NoValue, WallRun, summarise};

/// What measuring gave.
#[derive(Debug)]
pub struct Measured {
    /// The pairs, also those measured earlier.
    pub pairs: Pairs,
    /// The case that was measured as its own control.
    pub control: CaseName,
    /// Cases that could not be measured, and why; the base or the change.
    pub broken: BTreeMap<CaseName, Broken>,
    /// Of cases that the base does not do: times of the change, for its budget.
    pub alone: BTreeMap<CaseName, Times>,
    /// Seconds that were spent waiting for links; most are made while the round before is measured.
    pub linking: f64,
}

/// Why a case has no more pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The base does not do it.
    Base(NoValue),
    /// The change does not do it.
    Head(NoValue),
}

impl Measured {
    /// Nanoseconds of the change, as if it had been timed alone.
    pub fn times(&self, cases: &[CaseName]) -> WallRun {
        let time = |case: &CaseName| {
            if let Some(times) = self.alone.get(case) {
                return (case.clone(), summarise(vec![times.median], &[times.fastest]));
            }
            let reason = match self.broken.get(case) {
                Some(Broken::Head(why) | Broken::Base(why)) => Some(why.clone().said_by("`time`")),
                None => None,
            };
            let times = || self.pairs.of(Stage::First, case).map(|pair| pair.head);
            let fastest: Vec<f64> = times().map(|times| times.fastest).collect();
            let medians = times().map(|times| times.median).collect();
            (case.clone(), reason.map_or_else(|| summarise(medians, &fastest), Err))
        };
        cases.iter().map(time).collect()
    }
}
