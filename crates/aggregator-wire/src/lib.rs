//! Events as owned, versioned types with serde: what leaves a process.
//!
#![doc = include_str!("format.md")]

mod analysis;
mod ending;
mod event;
mod findings;
mod line;
mod number;
mod outcome;
mod source;
mod span;
mod text;
mod word;

pub use analysis::{
    Ambiguity, Analysis, Complexity, Factor, FactorKind, InputType, InputTypeGuess, Level, OpenTerm, Openness, Segment,
    SegmentKind, Suggestion, Suitability, Unsuitable,
};
pub use ending::{AnswerSummary, CancelReason, Dropped, HitCounts, QueryFailure, Stage, Summary};
pub use event::{Event, EventKind, Found, SCHEMA, Schema};
pub use findings::{ContentKind, Contradiction, Domain, Interim, KindCount, Matter, Patterns, Progress};
pub use line::{ReadError, to_json_line};
pub use number::{Finite, Share, Whole};
pub use outcome::{Cut, FailureKind, ModelReport, Outcome, ProviderError, ProviderReport, Role, Usage};
pub use source::{Choice, RankedSource, Selection, Source, Why};
pub use span::Span;
