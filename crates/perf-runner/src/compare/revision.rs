//! Selects the base commit of a comparison.

use std::path::Path;

use perf_judge::report::comparison::Revision;
use perf_judge::text;

use crate::clock::now_seconds;
use crate::error::Error;
use crate::git::{self, Location};
use crate::workspace::Workspace;

/// Why there is no base, and what the user can do about it, as a message.
pub type NoBaseReason = String;

/// The base revision, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseRevision {
    /// The base commit.
    Commit(Revision),
    /// There is no base.
    NoBase(NoBaseReason),
}

/// Selects the base commit: `against` if it is given, else the merge base with the main branch. On the main branch itself it is
/// HEAD if a measured file differs in the work tree, else the parent of HEAD. `measured` are paths relative to the root.
///
/// # Errors
/// If `against` names no commit, or git fails.
pub fn find(workspace: &Workspace, against: Option<&str>, measured: &[String]) -> Result<BaseRevision, Error> {
    let none = || "this is not a git repository with a commit, so there is no base to compare with".to_owned();
    let head = match git::locate(workspace.root())? {
        Location::Elsewhere(reason) if reason.contains("not a git repository (or any") => Err(none()),
        Location::Elsewhere(reason) => Err(format!("there is no base to compare with: {reason}")),
        Location::InWorkTree(_) => resolve_commit(workspace, "HEAD")?.ok_or_else(none),
    };
    let head = match head {
        Ok(head) => head,
        Err(reason) => {
            return if against.is_some() {
                Err(Error::environment(reason, "run this in a clone that git can read, or without --against"))
            } else {
                Ok(BaseRevision::NoBase(reason))
            };
        }
    };
    if let Some(against) = against {
        return match resolve_commit(workspace, against)? {
            Some(commit) => Ok(BaseRevision::Commit(Revision {
                commit,
                chosen: format!("requested as `{}`", text::sanitize_line(against)),
            })),
            None if is_shallow(workspace)? => Ok(BaseRevision::NoBase(no_history_reason(against))),
            None => Err(Error::environment(
                format!("`--against {}` is not a commit of this repository", text::sanitize_line(against)),
                "choose a commit from `git log` or `git branch --all`; fetch a branch of a remote first",
            )),
        };
    }
    for main in &branch_candidates(&workspace.config.main_branches) {
        if resolve_commit(workspace, main)?.is_none() {
            continue;
        }
        match git::try_run(workspace.root(), &["merge-base", "HEAD", main])? {
            Some(base) if base.trim() != head => {
                let chosen = format!("the merge base with {main}");
                return Ok(BaseRevision::Commit(Revision { commit: base.trim().to_owned(), chosen }));
            }
            Some(_) => break,
            None if is_shallow(workspace)? => return Ok(BaseRevision::NoBase(no_history_reason(main))),
            None => {}
        }
    }
    let mut status = vec!["status", "--porcelain", "--untracked-files=normal", "--"];
    status.extend(measured.iter().map(String::as_str));
    if git::try_run(workspace.root(), &status)?.is_some_and(|changes| !changes.is_empty()) {
        return Ok(BaseRevision::Commit(Revision {
            commit: head,
            chosen: "HEAD, from which the work tree differs".into(),
        }));
    }
    match resolve_commit(workspace, "HEAD^")? {
        Some(commit) => Ok(BaseRevision::Commit(Revision { commit, chosen: "the parent of HEAD".into() })),
        None if is_shallow(workspace)? => Ok(BaseRevision::NoBase(no_history_reason("HEAD^"))),
        None => Ok(BaseRevision::NoBase("HEAD is the first commit, so there is no base to compare with".into())),
    }
}

/// A commit with its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full hash.
    pub hash: String,
    /// Committer date, in seconds since the Unix epoch.
    pub committed: i64,
}

