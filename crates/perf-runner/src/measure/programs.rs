//! The three measuring programs of a harness, built by cargo and located through its messages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::build_record::{self, BuildRecord};
use crate::cargo_messages;
use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};

/// Paths of the measuring programs.
#[derive(Debug, Clone)]
pub struct BenchPrograms {
    /// `time`: wall time, by divan.
    pub time: PathBuf,
    /// `heap`: allocations, one process per case.
    pub heap: PathBuf,
    /// `count`: behaviour, quality and schedule, one process per case.
    pub count: PathBuf,
    /// The directory that the programs run in.
    pub dir: PathBuf,
    /// The harness that the programs were built from.
    pub harness: Harness,
    /// The value of [`FAULT_ENV`] for the programs; inherited if `None`.
    pub fault: Option<String>,
}

impl BenchPrograms {
    /// A command that runs one of the programs, or another program such as valgrind, in the same clean environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = child::clean_env_command(program, &self.dir);
        if let Some(fault) = &self.fault {
            command.env(FAULT_ENV, fault);
        }
        command
    }
}

/// The environment variable that selects a planted fault, in programs that were built with the faults feature.
pub const FAULT_ENV: &str = "SEEDED_FAULT";

/// Builds the programs of a harness. It builds this package alone, because features of unrelated packages would change the
/// measured code.
///
/// # Errors
/// If the build fails, or the package lacks one of the three bench targets.
pub fn build(workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<BenchPrograms, Error> {
    let build = || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--profile", "bench", "--benches", "--package", &harness.package, "--locked"]);
        cargo.args(features);
        cargo.arg("--message-format=json-render-diagnostics");
        let limits = Limits { time: Duration::from_secs(3600), output: 256 << 20, ..Limits::default() };
        run(&mut cargo, limits)
    };
    Progress::announce("build", &format!("the measuring programs of {}", harness.package));
    let mut record = BuildRecord::open(workspace, workspace.root());
    let mut messages = build()?;
    record.update(&messages)?;
    let stale = record.stale_artifacts(&messages, None);
    if !stale.is_empty() {
        build_record::remove_artifacts(&stale)?;
        messages = build()?;
        record.update(&messages)?;
        let stale = record.stale_artifacts(&messages, None);
        if !stale.is_empty() {
            return Err(build_record::rebuild_error(&stale));
        }
    }
    Ok(BenchPrograms {
        time: find_artifact(&messages, harness, "time")?,
        heap: find_artifact(&messages, harness, "heap")?,
        count: find_artifact(&messages, harness, "count")?,
        dir: workspace.root().to_owned(),
        harness: harness.clone(),
        fault: None,
    })
}

fn run(cargo: &mut Command, limits: Limits) -> Result<String, Error> {
    child::run(cargo, limits, StderrMode::Inherit).map_err(|error| match error {
        ChildError::Interrupted => Error::Interrupted,
        error => Error::environment(
            format!("building the measuring programs failed: cargo {error}"),
            "fix the errors that cargo printed above, then run this again",
        ),
    })
}

/// The path of a built bench target, from cargo's messages.
///
/// # Errors
/// If the messages name no such target.
pub fn find_artifact(messages: &str, harness: &Harness, name: &str) -> Result<PathBuf, Error> {
    let built = cargo_messages::find_executable(messages, "bench", name);
    built.ok_or_else(|| {
        Error::environment(
            format!("cargo built no bench target `{name}` in package {}", harness.package),
            format!("declare it as [[bench]] in {}/Cargo.toml", harness.dir),
        )
    })
}
