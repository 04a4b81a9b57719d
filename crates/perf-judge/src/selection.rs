//! Selection of cases by a pattern.

use globset::{Glob, GlobMatcher};
use perf_gate::{Baseline, CaseName};

use crate::text;

/// The cases that match `--only`; every case without it.
#[derive(Debug)]
pub struct Selection(Option<GlobMatcher>);

impl Selection {
    /// Parses the pattern. `*` also matches `/`, so `query/*` matches each size of each query.
    ///
    /// # Errors
    /// If the pattern is not a glob.
    pub fn new(only: Option<&str>) -> Result<Self, InvalidPattern> {
        let Some(only) = only else { return Ok(Self(None)) };
        let glob = Glob::new(only).map_err(|error| InvalidPattern(text::sanitize(&error.to_string())))?;
        Ok(Self(Some(glob.compile_matcher())))
    }

    /// Whether the selection has no pattern.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the case is selected.
    pub fn contains(&self, case: &CaseName) -> bool {
        self.0.as_ref().is_none_or(|glob| glob.is_match(case.as_str()))
    }

    /// The selected ones of `cases`, in the same order.
    pub fn select(&self, cases: &[CaseName]) -> Vec<CaseName> {
        cases.iter().filter(|case| self.contains(case)).cloned().collect()
    }

    /// Checks that the pattern matches one of `cases`, or a case of a baseline, which then was removed.
    ///
    /// # Errors
    /// If it matches none, because such a run could never fail.
    pub fn check<'a>(
        &self,
        cases: &[CaseName],
        baselines: impl IntoIterator<Item = &'a Baseline>,
    ) -> Result<(), NoMatch> {
        let Some(glob) = &self.0 else { return Ok(()) };
        let mut stored = baselines.into_iter().flat_map(Baseline::records);
        let names_one =
            cases.iter().any(|case| self.contains(case)) || stored.any(|record| self.contains(record.case()));
        if names_one {
            return Ok(());
        }
        Err(NoMatch { pattern: text::sanitize(glob.glob().glob()), cases: list_first(cases) })
    }
}

/// The reason why a pattern is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(String);

/// A pattern that matches no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{pattern}' matches no case; the cases are: {cases}")]
pub struct NoMatch {
    /// The pattern, sanitized.
    pub pattern: String,
    /// The first existing cases, as text.
    pub cases: String,
}

/// The first eight names, and the number of further ones.
pub fn list_first(cases: &[CaseName]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<_> = cases.iter().take(SHOWN).map(CaseName::as_str).collect();
    match cases.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}
