//! A workspace that cargo builds in a second, in a repository of its own, for what only a real one can show.
//!
//! ```text
//! let tiny = Tiny::new();
//! tiny.edit(CLOCK, "500.0", "550.0");
//! tiny.perf(&["--against", "HEAD"]).expect(1);
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::folder;
use crate::world::Ran;

/// The file with the duration of an operation.
pub const CLOCK: &str = "crates/clock/src/lib.rs";

/// The file with the computation of the cases.
pub const MOCKS: &str = "crates/clock-mocks/src/lib.rs";

/// The cases of the workspace.
pub const CASES: [&str; 2] = ["strike/noon/12", "wind/spring/40"];

/// Has a call link a program of this workspace with one layout, whatever layouts are asked for. Where the variable is not that
/// of this system's target, cargo does not read it, and each layout is linked.
pub fn link_once(command: &mut Command) {
    let target = format!("CARGO_TARGET_{}_UNKNOWN_LINUX_GNU_LINKER", std::env::consts::ARCH.to_uppercase());
    command.env(target, Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-linker.sh"));
}

/// Content of each file, by its path.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The workspace.
pub struct Tiny {
    dir: TempDir,
    links_each_layout: bool,
}

impl Tiny {
    /// One commit, on the branch `main`.
    pub fn new() -> Self {
        let tiny = Self { dir: tempfile::tempdir().unwrap(), links_each_layout: false };
        folder::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny"), tiny.dir.path());
        tiny.write(".gitignore", "/target/\n");
        folder::know_rustc(tiny.dir.path());
        tiny.git(&["init", "--quiet", "--initial-branch", "main"]);
        tiny.commit("the beginning");
        tiny
    }

    /// Each layout is linked, as a user's are. Otherwise one is, and its program stands for all: the times of this workspace
    /// follow from the names of its programs, so a test of verdicts sees no difference, and takes half as long.
    pub fn linking_each_layout(self) -> Self {
        Self { links_each_layout: true, ..self }
    }

    /// From now on a valgrind of this version counts instructions.
    pub fn install_valgrind(&self, version: &str) {
        let valgrind = self.path("target/bin/valgrind");
        self.write("target/bin/valgrind.version", version);
        if !valgrind.exists() {
            // A link: a copy could fail with ETXTBSY while another test forks.
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-valgrind.sh");
            std::os::unix::fs::symlink(script, valgrind).unwrap();
        }
    }

    /// Two commits: the second has a baseline, with instructions of valgrind 3.19.0.
    pub fn with_instructions() -> Self {
        let tiny = Self::new();
        tiny.install_valgrind("3.19.0");
        tiny.store_baseline();
        tiny
    }

    /// Two commits: the second has a baseline.
    pub fn with_baseline() -> Self {
        let tiny = Self::new();
        tiny.store_baseline();
        tiny
    }

    fn store_baseline(&self) {
        let tiny = self;
        let mut update = tiny.command(&["baseline", "update"]);
        Ran::of(update.output().unwrap()).expect(0);
        tiny.commit("a baseline");
    }

    /// A shallow clone of depth 1.
    pub fn shallow(&self) -> Self {
        let clone = Self { dir: tempfile::tempdir().unwrap(), links_each_layout: self.links_each_layout };
        let from = format!("file://{}", self.dir.path().display());
        clone.git(&["clone", "--quiet", "--depth", "1", &from, "."]);
        clone
    }

    /// A path in the workspace.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file in the workspace.
    pub fn write(&self, path: &str, text: &str) {
        folder::write(&self.path(path), text);
    }

    /// Replaces a text in a file.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        folder::edit(&self.path(path), from, to);
    }

    /// Runs git and returns its standard output.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        folder::git(self.dir.path(), arguments)
    }

    /// Commits everything that differs.
    pub fn commit(&self, subject: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
    }

    /// The work tree becomes that of HEAD again; what git ignores stays.
    pub fn restore(&self) {
        self.git(&["reset", "--quiet", "--hard"]);
        self.git(&["clean", "--quiet", "--force", "-d"]);
    }

    /// A call of xtask.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.dir.path()).args(arguments).stdin(Stdio::null());
        let valgrind = self.path("target/bin/valgrind");
        command.env("VALGRIND", if valgrind.exists() { valgrind } else { "there-is-none".into() });
        if !self.links_each_layout {
            link_once(&mut command);
        }
        for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    /// A call of `perf` with the minimum of samples.
    pub fn perf_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["perf", "--quick", "--budget", "10s"]);
        command.args(arguments);
        command
    }

    /// Runs `perf`, and checks that nothing outside `target` was touched.
    #[track_caller]
    pub fn perf(&self, arguments: &[&str]) -> Ran {
        let before = self.files();
        let ran = Ran::of(self.perf_command(arguments).output().unwrap());
        self.assert_same_after(&before, &ran.stderr);
        ran
    }

    /// Everything outside `target`, also the repository itself.
    pub fn files(&self) -> Files {
        let mut files = Files::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path == self.path("target") {
                    continue;
                } else if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = fs::read(&path).unwrap();
                    files.insert(path.strip_prefix(self.dir.path()).unwrap().to_owned(), content);
                }
            }
        }
        files
    }

    /// Checks that these are the files outside `target`, byte for byte, after something was done.
    #[track_caller]
    pub fn assert_same_after(&self, before: &Files, what: &str) {
        let after = self.files();
        let differ = |path: &&PathBuf| before.get(*path) != after.get(*path);
        let differing: Vec<_> = before.keys().chain(after.keys()).filter(differ).collect();
        assert!(differing.is_empty(), "{what}: not as before: {differing:?}");
    }

    /// The report of the last run.
    pub fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("target/perf/latest/report.json")).unwrap()).unwrap()
    }

    /// The comparison of wall time in the last run.
    pub fn comparison(&self) -> Value {
        self.report()["harnesses"][0]["comparison"].clone()
    }

    /// The rows of a class.
    pub fn rows(&self, class: &str) -> Vec<Value> {
        let report = self.report();
        report["rows"].as_array().unwrap().iter().filter(|row| row["class"] == class).cloned().collect()
    }

    /// The wall time of a case.
    #[track_caller]
    pub fn wall(&self, case: &str) -> Value {
        let rows = self.rows("wall");
        rows.iter().find(|row| row["case"] == case).unwrap_or_else(|| panic!("no row of {case} in {rows:#?}")).clone()
    }

    /// The verdicts of the wall times, in the order of [`CASES`].
    #[track_caller]
    pub fn wall_verdicts(&self) -> Vec<String> {
        CASES.iter().map(|case| self.wall(case)["verdict"].as_str().unwrap().to_owned()).collect()
    }
}
