//! Events as owned, versioned types with serde: what leaves a process.
//!
#![doc = include_str!("format.md")]

mod analysis;
mod event;
mod findings;
mod line;
mod number;
mod outcome;
mod policy;
mod source;
mod span;
mod summary;
mod text;
mod word;

pub use analysis::{
    Ambiguity, AmbiguityKind, Analysis, Complexity, Factor, FactorKind, InputType, InputTypeGuess, Level, OpenTerm,
    Segment, SegmentKind, Suggestion, Suitability, UnsuitableReason,
};
pub use event::{Event, EventKind, ProvisionalResult, SCHEMA, Schema, event_name};
pub use findings::{
    ContentKind, Contradiction, ContradictionKind, Domain, InterimSummary, KindCount, Patterns, Progress,
};
pub use line::{ReadError, to_json_line};
pub use number::{FiniteF64, SafeInteger, Score};
pub use outcome::{
    FinishReason, ModelReport, Outcome, PageReport, ProviderError, ProviderErrorKind, ProviderReport, Role, Truncation,
    Usage,
};
pub use policy::{PolicyAction, PolicyReport, RunOrigin};
pub use source::{Choice, RankedSource, Selection, SelectionReason, Source};
pub use span::Span;
pub use summary::{AnswerSummary, CancelReason, Dropped, ExecutionError, HitCounts, Stage, Summary};

/// The example of the README, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!(concat!("../", "README.md"))]
struct Readme;
