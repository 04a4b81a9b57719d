//! The rule of a baseline update: computes the next baseline.

use std::collections::BTreeSet;

use perf_gate::{Acceptance, Baseline, BaselineError, CaseName, Class, Key, Metric, Provenance, Record};

use crate::row::{Row, Subject};
use crate::run::{BaselineRun, Instructions};
use crate::selection::Selection;
use crate::text::{self, pluralize};
use crate::verdict::Verdict;

/// The terms of an acceptance.
#[derive(Debug)]
pub struct AcceptanceTerms {
    /// Last day, `YYYY-MM-DD`.
    pub expires: String,
    /// Reason of the acceptance (`--reason`).
    pub reason: String,
}

/// An error: a row cannot be accepted until a date, because it is not a regressed number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{subject}` of `{case}` is {verdict}; only a number that regressed can be accepted until a date")]
pub struct NotAcceptable {
    case: CaseName,
    subject: Subject,
    verdict: Verdict,
}

/// Checks that each of the worse rows can be accepted until a date.
///
/// # Errors
/// The first row that is not a regressed number, such as a checksum or a missing row.
pub fn check_acceptable(worse: &[&Row]) -> Result<(), NotAcceptable> {
    let number = |row: &&&Row| matches!(row.subject, Subject::Metric { .. }) && row.verdict == Verdict::Regressed;
    match worse.iter().find(|row| !number(row)) {
        None => Ok(()),
        Some(row) => Err(NotAcceptable { case: row.case.clone(), subject: row.subject, verdict: row.verdict }),
    }
}

/// Computes the next baseline. `rows` are the changes that the command showed; the caller has accepted the worse ones, until
/// the date in `terms` if there are any.
///
/// - Rows outside the selection keep their stored value.
/// - A row that is accepted until a date keeps its stored value, so that it regresses again after that date. This also holds
///   for an acceptance of an earlier update that is still needed.
/// - Instructions, size and resident memory within the margin keep the stored value, so that small steps add up to one that exceeds the
///   margin. If the key or the checksum differ, or the tools for instructions, the measured value is stored.
/// - Every other row gets the measured value, and a row that was not measured is removed.
/// - Instructions that could not be counted keep the stored value if the key and the checksum are equal; see
///   [`describe_uncounted`].
///
/// # Errors
/// If the records do not form a valid baseline.
pub fn updated_baseline(
    old: Option<&Baseline>,
    (key, provenance): (Key, Provenance),
    run: &BaselineRun,
    rows: &[Row],
    selection: &Selection,
    terms: Option<&AcceptanceTerms>,
) -> Result<Baseline, BaselineError> {
    let changed_work: BTreeSet<&CaseName> = {
        let changed = rows.iter().filter(|row| row.subject == Subject::Checksum && row.verdict == Verdict::Regressed);
        changed.map(|row| &row.case).collect()
    };
    let verdict = |case: &CaseName, metric: Metric| {
        let row = rows.iter().find(|row| row.case == *case && row.subject == Subject::from(metric));
        row.map_or(Verdict::Pass, |row| row.verdict)
    };
    let mut records: Vec<Record> = Vec::new();
    let mut accepted: Vec<Acceptance> = Vec::new();
    if let Some(old) = old {
        records.extend(old.records().filter(|record| !selection.contains(record.case())).cloned());
        accepted.extend(old.accepted.iter().filter(|entry| !selection.contains(&entry.case)).cloned());
    }
    let tools = run.instructions.tools();
    let same_key = old.is_some_and(|old| old.key == key);
    let has_margin = |class: Class| match class {
        Class::Instructions => same_key && old.is_some_and(|old| old.tools.as_ref() == tools),
        Class::Size | Class::Resident => same_key,
        Class::Behaviour | Class::Quality | Class::Schedule | Class::Heap | Class::Wall => false,
    };
    let exact = run.exact.values().filter_map(|outcome| outcome.as_ref().ok()).flatten();
    let counts = match &run.instructions {
        Instructions::Measured { run, .. } => Some(run.values().filter_map(|outcome| outcome.as_ref().ok())),
        Instructions::NotMeasured(_) => None,
    };
    for now in exact.chain(counts.into_iter().flatten()) {
        let (case, metric) = (now.case(), now.metric());
        let stored = old.and_then(|old| old.get(case, metric.name()));
        let entry = old.and_then(|old| old.accepted.iter().find(|e| e.case == *case && e.metric == metric.name()));
        // All records of a case describe the same work; if the checksum differs, no stored value of the case is kept.
        let may_stay = stored.filter(|_| !changed_work.contains(case));
        match (verdict(case, metric), may_stay, terms) {
            (Verdict::Accepted, Some(stored), _) => {
                records.push(stored.clone());
                accepted.extend(entry.cloned());
            }
            (Verdict::Regressed, Some(stored), Some(AcceptanceTerms { expires, reason })) => {
                records.push(stored.clone());
                let (case, metric, value) = (case.clone(), metric.name(), now.value());
                accepted.push(Acceptance { case, metric, value, reason: reason.clone(), expires: expires.clone() });
            }
            (Verdict::Pass, Some(stored), _) if has_margin(metric.class()) => records.push(stored.clone()),
            _ => records.push(now.clone()),
        }
    }
    if let (Some(old), None) = (old, tools) {
        for record in stored_instructions(old, selection).filter(|record| still_valid(record, old, &key, run)) {
            let entries = old.accepted.iter();
            accepted
                .extend(entries.filter(|e| e.case == *record.case() && e.metric == record.metric().name()).cloned());
            records.push(record.clone());
        }
    }
    accepted.sort_by(|a, b| (&a.case, a.metric).cmp(&(&b.case, b.metric)));
    let tools = tools.or_else(|| old?.tools.as_ref()).cloned();
    let has_counts = records.iter().any(|record| record.metric().class() == Class::Instructions);
    let mut next = Baseline::new(key, tools.filter(|_| has_counts), provenance, records)?;
    next.accepted = accepted;
    Ok(next)
}

