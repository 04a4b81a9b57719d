//! Measures wall time in pairs: one process of the base and one of the change, one after the other on one processor.
//!
//! Samples of one process share a memory layout and a moment, so the unit of replication is a pair of processes. Each round
//! relinks both sides and measures every case once per side, in random order. So a slow minute or an unlucky layout affects few
//! pairs of a case, and both sides equally.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use perf_gate::{CaseName, ProcessLimits};
use perf_judge::judge::first_sample::{DecisionRule, FirstSample, Trend};
use perf_judge::judge::mean;
use perf_judge::judge::together::{self, CaseSamples};
use perf_judge::pairs::outcome::{BrokenSide, PairedResults};
use perf_judge::pairs::plan::{self, CaseState, Pilot, SamplingPlan};
use perf_judge::pairs::{InterimLooks, LogTimes, Pair, Pairs, Stage, Statistic, Times};
use perf_judge::rng::SplitMix64;
use perf_judge::run::NoValue;
use perf_judge::statistics::Estimate;

use super::side::{BuiltSide, LinkedBinary};
use super::store::Store;
use crate::error::{CaseError, Error};
use crate::measure::divan_table;
use crate::measure::programs::FAULT_ENV;
use crate::process::affinity::Processor;
use crate::process::child::{self, Limits, StderrMode};
use crate::progress::Progress;
use crate::workspace::Workspace;

/// Minimum number of samples per process: a single sample does not show whether a burst of load hit it.
const MIN_SAMPLES: u32 = 4;

/// Milliseconds after which a process starts no further sample.
const MAX_PROCESS_MS: f64 = 300.0;

fn is_duration(ns: f64) -> bool {
    ns > 0.0 && ns.is_finite()
}

/// What is compared; pairs of equal setups can be pooled.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// The built base.
    pub base: &'a BuiltSide,
    /// The change.
    pub head: &'a BuiltSide,
    /// The cases; heavy ones are not timed.
    pub cases: &'a [CaseName],
    /// Seed of layouts and orders.
    pub seed: u64,
    /// The sampling plan.
    pub plan: SamplingPlan,
    /// Whether each round has new layouts; otherwise all rounds have the same layout.
    pub new_layouts: bool,
    /// Planted slowdowns, if any.
    pub faults: Option<&'a Faults>,
}

/// A paired measurement: a setup, and how it is run and judged.
#[derive(Clone, Copy)]
pub struct PairedRun<'a> {
    /// What is compared.
    pub setup: Setup<'a>,
    /// The cases that the base has. One of them, chosen at random, is the control: the base is measured against itself.
    pub controls: &'a [CaseName],
    /// The processor that the measuring processes are pinned to, if any.
    pub processor: Option<Processor>,
    /// The decision rule of a case.
    pub rule_of: &'a dyn Fn(&CaseName) -> DecisionRule,
    /// Additional pairs that the user requested after earlier results.
    pub looks: &'a InterimLooks,
}

/// Planted faults of both sides, for tests of the gate.
#[derive(Debug, Default)]
pub struct Faults {
    /// Faults of the base: without effect, and as long as those of the change.
    pub base: BTreeMap<CaseName, String>,
    /// Faults of the change.
    pub head: BTreeMap<CaseName, String>,
}

struct PairedSession<'a> {
    paired: &'a PairedRun<'a>,
    store: Store,
    measured: PairedResults,
    progress: &'a Progress,
}

