//! Measures suites: runs of the gate over all cases, with known correct results.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use perf_gate::{CaseName, Key};
use perf_judge::judge::{self, BaselineState};
use perf_judge::pairs::InterimLooks;
use perf_judge::pairs::plan::SamplingPlan;
use perf_judge::selection::Selection;
use perf_judge::verdict::Verdict;
use perf_runner::clock::today;
use perf_runner::compare::pairs::{self, Faults, PairedRun, Setup};
use perf_runner::compare::side::{BuildError, BuildSpec, BuiltSide};
use perf_runner::compare::store::Store;
use perf_runner::compare::tree::Tree;
use perf_runner::compare::{build_environment, measured_base};
use perf_runner::error::Error;
use perf_runner::measure::callgrind::InstructionCounter;
use perf_runner::measure::exact;
use perf_runner::measure::key;
use perf_runner::measure::programs::BenchPrograms;
use perf_runner::measure::provenance;
use perf_runner::process::affinity::{self, Processor};
use perf_runner::process::child::StderrMode;
use perf_runner::process::parallel;
use perf_runner::progress::Progress;
use perf_runner::workspace::{Harness, Workspace};

use crate::arms::Arm;
use crate::neutral;
use crate::options::Options;
use crate::record::{self, CaseRecord, Suite};
use crate::slowdown::{self, Costs};

/// The harness whose cases are measured: the first of the workspace.
pub fn harness(workspace: &Workspace) -> Result<&Harness, Error> {
    let none = || Error::environment("there is no harness", "name one in [workspace.metadata.perf]");
    workspace.harnesses.first().ok_or_else(none)
}

/// What all suites have in common: builds, cases and provenance.
pub struct SelfTest<'a> {
    workspace: &'a Workspace,
    harness: &'a Harness,
    options: &'a Options,
    key: &'a Key,
    head: Tree,
    packages: Vec<String>,
    ordinary: BuiltSide,
    cases: Vec<CaseName>,
    commit: String,
    machine: String,
}

/// A suite to be measured in pairs.
struct SuiteSpec<'s> {
    arm: Arm,
    number: u64,
    change: String,
    base: &'s BuiltSide,
    head: &'s BuiltSide,
    faults: Option<Faults>,
}

impl<'a> SelfTest<'a> {
    /// Builds the work tree and lists its cases.
    pub fn new(
        workspace: &'a Workspace,
        harness: &'a Harness,
        key: &'a Key,
        options: &'a Options,
    ) -> Result<Self, Error> {
        let head = Tree::from_work_tree(workspace)?;
        let packages = key::local_packages(workspace, harness, &[])?;
        let ordinary = build(workspace, harness, "both sides", &head, &packages, &[], key)?;
        let list = exact::list_cases(&ordinary.programs)?;
        let cases = list.all.iter().filter(|case| list.is_timed(case)).cloned().collect();
        // The files that this program writes are not measured.
        let written = format!("{}/selftest*", workspace.config.data);
        let provenance = provenance::collect(workspace, &[&written])?;
        let (commit, machine) = (provenance.commit, provenance.machine);
        Ok(Self { workspace, harness, options, key, head, packages, ordinary, cases, commit, machine })
    }

