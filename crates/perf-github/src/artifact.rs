//! The summary of a run, from its artifact.

use perf_judge::report::summary::{Summary, SummaryError};
use serde::Deserialize;

use crate::archive::{self, ArchiveError};
use crate::client::Client;
use crate::error::Error;
use crate::event::WorkflowRun;
use crate::limits::Limits;
use crate::repository::Repository;

/// Why there is no summary of a run. No message quotes the artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSummary {
    /// The run has no artifact of the name, or it has expired.
    #[error("the run has no artifact with a summary")]
    NoArtifact,
    /// The artifact is larger than that of any summary.
    #[error("the artifact has {0} bytes, and at most {1} are read")]
    TooLarge(u64, u64),
    /// The archive is not as the upload makes it.
    #[error("the artifact is not as the gate uploads it: {0}")]
    Archive(#[from] ArchiveError),
    /// The file is not a summary.
    #[error("the summary is not as the gate writes it: {0}")]
    Summary(#[from] SummaryError),
}

#[derive(Deserialize)]
struct Artifacts {
    artifacts: Vec<Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    id: u64,
    name: String,
    size_in_bytes: u64,
    expired: bool,
    created_at: Option<String>,
}

impl Artifact {
    /// Whether an attempt that started at this time made the artifact; earlier attempts of the run leave theirs.
    fn is_of_attempt(&self, started_at: Option<&str>) -> bool {
        match (self.created_at.as_deref(), started_at) {
            // Times of the API have one form, in UTC, so they sort as texts.
            (Some(created), Some(started)) if created.len() == started.len() => created >= started,
            _ => true,
        }
    }
}

/// Reads the summary in the artifact `name` of a run, that of its last attempt.
///
/// # Errors
/// If the API does not answer. What is wrong with the artifact is no error of this program, but a [`NoSummary`].
pub async fn summary(
    client: &Client,
    limits: &Limits,
    repository: &Repository,
    run: &WorkflowRun,
    name: &str,
) -> Result<Result<Summary, NoSummary>, Error> {
    let path = format!("/repos/{repository}/actions/runs/{}/artifacts", run.id);
    let found: Artifacts = client.get(&path, &[("name", name), ("per_page", "100")]).await?;
    let is_usable = |artifact: &Artifact| {
        artifact.name == name && !artifact.expired && artifact.is_of_attempt(run.started_at.as_deref())
    };
    let usable = found.artifacts.into_iter().filter(is_usable);
    let Some(artifact) = usable.max_by_key(|artifact| artifact.id) else { return Ok(Err(NoSummary::NoArtifact)) };
    if artifact.size_in_bytes > limits.artifact_bytes {
        return Ok(Err(NoSummary::TooLarge(artifact.size_in_bytes, limits.artifact_bytes)));
    }
    let archive = client.download(&format!("/repos/{repository}/actions/artifacts/{}/zip", artifact.id)).await?;
    Ok(read(&archive))
}

fn read(archive: &[u8]) -> Result<Summary, NoSummary> {
    let file = archive::summary(archive)?;
    Ok(Summary::read(&file)?)
}
