//! What an answer of a server must be.

use std::sync::Arc;

use perf_load::Answer;

use crate::answer::Expected;
use crate::error::LoadError;

/// What an answer must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Expectation {
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
pub(super) fn of_file(name: &str, expect: &toml::Table) -> Result<Expectation, LoadError> {
    let mut expectation = Expectation::default();
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
pub(super) struct Contains {
    texts: Arc<[String]>,
    answer: String,
}

impl Contains {
    pub(super) fn new(expectation: &Expectation) -> Self {
        Self { texts: expectation.contains.clone(), answer: String::new() }
    }

    pub(super) fn read(&mut self, text: &str) {
        if !self.texts.is_empty() {
            self.answer.push_str(text);
        }
    }

    /// Makes an answer right that has all of them, and wrong that has not.
    pub(super) fn judge(&self, answer: &mut Answer) {
        if self.texts.iter().any(|text| !self.answer.contains(text)) {
            *answer = Answer::Wrong("an expected text is missing".into());
        } else if !self.texts.is_empty() {
            *answer = Answer::Right;
        }
    }
}
