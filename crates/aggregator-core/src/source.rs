//! Pages, and the providers that returned them.

use std::fmt;
use std::sync::Arc;

use crate::text::CleanText;

/// Number of a result within its query, in order of discovery from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultId(pub u32);

/// Name of a provider; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(Arc<str>);

impl ProviderName {
    /// Makes a name, cleaned.
    pub fn new(name: &str) -> Self {
        Self(CleanText::single_line(name).as_str().into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A page as a provider returned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Address exactly as the provider gave it.
    pub url: CleanText,
    /// Title, cleaned and cut to [`Settings::MAX_TITLE_BYTES`](crate::Settings::MAX_TITLE_BYTES).
    pub title: CleanText,
    /// Snippet, cleaned and cut to [`Settings::MAX_SNIPPET_BYTES`](crate::Settings::MAX_SNIPPET_BYTES). One line; of several
    /// only where the provider [is local](crate::SearchProvider::is_local). Of a frozen source whose page was read, the passages
    /// that fit the query.
    pub snippet: CleanText,
    /// The provider that returned it.
    pub provider: ProviderName,
}

/// A source of the frozen list, with the number that the answer cites.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedSource {
    /// Number of the source in the answer's citations, from 1; also its final rank.
    pub number: u32,
    /// Number of the source in the result events.
    pub id: ResultId,
    /// Final score of the source, a sum of RRF terms, above 0; see [`crate::search`].
    pub score: f64,
    /// The page of the source.
    pub source: Arc<Source>,
}
