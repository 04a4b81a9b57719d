//! `cargo xtask perf selftest`: how often the gate is wrong, measured with the gate.
//!
//! Suites in which nothing got worse show how often it is red for nothing; suites with a slow-down of a known size, what it
//! sees. They go through the code that judges every run, on pairs measured in the way of every run, and are kept raw, so
//! that a change of the judging code can be tried on all of them.
//!
//! - [`arms`]: what is done to one side. [`neutral`]: changes that cost nothing. [`slow`]: slow-downs of a chosen size.
//! - [`record`]: the raw pairs, kept. [`rates`]: what they say. [`published`]: that as a file, a table and a [`curve`].
//! - [`rules`]: what other tools would have said.

mod arms;
mod curve;
mod neutral;
mod published;
mod rates;
mod record;
mod rules;
mod slow;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use perf_gate::{CaseName, Key};

use crate::affinity::{self, Processor};
use crate::benches_data::{BenchesData, Places};
use crate::callgrind::Callgrind;
use crate::child::Limits;
use crate::compare::pairs::{self, Contest, Faults};
use crate::compare::plan::Effort;
use crate::compare::side::{Recipe, Side};
use crate::compare::store::{Asked, Store};
use crate::compare::tree::Tree;
use crate::compare::{self, circumstances, measured_base};
use crate::exact;
use crate::executables::Executables;
use crate::failure::Failure;
use crate::judge::{self, Base};
use crate::perf::today;
use crate::progress::Progress;
use crate::provenance;
use crate::selection::Selection;
use crate::verdict::Verdict;
use crate::whole_file::DirectoryLock;
use crate::workspace::Workspace;
use crate::{key, parallel};
use arms::Arm;
use record::{Cell, Suite};
use slow::Costs;

/// Measure how often this gate is wrong, and publish it: false alarms, and what it sees by size
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Suites of each arm
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    suites: u64,
    /// Only these arms, like 'same,wall-5' [default: all]
    #[arg(long, value_name = "ARMS", value_delimiter = ',')]
    arms: Vec<Arm>,
    /// Add to the recorded suites of these arms instead of replacing them; also goes on after an interruption
    #[arg(long)]
    append: bool,
    /// Suites at once, each on a processor of its own and each the other's noise
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Measure nothing: judge what is recorded, and write the results anew
    #[arg(long, conflicts_with_all = ["suites", "append", "jobs"])]
    judge_only: bool,
    /// Show what the rules of other tools would have said to the same pairs
    #[arg(long)]
    compare_rules: bool,
    /// Where suites and results are kept, for machines that are not published [default: benches-data, and the README]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let workspace = Workspace::find()?;
    let data = BenchesData::read(&workspace, &options.places)?;
    let chosen = |arm: &Arm| options.arms.is_empty() || options.arms.contains(arm);
    let arms: Vec<Arm> = Arm::ALL.into_iter().filter(chosen).collect();
    if !options.judge_only && !options.compare_rules {
        let key = key::of(&workspace, &[], &data.inputs)?;
        let _alone = DirectoryLock::wait(&compare::dir(&workspace), "`cargo xtask perf`")?;
        SelfTest::new(&workspace, &key, options)?.run(&arms)?;
    }
    let dir = dir(&workspace, options);
    if options.compare_rules {
        return rules::print(&dir);
    }
    published::write(&workspace, &dir)
}

fn dir(workspace: &Workspace, options: &Options) -> PathBuf {
    options.out.clone().unwrap_or_else(|| workspace.benches_data())
}

/// What all suites share.
struct SelfTest<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    key: &'a Key,
    head: Tree,
    packages: Vec<String>,
    ordinary: Side,
    cases: Vec<CaseName>,
    limits: Limits,
    commit: String,
    machine: String,
}

/// One suite to be measured in pairs.
struct Order<'s> {
    arm: Arm,
    number: u64,
    what: String,
    base: &'s Side,
    head: &'s Side,
    faults: Option<Faults>,
}

