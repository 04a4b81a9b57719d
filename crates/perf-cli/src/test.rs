//! `test`: runs every test of the workspace.

use std::env;
use std::process::Stdio;

use rustix::fs::StatVfsMountFlags;

use perf_judge::exit_status;
use perf_runner::error::Error;
use perf_runner::workspace::Workspace;

use crate::forward;

const AFTER: &str = "\
Exit codes:
    0  all tests pass
    1  a test fails, or does not compile
    2  usage or environment: cargo cannot be started
  130  interrupted

Examples:
  {command} test                        all tests, with documentation tests
  {command} test -p my-crate            arguments of the test runner narrow the run";

/// Run every test of the workspace, with nextest if it is installed
///
/// Without arguments these are all unit, integration and documentation tests. Arguments go to the test runner. With
/// arguments and nextest no documentation tests run.
///
/// Tests of properties (proptest) draw the same inputs in every run, so that a test that fails is a change that fails it.
/// PROPTEST_RNG_SEED=<number> draws others.
///
/// Temporary files are in memory, in /dev/shm, if it exists, runs programs and has 4 GiB free. TMPDIR=<folder> has them in
/// another folder.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
pub struct Options {
    /// Arguments of `cargo nextest run`, or of `cargo test` without nextest [default: none]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// What proptest reads the seed of its inputs from.
const SEED_VARIABLE: &str = "PROPTEST_RNG_SEED";
const SEED: &str = "1";

/// Names the folder of temporary files.
const TEMPORARY_VARIABLE: &str = "TMPDIR";

/// The folder in memory where tests keep their temporary files. Tests build small workspaces and delete them, which takes a sixth
/// more processor time on a disk.
const FOLDER_IN_MEMORY: &str = "/dev/shm";

/// Free space that the tests need there, in bytes.
const LEAST_FREE: u64 = 4 << 30;

/// Whether the system runs programs from a folder, and the folder's file system has at least `bytes` bytes free.
fn can_hold_programs(folder: &str, bytes: u64) -> bool {
    let Ok(system) = rustix::fs::statvfs(folder) else { return false };
    let runs_programs = !system.f_flag.intersects(StatVfsMountFlags::NOEXEC | StatVfsMountFlags::RDONLY);
    runs_programs && system.f_bavail.saturating_mul(system.f_frsize) >= bytes
}

/// Runs the command.
pub fn run(options: &Options, workspace: &Workspace) -> Result<u8, Error> {
    let runs: &[&[&str]] = match (has_nextest(workspace), options.arguments.is_empty()) {
        (true, true) => &[&["nextest", "run"], &["test", "--doc"]],
        (true, false) => &[&["nextest", "run"]],
        (false, _) => &[&["test"]],
    };
    for run in runs {
        let mut cargo = workspace.cargo();
        cargo.args(*run).arg("--locked");
        if !names_packages(&options.arguments) {
            cargo.arg("--workspace");
        }
        cargo.args(&options.arguments);
        if env::var_os(SEED_VARIABLE).is_none() {
            cargo.env(SEED_VARIABLE, SEED);
        }
        if env::var_os(TEMPORARY_VARIABLE).is_none() && can_hold_programs(FOLDER_IN_MEMORY, LEAST_FREE) {
            cargo.env(TEMPORARY_VARIABLE, FOLDER_IN_MEMORY);
        }
        if !forward::run_to_completion(&mut cargo)?.success() {
            return Ok(exit_status::FAIL);
        }
    }
    Ok(exit_status::PASS)
}

/// Whether arguments of cargo name packages. Cargo would run all packages if it was asked for the workspace as well.
fn names_packages(arguments: &[String]) -> bool {
    let mut of_cargo = arguments.iter().take_while(|argument| *argument != "--");
    of_cargo.any(|argument| argument.starts_with("-p") || argument == "--package" || argument.starts_with("--package="))
}

fn has_nextest(workspace: &Workspace) -> bool {
    let mut cargo = workspace.cargo();
    let quiet = cargo.args(["nextest", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_by_arguments_of_cargo() {
        let of =
            |arguments: &[&str]| names_packages(&arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        for named in [&["-p", "a"][..], &["-pa"], &["--no-capture", "--package", "a"], &["--package=a"]] {
            assert!(of(named), "{named:?}");
        }
        for none in [&[][..], &["--profile", "p"], &["a_test"], &["--", "-p", "a"]] {
            assert!(!of(none), "{none:?}");
        }
    }

    #[test]
    fn a_folder_for_programs_exists_and_has_enough_free_space() {
        // Programs of this workspace run in it.
        let folder = env!("CARGO_MANIFEST_DIR");
        assert!(can_hold_programs(folder, 1));
        assert!(!can_hold_programs(folder, u64::MAX));
        assert!(!can_hold_programs(&format!("{folder}/not-there"), 1));
    }
}
