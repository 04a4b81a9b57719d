//! The pull request whose head a run measured.

use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::event::WorkflowRun;
use crate::repository::Repository;

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    state: String,
    head: Head,
    base: Base,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Base {
    repo: Repo,
}

#[derive(Deserialize)]
struct Repo {
    full_name: String,
}

/// Finds the numbers of the open pull requests of `repository` whose head is now that of the run, ascending. There are several
/// if one branch is to be merged into several.
///
/// Event and API say which they are. The event names none for a fork, so the API is asked by owner and branch, and by the
/// commit if the branch was renamed.
///
/// # Errors
/// As [`Client::get`].
pub async fn find(client: &Client, repository: &Repository, run: &WorkflowRun) -> Result<Vec<u64>, Error> {
    let matches = |found: &PullRequest| {
        found.state == "open"
            && found.head.sha.eq_ignore_ascii_case(&run.head_sha)
            && repository.is(&found.base.repo.full_name)
    };
    let mut numbers = Vec::new();
    if let Some((owner, branch)) = &run.head {
        let head = format!("{owner}:{branch}");
        let query = [("state", "open"), ("head", head.as_str()), ("per_page", "100")];
        let found: Vec<PullRequest> = client.get(&format!("/repos/{repository}/pulls"), &query).await?;
        numbers.extend(found.iter().filter(|found| matches(found)).map(|found| found.number));
    }
    if numbers.is_empty() {
        let path = format!("/repos/{repository}/commits/{}/pulls", run.head_sha);
        let found: Result<Vec<PullRequest>, Error> = client.get(&path, &[("per_page", "100")]).await;
        match found {
            Ok(found) => numbers.extend(found.iter().filter(|found| matches(found)).map(|found| found.number)),
            // The commit was replaced and is gone.
            Err(error) if matches!(error.status, Some(404 | 422)) => {}
            Err(error) => return Err(error),
        }
    }
    // The run was made for one of them.
    let named: Vec<u64> = numbers.iter().copied().filter(|number| run.pull_requests.contains(number)).collect();
    let mut numbers = if named.is_empty() { numbers } else { named };
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}
