//! Slowdowns of a chosen size: which fault, and how many units of it, slow a case down by a given percentage.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::pairs::plan::SamplingPlan;
use perf_judge::pairs::{LogTimes, Stage, Statistic};
use perf_judge::statistics;
use perf_runner::compare::pairs::{self, Faults, PairedRun, Setup};
use perf_runner::compare::store::Store;
use perf_runner::error::Error;
use perf_runner::progress::Progress;
use perf_runner::workspace::Workspace;

/// Mechanisms that take time but few instructions, with the rough duration of a unit in nanoseconds.
const MECHANISMS: [(&str, f64); 4] = [("cache", 6.0), ("memory", 170.0), ("syscall", 150.0), ("yield", 600.0)];

/// Minimum number of units: rounding to whole units then changes the slowdown by at most an eighth.
const MIN_UNITS: f64 = 4.0;

/// The value of SEEDED_FAULT for some units of a mechanism. Its length is constant, because the environment is on the stack
/// of the process and moves what is below it.
pub fn fault_value(mechanism: &str, units: u64) -> String {
    const LENGTH: usize = 20;
    let digits = LENGTH - mechanism.len() - 1;
    format!("{mechanism}:{units:0digits$}")
}

/// A value of SEEDED_FAULT that plants nothing, for the base, as long as the others.
pub fn no_op_fault() -> String {
    fault_value("none", 0)
}

/// The duration of a unit of each mechanism in each case, measured on this machine.
#[derive(Debug)]
pub struct Costs(BTreeMap<CaseName, Cost>);

#[derive(Debug)]
struct Cost {
    /// Duration of one operation, in nanoseconds.
    operation: f64,
    /// Duration of a unit by mechanism, in nanoseconds.
    unit: BTreeMap<&'static str, f64>,
}

impl Costs {
    /// Measures the costs in pairs of processes. They differ from case to case: the duration of a cache miss depends on how the
    /// case uses the caches.
    pub fn measure(workspace: &Workspace, paired: &PairedRun<'_>, progress: &Progress) -> Result<Self, Error> {
        const PAIRS: usize = 16;
        // With medians, a calibration in a noisy quarter of an hour planted 8 % where 5 % was wanted.
        const STATISTIC: Statistic = Statistic::Minimum;
        let setup = paired.setup;
        // The pilot alone, of every case.
        let plan = SamplingPlan { pilot: PAIRS, min_pairs: 0, max_pairs: PAIRS, budget: 0.0, ..setup.plan };
        let base: BTreeMap<_, _> = setup.cases.iter().map(|case| (case.clone(), no_op_fault())).collect();
        let mut costs: BTreeMap<CaseName, Cost> = BTreeMap::new();
        let mut operations: BTreeMap<CaseName, f64> = BTreeMap::new();
        for (mechanism, rough) in [("none", 0.0)].into_iter().chain(MECHANISMS) {
            // About as many units as are planted later: the first units cost more than the others, because they evict what
            // the operation had in the caches. Calibrated at a quarter of an operation, 5 % became 6.3 %.
            let units = |case: &CaseName| match operations.get(case) {
                Some(operation) if rough > 0.0 => ((0.08 * operation / rough).round() as u64).max(2),
                _ => 0,
            };
            let units: BTreeMap<_, _> = setup.cases.iter().map(|case| (case, units(case))).collect();
            let head = units.iter().map(|(case, units)| ((*case).clone(), fault_value(mechanism, *units))).collect();
            let faults = Faults { base: base.clone(), head };
            let setup = Setup { plan, faults: Some(&faults), ..setup };
            let paired = PairedRun { setup, ..*paired };
            let (store, earlier) = Store::open(&setup.file(workspace))?;
            let measured = pairs::measure(&paired, store, earlier, progress)?;
            for case in setup.cases {
                let times: Vec<f64> =
                    measured.pairs.select(Stage::First, case).map(|pair| pair.base.get(STATISTIC)).collect();
                let differences = LogTimes::ratios(STATISTIC, &measured.pairs.log_times(Stage::First, case));
                let operation = statistics::median(&times).unwrap_or(0.0);
                let more = operation * statistics::median(&differences).unwrap_or(0.0).exp_m1();
                let units = units.get(case).copied().unwrap_or(0);
                operations.entry(case.clone()).or_insert(operation);
                let cost = costs.entry(case.clone()).or_insert(Cost { operation, unit: BTreeMap::new() });
                let each = more / units.max(1) as f64;
                if let Some((mechanism, rough)) = MECHANISMS.iter().find(|(name, _)| *name == mechanism)
                    && each > rough / 10.0
                {
                    cost.unit.insert(mechanism, each);
                }
            }
        }
        Ok(Self(costs))
    }

