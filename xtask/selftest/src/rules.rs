//! What the rules of other tools would have said to the same pairs.
//!
//! Rules that compare a run with an earlier one are given single processes, as these tools run them: the pair's base is the
//! earlier run. Rules that compare samples of two runs are given all processes of a comparison, which is more than those
//! tools have: they take all samples from one process a side.

use std::fmt::Write as _;
use std::path::Path;

use perf_judge::exit_status;
use perf_judge::statistics::other_tools;
use perf_runner::error::Error;

use crate::arms::Arm;
use crate::rates;
use crate::record::{Cell, Suite};
use crate::recorded::Recorded;

/// Comparisons, and those that were red.
type Count = (u64, u64);

/// How criterion's bootstrap is repeated here; it does so 100,000 times, which moves its p-value by a thousandth or two.
const RESAMPLES: usize = 1_000;

/// A rule: for each cell how many comparisons it makes, and how many are red.
type Rule = fn(&Cell) -> Count;

const RULES: [(&str, Rule); 5] = [
    ("+20 % over the mean of the last 10", |cell| each(cell, 10, other_tools::mean_of_last_ten)),
    ("200 % of the last run", |cell| {
        each(cell, 1, |before, now| before.last().is_some_and(|&last| other_tools::twice_the_last_run(last, now)))
    }),
    ("mean +5 %", |cell| {
        each(cell, 1, |before, now| other_tools::mean_plus_five_percent(&before[before.len() - 1..], &[now]))
    }),
    ("criterion: p < 0.05 and over 1 %", |cell| {
        whole(cell, |base, head| other_tools::criterion(base, head, RESAMPLES, 1))
    }),
    ("tango: z ≥ 2.6 and over 1 %", |cell| whole(cell, other_tools::tango)),
];

/// Single processes of the head against the processes of the base before them.
fn each(cell: &Cell, history: usize, red: impl Fn(&[f64], f64) -> bool) -> Count {
    let base: Vec<f64> = cell.first.iter().map(|pair| pair[0].median).collect();
    let mut count = (0, 0);
    for (index, pair) in cell.first.iter().enumerate().skip(history) {
        count.0 += 1;
        count.1 += u64::from(red(&base[..index], pair[1].median));
    }
    count
}

fn whole(cell: &Cell, red: impl Fn(&[f64], &[f64]) -> bool) -> Count {
    let side = |index: usize| cell.first.iter().map(|pair| pair[index].median).collect::<Vec<f64>>();
    if cell.first.is_empty() { (0, 0) } else { (1, u64::from(red(&side(0), &side(1)))) }
}

fn of<'a>(suites: impl IntoIterator<Item = &'a Suite>, rule: Rule) -> Count {
    let cells = suites.into_iter().flat_map(|suite| suite.cases.values());
    cells.map(rule).fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
}

/// Prints the table for what is recorded in a directory.
pub fn print(dir: &Path) -> Result<u8, Error> {
    perf_cli::stdout::print(&table(&Recorded::read(dir)?))?;
    Ok(exit_status::PASS)
}

/// A table: a rule a line, an arm a column; the part of comparisons that was red.
pub fn table(recorded: &Recorded) -> String {
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
    let mut out = String::from(
        "Part of comparisons of one case that are red: false alarms where nothing is worse, else power.\n\n",
    );
    let heads: Vec<String> = arms.iter().map(Arm::to_string).collect();
    let _ = writeln!(out, "| rule | {} |\n|---|{}", heads.join(" | "), "---:|".repeat(arms.len()));
    let part = |(all, red): Count| {
        if all == 0 { "—".to_owned() } else { format!("{:.1} %", red as f64 / all as f64 * 100.0) }
    };
    for (name, rule) in RULES {
        let cells: Vec<String> = arms.iter().map(|arm| part(of(recorded.of(*arm), rule))).collect();
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
    let ours = |arm: &Arm| {
        let rates = rates::of(*arm, recorded.of(*arm));
        part((rates.cells, rates.red))
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
    fn every_rule_judges_the_same_pairs() {
        let suites = |change| (0..3).map(|number| suite(number, change, 0.0)).collect::<Vec<_>>();
        let recorded = Recorded([(Arm::Same, suites(0.0)), (Arm::Wall(10), suites(0.1))].into());
        insta::assert_snapshot!(table(&recorded));
    }
}
