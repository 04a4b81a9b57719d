//! Judges: a measured run, a stored one, budgets and thresholds become a table of verdicts and one exit code.
//!
//! Pure: no file, no process, no clock, no environment (`clippy.toml` forbids them). `perf-runner` measures and reads, and
//! calls this; so the rules can be tested, simulated and read alone.
//!
//! - [`run`]: what was measured, as data. [`pairs`]: wall time in pairs, as data, and how many pairs a case gets.
//! - [`judge`]: turns these, a baseline and [`budget`]s into [`row`]s, each with a [`verdict`] and [`next_step`]s.
//! - [`rules`]: what a change does to the rules that it is judged by.
//! - [`slack`]: improvements that are not in the stored baseline.
//! - [`thresholds`]: margins that people chose. [`rule_file`]: what their file and that of budgets have in common. [`selection`]: which cases a command is about.
//! - [`comparability`]: why a stored run cannot be compared with. [`baseline_update`]: what a stored run becomes.
//! - [`report`]: the rows as text for people and programs. [`exit_status`]: what they mean together.
//! - [`statistics`]: the arithmetic of noisy measurements; what is random follows from a seed ([`rng`]).
//! - [`text`]: text from children and files made safe to show.

pub mod baseline_update;
pub mod budget;
pub mod comparability;
pub mod exit_status;
pub mod judge;
pub mod next_step;
pub mod pairs;
pub mod report;
pub mod rng;
pub mod row;
pub mod rule_file;
pub mod rules;
pub mod run;
pub mod selection;
pub mod slack;
pub mod statistics;
pub mod text;
pub mod thresholds;
pub mod verdict;
