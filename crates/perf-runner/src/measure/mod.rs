//! Builds the measuring programs of a harness and runs them.
//!
//! - [`programs`]: the three programs, built by cargo. [`mod@key`]: what makes their values comparable.
//! - [`exact`], [`instructions`] (with [`callgrind`]) and [`wall`] (with [`divan_table`]) run them.
//! - [`build_record`]: whether what cargo calls built is of these sources. [`provenance`]: where a run comes from.

pub mod build_record;
pub mod callgrind;
pub mod divan_table;
pub mod exact;
pub mod instructions;
pub mod key;
pub mod programs;
pub mod provenance;
pub mod wall;
