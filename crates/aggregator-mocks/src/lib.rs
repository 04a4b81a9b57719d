//! Deterministic search providers and language models: what they do is data, and depends on nothing but a seed.
//!
//! - [`Scenario`]: a whole situation from `benches-data/scenarios/`, with what must come of it; [`catalog`] has them.
//! - [`ScriptedProvider`] and [`ScriptedModel`]: perform [`Step`]s at a [`Pace`], over the prose of a [`Corpus`].
//! - [`ProfiledProvider`] and [`ProfiledModel`]: do what real services were measured to do, drawn from the tables of a
//!   [`profile`].
//! - [`Probe`]: what a test can ask about them afterwards.
//! - [`InvariantChecker`]: checks the events of a query against the invariants.
//! - [`labels`]: what people say about queries, answers, pages and URLs.
//! - [`contract`]: the promises of a provider as a test, for any implementor.
//!
//! No entropy, no wall clock, no files, no sockets: time is tokio's clock, which tests pause.

pub mod catalog;
pub mod contract;
mod corpus;
mod expectation;
mod invariant_checker;
pub mod labels;
mod model;
mod probe;
pub mod profile;
mod profiled;
mod provider;
mod random;
mod scenario;
mod script;

pub use corpus::{Corpus, CorpusError, List, Page, SNIPPET_CHARS};
pub use expectation::{Expectation, TerminalEvent};
pub use invariant_checker::InvariantChecker;
pub use model::{ScriptedModel, Style, write_answer};
pub use probe::{Call, CallEnd, Probe};
pub use profiled::{ProfiledModel, ProfiledProvider};
pub use provider::ScriptedProvider;
pub use scenario::{Scenario, ScenarioError};
pub use script::{Pace, Step};
