//! Runs the program on the stand-in: in this process, or as a child.

use std::process::{Command, Output};
use std::time::Duration;

use perf_github::client::Client;
use perf_github::comment::{self, Done, Settings};
use perf_github::error::Error;
use perf_github::event::WorkflowRun;
use perf_github::limits::Limits;
use perf_github::token::Token;
use serde_json::Value;

use super::{BOT, StandIn, TOKEN};

/// Short waits, so that tests do not wait.
pub fn limits() -> Limits {
    Limits { first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(50), ..Limits::default() }
}

/// Shows the run of the event in this process.
pub fn comment(server: &StandIn, event: &Value) -> Result<Done, Error> {
    let client = Client::new(&format!("http://{}/api/v3/", server.api), Token::new(TOKEN).unwrap(), limits()).unwrap();
    let settings = Settings {
        repository: "octo/perf".parse().unwrap(),
        server: "https://github.example".parse().unwrap(),
        artifact: "perf-summary".into(),
        author: BOT.into(),
        check: "perf verdict".into(),
        command: "cargo xtask".into(),
        limits: limits(),
    };
    let run = WorkflowRun::read(event.to_string().as_bytes())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(comment::run(&client, &settings, &run))
}

/// The same as a child process, with the variables of a workflow.
pub fn child(server: &StandIn, event: &Value) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("event.json");
    std::fs::write(&file, event.to_string()).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_perf-github"));
    program.arg("comment").env_clear().env("GITHUB_TOKEN", TOKEN).env("GITHUB_EVENT_PATH", &file);
    program.env("GITHUB_REPOSITORY", "octo/perf").env("GITHUB_SERVER_URL", "https://github.example");
    program.env("GITHUB_API_URL", format!("http://{}/api/v3", server.api)).output().unwrap()
}
