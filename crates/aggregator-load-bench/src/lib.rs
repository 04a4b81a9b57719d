//! Measures the engine under the load of many users, in virtual time: what each of them waits for, and what all of them take.
//!
//! This is a harness of the performance gate, as `crates/perf-runner/README.md` describes one. Scenarios are those of
//! `benches-data/load`, cut to a length that each change can run. Time is virtual, so every figure repeats exactly. The cases are in the
//! library, so that the tests run them too: each [`Fault`] has to fail the rows that are there for it.

mod case;
mod cases;
mod fault;

pub use case::{Case, Observation, Scale, Workload};
pub use cases::CASES;
pub use fault::Fault;
