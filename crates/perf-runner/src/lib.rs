//! The input and output of a performance gate: builds, links and runs the measuring programs of any workspace, reads git,
//! and reads and writes the stored files.
//!
//! This crate measures and never decides: `perf-judge` turns its results into verdicts, and `perf-cli` is the command line
//! over both. It contains no name of the workspace under test. Those names come from `[workspace.metadata.perf]` in the root
//! manifest ([`config::Config`]); the crate's `README.md` explains how to adopt the gate in a workspace.
//!
//! # Where to start
//!
//! 1. [`workspace::Workspace::find`] locates the workspace under test and its harness packages.
//! 2. [`files::bench_data::BenchData::read`] reads and checks everything that is stored, before anything is built.
//! 3. [`compare::find_base`] checks out the base commit; [`compare::BaseCheckout::relate`] compares the inputs of a harness.
//! 4. [`compare::BaseRelation::build_change`] builds the measuring programs, and [`compare::BuiltChange::build_base`] those of
//!    the base if they differ.
//! 5. [`measure::exact`] and [`measure::instructions`] measure values that repeat exactly.
//! 6. [`compare::pairs::measure`] measures wall time in pairs of processes; [`measure::wall`] does so without a base.
//!
//! A program that uses this crate calls [`run_as_helper`] at the start of its `main`.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`config`], [`workspace`] | the configuration, and the paths of the workspace under test |
//! | [`error`] | errors, each with a hint; the variant decides the exit code |
//! | [`git`] | every call of git; all of them only read |
//! | [`files`] | checked reads and atomic writes of stored files |
//! | [`measure`] | building and running the measuring programs of a harness |
//! | [`compare`] | the base of a change: checkout, build, relinking, paired measurement |
//! | [`profile`] | profiles of a case: functions, allocation sites, flame graphs |
//! | [`attribution`] | the functions and source files that a regression comes from |
//! | [`quality`] | the program that scores answers, and its stored results |
//! | [`process`] | child processes: limits, processor affinity, parallelism, interruption |
//! | [`progress`], [`mod@clock`] | the progress bar, and the current date |

pub mod attribution;
mod cargo_messages;
pub mod clock;
pub mod compare;
pub mod config;
pub mod error;
pub mod files;
pub mod git;
pub mod history;
pub mod measure;
pub mod process;
pub mod profile;
pub mod program;
pub mod progress;
pub mod quality;
pub mod workspace;

use std::process::ExitCode;

/// Runs this process as a helper if it was started as one, and returns the exit code that `main` must then end with.
///
/// Call it at the start of `main`. The program starts itself as a linker while it builds a side of a comparison, and as a
/// watchdog that kills remaining children after a SIGKILL. Returns `None` in an ordinary process; from then on that process
/// may start helpers.
pub fn run_as_helper() -> Option<ExitCode> {
    if let Some(dir) = std::env::var_os(compare::link::LINK_RECORD_ENV) {
        return Some(compare::link::linker_main(dir));
    }
    #[cfg(unix)]
    if std::env::var_os(process::watchdog::WATCHDOG_ENV).is_some() {
        return Some(process::watchdog::watchdog_main());
    }
    process::allow_helpers();
    None
}
