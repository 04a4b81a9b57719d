//! What a query is.

use aggregator_core::analysis as core;
use serde::{Deserialize, Serialize};

use crate::number::{SafeInteger, Score};
use crate::span::Span;
use crate::text::clean;
use crate::word::words;

/// The analysis of a query. Offsets are bytes of the query's text as it was analysed: cleaned and
/// trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Analysis {
    /// What the text consists of.
    pub input: InputTypeGuess,
    /// How much it asks for.
    pub complexity: Complexity,
    /// What it leaves open.
    pub ambiguity: Ambiguity,
    /// Pieces of the query, in order.
    pub segments: Vec<Segment>,
    /// What could be searched separately; empty if it is one question.
    pub sub_queries: Vec<String>,
    /// Whether it suits a web search.
    pub suitability: Suitability,
}

impl From<&core::Analysis> for Analysis {
    fn from(analysis: &core::Analysis) -> Self {
        Self {
            input: (&analysis.input).into(),
            complexity: (&analysis.complexity).into(),
            ambiguity: (&analysis.ambiguity).into(),
            segments: analysis.segments.iter().map(Segment::from).collect(),
            sub_queries: analysis.sub_queries.iter().map(|text| clean(text)).collect(),
            suitability: (&analysis.suitability).into(),
        }
    }
}

/// What a text consists of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputTypeGuess {
    /// The type of the text.
    pub input_type: InputType,
    /// How sure that is.
    pub confidence: Score,
    /// Share of prose in the evidence.
    pub prose: Score,
    /// Share of code in the evidence.
    pub code: Score,
    /// Share of error messages in the evidence.
    pub error: Score,
}

impl From<&core::InputTypeGuess> for InputTypeGuess {
    fn from(guess: &core::InputTypeGuess) -> Self {
        let core::InputTypeGuess { input_type, confidence, prose, code, error } = *guess;
        Self {
            input_type: input_type.into(),
            confidence: confidence.into(),
            prose: prose.into(),
            code: code.into(),
            error: error.into(),
        }
    }
}

/// How much a query asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Complexity {
    /// The level that the score reaches.
    pub level: Level,
    /// The sum of what the factors contribute.
    pub score: Score,
    /// What was counted.
    pub factors: Vec<Factor>,
}

impl From<&core::Complexity> for Complexity {
    fn from(complexity: &core::Complexity) -> Self {
        let core::Complexity { level, score, factors } = complexity;
        Self { level: (*level).into(), score: (*score).into(), factors: factors.iter().map(Factor::from).collect() }
    }
}

/// Something that makes a query complex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Factor {
    /// What was counted.
    pub kind: FactorKind,
    /// How many there are.
    pub count: u32,
    /// What they add to the score.
    pub contribution: Score,
}

impl From<&core::Factor> for Factor {
    fn from(factor: &core::Factor) -> Self {
        let core::Factor { kind, count, contribution } = *factor;
        Self { kind: kind.into(), count, contribution: contribution.into() }
    }
}

/// What a query leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ambiguity {
    /// What is open, in the order of the text.
    pub open: Vec<OpenTerm>,
    /// The sum of the three parts.
    pub score: Score,
    /// Open meanings.
    pub meaning: Score,
    /// Open references.
    pub reference: Score,
    /// Conflicts.
    pub conflict: Score,
}

impl From<&core::Ambiguity> for Ambiguity {
    fn from(ambiguity: &core::Ambiguity) -> Self {
        let core::Ambiguity { open, score, meaning, reference, conflict } = ambiguity;
        Self {
            open: open.iter().map(OpenTerm::from).collect(),
            score: (*score).into(),
            meaning: (*meaning).into(),
            reference: (*reference).into(),
            conflict: (*conflict).into(),
        }
    }
}

/// Something that a query leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpenTerm {
    /// Where it stands in the query.
    pub bytes: Span,
    /// Why it is open.
    pub openness: AmbiguityKind,
    /// What it may mean, in English; empty for a reference.
    pub meanings: Vec<String>,
    /// How sure it is that this is open.
    pub confidence: Score,
}

