//! Measures `aggregator-http`: whole requests, streams that are open, and clients that go away; and beside it an endpoint of hyper
//! alone that sends the same bytes.
//!
//! This is a harness of the performance gate, as `crates/perf-runner/README.md` describes one. No case has a socket: client and
//! server are two tasks of one thread with a pipe in memory between them, and the clock is tokio's, paused. The cases are in the
//! library, so that the tests run them too: each [`Fault`] has to fail the rows that are there for it.

mod bare;
mod case;
mod cases;
mod client;
mod endpoint;
mod fault;
mod wire;

pub use bare::{Recorded, Schedule, SecondWaitAt, SinceRequest, bare_connection};
pub use case::{Case, Observation, Workload};
pub use cases::CASES;
pub use client::{Response, request};
pub use endpoint::{Endpoint, record};
pub use fault::Fault;
