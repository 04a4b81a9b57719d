//! Wider margins for the wall time of single cases, with a reason and an expiry date.

use std::collections::BTreeMap;

use jiff::civil::Date;
use perf_gate::CaseName;
use serde::Deserialize;
use toml::Spanned;

use crate::rule_file::{self, RuleFileError};

/// The content of `thresholds.toml`, by case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thresholds(BTreeMap<CaseName, Threshold>);

/// A wider margin for the wall time of one case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The exact name of the case.
    pub case: CaseName,
    /// The margin: the largest slowdown that passes, in whole percent from 1 to 100.
    pub wall_percent: u8,
    /// The reason; not empty.
    pub reason: String,
    /// Last day on which the margin holds, `YYYY-MM-DD`.
    pub expires: String,
}

/// The schema of the file that this program reads.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(rename = "schema")]
    _schema: u32,
    // Required, so that a truncated file is an error and not an empty list.
    threshold: Vec<Spanned<Threshold>>,
}

/// Parses `thresholds.toml`.
///
/// # Errors
/// If the text is not of this form, or a margin expires more than [`MAX_TOLERANCE_DAYS`] days after `today`.
pub fn parse(text: &str, today: Date) -> Result<Thresholds, RuleFileError> {
    let Stored { threshold, .. } = rule_file::read(text, SCHEMA)?;
    let mut thresholds = BTreeMap::new();
    for entry in threshold {
        let (span, entry) = (Some(entry.span()), entry.into_inner());
        let refused = |what: &str| Err(RuleFileError { what: format!("{}: {what}", entry.case), span: span.clone() });
        if !(1..=100).contains(&entry.wall_percent) {
            return refused("`wall_percent` is from 1 to 100");
        }
        if entry.reason.trim().is_empty() {
            return refused("`reason` is empty");
        }
        match parse_date(&entry.expires) {
            None => return refused("`expires` is not a date of the form YYYY-MM-DD"),
            Some(day) if is_past_max_tolerance(day, today) => {
                return refused(&format!("`expires` is more than {MAX_TOLERANCE_DAYS} days ahead"));
            }
            Some(_) => {}
        }
        if thresholds.contains_key(&entry.case) {
            return refused("two thresholds for the case");
        }
        thresholds.insert(entry.case.clone(), entry);
    }
    Ok(Thresholds(thresholds))
}

impl Thresholds {
    /// All thresholds, in the order of case names.
    pub fn entries(&self) -> impl Iterator<Item = &Threshold> {
        self.0.values()
    }

    /// The margin of the case as a fraction (0.08 for 8 %), if it has a threshold that has not expired `today`.
    pub fn wall(&self, case: &CaseName, today: Date) -> Option<f64> {
        let threshold = self.0.get(case)?;
        let holds = parse_date(&threshold.expires).is_some_and(|last| today <= last);
        holds.then(|| f64::from(threshold.wall_percent) / 100.0)
    }
}

/// Maximum number of days from today until the expiry of a threshold or an acceptance.
pub const MAX_TOLERANCE_DAYS: i32 = 90;

/// Whether `expires` is more than [`MAX_TOLERANCE_DAYS`] days after `today`.
pub fn is_past_max_tolerance(expires: Date, today: Date) -> bool {
    (expires - today).get_days() > MAX_TOLERANCE_DAYS
}

/// Parses a date of the form `YYYY-MM-DD`; `None` for any other form.
pub fn parse_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 1);

    const GOOD: &str = "schema = 1\n[[threshold]]\ncase = \"query/floor/10\"\nwall_percent = 8\n\
                        reason = \"checked URLs\"\nexpires = \"2026-12-31\"\n";

    #[test]
    fn a_margin_holds_until_its_day() {
        let thresholds = parse(GOOD, TODAY).unwrap();
        let case = |name: &str| CaseName::new(name).unwrap();
        assert_eq!(thresholds.wall(&case("query/floor/10"), jiff::civil::date(2026, 12, 31)), Some(0.08));
        assert_eq!(thresholds.wall(&case("query/floor/10"), jiff::civil::date(2027, 1, 1)), None);
        assert_eq!(thresholds.wall(&case("query/floor/11"), jiff::civil::date(2026, 1, 1)), None);
        assert_eq!(parse("schema = 1\nthreshold = []", TODAY).unwrap(), Thresholds::default());
    }

    #[test]
    fn a_tolerance_lasts_three_months() {
        assert!(!is_past_max_tolerance(jiff::civil::date(2027, 1, 30), TODAY), "90 days");
        assert!(is_past_max_tolerance(jiff::civil::date(2027, 1, 31), TODAY));
        assert!(!is_past_max_tolerance(jiff::civil::date(2020, 1, 1), TODAY), "that is over");
    }

    #[test]
    fn errors_name_the_cause_and_the_place() {
        for (from, to, says) in [
            ("schema = 1", "schema = 2", "schema 2"),
            ("wall_percent = 8", "wall_percent = 0", "from 1 to 100"),
            ("wall_percent = 8", "wall_percent = 101", "from 1 to 100"),
            ("wall_percent = 8", "wall_percent = -1", "integer"),
            ("checked URLs", "  ", "`reason` is empty"),
            ("2026-12-31", "31.12.2026", "not a date"),
            ("2026-12-31", "9999-12-31", "more than 90 days ahead"),
            ("query/floor/10", "query", "not a case name"),
            ("wall_percent", "percent", "unknown field"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD);
            let error = parse(&text, TODAY).unwrap_err();
            assert!(error.what.contains(says) && error.span.is_some(), "{from} -> {to}: {}", error.what);
        }
        let twice = format!("{GOOD}{}", GOOD.strip_prefix("schema = 1\n").unwrap());
        assert!(parse(&twice, TODAY).unwrap_err().what.contains("two thresholds"));
        assert!(parse("schema = 1", TODAY).is_err(), "cut before the list");
        let newer = parse("schema = 2\nmargins = 1", TODAY).unwrap_err();
        assert!(newer.what.contains("schema 2 is not the version"), "not a list of odd fields: {}", newer.what);
    }
}
