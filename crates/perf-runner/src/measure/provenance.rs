//! Provenance of a run: commit and machine. It is shown, and never compared.

use std::thread;

use perf_gate::Provenance;
use perf_judge::text;

use crate::error::Error;
use crate::git;
use crate::workspace::Workspace;

/// Collects commit and machine of this run. The paths in `written`, relative to the root, do not make the work tree dirty,
/// because the run itself writes them.
///
/// # Errors
/// On an interruption.
pub fn collect(workspace: &Workspace, written: &[&str]) -> Result<Provenance, Error> {
    Ok(Provenance { commit: commit(workspace, written)?, machine: machine() })
}

fn commit(workspace: &Workspace, written: &[&str]) -> Result<String, Error> {
    let git = |arguments: &[&str]| match git::try_run(workspace.root(), arguments) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        answer => Ok(answer.ok().flatten()),
    };
    if matches!(git::locate(workspace.root())?, git::Location::Elsewhere(_)) {
        return Ok("unknown".into());
    }
    let Some(commit) = git(&["rev-parse", "--verify", "HEAD"])? else { return Ok("unknown".into()) };
    let excluded: Vec<String> = written.iter().map(|path| format!(":(exclude){path}")).collect();
    let mut status = vec!["status", "--porcelain", "--untracked-files=normal", "--", "."];
    status.extend(excluded.iter().map(String::as_str));
    let clean = git(&status)?.is_some_and(|changes| changes.is_empty());
    Ok(format!("{}{}", commit.trim(), if clean { "" } else { "-dirty" }))
}

fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.trim_start().strip_prefix(':'));
    let model = text::sanitize_line(model.unwrap_or("unknown processor"));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {processors} processors")
}
