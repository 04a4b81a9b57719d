//! How pages are read.

use std::time::Duration;

use crate::query::Query;
use crate::settings::by_name::settings;

/// Least time for pages.
const MIN_TIME: Duration = Duration::from_millis(1);

settings! {
    /// How pages are read, by an engine that has a [`PageReader`](super::PageReader).
    pub struct ReadingSettings {
        /// Number of pages that are read, those of the best sources.
        pages: u32 = 3, 1 => 10;
        /// Time for all of them together; they are read at once.
        time: Duration = Duration::from_secs(2), MIN_TIME => Query::MAX_DEADLINE;
        /// Maximum length of the passages of a page in bytes. The best of its passages that fit the query are kept.
        passage_bytes: u32 = 2_400, 200 => 4_096;
    }
}
