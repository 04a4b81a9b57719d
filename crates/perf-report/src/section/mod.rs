//! The parts of a report.
//!
//! - [`verdict`]: the verdict and what limits it. [`rules`]: rules that the change loosens.
//! - [`sensitivity`]: what the run could have seen. [`attention`]: rows that did not pass, and what to do about them.
//! - [`cases`]: every row, by case; [`pairs`] and [`trend`] draw what was measured of a case.
//! - [`facts`]: machine, keys, tools, comparison.
//! - [`parts`]: what several of them write.

pub mod attention;
pub mod cases;
pub mod facts;
pub mod pairs;
pub mod parts;
pub mod rules;
pub mod sensitivity;
pub mod trend;
pub mod verdict;
