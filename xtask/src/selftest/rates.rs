//! What recorded suites say about the gate, by the code that judges every run. Pure.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::arms::Arm;
use super::record::{Cell, Suite};
use crate::judge::paired::{self, MARGIN};
use crate::judge::{Judgement, instructions_above};
use crate::seeded::Seeded;
use crate::statistics::{self, percent};
use crate::verdict::Verdict;

/// What the gate said in the suites of an arm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    /// Suites.
    pub suites: u64,
    /// Those with a red row of wall time.
    pub red_suites: u64,
    /// Those in which the machine could not tell equal from different, so that nothing was judged.
    pub unfit_suites: u64,
    /// Comparisons of one case.
    pub cells: u64,
    /// Those that were red.
    pub red: u64,
    /// Those that could not be judged, in fit suites.
    pub inconclusive: u64,
    /// What was really planted, as estimated from all pairs: the median over comparisons, in percent.
    pub effect_percent: Option<f64>,
}

/// The judgement of a cell by its pairs.
fn judge(cell: &Cell) -> Judgement {
    paired::judge(&Cell::differences(&cell.first), &Cell::differences(&cell.confirm), MARGIN)
}

/// Rates of suites whose cells are pairs.
pub fn of_pairs<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let unfit = paired::unfit(&Cell::differences(&suite.control)).is_some();
        rates.unfit_suites += u64::from(unfit);
        let mut red = 0;
        for cell in suite.cases.values().filter(|cell| !cell.first.is_empty()) {
            rates.cells += 1;
            let judgement = judge(cell);
            effects.extend(judgement.estimate.map(|estimate| percent(estimate.center)));
            match judgement.verdict {
                _ if unfit => {}
                Verdict::Regressed => red += 1,
                Verdict::Inconclusive => rates.inconclusive += 1,
                _ => {}
            }
        }
        rates.red += red;
        rates.red_suites += u64::from(red > 0);
    }
    rates.effect_percent = statistics::median(&effects);
    rates
}

/// Rates of suites whose cells are counts of instructions.
pub fn of_instructions<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let mut red = 0;
        for [base, head] in suite.cases.values().filter_map(|cell| cell.instructions) {
            rates.cells += 1;
            effects.push((head as f64 / base as f64 - 1.0) * 100.0);
            red += u64::from(instructions_above(head, base));
        }
        rates.red += red;
        rates.red_suites += u64::from(red > 0);
    }
    rates.effect_percent = statistics::median(&effects);
    rates
}

/// Rates of suites of one fault each, of which it is known how many rows were red.
pub fn of_faults<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    for suite in suites {
        let red = u64::from(suite.red_rows.is_some_and(|rows| rows > 0));
        rates.suites += 1;
        rates.cells += 1;
        rates.red += red;
        rates.red_suites += red;
    }
    rates
}

/// Rates of an arm.
pub fn of(arm: Arm, suites: &[Suite]) -> Rates {
    match arm {
        Arm::Same | Arm::Neutral | Arm::NeutralOneLayout | Arm::Busy | Arm::Wall(_) => of_pairs(suites),
        Arm::Work(_) => of_instructions(suites),
        Arm::Exact => of_faults(suites),
    }
}

/// Rounds that are drawn together, because what disturbs a machine lasts for some of them.
const BLOCK: usize = 5;