    /// Measures the suites of some arms.
    pub fn run(&self, arms: &[Arm]) -> Result<(), Error> {
        let mut numbers = BTreeMap::new();
        for &arm in arms {
            let file = arm.file(&self.dir());
            if !self.options.append && file.exists() {
                std::fs::remove_file(&file).map_err(|error| Error::path("replace", &file, &error))?;
            }
            numbers.insert(arm, record::read(&file)?.len() as u64);
        }
        let slowed = match arms.iter().any(|arm| matches!(arm, Arm::Instructions(_) | Arm::Wall(_) | Arm::ExactFault)) {
            true => Some(self.build("a side with planted faults", &self.head, &self.faults_feature()?)?),
            false => None,
        };
        let costs = match (&slowed, arms.iter().any(|arm| matches!(arm, Arm::Wall(_)))) {
            (Some(side), true) => Some(self.costs(side)?),
            _ => None,
        };
        let number = |arm: Arm, suite: u64| numbers.get(&arm).copied().unwrap_or(0) + suite;
        let suites: Vec<u64> = (0..self.options.suites).collect();
        // As many at a time as are measured in parallel, and at most two: more builds of changes are not kept.
        for suites in suites.chunks(usize::from(self.options.jobs).min(2)) {
            let neutral = suites.iter().map(|&suite| self.neutral(arms, |arm| number(arm, suite)));
            let neutral: Vec<Option<(String, BuiltSide)>> = neutral.collect::<Result<_, _>>()?;
            let mut specs = Vec::new();
            let mut busy_specs = Vec::new();
            for (&suite, neutral) in suites.iter().zip(&neutral) {
                for &arm in arms {
                    let number = number(arm, suite);
                    let spec = |change: &str, base, head, faults| SuiteSpec {
                        arm,
                        number,
                        change: change.to_owned(),
                        base,
                        head,
                        faults,
                    };
                    match (arm, neutral, &slowed) {
                        (Arm::Same, ..) => specs.push(spec("", &self.ordinary, &self.ordinary, None)),
                        (Arm::Busy, ..) => busy_specs.push(spec("", &self.ordinary, &self.ordinary, None)),
                        (Arm::Neutral | Arm::NeutralOneLayout, Some((change, side)), _) => {
                            specs.push(spec(change, &self.ordinary, side, None));
                        }
                        (Arm::Wall(percent), _, Some(side)) => {
                            let planted = |case: &CaseName| {
                                Some((case.clone(), costs.as_ref()?.fault_for(case, percent, number)?))
                            };
                            let head: BTreeMap<_, _> = self.cases.iter().filter_map(planted).collect();
                            let base = head.keys().map(|case| (case.clone(), slowdown::no_op_fault())).collect();
                            specs.push(spec("", side, side, Some(Faults { base, head })));
                        }
                        _ => {}
                    }
                }
            }
            self.measure(&specs)?;
            if !busy_specs.is_empty() {
                beside_busy_loops(|| self.measure(&busy_specs))?;
            }
            for (&suite, &arm) in suites.iter().flat_map(|suite| arms.iter().map(move |arm| (suite, arm))) {
                match (arm, &slowed) {
                    (Arm::Instructions(percent), Some(side)) => {
                        self.count_instructions(arm, percent, number(arm, suite), side)?;
                    }
                    (Arm::ExactFault, Some(side)) => self.plant_exact_faults(number(arm, suite), side)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Builds the neutral change of a suite, with its description; `None` if no arm needs it. Both arms share the build.
    fn neutral(&self, arms: &[Arm], number: impl Fn(Arm) -> u64) -> Result<Option<(String, BuiltSide)>, Error> {
        let of_arms = arms.iter().filter(|arm| matches!(arm, Arm::Neutral | Arm::NeutralOneLayout));
        let Some(number) = of_arms.map(|arm| number(*arm)).max() else { return Ok(None) };
        let place = self.workspace.perf_dir().join("neutral");
        let change = neutral::make_change(&self.head, number, &place)?;
        let side = self.build(&change.description, &change.tree, &change.features)?;
        Ok(Some((change.description, side)))
    }

    fn dir(&self) -> PathBuf {
        self.options.dir(self.workspace)
    }

    /// Arguments of cargo that select the feature with planted faults.
    fn faults_feature(&self) -> Result<Vec<String>, Error> {
        let none = || {
            Error::environment(
                "no feature plants faults in this workspace",
                "name one: `faults-feature` in [workspace.metadata.perf]",
            )
        };
        let feature = self.workspace.config.faults_feature.as_ref().ok_or_else(none)?;
        Ok(vec!["--features".into(), feature.clone()])
    }

    fn build(&self, name: &str, tree: &Tree, features: &[String]) -> Result<BuiltSide, Error> {
        build(self.workspace, self.harness, name, tree, &self.packages, features, self.key)
    }

    /// Measures suites in pairs, as many in parallel as `--jobs` says.
    fn measure(&self, specs: &[SuiteSpec<'_>]) -> Result<(), Error> {
        let mut processors = affinity::available_processors();
        processors.reverse();
        let jobs = usize::from(self.options.jobs).min(processors.len().max(1));
        let free = std::sync::Mutex::new(processors);
        parallel::map_on(jobs, specs, |spec| {
            let processor =
                free.lock().ok().and_then(|mut free| if free.is_empty() { None } else { Some(free.remove(0)) });
            let suite = self.measure_suite(spec, processor);
            if let (Ok(mut free), Some(processor)) = (free.lock(), processor) {
                free.insert(0, processor);
            }
            record::append(&spec.arm.file(&self.dir()), &suite?)
        })?;
        Ok(())
    }

    fn measure_suite(&self, spec: &SuiteSpec<'_>, processor: Option<Processor>) -> Result<Suite, Error> {
        let SuiteSpec { arm, number, change, base, head, faults } = spec;
        let cases: Vec<CaseName> = match faults {
            Some(faults) => faults.head.keys().cloned().collect(),
            None => self.cases.clone(),
        };
        // Different for each suite.
        let seed = 1_000_000 * (1 + Arm::ALL.iter().position(|other| other == arm).unwrap_or(0) as u64) + number;
        Progress::announce("suite", &format!("{arm} {number} {change}"));
        let new_layouts = *arm != Arm::NeutralOneLayout;
        let plan = SamplingPlan::FULL;
        let setup = Setup { base, head, cases: &cases, seed, plan, new_layouts, faults: faults.as_ref() };
        let looks = InterimLooks::default();
        let paired = PairedRun { processor, ..paired(setup, &looks) };
        let progress =
            Progress::new(Progress::timing_process_ms(cases.len(), std::time::Duration::from_millis(30)) * 25);
        let (store, earlier) = Store::open(&setup.file(self.workspace))?;
        let measured = pairs::measure(&paired, store, earlier, &progress)?;
        drop(progress);
        if let Some((case, broken)) = measured.broken.first_key_value() {
            let hint = "a side does not do its work; run `cargo xtask perf` first";
            return Err(Error::environment(format!("{case} could not be measured: {broken:?}"), hint));
        }
        let (control, mut records) = record::case_records(&measured, &cases);
        for (case, record) in &mut records {
            record.fault = faults.as_ref().and_then(|faults| faults.head.get(case)).cloned().unwrap_or_default();
        }
        Ok(Suite { control, seconds: measured.pairs.seconds().round(), ..self.empty_suite(seed, change, records) })
    }

    fn empty_suite(&self, seed: u64, change: &str, cases: BTreeMap<CaseName, CaseRecord>) -> Suite {
        Suite {
            seed,
            commit: self.commit.clone(),
            machine: self.machine.clone(),
            day: today().to_string(),
            seconds: 0.0,
            change: change.to_owned(),
            control: Vec::new(),
            failing_rows: None,
            cases,
        }
    }

    fn costs(&self, side: &BuiltSide) -> Result<Costs, Error> {
        Progress::announce("costs", "measures the duration of each mechanism in each case");
        let progress =
            Progress::new(Progress::timing_process_ms(self.cases.len(), std::time::Duration::from_millis(30)) * 50);
        let setup = Setup {
            base: side,
            head: side,
            cases: &self.cases,
            seed: 7,
            plan: SamplingPlan::FULL,
            new_layouts: true,
            faults: None,
        };
        Costs::measure(self.workspace, &paired(setup, &InterimLooks::default()), &progress)
    }

    /// Counts the instructions of every case without and with additional ones.
    fn count_instructions(&self, arm: Arm, percent: u8, number: u64, side: &BuiltSide) -> Result<(), Error> {
        let began = Instant::now();
        Progress::announce("suite", &format!("{arm} {number}"));
        let with_fault = |fault: String| BenchPrograms { fault: Some(fault), ..side.programs.clone() };
        let callgrind = match InstructionCounter::find(&side.programs)? {
            InstructionCounter::Callgrind(callgrind) => callgrind,
            InstructionCounter::Missing(reason) => {
                let what = format!("instructions cannot be counted: {reason}");
                return Err(Error::environment(what, "choose other arms with --arms"));
            }
        };
        let count = |programs: &BenchPrograms, case: &CaseName| -> Result<u64, Error> {
            match callgrind.instructions(programs, case) {
                Ok(instructions) => Ok(instructions),
                Err(error) => {
                    let what = format!("{case} under callgrind {}", error.no_value()?);
                    Err(Error::environment(what, "run `cargo xtask perf` first"))
                }
            }
        };
        let base = with_fault(slowdown::no_op_fault());
        let counted = parallel::map(&self.cases, |case| {
            let before = count(&base, case)?;
            let fault = slowdown::more_instructions(before, percent);
            let after = count(&with_fault(fault.clone()), case)?;
            Ok((case.clone(), CaseRecord { instructions: Some([before, after]), fault, ..CaseRecord::default() }))
        })?;
        let suite = self.empty_suite(number, "", counted.into_iter().collect());
        let suite = Suite { seconds: began.elapsed().as_secs_f64().round(), ..suite };
        record::append(&arm.file(&self.dir()), &suite)
    }

    /// Measures the exact classes with each planted fault that changes them, as one suite each.
    fn plant_exact_faults(&self, number: u64, side: &BuiltSide) -> Result<(), Error> {
        let with_fault = |fault: &str| BenchPrograms { fault: Some(fault.to_owned()), ..side.programs.clone() };
        let faults = exact::list_faults(&side.programs)?;
        let list = exact::list_cases(&side.programs)?;
        let progress = Progress::new(Progress::exact_ms(list.all.len(), false) * (1 + faults.len() as u64));
        let none = InstructionCounter::Missing("only exact classes are compared".to_owned());
        let base = measured_base::measure(side, &none, self.key, &list.all, &progress)?;
        let base =
            base.ok_or_else(|| Error::environment("nothing could be measured", "run `cargo xtask perf` first"))?;
        for fault in faults {
            Progress::announce("suite", &format!("exact {number} {fault}"));
            let began = Instant::now();
            let programs = with_fault(&fault);
            // A fault may remove a case.
            let list = exact::list_cases(&programs)?;
            let run = exact::measure(&programs, &list, &list.all, &progress)?;
            let rows = judge::exact_rows(&run, BaselineState::Comparable(&base), &Selection::new(None)?, today());
            let fails = |verdict| matches!(verdict, Verdict::Broken | Verdict::Regressed | Verdict::Missing);
            let failing_rows = Some(rows.iter().filter(|row| fails(row.verdict)).count());
            let suite = self.empty_suite(number, &fault, BTreeMap::new());
            let suite = Suite { failing_rows, seconds: began.elapsed().as_secs_f64().round(), ..suite };
            record::append(&Arm::ExactFault.file(&self.dir()), &suite)?;
        }
        Ok(())
    }
}

/// Runs `work` beside a busy loop on each processor.
fn beside_busy_loops<T>(work: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    let spin = || {
        let mut n = 0_u64;
        while !stop.load(Ordering::Relaxed) {
            n = std::hint::black_box(n.wrapping_mul(31).wrapping_add(7));
        }
    };
    thread::scope(|scope| {
        for _ in 0..parallel::workers() {
            scope.spawn(spin);
        }
        let done = work();
        stop.store(true, Ordering::Relaxed);
        done
    })
}

/// A paired run with the settings that all suites share.
fn paired<'s>(setup: Setup<'s>, looks: &'s InterimLooks) -> PairedRun<'s> {
    PairedRun {
        setup,
        controls: setup.cases,
        processor: affinity::available_processors().last().copied(),
        rule_of: &|_| judge::first_sample::DecisionRule::DEFAULT,
        looks,
    }
}

fn build(
    workspace: &Workspace,
    harness: &Harness,
    name: &str,
    tree: &Tree,
    packages: &[String],
    features: &[String],
    key: &Key,
) -> Result<BuiltSide, Error> {
    let build_environment = build_environment(key);
    let stderr = StderrMode::Inherit;
    let spec = BuildSpec { harness, tree, packages, features, build_environment, own_toolchain: false, stderr };
    BuiltSide::build(workspace, name, &spec).map_err(|error| match error {
        BuildError::Stopped(failure) => failure,
        BuildError::DoesNotBuild(reason) => {
            Error::environment(format!("{name} does not build: cargo {reason}"), "run `cargo xtask perf` first")
        }
    })
}
