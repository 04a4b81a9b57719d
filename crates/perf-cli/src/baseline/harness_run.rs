//! Measures what a baseline stores, and compares it with the stored values.

use std::borrow::Cow;

use perf_gate::{Acceptance, Baseline, Key, Metric, Tools};
use perf_judge::baseline_update::with_instructions_of;
use perf_judge::judge::{self, BaselineState};
use perf_judge::row::{self, Row, Subject};
use perf_judge::run::{BaselineRun, CaseList};
use perf_judge::selection::Selection;
use perf_judge::verdict::Verdict;
use perf_runner::clock::today;
use perf_runner::error::Error;
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::callgrind::InstructionCounter;
use perf_runner::measure::instructions::Countable;
use perf_runner::measure::programs::{self, BenchPrograms};
use perf_runner::measure::{exact, instructions, key};
use perf_runner::progress::Progress;
use perf_runner::workspace::{Harness, Workspace};

use crate::shared_options::SharedOptions;

/// A built harness with its stored baseline.
pub struct BuiltHarness<'a> {
    /// The harness package that was measured.
    pub harness: &'a Harness,
    /// The key of this build: values are comparable if keys are equal.
    pub key: Key,
    /// The stored baseline of the harness, with the instructions of the tools here; `None` if it has none.
    pub old: Option<Cow<'a, Baseline>>,
    /// The tools here, if the baseline has instructions of others only.
    pub new_tools: Option<Tools>,
    programs: BenchPrograms,
    list: CaseList,
    counter: InstructionCounter,
}

/// Builds every harness with a selected case, or with a selected record in its baseline.
pub fn build<'a>(
    workspace: &'a Workspace,
    data: &'a BenchData,
    shared: &SharedOptions,
    selection: &Selection,
) -> Result<Vec<BuiltHarness<'a>>, Error> {
    let features = shared.features(workspace)?;
    let one = |harness: &'a Harness| -> Result<BuiltHarness<'a>, Error> {
        let key = key::detect(workspace, harness, &features, data.inputs(harness))?;
        let programs = programs::build(workspace, harness, &features)?;
        let list = exact::list_cases(&programs)?;
        let counter = InstructionCounter::find(&programs)?;
        let tools = counter.callgrind().map(|callgrind| &callgrind.tools);
        let stored = data.baseline_under(harness, &key.target, tools);
        let has_others = |old: &Cow<'_, Baseline>| old.tools.is_some() && old.tools.as_ref() != tools;
        let new_tools = tools.filter(|_| stored.as_ref().is_some_and(has_others)).cloned();
        let old = stored.map(|old| if new_tools.is_some() { without_instructions(old) } else { old });
        Ok(BuiltHarness { harness, key, old, new_tools, programs, list, counter })
    };
    let mut all = shared.harnesses(workspace).into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = all.iter().flat_map(|built| built.list.all.iter().cloned()).collect();
    selection.check(&names, all.iter().filter_map(|built| built.old.as_deref()))?;
    all.retain(|built| {
        let mut stored = built.old.as_deref().into_iter().flat_map(Baseline::records);
        !selection.select(&built.list.all).is_empty() || stored.any(|record| selection.contains(record.case()))
    });
    Ok(all)
}

/// Instructions of other tools are stored beside, and say nothing about those of the tools here.
fn without_instructions(old: Cow<'_, Baseline>) -> Cow<'_, Baseline> {
    match with_instructions_of(&old, None) {
        Some(without) => Cow::Owned(without),
        None => old,
    }
}

impl BuiltHarness<'_> {
    /// Measures the selected cases `times` times.
    pub fn measure(&self, selection: &Selection, times: usize) -> Result<Vec<BaselineRun>, Error> {
        let Self { programs, list, counter, .. } = self;
        let cases = selection.select(&list.all);
        let progress = Progress::new(times as u64 * Progress::exact_ms(cases.len(), counter.callgrind().is_some()));
        let once = |_| {
            let exact = exact::measure(programs, list, &cases, &progress)?;
            let instructions = instructions::measure(Countable { counter, programs, list, exact: &exact }, &progress)?;
            Ok(BaselineRun { exact, instructions })
        };
        (0..times).map(once).collect()
    }
}

/// The rows that an update would change. Values are compared even if the key differs, so that a new toolchain hides no
/// regression.
pub fn changes(harness: &Harness, run: &BaselineRun, old: Option<&Baseline>, selection: &Selection) -> Vec<Row> {
    let base = BaselineState::new(old, None);
    let mut rows = judge::exact_rows(&run.exact, base, selection, today());
    rows.extend(judge::instruction_rows(&run.instructions, &run.exact, base, selection, today()));
    rows.retain(|row| row.verdict != Verdict::Pass);
    rows.iter_mut().for_each(|row| row.harness = Some(harness.package.clone()));
    row::sort(&mut rows);
    rows
}

/// A line for each acceptance that its row no longer needs. An update removes these acceptances.
pub fn stale_acceptances(old: Option<&Baseline>, rows: &[Row], run: &BaselineRun, selection: &Selection) -> String {
    let needed = |entry: &Acceptance| {
        if entry.metric == Metric::INSTRUCTIONS.name() && run.instructions.tools().is_none() {
            return true;
        }
        rows.iter().any(|row| {
            let same =
                row.case == entry.case && matches!(row.subject, Subject::Metric { name, .. } if name == entry.metric);
            same && matches!(row.verdict, Verdict::Accepted | Verdict::Regressed)
        })
    };
    let entries = old.into_iter().flat_map(|old| &old.accepted);
    let stale = entries.filter(|entry| selection.contains(&entry.case) && !needed(entry));
    let line = |Acceptance { case, metric, expires, reason, .. }: &Acceptance| {
        format!("no longer needed: the acceptance of {case} {metric} until {expires} ({reason})\n")
    };
    stale.map(line).collect()
}
