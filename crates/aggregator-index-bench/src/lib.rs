//! Measures `aggregator-index`, and the answers that `aggregator-extract` makes of the passages that the index finds.
//!
//! This is a harness of the performance gate, as `crates/perf-runner/README.md` describes one. It is not part of `perf-gate`,
//! because the full-text engine takes minutes to build. The cases are in the library, so that the tests run them too: each
//! [`Fault`] has to fail the rows that are there for it.
//!
//! The documents of `benches-data/handbook` are compiled in and written to a temporary folder whose path has the same length
//! on every machine: passages contain their path, so the heap depends on its length.

mod case;
mod cases;
mod documents;
mod fault;
pub mod labels;
mod scratch;

pub use case::{Case, HeapRule, Operation, Outcome};
pub use cases::CASES;
#[cfg(target_os = "linux")]
pub use cases::prepare_resident;
pub use fault::Fault;
