//! Load runs of a base and a change, in pairs: whether users of the change wait for longer.
//!
//! Each run has one value of a percentile. The runs of both sides are compared by the [swap test](SwapTest), as wall
//! times are, because what disturbs a run of a minute makes it slower and never faster.

use std::fmt::Write as _;

use serde::Serialize;

use super::LoadReport;
use crate::exit_status::{FAIL, INCONCLUSIVE, PASS};
use crate::statistics::SwapTest;
use crate::statistics::{estimate, percent};
use crate::text::pluralize;

/// The fewest pairs that are judged.
pub const FEWEST_PAIRS: usize = SwapTest::MIN_PAIRS;

/// Times of users: to the first event, to the first text, to the end.
const METRICS: [&str; 3] = ["ttfe", "ttft", "e2e"];
/// Percentiles, and whether they decide. A p99 of a run has few values above it.
const PERCENTILES: [(f64, bool); 3] = [(50.0, true), (90.0, true), (99.0, false)];
/// A change up to this fraction passes.
const MARGIN: f64 = 0.05;
/// A row passes only if a change of this fraction would have been seen.
const SEEN: f64 = 0.1;
/// One-sided level of the bounds. Of six rows that decide, with no change at all, far fewer than one in thirty-three are wrong, because
/// the bound has to exclude the margin and not zero.
const ALPHA: f64 = 0.005;
/// Added to each time before they are compared: the step of the timers that fire between a request and its events. Below it a ratio
/// says nothing.
const STEP_NS: f64 = 1e6;

/// The verdict about a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LoadVerdict {
    /// The change is shown to be slower by more than the margin.
    Regressed,
    /// It is shown to be faster by more than the margin.
    Improved,
    /// Slower by less than 10 %, if at all.
    Pass,
    /// The runs scatter too much to say so, or one has no value.
    Inconclusive,
    /// Not judged.
    Shown,
}

/// A percentile of a metric on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadRow {
    /// The metric, from the intended start.
    pub metric: &'static str,
    /// The percentile, in percent.
    pub percentile: f64,
    /// The medians of the runs of the base and of the change, in nanoseconds.
    pub medians_ns: Option<[f64; 2]>,
    /// How much slower the change is, in percent, with bounds.
    pub change: Option<LoadChange>,
    /// The verdict.
    pub verdict: LoadVerdict,
}

/// How much slower the change is, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LoadChange {
    /// The estimate.
    pub percent: f64,
    /// The bound below which it is with a probability of at most 0.5 %.
    pub lower: f64,
    /// The bound above which it is with a probability of at most 0.5 %.
    pub upper: f64,
}

/// What pairs of runs show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The number of pairs.
    pub pairs: usize,
    /// The rows.
    pub rows: Vec<LoadRow>,
    /// Runs of the base and of the change whose thresholds failed.
    pub failed: [usize; 2],
    /// Requests of the base and of the change that failed, of those that ended, in percent.
    pub errors_percent: [f64; 2],
    /// Why the change fails beside its rows.
    pub failures: Vec<String>,
}

/// Compares pairs `[base, change]` of complete runs.
pub fn compare(pairs: &[[LoadReport; 2]]) -> Comparison {
    let rows = METRICS
        .into_iter()
        .flat_map(|metric| PERCENTILES.map(|(percentile, decides)| row(pairs, metric, percentile, decides)))
        .collect();
    let failed = [0, 1].map(|side| pairs.iter().filter(|pair| pair[side].verdict().0 == FAIL).count());
    let errors_percent = [0, 1].map(|side| {
        let count = |of: fn(&super::Requests) -> u64| pairs.iter().map(|pair| of(&pair[side].requests)).sum::<u64>();
        let (failed, ended) =
            (count(|requests| requests.failed), count(|requests| requests.failed + requests.succeeded));
        if ended == 0 { 0.0 } else { failed as f64 / ended as f64 * 100.0 }
    });
    let mut failures = Vec::new();
    // Half of the runs: one burst of noise fails a threshold of one run.
    if failed[1] * 2 > pairs.len() && failed[0] * 2 <= pairs.len() {
        let of = pluralize(pairs.len(), "run");
        failures
            .push(format!("thresholds fail in {} of {of} of the change, and in {} of the base", failed[1], failed[0]));
    }
    // Failures are in no percentile, so they must not pass for speed.
    if more_errors(pairs) {
        let [base, change] = errors_percent;
        failures.push(format!("{change:.2} % of the requests of the change fail, and {base:.2} % of the base"));
    }
    Comparison { pairs: pairs.len(), rows, failed, errors_percent, failures }
}

