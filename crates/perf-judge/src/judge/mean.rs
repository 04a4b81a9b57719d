//! The rule of the mean time: it detects slowdowns of a few operations, which move neither the median nor the minimum.
//!
//! A burst of noise moves a mean too, so the margin is ten times that of [`paired`]. One operation of 200 that
//! takes 1 ms longer doubles the mean of an operation of 5 µs.

use perf_gate::{CaseName, Class, Metric, Unit};

use super::first_sample::DecisionRule;
use super::paired;
use crate::next_step::NextStep;
use crate::pairs::outcome::PairedResults;
use crate::pairs::{Stage, Statistic};
use crate::row::{Group, Row};
use crate::verdict::Verdict;

/// The largest slowdown of a mean that passes, as a fraction of the base.
const MARGIN: f64 = 0.1;

/// A row passes only if its minimum detectable effect is at most 50 %.
const RESOLUTION: f64 = 0.4;

/// The mean over the samples of a process: the median over processes.
const MEAN_TIME: Metric = Metric::new("mean-time", Unit::Ns, Class::Wall);

/// The rule of a comparison that was extended `looks` times after its pairs had been judged.
pub fn rule_after(looks: u32) -> DecisionRule {
    DecisionRule { resolution: RESOLUTION, ..DecisionRule::after_looks(looks, MARGIN) }
}

/// A row for each case that both sides measured.
pub fn rows(measured: &PairedResults, cases: &[CaseName], looks: u32, against: &str) -> Vec<Row> {
    let unstable = paired::check_control(&measured.pairs.log_times(Stage::Control, &measured.control));
    let row = |case: &CaseName| {
        let (rule, pairs) = rule_after(looks).with_extension(case, &measured.pairs);
        let row = Row::new(Group::Mean, case, MEAN_TIME, Verdict::Inconclusive);
        let row = paired::judged_row(row, measured, &rule.sample(Statistic::Mean, &pairs), unstable.as_deref());
        if row.verdict != Verdict::Regressed {
            return row;
        }
        let (case, against) = (case.clone(), against.to_owned());
        row.with_reason(
            "the mean is slower: where the row of `time` passes, look for operations that wait or do more than others",
        )
        .with_next_step(NextStep::ReproduceInPairs { case, against })
    };
    cases.iter().filter(|case| !measured.broken.contains_key(*case)).map(row).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pairs::{Pair, Pairs, Times};
    use crate::rng::SplitMix64;

    /// Pairs whose head has this mean, and the median of the base.
    fn measured(mean_of_head: f64, noise: f64) -> (PairedResults, CaseName) {
        let case = CaseName::new("a/b/1").unwrap();
        let mut random = SplitMix64::new(1);
        let mut pairs = Pairs::default();
        for stage in [Stage::First, Stage::Confirm] {
            for round in 0..30 {
                let mut process = |mean: f64| {
                    let noise = 1.0 + noise * (random.below(1_000) as f64 / 1_000.0 - 0.5);
                    Times { median: 100.0, minimum: 95.0, mean_and_maximum: Some([mean * noise, 900.0]) }
                };
                let (base, head) = (process(105.0), process(mean_of_head));
                pairs.add(Pair { stage, round, case: case.clone(), base, head, head_first: false, took_ms: 30.0 });
            }
        }
        let (broken, head_only) = (BTreeMap::new(), BTreeMap::new());
        (PairedResults { pairs, control: case.clone(), broken, head_only, linking_seconds: 0.0 }, case)
    }

    #[test]
    fn a_slower_mean_fails_although_median_and_minimum_are_equal() {
        let verdict = |mean, noise| {
            let (measured, case) = measured(mean, noise);
            let [time] = &paired::rows(
                &measured,
                std::slice::from_ref(&case),
                |_| DecisionRule::DEFAULT,
                |_| paired::Corroboration::Unknown,
                "0123",
            )[..] else {
                panic!("one row")
            };
            assert_eq!(time.verdict, Verdict::Pass);
            let [row] = &rows(&measured, &[case], 0, "0123")[..] else { panic!("one row") };
            assert!(row.verdict != Verdict::Regressed || row.next_steps.len() == 1);
            row.verdict
        };
        assert_eq!(verdict(210.0, 0.1), Verdict::Regressed);
        assert_eq!(verdict(50.0, 0.1), Verdict::Improved);
        assert_eq!(verdict(112.0, 0.1), Verdict::Pass, "the margin is 10 %");
        assert_eq!(verdict(105.0, 1.9), Verdict::Inconclusive, "its minimum detectable effect is above 50 %");
    }
}
