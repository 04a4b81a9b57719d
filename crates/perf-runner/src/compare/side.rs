//! A built side of a comparison. Both sides are built in the same directory, and cached by a digest of their inputs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use perf_judge::report::comparison::LayoutMethod;
use perf_judge::text;
use serde::{Deserialize, Serialize};

use super::link::{self, RecordedLink};
use super::tree::Tree;
use crate::error::Error;
use crate::git;
use crate::measure::build_record::{self, BuildRecord};
use crate::measure::key;
use crate::measure::programs::{BenchPrograms, find_artifact};
use crate::process;
use crate::process::child::{self, ChildError, Limits, StderrMode};
use crate::progress::Progress;
use crate::workspace::{Harness, Workspace};

/// Maximum number of cached sides per harness; each takes 100 MB.
const MAX_CACHED_SIDES: usize = 4;

/// Everything that a side is built from.
#[derive(Debug)]
pub struct BuildSpec<'a> {
    /// The harness.
    pub harness: &'a Harness,
    /// The files of the side.
    pub tree: &'a Tree,
    /// Folders of the workspace packages that the programs are built from, relative to the root.
    pub packages: &'a [String],
    /// Arguments of cargo that select features.
    pub features: &'a [String],
    /// Names and versions of everything else that affects the programs: compiler, packages, profile, flags.
    pub build_environment: Vec<String>,
    /// Whether to build with the toolchain of its own `rust-toolchain.toml` instead of the current one.
    pub own_toolchain: bool,
    /// The destination of cargo's messages; captured if the build may fail.
    pub stderr: StderrMode,
}

/// A built side.
#[derive(Debug)]
pub struct BuiltSide {
    dir: PathBuf,
    /// The programs, linked with the default layout.
    pub programs: BenchPrograms,
    /// Digest of files, features and build environment.
    pub digest: String,
    /// The method that varies the layout.
    pub layouts: LayoutMethod,
    link: RecordedLink,
}

#[derive(Serialize, Deserialize)]
struct SideManifest {
    layouts: LayoutMethod,
}

/// Why a side could not be built.
#[derive(Debug)]
pub enum BuildError {
    /// The sources do not compile; with the first error of cargo, if its messages were captured.
    DoesNotBuild(String),
    /// The whole command ends.
    Stopped(Error),
}

impl From<Error> for BuildError {
    fn from(error: Error) -> Self {
        Self::Stopped(error)
    }
}

impl BuiltSide {
    /// Builds a side, or takes it from the cache; `name` is its name in messages.
    ///
    /// # Errors
    /// If the build fails.
    pub fn build(workspace: &Workspace, name: &str, spec: &BuildSpec<'_>) -> Result<Self, BuildError> {
        let files = spec.tree.inputs(workspace, spec.harness, spec.packages)?;
        let tools = key::tools_digest(workspace)?;
        let parts = files.iter().flat_map(|(path, blob)| [path.as_str(), *blob]);
        let own_toolchain = if spec.own_toolchain { "own toolchain" } else { "" };
        let others = spec.features.iter().chain(&spec.build_environment).map(String::as_str);
        let digest = perf_digest::compute(parts.chain(others).chain([own_toolchain, &spec.harness.package, &tools]));
        // The path of a program lies on its stack, so it is as long as cargo's `target/release/deps/count-<hash>`.
        let sides = workspace.perf_dir().join("compare");
        let dir = sides.join(&digest);
        if !dir.join("complete.json").is_file() {
            let tree = workspace.perf_dir().join("tree");
            Progress::announce(
                "build",
                &format!("{name}, {} in {}", spec.harness.package, workspace.display_path(&tree)),
            );
            build(workspace, spec, &tree, &dir)?;
            evict_lru(&sides, MAX_CACHED_SIDES * workspace.harnesses.len())?;
        }
        touch(&dir);
        let complete = fs::read(dir.join("complete.json"))
            .ok()
            .and_then(|text| serde_json::from_slice::<SideManifest>(&text).ok());
        let Some(SideManifest { layouts }) = complete else {
            return Err(BuildError::Stopped(Error::environment(
                format!("{} is corrupt", dir.display()),
                "remove the directory and run this again",
            )));
        };
        let link = RecordedLink::read(&dir.join("link"))?;
        let programs = BenchPrograms {
            time: dir.join("time"),
            heap: dir.join("heap"),
            count: dir.join("count"),
            dir: workspace.root().to_owned(),
            harness: spec.harness.clone(),
            fault: None,
        };
        Ok(Self { dir, programs, digest, layouts, link })
    }

