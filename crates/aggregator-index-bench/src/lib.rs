//! Measures `aggregator-index`, and the answers that `aggregator-extract` makes of what it finds.
//!
//! It is a harness of the performance gate as `crates/perf-runner/README.md` describes one, and apart from `perf-gate` because
//! the full-text engine takes minutes to build. The cases are in the library, so that the tests run them too, each with a
//! fault that has to turn its rows red ([`Fault`]).
//!
//! The documents are those of `benches-data/handbook`. They are compiled in and written to a folder for temporary files, whose
//! path has the same length on every machine: addresses of passages have it in them, so the heap depends on it.

mod case;
mod cases;
mod documents;
mod fault;
pub mod labels;
mod scratch;
mod target;

pub use case::{Case, Heap, Operation, Outcome};
#[cfg(target_os = "linux")]
pub use cases::resident;
pub use cases::{CASES, find};
pub use fault::Fault;
pub use target::{Arguments, print, records};
