//! The program behind `cargo xtask perf selftest`: measures the false positive rate and the power of the gate.
//!
//! Suites of null arms have no regression; suites of the other arms have a regression of known size. All are measured and
//! judged by the code of every run. The raw pairs are kept, so that a change of the judging code can be tried on all of them.
//!
//! - [`arms`]: what is done to the head. [`neutral`]: changes that cost nothing. [`slowdown`]: slowdowns of a chosen size.
//! - [`suites`]: measures suites. [`record`]: files of recorded suites. [`recorded`]: the suites of all arms.
//! - [`rates`]: error rates. [`results`]: the rates as a file, as tables and as a [`curve`].

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use perf_cli::help;
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
mod rates;
mod record;
mod recorded;
mod results;
mod slowdown;
mod suites;

use arms::Arm;
use options::Options;
use suites::SelfTest;

fn main() -> ExitCode {
    if let Some(code) = perf_runner::run_as_helper() {
        return code;
    }
    let command = help::complete(Options::command(), "cargo xtask perf selftest");
    let options = Options::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
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
    if !options.judge_only {
        let harness = suites::harness(&workspace)?;
        let key = key::detect(&workspace, harness, &[], data.inputs(harness))?;
        let _alone = DirectoryLock::wait(&workspace.perf_dir(), &format!("`{}`", workspace.gate_command("perf")))?;
        SelfTest::new(&workspace, harness, &key, options)?.run(&arms)?;
    }
    let dir = options.dir(&workspace);
    results::write(&workspace, &dir)
}
