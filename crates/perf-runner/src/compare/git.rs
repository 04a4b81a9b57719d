//! What git is asked; nothing here writes to the repository.

use std::path::Path;
use std::process::Command;

use crate::error::Failure;
use crate::process::child::{self, ChildError, Limits, Messages};
use crate::workspace::Workspace;

/// Runs git in the workspace: what it printed, or None when it failed, for questions that may have no answer.
pub fn ask(workspace: &Workspace, arguments: &[&str]) -> Result<Option<String>, Failure> {
    match run(workspace, arguments, None) {
        Ok(text) => Ok(Some(text)),
        Err(ChildError::Interrupted) => Err(Failure::Interrupted),
        Err(_) => Ok(None),
    }
}

/// Runs git in the workspace, where a failure has to be reported.
pub fn must(workspace: &Workspace, arguments: &[&str], index: Option<&Path>) -> Result<String, Failure> {
    run(workspace, arguments, index).map_err(|error| match error {
        ChildError::Interrupted => Failure::Interrupted,
        error => Failure::environment(
            format!("`git {}` {error}", arguments.first().copied().unwrap_or_default()),
            "the base of a comparison is read with git; check the repository with `git status` and `git fsck`",
        ),
    })
}

fn run(workspace: &Workspace, arguments: &[&str], index: Option<&Path>) -> Result<String, ChildError> {
    let mut git = Command::new("git");
    // Without optional locks git does not refresh the user's index on the way.
    git.arg("--no-optional-locks").args(arguments).current_dir(workspace.root());
    if let Some(index) = index {
        git.env("GIT_INDEX_FILE", index);
    }
    let limits = Limits { output: 64 << 20, ..Limits::default() };
    child::run(&mut git, limits, Messages::Kept)
}
