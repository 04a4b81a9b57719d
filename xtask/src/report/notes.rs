//! What to do next: the rows that are not fine, those with the same answer together.

use std::collections::BTreeMap;

use crate::plain_text::counted;
use crate::row::Row;
use crate::verdict::Verdict;

/// One answer, and the rows it is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// The verdict of these rows.
    pub verdict: Verdict,
    /// Which rows: case and metrics, or how many when they are of many cases.
    pub rows: String,
    /// Why, without repetition.
    pub reasons: Vec<String>,
    /// What to do, if anything.
    pub what_now: Option<String>,
}

/// The notes of all rows that have something to say: the worst verdict first, and of a verdict the largest change.
pub fn of(rows: &[Row]) -> Vec<Note> {
    let mut groups: BTreeMap<(Verdict, Option<&str>), Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.reason.is_some() || row.what_now.is_some()) {
        groups.entry((row.verdict, row.what_now.as_deref())).or_default().push(row);
    }
    let note = |((verdict, what_now), rows): ((Verdict, Option<&str>), Vec<&Row>)| {
        let mut reasons: Vec<String> = Vec::new();
        for reason in rows.iter().filter_map(|row| row.reason.clone()) {
            // Of two that begin alike, the one that says more.
            if !reasons.iter().any(|said| said.starts_with(&reason)) {
                reasons.retain(|said| !reason.starts_with(said.as_str()));
                reasons.push(reason);
            }
        }
        Note { verdict, rows: names(&rows), reasons, what_now: what_now.map(str::to_owned) }
    };
    let mut groups: Vec<_> = groups.into_iter().collect();
    let largest = |rows: &[&Row]| rows.iter().filter_map(|row| row.change()).map(f64::abs).fold(0.0, f64::max);
    groups.sort_by(|((a, _), of_a), ((b, _), of_b)| a.cmp(b).then(largest(of_b).total_cmp(&largest(of_a))));
    groups.into_iter().map(note).collect()
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
        return format!("{} of {}", counted(rows.len(), "row"), counted(cases.len(), "case"));
    }
    let names = cases.into_iter().map(|(case, subjects)| format!("{case} {}", subjects.join(", ")));
    names.collect::<Vec<_>>().join("; ")
}