/// HEAD, or the reason why the work tree is not that of a commit.
///
/// # Errors
/// If git fails.
pub fn clean_head(workspace: &Workspace) -> Result<Result<Commit, String>, Error> {
    if let Location::Elsewhere(reason) = git::locate(workspace.root())? {
        return Ok(Err(format!("there is no commit: {reason}")));
    }
    let Some(hash) = resolve_commit(workspace, "HEAD")? else { return Ok(Err("there is no commit yet".into())) };
    let status = ["status", "--porcelain", "--untracked-files=normal", "--", "."];
    let changes = git::try_run(workspace.root(), &status)?.unwrap_or_default();
    if let Some(first) = changes.lines().next() {
        let count = changes.lines().count();
        return Ok(Err(format!(
            "the work tree differs from HEAD in {count} files, such as `{}`",
            text::sanitize(first)
        )));
    }
    let committed = committed(workspace, &hash)?.unwrap_or_default();
    Ok(Ok(Commit { hash, committed }))
}

/// Committer date of a commit in seconds since the Unix epoch; `None` if there is no commit of this name.
///
/// # Errors
/// If git fails.
pub fn committed(workspace: &Workspace, name: &str) -> Result<Option<i64>, Error> {
    let Some(hash) = resolve_commit(workspace, name)? else { return Ok(None) };
    let date = git::run(workspace.root(), &["log", "-1", "--format=%ct", &hash], None)?;
    Ok(date.trim().parse().ok())
}

/// Days since a file was last committed, or 0 if it has uncommitted changes. `None` if the file is outside the workspace, was
/// never committed, or there is no repository.
///
/// # Errors
/// If git fails.
pub fn days_since_commit(workspace: &Workspace, path: &str) -> Result<Option<i64>, Error> {
    // Paths inside the workspace are relative.
    if Path::new(path).is_absolute()
        || matches!(git::locate(workspace.root())?, Location::Elsewhere(_))
        || resolve_commit(workspace, "HEAD")?.is_none()
    {
        return Ok(None);
    }
    if git::try_run(workspace.root(), &["status", "--porcelain", "--untracked-files=normal", "--", path])?
        .is_some_and(|changes| !changes.is_empty())
    {
        return Ok(Some(0));
    }
    let written = git::try_run(workspace.root(), &["log", "-1", "--format=%ct", "--", path])?;
    let written: Option<i64> = written.and_then(|seconds| seconds.trim().parse().ok());
    Ok(written.map(|seconds| (now_seconds() - seconds).max(0) / 86_400))
}

/// Names of the main branch to try, remotes first, because changes are merged there.
fn branch_candidates(names: &[String]) -> Vec<String> {
    let mut branches: Vec<String> = ["upstream/HEAD", "origin/HEAD"].map(str::to_owned).into();
    branches.extend(names.iter().map(|name| format!("origin/{name}")));
    branches.extend(names.iter().cloned());
    branches
}

/// The full hash of a commit, tag or branch; `None` if there is none of this name.
///
/// # Errors
/// If git fails.
pub fn resolve(workspace: &Workspace, name: &str) -> Result<Option<String>, Error> {
    resolve_commit(workspace, name)
}

fn resolve_commit(workspace: &Workspace, name: &str) -> Result<Option<String>, Error> {
    let name = format!("{name}^{{commit}}");
    let found = git::try_run(workspace.root(), &["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?;
    Ok(found.map(|commit| commit.trim().to_owned()).filter(|commit| !commit.is_empty()))
}

fn is_shallow(workspace: &Workspace) -> Result<bool, Error> {
    let answer = git::try_run(workspace.root(), &["rev-parse", "--is-shallow-repository"])?;
    Ok(answer.is_some_and(|answer| answer.trim() == "true"))
}

fn no_history_reason(name: &str) -> NoBaseReason {
    let name = text::sanitize_line(name);
    // Short, so that the command is rarely broken at the end of a line.
    format!("this shallow clone has no `{name}` to compare with: git fetch --unshallow")
}
