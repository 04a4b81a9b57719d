//! What to do next: the rows that are not fine, those with the same answer together.

use std::collections::BTreeMap;

use crate::next_step::NextStep;
use crate::row::Row;
use crate::text::pluralize;
use crate::verdict::Verdict;

/// One answer, and the rows it is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// The verdict of these rows.
    pub verdict: Verdict,
    /// Which rows: case and metrics, or how many when they are of many cases.
    pub rows: String,
    /// Why, without repetition.
    pub reasons: Vec<String>,
    /// What can be done, if anything.
    pub next_steps: &'a [NextStep],
    /// The harness that the rows are of.
    pub harness: Option<&'a str>,
}

/// What rows have to have in common to be answered together.
type GroupKey<'a> = (Verdict, &'a [NextStep], Option<&'a str>);

/// The notes of all rows that have something to say: the worst verdict first, and of a verdict the largest change.
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
        // Of two that begin alike, the one that says more.
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
