//! The three measuring programs: built by cargo, found through its messages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::callgrind::{Callgrind, Unusable};
use crate::child::{self, ChildError, Limits, Messages};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workspace::Workspace;

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

/// Where the measuring programs come from.
#[derive(Debug, Default, clap::Args)]
pub struct Source {
    /// Use these instead of building: a directory with `time`, `heap` and `count` (for tests of this program)
    #[arg(long, hide = true, value_name = "DIR")]
    executables: Option<PathBuf>,
    /// Build them with planted faults, of which the variable SEEDED_FAULT picks one (for tests of the gate)
    #[arg(long, hide = true, conflicts_with = "executables", requires = "baselines")]
    seeded_faults: bool,
    /// Seconds after which a case is killed
    #[arg(long, hide = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    case_limit: u64,
    /// The valgrind that counts instructions (for tests of this program)
    #[arg(long, hide = true, value_name = "PROGRAM", default_value = "valgrind")]
    valgrind: PathBuf,
}

impl Source {
    /// Builds them, unless they were given.
    pub fn prepare(&self, workspace: &Workspace) -> Result<Executables, Failure> {
        match &self.executables {
            Some(dir) => {
                let dir = std::path::absolute(dir).map_err(|error| Failure::path("use", dir, &error))?;
                Ok(Executables {
                    time: dir.join("time"),
                    heap: dir.join("heap"),
                    count: dir.join("count"),
                    dir: workspace.root().to_owned(),
                    fault: None,
                })
            }
            None => build(workspace, self.features()),
        }
    }

    /// Whether they are not those of the work tree, so that there is nothing to compare them with.
    pub fn is_for_tests(&self) -> bool {
        self.executables.is_some() || self.seeded_faults
    }

    /// Features of perf-gate that they are built with; part of what makes values comparable.
    pub fn features(&self) -> &'static [&'static str] {
        if self.seeded_faults { &["--features", "seeded-faults"] } else { &[] }
    }

    /// Looks for what counts instructions.
    pub fn callgrind(&self, executables: &Executables) -> Result<Result<Callgrind, Unusable>, Failure> {
        Callgrind::find(&self.valgrind, executables, self.limits())
    }

    /// How much one case may take.
    pub fn limits(&self) -> Limits {
        Limits { time: Duration::from_secs(self.case_limit), ..Limits::default() }
    }
}

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

/// Always this one package: with `--workspace`, features of unrelated crates would change the measured code.
fn build(workspace: &Workspace, features: &[&str]) -> Result<Executables, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--profile", "bench", "--benches", "--package", "perf-gate", "--locked"]);
    cargo.args(features);
    cargo.arg("--message-format=json-render-diagnostics");
    let limits = Limits { time: Duration::from_secs(3600), output: 256 << 20, ..Limits::default() };
    Progress::announce("build", "the measuring programs");
    let messages = child::run(&mut cargo, limits, Messages::Shown).map_err(|error| match error {
        ChildError::Interrupted => Failure::Interrupted,
        error => Failure::environment(
            format!("building the measuring programs failed: cargo {error}"),
            "cargo's own messages are above; fix what they say and run this again",
        ),
    })?;
    Ok(Executables {
        time: artifact(&messages, "time")?,
        heap: artifact(&messages, "heap")?,
        count: artifact(&messages, "count")?,
        dir: workspace.root().to_owned(),
        fault: None,
    })
}

/// Where cargo put a bench target of the package that measures, from its messages.
pub fn artifact(messages: &str, name: &str) -> Result<PathBuf, Failure> {
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()).find_map(|message| {
        let target = message.target?;
        let is_it = message.reason == "compiler-artifact"
            && target.name == name
            && target.kind.iter().any(|kind| kind == "bench");
        if is_it { message.executable } else { None }
    });
    built.ok_or_else(|| {
        Failure::environment(
            format!("cargo built no bench target `{name}` in package perf-gate"),
            "crates/perf-gate/Cargo.toml must declare it as [[bench]]",
        )
    })
}