    /// Links the program `time` with the layout that `seed` selects.
    ///
    /// # Errors
    /// If the linker fails.
    pub fn link_time(&self, seed: u32) -> Result<LinkedBinary, Error> {
        let dir = self.dir.join("links");
        fs::create_dir_all(&dir).map_err(|error| Error::path("create", &dir, &error))?;
        // A unique name, because another comparison may link the same layout at the same time; of constant length, because the
        // path lies on the stack.
        static LINKED: AtomicU32 = AtomicU32::new(0);
        let name = format!("{seed:08x}-{:010}-{:010}", std::process::id(), LINKED.fetch_add(1, Ordering::Relaxed));
        let program = LinkedBinary(dir.join(name));
        touch(&self.dir);
        self.link.relink(&self.dir.join("link"), &program.0, self.layouts, seed)?;
        Ok(program)
    }

    /// Whether the three programs of both sides have the same bytes.
    ///
    /// # Errors
    /// If a program cannot be read.
    pub fn is_identical(&self, other: &Self) -> Result<bool, Error> {
        let pairs = [
            (&self.programs.time, &other.programs.time),
            (&self.programs.heap, &other.programs.heap),
            (&self.programs.count, &other.programs.count),
        ];
        for (own, its) in pairs {
            let read = |path: &Path| fs::read(path).map_err(|error| Error::path("read", path, &error));
            if read(own)? != read(its)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A linked program; its file is removed when this is dropped.
#[derive(Debug)]
pub struct LinkedBinary(PathBuf);

impl LinkedBinary {
    /// The path of the program.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for LinkedBinary {
    fn drop(&mut self) {
        // A file that cannot be removed now is removed with its side.
        let _ = fs::remove_file(&self.0);
    }
}

/// Builds a side in `tree`, and moves the complete result to `dir`.
fn build(workspace: &Workspace, spec: &BuildSpec<'_>, tree: &Path, dir: &Path) -> Result<(), BuildError> {
    if !process::can_run_as_helper() {
        let hint = "call `perf_runner::run_as_helper` at the start of its `main`";
        return Err(BuildError::Stopped(Error::environment("this program cannot run as a linker", hint)));
    }
    let partial = workspace.perf_dir().join("partial");
    let recreate = |dir: &Path| match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::path("remove", dir, &error)),
        _ => fs::create_dir_all(dir).map_err(|error| Error::path("create", dir, &error)),
    };
    recreate(&partial)?;
    spec.tree.write_to(tree)?;
    // Updates the modification time, so that cargo links `time` even if its sources did not change.
    let source = tree.join(&spec.harness.time_source);
    if !source.is_file() {
        return Err(BuildError::DoesNotBuild(format!("cannot find {}", spec.harness.time_source)));
    }
    let text = fs::read(&source).map_err(|error| Error::path("read", &source, &error))?;
    fs::write(&source, text).map_err(|error| Error::path("write", &source, &error))?;

    let this = std::env::current_exe().map_err(|error| Error::path("find", Path::new("this program"), &error))?;
    let mut linker = std::ffi::OsString::from("linker=");
    linker.push(&this);
    let mut time = cargo_command(workspace, spec, tree, "rustc");
    time.args(["--bench", "time", "--", "-C"]).arg(linker).env(link::LINK_RECORD_ENV, partial.join("link"));
    let mut others = cargo_command(workspace, spec, tree, "build");
    others.args(["--bench", "heap", "--bench", "count"]);
    let mut record = BuildRecord::open(workspace, tree);
    for (mut command, programs, wanted) in [(time, &["time"][..], Some("time")), (others, &["heap", "count"], None)] {
        let limits = Limits { time: Duration::from_secs(3600), output: 256 << 20, ..Limits::default() };
        let mut messages = run(&mut command, limits, spec.stderr)?;
        record.update(&messages)?;
        let stale = record.stale_artifacts(&messages, wanted);
        if !stale.is_empty() {
            build_record::remove_artifacts(&stale)?;
            messages = run(&mut command, limits, spec.stderr)?;
            record.update(&messages)?;
            let stale = record.stale_artifacts(&messages, wanted);
            if !stale.is_empty() {
                return Err(BuildError::Stopped(build_record::rebuild_error(&stale)));
            }
        }
        for program in programs {
            let (from, to) = (find_artifact(&messages, spec.harness, program)?, partial.join(program));
            fs::copy(&from, &to).map_err(|error| Error::path("copy", &from, &error))?;
        }
    }
    let link_dir = partial.join("link");
    if !link_dir.join(link::LINK_FILE).is_file() {
        return Err(BuildError::Stopped(Error::environment(
            "rustc did not call the linker of the gate, because its flags name another one (`-C linker=`)",
            "name it as `linker` in [target.…] of cargo's configuration, or in CARGO_TARGET_…_LINKER",
        )));
    }
    let complete = SideManifest { layouts: RecordedLink::read(&link_dir)?.layouts(&link_dir)? };
    let text = serde_json::to_vec(&complete).unwrap_or_default();
    let file = partial.join("complete.json");
    fs::write(&file, text).map_err(|error| Error::path("write", &file, &error))?;
    if let Some(sides) = dir.parent() {
        fs::create_dir_all(sides).map_err(|error| Error::path("create", sides, &error))?;
    }
    recreate(dir)?;
    fs::rename(&partial, dir).map_err(|error| Error::path("move a built side to", dir, &error))?;
    Ok(())
}

fn run(cargo: &mut Command, limits: Limits, stderr: StderrMode) -> Result<String, BuildError> {
    child::run(cargo, limits, stderr).map_err(|error| {
        let reason = match &error {
            ChildError::Interrupted => return BuildError::Stopped(Error::Interrupted),
            // Without a code a signal ended cargo: that says nothing about the sources.
            ChildError::Failed { status, .. } if status.code().is_none() => {
                let message = format!("a build was killed: cargo ended with {status}");
                return BuildError::Stopped(Error::environment(message, "run this again"));
            }
            ChildError::Failed { status, stderr } => {
                if let Some(line) = stderr.lines().find(|line| is_machine_failure(line)) {
                    let line = line.trim_start_matches([' ', '=']);
                    let hint = "free disk space or memory, and run this again";
                    return BuildError::Stopped(Error::environment(format!("a build stopped: {line}"), hint));
                }
                // The first error: the last one is only a count.
                let first = stderr.lines().find(|line| line.starts_with("error"));
                first.map_or_else(|| error.to_string(), |first| format!("ended with {status}: {first}"))
            }
            _ => error.to_string(),
        };
        BuildError::DoesNotBuild(text::sanitize_line(&reason))
    })
}

/// Whether a message of cargo shows a cause outside the sources: no disk space, or a compiler that was killed, by the system
/// for lack of memory or by a user.
fn is_machine_failure(line: &str) -> bool {
    ["No space left on device", "os error 28", "signal: 9, SIGKILL", "signal: 15, SIGTERM"]
        .iter()
        .any(|stderr| line.contains(stderr))
}

/// A command that runs cargo in `tree`, with a target directory of its own: packages have the same paths there as in the
/// workspace, so with a shared directory both builds would overwrite each other.
fn base_cargo(workspace: &Workspace, spec: &BuildSpec<'_>, tree: &Path) -> Command {
    let mut cargo = if spec.own_toolchain {
        let mut cargo = Command::new("cargo");
        // These variables select the toolchain of this program.
        ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTDOC"].iter().for_each(|name| {
            cargo.env_remove(name);
        });
        cargo
    } else {
        workspace.cargo()
    };
    cargo
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", workspace.perf_dir().join("build"))
        .env("CARGO_BUILD_BUILD_DIR", workspace.perf_dir().join("build"))
        .env_remove("CARGO_BUILD_TARGET");
    git::clear_repository_env(&mut cargo);
    cargo
}