/// Whether runs of the change have a larger share of failures: by more than 1 %, as the bound of the differences within pairs shows.
fn more_errors(pairs: &[[LoadReport; 2]]) -> bool {
    let share = |report: &LoadReport| {
        let requests = report.requests;
        let ended = requests.succeeded + requests.failed;
        if ended == 0 { 0.0 } else { requests.failed as f64 / ended as f64 }
    };
    let differences: Vec<f64> = pairs.iter().map(|[base, change]| share(change) - share(base)).collect();
    estimate(&differences, ALPHA).is_some_and(|bounds| bounds.lower > 0.01)
}

fn row(pairs: &[[LoadReport; 2]], metric: &'static str, percentile: f64, decides: bool) -> LoadRow {
    let values: Option<Vec<[f64; 2]>> = pairs
        .iter()
        .map(|pair| {
            let of = |side: usize| pair[side].time(metric, percentile).map(|value| value as f64);
            Some([of(0)?, of(1)?])
        })
        .collect();
    let medians_ns = values.as_ref().and_then(|values| {
        let median = |side: usize| {
            let values: Vec<f64> = values.iter().map(|pair| pair[side]).collect();
            crate::statistics::median(&values)
        };
        Some([median(0)?, median(1)?])
    });
    let logs = values.iter().flatten().map(|pair| pair.map(|value| (value + STEP_NS).ln()));
    let estimate = values.as_ref().and_then(|_| SwapTest::new(logs)?.estimate(ALPHA));
    let verdict = match estimate {
        _ if !decides => LoadVerdict::Shown,
        None => LoadVerdict::Inconclusive,
        Some(estimate) if estimate.lower > MARGIN.ln_1p() => LoadVerdict::Regressed,
        Some(estimate) if estimate.upper < -MARGIN.ln_1p() => LoadVerdict::Improved,
        Some(estimate) if estimate.upper < SEEN.ln_1p() => LoadVerdict::Pass,
        Some(_) => LoadVerdict::Inconclusive,
    };
    let change = estimate.map(|estimate| LoadChange {
        percent: percent(estimate.center),
        lower: percent(estimate.lower),
        upper: percent(estimate.upper),
    });
    LoadRow { metric, percentile, medians_ns, change, verdict }
}

impl Comparison {
    /// The exit code, and the line that says why.
    pub fn verdict(&self) -> (u8, String) {
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let (regressed, open) = (count(LoadVerdict::Regressed), count(LoadVerdict::Inconclusive));
        if let Some(why) = self.failures.first() {
            return (FAIL, format!("FAIL (exit 1): {why}"));
        }
        if regressed > 0 {
            return (FAIL, format!("FAIL (exit 1): {} slower", pluralize_is(regressed)));
        }
        if open > 0 {
            let why = format!("INCONCLUSIVE (exit 4): {} could not be judged", pluralize(open, "row"));
            return (INCONCLUSIVE, why);
        }
        (PASS, format!("PASS (exit 0): a change of {:.0} % would have been seen in each row", SEEN * 100.0))
    }

