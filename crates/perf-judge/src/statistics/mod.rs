//! Statistics of the judge: numbers in, numbers out. No file, no clock, no randomness but a seed that the caller gives.
//!
//! - [`estimate`]: how much slower head is than base, from pairs of processes, with bounds that assume no distribution.
//! - [`minimum_detectable_effect`] and [`pairs_needed`]: what such pairs can see, and how many it takes.
//! - [`clopper_pearson`]: what k of n proves about a rate, as the gate's own rate of false alarms.
//! - [`outliers()`] are counted and shown, never removed.
//! - [`other_tools`]: the rules of other tools, applied to the same data.
//!
//! Changes are **log ratios**, ln(head / base), without unit: they add, and twice as slow is as far from 0 as twice as
//! fast. [`percent`] is for people. Whatever cannot be computed (a value that is not finite, too few of them, a level
//! outside its range) is `None`, never a number that looks like a result.
//!
//! Golden values are in `xtask/tests/fixtures/statistics`, with the script that made them.

mod normal;
pub mod other_tools;
mod outliers;
mod planning;
mod proportion;
mod quantile;
mod signed_rank;
#[cfg(test)]
mod vectors;

pub use outliers::outliers;
pub use planning::{minimum_detectable_effect, pairs_needed, percent, robust_sd};
pub use proportion::{clopper_pearson, lower_bound, upper_bound};
pub use quantile::{median, quantile};
pub use signed_rank::{Estimate, estimate};
