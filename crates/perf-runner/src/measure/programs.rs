//! The three measuring programs: built by cargo, found through its messages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::compiled::{self, Compiled};
use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, Messages};
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};

/// Paths of the measuring programs.
#[derive(Debug, Clone)]
pub struct Executables {
    /// Wall time, with divan.
    pub time: PathBuf,
    /// Heap figures, one process a case.
    pub heap: PathBuf,
    /// Behaviour and schedule.
    pub count: PathBuf,
    /// The directory they run in.
    pub dir: PathBuf,
    /// What they were built of.
    pub harness: Harness,
    /// What programs with planted faults are told to do wrong; else what this program was told itself.
    pub fault: Option<String>,
}

impl Executables {
    /// A call of one of them, or of a program that watches one.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = child::measuring(program, &self.dir);
        if let Some(fault) = &self.fault {
            command.env(FAULT, fault);
        }
        command
    }
}

/// The variable that picks a planted fault in programs that were built to have some.
pub const FAULT: &str = "SEEDED_FAULT";

/// One line of cargo's messages, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Builds the programs of a harness: always this one package, because with `--workspace` features of unrelated crates would
/// change the measured code.
pub fn build(workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<Executables, Error> {
    let build = || {
        let mut cargo = workspace.cargo();
        cargo.args(["build", "--profile", "bench", "--benches", "--package", &harness.package, "--locked"]);
        cargo.args(features);
        cargo.arg("--message-format=json-render-diagnostics");
        let limits = Limits { time: Duration::from_secs(3600), output: 256 << 20, ..Limits::default() };
        run(&mut cargo, limits)
    };
    Progress::announce("build", &format!("the measuring programs of {}", harness.package));
    let mut compiled = Compiled::open(workspace, harness, workspace.root());
    let mut messages = build()?;
    compiled.note(&messages)?;
    let doubtful = compiled.doubtful(&messages, None);
    if !doubtful.is_empty() {
        compiled::remove(&doubtful)?;
        messages = build()?;
        compiled.note(&messages)?;
        let doubtful = compiled.doubtful(&messages, None);
        if !doubtful.is_empty() {
            return Err(compiled::not_built(&doubtful));
        }
    }
    Ok(Executables {
        time: artifact(&messages, harness, "time")?,
        heap: artifact(&messages, harness, "heap")?,
        count: artifact(&messages, harness, "count")?,
        dir: workspace.root().to_owned(),
        harness: harness.clone(),
        fault: None,
    })
}

fn run(cargo: &mut Command, limits: Limits) -> Result<String, Error> {
    child::run(cargo, limits, Messages::Shown).map_err(|error| match error {
        ChildError::Interrupted => Error::Interrupted,
        error => Error::environment(
            format!("building the measuring programs failed: cargo {error}"),
            "cargo's own messages are above; fix what they say and run this again",
        ),
    })
}

/// Where cargo put a bench target of a harness, from its messages.
pub fn artifact(messages: &str, harness: &Harness, name: &str) -> Result<PathBuf, Error> {
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()).find_map(|message| {
        let target = message.target?;
        let is_it = message.reason == "compiler-artifact"
            && target.name == name
            && target.kind.iter().any(|kind| kind == "bench");
        if is_it { message.executable } else { None }
    });
    built.ok_or_else(|| {
        Error::environment(
            format!("cargo built no bench target `{name}` in package {}", harness.package),
            format!("{}/Cargo.toml must declare it as [[bench]]", harness.dir),
        )
    })
}