fn cargo_command(workspace: &Workspace, spec: &BuildSpec<'_>, tree: &Path, verb: &str) -> Command {
    let mut cargo = base_cargo(workspace, spec, tree);
    cargo.args([verb, "--profile", "bench", "--package", &spec.harness.package]).args(spec.features);
    cargo.arg("--message-format=json-render-diagnostics");
    if spec.stderr == StderrMode::Capture {
        cargo.arg("--quiet");
    }
    cargo
}

/// Records the use of a cached side; errors are ignored, because they only affect the order of eviction.
fn touch(side: &Path) {
    let file = fs::File::options().append(true).open(side.join("complete.json"));
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes the least recently used sides, so that `kept` remain.
fn evict_lru(sides: &Path, kept: usize) -> Result<(), Error> {
    let unreadable = |error: io::Error| Error::path("list", sides, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(sides).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let used = fs::metadata(path.join("complete.json")).and_then(|file| file.modified());
        found.push((used.unwrap_or(SystemTime::UNIX_EPOCH), path));
    }
    found.sort();
    let surplus = found.len().saturating_sub(kept);
    for (_, path) in found.into_iter().take(surplus) {
        fs::remove_dir_all(&path).map_err(|error| Error::path("remove", &path, &error))?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn build_with(script: &str) -> BuildError {
        let mut cargo = Command::new("sh");
        cargo.args(["-c", script]);
        run(&mut cargo, Limits::default(), StderrMode::Capture).unwrap_err()
    }

    #[test]
    fn a_killed_build_ends_the_command_and_is_no_fault_of_the_sources() {
        for script in ["kill -TERM $$", "echo '(signal: 15, SIGTERM: termination signal)' >&2; exit 101"] {
            let error = build_with(script);
            assert!(matches!(error, BuildError::Stopped(_)), "{script}");
        }
        let BuildError::DoesNotBuild(reason) = build_with("echo 'error: expected one of' >&2; exit 101") else {
            panic!("an error of the compiler is one of the sources")
        };
        assert!(reason.contains("expected one of"), "{reason}");
    }
}
