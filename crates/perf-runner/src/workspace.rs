//! Paths of the workspace under test, from `cargo metadata`.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use perf_judge::text;
use serde::Deserialize;

use crate::config::{Config, HarnessConfig, OnlyIfChanged};
use crate::error::Error;
use crate::git;
use crate::process::child::{self, ChildError, Limits, StderrMode};

/// The workspace under test.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
    /// Folders of the member packages inside the root, relative to it.
    members: Vec<String>,
    /// Names of the crates of the workspace, as they begin the names of their functions.
    crates: Vec<String>,
    /// The configuration from the root manifest.
    pub config: Config,
    /// The harness packages of the workspace.
    pub harnesses: Vec<Harness>,
}

/// A harness package, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harness {
    /// The name of the package.
    pub package: String,
    /// The folder of the package, relative to the root of the workspace, with `/` on every system.
    pub dir: String,
    /// Folders of the packages that both sides of a comparison take from the change, including the harness itself.
    pub shared: Vec<String>,
    /// The source file of the bench `time`, relative to the root of the workspace.
    pub time_source: String,
    /// Which differences from the base make a run measure the harness.
    pub only_if_changed: OnlyIfChanged,
    /// Folders of the packages that `only_if_changed` names.
    watched: Vec<String>,
    /// Names of the package's features.
    features: Vec<String>,
    inputs: Option<Vec<String>>,
}

/// The results of `perf quality` in the data folder.
pub const QUALITY_RESULTS: &str = "quality/stored.jsonl";

/// The recorded runs in the data folder.
pub const HISTORY: &str = "history";

/// The file in the data folder that pins the anchor.
pub const ANCHOR: &str = "anchor.toml";

/// Files of the data folder that belong to the gate and are not read by cases.
const GATE_FILES: [&str; 8] =
    ["baselines", "budgets.toml", "thresholds.toml", "selftest", "README.md", QUALITY_RESULTS, HISTORY, ANCHOR];

impl Harness {
    /// The configured `inputs`: files and folders of the data folder; empty if none are configured.
    pub fn named_inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().flatten().map(|input| input.trim_end_matches('/'))
    }

    /// Whether the cases read a file; `name` is relative to the data folder, with `/` on every system.
    pub fn reads(&self, name: &str) -> bool {
        let is_in = |place: &str| name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match &self.inputs {
            Some(inputs) => inputs.iter().any(|input| is_in(input.trim_end_matches('/'))),
            None => !GATE_FILES.iter().any(|own| is_in(own)) && !name.starts_with("selftest."),
        }
    }
}

