//! The event `workflow_run`: which run has ended, of which head.

use serde::Deserialize;

use crate::error::Error;

/// Maximum size of an event in bytes.
pub const MAX_EVENT_BYTES: u64 = 16 << 20;

/// A run of the workflow that measures, which has ended. The server wrote it, so the change cannot forge it; a branch may
/// have any name all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// The number of the run in the API.
    pub id: u64,
    /// The number of the run among those of its workflow, which grows.
    pub number: u64,
    /// Which attempt of the run it is, from 1.
    pub attempt: u64,
    /// The event that started the run, such as `pull_request`.
    pub event: String,
    /// How the run ended.
    pub conclusion: Conclusion,
    /// The head of the change, as a full hash.
    pub head_sha: String,
    /// Owner and branch of the head; `None` if its repository was deleted.
    pub head: Option<(String, String)>,
    /// When the attempt started, as the API writes times.
    pub started_at: Option<String>,
    /// Numbers of the pull requests that the event names; none for a fork.
    pub pull_requests: Vec<u64>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Every job passed.
    Success,
    /// A job failed.
    Failure,
    /// A job took too long.
    TimedOut,
    /// The run was cancelled, was skipped or waits for an approval, so it says nothing.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Event {
    workflow_run: Run,
}

#[derive(Deserialize)]
struct Run {
    id: u64,
    run_number: u64,
    run_attempt: u64,
    event: String,
    conclusion: Option<Conclusion>,
    head_sha: String,
    head_branch: Option<String>,
    head_repository: Option<HeadRepository>,
    run_started_at: Option<String>,
    #[serde(default)]
    pull_requests: Vec<Number>,
}

#[derive(Deserialize)]
struct HeadRepository {
    owner: Owner,
}

#[derive(Deserialize)]
struct Owner {
    login: String,
}

#[derive(Deserialize)]
struct Number {
    number: u64,
}

impl WorkflowRun {
    /// Reads the JSON of an event.
    ///
    /// # Errors
    /// If it is not the event `workflow_run` with a head.
    pub fn read(json: &[u8]) -> Result<Self, Error> {
        let hint = "start this program by `on: workflow_run` with `types: [completed]`";
        let event: Event = serde_json::from_slice(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Error::new(format!("the file of GITHUB_EVENT_PATH is not an event `workflow_run` ({place})"), hint)
        })?;
        let run = event.workflow_run;
        let is_hash = matches!(run.head_sha.len(), 40 | 64) && run.head_sha.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash {
            return Err(Error::new("the event `workflow_run` has no head that is a full hash", hint));
        }
        Ok(Self {
            id: run.id,
            number: run.run_number,
            attempt: run.run_attempt,
            event: run.event,
            conclusion: run.conclusion.unwrap_or(Conclusion::Other),
            head_sha: run.head_sha.to_ascii_lowercase(),
            head: run.head_repository.map(|repository| repository.owner.login).zip(run.head_branch),
            started_at: run.run_started_at,
            pull_requests: run.pull_requests.into_iter().map(|pull_request| pull_request.number).collect(),
        })
    }
}
