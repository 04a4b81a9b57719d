//! The program that prints scores of labelled questions: built by cargo, run with limits, read as lines.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use perf_judge::quality::lines::{self, MAX_BYTES};
use perf_judge::quality::results::Results;
use perf_judge::text;

use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};
use crate::program;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// Wall and processor time of a run, in seconds. One of several hundred questions takes a minute unoptimised.
const RUN_SECONDS: u64 = 3600;

/// The program of a workspace.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its package, and its name.
    pub package: String,
    path: PathBuf,
}

/// The printed lines and what they say.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The lines.
    pub text: String,
    /// The results.
    pub results: Results,
}

impl Program {
    /// Builds the package that `quality` in `[workspace.metadata.perf]` names, in the profile `dev`: results are the same in
    /// every profile, and tests have built its dependencies.
    ///
    /// # Errors
    /// If no package is named, the build fails, or the package has no program of its name.
    pub fn build(workspace: &Workspace) -> Result<Self, Error> {
        let package = workspace.config.quality.clone().ok_or_else(|| {
            Error::environment(
                "this workspace has no program that scores answers",
                "name its package: `quality` in [workspace.metadata.perf]; or judge lines of a file: --lines <FILE>",
            )
        })?;
        let path = program::build(workspace, &package, "quality", program::Profile::Dev)?;
        Ok(Self { package, path })
    }

    /// Runs the program with `--lines` in the root of the workspace, with a clean environment.
    ///
    /// # Errors
    /// If it fails, exceeds a limit of time or output, or prints a line that is not valid.
    pub fn run(&self, workspace: &Workspace) -> Result<Printed, Error> {
        Progress::announce("run", &format!("{} --lines", self.package));
        let mut command = child::clean_env_command(&self.path, workspace.root());
        command.arg("--lines");
        let limits = Limits {
            time: Duration::from_secs(RUN_SECONDS),
            cpu_seconds: Some(RUN_SECONDS),
            output: MAX_BYTES,
            ..Limits::default()
        };
        let text = child::run(&mut command, limits, StderrMode::Inherit).map_err(|error| match error {
            ChildError::Interrupted => Error::Interrupted,
            error => Error::environment(
                format!("`{} --lines` {error}", self.package),
                format!("what it said is above; run it alone: cargo run --package {} -- --lines", self.package),
            ),
        })?;
        parse(text, &format!("the output of `{} --lines`", self.package))
    }
}

/// Reads lines that the program printed into a file.
///
/// # Errors
/// If the file cannot be read, is too large, is not UTF-8, or has a line that is not valid.
pub fn read_lines(path: &Path) -> Result<Printed, Error> {
    let failed = |error: std::io::Error| Error::path("read", path, &error);
    let shown = path.display();
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let hint = "give a file of what the program printed with --lines";
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::environment(format!("{shown} has more than {MAX_BYTES} bytes"), hint));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::environment(format!("{shown} is not UTF-8 text: {error}"), hint))?;
    parse(text, &text::sanitize(&shown.to_string()))
}

fn parse(text: String, source: &str) -> Result<Printed, Error> {
    match lines::parse(&text) {
        Ok(results) => Ok(Printed { text, results }),
        Err(error) => Err(Error::environment(
            format!("{source} is not valid: {error}"),
            "correct the program; the lines are documented in the README of perf-runner",
        )),
    }
}
