//! The check with the verdict, and its annotations.

use perf_judge::report::summary::Summary;
use perf_judge::row::Row;
use perf_judge::verdict::Verdict;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Repeat};
use crate::error::Error;
use crate::outcome::Outcome;
use crate::text::body::{counts, values};
use crate::text::context::Context;
use crate::text::reproduce;

/// Maximum number of annotations, as many as GitHub shows of one kind.
const MAX_ANNOTATIONS: usize = 10;

/// The path of an annotation that belongs to no file; the API requires one.
const NO_FILE: &str = ".github";

/// How the check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckConclusion {
    /// No regressions.
    Success,
    /// A row fails.
    Failure,
    /// There is no verdict.
    Neutral,
}

impl CheckConclusion {
    /// The conclusion for an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passed(_) => Self::Success,
            Outcome::Failed(_) => Self::Failure,
            Outcome::Inconclusive(_) | Outcome::Contradicted(_) | Outcome::Unknown(_) => Self::Neutral,
        }
    }

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
        }
    }
}

/// Makes a check with this name on the head of the run. A later check of the same name takes its place.
///
/// # Errors
/// As [`Client::send`].
pub async fn create(
    client: &Client,
    name: &str,
    outcome: &Outcome,
    body: &str,
    context: &Context<'_>,
) -> Result<CheckConclusion, Error> {
    #[derive(Deserialize)]
    struct Created {
        #[serde(rename = "id")]
        _id: u64,
    }
    let conclusion = CheckConclusion::of(outcome);
    let title = match outcome.summary() {
        Some(summary) => format!("{}: {}", outcome.headline(), counts(summary)),
        None => outcome.headline().to_owned(),
    };
    let annotations = outcome.summary().map_or_else(Vec::new, |summary| annotations(summary, context.command));
    let check = json!({
        "name": name,
        "head_sha": context.run.head_sha,
        "status": "completed",
        "conclusion": conclusion.name(),
        "details_url": context.address(),
        "output": { "title": title, "summary": body, "annotations": annotations },
    });
    let path = format!("/repos/{}/check-runs", context.repository);
    let _: Created = client.send(Method::POST, &path, &check, Repeat::Safe).await?;
    Ok(conclusion)
}

/// Annotations of the worst rows that fail or were not judged. They are plain text.
fn annotations(summary: &Summary, command: &str) -> Vec<Value> {
    let level = |verdict| match verdict {
        Verdict::Broken | Verdict::Regressed | Verdict::Missing => Some("failure"),
        Verdict::Unstable | Verdict::Inconclusive => Some("warning"),
        _ => None,
    };
    let annotation = |row: &Row| {
        let [base, head, change] = values(row);
        let reproduce = reproduce::command(summary, row, command);
        let reproduce = reproduce.map_or_else(String::new, |command| format!("\nreproduce: {command}"));
        Some(json!({
            "path": NO_FILE,
            "start_line": 1,
            "end_line": 1,
            "annotation_level": level(row.verdict)?,
            "title": format!("{} {} {}", row.verdict, row.case, row.subject),
            "message": format!("base {base}, head {head}, change {change}{reproduce}"),
        }))
    };
    summary.rows.iter().filter_map(annotation).take(MAX_ANNOTATIONS).collect()
}
