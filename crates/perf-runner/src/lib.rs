//! Runs: what a performance gate does with processes, git, linkers and files, in any workspace.
//!
//! It knows no package, folder or command of the workspace that it works for, but reads a [`config::Config`] from the
//! manifest of it. What was measured is judged by `perf-judge`, which does none of this.
//!
//! - [`config`], [`workspace`]: what is measured, and where things are. [`error`]: why something ended early.
//! - [`git`]: what git is asked. [`files`]: reads everything stored before anything runs, and is the only way anything is written.
//! - [`measure`]: builds the measuring programs of a harness and runs them.
//! - [`compare`]: the base of a change: found, built beside it, linked with other layouts, measured in pairs.
//! - [`attribution`]: functions and places that a red row's cost is in.
//! - [`process`]: children and their limits, processors, interruptions. [`progress`], [`mod@clock`]: for people.

pub mod attribution;
pub mod clock;
pub mod compare;
pub mod config;
pub mod error;
pub mod files;
pub mod git;
pub mod measure;
pub mod process;
pub mod progress;
pub mod workspace;

use std::process::ExitCode;

/// What a program that uses this crate does first in its `main`: it is also started as a linker, when a side of a comparison
/// is built, and as a watchdog, which ends children that a killed program leaves behind. Where it was, it ends with this
/// code; else it goes on, and may build sides and start children that are watched.
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
