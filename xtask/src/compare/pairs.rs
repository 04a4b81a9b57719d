//! Measures pairs: one process of the base and one of the change, side by side on one processor.
//!
//! A process has one layout of its memory and one moment in the life of the machine, so a pair of processes is what is
//! repeated, never samples of one process. Each round links both sides anew and runs every case once on each, in random
//! order; so a slow minute or an unlucky layout touches few pairs of each case, and both sides alike.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use perf_gate::{CaseName, ProcessLimits};

use super::plan::{self, Effort, Pilot};
use super::side::{LinkedTime, Side};
use super::store::{Asked, Difference, Pair, Pairs, Stage, Store, Times};
use crate::affinity::Processor;
use crate::child::{self, Limits, Messages};
use crate::digest;
use crate::divan_table;
use crate::executables::FAULT;
use crate::failure::Failure;
use crate::judge::paired::{FirstPairs, Rule, Seems};
use crate::progress::Progress;
use crate::seeded::Seeded;
use crate::statistics;
use crate::wall::{self, WallRun};
use crate::workspace::Workspace;

/// Samples that a process takes at least, however long an operation takes: of a single one nobody knows whether a burst
/// hit it.
const SAMPLES: u32 = 4;

/// Milliseconds after which a process takes no further sample.
const PROCESS_MS_AT_MOST: f64 = 300.0;

fn is_duration(ns: f64) -> bool {
    ns > 0.0 && ns.is_finite()
}

/// What is measured against what.
#[derive(Clone)]
pub struct Contest<'a> {
    /// The base.
    pub base: &'a Side,
    /// The change.
    pub head: &'a Side,
    /// The cases; heavy ones are not timed.
    pub cases: &'a [CaseName],
    /// Those of which one, nobody knows which, is also measured as the base against itself: cases that the base has.
    pub controls: &'a [CaseName],
    /// Chooses layouts and orders.
    pub seed: u64,
    /// How much is measured.
    pub effort: Effort,
    /// Layouts are chosen anew in each round; else every round has the ordinary one, as other tools do.
    pub new_layouts: bool,
    /// Where it runs; the other processors are left to everybody else.
    pub processor: Option<Processor>,
    /// How a case is judged.
    pub rule_of: &'a dyn Fn(&CaseName) -> Rule,
    /// What was asked for after somebody had seen what there was.
    pub asked: Asked,
    /// What slows an operation of a case down on purpose.
    pub faults: Option<&'a Faults>,
    /// How much one process may take.
    pub limits: Limits,
}

/// What both sides are asked to do beside their work: for proving that the gate sees it.
#[derive(Debug, Default)]
pub struct Faults {
    /// Of the base; nothing, in as many letters.
    pub base: BTreeMap<CaseName, String>,
    /// Of the change.
    pub head: BTreeMap<CaseName, String>,
}

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

struct Run<'a> {
    contest: &'a Contest<'a>,
    store: Store,
    measured: Measured,
    progress: &'a Progress,
}