/// A baseline with the instructions of another one in place of its own, or with none. Instructions of a case whose checksum differs
/// are left out, because they are of other work. `None` if nothing would be left.
pub fn with_instructions_of(baseline: &Baseline, other: Option<&Baseline>) -> Option<Baseline> {
    let is_counted = |record: &&Record| record.metric().class() == Class::Instructions;
    let exact: Vec<Record> = baseline.records().filter(|record| !is_counted(record)).cloned().collect();
    let is_same_work =
        |record: &&Record| exact.iter().any(|one| one.case() == record.case() && one.checksum() == record.checksum());
    let counted: Vec<Record> =
        other.into_iter().flat_map(Baseline::records).filter(is_counted).filter(is_same_work).cloned().collect();
    let tools = other.and_then(|other| other.tools.clone()).filter(|_| !counted.is_empty());
    let (key, provenance) = (baseline.key.clone(), baseline.provenance.clone());
    let mut merged = Baseline::new(key, tools, provenance, exact.into_iter().chain(counted).collect()).ok()?;
    let is_of_instructions = |entry: &&Acceptance| entry.metric == Metric::INSTRUCTIONS.name();
    let of_exact = baseline.accepted.iter().filter(|entry| !is_of_instructions(entry));
    let of_counted = other.into_iter().flat_map(|other| &other.accepted).filter(is_of_instructions);
    let accepted: Vec<Acceptance> = of_exact.chain(of_counted).cloned().collect();
    merged.accepted = accepted.into_iter().filter(|entry| merged.get(&entry.case, entry.metric).is_some()).collect();
    Some(merged)
}

/// The instructions of a baseline alone, with their acceptances; `None` if it has none.
pub fn instructions_of(baseline: &Baseline) -> Option<Baseline> {
    let counted = baseline.records().filter(|record| record.metric().class() == Class::Instructions).cloned();
    let (key, tools, provenance) = (baseline.key.clone(), baseline.tools.clone(), baseline.provenance.clone());
    let mut alone = Baseline::new(key, tools, provenance, counted.collect()).ok()?;
    let accepted = baseline.accepted.iter().filter(|entry| entry.metric == Metric::INSTRUCTIONS.name());
    alone.accepted = accepted.cloned().collect();
    Some(alone)
}

/// Lines about the stored instructions that an update keeps or removes when none were counted; empty if they were counted.
pub fn describe_uncounted(old: Option<&Baseline>, key: &Key, run: &BaselineRun, selection: &Selection) -> String {
    let Instructions::NotMeasured(reason) = &run.instructions else { return String::new() };
    let mut lines = text::sanitize(&Instructions::not_measured(reason)) + "\n";
    let stored = old.into_iter().flat_map(|old| stored_instructions(old, selection).map(move |record| (old, record)));
    let (stay, gone): (Vec<_>, Vec<_>) = stored.partition(|(old, record)| still_valid(record, old, key, run));
    if !stay.is_empty() {
        lines += &format!("  {} of instructions: the stored values are kept\n", pluralize(stay.len(), "row"));
    }
    for (_, record) in gone {
        lines += &format!("  instructions of {} are not kept: the checksum or the key differs\n", record.case());
    }
    lines
}

/// The stored instruction records of the selected cases.
fn stored_instructions<'a>(old: &'a Baseline, selection: &Selection) -> impl Iterator<Item = &'a Record> {
    let counts = old.records().filter(|record| record.metric().class() == Class::Instructions);
    counts.filter(|record| selection.contains(record.case()))
}

/// Whether a stored count is valid although it was not counted again: the key and the checksum are equal.
fn still_valid(record: &Record, old: &Baseline, key: &Key, run: &BaselineRun) -> bool {
    let now = run.exact.get(record.case()).and_then(|outcome| outcome.as_ref().ok()?.first());
    old.key == *key && now.is_some_and(|now| now.checksum() == record.checksum())
}
