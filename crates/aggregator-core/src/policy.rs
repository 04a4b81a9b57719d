//! The engine's settings: plain data with documented defaults.

use std::time::Duration;

use crate::query::Query;

/// What every query of an engine may spend.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Time for a whole query, unless the query says otherwise. 1 ms to [`Query::MAX_DEADLINE`]; default 60 s.
    pub deadline: Duration,
    /// Time for each provider, unless it was added with its own. 1 ms to [`Query::MAX_DEADLINE`]; default 8 s.
    pub provider_timeout: Duration,
    /// How much of a query's time the search may take when a model is to answer, in percent: what is left is the
    /// model's. 1 to 99; default 50. Without a model the search may take all of it.
    pub search_share: u8,
    /// Most hits that are taken from one provider. 1 to 1,000; default 50.
    pub max_hits: u32,
    /// Most results that are frozen as sources, unless the query says otherwise. 1 to [`Query::MAX_SOURCES`];
    /// default 20.
    pub max_sources: u32,
    /// Longest answer in bytes; it is cut there and marked as truncated. 1 to 16 MiB; default 256 KiB.
    pub max_answer_bytes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            provider_timeout: Duration::from_secs(8),
            search_share: 50,
            max_hits: 50,
            max_sources: 20,
            max_answer_bytes: 256 * 1_024,
        }
    }
}

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {given} is not between {least} and {most}")]
pub struct SettingsError {
    name: &'static str,
    given: String,
    least: String,
    most: String,
}

impl Settings {
    /// Longest title in bytes; longer ones are cut.
    pub const MAX_TITLE_BYTES: usize = 512;
    /// Longest snippet in bytes; longer ones are cut.
    pub const MAX_SNIPPET_BYTES: usize = 4_096;
    /// Longest URL in bytes; hits with longer ones are dropped.
    pub const MAX_URL_BYTES: usize = 2_048;

    /// Checks every setting against its range.
    ///
    /// # Errors
    /// Names the first setting that is outside.
    pub fn check(&self) -> Result<(), SettingsError> {
        check("deadline", Spelled(self.deadline), MIN_TIME, MAX_TIME)?;
        check("provider_timeout", Spelled(self.provider_timeout), MIN_TIME, MAX_TIME)?;
        check("search_share", self.search_share, 1, 99)?;
        check("max_hits", self.max_hits, 1, 1_000)?;
        check("max_sources", self.max_sources, 1, Query::MAX_SOURCES)?;
        check("max_answer_bytes", self.max_answer_bytes, 1, 16 * 1_024 * 1_024)
    }
}

const MIN_TIME: Spelled = Spelled(Duration::from_millis(1));
const MAX_TIME: Spelled = Spelled(Query::MAX_DEADLINE);

/// A duration that is displayed as people write it.
#[derive(PartialEq, PartialOrd)]
struct Spelled(Duration);

impl std::fmt::Display for Spelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.0, f)
    }
}

pub(crate) fn check_timeout(timeout: Duration) -> Result<(), SettingsError> {
    check("timeout", Spelled(timeout), MIN_TIME, MAX_TIME)
}

pub(crate) fn check<T: PartialOrd + ToString>(
    name: &'static str,
    given: T,
    least: T,
    most: T,
) -> Result<(), SettingsError> {
    if given >= least && given <= most {
        return Ok(());
    }
    Err(SettingsError { name, given: given.to_string(), least: least.to_string(), most: most.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_edges_are_checked() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check().map_err(|error| error.to_string())
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(with(|s| s.deadline = Duration::ZERO), Err("deadline = 0ns is not between 1ms and 3600s".into()));
        assert!(with(|s| s.deadline = Duration::MAX).is_err());
        assert!(with(|s| s.provider_timeout = Duration::ZERO).is_err());
        assert!(with(|s| s.search_share = 0).is_err());
        assert!(with(|s| s.search_share = 100).is_err());
        assert!(with(|s| s.max_hits = 0).is_err());
        assert!(with(|s| s.max_hits = 1_001).is_err());
        assert!(with(|s| s.max_sources = 0).is_err());
        assert!(with(|s| s.max_answer_bytes = 0).is_err());
        assert!(with(|s| s.max_answer_bytes = u32::MAX).is_err());
    }
}
