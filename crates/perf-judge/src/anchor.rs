//! The pinned anchor, `anchor.toml`: an early commit with which every later one is compared.
//!
//! The base of a change is the commit before, so a step below the margin passes, and so do twenty of them. Against the anchor they
//! add up.

use std::collections::BTreeMap;

use perf_gate::{CaseName, MetricName};
use serde::Deserialize;
use toml::Spanned;

use crate::rule_file::{self, RuleFileError};

/// Largest increase over the anchor that passes where the file names none, in percent.
pub const DEFAULT_PERCENT: f64 = 5.0;

/// Largest value of a limit in percent.
const MAX_PERCENT: f64 = 1_000.0;

/// The limits over the anchor, and which commit it is.
#[derive(Debug, Clone, PartialEq)]
pub struct AnchorRules {
    /// A tag or a full hash; `None` if no commit is pinned. Then the oldest comparable run of the history is the anchor.
    pub revision: Option<String>,
    /// Largest increase that passes, in percent.
    pub percent: f64,
    /// Larger limits of single rows, by case and metric.
    pub allowed: BTreeMap<(CaseName, MetricName), Allowed>,
}

impl Default for AnchorRules {
    fn default() -> Self {
        Self { revision: None, percent: DEFAULT_PERCENT, allowed: BTreeMap::new() }
    }
}

/// A larger limit of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// Largest increase over the anchor that passes, in percent.
    pub percent: f64,
    /// The reason; not empty.
    pub reason: String,
}

/// The schema of the file that this program reads.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "schema")]
    _schema: u32,
    revision: Spanned<String>,
    percent: Option<Spanned<f64>>,
    #[serde(default)]
    allowed: Vec<Spanned<StoredAllowed>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAllowed {
    case: CaseName,
    metric: MetricName,
    percent: f64,
    reason: String,
}

/// Parses `anchor.toml`.
///
/// # Errors
/// If the text is not of this form, a limit is not above 0 and at most 1,000 %, or a reason is empty.
pub fn parse(text: &str) -> Result<AnchorRules, RuleFileError> {
    let Stored { revision, percent, allowed, .. } = rule_file::read(text, SCHEMA)?;
    let is_limit = |percent: f64| percent > 0.0 && percent <= MAX_PERCENT;
    let of_revision = revision.span();
    let revision = revision.into_inner();
    let is_hash = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let looks_like_hash = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_moving = revision == "HEAD" || revision.contains(['~', '^', '@', ' ', ':']) || revision.starts_with('-');
    if revision.trim().is_empty() || is_moving || (looks_like_hash && !is_hash) {
        let what = format!("`revision` is `{revision}`, which is neither a tag nor a full hash of 40 characters");
        return Err(RuleFileError { what, span: Some(of_revision) });
    }
    if let Some(percent) = percent.as_ref().filter(|percent| !is_limit(*percent.get_ref())) {
        let what = format!("`percent` is {}, not above 0 and at most {MAX_PERCENT}", percent.get_ref());
        return Err(RuleFileError { what, span: Some(percent.span()) });
    }
    let mut found = BTreeMap::new();
    for entry in allowed {
        let (span, StoredAllowed { case, metric, percent, reason }) = (Some(entry.span()), entry.into_inner());
        let refused =
            |what: &str| Err(RuleFileError { what: format!("{metric} of {case}: {what}"), span: span.clone() });
        if !is_limit(percent) {
            return refused(&format!("`percent` is {percent}, not above 0 and at most {MAX_PERCENT}"));
        }
        if reason.trim().is_empty() {
            return refused("`reason` is empty");
        }
        if found.insert((case.clone(), metric), Allowed { percent, reason }).is_some() {
            return refused("two limits for the row");
        }
    }
    let percent = percent.map_or(DEFAULT_PERCENT, Spanned::into_inner);
    Ok(AnchorRules { revision: Some(revision), percent, allowed: found })
}

impl AnchorRules {
    /// The limit of a row in percent, and the reason if it is a limit of its own.
    pub fn limit(&self, case: &CaseName, metric: MetricName) -> (f64, Option<&str>) {
        let own = self.allowed.get(&(case.clone(), metric));
        own.map_or((self.percent, None), |own| (own.percent, Some(own.reason.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "schema = 1\nrevision = \"v1.0\"\npercent = 4.5\n\n[[allowed]]\ncase = \"query/floor/10\"\n\
        metric = \"heap-blocks\"\npercent = 30\nreason = \"a pool\"\n";

    #[test]
    fn a_file_pins_a_commit_and_limits() {
        let rules = parse(FILE).unwrap();
        assert_eq!(rules.revision.as_deref(), Some("v1.0"));
        let case = CaseName::new("query/floor/10").unwrap();
        assert_eq!(rules.limit(&case, "heap-blocks".parse().unwrap()), (30.0, Some("a pool")));
        assert_eq!(rules.limit(&case, "heap-bytes".parse().unwrap()), (4.5, None));
        let short = parse(&format!("schema = 1\nrevision = \"{}\"\n", "0123456789".repeat(4))).unwrap();
        assert_eq!((short.percent, short.allowed.len()), (DEFAULT_PERCENT, 0));
    }

    #[test]
    fn mistakes_are_errors_with_their_place() {
        for (from, to, says) in [
            ("schema = 1", "schema = 2", "schema 2 is not the version"),
            ("revision = \"v1.0\"\n", "", "missing field `revision`"),
            ("\"v1.0\"", "\"\"", "neither a tag nor a full hash"),
            ("\"v1.0\"", "\"HEAD\"", "neither a tag nor a full hash"),
            ("\"v1.0\"", "\"main~3\"", "neither a tag nor a full hash"),
            ("\"v1.0\"", "\"abcdef0123\"", "neither a tag nor a full hash"),
            ("\"v1.0\"", "\"--help\"", "neither a tag nor a full hash"),
            ("percent = 4.5", "percent = 0.0", "`percent` is 0, not above 0"),
            ("percent = 4.5", "percent = nan", "`percent` is NaN"),
            ("percent = 4.5", "percent = 1001.0", "`percent` is 1001"),
            ("percent = 30", "percent = -1", "heap-blocks of query/floor/10: `percent` is -1"),
            ("\"a pool\"", "\" \"", "`reason` is empty"),
            ("metric = \"heap-blocks\"", "metric = \"Heap\"", "name"),
            ("percent = 30", "percent = 30\nmore = 1", "unknown field `more`"),
        ] {
            let text = FILE.replacen(from, to, 1);
            assert_ne!(text, FILE, "{from}");
            let error = parse(&text).unwrap_err();
            assert!(error.what.contains(says), "{to}: {}", error.what);
        }
        let twice = format!("{FILE}\n{}", &FILE[FILE.find("[[").unwrap()..]);
        let error = parse(&twice).unwrap_err();
        assert!(error.what.contains("two limits for the row") && error.span.is_some());
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in ".{0,200}", at in 0_usize..180, to in ".{0,3}") {
            let _ = parse(&text);
            let mut changed = FILE.to_owned();
            if changed.is_char_boundary(at) {
                changed.insert_str(at.min(FILE.len()), &to);
            }
            if let Ok(rules) = parse(&changed) {
                prop_assert!(rules.percent > 0.0 && rules.percent <= MAX_PERCENT);
            }
        }
    }
}
