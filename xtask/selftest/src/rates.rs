//! What recorded suites say about the gate, by the code that judges every run. Pure.

use std::collections::BTreeMap;

use perf_gate::CaseName;
use perf_judge::judge::paired::{self, DecisionRule, FirstSample, MARGIN};
use perf_judge::judge::{Judgement, exceeds_instruction_margin};
use perf_judge::pairs::LogRatios;
use perf_judge::pairs::plan::{self, CaseState, Pilot, SamplingPlan};
use perf_judge::rng::SplitMix64;
use perf_judge::statistics::{self, percent};
use perf_judge::verdict::Verdict;
use perf_runner::error::Error;
use perf_runner::process::parallel;

use crate::arms::Arm;
use crate::record::{Cell, Suite};

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
    let first = DecisionRule::DEFAULT.first_sample(&Cell::differences(&cell.first));
    paired::judge(&first, &Cell::differences(&cell.confirm))
}

/// Rates of suites whose cells are pairs.
pub fn of_pairs<'a>(suites: impl IntoIterator<Item = &'a Suite>) -> Rates {
    let mut rates = Rates::default();
    let mut effects = Vec::new();
    for suite in suites {
        rates.suites += 1;
        let unfit = paired::check_control(&Cell::differences(&suite.control)).is_some();
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
            red += u64::from(exceeds_instruction_margin(head, base));
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

/// What suites made of rounds of recorded ones say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resampled {
    /// Suites.
    pub suites: u64,
    /// Those with a red row.
    pub red_suites: u64,
    /// Those that were unfit.
    pub unfit_suites: u64,
    /// Of each case and suite: the slow-down, as a log ratio, above which it would have been red, if the differences were
    /// that of unchanged code, by the sharper figure. Both bounds move with the differences, so one look says it for every size.
    pub needed: BTreeMap<CaseName, Vec<f64>>,
}

/// Suites of rounds of recorded ones, drawn with replacement. All cases of a suite are made of the same rounds, so what
/// they have in common stays in common.
pub fn resampled(suites: &[Suite], number: u64, seed: u64) -> Result<Resampled, Error> {
    let mut resampled = Resampled::default();
    let sources: Vec<Source<'_>> = suites.iter().map(Source::of).collect();
    if sources.is_empty() {
        return Ok(resampled);
    }
    let numbers: Vec<u64> = (0..number).collect();
    for made in parallel::map(&numbers, |&number| Ok(Made::of(&sources, seed, number)))? {
        resampled.suites += 1;
        resampled.unfit_suites += u64::from(made.unfit);
        resampled.red_suites += u64::from(made.red);
        for (case, needed) in made.needed {
            resampled.needed.entry(case.clone()).or_default().push(needed);
        }
    }
    resampled.needed.values_mut().for_each(|needed| needed.sort_by(f64::total_cmp));
    Ok(resampled)
}

/// A suite made of recorded rounds.
struct Made<'a> {
    unfit: bool,
    red: bool,
    needed: Vec<(&'a CaseName, f64)>,
}

impl<'a> Made<'a> {
    fn of(sources: &[Source<'a>], seed: u64, number: u64) -> Self {
        let mut random = SplitMix64::new(seed << 32 | number);
        let plan = &sources[random.below(sources.len())];
        let mut blocks = || -> Vec<(usize, usize)> {
            (0..SamplingPlan::FULL.max_pairs / BLOCK)
                .map(|_| (random.below(sources.len()), random.below(1 << 16)))
                .collect()
        };
        let (first, confirm) = (blocks(), blocks());
        let control = drawn(&first, plan.control.len(), |suite| &sources[suite].control);
        let unfit = paired::check_control(&control).is_some();
        let mut red = false;
        let mut of_case = |(case, pairs): (&&'a CaseName, &usize)| {
            let recorded = |suite: usize| sources[suite].cases.get(*case).map_or(&[][..], Vec::as_slice);
            let first = measured(*pairs, |pairs| drawn(&first, pairs, recorded));
            let again = drawn(&confirm, first.differences.len(), recorded);
            red |= !unfit && paired::judge(&first, &again).verdict == Verdict::Regressed;
            let again = LogRatios::select(first.statistic, &again);
            let needed = match (first.estimate, statistics::estimate(&again, paired::CONFIRM_ALPHA)) {
                (Some(first), Some(again)) if !unfit => MARGIN.ln_1p() - first.lower.min(again.lower),
                _ => f64::INFINITY,
            };
            (*case, needed)
        };
        let needed = plan.pairs.iter().map(&mut of_case).collect();
        Self { unfit, red, needed }
    }
}

impl Resampled {
    /// The part of suites in which a case that is slower by so much (a log ratio) would have been red.
    pub fn power(&self, case: &CaseName, slower: f64) -> f64 {
        let needed = self.needed.get(case).map_or(&[][..], Vec::as_slice);
        needed.partition_point(|needed| *needed < slower) as f64 / needed.len().max(1) as f64
    }

    /// The slow-down of a case, as a log ratio, that would have been red in so large a part of the suites.
    pub fn found_with(&self, case: &CaseName, power: f64) -> Option<f64> {
        let needed = self.needed.get(case)?;
        let index = (needed.len() as f64 * power).ceil() as usize;
        needed.get(index.saturating_sub(1)).copied().filter(|needed| needed.is_finite())
    }
}

/// The differences of a recorded suite, in the order of rounds.
struct Source<'a> {
    control: Vec<LogRatios>,
    cases: BTreeMap<&'a CaseName, Vec<LogRatios>>,
    /// How many pairs each case is planned to get, by its pilot; more where they turn out to scatter more.
    pairs: BTreeMap<&'a CaseName, usize>,
}

impl<'a> Source<'a> {
    fn of(suite: &'a Suite) -> Self {
        let cases: BTreeMap<_, _> =
            suite.cases.iter().map(|(case, cell)| (case, Cell::differences(&cell.first))).collect();
        let pairs = cases.iter().map(|(case, differences)| (*case, planned(differences))).collect();
        Self { control: Cell::differences(&suite.control), cases, pairs }
    }
}

/// How many pairs a case had before its bounds were found to be too wide, after which they were doubled.
fn planned(differences: &[LogRatios]) -> usize {
    let SamplingPlan { pilot, min_pairs, .. } = SamplingPlan::FULL;
    let dispersion = plan::dispersion(differences.get(..pilot).unwrap_or(differences));
    SamplingPlan::FULL.pairs_for(dispersion).clamp(min_pairs, differences.len().max(min_pairs))
}

/// As a run measures that has time for everything: more pairs, up to three times, where bounds are too wide.
fn measured(planned: usize, draw: impl Fn(usize) -> Vec<LogRatios>) -> FirstSample {
    // A pair takes no time, so none is too dear.
    let pilot = Pilot { dispersion: 0.0, seconds: 0.0 };
    let first = |pairs: usize| DecisionRule::DEFAULT.first_sample(&draw(pairs));
    let mut state = CaseState { planned, pilot, first: first(planned) };
    for _ in 0..plan::MAX_DOUBLINGS {
        let more = SamplingPlan::FULL.widen(std::slice::from_ref(&state), 0.0)[0];
        if more == state.planned {
            break;
        }
        state = CaseState { planned: more, first: first(more), ..state };
    }
    state.first
}

/// Some differences of a case from blocks of rounds.
fn drawn<'a>(blocks: &[(usize, usize)], wanted: usize, of: impl Fn(usize) -> &'a [LogRatios]) -> Vec<LogRatios> {
    let mut out = Vec::with_capacity(wanted);
    for &(suite, start) in blocks.iter().cycle().take(20 * blocks.len()) {
        let source = of(suite);
        for round in 0..BLOCK.min(source.len()) {
            if out.len() == wanted {
                return out;
            }
            out.push(source[(start + round) % source.len()]);
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use perf_judge::pairs::Times;

    use super::*;

    /// A suite of some cases whose pairs are around a change (a log ratio), with the scatter and the bursts of a machine
    /// that is shared.
    pub fn suite(number: u64, change: f64, control: f64) -> Suite {
        let mut random = SplitMix64::new(number);
        let mut pairs = |center: f64, pairs: usize| -> Vec<[Times; 2]> {
            let mut uniform = || random.below(1 << 20) as f64 / f64::from(1 << 20) - 0.5;
            let mut pair = || {
                let scatter = 0.03 * (uniform() + uniform() + uniform());
                let burst = if uniform() > 0.45 { uniform() } else { 0.0 };
                // Four digits, as divan prints them.
                let head = (1_000.0 * (center + scatter + burst).exp()).round();
                [1_000.0, head].map(|ns| Times { median: ns, minimum: ns })
            };
            (0..pairs).map(|_| pair()).collect()
        };
        let cases = ["a/a/1", "b/b/2", "c/c/3"].map(|case| {
            let cell = Cell { first: pairs(change, 40), confirm: pairs(change, 40), ..Cell::default() };
            (CaseName::new(case).unwrap(), cell)
        });
        Suite {
            seed: number,
            commit: "0123abc".into(),
            machine: "a processor, 2 processors".into(),
            day: "2026-11-26".into(),
            seconds: 60.0,
            what: String::new(),
            control: pairs(control, 40),
            red_rows: None,
            cases: cases.into(),
        }
    }

    /// A difference that is the same by both figures.
    fn of_both(difference: f64) -> LogRatios {
        let times = |ns: f64| Times { median: ns, minimum: ns };
        LogRatios::between(times(1.0), times(difference.exp()))
    }

    fn suites(change: f64, control: f64) -> Vec<Suite> {
        (0..10).map(|number| suite(number, change, control)).collect()
    }

    #[test]
    fn what_is_slower_is_counted_and_what_is_not_is_not() {
        let same = of(Arm::Same, &suites(0.0, 0.0));
        assert_eq!((same.suites, same.red_suites, same.cells, same.red), (10, 0, 30, 0));
        let slow = of(Arm::Wall(7), &suites(0.07_f64.ln_1p(), 0.0));
        assert_eq!((slow.red_suites, slow.red, slow.unfit_suites), (10, 30, 0));
        assert!((slow.effect_percent.unwrap() - 7.0).abs() < 0.5, "{slow:?}");
        let unfit = of(Arm::Wall(7), &suites(0.07, 0.08));
        assert_eq!((unfit.red_suites, unfit.red, unfit.unfit_suites), (0, 0, 10), "a machine that cannot tell");
    }

    #[test]
    fn instructions_and_faults_are_counted_by_their_own_rules() {
        let cell = |instructions| Cell { instructions: Some(instructions), ..Cell::default() };
        let names = ["a/a/1", "b/b/2", "c/c/3"].map(|name| CaseName::new(name).unwrap());
        let cells = [cell([10_000, 10_101]), cell([10_000, 10_100]), cell([10_000, 10_000])];
        let counted = Suite { cases: names.into_iter().zip(cells).collect(), ..suite(1, 0.0, 0.0) };
        let rates = of(Arm::Work(1), &[counted]);
        assert_eq!((rates.cells, rates.red, rates.red_suites), (3, 1, 1), "one percent is the margin");
        let fault = |rows| Suite { red_rows: Some(rows), ..suite(1, 0.0, 0.0) };
        let rates = of(Arm::Exact, &[fault(0), fault(12)]);
        assert_eq!((rates.suites, rates.cells, rates.red), (2, 2, 1));
    }

    #[test]
    fn suites_of_recorded_rounds_say_what_would_be_seen() {
        let made = resampled(&suites(0.0, 0.0), 200, 1).unwrap();
        assert_eq!((made.suites, made.red_suites, made.unfit_suites), (200, 0, 0));
        assert_eq!(made.needed.len(), 3);
        let case = CaseName::new("b/b/2").unwrap();
        let power = |percent: f64| made.power(&case, (percent / 100.0).ln_1p());
        assert!(power(0.0) == 0.0 && power(30.0) > 0.99, "{} {}", power(0.0), power(30.0));
        let powers: Vec<f64> = (0..40).map(|size| power(f64::from(size) / 4.0)).collect();
        assert!(powers.is_sorted(), "{powers:?}");
        let found = made.found_with(&case, 0.95).unwrap();
        assert!(made.power(&case, found + 1e-9) >= 0.95 && made.power(&case, found - 1e-9) <= 0.95);
        assert!((1.5..5.0).contains(&percent(found)), "{found}");
        assert_eq!(made, resampled(&suites(0.0, 0.0), 200, 1).unwrap(), "the seed decides");

        let slow = resampled(&suites(0.07, 0.0), 50, 1).unwrap();
        assert_eq!(slow.red_suites, 50);
        let unfit = resampled(&suites(0.0, 0.08), 50, 1).unwrap();
        assert_eq!((unfit.unfit_suites, unfit.power(&case, 1.0)), (50, 0.0), "nothing is seen by who cannot tell");
        assert_eq!(unfit.found_with(&case, 0.95), None);
        assert_eq!(resampled(&[], 50, 1).unwrap(), Resampled::default());
    }

    /// Half of what a quiet pilot asked for would not do where bursts come later.
    #[test]
    fn more_pairs_are_drawn_where_bounds_are_too_wide() {
        let of = |pairs: usize, difference: fn(f64) -> f64| -> Vec<LogRatios> {
            (0..pairs).map(|n| of_both(difference(n as f64))).collect()
        };
        let quiet = |pairs| of(pairs, |n| 0.0001 * n);
        assert_eq!(measured(20, quiet).differences.len(), 20);
        let wild = |pairs| of(pairs, |n| 0.3 * (n - 0.5).sin());
        assert_eq!(measured(30, wild).differences.len(), 160);
    }
}
