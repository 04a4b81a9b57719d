//! Deterministic search providers and language models, for tests and measurements.
// Only rustdoc reads the README: what is measured is made of what the compiler reads.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

pub mod catalog;
pub mod contract;
mod corpus;
mod expectation;
#[cfg(feature = "fault-server")]
pub mod fault_server;
#[cfg(feature = "hostile-texts")]
pub mod hostile;
mod invariant_checker;
pub mod labels;
mod model;
mod probe;
pub mod profile;
mod profiled;
mod provider;
mod random;
mod reader;
mod scenario;
mod script;

pub use corpus::{Corpus, CorpusError, List, Page, SNIPPET_CHARS};
pub use expectation::{Expectation, TerminalEvent};
pub use invariant_checker::InvariantChecker;
pub use model::{ScriptedModel, Style, write_answer};
pub use probe::{Call, CallEnd, Probe};
pub use profiled::{ProfiledModel, ProfiledProvider};
pub use provider::ScriptedProvider;
pub use reader::{ScriptedPage, ScriptedReader};
pub use scenario::{Scenario, ScenarioError};
pub use script::{Pace, Step};
