//! What the baseline becomes: the rule of an update, apart from measuring and writing.

use std::collections::BTreeSet;

use perf_gate::{Acceptance, Baseline, BaselineError, CaseName, Key, Metric, Provenance, Record};

use crate::exact::ExactRun;
use crate::row::{Row, Subject};
use crate::selection::Selection;
use crate::verdict::Verdict;

/// Worse rows that a person accepts until a day.
#[derive(Debug)]
pub struct Until {
    /// Last day, `YYYY-MM-DD`.
    pub expires: String,
    /// Why.
    pub reason: String,
}

/// Why worse rows cannot be accepted until a day: only a larger number can.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{subject}` of `{case}` is {verdict}; only a number that got worse can be accepted until a day")]
pub struct NotForAWhile {
    case: CaseName,
    subject: Subject,
    verdict: Verdict,
}

/// Whether all these worse rows can be accepted until a day.
pub fn check_for_a_while(worse: &[&Row]) -> Result<(), NotForAWhile> {
    let number = |row: &&&Row| matches!(row.subject, Subject::Metric(_)) && row.verdict == Verdict::Regressed;
    match worse.iter().find(|row| !number(row)) {
        None => Ok(()),
        Some(row) => Err(NotForAWhile { case: row.case.clone(), subject: row.subject, verdict: row.verdict }),
    }
}

/// The next baseline. `rows` are the changes that were shown; worse ones among them were accepted by the caller, until a
/// day if `until` says so.
///
/// - Outside the selection everything stays.
/// - A row accepted until a day keeps its stored value, so that the day can come; this also holds for rows accepted by an
///   earlier update, as long as they still need it.
/// - Every other row becomes what was measured. What is gone, is gone.
pub fn baseline(
    old: Option<&Baseline>,
    (key, provenance): (Key, Provenance),
    run: &ExactRun,
    rows: &[Row],
    selection: &Selection,
    until: Option<&Until>,
) -> Result<Baseline, BaselineError> {
    let changed_work: BTreeSet<&CaseName> = {
        let changed = rows.iter().filter(|row| row.subject == Subject::Checksum && row.verdict == Verdict::Regressed);
        changed.map(|row| &row.case).collect()
    };
    let verdict = |case: &CaseName, metric: Metric| {
        let row = rows.iter().find(|row| row.case == *case && row.subject == Subject::Metric(metric));
        row.map_or(Verdict::Pass, |row| row.verdict)
    };
    let mut records: Vec<Record> = Vec::new();
    let mut accepted: Vec<Acceptance> = Vec::new();
    if let Some(old) = old {
        records.extend(old.records().filter(|record| !selection.contains(record.case())).cloned());
        accepted.extend(old.accepted.iter().filter(|entry| !selection.contains(&entry.case)).cloned());
    }
    for now in run.values().filter_map(|outcome| outcome.as_ref().ok()).flatten() {
        let (case, metric) = (now.case(), now.metric());
        let stored = old.and_then(|old| old.get(case, metric));
        let entry = old.and_then(|old| old.accepted.iter().find(|e| e.case == *case && e.metric == metric));
        // All records of a case are about the same work: once that changes, none of the stored values can stay.
        let may_stay = stored.filter(|_| !changed_work.contains(case));
        match (verdict(case, metric), may_stay, until) {
            (Verdict::Accepted, Some(stored), _) => {
                records.push(stored.clone());
                accepted.extend(entry.cloned());
            }
            (Verdict::Regressed, Some(stored), Some(Until { expires, reason })) => {
                records.push(stored.clone());
                let (case, value) = (case.clone(), now.value());
                accepted.push(Acceptance { case, metric, value, reason: reason.clone(), expires: expires.clone() });
            }
            _ => records.push(now.clone()),
        }
    }
    accepted.sort_by(|a, b| (&a.case, a.metric).cmp(&(&b.case, b.metric)));
    let mut next = Baseline::new(key, provenance, records)?;
    next.accepted = accepted;
    Ok(next)
}
