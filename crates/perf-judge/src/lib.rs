//! The judge: turns a measured run, a baseline, budgets and thresholds into rows with verdicts and one exit code.
//!
//! The crate is pure: it uses no file, process, clock or environment (`clippy.toml` forbids them). `perf-runner` measures and
//! reads, and passes data to this crate, so the rules can be tested and simulated alone.
//!
//! - [`run`]: a measured run as data. [`pairs`]: paired wall times as data, and the number of pairs of each case.
//! - [`judge`]: the rules, which make [`row`]s, each with a [`verdict`] and [`next_step`]s.
//! - [`quality`]: quality of answers, by labelled questions: lines, rule, tests against the base, reports.
//! - [`rules`]: the rules that a change loosens.
//! - [`slack`]: improvements that the baseline does not have yet.
//! - [`budget`], [`thresholds`] and [`anchor`]: absolute limits, margins, and limits over an early commit, read with [`rule_file`].
//! - [`selection`]: the cases of `--only`.
//! - [`comparability`]: why a baseline is not comparable. [`baseline_update`]: the next baseline.
//! - [`report`]: the rows as text for people and programs. [`exit_status`]: the exit code of a run.
//! - [`statistics`]: estimates, confidence bounds and power. [`rng`]: random numbers from a seed.
//! - [`text`]: sanitizes text from child processes and files.

pub mod anchor;
pub mod baseline_update;
pub mod budget;
pub mod comparability;
pub mod exit_status;
pub mod judge;
pub mod load;
pub mod next_step;
pub mod pairs;
pub mod quality;
pub mod report;
pub mod row;
pub mod rule_file;
pub mod rules;
pub mod run;
pub mod selection;
pub mod slack;
pub mod text;
pub mod thresholds;
pub mod verdict;

pub use perf_statistics as statistics;
pub use perf_statistics::rng;
