//! The results of a paired run.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::{Pairs, Stage, Times};
use crate::run::{NoValue, WallRun, summarise};

/// The results of a paired run.
#[derive(Debug)]
pub struct PairedResults {
    /// All pairs, including those of earlier runs.
    pub pairs: Pairs,
    /// The case of the control.
    pub control: CaseName,
    /// Cases that could not be measured, with the side that failed.
    pub broken: BTreeMap<CaseName, BrokenSide>,
    /// Times of head for cases that fail in the base; their budgets are judged by these.
    pub head_only: BTreeMap<CaseName, Times>,
    /// Seconds spent waiting for the linker; most links run while the round before is measured.
    pub linking_seconds: f64,
}

/// The side that failed, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenSide {
    /// The process of the base failed.
    Base(NoValue),
    /// The process of the head failed.
    Head(NoValue),
}

impl PairedResults {
    /// The wall times of head, as a run without a base would report them.
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
