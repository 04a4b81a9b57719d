//! What git is asked, and in which surroundings; nothing here writes to the repository.
//!
//! Git runs this program too, from hooks, and then says in the environment which repository it means: its own, which need not
//! be that of the workspace. So every call finds the repository from the folder that it runs in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::Error;
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// What chooses a repository, or changes what is found in one: those of `git rev-parse --local-env-vars`, and a few more.
/// Everything else stays, as GIT_SSH, GIT_CONFIG_GLOBAL or GIT_CEILING_DIRECTORIES; also GIT_CONFIG_COUNT, which no git writes,
/// but people who allow a repository by `safe.directory`.
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

/// What git is told before anything else. It leaves nothing behind, in the repository or as a process: no index refreshed on
/// the way, no hook of the index that is written for the base, no daemon that watches files, no maintenance after objects of a
/// partial clone were fetched.
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

/// Takes from a child whatever would make a git that it calls read another repository than the one it is in.
pub fn clear_repository_env(command: &mut Command) -> &mut Command {
    REPOSITORY_VARS.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

/// Runs git in a folder: what it printed, or None where it says that there is no such thing. That is an exit code of 1;
/// whatever else goes wrong is a failure with git's own reason.
pub fn try_run(dir: &Path, arguments: &[&str]) -> Result<Option<String>, Error> {
    match execute(dir, arguments, None) {
        Ok(text) => Ok(Some(text)),
        Err(ChildError::Failed { status, .. }) if status.code() == Some(1) => Ok(None),
        Err(error) => Err(git_error(arguments, error)),
    }
}

/// Runs git in a folder, where there has to be an answer.
pub fn run(dir: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, Error> {
    execute(dir, arguments, index).map_err(|error| git_error(arguments, error))
}

/// Where a folder is, as git sees it.
pub enum Location {
    /// In a work tree, this far from its top.
    InWorkTree(PathBuf),
    /// In none, and why: git knows no repository here, may not read it, is not installed, or means another place by it.
    Elsewhere(String),
}

/// Where a folder is.
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
            "the work tree of its repository is {}, which {} is not in",
            top.display(),
            dir.display()
        )),
    })
}

/// Paths of the submodules that the index knows in a folder.
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

/// What git is asked to do, without settings for this one call.
fn subcommand<'a>(arguments: &[&'a str]) -> &'a str {
    match arguments {
        ["-c", _, rest @ ..] => subcommand(rest),
        _ => arguments.first().copied().unwrap_or_default(),
    }
}

fn execute(dir: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, ChildError> {
    let mut git = Command::new("git");
    clear_repository_env(&mut git);
    git.args(SIDE_EFFECT_FREE).args(arguments).current_dir(dir);
    // Reasons are matched in English below, and a check has no terminal to type a password into.
    git.env("LC_ALL", "C").env_remove("LANGUAGE").env("GIT_TERMINAL_PROMPT", "0");
    if let Some(index) = index {
        git.env("GIT_INDEX_FILE", index);
    }
    // A partial clone fetches what it is asked for.
    let limits = Limits { output: 64 << 20, time: Duration::from_secs(600), ..Limits::default() };
    child::run(&mut git, limits, StderrMode::Capture)
}
