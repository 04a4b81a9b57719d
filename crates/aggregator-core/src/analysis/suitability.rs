//! Suitability of a query for a web search.

use super::Score;
use super::arithmetic::is_calculation;
use super::complexity::{Complexity, Level};
use super::input_type::{InputType, InputTypeGuess};
use super::token::{Part, Token, shape};

/// The reason for which a text does not suit a web search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UnsuitableReason {
    /// Nothing but white space and invisible characters.
    #[error("the query is empty")]
    Empty,
    /// More characters than allowed.
    #[error("the query has {chars} characters, more than {most}")]
    TooLong {
        /// Characters in the text.
        chars: usize,
        /// Most that are allowed.
        most: usize,
    },
    /// Nothing but marks of sentences; a symbol or an operator can be looked up.
    #[error("the query has no words")]
    NoWords,
    /// The query is a calculation.
    #[error("the query is a calculation")]
    Arithmetic,
    /// Several statements of code, and neither a question nor a message; a name, a call or an expression can be looked up.
    #[error("the query is code and asks nothing about it")]
    OnlyCode,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `UnsuitableReason`")]
pub type Unsuitable = UnsuitableReason;

/// A suggestion for a better query; `Display` is the sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suggestion {
    /// Ask something.
    AskSomething,
    /// Shorten the text to what matters.
    Shorten,
    /// Use words.
    UseWords,
    /// Use a calculator.
    UseCalculator,
    /// Ask about the rule behind the sum.
    AskAboutTheRule,
    /// Say what to find out about the code.
    SayWhatAboutTheCode,
    /// Ask the parts one by one.
    AskInParts,
    /// Say what is meant by the open terms.
    SayWhichMeaning,
}

impl std::fmt::Display for Suggestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AskSomething => "ask something",
            Self::Shorten => "shorten it to the question and the lines that matter",
            Self::UseWords => "describe it in words",
            Self::UseCalculator => "use a calculator",
            Self::AskAboutTheRule => "ask about the rule or the formula instead",
            Self::SayWhatAboutTheCode => "say what you want to know about the code, or paste the message that it gives",
            Self::AskInParts => "ask the parts one by one",
            Self::SayWhichMeaning => "add a word that says which meaning you want",
        })
    }
}

/// Whether a query suits a web search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suitability {
    /// Why not; `None` if it does.
    pub reason: Option<UnsuitableReason>,
    /// What could make the query better; never empty when there is a reason.
    pub suggestions: Vec<Suggestion>,
}

impl Suitability {
    /// Whether the query suits a web search.
    pub fn is_suitable(&self) -> bool {
        self.reason.is_none()
    }

    /// The reason for which the query does not suit a web search, with suggestions; `None` of a suitable query.
    pub fn explanation(&self) -> Option<(UnsuitableReason, &[Suggestion])> {
        self.reason.map(|reason| (reason, &*self.suggestions))
    }

    #[doc(hidden)]
    #[deprecated(note = "renamed to `explanation`")]
    pub fn refusal(&self) -> Option<(UnsuitableReason, &[Suggestion])> {
        self.explanation()
    }

    fn unsuitable(reason: UnsuitableReason) -> Self {
        let suggestions = match reason {
            UnsuitableReason::Empty => vec![Suggestion::AskSomething],
            UnsuitableReason::TooLong { .. } => vec![Suggestion::Shorten],
            UnsuitableReason::NoWords => vec![Suggestion::UseWords],
            UnsuitableReason::Arithmetic => vec![Suggestion::UseCalculator, Suggestion::AskAboutTheRule],
            UnsuitableReason::OnlyCode => vec![Suggestion::SayWhatAboutTheCode],
        };
        Self { reason: Some(reason), suggestions }
    }
}

/// The input of [`judge`].
pub(super) struct SuitabilityInput<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    /// Characters of a text that is too long.
    pub too_long: Option<usize>,
    pub max_chars: usize,
    pub input: &'a InputTypeGuess,
    pub complexity: &'a Complexity,
    pub ambiguity: Score,
}

/// Decides whether a query suits a web search. Unlike in the reference system error messages and very complex queries are
/// searched: people find others with the same message, and the parts of a complex query are its sub-queries.
pub(super) fn judge(known: &SuitabilityInput<'_>) -> Suitability {
    let SuitabilityInput { text, tokens, input, .. } = *known;
    #[cfg(feature = "seeded-faults")]
    {
        use crate::seeded_fault::{Fault, is_active};
        if is_active(Fault::AccusedQuery) && text.contains('(') {
            return Suitability::unsuitable(UnsuitableReason::OnlyCode);
        }
        if is_active(Fault::EveryQuerySuits) {
            return Suitability { reason: None, suggestions: Vec::new() };
        }
    }
    if tokens.is_empty() {
        return Suitability::unsuitable(UnsuitableReason::Empty);
    }
    if let Some(chars) = known.too_long {
        return Suitability::unsuitable(UnsuitableReason::TooLong { chars, most: known.max_chars });
    }
    if tokens.iter().all(|token| token.text(text).chars().all(is_of_sentences)) && !is_operator(text) {
        return Suitability::unsuitable(UnsuitableReason::NoWords);
    }
    if is_calculation(text, tokens) {
        return Suitability::unsuitable(UnsuitableReason::Arithmetic);
    }
    if input.input_type == InputType::Code && has_statements(tokens, text) {
        return Suitability::unsuitable(UnsuitableReason::OnlyCode);
    }
    let mut suggestions = Vec::new();
    if known.complexity.level == Level::VeryComplex {
        suggestions.push(Suggestion::AskInParts);
    }
    if known.ambiguity > Score::ZERO {
        suggestions.push(Suggestion::SayWhichMeaning);
    }
    Suitability { reason: None, suggestions }
}

/// A mark that stands in sentences, and alone says nothing.
fn is_of_sentences(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '-' | '…' | '¿' | '¡' | '"' | '\'' | '(' | ')')
        || matches!(c, '–' | '—' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '·' | '•' | '_')
        || matches!(
            c,
            '。' | '、' | '，' | '；' | '：' | '！' | '？' | '（' | '）' | '「' | '」' | '،' | '؛' | '؟' | '।'
        )
}

/// Marks of sentences that programming languages have as operators.
fn is_operator(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "??" | "?." | "?:" | "!" | "!!" | ".." | "..." | "::" | ":" | ";" | "()" | "--" | "_" | "__" | ".")
}

/// Least number of statements in a code listing. Users look up single expressions and commands, so less is searchable.
const STATEMENTS: usize = 3;

/// Whether code has several statements, told by lines and by what ends statements. Braces count where something else ends a
/// statement too: alone in a line they are the block of a command (`Where-Object { … }`), a placeholder or a template.
fn has_statements(tokens: &[Token], text: &str) -> bool {
    let ends_with = |token: &Token, marks: &[char]| token.part == Part::Code && token.text(text).ends_with(marks);
    // The first token begins a line in every text.
    let has_lines = tokens.iter().skip(1).any(|token| token.is(shape::NEWLINE));
    let braces = has_lines || tokens.iter().any(|token| ends_with(token, &[';']));
    let marks: &[char] = if braces { &[';', '{', '}'] } else { &[';'] };
    let ends = |token: &&Token| token.part == Part::Code && (token.is(shape::NEWLINE) || ends_with(token, marks));
    tokens.iter().filter(ends).count() >= STATEMENTS
}
