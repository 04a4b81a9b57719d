//! The names of what events consist of, for tests of forms that events take outside of this crate.
//!
//! Out there a `match` on a non-exhaustive enum needs a wildcard, so a new variant compiles and loses its form unseen.
//! In here it does not compile until it is named below, and the tests of each form require one for every name. The same
//! holds for the fields of non-exhaustive structs.

use super::{CancelReason, EventKind, ExecutionError, Outcome, Role, RunOrigin, Stage, Truncation};
use crate::analysis::{Analysis, Suggestion, UnsuitableReason};
use crate::answer::contradictions::{Contradiction, ContradictionKind};
use crate::model::FinishReason;
use crate::policy::PolicyAction;
use crate::provider::ProviderErrorKind;
use crate::search::patterns::{InterimSummary, Patterns};
use crate::search::select::{Selection, SelectionReason};

/// A non-exhaustive enum.
pub trait Variants {
    /// The names of all variants.
    const VARIANTS: &'static [&'static str];

    /// The name of this one.
    fn variant(&self) -> &'static str;
}

/// A non-exhaustive struct.
pub trait Fields {
    /// The names of all fields.
    const FIELDS: &'static [&'static str];
}

macro_rules! variants {
    ($($type:ty: $($variant:ident)+;)+) => {$(
        impl Variants for $type {
            const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),+];

            #[inline]
            fn variant(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                }
            }
        }
    )+};
}

macro_rules! fields {
    ($($type:ident: $($field:ident)+;)+) => {$(
        impl Fields for $type {
            const FIELDS: &'static [&'static str] = {
                // Compiles as long as there is no other field.
                const fn _all($type { $($field: _),+ }: &$type) {}
                &[$(stringify!($field)),+]
            };
        }
    )+};
}

variants! {
    EventKind: Status Analysis Queued Reused Policy ProviderStarted ProviderFinished Result ResultRevised Interim PartialSynthesis Sources
        PageRead Contradictions AnswerDelta Citation Usage ModelFinished Done Failed Cancelled;
    RunOrigin: Cache Running;
    PolicyAction: Waiting Retrying BreakerOpened Probing BreakerClosed LimitLearnt LimitIsLocal;
    Stage: Searching Reading Answering;
    Outcome: Ok Partial Timeout Error Cancelled Enough Skipped;
    Truncation: Limit Timeout Enough Error;
    FinishReason: Stop Length Filter Unanswered;
    Role: Writer Panelist Lead Interim;
    ExecutionError: Unsuitable AllProvidersFailed Model DeadlineExceeded;
    CancelReason: Requested Shutdown;
    ProviderErrorKind: Unreachable Unauthorized RateLimited BadResponse Truncated Panicked NotAsked Other;
    UnsuitableReason: Empty TooLong NoWords Arithmetic OnlyCode;
    Suggestion: AskSomething Shorten UseWords UseCalculator AskAboutTheRule SayWhatAboutTheCode AskInParts
        SayWhichMeaning;
    ContradictionKind: NumberOf Statement;
    SelectionReason: Relevant Different Needed;
}

fields! {
    Analysis: input complexity ambiguity segments sub_queries suitability;
    InterimSummary: results patterns best progress;
    Patterns: domains kinds confirmed;
    Selection: choices below_threshold passed_over not_considered;
    Contradiction: sources given matter;
}
