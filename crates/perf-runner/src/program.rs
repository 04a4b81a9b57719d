//! Programs of the workspace that the gate starts, built by cargo.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cargo_messages;
use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};
use crate::progress::Progress;
use crate::workspace::Workspace;

/// How a program is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As tests are: they have built its dependencies.
    Dev,
    /// As what is shipped.
    Release,
}

/// Builds the program of a package, which has the package's name. `key` of `[workspace.metadata.perf]` names the package.
///
/// # Errors
/// If the build fails, or the package has no program of its name.
pub fn build(workspace: &Workspace, package: &str, key: &str, profile: Profile) -> Result<PathBuf, Error> {
    run_cargo(workspace, None, package, key, profile)
}

/// As [`build`], into another target folder.
///
/// # Errors
/// As [`build`].
pub fn build_in(
    workspace: &Workspace,
    target: &Path,
    package: &str,
    key: &str,
    profile: Profile,
) -> Result<PathBuf, Error> {
    run_cargo(workspace, Some(target), package, key, profile)
}

fn run_cargo(
    workspace: &Workspace,
    target: Option<&Path>,
    package: &str,
    key: &str,
    profile: Profile,
) -> Result<PathBuf, Error> {
    Progress::announce("build", &format!("{package}, which `{key}` names"));
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--locked", "--package", package, "--message-format=json-render-diagnostics"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    if let Some(target) = target {
        cargo.arg("--target-dir").arg(target);
    }
    let limits = Limits { time: Duration::from_secs(3600), output: 256 << 20, ..Limits::default() };
    let messages = child::run(&mut cargo, limits, StderrMode::Inherit).map_err(|error| match error {
        ChildError::Interrupted => Error::Interrupted,
        error => Error::environment(
            format!("building {package} failed: cargo {error}"),
            format!(
                "fix the errors that cargo printed above, or `{key}` in [workspace.metadata.perf]; then run this again"
            ),
        ),
    })?;
    cargo_messages::find_executable(&messages, "bin", package).ok_or_else(|| {
        Error::environment(
            format!("cargo built no program `{package}` in package {package}"),
            format!("the program that `{key}` in [workspace.metadata.perf] names has the name of its package"),
        )
    })
}
