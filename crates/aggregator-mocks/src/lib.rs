//! Deterministic search providers and language models: what they do is data, and depends on nothing but a seed.
//!
//! - [`Scenario`]: a whole situation from `benches-data/scenarios/`, with what must come of it; [`library`] has them.
//! - [`ScriptedProvider`] and [`ScriptedModel`]: perform [`Step`]s at a [`Pace`], over the prose of a [`Corpus`].
//! - [`ProfiledProvider`] and [`ProfiledModel`]: do what real services were measured to do, drawn from the tables of a
//!   [`profile`].
//! - [`Probe`]: what a test can ask about them afterwards.
//! - [`Transcript`]: an account of a query's events that notices a broken invariant.
//! - [`labelled`]: queries that a person labelled, and how an analysis compares.
//! - [`real`], [`labelled_answers`]: queries and answers as people and models write them, labelled.
//! - [`labelled_pages`]: pages that a person labelled as relevant to a query or not.
//! - [`url_pairs`]: pairs of URLs of which a person says whether they are one page.
//! - [`contract`]: the promises of a provider as a test, for any implementor.
//!
//! No entropy, no wall clock, no files, no sockets: time is tokio's clock, which tests pause.

pub mod contract;
mod corpus;
mod expectation;
pub mod labelled;
pub mod labelled_answers;
pub mod labelled_pages;
pub mod library;
mod model;
mod probe;
pub mod profile;
mod profiled;
mod provider;
mod random;
pub mod real;
mod scenario;
mod script;
mod transcript;
pub mod url_pairs;

pub use corpus::{Corpus, CorpusError, List, Page, SNIPPET_CHARS};
pub use expectation::{End, Expectation};
pub use model::{ScriptedModel, Style, write_answer};
pub use probe::{Call, CallEnd, Probe};
pub use profiled::{ProfiledModel, ProfiledProvider};
pub use provider::ScriptedProvider;
pub use scenario::{Scenario, ScenarioError};
pub use script::{Pace, Step};
pub use transcript::Transcript;
