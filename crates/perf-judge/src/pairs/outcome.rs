//! What measuring pairs gave.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::{Pairs, Stage, Times};
use crate::run::{NoValue, WallRun, summarise};

/// What measuring gave.
#[derive(Debug)]
pub struct PairedResults {
    /// The pairs, also those measured earlier.
    pub pairs: Pairs,
    /// The case that was measured as its own control.
    pub control: CaseName,
    /// Cases that could not be measured, and why; the base or the change.
    pub broken: BTreeMap<CaseName, BrokenSide>,
    /// Of cases that the base does not do: times of the change, for its budget.
    pub head_only: BTreeMap<CaseName, Times>,
    /// Seconds that were spent waiting for links; most are made while the round before is measured.
    pub linking_seconds: f64,
}

/// Why a case has no more pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenSide {
    /// The base does not do it.
    Base(NoValue),
    /// The change does not do it.
    Head(NoValue),
}

impl PairedResults {
    /// Nanoseconds of the change, as if it had been timed alone.
    pub fn head_times(&self, cases: &[CaseName]) -> WallRun {
        let time = |case: &CaseName| {
            if let Some(times) = self.head_only.get(case) {
                return (case.clone(), summarise(vec![times.median], &[times.minimum]));
            }
            let reason = match self.broken.get(case) {
                Some(BrokenSide::Head(why) | BrokenSide::Base(why)) => Some(why.clone().with_program("`time`")),
                None => None,
            };
            let times = || self.pairs.select(Stage::First, case).map(|pair| pair.head);
            let minimums: Vec<f64> = times().map(|times| times.minimum).collect();
            let medians = times().map(|times| times.median).collect();
            (case.clone(), reason.map_or_else(|| summarise(medians, &minimums), Err))
        };
        cases.iter().map(time).collect()
    }
}
