//! The analysis of a query, before providers are asked: a pure function of its text.
//!
//! ```text
//! &str -> tokens -> input type -> segments -> complexity, ambiguity, suitability
//! ```
//!
//! Rules and small word lists of seven languages, no model: an analysis takes microseconds, the same everywhere, and each
//! finding comes with what led to it. Everything is linear in the text, whatever the text; how often the labelled queries
//! in `tests/analysis` are understood is a snapshot beside them. (The author of those queries wrote the word lists, too:
//! expect less of queries by others.)
//!
//! - [`AnalysisSettings`] has the thresholds.
//! - [`InputType`]: natural language, code, error log, mixed.
//! - [`Complexity`] and [`Ambiguity`] have scores that are the sums of their parts.
//! - [`Segment`]s, and sub-queries that could be searched separately.
//! - [`Suitability`] for a web search.

mod ambiguity;
mod arithmetic;
mod complexity;
mod input_type;
mod lexicon;
mod query_terms;
mod score;
mod segments;
mod settings;
mod shorten;
mod suitability;
mod terms;
#[cfg(test)]
mod tests;
mod token;

pub use ambiguity::{Ambiguity, AmbiguityKind, Meanings, OpenTerm};
pub use complexity::{Complexity, Factor, FactorKind, Level};
pub use input_type::{InputType, InputTypeGuess};
pub(crate) use query_terms::QueryTerms;
pub use score::Score;
pub use segments::{Segment, SegmentKind};
pub use settings::AnalysisSettings;
pub(crate) use shorten::shorten;
pub use suitability::{Suggestion, Suitability, UnsuitableReason};
pub(crate) use terms::{shared, subject_hash, terms};

#[allow(deprecated)]
#[doc(hidden)]
pub use {ambiguity::Openness, suitability::Unsuitable};

use crate::settings::SettingsError;

/// The analysis of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Analysis {
    /// What the text consists of.
    pub input: InputTypeGuess,
    /// How much it asks for.
    pub complexity: Complexity,
    /// What it leaves open.
    pub ambiguity: Ambiguity,
    /// Pieces of the text, in order; at most [`AnalysisSettings::max_segments`], none of an empty text.
    pub segments: Vec<Segment>,
    /// What could be searched separately: the items of a list, or several questions, or the things that are compared;
    /// empty if it is one question. At most [`AnalysisSettings::max_segments`].
    pub sub_queries: Vec<String>,
    /// Whether it suits a web search.
    pub suitability: Suitability,
}

/// Analyses queries.
///
/// ```
/// use aggregator_core::analysis::{AnalysisSettings, Analyzer, InputType};
///
/// let analyzer = Analyzer::new(AnalysisSettings::default())?;
/// let analysis = analyzer.analyze("compare Rust and Go for network servers");
/// assert_eq!(analysis.input.input_type, InputType::NaturalLanguage);
/// assert_eq!(analysis.sub_queries, ["Rust for network servers", "Go for network servers"]);
/// assert!(!analyzer.analyze("12 * (3 - 4)").suitability.is_suitable());
/// # Ok::<(), aggregator_core::SettingsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Analyzer {
    limits: settings::Limits,
    refuses_unsuitable: bool,
}

impl Analyzer {
    /// Makes an analyzer with valid settings.
    ///
    /// # Errors
    /// Names the first setting outside its range.
    // By value, because the caller does not need the settings any more.
    #[allow(clippy::needless_pass_by_value)]
    pub fn new(settings: AnalysisSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let refuses_unsuitable = settings.refuse_unsuitable;
        Ok(Self { limits: settings::Limits::from(&settings), refuses_unsuitable })
    }

    /// Whether a query that does not suit a search fails.
    pub(crate) fn refuses_unsuitable(&self) -> bool {
        self.refuses_unsuitable
    }

    /// Analyses a text of any length and content; of one that is too long only the beginning.
    pub fn analyze(&self, text: &str) -> Analysis {
        let limits = &self.limits;
        let (text, too_long) = bounded(text, limits.chars);
        let mut tokens = token::tokenise(text);
        tokens.retain(|token| !token::is_invisible(token.text(text)));
        input_type::assign_parts(&mut tokens);
        let tokens = &tokens[..];
        let input = input_type::guess(tokens, limits.input_type);
        let pieces = segments::segment(text, tokens, limits);
        let complexity = complexity::measure(tokens, &pieces, limits.very_complex);
        let ambiguity = ambiguity::find(tokens, limits.confidence);
        let suitability = suitability::judge(&suitability::SuitabilityInput {
            text,
            tokens,
            too_long,
            max_chars: limits.chars,
            input: &input,
            complexity: &complexity,
            ambiguity: ambiguity.score,
        });
        Analysis {
            input,
            complexity,
            ambiguity,
            sub_queries: segments::sub_queries(text, tokens, &pieces, limits),
            segments: pieces.iter().map(|piece| Segment { span: piece.span(tokens), kind: piece.kind }).collect(),
            suitability,
        }
    }
}

/// The beginning of a text that is too long, with the number of its characters.
fn bounded(text: &str, max_chars: usize) -> (&str, Option<usize>) {
    // A text has at most as many characters as bytes.
    if text.len() <= max_chars {
        return (text, None);
    }
    match text.char_indices().nth(max_chars) {
        None => (text, None),
        Some((end, _)) => (&text[..end], Some(text.chars().count())),
    }
}
