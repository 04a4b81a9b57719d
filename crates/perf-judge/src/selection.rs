//! Which cases a command is about.

use globset::{Glob, GlobMatcher};
use perf_gate::{Baseline, CaseName};

use crate::text;

/// The cases that `--only` leaves; all of them without it.
#[derive(Debug)]
pub struct Selection(Option<GlobMatcher>);

impl Selection {
    /// Reads the pattern; `*` also matches `/`, so that `query/*` is every size of every query.
    pub fn new(only: Option<&str>) -> Result<Self, InvalidPattern> {
        let Some(only) = only else { return Ok(Self(None)) };
        let glob = Glob::new(only).map_err(|error| InvalidPattern(text::sanitize(&error.to_string())))?;
        Ok(Self(Some(glob.compile_matcher())))
    }

    /// Whether it is all cases.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the case belongs to it.
    pub fn contains(&self, case: &CaseName) -> bool {
        self.0.as_ref().is_none_or(|glob| glob.is_match(case.as_str()))
    }

    /// The cases that belong to it.
    pub fn select(&self, cases: &[CaseName]) -> Vec<CaseName> {
        cases.iter().filter(|case| self.contains(case)).cloned().collect()
    }

    /// Whether it names something: one of these cases, or one that a baseline has, which is then gone. A pattern that names
    /// nothing is an error, because its run could never be red.
    ///
    /// # Errors
    /// When it does not.
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

/// A text that is no pattern, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(String);

/// A pattern that names no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{pattern}' matches no case; the cases are: {cases}")]
pub struct NoMatch {
    /// The pattern.
    pub pattern: String,
    /// The first cases that there are, for a person.
    pub cases: String,
}

/// The first names, and how many more there are.
pub fn list_first(cases: &[CaseName]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<_> = cases.iter().take(SHOWN).map(CaseName::as_str).collect();
    match cases.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}