impl<'a> SelfTest<'a> {
    fn new(workspace: &'a Workspace, key: &'a Key, options: &'a Options) -> Result<Self, Failure> {
        let head = Tree::of_work_tree(workspace)?;
        let packages = key::local_packages(workspace, &[])?;
        let limits = Limits::default();
        let ordinary = build(workspace, "both sides", &head, &packages, &[], key)?;
        let list = exact::list(&ordinary.executables, limits)?;
        let cases = list.all.iter().filter(|case| !list.is_heavy(case)).cloned().collect();
        let provenance = provenance::of(workspace)?;
        let (commit, machine) = (provenance.commit, provenance.machine);
        Ok(Self { workspace, options, key, head, packages, ordinary, cases, limits, commit, machine })
    }

    fn run(&self, arms: &[Arm]) -> Result<(), Failure> {
        let mut numbers = BTreeMap::new();
        for &arm in arms {
            let file = arm.file(&self.dir());
            if !self.options.append && file.exists() {
                std::fs::remove_file(&file).map_err(|error| Failure::path("replace", &file, &error))?;
            }
            numbers.insert(arm, record::read(&file)?.len() as u64);
        }
        let slowed = match arms.iter().any(|arm| matches!(arm, Arm::Work(_) | Arm::Wall(_) | Arm::Exact)) {
            true => Some(self.build("a side that can be slowed down", &self.head, &["--features", "seeded-faults"])?),
            false => None,
        };
        let costs = match (&slowed, arms.iter().any(|arm| matches!(arm, Arm::Wall(_)))) {
            (Some(side), true) => Some(self.costs(side)?),
            _ => None,
        };
        let number = |arm: Arm, suite: u64| numbers.get(&arm).copied().unwrap_or(0) + suite;
        let suites: Vec<u64> = (0..self.options.suites).collect();
        // As many together as are measured at once; of more changes than two not all builds are kept.
        for suites in suites.chunks(usize::from(self.options.jobs).min(2)) {
            let neutral = suites.iter().map(|&suite| self.neutral(arms, |arm| number(arm, suite)));
            let neutral: Vec<Option<(String, Side)>> = neutral.collect::<Result<_, _>>()?;
            let mut orders = Vec::new();
            let mut beside_busy_loops = Vec::new();
            for (&suite, neutral) in suites.iter().zip(&neutral) {
                for &arm in arms {
                    let number = number(arm, suite);
                    let order = |what: &str, base, head, faults| Order {
                        arm,
                        number,
                        what: what.to_owned(),
                        base,
                        head,
                        faults,
                    };
                    match (arm, neutral, &slowed) {
                        (Arm::Same, ..) => orders.push(order("", &self.ordinary, &self.ordinary, None)),
                        (Arm::Busy, ..) => beside_busy_loops.push(order("", &self.ordinary, &self.ordinary, None)),
                        (Arm::Neutral | Arm::NeutralOneLayout, Some((what, side)), _) => {
                            orders.push(order(what, &self.ordinary, side, None));
                        }
                        (Arm::Wall(percent), _, Some(side)) => {
                            let planted =
                                |case: &CaseName| Some((case.clone(), costs.as_ref()?.plant(case, percent, number)?));
                            let head: BTreeMap<_, _> = self.cases.iter().filter_map(planted).collect();
                            let base = head.keys().map(|case| (case.clone(), slow::nothing())).collect();
                            orders.push(order("", side, side, Some(Faults { base, head })));
                        }
                        _ => {}
                    }
                }
            }
            self.measure(&orders)?;
            if !beside_busy_loops.is_empty() {
                busy(|| self.measure(&beside_busy_loops))?;
            }
            for (&suite, &arm) in suites.iter().flat_map(|suite| arms.iter().map(move |arm| (suite, arm))) {
                match (arm, &slowed) {
                    (Arm::Work(percent), Some(side)) => self.work(arm, percent, number(arm, suite), side)?,
                    (Arm::Exact, Some(side)) => self.exact(number(arm, suite), side)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// What the neutral change of a suite is, and the side with it, where there is an arm for it. Both arms share a build.
    fn neutral(&self, arms: &[Arm], number: impl Fn(Arm) -> u64) -> Result<Option<(String, Side)>, Failure> {
        let of_arms = arms.iter().filter(|arm| matches!(arm, Arm::Neutral | Arm::NeutralOneLayout));
        let Some(number) = of_arms.map(|arm| number(*arm)).max() else { return Ok(None) };
        let place = compare::dir(self.workspace).join("neutral");
        let change = neutral::change(&self.head, number, &place)?;
        let side = self.build(&change.what, &change.tree, &change.features)?;
        Ok(Some((change.what, side)))
    }

    fn dir(&self) -> PathBuf {
        dir(self.workspace, self.options)
    }

    fn build(&self, name: &str, tree: &Tree, features: &[&str]) -> Result<Side, Failure> {
        build(self.workspace, name, tree, &self.packages, features, self.key)
    }

    /// Suites that are measured in pairs, as many at once as was asked for.
    fn measure(&self, orders: &[Order<'_>]) -> Result<(), Failure> {
        let mut processors = affinity::processors();
        processors.reverse();
        let jobs = usize::from(self.options.jobs).min(processors.len().max(1));
        let free = std::sync::Mutex::new(processors);
        parallel::on(jobs, orders, |order| {
            let processor =
                free.lock().ok().and_then(|mut free| if free.is_empty() { None } else { Some(free.remove(0)) });
            let suite = self.suite(order, processor);
            if let (Ok(mut free), Some(processor)) = (free.lock(), processor) {
                free.insert(0, processor);
            }
            record::append(&order.arm.file(&self.dir()), &suite?)
        })?;
        Ok(())
    }

    fn contest<'s>(&self, base: &'s Side, head: &'s Side, cases: &'s [CaseName], seed: u64) -> Contest<'s> {
        Contest {
            base,
            head,
            cases,
            controls: cases,
            seed,
            effort: Effort::FULL,
            new_layouts: true,
            processor: affinity::processors().last().copied(),
            rule_of: &|_| judge::paired::Rule::ORDINARY,
            asked: Asked::default(),
            faults: None,
            limits: self.limits,
        }
    }

    fn suite(&self, order: &Order<'_>, processor: Option<Processor>) -> Result<Suite, Failure> {
        let Order { arm, number, what, base, head, faults } = order;
        let cases: Vec<CaseName> = match faults {
            Some(faults) => faults.head.keys().cloned().collect(),
            None => self.cases.clone(),
        };
        // Any numbers do that differ from suite to suite.
        let seed = 1_000_000 * (1 + Arm::ALL.iter().position(|other| other == arm).unwrap_or(0) as u64) + number;
        Progress::announce("suite", &format!("{arm} {number} {what}"));
        let contest = Contest {
            processor,
            faults: faults.as_ref(),
            new_layouts: *arm != Arm::NeutralOneLayout,
            ..self.contest(base, head, &cases, seed)
        };
        let progress = Progress::new(Progress::process(cases.len(), std::time::Duration::from_millis(30)) * 25);
        let (store, earlier) = Store::open(&contest.file(self.workspace))?;
        let measured = pairs::measure(&contest, store, earlier, &progress)?;
        drop(progress);
        if let Some((case, broken)) = measured.broken.first_key_value() {
            let hint = "a side does not do its work; run `cargo xtask perf` first";
            return Err(Failure::environment(format!("{case} could not be measured: {broken:?}"), hint));
        }
        let (control, mut cells) = record::cells(&measured, &cases);
        for (case, cell) in &mut cells {
            cell.fault = faults.as_ref().and_then(|faults| faults.head.get(case)).cloned().unwrap_or_default();
        }
        Ok(Suite { control, seconds: measured.pairs.seconds().round(), ..self.empty(seed, what, cells) })
    }

    fn empty(&self, seed: u64, what: &str, cases: BTreeMap<CaseName, Cell>) -> Suite {
        Suite {
            seed,
            commit: self.commit.clone(),
            machine: self.machine.clone(),
            day: today().to_string(),
            seconds: 0.0,
            what: what.to_owned(),
            control: Vec::new(),
            red_rows: None,
            cases,
        }
    }

    fn costs(&self, side: &Side) -> Result<Costs, Failure> {
        Progress::announce("costs", "what planted slow-downs cost in each case");
        let progress = Progress::new(Progress::process(self.cases.len(), std::time::Duration::from_millis(30)) * 50);
        Costs::measure(self.workspace, &self.contest(side, side, &self.cases, 7), &progress)
    }

    /// Instructions of every case without and with more work.
    fn work(&self, arm: Arm, percent: u8, number: u64, side: &Side) -> Result<(), Failure> {
        let began = Instant::now();
        Progress::announce("suite", &format!("{arm} {number}"));
        let told = |fault: String| Executables { fault: Some(fault), ..side.executables.clone() };
        let callgrind = Callgrind::find(std::path::Path::new("valgrind"), &side.executables, self.limits)?;
        let callgrind = callgrind.map_err(|reason| {
            Failure::environment(format!("instructions cannot be counted: {reason}"), "choose other arms with --arms")
        })?;
        let count = |executables: &Executables, case: &CaseName| -> Result<u64, Failure> {
            callgrind.instructions(executables, case, self.limits)?.map_err(|reason| {
                Failure::environment(format!("{case} under callgrind {reason}"), "run `cargo xtask perf` first")
            })
        };
        let base = told(slow::nothing());
        let counted = parallel::each(&self.cases, |case| {
            let before = count(&base, case)?;
            let fault = slow::work(before, percent);
            let after = count(&told(fault.clone()), case)?;
            Ok((case.clone(), Cell { instructions: Some([before, after]), fault, ..Cell::default() }))
        })?;
        let suite = self.empty(number, "", counted.into_iter().collect());
        let suite = Suite { seconds: began.elapsed().as_secs_f64().round(), ..suite };
        record::append(&arm.file(&self.dir()), &suite)
    }

    /// Every planted fault that changes what repeats exactly, as one suite each.
    fn exact(&self, number: u64, side: &Side) -> Result<(), Failure> {
        let told = |fault: &str| Executables { fault: Some(fault.to_owned()), ..side.executables.clone() };
        let faults = exact::faults(&side.executables, self.limits)?;
        let list = exact::list(&side.executables, self.limits)?;
        let progress = Progress::new(Progress::exact(list.all.len(), false) * (1 + faults.len() as u64));
        let none = Err("only what repeats exactly is compared".to_owned());
        let base = measured_base::measure(side, &none, self.key, &list.all, self.limits, &progress)?;
        let base =
            base.ok_or_else(|| Failure::environment("nothing could be measured", "run `cargo xtask perf` first"))?;
        for fault in faults {
            Progress::announce("suite", &format!("exact {number} {fault}"));
            let began = Instant::now();
            let executables = told(&fault);
            // A fault may be that a case is gone.
            let list = exact::list(&executables, self.limits)?;
            let run = exact::measure(&executables, &list, &list.all, self.limits, &progress)?;
            let rows = judge::exact_rows(&run, Base::Comparable(&base), &Selection::new(None)?, today());
            let red = |verdict| matches!(verdict, Verdict::Broken | Verdict::Regressed | Verdict::Missing);
            let red_rows = Some(rows.iter().filter(|row| red(row.verdict)).count());
            let suite = self.empty(number, &fault, BTreeMap::new());
            let suite = Suite { red_rows, seconds: began.elapsed().as_secs_f64().round(), ..suite };
            record::append(&Arm::Exact.file(&self.dir()), &suite)?;
        }
        Ok(())
    }
}

/// Does something beside a loop on each processor that never rests.
fn busy<T>(work: impl FnOnce() -> T) -> T {
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

fn build(
    workspace: &Workspace,
    name: &str,
    tree: &Tree,
    packages: &[String],
    features: &[&str],
    key: &Key,
) -> Result<Side, Failure> {
    let circumstances = circumstances(key);
    let recipe = Recipe { tree, packages, features, circumstances, own_toolchain: false };
    Side::build(workspace, name, &recipe)?.map_err(|reason| {
        Failure::environment(format!("{name} does not build: cargo {reason}"), "run `cargo xtask perf` first")
    })
}