/// The used part of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    /// `null` in JSON if the manifest has no such table.
    metadata: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Workspace {
    /// Finds the workspace that contains the current directory.
    ///
    /// # Errors
    /// If there is no workspace, or its configuration is missing or invalid.
    pub fn find() -> Result<Self, Error> {
        let mut cargo = cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let limits = Limits { output: 64 << 20, ..Limits::default() };
        let text = child::run(&mut cargo, limits, StderrMode::Capture).map_err(|error| match error {
            ChildError::Interrupted => Error::Interrupted,
            error => Error::environment(
                format!("cannot read the workspace: cargo {error}"),
                "run this inside the workspace; `cargo metadata --no-deps` must succeed there",
            ),
        })?;
        let metadata: Metadata = serde_json::from_str(&text).map_err(|error| {
            Error::environment(
                format!("the output of `cargo metadata` cannot be parsed: {error}"),
                "check which program CARGO, or `cargo` on the PATH, is",
            )
        })?;
        let root = metadata.workspace_root.clone();
        let config = read_config(&metadata).map_err(|what| {
            Error::environment(
                format!("{}: [workspace.metadata.perf]: {what}", root.join("Cargo.toml").display()),
                "write or correct the table; its only required key is `harness = [\"…\"]`, the harness packages",
            )
        })?;
        let find = |harness: &HarnessConfig| {
            Harness::find(harness, &metadata).map_err(|what| {
                let hint = "correct `harness` in [workspace.metadata.perf], or the package that it names";
                Error::environment(what, hint)
            })
        };
        let harnesses = config.harness.iter().map(find).collect::<Result<_, _>>()?;
        let folder = |package: &Package| Some(slash_path(package.manifest_path.parent()?.strip_prefix(&root).ok()?));
        let members = metadata.packages.iter().filter_map(folder).collect();
        let targets = metadata.packages.iter().flat_map(|package| &package.targets);
        let crates = targets.map(|target| target.name.replace('-', "_")).collect();
        Ok(Self { root, target_dir: metadata.target_directory, members, crates, config, harnesses })
    }

    /// Whether a build or a case needs a folder: it contains a package, or is part of a package's sources or of the data
    /// folder.
    pub fn needs(&self, folder: &str) -> bool {
        let is_in =
            |path: &str, of: &str| path == of || path.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'));
        let data = &self.config.data;
        let of_package = |package: &String| {
            let inside = |part: &str| match package.as_str() {
                "" => part.to_owned(),
                package => format!("{package}/{part}"),
            };
            is_in(package, folder) || ["src", "benches"].iter().any(|part| is_in(folder, &inside(part)))
        };
        is_in(folder, data) || is_in(data, folder) || self.members.iter().any(of_package)
    }

    /// Names of the crates of the workspace: libraries, programs, benchmarks and tests.
    pub fn crates(&self) -> &[String] {
        &self.crates
    }

    /// This workspace checked out at another root.
    pub fn with_root(&self, root: PathBuf) -> Self {
        Self { root, ..self.clone() }
    }

    /// Root directory of the workspace, with its `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The data folder: budgets, thresholds, baselines and inputs.
    pub fn data_dir(&self) -> PathBuf {
        self.root.join(&self.config.data)
    }

    /// The target directory of cargo.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// The directory of everything that the gate generates, `perf` in the target directory.
    pub fn perf_dir(&self) -> PathBuf {
        self.target_dir.join("perf")
    }

    /// A path for messages: relative to the root if it is inside the workspace.
    pub fn display_path(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// A command line of the gate for messages, such as `cargo xtask perf`.
    pub fn gate_command(&self, arguments: &str) -> String {
        format!("{} {arguments}", self.config.command)
    }

    /// A command that runs cargo in the root directory; the cargo that started this program, if one did.
    pub fn cargo(&self) -> Command {
        let mut cargo = cargo();
        // A relative path would mean another folder, because this program may run in another directory than the root.
        if env::var_os("CARGO_TARGET_DIR").is_some_and(|dir| !dir.is_empty()) {
            cargo.env("CARGO_TARGET_DIR", &self.target_dir);
        }
        cargo.current_dir(&self.root);
        cargo
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The programs must run on this machine, even if the user's settings cross-compile by default.
    cargo.env_remove("CARGO_BUILD_TARGET");
    // Build scripts call git too.
    git::clear_repository_env(&mut cargo);
    cargo
}

/// A relative path with `/` as separator on every system, as git prints it.
fn slash_path(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_config(metadata: &Metadata) -> Result<Config, String> {
    let table = metadata.metadata.as_ref().and_then(|metadata| metadata.get("perf")).ok_or("the table is missing")?;
    let config: Config =
        serde_json::from_value(table.clone()).map_err(|error| text::sanitize_line(&error.to_string()))?;
    config.validation_error().map_or(Ok(config), Err)
}

impl Harness {
    fn find(config: &HarnessConfig, metadata: &Metadata) -> Result<Self, String> {
        let package = |name: &str| {
            let found = metadata.packages.iter().find(|package| package.name == name);
            found.ok_or_else(|| format!("`{}` is not a package of this workspace", text::sanitize_line(name)))
        };
        let inside = |path: &Path| {
            let inside = path.strip_prefix(&metadata.workspace_root);
            let inside = inside.map_err(|_| format!("{} is outside the workspace", path.display()))?;
            Ok::<String, String>(slash_path(inside))
        };
        let dir_of = |package: &Package| inside(package.manifest_path.parent().unwrap_or(&package.manifest_path));
        let own = package(&config.package)?;
        let time =
            own.targets.iter().find(|target| target.name == "time" && target.kind.iter().any(|kind| kind == "bench"));
        let time = time.ok_or_else(|| format!("package {} has no bench target `time`", own.name))?;
        let dir = dir_of(own)?;
        let mut shared = vec![dir.clone()];
        for name in &config.with {
            shared.push(dir_of(package(name)?)?);
        }
        let time_source = inside(&time.src_path)?;
        let HarnessConfig { inputs, only_if_changed, .. } = config.clone();
        let watched = match &only_if_changed {
            OnlyIfChanged::No | OnlyIfChanged::Anything => Vec::new(),
            OnlyIfChanged::Packages(packages) => {
                packages.iter().map(|name| dir_of(package(name)?)).collect::<Result<_, _>>()?
            }
        };
        let features = own.features.keys().cloned().collect();
        Ok(Self { package: own.name.clone(), dir, shared, time_source, only_if_changed, watched, features, inputs })
    }

    /// Folders of the packages that `only-if-changed` names, and of the harness; `None` if it names none.
    pub fn watched_dirs(&self) -> Option<Vec<String>> {
        let named = matches!(self.only_if_changed, OnlyIfChanged::Packages(_));
        named.then(|| self.watched.iter().chain(&self.shared).cloned().collect())
    }

    /// Names of the packages in `only-if-changed`; empty if it names none.
    pub fn watched_packages(&self) -> &[String] {
        match &self.only_if_changed {
            OnlyIfChanged::No | OnlyIfChanged::Anything => &[],
            OnlyIfChanged::Packages(packages) => packages,
        }
    }

    /// Whether the package has a feature with this name.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }

    /// The command line that runs one of the harness' benches, for messages.
    pub fn bench_command(&self, bench: &str) -> String {
        format!("cargo bench -p {} --bench {bench}", self.package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_match_whole_names_and_exclude_gate_files_by_default() {
        let harness = |inputs: Option<&[&str]>| Harness {
            package: String::new(),
            dir: String::new(),
            shared: Vec::new(),
            time_source: String::new(),
            only_if_changed: OnlyIfChanged::No,
            watched: Vec::new(),
            features: Vec::new(),
            inputs: inputs.map(|inputs| inputs.iter().map(|&input| input.to_owned()).collect()),
        };
        let some = harness(Some(&["corpus.toml", "scenarios/"]));
        for (name, read) in [
            ("corpus.toml", true),
            ("scenarios/floor.toml", true),
            ("scenarios-old/floor.toml", false),
            ("corpus.toml.orig", false),
            ("baselines/x.toml", false),
        ] {
            assert_eq!(some.reads(name), read, "{name}");
        }
        let all = harness(None);
        for (name, read) in [
            ("texts/one.txt", true),
            ("notes.md", true),
            ("README.md", false),
            ("budgets.toml", false),
            ("thresholds.toml", false),
            ("baselines/a/b.toml", false),
            ("selftest/same.jsonl.gz", false),
            ("selftest.toml", false),
            ("quality/stored.jsonl", false),
            ("quality/tuning.jsonl", true),
        ] {
            assert_eq!(all.reads(name), read, "{name}");
        }
    }
}