/// Measures what is not in the store yet, until it decides or the time is used up.
pub fn measure(contest: &Contest<'_>, store: Store, pairs: Pairs, progress: &Progress) -> Result<Measured, Failure> {
    let mut random = Seeded::new(contest.seed);
    // Which case it is may not be known to whoever writes a change.
    let control = contest.controls.get(random.below(contest.controls.len())).cloned();
    let control = control.ok_or_else(|| Failure::environment("there is no case that both sides have", "see --only"))?;
    let measured = Measured { pairs, control, broken: BTreeMap::new(), alone: BTreeMap::new(), linking: 0.0 };
    let mut run = Run { contest, store, measured, progress };

    let effort = contest.effort.times(1 + contest.asked.looks as usize);
    let pilot: Vec<_> = contest.cases.iter().map(|case| (case, effort.pilot)).collect();
    run.stage(Stage::First, &pilot)?;
    let pilots: Vec<_> = contest.cases.iter().map(|case| run.pilot(case)).collect();
    let asked = |case: &CaseName| contest.asked.pairs.get(case).copied().unwrap_or(0);
    let pairs = contest.cases.iter().zip(contest.effort.pairs(&pilots));
    let mut planned: Vec<_> = pairs.map(|(case, pairs)| (case, pairs.max(asked(case)))).collect();
    run.stage(Stage::First, &planned)?;
    // A pilot that was spared the bursts promised too much. Only the width of an interval decides, as before.
    for _ in 0..plan::TIMES_MORE {
        let blurred = |case: &CaseName| run.judged(case).smallest().is_none_or(|smallest| smallest > effort.blurred());
        // Only as long as enough time is left to confirm what they may show; those that cost least come first.
        let mut left = effort.first_stage() - run.measured.pairs.seconds();
        let mut more = planned.clone();
        let mut doubled: Vec<_> = more.iter_mut().filter(|(case, _)| blurred(case)).collect();
        doubled.sort_by(|a, b| (a.1 as f64 * run.pilot(a.0).seconds).total_cmp(&(b.1 as f64 * run.pilot(b.0).seconds)));
        for (case, pairs) in doubled {
            let pilot = run.pilot(case);
            let wanted = (*pairs * 2).min(effort.most_when_blurred(pilot)).max(*pairs);
            let seconds = (wanted - *pairs) as f64 * pilot.seconds;
            if seconds <= left {
                left -= seconds;
                *pairs = wanted;
            }
        }
        if more == planned {
            break;
        }
        planned = more;
        run.stage(Stage::First, &planned)?;
    }

    // A large change is confirmed by few pairs. How many is settled before the first of them is measured.
    let to_confirm = |case: &CaseName, planned: usize| {
        let first = run.judged(case);
        let scatter = statistics::robust_sd(&first.differences).unwrap_or(f64::INFINITY);
        let beyond = first.beyond().unwrap_or(0.0);
        effort.to_confirm(beyond, scatter).min(planned)
    };
    let doubtful = planned.into_iter().filter(|(case, _)| run.judged(case).seems() != Seems::Unchanged);
    let mut doubtful: Vec<_> = doubtful.map(|(case, planned)| (case, to_confirm(case, planned))).collect();
    // Where the time does not suffice for all, the worst are confirmed first.
    let largest = |case: &CaseName| statistics::median(&run.judged(case).differences).unwrap_or(0.0).abs();
    doubtful.sort_by(|a, b| largest(b.0).total_cmp(&largest(a.0)));
    let left = effort.budget - run.measured.pairs.seconds();
    let mut affordable = Vec::new();
    let mut seconds = 0.0;
    for (case, wanted) in &doubtful {
        let each = run.pilot(case).seconds;
        let share = (left - seconds) / (doubtful.len() - affordable.len()) as f64;
        let pairs = (*wanted).min((share / each) as usize).max(effort.least.min(*wanted));
        if seconds + pairs as f64 * each > left.max(0.0) {
            break;
        }
        seconds += pairs as f64 * each;
        affordable.push((*case, pairs));
    }
    run.stage(Stage::Confirm, &affordable)?;
    Ok(run.measured)
}