impl From<&core::OpenTerm> for OpenTerm {
    fn from(term: &core::OpenTerm) -> Self {
        let core::OpenTerm { span, openness, meanings, confidence } = term;
        Self {
            bytes: span.into(),
            openness: (*openness).into(),
            meanings: meanings.iter().map(str::to_owned).collect(),
            confidence: (*confidence).into(),
        }
    }
}

/// A piece of the query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// Where it stands in the query.
    pub bytes: Span,
    /// What it is.
    pub kind: SegmentKind,
}

impl From<&core::Segment> for Segment {
    fn from(segment: &core::Segment) -> Self {
        let core::Segment { span, kind } = segment;
        Self { bytes: span.into(), kind: (*kind).into() }
    }
}

/// Whether a query suits a web search.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Suitability {
    /// Why not; absent if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<UnsuitableReason>,
    /// What could make the query better.
    pub suggestions: Vec<Suggestion>,
}

impl From<&core::Suitability> for Suitability {
    fn from(suitability: &core::Suitability) -> Self {
        let core::Suitability { reason, suggestions } = suitability;
        Self {
            reason: reason.map(UnsuitableReason::from),
            suggestions: suggestions.iter().map(|&one| one.into()).collect(),
        }
    }
}

/// Why a text is not searched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum UnsuitableReason {
    /// Nothing but white space and invisible characters.
    Empty,
    /// More characters than allowed.
    TooLong {
        /// Characters in the text.
        chars: SafeInteger,
        /// Most that are allowed.
        most: SafeInteger,
    },
    /// Nothing but marks of sentences.
    NoWords,
    /// The query is a calculation.
    Arithmetic,
    /// Several statements of code, and neither a question nor a message.
    OnlyCode,
    /// A reason that this version does not know.
    #[serde(other)]
    Unknown,
}

impl From<core::UnsuitableReason> for UnsuitableReason {
    fn from(reason: core::UnsuitableReason) -> Self {
        match reason {
            core::UnsuitableReason::Empty => Self::Empty,
            core::UnsuitableReason::TooLong { chars, most } => Self::TooLong { chars: chars.into(), most: most.into() },
            core::UnsuitableReason::NoWords => Self::NoWords,
            core::UnsuitableReason::Arithmetic => Self::Arithmetic,
            core::UnsuitableReason::OnlyCode => Self::OnlyCode,
            _ => Self::Unknown,
        }
    }
}

words! {
    /// What could make a query better.
    Suggestion of aggregator_core::analysis::Suggestion {
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
        SayWhichMeaning;
        _
    }

    /// What a text consists of.
    InputType of aggregator_core::analysis::InputType {
        /// Sentences or key words.
        NaturalLanguage,
        /// Code of some programming language, and hardly anything else.
        Code,
        /// An error message, a stack trace or lines of a log, and hardly anything else.
        ErrorLog,
        /// Several of them, each with a considerable share.
        Mixed
    }

    /// How complex a query is.
    Level of aggregator_core::analysis::Level {
        /// One thing to look up.
        Simple,
        /// Something to explain, with conditions, or a comparison.
        Moderate,
        /// Several questions or aspects that belong together.
        Complex,
        /// Many demands at once.
        VeryComplex
    }

    /// What makes a query complex.
    FactorKind of aggregator_core::analysis::FactorKind {
        /// Sentences, items and pieces of code beyond the first.
        Segments,
        /// Words.
        Words,
        /// Commas, conjunctions and words that begin clauses.
        Clauses,
        /// Long words, names from programs, and tokens of code and messages.
        Terms,
        /// Subjects beyond the first.
        Subjects,
        /// Comparisons.
        Comparisons,
        /// Words that ask for more than a fact.
        Depth
    }

    /// Why something is open.
    AmbiguityKind of aggregator_core::analysis::AmbiguityKind {
        /// A term has several common meanings, and the rest of the query speaks for none of them.
        Meaning,
        /// The rest of the query speaks for several meanings of a term.
        Conflict,
        /// A word stands for something that was not said.
        Reference
    }

    /// What a segment is.
    SegmentKind of aggregator_core::analysis::SegmentKind {
        /// A sentence that asks.
        Question,
        /// Any other sentence.
        Statement,
        /// An item of a numbered or bulleted list.
        Item,
        /// Code.
        Code,
        /// An error message, a stack trace, lines of a log.
        Error
    }
}
