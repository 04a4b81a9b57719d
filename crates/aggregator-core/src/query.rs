//! The question, with its limits.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::answer::mode::Mode;
use crate::conversation::{Conversation, Turn};
use crate::policy::PolicyReports;
use crate::text::CleanText;

/// A question and what may be spent on it.
///
/// A query is valid by construction, so it can always be run.
///
/// ```
/// # use aggregator_core::Query;
/// # use std::time::Duration;
/// let query = Query::new("how does cancellation work in async Rust?")?.with_deadline(Duration::from_secs(10))?;
/// assert!(Query::new("  \n ").is_err());
/// # Ok::<(), aggregator_core::QueryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// One line.
    text: CleanText,
    /// As it was written, where that is more than one line.
    lines: Option<Box<CleanText>>,
    conversation: Option<Box<Conversation>>,
    /// In nanoseconds: as a `Duration` it would be twice as large.
    deadline: Option<NonZeroU64>,
    /// Where what policies report is collected.
    policy_reports: Option<PolicyReports>,
    max_sources: Option<NonZeroU32>,
    mode: Mode,
    seed: u64,
}

/// Why a text or a limit makes no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Nothing is left of the text when white space and invisible characters are removed.
    #[error("the query is empty: ask something")]
    Empty,
    /// The text is longer than [`Query::MAX_CHARS`].
    #[error("the query has {chars} characters, at most {} are allowed: shorten it", Query::MAX_CHARS)]
    TooLong {
        /// Characters in the refused text.
        chars: usize,
    },
    /// The deadline is zero or longer than [`Query::MAX_DEADLINE`].
    #[error("deadline_ms = {} is not between 1 and {}", given.as_secs_f64() * 1e3, Query::MAX_DEADLINE.as_millis())]
    Deadline {
        /// The refused deadline, as it was given.
        given: Duration,
    },
    /// The number of sources is zero or larger than [`Query::MAX_SOURCES`].
    #[error("max_sources = {given} is not between 1 and {}", Query::MAX_SOURCES)]
    Sources {
        /// The refused number, as it was given.
        given: u32,
    },
}

impl Query {
    /// Longest text, in characters: room for a question with a stack trace of a hundred frames. (The reference system takes
    /// 2,000.)
    pub const MAX_CHARS: usize = 16_000;
    /// Longest deadline.
    pub const MAX_DEADLINE: Duration = Duration::from_secs(3_600);
    /// Most sources that can be frozen for an answer.
    pub const MAX_SOURCES: u32 = 1_000;

