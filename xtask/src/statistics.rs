//! Statistics of the judge: numbers in, numbers out. No file, no clock, no randomness but a seed that the caller gives.
//!
//! - [`outliers()`] are counted and shown, never removed.
//!
//! Whatever cannot be computed (a value that is not finite, too few of them, a level
//! outside its range) is `None`, never a number that looks like a result.
//!
//! Golden values are in `xtask/tests/fixtures/statistics`, with the script that made them.

mod outliers;
mod quantile;
#[cfg(test)]
mod vectors;

pub use outliers::{Outliers, outliers};
pub use quantile::quantile;
