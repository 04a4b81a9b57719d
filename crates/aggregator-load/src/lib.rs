//! Load on this engine: over mocks in this process, in virtual or in real time, or on a server over HTTP; each answer is checked
//! while it streams.
//!
//! - [`MockTarget`]: the engine over mocks, which knows what each request must come to.
//! - [`HttpTarget`]: a server, ours or any with OpenAI's chat completions; with the feature `network` only.
//! - `Options`, `run`: the command line of `cargo xtask perf load` and `aggregator load`; with the feature `program` only.
// Only rustdoc reads the README.
#![cfg_attr(doc, doc = include_str!(concat!("../", "README.md")))]

mod answer;
mod error;
mod error_kinds;
mod expectation;
#[cfg(feature = "network")]
mod http;
#[cfg(feature = "program")]
mod live;
mod mocks;
#[cfg(feature = "program")]
mod options;
#[cfg(feature = "program")]
mod outcome;
#[cfg(feature = "program")]
mod run;

pub use error::LoadError;
#[cfg(feature = "network")]
pub use http::{Api, HttpTarget, ServerSettings};
pub use mocks::{Events, MockTarget};
#[cfg(feature = "program")]
pub use options::{Levels, Options};
#[cfg(feature = "program")]
pub use outcome::Outcome;
#[cfg(feature = "program")]
pub use run::run;
