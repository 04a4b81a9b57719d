//! The program `perf-github`: shows the verdict of a run of the gate on its pull request.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use perf_github::artifact::NoSummary;
use perf_github::client::Client;
use perf_github::comment::{self, Done, Settings};
use perf_github::comments::CommentAction;
use perf_github::error::Error;
use perf_github::event::{MAX_EVENT_BYTES, WorkflowRun};
use perf_github::limits::Limits;
use perf_github::outcome::Outcome;
use perf_github::repository::Repository;
use perf_github::token::Token;
use url::Url;

/// The outcome is shown, or there is nothing to show.
const DONE: u8 = 0;
/// The artifact of the run is not a summary. The check says so, too.
const REFUSED: u8 = 1;
/// Wrong usage, or the API did not answer.
const FAILED: u8 = 2;

/// Show the verdict of `cargo xtask perf` on pull requests of GitHub
#[derive(Debug, Parser)]
#[command(name = "perf-github", max_term_width = 100)]
enum CommandLine {
    Comment(Comment),
}

const AFTER: &str = "\
Variables:
  GITHUB_TOKEN  token with `actions: read`, `checks: write` and `pull-requests: write`

Exit codes:
    0  the verdict is shown, whatever it is, or there is nothing to show
    1  the artifact of the run is not a summary; the check says so, too
    2  usage or environment, or the API did not answer

Example, in a workflow on workflow_run:
  perf-github comment --artifact perf-summary";

/// Show the verdict of a run as one comment on its pull request, and as a check
///
/// The run is that of the event `workflow_run`. A comment is made if a row fails or could not be judged; a later run of the
/// same pull request updates it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER)]
struct Comment {
    /// File with the event `workflow_run`
    #[arg(long, value_name = "FILE", env = "GITHUB_EVENT_PATH", hide_env_values = true)]
    event: PathBuf,
    /// Repository of the pull requests
    #[arg(long, value_name = "OWNER/NAME", env = "GITHUB_REPOSITORY", hide_env_values = true)]
    repository: Repository,
    /// Address of the API
    #[arg(
        long,
        value_name = "URL",
        env = "GITHUB_API_URL",
        hide_env_values = true,
        default_value = "https://api.github.com"
    )]
    api: String,
    /// Address of the server that shows runs
    #[arg(
        long,
        value_name = "URL",
        env = "GITHUB_SERVER_URL",
        hide_env_values = true,
        default_value = "https://github.com"
    )]
    server: Url,
    /// Name of the artifact that has summary.json
    #[arg(long, value_name = "NAME", default_value = "perf-summary")]
    artifact: String,
    /// Login that the token writes as; only a comment of this login is updated
    #[arg(long, value_name = "LOGIN", default_value = "github-actions[bot]")]
    author: String,
    /// Name of the check
    #[arg(long, value_name = "NAME", default_value = "perf verdict")]
    check: String,
    /// Command line of the gate, for the commands that the comment shows
    #[arg(long, value_name = "COMMAND", default_value = "cargo xtask")]
    command: String,
}

fn main() -> ExitCode {
    let CommandLine::Comment(options) = CommandLine::parse();
    match run(options) {
        Ok(done) => {
            println!("{}", describe(&done));
            ExitCode::from(if is_refused(&done) { REFUSED } else { DONE })
        }
        Err(error) => {
            eprint!("{error}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(options: Comment) -> Result<Done, Error> {
    let token = std::env::var("GITHUB_TOKEN").ok().as_deref().and_then(Token::new).ok_or_else(|| {
        Error::new("GITHUB_TOKEN is not set, or is not a token", "set it to `${{ github.token }}` in the step")
    })?;
    let limits = Limits::default();
    let run = WorkflowRun::read(&read(&options.event)?)?;
    let client = Client::new(&options.api, token, limits)?;
    let Comment { repository, server, artifact, author, check, command, .. } = options;
    let settings = Settings { repository, server, artifact, author, check, command, limits };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Error::new(format!("the runtime does not start: {error}"), "run the workflow again"))?;
    runtime.block_on(comment::run(&client, &settings, &run))
}

fn read(event: &PathBuf) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let opened = File::open(event).and_then(|file| file.take(MAX_EVENT_BYTES + 1).read_to_end(&mut bytes));
    let hint = "GITHUB_EVENT_PATH names the file of the event `workflow_run`";
    opened.map_err(|error| Error::new(format!("cannot read the event {}: {error}", event.display()), hint))?;
    if bytes.len() as u64 > MAX_EVENT_BYTES {
        return Err(Error::new(format!("the event {} has more than {MAX_EVENT_BYTES} bytes", event.display()), hint));
    }
    Ok(bytes)
}

/// What was done, as one line.
fn describe(done: &Done) -> String {
    match done {
        Done::Nothing(why) => format!("nothing to show: {why}"),
        Done::Shown { pull_request, comment, check, outcome } => {
            let comment = match comment {
                CommentAction::NotNeeded => "no comment needed".to_owned(),
                CommentAction::Created(id) => format!("comment {id} created"),
                CommentAction::Updated(id) => format!("comment {id} updated"),
                CommentAction::Later(id) => format!("comment {id} is of a later run and stays"),
            };
            format!("pull request #{pull_request}: {}; {comment}; check {}", verdict(outcome), check.name())
        }
        Done::Ambiguous { pull_requests, check, outcome } => {
            let numbers: Vec<String> = pull_requests.iter().map(|number| format!("#{number}")).collect();
            format!(
                "pull requests {} have this head, so none is commented: {}; check {}",
                numbers.join(", "),
                verdict(outcome),
                check.name()
            )
        }
    }
}

/// The verdict, with the reason if there is none.
fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unknown(why) => format!("{}: {why}", outcome.headline()),
        _ => outcome.headline().to_owned(),
    }
}

/// Whether the run has an artifact, and it is not as the gate makes it.
fn is_refused(done: &Done) -> bool {
    let (Done::Shown { outcome, .. } | Done::Ambiguous { outcome, .. }) = done else { return false };
    matches!(outcome, Outcome::Unknown(why) if *why != NoSummary::NoArtifact)
}
