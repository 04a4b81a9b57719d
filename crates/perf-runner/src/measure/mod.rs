//! Builds and runs the measuring programs of a harness.
//!
//! - [`programs`]: the three programs, built by cargo. [`mod@key`]: the conditions under which their values are comparable.
//! - [`exact`]: values that repeat exactly. [`instructions`]: instruction counts, by [`callgrind`].
//! - [`wall`]: wall time, from the output of divan ([`divan_table`]).
//! - [`build_record`]: detects stale artifacts of cargo. [`provenance`]: commit and machine of a run.

pub mod build_record;
pub mod callgrind;
pub mod divan_table;
pub mod exact;
pub mod instructions;
pub mod key;
pub mod programs;
pub mod provenance;
pub mod wall;
