//! Statistics of a performance gate, as pure functions: numbers in, numbers out.
//!
//! - [`estimate`]: the change from base to head with distribution-free confidence bounds, from pairs of processes.
//! - [`SwapTest`]: the same, by the faster half of the processes of each side. [`combine`]: the mean of many estimates.
//! - [`minimum_detectable_effect`] and [`pairs_needed`]: power and sample size of such pairs.
//! - [`change_points`]: where the level of a series changes.
//! - [`clopper_pearson`]: confidence bounds of a rate from k of n, such as the false positive rate of the gate.
//! - [`outliers()`]: the number of outliers; none is removed.
//! - [`rng`]: random numbers from a seed.
//! - [`mcnemar()`], [`paired_bootstrap()`] and [`holm()`]: whether answers to the same questions differ, in many rows at once.
//!
//! Changes of times are **log ratios**, ln(head / base), without unit: they add, and half and twice the time are equally far from 0.
//! [`percent`] converts them. A result that cannot be computed (a value is not finite, the sample is too small, a level is out
//! of range) is `None`.
//!
//! Expected values are in `tests/fixtures/statistics`, with the script that computes them.

pub mod change_points;
mod combined;
mod fraction;
mod holm;
mod mcnemar;
mod normal;
mod outliers;
mod paired_bootstrap;
mod planning;
mod proportion;
mod quantile;
pub mod rng;
mod signed_rank;
mod swap_test;
#[cfg(test)]
mod vectors;

pub use combined::combine;
pub use fraction::Fraction;
pub use holm::holm;
pub use mcnemar::{fewest_discordant, mcnemar};
pub use outliers::outliers;
pub use paired_bootstrap::{Bootstrap, PairedScore, RESAMPLES, paired_bootstrap};
pub use planning::{minimum_detectable_effect, pairs_needed, percent, robust_sd, standard_error, z};
pub use proportion::{binomial_cdf, clopper_pearson, lower_bound, upper_bound};
pub use quantile::{median, quantile};
pub use signed_rank::{Estimate, estimate, is_above};
pub use swap_test::SwapTest;
