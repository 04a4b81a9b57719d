//! The command: from the event of a run to its comment and its check.

use url::Url;

use crate::artifact;
use crate::check::{self, CheckConclusion};
use crate::client::Client;
use crate::comments::{CommentAction, Thread};
use crate::error::Error;
use crate::event::{Conclusion, WorkflowRun};
use crate::limits::Limits;
use crate::outcome::Outcome;
use crate::pull_request;
use crate::repository::Repository;
use crate::text::body::body;
use crate::text::context::Context;

/// What the command has to know besides the run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The repository whose pull requests are commented.
    pub repository: Repository,
    /// The address of the server that shows runs.
    pub server: Url,
    /// The name of the artifact with the summary.
    pub artifact: String,
    /// The login that the token writes as.
    pub author: String,
    /// The name of the check.
    pub check: String,
    /// The command line of the gate.
    pub command: String,
    /// Limits of requests.
    pub limits: Limits,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// Nothing, with the reason.
    Nothing(&'static str),
    /// A check was made, and one pull request was looked after.
    Shown {
        /// The number of the pull request.
        pull_request: u64,
        /// What was done about the comment.
        comment: CommentAction,
        /// How the check ended.
        check: CheckConclusion,
        /// The outcome.
        outcome: Outcome,
    },
    /// A check was made. No comment was, because these pull requests have the head, and the run is of one of them.
    Ambiguous {
        /// The numbers of the pull requests.
        pull_requests: Vec<u64>,
        /// How the check ended.
        check: CheckConclusion,
        /// The outcome.
        outcome: Outcome,
    },
}

/// Shows the verdict of a run on its pull request.
///
/// # Errors
/// If the API does not answer, or refuses.
pub async fn run(client: &Client, settings: &Settings, run: &WorkflowRun) -> Result<Done, Error> {
    if run.event != "pull_request" {
        return Ok(Done::Nothing("the run is not of a pull request"));
    }
    if run.conclusion == Conclusion::Other {
        return Ok(Done::Nothing("the run was cancelled or skipped"));
    }
    let Settings { repository, limits, .. } = settings;
    let pull_requests = pull_request::find(client, repository, run).await?;
    if pull_requests.is_empty() {
        return Ok(Done::Nothing("no open pull request has the head of the run: it was closed, or has a newer head"));
    }
    let summary = artifact::summary(client, limits, repository, run, &settings.artifact).await?;
    let Some(outcome) = Outcome::of(run.conclusion, summary) else {
        return Ok(Done::Nothing("the run was cancelled or skipped"));
    };
    let context = Context { run, repository, server: &settings.server, command: &settings.command };
    let text = body(&outcome, &context);
    let check = check::create(client, &settings.check, &outcome, &text, &context).await?;
    let &[pull_request] = pull_requests.as_slice() else {
        return Ok(Done::Ambiguous { pull_requests, check, outcome });
    };
    let thread = Thread { client, repository, number: pull_request, author: &settings.author };
    let comment = thread.put(run, &text, outcome.is_worth_a_comment()).await?;
    Ok(Done::Shown { pull_request, comment, check, outcome })
}