/// Measures the pairs that the store lacks, until the plan is fulfilled or the time budget is used up.
///
/// # Errors
/// If the sides have no case in common, a link fails, or on an interruption.
pub fn measure(
    paired: &PairedRun<'_>,
    store: Store,
    pairs: Pairs,
    progress: &Progress,
) -> Result<PairedResults, Error> {
    let Setup { cases, seed, plan, .. } = paired.setup;
    let mut random = SplitMix64::new(seed);
    // The control is random, so that a change cannot be tuned to it.
    let control = paired.controls.get(random.below(paired.controls.len())).cloned();
    let control = control
        .ok_or_else(|| Error::environment("both sides have no case in common", "choose other cases with `--only`"))?;
    let measured =
        PairedResults { pairs, control, broken: BTreeMap::new(), head_only: BTreeMap::new(), linking_seconds: 0.0 };
    let mut run = PairedSession { paired, store, measured, progress };

    let look = SamplingPlan::FIRST_LOOK;
    run.stage(Stage::First, cases.iter().map(|case| (case, look)))?;
    let judged: BTreeSet<&CaseName> = cases.iter().filter(|case| plan.affords(run.pilot(case, look).seconds)).collect();
    run.stage(Stage::First, cases.iter().filter(|case| judged.contains(case)).map(|case| (case, plan.pilot)))?;
    let pilots = cases.iter().filter(|case| judged.contains(case)).map(|case| run.pilot(case, plan.pilot));
    let mut first_stage = plan.first_stage_pairs(&pilots.collect::<Vec<_>>()).into_iter();
    let requested = |case: &CaseName| paired.looks.pairs.get(case).copied().unwrap_or(0);
    let mut planned: Vec<usize> = Vec::with_capacity(cases.len());
    for case in cases {
        let pairs = if judged.contains(case) { first_stage.next() } else { None };
        planned.push(pairs.unwrap_or(look).max(requested(case)));
    }
    let plan = plan.scaled(1 + paired.looks.looks as usize);
    run.stage(Stage::First, cases.iter().zip(planned.iter().copied()))?;
    for _ in 0..plan::MAX_DOUBLINGS {
        let more = plan.widen(&run.states(&planned), run.measured.pairs.seconds());
        if more == planned {
            break;
        }
        planned = more;
        run.stage(Stage::First, cases.iter().zip(planned.iter().copied()))?;
    }
    let confirmations = plan.confirmations(&run.states(&planned), run.spent(&[Stage::Extension]));
    run.stage(Stage::Confirm, confirmations.into_iter().map(|(case, pairs)| (&cases[case], pairs)))?;
    // What is left of the time budget goes to cases that are too noisy to be judged.
    let extensions = plan.extensions(&run.states(&planned), run.spent(&[Stage::Extension]));
    let extended: BTreeSet<usize> = extensions.iter().map(|(case, _)| *case).collect();
    run.stage(Stage::Extension, extensions.into_iter().map(|(case, pairs)| (&cases[case], pairs)))?;
    let states: Vec<CaseState> = run.extended_states(&planned);
    let confirmations = plan.confirmations(&states, run.measured.pairs.seconds());
    let confirmations = confirmations.into_iter().filter(|(case, _)| extended.contains(case));
    run.stage(Stage::Confirm, confirmations.map(|(case, pairs)| (&cases[case], pairs)))?;
    if run.together().is_some_and(|change| Trend::shown_by(&change, together::RULE.margin) != Trend::Unchanged) {
        let together = plan.confirm_together(&states, run.measured.pairs.seconds());
        run.stage(Stage::ConfirmTogether, cases.iter().zip(together))?;
    }
    Ok(run.measured)
}

