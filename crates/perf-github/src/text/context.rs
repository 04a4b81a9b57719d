//! What the texts have to know besides the verdict.

use url::Url;

use crate::event::WorkflowRun;
use crate::repository::Repository;

/// What the texts of one run have to know.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The run, from the event.
    pub run: &'a WorkflowRun,
    /// The repository of the pull request.
    pub repository: &'a Repository,
    /// The address of the server that shows the run, such as `https://github.com`.
    pub server: &'a Url,
    /// The command line of the gate, such as `cargo xtask`.
    pub command: &'a str,
}

impl Context<'_> {
    /// The address of the run, in whose summary the whole report is.
    pub fn address(&self) -> String {
        let server = self.server.as_str().trim_end_matches('/');
        format!("{server}/{}/actions/runs/{}", self.repository, self.run.id)
    }

    /// The first 12 digits of the head.
    pub fn head(&self) -> &str {
        self.run.head_sha.get(..12).unwrap_or(&self.run.head_sha)
    }
}
