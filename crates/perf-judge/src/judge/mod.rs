//! The rules: turn a run, a baseline and budgets into rows with verdicts.
//!
//! - `exact`: behaviour, quality, schedule and heap, compared with a baseline by equality; size and resident memory, with a margin.
//! - `instructions`: compared with a baseline, with a margin of 1 %.
//! - `acceptance`: regressions that are accepted up to a value until a date.
//! - [`anchor`]: limits over an early commit. `budget`: absolute limits.
//! - [`paired`]: wall time in pairs with the base; [`first_sample`]: what the pairs of a case show.
//! - [`mean`]: the means of the same pairs; [`together`]: all cases as one.
//! - `wall`: wall time without pairs.

mod acceptance;
pub mod anchor;
mod budget;
mod exact;
pub mod first_sample;
mod instructions;
pub mod mean;
pub mod paired;
pub mod together;
mod wall;

pub use budget::rows as budget_rows;
pub use exact::{exceeds_margin, rows as exact_rows};
pub use instructions::{exceeds_margin as exceeds_instruction_margin, rows as instruction_rows};
pub use paired::{Corroboration, Judgement};
pub use wall::rows as wall_rows;

use perf_gate::{Baseline, CaseName, Class, Record};

use crate::next_step::NextStep;
use crate::row::{self, Group, Row, Subject, Value};
use crate::selection::Selection;
use crate::verdict::Verdict;

/// The baseline of a run, and whether it is comparable.
#[derive(Debug, Clone, Copy)]
pub enum BaselineState<'a> {
    /// No baseline exists for this target.
    Absent,
    /// A baseline with the same key.
    Comparable(&'a Baseline),
    /// A baseline with another key, whose values are not comparable; with the reason.
    IncompatibleKey(&'a Baseline, &'a str),
    /// A baseline with the same key whose instructions were counted with other tools; with the reason.
    IncompatibleTools(&'a Baseline, &'a str),
}

impl<'a> BaselineState<'a> {
    /// The state of a stored baseline; `other_key` is the reason if its key differs.
    pub fn new(stored: Option<&'a Baseline>, other_key: Option<&'a str>) -> Self {
        match (stored, other_key) {
            (None, _) => Self::Absent,
            (Some(baseline), None) => Self::Comparable(baseline),
            (Some(baseline), Some(why)) => Self::IncompatibleKey(baseline, why),
        }
    }

    /// The state for instructions, which are also not comparable if the tools differ; `other_tools` is the reason.
    pub fn with_tools_difference(self, other_tools: Option<&'a str>) -> Self {
        match (self, other_tools) {
            (Self::Comparable(baseline), Some(why)) => Self::IncompatibleTools(baseline, why),
            (same, _) => same,
        }
    }

    fn baseline(self) -> Option<&'a Baseline> {
        match self {
            Self::Absent => None,
            Self::Comparable(baseline) | Self::IncompatibleKey(baseline, _) | Self::IncompatibleTools(baseline, _) => {
                Some(baseline)
            }
        }
    }
}

/// An IDENTICAL row for each selected value of the baseline, for a run where nothing measured differs from the base.
pub fn identical_rows(stored: Option<&Baseline>, selection: &Selection) -> Vec<Row> {
    let records = stored.into_iter().flat_map(Baseline::records);
    let selected = records.filter(|record| selection.contains(record.case()));
    let row = |record: &Record| {
        Row::new(Group::Class(record.metric().class()), record.case(), record.metric(), Verdict::Identical)
            .with_values(Some(Value::Number(record.value())), None)
    };
    let mut rows: Vec<Row> = selected.map(row).collect();
    row::sort(&mut rows);
    rows
}

