//! The rules of other tools, applied to the recorded pairs.
//!
//! Rules that compare a run with earlier runs get single processes, as those tools do: the bases of earlier pairs are the
//! earlier runs. Rules that compare two samples get all processes of a comparison. That is more than those tools have: they
//! take all samples of a side from one process.

use std::fmt::Write as _;
use std::path::Path;

use perf_judge::exit_status;
use perf_judge::statistics::other_tools;
use perf_runner::error::Error;

use crate::arms::Arm;
use crate::rates;
use crate::record::{CaseRecord, Suite};
use crate::recorded::RecordedSuites;

/// Number of comparisons, and number of those that the rule reports as regressions.
type Counts = (u64, u64);

/// Resamples of criterion's bootstrap. Criterion takes 100,000, which changes the p-value by 0.001 to 0.002.
const RESAMPLES: usize = 1_000;

/// A rule of another tool, applied to the pairs of one case.
type OtherRule = fn(&CaseRecord) -> Counts;

const RULES: [(&str, OtherRule); 5] = [
    ("+20 % over the mean of the last 10", |record| per_process(record, 10, other_tools::mean_of_last_ten)),
    ("200 % of the last run", |record| {
        per_process(record, 1, |before, now| {
            before.last().is_some_and(|&last| other_tools::twice_the_last_run(last, now))
        })
    }),
    ("mean +5 %", |record| {
        per_process(record, 1, |before, now| other_tools::mean_plus_five_percent(&before[before.len() - 1..], &[now]))
    }),
    ("criterion: p < 0.05 and over 1 %", |record| {
        per_comparison(record, |base, head| other_tools::criterion(base, head, RESAMPLES, 1))
    }),
    ("tango: z ≥ 2.6 and over 1 %", |record| per_comparison(record, other_tools::tango)),
];

/// Compares each process of the head with the processes of the base before it, of which there are at least `history`.
fn per_process(record: &CaseRecord, history: usize, is_regression: impl Fn(&[f64], f64) -> bool) -> Counts {
    let base: Vec<f64> = record.first.iter().map(|pair| pair[0].median).collect();
    let mut counts = (0, 0);
    for (index, pair) in record.first.iter().enumerate().skip(history) {
        counts.0 += 1;
        counts.1 += u64::from(is_regression(&base[..index], pair[1].median));
    }
    counts
}

/// Compares all processes of the head with all processes of the base.
fn per_comparison(record: &CaseRecord, is_regression: impl Fn(&[f64], &[f64]) -> bool) -> Counts {
    let side = |index: usize| record.first.iter().map(|pair| pair[index].median).collect::<Vec<f64>>();
    if record.first.is_empty() { (0, 0) } else { (1, u64::from(is_regression(&side(0), &side(1)))) }
}

fn apply<'a>(suites: impl IntoIterator<Item = &'a Suite>, rule: OtherRule) -> Counts {
    let records = suites.into_iter().flat_map(|suite| suite.cases.values());
    records.map(rule).fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1))
}

/// Prints the table for the suites that are recorded in the data folder `dir`.
pub fn print(dir: &Path) -> Result<u8, Error> {
    perf_cli::stdout::print(&table(&RecordedSuites::read(dir)?))?;
    Ok(exit_status::PASS)
}

/// Renders a table in Markdown: a row for each rule, a column for each arm, the share of comparisons that are reported as
/// regressions.
pub fn table(recorded: &RecordedSuites) -> String {
    let arms = [
        Arm::Same,
        Arm::Neutral,
        Arm::NeutralOneLayout,
        Arm::Busy,
        Arm::Wall(3),
        Arm::Wall(5),
        Arm::Wall(7),
        Arm::Wall(10),
    ];
    let arms: Vec<Arm> = arms.into_iter().filter(|arm| !recorded.of(*arm).is_empty()).collect();
    let mut out = String::new();
    let heads: Vec<String> = arms.iter().map(Arm::to_string).collect();
    let _ = writeln!(out, "| rule | {} |\n|---|{}", heads.join(" | "), "---:|".repeat(arms.len()));
    let share = |(all, regressions): Counts| {
        if all == 0 { "—".to_owned() } else { format!("{:.1} %", regressions as f64 / all as f64 * 100.0) }
    };
    for (name, rule) in RULES {
        let cells: Vec<String> = arms.iter().map(|arm| share(apply(recorded.of(*arm), rule))).collect();
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
    let ours = |arm: &Arm| {
        let rates = rates::compute(*arm, recorded.of(*arm));
        share((rates.comparisons, rates.regressions))
    };
    let cells: Vec<String> = arms.iter().map(ours).collect();
    let _ = writeln!(out, "| this gate | {} |", cells.join(" | "));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::tests::suite;

    #[test]
    fn table_of_rules() {
        let suites = |change| (0..3).map(|number| suite(number, change, 0.0)).collect::<Vec<_>>();
        let recorded = RecordedSuites([(Arm::Same, suites(0.0)), (Arm::Wall(10), suites(0.1))].into());
        insta::assert_snapshot!(table(&recorded));
    }
}
