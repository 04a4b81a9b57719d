//! Budgets: absolute limits from `budgets.toml`.

use std::collections::BTreeSet;

use perf_gate::{CaseName, MetricName, Unit};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::rule_file::{self, RuleFileError};

/// An absolute limit of one metric of one case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The exact name of the case.
    pub case: CaseName,
    /// The metric that the budget limits.
    pub metric: MetricName,
    /// The maximum value that passes, in `unit`.
    pub limit: u64,
    /// The unit of the limit, which has to be the unit of the metric.
    pub unit: Unit,
    /// The origin of the limit; not empty.
    pub source: String,
    /// The corresponding promise of the reference system, if it has one.
    pub reference: Option<Reference>,
}

/// A promise of the reference system and its measured value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The promised value, as text.
    pub promised: String,
    /// The measured value, as text.
    pub measured: String,
}

/// The schema of the file that this program reads.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "schema")]
    _schema: u32,
    // Required, so that a truncated file is an error and not an empty list.
    budget: Vec<Spanned<Budget>>,
}

/// Parses `budgets.toml`.
///
/// # Errors
/// If the text is not of this form, or two budgets limit the same metric of a case.
pub fn parse(text: &str) -> Result<Vec<Budget>, RuleFileError> {
    let Stored { budget, .. } = rule_file::read(text, SCHEMA)?;
    let mut seen = BTreeSet::new();
    let mut budgets = Vec::new();
    for entry in budget {
        let (span, entry) = (Some(entry.span()), entry.into_inner());
        let Budget { case, metric, source, .. } = &entry;
        if let Some(Reference { promised, measured }) = &entry.reference
            && (promised.trim().is_empty() || measured.trim().is_empty())
        {
            return Err(RuleFileError { what: format!("{case} {metric}: `reference` has an empty field"), span });
        }
        if source.trim().is_empty() {
            return Err(RuleFileError { what: format!("{case} {metric}: `source` is empty"), span });
        }
        if !seen.insert((case.clone(), *metric)) {
            return Err(RuleFileError { what: format!("{case} {metric} has two budgets"), span });
        }
        budgets.push(entry);
    }
    Ok(budgets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"schema = 1
[[budget]]
case = "query/floor/10"
metric = "heap-peak"
unit = "bytes"
limit = 65536
source = "the README promises it"
"#;

    #[test]
    fn a_budget_is_read() {
        let [budget] = parse(GOOD).unwrap().try_into().unwrap();
        assert_eq!((budget.metric.as_str(), budget.unit, budget.limit), ("heap-peak", Unit::Bytes, 65_536));
        assert!(parse("schema = 1\nbudget = []").unwrap().is_empty());
    }

    #[test]
    fn errors_name_the_cause_and_the_place() {
        for (from, to, says, line) in [
            ("schema = 1", "schema = 2", "schema 2", 1),
            ("limit = 65536", "limit = -1", "integer", 6),
            ("limit = 65536", "limit = nan", "floating", 6),
            ("limit = 65536", "limit = 1\nlimit = 2", "duplicate key", 7),
            ("limit = 65536", "limit = 1\ncolour = 1", "unknown field `colour`", 7),
            ("\"bytes\"", "\"furlongs\"", "unknown variant `furlongs`", 5),
            ("unit = \"bytes\"\n", "", "missing field `unit`", 2),
            ("heap-peak", "Heap Peak", "not the name of a metric", 4),
            ("query/floor/10", "query", "not a case name", 3),
            ("the README promises it", " ", "`source` is empty", 2),
            ("it\"", "it\"\nreference = { promised = \"1 s\", measured = \"\" }", "`reference` has an empty field", 2),
            ("it\"", "it\"\nreference = { promised = \"1 s\" }", "missing field `measured`", 8),
        ] {
            let broken = GOOD.replacen(from, to, 1);
            let error = parse(&broken).unwrap_err();
            assert!(error.what.contains(says), "{from} -> {to}: {}", error.what);
            let start = error.span.expect("a place").start;
            assert_eq!(broken[..start].matches('\n').count() + 1, line, "{from} -> {to}");
        }
        assert!(parse("schema = 1").is_err(), "cut before the list");
        let twice = format!("{GOOD}{}", GOOD.strip_prefix("schema = 1\n").unwrap());
        assert!(parse(&twice).unwrap_err().what.contains("two budgets"));
    }
}