/// Turns INCONCLUSIVE rows into IDENTICAL ones, for a run where nothing measured differs from `base` but the baseline is not
/// comparable: the base would have the same values on this machine.
pub fn mark_incomparable_identical(rows: &mut [Row], base: &str) {
    for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Inconclusive) {
        row.verdict = Verdict::Identical;
        row.next_steps.clear();
        let why = row.reason.take().unwrap_or_default();
        row.reason = Some(format!("{why}; but nothing measured differs from {base}"));
    }
}

/// Turns NEW rows of instructions into INFO where the baseline has the row for other tools, for a run whose instructions are compared
/// with the base: the change adds the case, so neither the base nor these tools have a value yet.
pub fn mark_stored_for_other_tools(rows: &mut [Row], stored: Option<&Baseline>) {
    let is_stored = |row: &Row| {
        let record = |record: &Record| record.case() == &row.case && Subject::from(record.metric()) == row.subject;
        stored.is_some_and(|stored| stored.records().any(record))
    };
    let is_new = |row: &&mut Row| row.group == Group::Class(Class::Instructions) && row.verdict == Verdict::New;
    for row in rows.iter_mut().filter(is_new).filter(|row| is_stored(row)) {
        row.verdict = Verdict::Info;
        row.next_steps.clear();
        row.reason = Some("stored for other tools, and the base does not have the case".into());
    }
}

/// Whether heap or instructions of a case increased, which tells where its time goes.
pub fn corroboration(rows: &[Row], case: &CaseName) -> Corroboration {
    let of_case = |group: Group| rows.iter().filter(move |row| row.case == *case && row.group == group);
    let is_more = |row: &Row| {
        row.change().is_some_and(|change| change > if row.group == Group::Class(Class::Heap) { 0.0 } else { 0.002 })
    };
    if of_case(Group::Class(Class::Heap)).chain(of_case(Group::Class(Class::Instructions))).any(is_more) {
        return Corroboration::ExtraWork;
    }
    let counted = of_case(Group::Class(Class::Instructions))
        .any(|row| row.change().is_some() && row.verdict != Verdict::Inconclusive);
    if counted { Corroboration::NoExtraWork } else { Corroboration::Unknown }
}

/// The row of a record with the stored and the measured value.
fn row(record: &Record, stored: Option<&Record>, verdict: Verdict) -> Row {
    let metric = record.metric();
    Row::new(Group::Class(metric.class()), record.case(), metric, verdict)
        .with_values(stored.map(|stored| Value::Number(stored.value())), Some(Value::Number(record.value())))
}

fn missing(record: &Record) -> Row {
    let (case, metric) = (record.case(), record.metric());
    Row::new(Group::Class(metric.class()), case, metric, Verdict::Missing)
        .with_values(Some(Value::Number(record.value())), None)
        .with_reason("in the baseline, not in the run")
        .with_next_step(NextStep::Restore)
        .with_next_step(NextStep::AcceptRemoval(case.clone()))
}

fn regressed(row: Row, why: &str) -> Row {
    let case = row.case.clone();
    // What a profile counts.
    let is_profiled = matches!(row.group, Group::Class(Class::Heap | Class::Instructions));
    let row = row.with_reason(why).with_next_step(NextStep::Reproduce(case.clone()));
    let row = match is_profiled {
        true => row.with_next_step(NextStep::Profile { case: case.clone(), against: None }),
        false => row,
    };
    row.with_next_step(NextStep::Accept(case))
}

fn new(row: Row, base: BaselineState<'_>) -> Row {
    let why = match base {
        BaselineState::Absent => "there is no baseline for this target",
        BaselineState::Comparable(_) | BaselineState::IncompatibleKey(..) | BaselineState::IncompatibleTools(..) => {
            "not in the baseline"
        }
    };
    row.with_reason(why).with_next_step(NextStep::Store)
}

fn not_comparable(row: Row, why: &str) -> Row {
    row.with_reason(why).with_next_step(NextStep::ReplaceBaseline)
}

fn improved(row: Row) -> Row {
    row.with_next_step(NextStep::StoreImprovement)
}