impl Run<'_> {
    /// Brings each case to its number of pairs.
    fn stage(&mut self, stage: Stage, wanted: &[(&CaseName, usize)]) -> Result<(), Failure> {
        let rounds = wanted.iter().map(|(_, pairs)| *pairs).max().unwrap_or(0);
        let mut due: Vec<(u32, Vec<CaseName>)> = Vec::new();
        for round in 0..rounds as u32 {
            let is_due = |(case, pairs): &&(&CaseName, usize)| {
                (round as usize) < *pairs && !self.measured.pairs.has(stage, case, round)
            };
            let cases: Vec<CaseName> = wanted.iter().filter(is_due).map(|(case, _)| (*case).clone()).collect();
            if !cases.is_empty() {
                due.push((round, cases));
            }
        }
        // A round is linked while the one before is measured. Not kept off the measuring processor: where others are busy,
        // measuring would wait for links with its own processor idle.
        let &Contest { base, head, seed, new_layouts, .. } = self.contest;
        let control = self.measured.control.clone();
        let link = |round: u32, cases: &[CaseName]| {
            let controlled = stage == Stage::First && cases.contains(&control);
            let random = Seeded::new(seed ^ (u64::from(round) << 8) ^ ((stage as u64) << 40));
            Links::make([base, head], random, new_layouts, controlled)
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
                self.measured.linking += start.elapsed().as_secs_f64();
                next = due.get(index + 1).map(spawn);
                self.progress.at(&format!("round {} of {rounds}", round + 1));
                self.round(stage, *round, cases.clone(), links)?;
            }
            Ok(())
        })
    }

    /// One pair of each case.
    fn round(&mut self, stage: Stage, round: u32, mut due: Vec<CaseName>, links: Links) -> Result<(), Failure> {
        let Links { base, head, again, mut random } = links;
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
        base: &LinkedTime,
        head: &LinkedTime,
        swapped: bool,
    ) -> Result<Option<Pair>, Failure> {
        let start = Instant::now();
        let faults = self.contest.faults;
        let of_base = faults.and_then(|faults| faults.base.get(case));
        let of_head = match stage {
            Stage::Control => of_base,
            Stage::First | Stage::Confirm => faults.and_then(|faults| faults.head.get(case)),
        };
        let mut sides = [(base, of_base, None), (head, of_head, None)];
        if swapped {
            sides.reverse();
        }
        for (program, fault, time) in &mut sides {
            *time = Some(self.contest.time(program, case, fault.map(String::as_str))?);
        }
        if swapped {
            sides.reverse();
        }
        let [base, head] = sides.map(|(_, _, time)| time.unwrap_or_else(|| Err("was not run".into())));
        if let (Stage::First, Err(_), Ok(head)) = (stage, &base, &head) {
            self.measured.alone.insert(case.clone(), head.median);
        }
        let broken = match (base, head) {
            (Ok(base), Ok(head)) => {
                let took = start.elapsed();
                self.progress.step(took.as_millis() as u64);
                let took = (took.as_secs_f64() * 1e4).round() / 10.0;
                return Ok(Some(Pair { stage, round, case: case.clone(), base, head, took }));
            }
            (_, Err(reason)) if stage != Stage::Control => Broken::Head(reason),
            (_, Err(reason)) | (Err(reason), _) => Broken::Base(reason),
        };
        self.measured.broken.insert(case.clone(), broken);
        Ok(None)
    }

    /// The first pairs of a case, by the figure by which it would be judged now.
    fn judged(&self, case: &CaseName) -> FirstPairs {
        (self.contest.rule_of)(case).first_pairs(&self.measured.pairs.differences(Stage::First, case))
    }

    /// What the pairs of a case that there are tell about how many it needs.
    fn pilot(&self, case: &CaseName) -> Pilot {
        let pairs: Vec<&Pair> = self.measured.pairs.of(Stage::First, case).take(self.contest.effort.pilot).collect();
        let differences: Vec<Difference> = pairs.iter().map(|pair| pair.difference()).collect();
        let took: f64 = pairs.iter().map(|pair| pair.took).sum();
        Pilot { scatter: plan::scatter(&differences), seconds: took / 1e3 / pairs.len().max(1) as f64 }
    }
}

/// The programs of a round.
struct Links {
    base: LinkedTime,
    head: LinkedTime,
    /// The base once more, where the control is measured.
    again: Option<LinkedTime>,
    /// Chooses the rest of what is random in the round.
    random: Seeded,
}