impl PairedSession<'_> {
    /// Measures pairs until each case has its planned number.
    fn stage<'c>(&mut self, stage: Stage, wanted: impl Iterator<Item = (&'c CaseName, usize)>) -> Result<(), Error> {
        let wanted: Vec<(&CaseName, usize)> = wanted.collect();
        let rounds = wanted.iter().map(|(_, pairs)| *pairs).max().unwrap_or(0);
        let mut due: Vec<(u32, Vec<CaseName>)> = Vec::new();
        for round in 0..rounds as u32 {
            let is_due = |(case, pairs): &&(&CaseName, usize)| {
                (round as usize) < *pairs && !self.measured.pairs.contains(stage, case, round)
            };
            let cases: Vec<CaseName> = wanted.iter().filter(is_due).map(|(case, _)| (*case).clone()).collect();
            if !cases.is_empty() {
                due.push((round, cases));
            }
        }
        // A round is linked while the previous one is measured. Links may use the measuring processor: on a busy machine the
        // measurement would otherwise wait for links while its own processor is idle.
        let Setup { base, head, seed, new_layouts, .. } = self.paired.setup;
        let control = self.measured.control.clone();
        let link = |round: u32, cases: &[CaseName]| {
            let controlled = stage == Stage::First && cases.contains(&control);
            let random = SplitMix64::new(seed ^ (u64::from(round) << 8) ^ ((stage as u64) << 40));
            RoundBinaries::make([base, head], random, new_layouts, controlled)
        };
        let link = &link;
        thread::scope(|scope| {
            let spawn = |(round, cases): &'_ (u32, Vec<CaseName>)| {
                let (round, cases) = (*round, cases.clone());
                scope.spawn(move || link(round, &cases))
            };
            let mut next = due.first().map(spawn);
            for (index, (round, cases)) in due.iter().enumerate() {
                let start = Instant::now();
                let links = next.take().and_then(|thread| thread.join().ok()).unwrap_or_else(|| link(*round, cases))?;
                self.measured.linking_seconds += start.elapsed().as_secs_f64();
                next = due.get(index + 1).map(spawn);
                self.progress.set_current(&format!("round {} of {rounds}", round + 1));
                self.round(stage, *round, cases.clone(), links)?;
            }
            Ok(())
        })
    }

    /// Measures one pair of each due case, and stores them.
    fn round(&mut self, stage: Stage, round: u32, mut due: Vec<CaseName>, links: RoundBinaries) -> Result<(), Error> {
        let RoundBinaries { base, head, again, mut random } = links;
        due.retain(|case| !self.measured.broken.contains_key(case));
        random.shuffle(&mut due);
        let mut done = Vec::new();
        for case in due {
            let swapped = random.next_u64() & 1 == 1;
            if let Some(pair) = self.pair(stage, round, &case, &base, &head, swapped)? {
                done.push(pair);
            }
            if let Some(again) = again.as_ref().filter(|_| case == self.measured.control)
                && let Some(pair) = self.pair(Stage::Control, round, &case, &base, again, swapped)?
            {
                done.push(pair);
            }
        }
        self.store.append(&done)?;
        done.into_iter().for_each(|pair| self.measured.pairs.add(pair));
        Ok(())
    }

    fn pair(
        &mut self,
        stage: Stage,
        round: u32,
        case: &CaseName,
        base: &LinkedBinary,
        head: &LinkedBinary,
        swapped: bool,
    ) -> Result<Option<Pair>, Error> {
        let start = Instant::now();
        let faults = self.paired.setup.faults;
        let of_base = faults.and_then(|faults| faults.base.get(case));
        let of_head = match stage {
            Stage::Control => of_base,
            Stage::First | Stage::Confirm | Stage::Extension | Stage::ConfirmTogether => {
                faults.and_then(|faults| faults.head.get(case))
            }
        };
        let mut sides = [(base, of_base, None), (head, of_head, None)];
        if swapped {
            sides.reverse();
        }
        for (program, fault, time) in &mut sides {
            *time = Some(match self.paired.time(program, case, fault.map(String::as_str)) {
                Ok(times) => Ok(times),
                Err(error) => Err(error.no_value()?),
            });
        }
        if swapped {
            sides.reverse();
        }
        let [base, head] = sides.map(|(_, _, time)| time.unwrap_or_else(|| Err(NoValue::Broken("was not run".into()))));
        if let (Stage::First, Err(_), Ok(head)) = (stage, &base, &head) {
            self.measured.head_only.insert(case.clone(), *head);
        }
        let broken = match (base, head) {
            (Ok(base), Ok(head)) => {
                let took = start.elapsed();
                self.progress.advance(took.as_millis() as u64);
                let took_ms = (took.as_secs_f64() * 1e4).round() / 10.0;
                let case = case.clone();
                return Ok(Some(Pair { stage, round, case, base, head, head_first: swapped, took_ms }));
            }
            (_, Err(reason)) if stage != Stage::Control => BrokenSide::Head(reason),
            (_, Err(reason)) | (Err(reason), _) => BrokenSide::Base(reason),
        };
        self.measured.broken.insert(case.clone(), broken);
        Ok(None)
    }

    /// The state of each case, for the plan.
    fn states(&self, planned: &[usize]) -> Vec<CaseState> {
        let cases = self.paired.setup.cases.iter().zip(planned);
        let state = |(case, planned): (_, &usize)| CaseState {
            planned: *planned,
            pilot: self.pilot(case, self.paired.setup.plan.pilot),
            first: self.judged(case),
            mean: mean::rule_after(self.paired.looks.looks)
                .sample(Statistic::Mean, &self.measured.pairs.log_times(Stage::First, case)),
        };
        cases.map(state).collect()
    }

    /// The state of each case with its extension.
    fn extended_states(&self, planned: &[usize]) -> Vec<CaseState> {
        let mut states = self.states(planned);
        for (state, case) in states.iter_mut().zip(self.paired.setup.cases) {
            state.first = (self.paired.rule_of)(case).first_sample_of(case, &self.measured.pairs);
        }
        states
    }

    /// The change of all cases together, as they would be judged now.
    fn together(&self) -> Option<Estimate> {
        let PairedRun { setup, rule_of, looks, .. } = self.paired;
        let samples = |case: &CaseName| CaseSamples::of(rule_of(case), case, &self.measured.pairs);
        let samples: Vec<CaseSamples> = setup.cases.iter().filter_map(samples).collect();
        together::first_change(&samples, together::RULE.after(looks.looks))
    }

    /// Seconds of measuring so far, without some stages.
    fn spent(&self, without: &[Stage]) -> f64 {
        self.measured.pairs.all().filter(|pair| !without.contains(&pair.stage)).map(|pair| pair.took_ms / 1e3).sum()
    }

    /// The first pairs of a case, as its rule would judge them now.
    fn judged(&self, case: &CaseName) -> FirstSample {
        (self.paired.rule_of)(case).first_sample(&self.measured.pairs.log_times(Stage::First, case))
    }

    /// Dispersion and duration of the first `pairs` pairs of a case.
    fn pilot(&self, case: &CaseName, pairs: usize) -> Pilot {
        let pairs: Vec<&Pair> = self.measured.pairs.select(Stage::First, case).take(pairs).collect();
        let differences: Vec<LogTimes> = pairs.iter().map(|pair| pair.log_times()).collect();
        let took_ms: f64 = pairs.iter().map(|pair| pair.took_ms).sum();
        Pilot { dispersion: plan::dispersion(&differences), seconds: took_ms / 1e3 / pairs.len().max(1) as f64 }
    }
}

