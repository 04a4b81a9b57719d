//! Reasons and next steps of rows; rows with equal next steps share a note.

use std::collections::BTreeMap;

use crate::next_step::NextStep;
use crate::row::Row;
use crate::text::pluralize;
use crate::verdict::Verdict;

/// The reasons and next steps of some rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// The verdict of the rows.
    pub verdict: Verdict,
    /// The cases and metrics of the rows, or their number if they belong to more than three cases.
    pub rows: String,
    /// The distinct reasons of the rows of this note.
    pub reasons: Vec<String>,
    /// The next steps; may be empty.
    pub next_steps: &'a [NextStep],
    /// The package of the harness of the rows.
    pub harness: Option<&'a str>,
}

/// The properties that rows of a note have in common.
type GroupKey<'a> = (Verdict, &'a [NextStep], Option<&'a str>);

/// The notes of all rows that have a reason or a next step, ordered by verdict (worst first), then by the largest change.
pub fn collect(rows: &[Row]) -> Vec<Note<'_>> {
    let mut groups: BTreeMap<GroupKey<'_>, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.reason.is_some() || !row.next_steps.is_empty()) {
        groups.entry((row.verdict, &row.next_steps, row.harness.as_deref())).or_default().push(row);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    let largest = |rows: &[&Row]| rows.iter().filter_map(|row| row.change()).map(f64::abs).fold(0.0, f64::max);
    groups.sort_by(|((a, ..), of_a), ((b, ..), of_b)| a.cmp(b).then(largest(of_b).total_cmp(&largest(of_a))));
    groups.into_iter().map(|(key, rows)| note(key, &rows)).collect()
}

fn note<'a>((verdict, next_steps, harness): GroupKey<'a>, rows: &[&Row]) -> Note<'a> {
    let mut reasons: Vec<String> = Vec::new();
    for reason in rows.iter().filter_map(|row| row.reason.clone()) {
        // If one reason is a prefix of another, only the longer one is kept.
        if !reasons.iter().any(|said| said.starts_with(&reason)) {
            reasons.retain(|said| !reason.starts_with(said.as_str()));
            reasons.push(reason);
        }
    }
    Note { verdict, rows: names(rows), reasons, next_steps, harness }
}

fn names(rows: &[&Row]) -> String {
    const MANY_CASES: usize = 3;
    let mut cases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in rows {
        let subjects = cases.entry(row.case.as_str()).or_default();
        let subject = row.subject.to_string();
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    if cases.len() > MANY_CASES {
        return format!("{} of {}", pluralize(rows.len(), "row"), pluralize(cases.len(), "case"));
    }
    let names = cases.into_iter().map(|(case, subjects)| format!("{case} {}", subjects.join(", ")));
    names.collect::<Vec<_>>().join("; ")
}