    /// The comparison as JSON, indented.
    pub fn json(&self) -> String {
        // Serialization fails for maps with other keys than texts only.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The rows for people; `base` says what the base is.
    pub fn table(&self, base: &str) -> String {
        let mut out = format!("{} of runs in turns, base {base}\n", pluralize(self.pairs, "pair"));
        let mut line = |cells: [&str; 6]| {
            let [name, of_base, of_change, change, bounds, verdict] = cells;
            let line = format!("  {name:<10}{of_base:>10}{of_change:>10}{change:>10}   {bounds:<22}{verdict}");
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}", line.trim_end());
        };
        line(["", "base", "change", "slower", "99.5 % bounds", ""]);
        for row in &self.rows {
            let name = format!("{} p{:.0}", row.metric, row.percentile);
            let [base, change] =
                row.medians_ns.map_or([const { String::new() }; 2], |medians| medians.map(milliseconds));
            let (slower, bounds) = row.change.map_or_else(Default::default, |change| {
                (format!("{:+.1} %", change.percent), format!("{:+.1} % to {:+.1} %", change.lower, change.upper))
            });
            let verdict = match row.verdict {
                LoadVerdict::Regressed => "REGRESSED",
                LoadVerdict::Improved => "IMPROVED",
                LoadVerdict::Pass => "PASS",
                LoadVerdict::Inconclusive if row.change.is_none() => "INCONCLUSIVE: a run has no value",
                LoadVerdict::Inconclusive => "INCONCLUSIVE: the runs scatter too much; measure more pairs",
                LoadVerdict::Shown => "shown",
            };
            line([&name, &base, &change, &slower, &bounds, verdict]);
        }
        let [base, change] = self.errors_percent.map(|percent| format!("{percent:.2} %"));
        line(["failed", &base, &change, "", "", ""]);
        for why in &self.failures {
            let _ = writeln!(out, "  {why}");
        }
        out
    }
}

fn pluralize_is(rows: usize) -> String {
    if rows == 1 { "1 row is".to_owned() } else { format!("{rows} rows are") }
}

