//! Calls of git; none of them writes to the user's repository.
//!
//! A git hook that runs this program sets environment variables that select the hook's repository, which may be another than
//! that of the workspace. So each call clears them, and git finds the repository from the folder it runs in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// Environment variables that select a repository or change its content: those of `git rev-parse --local-env-vars`, and more.
/// Other variables stay, such as GIT_SSH and GIT_CONFIG_GLOBAL. GIT_CONFIG_COUNT stays too: git does not set it, but users do
/// to allow a repository by `safe.directory`.
const REPOSITORY_VARS: [&str; 23] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Options that keep git from changing the repository or starting background processes: no refresh of the index, no hooks, no
/// file system monitor, no maintenance after a partial clone fetched objects.
const SIDE_EFFECT_FREE: [&str; 11] = [
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.splitIndex=false",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
];

/// Clears the variables that would make git, called by this command, read another repository than that of its directory.
pub fn clear_repository_env(command: &mut Command) -> &mut Command {
    REPOSITORY_VARS.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// Runs git in a folder and returns its output, or `None` if git exits with 1, which means that the object does not exist.
///
/// # Errors
/// On any other exit code, with git's own message.
pub fn try_run(dir: &Path, arguments: &[&str]) -> Result<Option<String>, Error> {
    match execute(dir, arguments, None) {
        Ok(text) => Ok(Some(text)),
        Err(ChildError::Failed { status, .. }) if status.code() == Some(1) => Ok(None),
        Err(error) => Err(git_error(arguments, error)),
    }
}

/// Runs git in a folder, with `index` in place of the repository's own index if it is given, and returns the output.
///
/// # Errors
/// If git fails, with its own message.
pub fn run(dir: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, Error> {
    execute(dir, arguments, index).map_err(|error| git_error(arguments, error))
}

/// The location of a folder relative to a git work tree.
pub enum Location {
    /// Inside a work tree, at this path from its top.
    InWorkTree(PathBuf),
    /// Outside of any usable work tree, with the reason: no repository, no permission, no git, or another work tree.
    Elsewhere(String),
}

/// Locates a folder in its git work tree.
pub fn locate(dir: &Path) -> Result<Location, Error> {
    let top = match execute(dir, &["rev-parse", "--show-toplevel"], None) {
        Ok(top) => PathBuf::from(top.trim_end_matches('\n')),
        Err(error) => return Ok(Location::Elsewhere(format!("git {}", error.reason()?))),
    };
    let canonical = |path: &Path| fs::canonicalize(path).map_err(|error| Error::path("find", path, &error));
    let (dir, top) = (canonical(dir)?, canonical(&top)?);
    Ok(match dir.strip_prefix(&top) {
        Ok(below) => Location::InWorkTree(below.to_owned()),
        Err(_) => Location::Elsewhere(format!(
            "git finds the work tree {}, and {} is not inside it",
            top.display(),
            dir.display()
        )),
    })
}

/// Paths of the submodules in the index, relative to the folder.
pub fn submodules(dir: &Path) -> Result<Vec<String>, Error> {
    let listed = run(dir, &["ls-files", "-z", "--stage", "--", "."], None)?;
    let submodule = |line: &str| Some(line.strip_prefix("160000 ")?.split_once('\t')?.1.to_owned());
    Ok(listed.split_terminator('\0').filter_map(submodule).collect())
}

fn git_error(arguments: &[&str], error: ChildError) -> Error {
    match error {
        ChildError::Interrupted => Error::Interrupted,
        error => Error::environment(
            format!("`git {}` {error}", subcommand(arguments)),
            "the base of a comparison is read with git; check the repository with `git status` and `git fsck`",
        ),
    }
}

/// The subcommand of git, without `-c` options.
fn subcommand<'a>(arguments: &[&'a str]) -> &'a str {
    match arguments {
        ["-c", _, rest @ ..] => subcommand(rest),
        [option, rest @ ..] if option.starts_with("--") => subcommand(rest),
        _ => arguments.first().copied().unwrap_or_default(),
    }
}

fn execute(dir: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, ChildError> {
    let mut git = Command::new("git");
    clear_repository_env(&mut git);
    git.args(SIDE_EFFECT_FREE).args(arguments).current_dir(dir);
    // Callers match messages in English, and a check in CI has no terminal for a password.
    git.env("LC_ALL", "C").env_remove("LANGUAGE").env("GIT_TERMINAL_PROMPT", "0");
    if let Some(index) = index {
        git.env("GIT_INDEX_FILE", index);
    }
    // A partial clone fetches missing objects over the network, which takes long.
    let limits = Limits { output: 64 << 20, time: Duration::from_secs(600), ..Limits::default() };
    child::run(&mut git, limits, StderrMode::Capture)
}
