//! Files and commits in the folder of a test's workspace.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Copies a folder recursively.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Writes a file and creates its folder.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Replaces a text that occurs exactly once in a file.
#[track_caller]
pub fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {}: {text}", path.display());
    fs::write(path, text.replace(from, to)).unwrap();
}

/// Gives a new workspace what cargo already asked rustc where these tests were built: cargo keeps the answers in the target
/// folder, and asks four times where there are none. It asks again too where they are not of the same rustc.
pub fn know_rustc(workspace: &Path) {
    let answers = ".rustc_info.json";
    if let Ok(known) = fs::read_to_string(Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(answers)) {
        write(&workspace.join("target").join(answers), &known);
    }
}

/// Runs git and returns its standard output.
#[track_caller]
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    git_with(Command::new("git"), dir, arguments)
}

/// As [`git`], at a time: seconds since the Unix epoch.
#[track_caller]
pub fn git_at(seconds: u64, dir: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.env("GIT_COMMITTER_DATE", format!("@{seconds} +0000"));
    git_with(git, dir, arguments)
}

#[track_caller]
fn git_with(mut git: Command, dir: &Path, arguments: &[&str]) -> String {
    git.args(["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]).args(arguments);
    // Git settings of the user must not change the result.
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(dir);
    let output = git.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
