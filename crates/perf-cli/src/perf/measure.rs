//! A run of `perf`: measures the selected cases, and judges them against the baseline and the base.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_gate::{Baseline, CaseName, Key};
use perf_judge::budget::Budget;
use perf_judge::comparability::{key_difference, tools_difference};
use perf_judge::judge::anchor::{self, AnchorState};
use perf_judge::judge::first_sample::{self, DecisionRule};
use perf_judge::judge::{self, BaselineState, mean, paired, together};
use perf_judge::pairs::plan::SamplingPlan;
use perf_judge::report::HarnessRun;
use perf_judge::report::comparison::{Comparison, Pairing};
use perf_judge::row::Row;
use perf_judge::run::{CaseList, ExactRun, Instructions, WallRun};
use perf_judge::selection::Selection;
use perf_judge::text;
use perf_judge::verdict::Verdict;
use perf_runner::attribution;
use perf_runner::clock::today;
use perf_runner::compare::anchor::{AnchorRequest, AnchorValues};
use perf_runner::compare::pairs::{self, PairedRun, Setup};
use perf_runner::compare::store::{self, Store};
use perf_runner::compare::{self, BaseRelation, BaseSearch, BuiltBase, BuiltChange, Sides, measured_base};
use perf_runner::error::Error;
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::callgrind::InstructionCounter;
use perf_runner::measure::instructions::Countable;
use perf_runner::measure::programs::BenchPrograms;
use perf_runner::measure::{exact, instructions, wall};
use perf_runner::process::affinity;
use perf_runner::progress::Progress;
use perf_runner::workspace::{Harness, Workspace};

use super::options::Options;
use super::record::AnchorPairs;

/// The inputs of a run that all harnesses have in common.
pub struct Measurement<'a> {
    /// Options of the command line.
    pub options: &'a Options,
    /// The workspace under test.
    pub workspace: &'a Workspace,
    /// The cases that `--only` selects.
    pub selection: &'a Selection,
    /// The content of the data folder.
    pub data: &'a BenchData,
    /// Arguments of cargo that select features.
    pub features: &'a [String],
    /// Baselines of harnesses that are not measured, because their inputs equal those of the base.
    pub identical: &'a [&'a Baseline],
}

/// The results of a run.
pub struct RunResult {
    /// All rows.
    pub rows: Vec<Row>,
    /// The key and the comparison of each harness.
    pub harnesses: Vec<HarnessRun>,
    /// Wall time in pairs with the anchor, if the run is recorded.
    pub anchor_pairs: AnchorPairs,
}

/// A harness whose measuring programs are built.
struct BuiltHarness<'a> {
    harness: &'a Harness,
    key: Key,
    stored: Option<Cow<'a, Baseline>>,
    programs: BenchPrograms,
    against: BuiltBase,
    building: Duration,
    list: CaseList,
    cases: Vec<CaseName>,
    counter: InstructionCounter,
}

/// Results of the classes that repeat: the exact classes and instructions.
struct RepeatingResult {
    exact: ExactRun,
    instructions: Instructions,
    rows: Vec<Row>,
    anchor: AnchorState,
    /// Why the values are compared with the base measured here instead of with the baseline.
    against_base: Option<String>,
}

impl<'a> Measurement<'a> {
    /// Measures harnesses and judges them: the classes that repeat first, on all processors, then wall time.
    pub fn measure(&self, harnesses: Vec<(&'a Harness, Key, BaseRelation<'_>)>) -> Result<RunResult, Error> {
        let mut built = self.build(harnesses)?;
        let all: Vec<CaseName> = built.iter().flat_map(|built| built.list.all.iter().cloned()).collect();
        let baselines = self.data.baselines().map(|(_, baseline)| baseline);
        self.selection.check(&all, baselines)?;
        check_unique_names(&built)?;
        // Harnesses without a selected case are left out.
        let is_stored = |built: &BuiltHarness<'_>| {
            built
                .stored
                .as_ref()
                .is_some_and(|stored| stored.records().any(|record| self.selection.contains(record.case())))
        };
        built.retain(|built| !built.cases.is_empty() || is_stored(built));