/// The linked programs of a round.
struct RoundBinaries {
    base: LinkedBinary,
    head: LinkedBinary,
    /// A second link of the base, for the control.
    again: Option<LinkedBinary>,
    /// The random numbers for the rest of the round.
    random: SplitMix64,
}

impl RoundBinaries {
    fn make(
        [base, head]: [&BuiltSide; 2],
        mut random: SplitMix64,
        new_layouts: bool,
        controlled: bool,
    ) -> Result<Self, Error> {
        let mut layout = || if new_layouts { 1 + random.below(1 << 30) as u32 } else { 1 };
        let seeds = [layout(), layout(), layout()];
        let again = if controlled { Some(base.link_time(seeds[2])?) } else { None };
        Ok(Self { base: base.link_time(seeds[0])?, head: head.link_time(seeds[1])?, again, random })
    }
}

impl Setup<'_> {
    /// The file of the pairs. Its name is a digest of everything that makes pairs comparable.
    pub fn file(&self, workspace: &Workspace) -> PathBuf {
        let SamplingPlan { process_ms, pilot, min_pairs, max_pairs, standard_error, budget: _ } = self.plan;
        let settings = format!(
            "{process_ms} {MIN_SAMPLES} {pilot} {min_pairs} {max_pairs} {standard_error} {} {}",
            self.seed, self.new_layouts
        );
        let cases = self.cases.iter().map(CaseName::as_str);
        let faults = self.faults.iter().flat_map(|faults| faults.head.iter());
        let cases = cases.chain(faults.flat_map(|(case, fault)| [case.as_str(), fault]));
        let parts = [self.base.digest.as_str(), &self.head.digest, &settings].into_iter().chain(cases);
        workspace.perf_dir().join("pairs").join(format!("{}.jsonl", perf_digest::compute(parts)))
    }
}

impl PairedRun<'_> {
    /// Runs one process, and returns the times of one operation.
    fn time(&self, program: &LinkedBinary, case: &CaseName, fault: Option<&str>) -> Result<Times, CaseError> {
        let mut command = child::clean_env_command(program.path(), &self.setup.base.programs.dir);
        // The environment lies on the stack, so its length must be equal on both sides.
        command.env(FAULT_ENV, fault.unwrap_or_default());
        let seconds = |ms: f64| (ms / 1e3).to_string();
        command.args(["--bench", "--color", "never", "--min-time", &seconds(self.setup.plan.process_ms)]);
        command.args(["--sample-count", &MIN_SAMPLES.to_string(), "--max-time", &seconds(MAX_PROCESS_MS)]);
        command.arg(format!("{case}$"));
        let own = ProcessLimits::TIMED;
        let limits = Limits::of_cpu_seconds(own.processor_seconds);
        let limits = Limits { own_limits: Some(own), processor: self.processor, ..limits };
        let text = child::run(&mut command, limits, StderrMode::Capture)?;
        let rows = divan_table::read(&text).map_err(|error| format!("printed an invalid table: {error}"))?;
        let mut found = rows.iter().filter(|row| row.path.last().is_some_and(|leaf| leaf == case.as_str()));
        let times = match (found.next(), found.next()) {
            (Some(row), None) => match [row.median_ns, row.min_ns].into_iter().find(|ns| !is_duration(*ns)) {
                None => Ok(row.times()),
                Some(ns) => Err(format!("reported {ns} ns, which is not a valid duration")),
            },
            (None, _) => Err("printed no row for the case".into()),
            (Some(_), Some(_)) => Err("printed two rows for the case".to_owned()),
        };
        Ok(times?)
    }
}