fn milliseconds(nanos: f64) -> String {
    let millis = nanos / 1e6;
    if millis < 100.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    /// A report with the same value of all times, and so many failures of 1,000.
    fn report(millis: f64, failed: u64, threshold: &str) -> LoadReport {
        let value = (millis * 1e6) as u64;
        let percentiles =
            [50.0, 90.0, 95.0, 99.0].map(|percent| serde_json::json!({"percent": percent, "value": value}));
        let distributions: Vec<_> = METRICS
            .iter()
            .flat_map(|metric| {
                ["actual", "intended"].map(|from| {
                    let off = if from == "actual" { vec![] } else { percentiles.to_vec() };
                    serde_json::json!({"metric": metric, "from": from, "percentiles": off})
                })
            })
            .collect();
        let json = serde_json::json!({
            "schema": 1, "scenario": "s", "end": {"kind": "complete"},
            "requests": {"succeeded": 1_000 - failed, "failed": failed},
            "thresholds": [{"verdict": threshold}], "distributions": distributions,
        });
        LoadReport::parse(&json.to_string()).unwrap()
    }

    /// Pairs whose runs scatter by 2 % around `base` and `base * factor`.
    fn pairs(base: f64, factor: f64, number: usize) -> Vec<[LoadReport; 2]> {
        let mut random = SplitMix64::new(11);
        let mut noisy = |millis: f64| millis * (1.0 + (random.below(4_001) as f64 - 2_000.0) / 1e5);
        (0..number).map(|_| [report(noisy(base), 0, "PASS"), report(noisy(base * factor), 0, "PASS")]).collect()
    }

    fn verdicts(pairs: &[[LoadReport; 2]]) -> (u8, LoadVerdict) {
        let comparison = compare(pairs);
        assert!(
            comparison.rows.iter().filter(|row| row.percentile > 90.0).all(|row| row.verdict == LoadVerdict::Shown)
        );
        (comparison.verdict().0, comparison.rows[0].verdict)
    }

    #[test]
    fn a_slower_change_fails_and_an_equal_one_passes() {
        assert_eq!(verdicts(&pairs(200.0, 1.0, 12)), (PASS, LoadVerdict::Pass));
        assert_eq!(verdicts(&pairs(200.0, 1.04, 12)), (PASS, LoadVerdict::Pass));
        assert_eq!(verdicts(&pairs(200.0, 1.1, 12)), (FAIL, LoadVerdict::Regressed));
        assert_eq!(verdicts(&pairs(200.0, 0.9, 12)), (PASS, LoadVerdict::Improved));
        assert_eq!(verdicts(&pairs(200.0, 1.0, 7)), (INCONCLUSIVE, LoadVerdict::Inconclusive));
        // 40 µs more are 20 %, and less than a timer can show.
        assert_eq!(verdicts(&pairs(0.2, 1.2, 12)), (PASS, LoadVerdict::Pass));
        assert_eq!(verdicts(&pairs(0.2, 400.0, 12)), (FAIL, LoadVerdict::Regressed));
    }

    #[test]
    fn what_scatters_is_not_judged() {
        let mut wild = pairs(200.0, 1.0, 12);
        for (index, pair) in wild.iter_mut().enumerate() {
            pair[1] = report(150.0 + 20.0 * index as f64, 0, "PASS");
        }
        assert_eq!(verdicts(&wild).0, INCONCLUSIVE);
        let mut missing = pairs(200.0, 1.0, 12);
        missing[3][0].distributions.clear();
        assert_eq!(verdicts(&missing).0, INCONCLUSIVE);
    }

    /// Requests that fail are in no percentile, and would make a change faster.
    #[test]
    fn a_change_that_fails_requests_or_thresholds_does_not_pass() {
        let with = |failed: u64, threshold: &str, runs: usize| {
            let mut pairs = pairs(200.0, 1.0, 12);
            pairs.iter_mut().take(runs).for_each(|pair| pair[1] = report(190.0, failed, threshold));
            compare(&pairs).verdict()
        };
        assert_eq!(with(5, "PASS", 12).0, PASS);
        let (code, why) = with(30, "PASS", 12);
        assert_eq!(
            (code, why.as_str()),
            (FAIL, "FAIL (exit 1): 3.00 % of the requests of the change fail, and 0.00 % of the base")
        );
        assert_eq!(with(0, "FAIL", 6).0, PASS);
        let (code, why) = with(0, "FAIL", 7);
        assert_eq!(
            (code, why.as_str()),
            (FAIL, "FAIL (exit 1): thresholds fail in 7 of 12 runs of the change, and in 0 of the base")
        );
        let both: Vec<_> = (0..12).map(|_| [report(200.0, 0, "FAIL"), report(200.0, 0, "FAIL")]).collect();
        assert_eq!(compare(&both).verdict().0, PASS);
    }

    /// How often equal sides, and sides that differ by the margin, are called slower.
    #[test]
    fn the_rule_is_seldom_wrong() {
        let mut random = SplitMix64::new(3);
        let mut wrong = [0; 2];
        for _ in 0..400 {
            for (wrong, factor) in wrong.iter_mut().zip([1.0, 1.05]) {
                // Noise of 5 %, with a burst in one run of eight.
                let mut noisy = |millis: f64| {
                    let burst = if random.below(8) == 0 { 1.3 } else { 1.0 };
                    millis * burst * (1.0 + random.below(5_001) as f64 / 1e5)
                };
                let pairs: Vec<_> = (0..12)
                    .map(|_| [report(noisy(200.0), 0, "PASS"), report(noisy(200.0 * factor), 0, "PASS")])
                    .collect();
                *wrong += u32::from(row(&pairs, "ttft", 50.0, true).verdict == LoadVerdict::Regressed);
            }
        }
        println!("of 400 called slower: {} without a change, {} at the margin", wrong[0], wrong[1]);
        assert!(wrong[0] == 0 && wrong[1] <= 6, "{wrong:?}");
    }

    #[test]
    fn the_table_is_read() {
        let mut pairs = pairs(200.0, 1.1, 12);
        pairs[0][1].distributions.retain(|one| one.metric != "e2e");
        let comparison = compare(&pairs);
        insta::assert_snapshot!(comparison.table("1a2b3c4 (the merge base with main)"));
        insta::assert_snapshot!(comparison.verdict().1, @"FAIL (exit 1): 4 rows are slower");
    }
}