impl Links {
    fn make(
        [base, head]: [&Side; 2],
        mut random: Seeded,
        new_layouts: bool,
        controlled: bool,
    ) -> Result<Self, Failure> {
        let mut layout = || if new_layouts { 1 + random.below(1 << 30) as u32 } else { 1 };
        let seeds = [layout(), layout(), layout()];
        let again = if controlled { Some(base.time(seeds[2])?) } else { None };
        Ok(Self { base: base.time(seeds[0])?, head: head.time(seeds[1])?, again, random })
    }
}

/// Nanoseconds of the change, as if it had been timed alone.
pub fn times(measured: &Measured, cases: &[CaseName]) -> WallRun {
    let time = |case: &CaseName| {
        if let Some(ns) = measured.alone.get(case) {
            return (case.clone(), wall::summarise(vec![*ns]));
        }
        let reason = match measured.broken.get(case) {
            Some(Broken::Head(reason) | Broken::Base(reason)) => Some(format!("`time` {reason}")),
            None => None,
        };
        let times = measured.pairs.of(Stage::First, case).map(|pair| pair.head.median).collect();
        (case.clone(), reason.map_or_else(|| wall::summarise(times), Err))
    };
    cases.iter().map(time).collect()
}

impl Contest<'_> {
    /// Where its pairs are kept: another place for whatever makes them mean something else.
    pub fn file(&self, workspace: &Workspace) -> PathBuf {
        let Effort { process_ms, pilot, least, most, standard_error, budget: _ } = self.effort;
        let settings = format!(
            "{process_ms} {SAMPLES} {pilot} {least} {most} {standard_error} {} {}",
            self.seed, self.new_layouts
        );
        let cases = self.cases.iter().map(CaseName::as_str);
        let faults = self.faults.iter().flat_map(|faults| faults.head.iter());
        let cases = cases.chain(faults.flat_map(|(case, fault)| [case.as_str(), fault]));
        let parts = [self.base.digest.as_str(), &self.head.digest, &settings].into_iter().chain(cases);
        super::dir(workspace).join("pairs").join(format!("{}.jsonl", digest::of(parts)))
    }

    /// What one process says of an operation.
    fn time(
        &self,
        program: &LinkedTime,
        case: &CaseName,
        fault: Option<&str>,
    ) -> Result<Result<Times, String>, Failure> {
        let mut command = child::measuring(program.path(), &self.base.executables.dir);
        // Both sides have an environment of the same length, which lies on their stack.
        command.env(FAULT, fault.unwrap_or_default());
        let seconds = |ms: f64| (ms / 1e3).to_string();
        command.args(["--bench", "--color", "never", "--min-time", &seconds(self.effort.process_ms)]);
        command.args(["--sample-count", &SAMPLES.to_string(), "--max-time", &seconds(PROCESS_MS_AT_MOST)]);
        command.arg(format!("{case}$"));
        let limits = Limits {
            time: self.limits.time + Duration::from_secs(1),
            own: Some(ProcessLimits::TIMED),
            processor: self.processor,
            ..self.limits
        };
        let text = match child::run(&mut command, limits, Messages::Kept) {
            Ok(text) => text,
            Err(error) => return Ok(Err(error.reason()?)),
        };
        let rows = match divan_table::read(&text) {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(format!("printed a table that cannot be read: {error}"))),
        };
        let mut found = rows.iter().filter(|row| row.path.last().is_some_and(|leaf| leaf == case.as_str()));
        Ok(match (found.next(), found.next()) {
            (Some(row), None) => match [row.median_ns, row.fastest_ns].into_iter().find(|ns| !is_duration(*ns)) {
                None => Ok(Times { median: row.median_ns, fastest: row.fastest_ns }),
                Some(ns) => Err(format!("took {ns} ns, which is no duration")),
            },
            (None, _) => Err("has no row for it".into()),
            (Some(_), Some(_)) => Err("has two rows for it".into()),
        })
    }
}