    /// The value of SEEDED_FAULT that slows a case down by `percent`. Suites use the mechanisms in turn, as far as their units
    /// are short enough. `None` if all units are too long for the case.
    pub fn fault_for(&self, case: &CaseName, percent: u8, suite: u64) -> Option<String> {
        let cost = self.0.get(case)?;
        let wanted = cost.operation * f64::from(percent) / 100.0;
        let units = |mechanism: &str| Some(wanted / cost.unit.get(mechanism)?);
        let fine = |min_units: f64| -> Vec<&str> {
            let names = MECHANISMS.iter().map(|(name, _)| *name);
            names.filter(|name| units(name).is_some_and(|units| units >= min_units)).collect()
        };
        let mechanisms = fine(MIN_UNITS);
        let offset = case.as_str().bytes().map(u64::from).sum::<u64>();
        let mechanism = mechanisms.get(((suite + offset) % mechanisms.len().max(1) as u64) as usize)?;
        Some(fault_value(mechanism, units(mechanism)?.round() as u64))
    }
}

/// The value of SEEDED_FAULT that adds at least `percent` to the instructions of a case, and as little more as possible.
pub fn more_instructions(instructions: u64, percent: u8) -> String {
    // Measured with callgrind in every case: 5 instructions a unit, and 11 around them, with a few more or less in cases that
    // read the real clock. One hundredth is added for these: without it 4 of 31 cases had 0.999 %.
    const UNIT: u64 = 5;
    const AROUND: u64 = 11;
    let wanted = (instructions * u64::from(percent) * 101).div_ceil(10_000) + 1;
    fault_value("work", wanted.saturating_sub(AROUND).div_ceil(UNIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_have_the_same_length() {
        assert_eq!(fault_value("cache", 12), "cache:00000000000012");
        assert_eq!(fault_value("cache", 12).len(), no_op_fault().len());
        assert_eq!(more_instructions(100_000, 1), fault_value("work", 200), "11 + 5 · 200 = 1011");
        assert_eq!(more_instructions(10, 1), fault_value("work", 0));
    }

    #[test]
    fn suites_use_the_mechanisms_in_turn() {
        let case = CaseName::new("a/b/c").unwrap();
        let costs = |operation: f64| {
            let unit = BTreeMap::from([("cache", 5.0), ("syscall", 100.0)]);
            Costs(BTreeMap::from([(case.clone(), Cost { operation, unit })]))
        };
        let planted = |operation: f64, suite| costs(operation).fault_for(&case, 5, suite);
        assert_eq!(planted(100.0, 0), None, "one unit for 5 ns");
        assert_eq!(planted(1_000.0, 0), planted(1_000.0, 1), "50 ns are too few for a system call");
        assert_eq!(planted(1_000.0, 0), Some(fault_value("cache", 10)));
        let both = [planted(20_000.0, 0), planted(20_000.0, 1)];
        assert!(
            both.contains(&Some(fault_value("cache", 200))) && both.contains(&Some(fault_value("syscall", 10))),
            "{both:?}"
        );
    }
}
