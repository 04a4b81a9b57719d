//! One query becomes one ordered stream of events: a status at once, then search results from several providers as they
//! arrive (merged, deduplicated, ranked), then an answer streamed from a language model with citations that can be
//! checked.
//!
//! ```text
//! Query -> QueryStream: Stream<Item = Event>
//! ```
//!
//! The engine owns no task: a query is one value that its caller polls. Dropping it drops every provider call at once,
//! back-pressure reaches the sockets, and memory is bounded by construction.
//!
//! # Map
//! - Start with [`Engine`]: built once from [`SearchProvider`]s, a [`LanguageModel`] and [`Settings`], asked many times.
//! - [`QueryStream`] is one query; [`Canceller`] ends it from elsewhere; [`Engine::ask`] gives
//!   its [`Reply`] as a whole.
//! - [`Batch`] is many queries over one engine, a limited number at a time.
//! - [`event`] is the contract with the caller who reads the stream; text from outside is a [`CleanText`](event::CleanText)
//!   there.
//! - [`provider`] and [`model`] are the contracts with their implementors.
//! - [`analysis`] says what a query is, before any provider is asked.
//! - [`settings_by_name`] is for files and tables of settings.
//! - [`search`] is the first stage: fan-out, [canonical URLs](search::canonical), merging and ranking.
//! - [`answer`] is the second: bounded text, citation markers.
//!
//! # Example
//! ```
//! use aggregator_core::event::EventKind;
//! use aggregator_core::provider::{Hit, HitStream, SearchRequest};
//! use aggregator_core::{Engine, Query, SearchProvider};
//! use futures::StreamExt as _;
//!
//! struct OnePage;
//!
//! impl SearchProvider for OnePage {
//!     fn name(&self) -> &str {
//!         "one-page"
//!     }
//!
//!     fn search(&self, _: SearchRequest) -> HitStream {
//!         let hit = Hit {
//!             url: "https://example.org/?utm_source=doc".into(),
//!             title: "Example".into(),
//!             snippet: "A page for examples.".into(),
//!         };
//!         Box::pin(futures::stream::iter([Ok(hit)]))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let engine = Engine::builder().provider(OnePage).build()?;
//! let mut events = engine.run(Query::new("what is an example?")?);
//! while let Some(event) = events.next().await {
//!     if let EventKind::Result { rank, source, .. } = &event.kind {
//!         println!("{rank}. {} <{}>", source.title, source.url);
//!     }
//! }
//! # Ok(()) })
//! # }
//! ```

pub mod analysis;
pub mod answer;
mod batch;
mod cancel;
mod deadline;
mod engine;
pub mod event;
mod isolate;
mod limits;
pub mod model;
pub mod provider;
mod query;
mod query_limit;
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

pub use batch::{Batch, BatchItem};
pub use cancel::Canceller;
pub use engine::{BuildError, Engine, EngineBuilder, ProviderOptions};
pub use event::Event;
pub use model::LanguageModel;
pub use provider::SearchProvider;
pub use query::{Query, QueryError};
#[allow(deprecated)]
#[doc(hidden)]
pub use reply::{Asking, Ending};
pub use reply::{Citation, QueryOutcome, Reply, ReplyFuture};
pub use search::merge::WeightError;
pub use settings::by_name as settings_by_name;
pub use settings::{Settings, SettingsError};
pub use stream::QueryStream;

/// What measurements and tests of this workspace look at by itself. No part of the interface: it may change at any time.
#[doc(hidden)]
pub mod internals {
    pub use crate::answer::citations::{CitationScanner, Scanned};
    pub use crate::search::merge::{Merged, RankedProvider, RankedResult, RejectReason, ResultSet, Weight};
}

/// The Rust of the README, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
