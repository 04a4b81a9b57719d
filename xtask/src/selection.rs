//! Which cases a command is about.

use globset::{Glob, GlobMatcher};
use perf_gate::{Baseline, CaseName};

use crate::failure::Failure;

/// The cases that `--only` leaves; all of them without it.
#[derive(Debug)]
pub struct Selection(Option<GlobMatcher>);

impl Selection {
    /// Reads the pattern; `*` also matches `/`, so that `query/*` is every size of every query.
    pub fn new(only: Option<&str>) -> Result<Self, Failure> {
        let Some(only) = only else { return Ok(Self(None)) };
        let glob = Glob::new(only).map_err(|error| {
            Failure::environment(
                format!("`--only` is not a pattern: {error}"),
                "write it like 'query/*' or '*/floor/*'",
            )
        })?;
        Ok(Self(Some(glob.compile_matcher())))
    }

    /// Whether it is all cases.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the case belongs to it.
    pub fn contains(&self, case: &CaseName) -> bool {
        self.0.as_ref().is_none_or(|glob| glob.is_match(case.as_str()))
    }

    /// The cases that belong to it. A pattern that matches none is an error, because its run could never be red; one that
    /// matches only what the baseline has is about cases that are gone.
    pub fn of(&self, cases: &[CaseName], baseline: Option<&Baseline>) -> Result<Vec<CaseName>, Failure> {
        let chosen: Vec<_> = cases.iter().filter(|case| self.contains(case)).cloned().collect();
        match &self.0 {
            Some(glob) if chosen.is_empty() && !self.is_stored(baseline) => Err(Failure::environment(
                format!("`--only '{}'` matches no case", glob.glob()),
                format!(
                    "the cases are: {} (all of them: cargo bench -p perf-gate --bench count -- --list)",
                    first_few(cases)
                ),
            )),
            _ => Ok(chosen),
        }
    }
}

impl Selection {
    fn is_stored(&self, baseline: Option<&Baseline>) -> bool {
        baseline.is_some_and(|baseline| baseline.records().any(|record| self.contains(record.case())))
    }
}

/// The first names, and how many more there are.
pub fn first_few(cases: &[CaseName]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<_> = cases.iter().take(SHOWN).map(CaseName::as_str).collect();
    match cases.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}
