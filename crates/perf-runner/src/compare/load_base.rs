//! The program of the base that puts load on a target.

use std::path::PathBuf;

use perf_judge::report::comparison::Revision;

use super::revision::{self, BaseRevision};
use super::tree::Tree;
use crate::error::Error;
use crate::program::{self, Profile};
use crate::workspace::Workspace;

/// Checks out the base commit of the work tree below `target/perf`, and builds the program of `package` there. `against` is the revision
/// that the user named.
///
/// # Errors
/// If there is no base, git fails, or the program of the base does not build.
pub fn build(workspace: &Workspace, package: &str, against: Option<&str>) -> Result<(Revision, PathBuf), Error> {
    let revision = match revision::find(workspace, against, &[".".to_owned()])? {
        BaseRevision::Commit(revision) => revision,
        BaseRevision::NoBase(reason) => {
            return Err(Error::environment(
                reason,
                "name a commit: --against REV; or run the change alone, without --pairs",
            ));
        }
    };
    let checkout = workspace.perf_dir().join("load-base");
    let (_, root) = Tree::from_commit(workspace, &revision.commit, &checkout)?;
    // Beside the checkout, which is emptied, so that the next base is compiled from what differs.
    let target = workspace.perf_dir().join("load-base-target");
    let program = program::build_in(&workspace.with_root(root), &target, package, "load", Profile::Release)?;
    Ok((revision, program))
}
