//! What an answer must be.

use std::sync::Arc;

use perf_load::Query;

use crate::error::LoadError;

/// What a complete answer must be, whatever order its results arrived in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Distinct results.
    pub results: u64,
    /// Digest of the final sources: number, address and score of each.
    pub sources: u64,
    /// Digest of the whole text.
    pub text: u64,
    /// Citations.
    pub citations: u64,
}

/// What an answer must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expectation {
    /// All of it.
    pub complete: Option<Arc<Expected>>,
    /// Texts that are in it.
    pub contains: Arc<[String]>,
    /// The fewest results.
    pub min_results: u64,
}

/// What a query of a scenario expects.
///
/// # Errors
/// If a field is not known, or of another type.
pub(crate) fn of_file(query: &Query) -> Result<Expectation, LoadError> {
    let mut expectation = Expectation::default();
    let Query { name, expect, data, .. } = query;
    if let Some(field) = data.keys().next() {
        return Err(LoadError::Scenario(format!("query {name:?}: data.{field} is not known; no data of a query are")));
    }
    let wrong = |what: String| LoadError::Scenario(format!("query {name:?}: expect.{what}"));
    for (field, value) in expect {
        match field.as_str() {
            "contains" => {
                let texts = value
                    .as_array()
                    .and_then(|texts| texts.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>());
                let texts = texts.ok_or_else(|| wrong(format!("contains = {value} is no list of texts")))?;
                expectation.contains = texts.into_iter().map(str::to_owned).collect();
            }
            "min_results" => {
                let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
                expectation.min_results = number.ok_or_else(|| wrong(format!("min_results = {value} is no number")))?;
            }
            other => return Err(wrong(format!("{other} is not known; `contains` and `min_results` are"))),
        }
    }
    Ok(expectation)
}

/// Whether texts occur in an answer. It is kept only where there are some.
#[derive(Debug, Clone)]
pub(crate) struct Contains {
    texts: Arc<[String]>,
    answer: String,
}

impl Contains {
    pub(crate) fn new(expectation: &Expectation) -> Self {
        Self { texts: expectation.contains.clone(), answer: String::new() }
    }

    pub(crate) fn read(&mut self, text: &str) {
        if !self.texts.is_empty() {
            self.answer.push_str(text);
        }
    }

    /// Whether the answer has all of them; `None` if there are none.
    pub(crate) fn holds(&self) -> Option<bool> {
        (!self.texts.is_empty()).then(|| self.texts.iter().all(|text| self.answer.contains(text)))
    }
}
