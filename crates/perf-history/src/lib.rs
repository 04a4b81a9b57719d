//! Runs of a performance gate over time: the stored form of a run, the series of a case, its change points, and how they are shown.
//!
//! - [`run`]: a recorded run. [`file`](mod@file): its stored form, which is checked as a whole.
//! - [`point`]: what the runs say about one case. [`series`]: one metric of it over time, in parts whose values are comparable.
//! - [`trend`]: a series with its changes. [`picture`]: a trend as characters. [`report`]: what the screen shows.
//! - [`export`]: series for other programs. [`anchor`]: the values of an early commit.
//!
//! Nothing of a history decides what is measured, or which commit is the base. The crate reads no file: `perf-runner` does.

pub mod anchor;
mod columns;
pub mod export;
pub mod file;
pub mod picture;
pub mod point;
pub mod report;
pub mod run;
pub mod series;
pub mod trend;
