//! What measuring pairs gave.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::{Pairs, Stage};
use crate::run::{WallRun, summarise};

/// What measuring gave.
#[derive(Debug)]
pub struct Measured {
    /// The pairs, also those measured earlier.
    pub pairs: Pairs,
    /// The case that was measured as its own control.
    pub control: CaseName,
    /// Cases that could not be measured, and why; the base or the change.
    pub broken: BTreeMap<CaseName, Broken>,
    /// Of cases that the base does not do: nanoseconds of the change, for its budget.
    pub alone: BTreeMap<CaseName, f64>,
    /// Seconds that were spent waiting for links; most are made while the round before is measured.
    pub linking: f64,
}

/// Why a case has no more pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The base does not do it.
    Base(String),
    /// The change does not do it.
    Head(String),
}

impl Measured {
    /// Nanoseconds of the change, as if it had been timed alone.
    pub fn times(&self, cases: &[CaseName]) -> WallRun {
        let time = |case: &CaseName| {
            if let Some(ns) = self.alone.get(case) {
                return (case.clone(), summarise(vec![*ns]));
            }
            let reason = match self.broken.get(case) {
                Some(Broken::Head(reason) | Broken::Base(reason)) => Some(format!("`time` {reason}")),
                None => None,
            };
            let times = self.pairs.of(Stage::First, case).map(|pair| pair.head.median).collect();
            (case.clone(), reason.map_or_else(|| summarise(times), Err))
        };
        cases.iter().map(time).collect()
    }
}