    /// Makes a query from a person's text; it is cleaned ([`CleanText::multi_line`]) and trimmed.
    ///
    /// # Errors
    /// [`QueryError::Empty`] and [`QueryError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, QueryError> {
        let text = text.into();
        // Counted before cleaning, so that a huge text of invisible characters costs one pass and no copy.
        let trimmed = text.trim();
        if trimmed.len() > Self::MAX_CHARS {
            let chars = trimmed.chars().count();
            if chars > Self::MAX_CHARS {
                return Err(QueryError::TooLong { chars });
            }
        }
        let mut text = CleanText::multi_line(text);
        if text.trim().is_empty() {
            return Err(QueryError::Empty);
        }
        if text.trim().len() != text.len() {
            text = CleanText::multi_line(text.trim());
        }
        let (text, lines) = match text.contains(['\n', '\t']) {
            true => (CleanText::single_line(text.as_str()), Some(Box::new(text))),
            false => (text, None),
        };
        Ok(Self {
            text,
            lines,
            conversation: None,
            deadline: None,
            policy_reports: None,
            max_sources: None,
            mode: Mode::default(),
            seed: 0,
        })
    }

    /// Sets the time the whole query may take, counted from the first poll of its stream.
    ///
    /// # Errors
    /// [`QueryError::Deadline`] outside 1 ms to [`Self::MAX_DEADLINE`].
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, QueryError> {
        if deadline < Duration::from_millis(1) || deadline > Self::MAX_DEADLINE {
            return Err(QueryError::Deadline { given: deadline });
        }
        // An hour has fewer nanoseconds than fit.
        self.deadline = u64::try_from(deadline.as_nanos()).ok().and_then(NonZeroU64::new);
        Ok(self)
    }

    /// Sets how many results are frozen as sources for the answer.
    ///
    /// # Errors
    /// [`QueryError::Sources`] outside 1 to [`Self::MAX_SOURCES`].
    pub fn with_max_sources(mut self, max_sources: u32) -> Result<Self, QueryError> {
        let checked = NonZeroU32::new(max_sources).filter(|_| max_sources <= Self::MAX_SOURCES);
        self.max_sources = Some(checked.ok_or(QueryError::Sources { given: max_sources })?);
        Ok(self)
    }

    /// Sets what kind of answer is wanted; [`Mode::Research`] unless set.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the seed that providers and models are given for whatever they choose at random; 0 unless set.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the earlier turns of the conversation, the first one first; the last 16 are kept. Prompts mark them as
    /// untrusted text. The engine [searches](Self::search_text) a question that goes on from them with its subject.
    #[must_use]
    pub fn with_turns(mut self, turns: impl IntoIterator<Item = Turn>) -> Self {
        let conversation = Conversation::new(turns, &self.text);
        self.conversation = (!conversation.turns.is_empty()).then(|| Box::new(conversation));
        self
    }

    /// The query of an engine that has policies: what they report is collected.
    pub(crate) fn with_policy_reports(mut self) -> Self {
        self.policy_reports = Some(PolicyReports::default());
        self
    }

    /// What policies have reported for this query, if that is collected.
    pub(crate) fn policy_reports(&self) -> Option<&PolicyReports> {
        self.policy_reports.as_ref()
    }

    /// The cleaned, trimmed text, on one line.
    pub fn text(&self) -> &CleanText {
        &self.text
    }

    /// The cleaned, trimmed text with its lines: code and messages of programs are recognised by them.
    pub fn lines(&self) -> &CleanText {
        self.lines.as_deref().unwrap_or(&self.text)
    }

    /// The earlier turns, the first one first.
    pub fn turns(&self) -> &[Turn] {
        self.conversation.as_ref().map_or(&[], |conversation| &conversation.turns)
    }

    /// What to search for: the text, or what it asks with its subject from the earlier turns, as `and in Java?`.
    pub fn search_text(&self) -> &CleanText {
        self.resolved_text().unwrap_or(&self.text)
    }

    /// The text with its subject from the earlier turns, if it goes on from them.
    pub(crate) fn resolved_text(&self) -> Option<&CleanText> {
        self.conversation.as_ref()?.search_text.as_ref()
    }

    /// The time the whole query may take, if set here rather than in the engine's settings.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline.map(|nanos| Duration::from_nanos(nanos.get()))
    }

    /// How many results are frozen as sources, if set here rather than in the engine's settings.
    pub fn max_sources(&self) -> Option<u32> {
        self.max_sources.map(NonZeroU32::get)
    }

    /// What kind of answer is wanted.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The seed for random choices.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_tested_at_their_edges() {
        assert!(Query::new("x".repeat(16_000)).is_ok());
        assert_eq!(Query::new("x".repeat(16_001)), Err(QueryError::TooLong { chars: 16_001 }));
        assert!(Query::new("é".repeat(16_000)).is_ok(), "characters count, not bytes");
        let padded = format!("{0}x{0}", " \n".repeat(10_000));
        assert_eq!(Query::new(padded).unwrap().text().as_str(), "x", "white space around it does not count");
        for empty in ["", " \t\r\n", "\u{200b}\u{202e}\0"] {
            assert_eq!(Query::new(empty), Err(QueryError::Empty));
        }
        let query = Query::new(" a\nb ").unwrap();
        assert_eq!(query.text().as_str(), "a b");
        assert_eq!(query.lines().as_str(), "a\nb");
        assert_eq!(Query::new("a b\u{202e}").unwrap().lines().as_str(), "a b");
        assert!(query.clone().with_deadline(Duration::from_millis(1)).is_ok());
        assert!(query.clone().with_deadline(Duration::from_micros(999)).is_err());
        assert!(query.clone().with_deadline(Query::MAX_DEADLINE).is_ok());
        assert!(query.clone().with_deadline(Duration::MAX).is_err());
        assert!(query.clone().with_max_sources(0).is_err());
        assert!(query.clone().with_max_sources(1_000).is_ok());
        assert!(query.with_max_sources(1_001).is_err());
    }
}
