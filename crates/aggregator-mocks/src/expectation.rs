//! What must come of a query.

use serde::Deserialize;

/// What must come of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Name of the last event.
    pub end: TerminalEvent,
    /// Events in all.
    pub events: u64,
    /// Distinct results.
    pub results: u64,
    /// Hits merged into known results.
    pub merged: u64,
    /// Hits dropped.
    pub dropped: u64,
    /// Answer deltas.
    pub deltas: u64,
    /// Citations.
    pub citations: u64,
    /// Invented markers removed.
    pub invented: u64,
    /// Digest of all events, times apart; 16 hexadecimal digits.
    pub checksum: String,
}

impl Expectation {
    /// Every field as text, with its name in the file.
    pub fn fields(&self) -> [(&'static str, String); 9] {
        [
            ("end", format!("{:?}", self.end).to_lowercase()),
            ("events", self.events.to_string()),
            ("results", self.results.to_string()),
            ("merged", self.merged.to_string()),
            ("dropped", self.dropped.to_string()),
            ("deltas", self.deltas.to_string()),
            ("citations", self.citations.to_string()),
            ("invented", self.invented.to_string()),
            ("checksum", self.checksum.clone()),
        ]
    }
}

/// The kind of the last event of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalEvent {
    /// `EventKind::Done`.
    Done,
    /// `EventKind::Failed`.
    Failed,
    /// `EventKind::Cancelled`.
    Cancelled,
}
