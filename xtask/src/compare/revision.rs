//! Which commit is the base of a comparison.

use serde::Serialize;

use super::git;
use crate::failure::Failure;
use crate::plain_text;
use crate::workspace::Workspace;

/// A commit to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its full hash.
    pub commit: String,
    /// How it was chosen, to be read after the hash of the base.
    pub chosen: String,
}

impl Revision {
    /// The beginning of its hash.
    pub fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }
}

/// Why there is nothing to compare with, and what to do about it; to be shown to a person.
pub type NoBase = String;

/// The commit that was asked for; without a wish the merge base with the main branch, and on that branch itself the commit
/// before: HEAD where the work tree has changes, else its parent.
pub fn find(workspace: &Workspace, against: Option<&str>) -> Result<Result<Revision, NoBase>, Failure> {
    let Some(head) = commit(workspace, "HEAD")? else {
        let reason = "this is no git repository with a commit, so there is no base to compare wall time with";
        return if against.is_some() {
            Err(Failure::environment(reason, "run this in a clone, or without --against"))
        } else {
            Ok(Err(reason.into()))
        };
    };
    if let Some(against) = against {
        return match commit(workspace, against)? {
            Some(commit) => {
                Ok(Ok(Revision { commit, chosen: format!("asked for as `{}`", plain_text::one_line(against)) }))
            }
            None if is_shallow(workspace)? => Ok(Err(no_history(against))),
            None => Err(Failure::environment(
                format!("`--against {}` names no commit here", plain_text::one_line(against)),
                "see `git log` and `git branch --all`; a branch of a remote has to be fetched first",
            )),
        };
    }
    for main in ["upstream/HEAD", "origin/HEAD", "origin/main", "origin/master", "main", "master"] {
        if commit(workspace, main)?.is_none() {
            continue;
        }
        match git::ask(workspace, &["merge-base", "HEAD", main])? {
            Some(base) if base.trim() != head => {
                let chosen = format!("the merge base with {main}");
                return Ok(Ok(Revision { commit: base.trim().to_owned(), chosen }));
            }
            Some(_) => break,
            None if is_shallow(workspace)? => return Ok(Err(no_history(main))),
            None => {}
        }
    }
    let changed =
        git::ask(workspace, &["status", "--porcelain", "--", "Cargo.toml", "Cargo.lock", "crates", "benches-data"])?;
    if changed.is_some_and(|changes| !changes.is_empty()) {
        return Ok(Ok(Revision { commit: head, chosen: "HEAD, from which the work tree differs".into() }));
    }
    match commit(workspace, "HEAD^")? {
        Some(commit) => Ok(Ok(Revision { commit, chosen: "the parent of HEAD".into() })),
        None if is_shallow(workspace)? => Ok(Err(no_history("HEAD^"))),
        None => Ok(Err("HEAD is the first commit, so there is no base to compare wall time with".into())),
    }
}

fn commit(workspace: &Workspace, name: &str) -> Result<Option<String>, Failure> {
    let name = format!("{name}^{{commit}}");
    let found = git::ask(workspace, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?;
    Ok(found.map(|commit| commit.trim().to_owned()).filter(|commit| !commit.is_empty()))
}

fn is_shallow(workspace: &Workspace) -> Result<bool, Failure> {
    let answer = git::ask(workspace, &["rev-parse", "--is-shallow-repository"])?;
    Ok(answer.is_some_and(|answer| answer.trim() == "true"))
}

fn no_history(name: &str) -> NoBase {
    let name = plain_text::one_line(name);
    // Short enough that the command is seldom cut by the end of a line.
    format!("this shallow clone has no `{name}` to compare wall time with: git fetch --unshallow")
}