        let process =
            |built: &BuiltHarness<'_>| 25 * Progress::timing_process_ms(built.cases.len(), Duration::from_millis(30));
        let repeating =
            |built: &BuiltHarness<'_>| Progress::exact_ms(built.cases.len(), built.counter.callgrind().is_some());
        let progress = Progress::new(built.iter().map(|built| process(built) + repeating(built)).sum());
        let repeating = self.measure_repeating(&built, &progress)?;

        let intact: Vec<Vec<CaseName>> = built
            .iter()
            .zip(&repeating)
            .map(|(built, repeating)| intact_cases(&built.cases, &repeating.exact))
            .collect();
        let timed = |built: &BuiltHarness<'_>, intact: &[CaseName]| {
            intact.iter().filter(|case| built.list.is_timed(case)).count()
        };
        let in_pairs = |built: &BuiltHarness<'_>| matches!(built.against, BuiltBase::Built(_));
        let timed_in_pairs: usize =
            built.iter().zip(&intact).filter(|(b, _)| in_pairs(b)).map(|(built, intact)| timed(built, intact)).sum();
        let all_timed: usize = built.iter().zip(&intact).map(|(built, intact)| timed(built, intact)).sum();
        let mut anchor_pairs = AnchorPairs::default();
        let (mut rows, mut runs) = (Vec::new(), Vec::new());
        let (mut exact, mut counted, mut wall) = (ExactRun::new(), Vec::new(), WallRun::new());
        for ((built, repeating), intact) in built.into_iter().zip(repeating).zip(intact) {
            let share = timed(&built, &intact) as f64 / timed_in_pairs.max(1) as f64;
            let share_of_all = timed(&built, &intact) as f64 / all_timed.max(1) as f64;
            let package = built.harness.package.clone();
            let key = built.key.clone();
            if self.options.record {
                let pairs = self.measure_anchor_pairs(&built, &repeating, &intact, share_of_all, &progress)?;
                anchor_pairs.commit = anchor_pairs.commit.or(pairs.commit);
                let its_rows = pairs.rows.into_iter();
                anchor_pairs.rows.extend(its_rows.map(|row| Row { harness: Some(package.clone()), ..row }));
            }
            let (of_wall, its_wall, comparison) = self.measure_wall(built, &repeating, &intact, share, &progress)?;
            let its_rows = repeating.rows.into_iter().chain(of_wall);
            rows.extend(its_rows.map(|row| Row { harness: Some(package.clone()), ..row }));
            let tools = match &repeating.instructions {
                Instructions::Measured { tools, .. } => Ok(tools.clone()),
                Instructions::NotMeasured(reason) => Err(reason.clone()),
            };
            runs.push(HarnessRun { package, key, tools, comparison, anchor: repeating.anchor });
            exact.extend(repeating.exact);
            counted.push(repeating.instructions);
            wall.extend(its_wall);
        }
        drop(progress);
        let budgets: Vec<Budget> =
            self.data.budgets.iter().filter(|budget| !self.is_identical(&budget.case)).cloned().collect();
        let of_budgets = judge::budget_rows(&budgets, self.selection, &exact, &counted, &wall);
        let harness_of: BTreeMap<CaseName, Option<String>> =
            rows.iter().map(|row: &Row| (row.case.clone(), row.harness.clone())).collect();
        let with_harness = |row: Row| Row { harness: harness_of.get(&row.case).cloned().flatten(), ..row };
        rows.extend(of_budgets.into_iter().map(with_harness));
        Ok(RunResult { rows, harnesses: runs, anchor_pairs })
    }

    /// Whether a case belongs to a harness that is not measured.
    fn is_identical(&self, case: &CaseName) -> bool {
        self.identical.iter().any(|baseline| baseline.records().any(|record| record.case() == case))
    }

    /// Builds the change for all harnesses, and then the bases that differ.
    fn build(&self, harnesses: Vec<(&'a Harness, Key, BaseRelation<'_>)>) -> Result<Vec<BuiltHarness<'a>>, Error> {
        let changes = harnesses.into_iter().map(|(harness, key, relation)| {
            let began = Instant::now();
            let change = relation.build_change(self.workspace, harness, self.features)?;
            Ok((harness, key, change, began.elapsed()))
        });
        let changes = changes.collect::<Result<Vec<_>, Error>>()?;
        changes.into_iter().map(|(harness, key, change, building)| self.built(harness, key, change, building)).collect()
    }

    /// Builds the base of a harness; `building` is how long its change took.
    fn built(
        &self,
        harness: &'a Harness,
        key: Key,
        change: BuiltChange<'_>,
        building: Duration,
    ) -> Result<BuiltHarness<'a>, Error> {
        let began = Instant::now();
        let (programs, against) = change.build_base(self.workspace, harness, self.features)?;
        let building = building + began.elapsed();
        let list = exact::list_cases(&programs)?;
        let cases = self.selection.select(&list.all);
        let counter = InstructionCounter::find(&programs)?;
        let tools = counter.callgrind().map(|callgrind| &callgrind.tools);
        let stored = self.data.baseline_under(harness, &key.target, tools);
        Ok(BuiltHarness { harness, key, stored, programs, against, building, list, cases, counter })
    }

    /// Measures what repeats, of all harnesses on all processors, and judges it.
    fn measure_repeating(&self, all: &[BuiltHarness<'_>], progress: &Progress) -> Result<Vec<RepeatingResult>, Error> {
        let exact = all.iter().map(|built| exact::measure(&built.programs, &built.list, &built.cases, progress));
        let exact = exact.collect::<Result<Vec<_>, _>>()?;
        let countable = |(built, exact)| {
            let BuiltHarness { counter, programs, list, .. }: &BuiltHarness<'_> = built;
            Countable { counter, programs, list, exact }
        };
        let countable: Vec<_> = all.iter().zip(&exact).map(countable).collect();
        let instructions = instructions::measure_all(&countable, progress)?;
        let results = all.iter().zip(exact.into_iter().zip(instructions));
        results
            .map(|(built, (exact, instructions))| self.judge_repeating(built, exact, instructions, progress))
            .collect()
    }

    /// Judges what repeats; measures the base if the stored values are not comparable.
    fn judge_repeating(
        &self,
        built: &BuiltHarness<'_>,
        exact: ExactRun,
        instructions: Instructions,
        progress: &Progress,
    ) -> Result<RepeatingResult, Error> {
        let BuiltHarness { harness, key, stored, against, list, cases, counter, .. } = built;
        let stored = stored.as_deref();

        let other_key = stored.filter(|stored| stored.key != *key).map(|stored| key_difference(key, &stored.key));
        let other_tools = tools_difference(&instructions, stored);
        // If the stored values are not comparable, the base is measured, too.
        let here = match against {
            BuiltBase::Built(sides) if other_key.is_some() || other_tools.is_some() => {
                let declared = measured_base::stored_baseline(&sides.base_workspace, harness, key);
                let base = measured_base::measure(&sides.base, counter, key, cases, progress)?;
                base.map(|base| measured_base::adjust_for_baseline_change(&base, stored, declared.as_ref()))
            }
            _ => None,
        };
        let of_stored = BaselineState::new(stored, other_key.as_deref());
        let (exact_base, counted_base) = match &here {
            Some(here) if other_key.is_some() => (BaselineState::Comparable(here), BaselineState::Comparable(here)),
            Some(here) => (of_stored, BaselineState::Comparable(here)),
            None => (of_stored, of_stored.with_tools_difference(other_tools.as_deref())),
        };
        let mut rows = judge::exact_rows(&exact, exact_base, self.selection, today());
        rows.extend(judge::instruction_rows(&instructions, &exact, counted_base, self.selection, today()));
        if here.is_some() && other_key.is_none() {
            judge::mark_stored_for_other_tools(&mut rows, stored);
        }
        if let BuiltBase::Built(sides) = against {
            attribution::annotate_rows(&mut rows, self.workspace, counter, list, sides)?;
        }
        if let BuiltBase::Identical(revision) = against {
            judge::mark_incomparable_identical(&mut rows, revision.short());
        }
        let against_base = here.and(other_key.or(other_tools));
        let (of_anchor, anchor) = self.compare_with_anchor(built, &exact, &instructions, progress)?;
        rows.extend(of_anchor);
        Ok(RepeatingResult { exact, instructions, rows, anchor, against_base })
    }

    fn compare_with_anchor(
        &self,
        built: &BuiltHarness<'_>,
        exact: &ExactRun,
        instructions: &Instructions,
        progress: &Progress,
    ) -> Result<(Vec<Row>, AnchorState), Error> {
        let BuiltHarness { harness, key, list, cases, counter, .. } = built;
        let Self { options, workspace, data, features, .. } = self;
        if options.shared.is_for_tests() {
            return Ok((Vec::new(), AnchorState::None));
        }
        let all_cases = cases.len() == list.all.len();
        let request = AnchorRequest { workspace, data, features, harness, key, counter, cases, all_cases };
        Ok(match request.find(options.required().anchor.then_some(progress))? {
            AnchorValues::None => (Vec::new(), AnchorState::None),
            AnchorValues::Unchanged(commit) => (Vec::new(), AnchorState::Unchanged(commit)),
            AnchorValues::NotAvailable(why) => (Vec::new(), AnchorState::NotCompared(why)),
            AnchorValues::Found { values, origin } => {
                let (rows, found) = anchor::compare(exact, instructions, &values, &data.anchor, origin);
                (rows, AnchorState::Compared(Box::new(found)))
            }
        })
    }

    /// Measures wall time in pairs with the pinned anchor. Its rows are recorded, and not judged.
    fn measure_anchor_pairs(
        &self,
        built: &BuiltHarness<'_>,
        repeating: &RepeatingResult,
        intact: &[CaseName],
        share: f64,
        progress: &Progress,
    ) -> Result<AnchorPairs, Error> {
        let Some(Ok(commit)) = perf_runner::compare::anchor::pinned_commit(self.workspace, self.data)? else {
            return Ok(AnchorPairs::default());
        };
        let began = Instant::now();
        let found = compare::find_anchor(self.workspace, &commit, self.features)?;
        let BaseSearch::Found(found) = found else { return Ok(AnchorPairs::default()) };
        let relation = found.relate(self.workspace, built.harness, self.features, &built.key, self.data)?;
        let (_, BuiltBase::Built(sides)) = relation.build(self.workspace, built.harness, self.features)? else {
            return Ok(AnchorPairs::default());
        };
        let timed: Vec<_> = intact.iter().filter(|case| built.list.is_timed(case)).cloned().collect();
        if timed.is_empty() {
            return Ok(AnchorPairs::default());
        }
        let plan = self.options.sampling_plan();
        let plan = SamplingPlan { budget: plan.budget * share, ..plan };
        let (rows, ..) = self.measure_pairs(*sides, &timed, plan, repeating, began.elapsed(), progress)?;
        Ok(AnchorPairs { commit: Some(commit), rows })
    }

    /// Measures wall time of the cases `intact`, which are not broken; `share` is this harness' share of the time for pairs, from
    /// 0 to 1.
    fn measure_wall(
        &self,
        built: BuiltHarness<'_>,
        repeating: &RepeatingResult,
        intact: &[CaseName],
        share: f64,
        progress: &Progress,
    ) -> Result<(Vec<Row>, WallRun, Comparison), Error> {
        let BuiltHarness { programs, list, against, building, .. } = built;
        let alone = |verdict, why: Option<&str>| -> Result<_, Error> {
            let wall = wall::measure(&programs, &list, intact, self.options.wall_effort(), progress)?;
            Ok((judge::wall_rows(&wall, verdict, why), wall))
        };
        match against {
            BuiltBase::NoBase(why) => {
                // With --against the rows say that the comparison is missing.
                let asked = self.options.against.is_some();
                let (rows, wall) = alone(if asked { Verdict::Inconclusive } else { Verdict::Info }, Some(&why))?;
                Ok((rows, wall, Comparison::None(why)))
            }
            BuiltBase::Identical(revision) => {
                let (rows, wall) = alone(Verdict::Identical, None)?;
                Ok((rows, wall, Comparison::Unchanged(revision)))
            }
            BuiltBase::Built(sides) => {
                let timed: Vec<_> = intact.iter().filter(|case| list.is_timed(case)).cloned().collect();
                if timed.is_empty() {
                    let why = "no case that is selected is timed";
                    return Ok((Vec::new(), WallRun::new(), Comparison::None(why.into())));
                }
                let plan = self.options.sampling_plan();
                let plan = SamplingPlan { budget: plan.budget * share, ..plan };
                self.measure_pairs(*sides, &timed, plan, repeating, building, progress)
            }
        }
    }

    fn measure_pairs(
        &self,
        sides: Sides,
        timed: &[CaseName],
        plan: SamplingPlan,
        repeating: &RepeatingResult,
        building: Duration,
        progress: &Progress,
    ) -> Result<(Vec<Row>, WallRun, Comparison), Error> {
        let revision = sides.revision.clone();
        let mut controls = timed.to_vec();
        if sides.own_cases.is_some() {
            let of_base = exact::list_cases(&sides.base.programs)?;
            controls.retain(|case| of_base.all.contains(case));
        }
        let setup = Setup {
            base: &sides.base,
            head: &sides.head,
            cases: timed,
            seed: self.options.seed,
            plan,
            new_layouts: true,
            faults: None,
        };
        progress.start_phase("pairs", &format!("{}, both sides in turns", text::pluralize(timed.len(), "case")));
        let file = setup.file(self.workspace);
        let (store, earlier) = Store::open(&file)?;
        let known = earlier.all().count();
        let mut looks = store::read_looks(&file)?;
        if self.options.more_pairs && known > 0 {
            looks = looks.next_look(&earlier);
            store::write_looks(&file, &looks)?;
        }
        let margin_of = |case: &CaseName| self.data.thresholds.wall(case, today()).unwrap_or(first_sample::MARGIN);
        let rule_of = |case: &CaseName| DecisionRule::after_looks(looks.looks, margin_of(case));
        let processor = affinity::available_processors().last().copied();
        let paired = PairedRun { setup, controls: &controls, processor, rule_of: &rule_of, looks: &looks };
        let began = Instant::now();
        let measured = pairs::measure(&paired, store, earlier, progress)?;
        let measuring = began.elapsed();
        let corroboration = |case: &CaseName| judge::corroboration(&repeating.rows, case);
        let mut rows = paired::rows(&measured, timed, rule_of, corroboration, revision.short());
        rows.extend(mean::rows(&measured, timed, looks.looks, revision.short()));
        let mut same = timed.to_vec();
        if sides.own_cases.is_some() {
            let changed = measured_base::changed_cases(&sides.base, &repeating.exact, timed, progress)?;
            paired::mark_changed_cases_new(&mut rows, &changed);
            same.retain(|case| !changed.contains(case));
        }
        rows.extend(together::row(&measured, &same, rule_of, looks.looks, revision.short()));
        let pairing = Pairing {
            revision,
            seed: self.options.seed,
            measured: measured.pairs.clone(),
            pairs: measured.pairs.all().count(),
            earlier_pairs: known,
            looks: looks.looks,
            budget_seconds: plan.budget,
            building_seconds: building.as_secs_f64(),
            linking_seconds: measured.linking_seconds,
            measuring_seconds: measuring.as_secs_f64() - measured.linking_seconds,
            control: measured.control.clone(),
            layouts: sides.head.layouts,
            own_cases: sides.own_cases.clone(),
            baseline_not_comparable: repeating.against_base.clone(),
        };
        Ok((rows, measured.head_times(timed), Comparison::Pairs(Box::new(pairing))))
    }
}

/// The cases that are not broken. A broken case has a failing row already, and is not timed.
fn intact_cases(cases: &[CaseName], exact: &ExactRun) -> Vec<CaseName> {
    cases.iter().filter(|case| matches!(exact.get(case), Some(Ok(_)))).cloned().collect()
}

/// Case names are unique among all harnesses, because budgets and thresholds name a case without its harness.
fn check_unique_names(built: &[BuiltHarness<'_>]) -> Result<(), Error> {
    let mut seen: BTreeMap<&CaseName, &str> = BTreeMap::new();
    for built in built {
        for case in &built.list.all {
            if let Some(other) = seen.insert(case, &built.harness.package) {
                return Err(Error::environment(
                    format!("`{case}` is a case of {other} and of {}", built.harness.package),
                    "give one of them another name: it is the key of budgets, thresholds and reports",
                ));
            }
        }
    }
    Ok(())
}
