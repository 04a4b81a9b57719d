//! The engine's settings: plain data with documented defaults.

pub mod by_name;

use std::time::Duration;

use crate::analysis::AnalysisSettings;
use crate::query::Query;
use crate::reading::ReadingSettings;
use crate::search::select::SelectionSettings;
use by_name::{Milliseconds, check, settings};

pub use by_name::SettingsError;

settings! {
    /// Limits and stages of every query of an engine.
    pub struct Settings {
        /// Time for a whole query, unless the query has its own deadline.
        deadline: Duration = Duration::from_secs(60), MIN_TIME => Query::MAX_DEADLINE;
        /// Time for each provider, unless it was added with its own.
        provider_timeout: Duration = Duration::from_secs(8), MIN_TIME => Query::MAX_DEADLINE;
        /// Number of providers that have finished with a hit, after which the others have only `enough_grace_ms` left; they have
        /// all of their time, if it is not set.
        enough_providers: Option<u32> = None, 1 => 64;
        /// Number of distinct results after which the providers have only `enough_grace_ms` left; they have all of their time, if
        /// it is not set.
        enough_sources: Option<u32> = None, 1 => 1_000;
        /// Time for the other providers once enough is found.
        enough_grace: Duration = Duration::from_millis(500), MIN_TIME => Query::MAX_DEADLINE;
        /// Maximum share of a query's time for the search if there is a model, in percent; the rest is for the model. Without a
        /// model the search may take all of it.
        search_share: u8 = 50, 1 => 99;
        /// How long one of several models may stay silent before the next one is called; if it is not set, for an equal share of
        /// the time that is left.
        model_patience: Option<Duration> = None, MIN_TIME => Query::MAX_DEADLINE;
        /// Number of distinct results after which an `Interim` event summarizes the results so far; no such events, if it is
        /// not set.
        streaming_batch_size: Option<u32> = None, 1 => 1_000;
        /// Whether a model summarizes the results so far after each batch; one call at a time, each at its cost. Needs
        /// `streaming_batch_size`.
        interim_synthesis: bool = false;
        /// Maximum number of hits of one provider.
        max_hits: u32 = 50, 1 => 1_000;
        /// Maximum number of frozen sources, unless the query has its own limit.
        max_sources: u32 = 20, 1 => Query::MAX_SOURCES;
        /// Whether contradictions among sources in numbers are reported.
        report_contradictions: bool = false;
        /// Whether sentences of which one denies the other are reported too. Experimental: too few have been seen to say how many
        /// reports are wrong. Needs `report_contradictions`.
        report_denials: bool = false;
        /// Maximum number of tokens of a model's prompt, at four bytes a token; the best sources that fit are in it.
        max_prompt_tokens: u32 = Self::DEFAULT_PROMPT_TOKENS, 256 => 1_000_000;
        /// Maximum length of an answer in bytes; a longer one is cut and marked as truncated.
        max_answer_bytes: u32 = 256 * 1_024, 1 => 16 * 1_024 * 1_024;
        sections {
            /// How queries are analysed before providers are asked; not at all, if it is absent. With an analysis, providers
            /// are asked for its search string.
            analysis: AnalysisSettings;
            /// How pages are read, by an engine that has a reader of pages; with the defaults, if it is absent.
            reading: ReadingSettings;
            /// Selection of sources among the results; by rank alone, if it is absent.
            selection: SelectionSettings;
        }
    }
}

impl Settings {
    /// [`Self::max_prompt_tokens`] unless set.
    pub const DEFAULT_PROMPT_TOKENS: u32 = 6_000;
    /// Longest title in bytes; longer ones are cut.
    pub const MAX_TITLE_BYTES: usize = 512;
    /// Longest snippet in bytes; longer ones are cut.
    pub const MAX_SNIPPET_BYTES: usize = 4_096;
    /// Longest URL in bytes; hits with longer ones are dropped.
    pub const MAX_URL_BYTES: usize = 2_048;
}

const MIN_TIME: Duration = Duration::from_millis(1);

pub(crate) fn check_timeout(timeout: Duration) -> Result<(), SettingsError> {
    check("timeout_ms", Milliseconds(timeout), Milliseconds(MIN_TIME), Milliseconds(Query::MAX_DEADLINE))
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
        assert_eq!(with(|s| s.deadline = Duration::ZERO), Err("deadline_ms = 0 is not between 1 and 3600000".into()));
        let half = with(|s| s.deadline = Duration::from_micros(500));
        assert_eq!(half, Err("deadline_ms = 0.5 is not between 1 and 3600000".into()));
        assert!(with(|s| s.deadline = Duration::MAX).is_err());
        assert!(with(|s| s.provider_timeout = Duration::ZERO).is_err());
        let analysis = |s: &mut Settings| {
            s.analysis = Some(AnalysisSettings { max_segments: 0, ..AnalysisSettings::default() });
        };
        assert_eq!(with(analysis), Err("max_segments = 0 is not between 1 and 50".into()));
        assert!(with(|s| s.search_share = 0).is_err());
        assert!(with(|s| s.search_share = 100).is_err());
        assert!(with(|s| s.streaming_batch_size = Some(0)).is_err());
        assert!(with(|s| s.max_hits = 0).is_err());
        assert!(with(|s| s.max_hits = 1_001).is_err());
        assert!(with(|s| s.max_sources = 0).is_err());
        let selection = |s: &mut Settings| {
            s.selection = Some(SelectionSettings { diversity_factor: 1.5, ..SelectionSettings::default() });
        };
        assert_eq!(with(selection), Err("diversity_factor = 1.5 is not between 0 and 1".into()));
        let reading = |s: &mut Settings| {
            s.reading = Some(ReadingSettings { passage_bytes: 4_097, ..ReadingSettings::default() });
        };
        assert_eq!(Settings::MAX_SNIPPET_BYTES, 4_096, "the passages of a page are a snippet");
        assert_eq!(with(reading), Err("passage_bytes = 4097 is not between 200 and 4096".into()));
        assert!(with(|s| s.max_answer_bytes = 0).is_err());
        assert!(with(|s| s.max_answer_bytes = u32::MAX).is_err());
    }
}
