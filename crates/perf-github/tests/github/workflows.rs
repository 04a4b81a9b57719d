//! The workflows that start the program, and what it assumes about them.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    // Read at run time: clones that share a target folder share this executable.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).unwrap().to_owned()
}

/// A workflow without its comments.
fn workflow(name: &str) -> String {
    let text = fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.map(|line| line.split(" # ").next().unwrap_or(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_comment_runs_no_code_of_the_change() {
    let text = workflow("perf-comment.yml");
    assert!(text.contains("\npermissions: {}\n"), "{text}");
    for forbidden in
        ["ref:", "repository:", "download-artifact", "head_branch", "secrets.", "cache", "pull_request_target"]
    {
        assert!(!text.contains(forbidden), "{forbidden}: {text}");
    }
    let writes: Vec<&str> = text.lines().map(str::trim).filter(|line| line.ends_with(": write")).collect();
    assert_eq!(writes, ["checks: write", "pull-requests: write"]);
    assert_eq!(text.matches("github.token").count(), 1, "only the last step has the token: {text}");
    // What the event says reaches no shell.
    let in_shell = text.lines().filter(|line| line.trim_start().starts_with("run:") || line.starts_with("          "));
    assert!(in_shell.clone().count() > 0);
    assert!(
        in_shell.filter(|line| line.contains("${{")).all(|line| line.trim() == "GITHUB_TOKEN: ${{ github.token }}"),
        "{text}"
    );
}

#[test]
fn the_comment_finds_the_artifact_of_the_run() {
    let perf = workflow("perf.yml");
    assert!(perf.starts_with("name: perf\n"), "the name that perf-comment.yml waits for: {perf}");
    assert!(perf.contains("          name: perf-summary\n          path: target/perf/latest/summary.json\n"), "{perf}");
    let comment = workflow("perf-comment.yml");
    assert!(
        comment.contains("workflows: [perf]\n") && comment.contains("comment --artifact perf-summary\n"),
        "{comment}"
    );
    assert!(!perf.contains("write"), "the run that measures only reads: {perf}");
}

#[test]
fn history_is_recorded_on_the_main_branches_only_and_by_one_job() {
    let text = workflow("perf-main.yml");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let configured = manifest.lines().find_map(|line| line.strip_prefix("main-branches = ")).unwrap();
    assert!(text.contains(&format!("    branches: {}\n", configured.replace('"', ""))), "{configured}: {text}");
    assert!(text.contains("\npermissions: {}\n") && text.contains("  cancel-in-progress: false\n"), "{text}");
    assert_eq!(text.matches(": write").count(), 1, "{text}");
    assert_eq!(text.matches("\n    permissions:\n      contents: write\n").count(), 1, "{text}");
    assert!(!text.contains("pull_request"), "{text}");
}
