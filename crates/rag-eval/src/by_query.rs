//! Values of pairs of a query and a document, as the lines of a file give them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::lines::{LineError, quoted};
use crate::retrieval::{Qrels, Ranking, Run};

/// Where a pair stands, and its value.
struct Place<T> {
    line: usize,
    value: T,
}

/// The pairs of a file so far.
pub(crate) struct ByQuery<'a, T>(BTreeMap<&'a str, BTreeMap<&'a str, Place<T>>>);

impl<'a, T> ByQuery<'a, T> {
    pub(crate) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds the pair of a line.
    ///
    /// # Errors
    /// When it was on a line before.
    pub(crate) fn insert(&mut self, line: usize, query: &'a str, document: &'a str, value: T) -> Result<(), LineError> {
        match self.0.entry(query).or_default().entry(document) {
            Entry::Vacant(free) => {
                free.insert(Place { line, value });
                Ok(())
            }
            Entry::Occupied(taken) => {
                let (first, query, document) = (taken.get().line, quoted(query), quoted(document));
                let what = format!("query {query} has document {document} on line {first} too: keep one of the two");
                Err(LineError::new(line, what))
            }
        }
    }

    fn into_queries(self) -> impl Iterator<Item = (String, impl Iterator<Item = (String, T)>)> {
        self.0.into_iter().map(|(query, documents)| {
            let values = documents.into_iter().map(|(document, place)| (document.to_owned(), place.value));
            (query.to_owned(), values)
        })
    }
}

impl ByQuery<'_, f64> {
    /// The rankings by these scores, of which none may be NaN.
    pub(crate) fn into_run(self) -> Run {
        self.into_queries().map(|(query, scores)| (query, Ranking::of_distinct(scores.collect()))).collect()
    }
}

impl ByQuery<'_, i32> {
    /// The judgements by these grades.
    pub(crate) fn into_qrels(self) -> Qrels {
        self.into_queries().map(|(query, grades)| (query, grades.collect::<BTreeMap<_, _>>().into())).collect()
    }
}

/// The grade that a field has.
///
/// # Errors
/// When it is no whole number of 32 bits.
pub(crate) fn grade(line: usize, field: &str) -> Result<i32, LineError> {
    field
        .parse()
        .map_err(|_| LineError::new(line, format!("the grade {} is no whole number: write 0, 1, 2, …", quoted(field))))
}
