//! The stored results of the base commit.

use perf_judge::quality::results::Results;
use perf_judge::quality::stored::Stored;
use perf_judge::report::comparison::Revision;

use crate::compare::revision::{self, BaseRevision};
use crate::error::Error;
use crate::git;
use crate::workspace::{QUALITY_RESULTS, Workspace};

/// The results of the base, if it has any.
#[derive(Debug)]
pub enum BaseResults {
    /// There is no base, or it has no results that can be read, with the reason.
    None(String),
    /// The stored results of this commit.
    Found(Revision, Box<Results>),
}

/// Finds the base of the work tree and reads its stored results; `against` is the revision that the user named.
///
/// The base is the one that times are compared with, except that any changed file makes the work tree differ from HEAD.
///
/// # Errors
/// If `against` names no commit, or git fails.
pub fn read(workspace: &Workspace, against: Option<&str>) -> Result<BaseResults, Error> {
    let revision = match revision::find(workspace, against, &[".".to_owned()])? {
        BaseRevision::Commit(revision) => revision,
        BaseRevision::NoBase(reason) => return Ok(BaseResults::None(reason)),
    };
    let shown = format!("{}/{QUALITY_RESULTS}", workspace.config.data);
    // A path that begins with a dot is relative to the folder that git runs in, which may be below the top of the repository.
    let object = format!("{}:./{shown}", revision.commit);
    let of_base = || format!("the base {} ({})", revision.short(), revision.chosen);
    let found = git::try_run(workspace.root(), &["rev-parse", "--verify", "--quiet", "--end-of-options", &object])?;
    let Some(blob) = found.map(|blob| blob.trim().to_owned()).filter(|blob| !blob.is_empty()) else {
        return Ok(BaseResults::None(format!("{} has no {shown}", of_base())));
    };
    let text = git::run(workspace.root(), &["cat-file", "blob", &blob], None)?;
    match Stored::parse(&text) {
        Ok(stored) => Ok(BaseResults::Found(revision, Box::new(stored.results))),
        // An old file may be of another schema, and no change can repair it.
        Err(error) => Ok(BaseResults::None(format!("{shown} of {} cannot be read: {error}", of_base()))),
    }
}
