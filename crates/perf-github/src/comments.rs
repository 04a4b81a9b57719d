//! The comment of this program on a pull request: found, made or updated.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, Repeat};
use crate::error::Error;
use crate::event::WorkflowRun;
use crate::repository::Repository;

/// First line of a comment of this program. GitHub does not show it.
const MARKER: &str = "<!-- perf-gate -->";

/// Second line, with the number and the attempt of the run.
const RUN: &str = "<!-- perf-gate run ";

/// Comments on a page of the API.
const PAGE: usize = 100;

/// Maximum number of pages that are read.
const MAX_PAGES: usize = 50;

/// How often a comment that may have been made without an answer is looked for and made again.
const TRIES: usize = 3;

/// What was done about the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentAction {
    /// There was none, and none is needed.
    NotNeeded,
    /// A comment was made.
    Created(u64),
    /// The comment has the new text.
    Updated(u64),
    /// The comment is of a later run, and stays.
    Later(u64),
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Written {
    id: u64,
}

/// A pull request, and whose comments on it are this program's.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    /// The client.
    pub client: &'a Client,
    /// The repository of the pull request.
    pub repository: &'a Repository,
    /// The number of the pull request.
    pub number: u64,
    /// The login that the token writes as. Every user can write the marker, and only the token has this login.
    pub author: &'a str,
}

impl Thread<'_> {
    /// Puts the text into the comment of this program; makes one only if `is_needed`.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn put(&self, run: &WorkflowRun, text: &str, is_needed: bool) -> Result<CommentAction, Error> {
        let body = format!("{MARKER}\n{RUN}{}.{} -->\n{text}", run.number, run.attempt);
        let mut last = None;
        for _ in 0..TRIES {
            let tried = self.try_put(run, &body, is_needed).await;
            match tried {
                // A request without an answer may have made the comment, so the thread is read again. A comment that is
                // gone was removed meanwhile.
                Err(error) if error.is_transient || error.status == Some(404) => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| Error::new("the comment was not written", "run the workflow again")))
    }

    async fn try_put(&self, run: &WorkflowRun, body: &str, is_needed: bool) -> Result<CommentAction, Error> {
        let repository = self.repository;
        let body_json = json!({ "body": body });
        match self.find().await? {
            Some((id, earlier)) if earlier.is_some_and(|earlier| earlier > (run.number, run.attempt)) => {
                Ok(CommentAction::Later(id))
            }
            Some((id, _)) => {
                let path = format!("/repos/{repository}/issues/comments/{id}");
                let written: Written = self.client.send(Method::PATCH, &path, &body_json, Repeat::Safe).await?;
                Ok(CommentAction::Updated(written.id))
            }
            None if is_needed => {
                let path = format!("/repos/{repository}/issues/{}/comments", self.number);
                let written: Written = self.client.send(Method::POST, &path, &body_json, Repeat::IfRefused).await?;
                Ok(CommentAction::Created(written.id))
            }
            None => Ok(CommentAction::NotNeeded),
        }
    }

    /// Finds the first comment of this program, with the number and the attempt of its run.
    async fn find(&self) -> Result<Option<(u64, Option<(u64, u64)>)>, Error> {
        let path = format!("/repos/{}/issues/{}/comments", self.repository, self.number);
        for page in 1..=MAX_PAGES {
            let query = [("per_page", &*PAGE.to_string()), ("page", &*page.to_string())];
            let comments: Vec<Comment> = self.client.get(&path, &query).await?;
            if let Some(found) = comments.iter().find_map(|comment| self.own(comment)) {
                return Ok(Some(found));
            }
            if comments.len() < PAGE {
                return Ok(None);
            }
        }
        Err(Error::new(
            format!("pull request #{} has more than {} comments", self.number, MAX_PAGES * PAGE),
            "nothing: its check has the verdict",
        ))
    }

    fn own(&self, comment: &Comment) -> Option<(u64, Option<(u64, u64)>)> {
        let body = comment.body.as_deref()?;
        let is_own = comment.user.as_ref()?.login == self.author && body.lines().next()? == MARKER;
        is_own.then(|| (comment.id, run_of(body)))
    }
}

/// Number and attempt of the run in the second line of a comment.
fn run_of(body: &str) -> Option<(u64, u64)> {
    let (number, attempt) = body.lines().nth(1)?.strip_prefix(RUN)?.strip_suffix(" -->")?.split_once('.')?;
    Some((number.parse().ok()?, attempt.parse().ok()?))
}