/// Rates of suites made of rounds of recorded ones, drawn with replacement. All cases of a suite are made of the same
/// rounds, so what they have in common stays in common. `shift` is added to every difference: a slow-down of that size.
pub fn resampled(suites: &[Suite], number: u64, shift: f64, seed: u64) -> Resampled {
    let mut random = Seeded::new(seed);
    let mut resampled = Resampled::default();
    let cases: Vec<&CaseName> = suites.first().map(|suite| suite.cases.keys().collect()).unwrap_or_default();
    let sources: Vec<Source> = suites.iter().map(Source::of).collect();
    if sources.is_empty() {
        return resampled;
    }
    for _ in 0..number {
        resampled.suites += 1;
        let plan = &sources[random.below(sources.len())];
        let blocks = |random: &mut Seeded| -> Vec<(usize, usize)> {
            (0..200 / BLOCK).map(|_| (random.below(sources.len()), random.next_u64() as usize)).collect()
        };
        let (first, confirm) = (blocks(&mut random), blocks(&mut random));
        let control = drawn(&first, plan.control.len(), |suite| &sources[suite].control, 0.0);
        let unfit = paired::unfit(&control).is_some();
        resampled.unfit_suites += u64::from(unfit);
        let mut any = false;
        for case in &cases {
            let pairs = plan.cases.get(case).map_or(0, Vec::len);
            let of_case = |suite: usize| sources[suite].cases.get(case).map_or(&[][..], Vec::as_slice);
            let differences = drawn(&first, pairs, of_case, shift);
            let again = match paired::seems(&differences, MARGIN) {
                paired::Seems::Unchanged => Vec::new(),
                _ => drawn(&confirm, pairs, of_case, shift),
            };
            let red = !unfit && paired::judge(&differences, &again, MARGIN).verdict == Verdict::Regressed;
            any |= red;
            let cell = resampled.cells.entry((*case).clone()).or_default();
            cell.0 += 1;
            cell.1 += u64::from(red);
        }
        resampled.red_suites += u64::from(any);
    }
    resampled
}

/// What resampled suites said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resampled {
    /// Suites.
    pub suites: u64,
    /// Those with a red row.
    pub red_suites: u64,
    /// Those that were unfit.
    pub unfit_suites: u64,
    /// Of each case: comparisons, and those that were red.
    pub cells: BTreeMap<CaseName, (u64, u64)>,
}

impl Resampled {
    /// Comparisons of all cases, and those that were red.
    pub fn all(&self) -> (u64, u64) {
        self.cells.values().fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
    }
}

/// The differences of a recorded suite, in the order of rounds.
struct Source<'a> {
    control: Vec<f64>,
    cases: BTreeMap<&'a CaseName, Vec<f64>>,
}

impl<'a> Source<'a> {
    fn of(suite: &'a Suite) -> Self {
        let differences = |cell: &Cell| [Cell::differences(&cell.first), Cell::differences(&cell.confirm)].concat();
        let cases = suite.cases.iter().map(|(case, cell)| (case, differences(cell))).collect();
        Self { control: Cell::differences(&suite.control), cases }
    }
}

/// Some differences of a case from blocks of rounds.
fn drawn<'a>(blocks: &[(usize, usize)], wanted: usize, of: impl Fn(usize) -> &'a [f64], shift: f64) -> Vec<f64> {
    let mut out = Vec::with_capacity(wanted);
    for &(suite, start) in blocks.iter().cycle().take(20 * blocks.len()) {
        let source = of(suite);
        if source.is_empty() {
            continue;
        }
        for round in 0..BLOCK {
            if out.len() == wanted {
                return out;
            }
            out.push(source[(start + round) % source.len()] + shift);
        }
    }
    out
}

/// The smallest slow-down of each case that is found in at least 95 % of resampled suites, in percent, to a quarter of one.
pub fn smallest_found(suites: &[Suite], number: u64, seed: u64) -> BTreeMap<CaseName, Option<f64>> {
    let mut smallest: BTreeMap<CaseName, Option<f64>> = BTreeMap::new();
    for quarter in 4..=40_u32 {
        let size = f64::from(quarter) / 4.0;
        let resampled = resampled(suites, number, (size / 100.0).ln_1p(), seed);
        for (case, (all, red)) in resampled.cells {
            let entry = smallest.entry(case).or_default();
            if entry.is_none() && red * 100 >= all * 95 {
                *entry = Some(size);
            }
        }
        if smallest.values().all(Option::is_some) {
            break;
        }
    }
    smallest
}
