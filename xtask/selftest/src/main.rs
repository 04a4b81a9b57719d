//! How often the gate is wrong, measured with the gate: the program behind `cargo xtask perf selftest`.
//!
//! Suites in which nothing got worse show how often it is red for nothing; suites with a slow-down of a known size, what it
//! sees. They go through the code that judges every run, on pairs measured in the way of every run, and are kept raw, so
//! that a change of the judging code can be tried on all of them.
//!
//! - [`arms`]: what is done to one side. [`neutral`]: changes that cost nothing. [`slow`]: slow-downs of a chosen size.
//! - [`suites`]: the measuring. [`record`]: the raw pairs, kept. [`recorded`]: all that are kept.
//! - [`rates`]: what they say. [`published`]: that as a file, a table and a [`curve`].
//! - [`rules`]: what other tools would have said.

use std::process::ExitCode;

use clap::Parser as _;
use perf_runner::error::Error;
use perf_runner::files::atomic_write::DirectoryLock;
use perf_runner::files::bench_data::BenchData;
use perf_runner::measure::key;
use perf_runner::process::interrupt;
#[cfg(unix)]
use perf_runner::process::watchdog;
use perf_runner::workspace::Workspace;

mod arms;
mod curve;
mod neutral;
mod options;
mod published;
mod rates;
mod record;
mod recorded;
mod rules;
mod slow;
mod suites;

use arms::Arm;
use options::Options;
use suites::SelfTest;

fn main() -> ExitCode {
    if let Some(code) = perf_runner::run_as_helper() {
        return code;
    }
    let options = Options::parse();
    let code = interrupt::install_handler().and_then(|()| run(&options));
    let code = code.unwrap_or_else(|failure| {
        anstream::eprint!("{failure}");
        perf_cli::exit_code(&failure)
    });
    #[cfg(unix)]
    watchdog::shutdown();
    ExitCode::from(code)
}

fn run(options: &Options) -> Result<u8, Error> {
    let workspace = Workspace::find()?;
    let data = BenchData::read(&workspace, None)?;
    let chosen = |arm: &Arm| options.arms.is_empty() || options.arms.contains(arm);
    let arms: Vec<Arm> = Arm::ALL.into_iter().filter(chosen).collect();
    if !options.judge_only && !options.compare_rules {
        let harness = suites::harness(&workspace)?;
        let key = key::detect(&workspace, harness, &[], data.inputs(harness))?;
        let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf")))?;
        SelfTest::new(&workspace, harness, &key, options)?.run(&arms)?;
    }
    let dir = options.dir(&workspace);
    if options.compare_rules {
        return rules::print(&dir);
    }
    published::write(&workspace, &dir)
}
