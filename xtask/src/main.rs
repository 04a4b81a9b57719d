//! Judges: one measured run becomes a table of verdicts and one exit code.
//!
//! `perf-gate` measures and never decides; this program decides and never measures. The way of a run, file by file:
//!
//! - [`perf`], [`baseline`], [`mod@test`]: one file per verb, each with its own options.
//! - [`benches_data`] reads everything people and `baseline update` stored, through [`data_file`], before anything runs.
//! - [`executables`] builds the three measuring programs; [`exact`], [`instructions`] (with [`callgrind`]) and [`wall`] run
//!   them through [`child`], the first two on all processors with [`parallel`].
//! - [`statistics`] is the arithmetic of noisy measurements, pure; what is random follows from a seed ([`seeded`]).
//! - [`judge`] turns a run, a baseline and budgets into [`row`]s, each with a [`verdict`].
//! - [`report`] shows the rows to people and programs; [`exit_code`] says what they mean together.
//! - [`whole_file`] is the only way anything is written.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod affinity;
mod baseline;
mod benches_data;
mod budget;
mod callgrind;
mod child;
mod compare;
mod culprits;
mod data_file;
mod digest;
mod divan_table;
mod exact;
mod executables;
mod exit_code;
mod failure;
#[cfg(unix)]
mod guardian;
mod instructions;
mod interrupt;
mod judge;
mod key;
mod parallel;
mod perf;
mod plain_text;
mod progress;
mod provenance;
mod report;
mod row;
mod seeded;
mod selection;
mod selftest;
mod statistics;
mod stdout;
mod test;
mod thresholds;
mod verdict;
mod wall;
mod whole_file;
mod workspace;

/// The tasks of this workspace: measure and judge the engine, keep its baselines, run its tests.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = exit_code::HELP)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Perf(perf::Command),
    Baseline(baseline::Options),
    Test(test::Options),
}

fn main() -> ExitCode {
    // Cargo calls this program as its linker when it builds a side of a comparison.
    if let Some(dir) = std::env::var_os(compare::link::RECORD) {
        return compare::link::record(dir);
    }
    #[cfg(unix)]
    if std::env::var_os(guardian::GUARD).is_some() {
        return guardian::stand();
    }
    let CommandLine { verb } = CommandLine::parse();
    let code = interrupt::listen().and_then(|()| match verb {
        Verb::Perf(options) => options.run(),
        Verb::Baseline(options) => baseline::run(&options),
        Verb::Test(options) => test::run(&options),
    });
    let code = code.unwrap_or_else(|failure| {
        anstream::eprint!("{failure}");
        failure.exit_code()
    });
    #[cfg(unix)]
    guardian::dismiss();
    ExitCode::from(code)
}
