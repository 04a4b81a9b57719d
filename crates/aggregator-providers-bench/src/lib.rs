//! Measures `aggregator-providers`: decoders, parsers, searches, answers, and whole queries over the clients.
//!
//! This is a harness of the performance gate, as `crates/perf-runner/README.md` describes one. No case has a socket: a
//! [`Transport`](aggregator_providers::http::Transport) in memory gives responses in the form that the services send. The cases
//! are in the library, so that the tests run them too: each [`Fault`] has to fail the rows that are there for it.

mod case;
mod cases;
mod fault;
mod items;
mod polls;
mod recorded;
mod runtime;
mod transport;

pub use case::{Case, Observation, Workload};
pub use cases::{CASES, engine};
pub use fault::Fault;
