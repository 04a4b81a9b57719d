//! Slow-downs of a chosen size: how much of what has to be planted in a case to make it so many percent slower.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::pairs::plan::SamplingPlan;
use perf_judge::pairs::{LogRatios, Stage, Statistic};
use perf_judge::statistics;
use perf_runner::compare::pairs::{self, Faults, PairedRun, Setup};
use perf_runner::compare::store::Store;
use perf_runner::error::Error;
use perf_runner::progress::Progress;
use perf_runner::workspace::Workspace;

/// Ways to take time with hardly an instruction, with nanoseconds that a unit takes roughly.
const MECHANISMS: [(&str, f64); 4] = [("cache", 6.0), ("memory", 170.0), ("syscall", 150.0), ("yield", 600.0)];

/// As many units as make rounding to whole ones a matter of an eighth.
const ENOUGH: f64 = 4.0;

/// The value of the variable for some units of a mechanism, always equally long: it lies on the stack of the process.
pub fn fault(mechanism: &str, units: u64) -> String {
    const LENGTH: usize = 20;
    let digits = LENGTH - mechanism.len() - 1;
    format!("{mechanism}:{units:0digits$}")
}

/// What the base is told, which is nothing, in as many letters.
pub fn nothing() -> String {
    fault("none", 0)
}

/// What each mechanism costs in each case, measured on this machine.
#[derive(Debug)]
pub struct Costs(BTreeMap<CaseName, Cost>);

#[derive(Debug)]
struct Cost {
    /// Nanoseconds of an operation.
    operation: f64,
    /// Nanoseconds of a unit, by mechanism.
    unit: BTreeMap<&'static str, f64>,
}

impl Costs {
    /// Measures them, in the way in which everything is measured: a fixed number of nanoseconds for a unit would be wrong,
    /// because what a cache miss costs depends on what the case does with its caches.
    pub fn measure(workspace: &Workspace, contest: &PairedRun<'_>, progress: &Progress) -> Result<Self, Error> {
        const PAIRS: usize = 16;
        // Medians of a noisy quarter of an hour made of 5 % what was 8 % in the suite after it.
        const STATISTIC: Statistic = Statistic::Minimum;
        let setup = contest.setup;
        let plan = SamplingPlan { pilot: PAIRS, min_pairs: PAIRS, max_pairs: PAIRS, budget: 0.0, ..setup.plan };
        let base: BTreeMap<_, _> = setup.cases.iter().map(|case| (case.clone(), nothing())).collect();
        let mut costs: BTreeMap<CaseName, Cost> = BTreeMap::new();
        let mut operations: BTreeMap<CaseName, f64> = BTreeMap::new();
        for (mechanism, rough) in [("none", 0.0)].into_iter().chain(MECHANISMS) {
            // As much as is planted later: the first units cost an operation more than the others, because they take from
            // it what it had in the caches. Measured at a quarter of an operation, 5 % were 6.3 %.
            let units = |case: &CaseName| match operations.get(case) {
                Some(operation) if rough > 0.0 => ((0.08 * operation / rough).round() as u64).max(2),
                _ => 0,
            };
            let units: BTreeMap<_, _> = setup.cases.iter().map(|case| (case, units(case))).collect();
            let head = units.iter().map(|(case, units)| ((*case).clone(), fault(mechanism, *units))).collect();
            let faults = Faults { base: base.clone(), head };
            let setup = Setup { plan, faults: Some(&faults), ..setup };
            let contest = PairedRun { setup, ..*contest };
            let (store, earlier) = Store::open(&setup.file(workspace))?;
            let measured = pairs::measure(&contest, store, earlier, progress)?;
            for case in setup.cases {
                let minimums: Vec<f64> =
                    measured.pairs.select(Stage::First, case).map(|pair| pair.base.get(STATISTIC)).collect();
                let differences = LogRatios::select(STATISTIC, &measured.pairs.log_ratios(Stage::First, case));
                let operation = statistics::median(&minimums).unwrap_or(0.0);
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

    /// What makes a case so many percent slower; another mechanism in each suite, as far as one is fine enough. None
    /// where even the finest is too coarse for a case that is so short.
    pub fn plant(&self, case: &CaseName, percent: u8, suite: u64) -> Option<String> {
        let cost = self.0.get(case)?;
        let wanted = cost.operation * f64::from(percent) / 100.0;
        let units = |mechanism: &str| Some(wanted / cost.unit.get(mechanism)?);
        let fine = |least: f64| -> Vec<&str> {
            let names = MECHANISMS.iter().map(|(name, _)| *name);
            names.filter(|name| units(name).is_some_and(|units| units >= least)).collect()
        };
        let mechanisms = fine(ENOUGH);
        let spread = case.as_str().bytes().map(u64::from).sum::<u64>();
        let mechanism = mechanisms.get(((suite + spread) % mechanisms.len().max(1) as u64) as usize)?;
        Some(fault(mechanism, units(mechanism)?.round() as u64))
    }
}

/// What makes a case compute more by at least so many percent of its instructions, and by as little more as possible.
pub fn work(instructions: u64, percent: u8) -> String {
    // Measured with callgrind in every case: 5 instructions a unit, and 11 around them, give or take a few where a case reads
    // the real clock; a hundredth more than wanted is more than what that moves. Without it 4 of 31 cases had 0.999 %.
    const UNIT: u64 = 5;
    const AROUND: u64 = 11;
    let wanted = (instructions * u64::from(percent) * 101).div_ceil(10_000) + 1;
    fault("work", wanted.saturating_sub(AROUND).div_ceil(UNIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equally_long() {
        assert_eq!(fault("cache", 12), "cache:00000000000012");
        assert_eq!(fault("cache", 12).len(), nothing().len());
        assert_eq!(work(100_000, 1), fault("work", 200), "11 + 5 · 200 = 1011");
        assert_eq!(work(10, 1), fault("work", 0));
    }

    #[test]
    fn mechanisms_take_turns_where_they_are_fine_enough() {
        let case = CaseName::new("a/b/c").unwrap();
        let costs = |operation: f64| {
            let unit = BTreeMap::from([("cache", 5.0), ("syscall", 100.0)]);
            Costs(BTreeMap::from([(case.clone(), Cost { operation, unit })]))
        };
        let planted = |operation: f64, suite| costs(operation).plant(&case, 5, suite);
        assert_eq!(planted(100.0, 0), None, "one unit for 5 ns");
        assert_eq!(planted(1_000.0, 0), planted(1_000.0, 1), "50 ns are too few for a system call");
        assert_eq!(planted(1_000.0, 0), Some(fault("cache", 10)));
        let both = [planted(20_000.0, 0), planted(20_000.0, 1)];
        assert!(both.contains(&Some(fault("cache", 200))) && both.contains(&Some(fault("syscall", 10))), "{both:?}");
    }
}
