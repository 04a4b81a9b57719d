//! Where things are, from cargo itself.

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

/// The workspace that is measured: the one that the current directory is in.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
    /// Folders of its packages, as far as they are inside.
    members: Vec<String>,
    /// What its manifest says about the gate.
    pub config: Config,
    /// The packages that measure.
    pub harnesses: Vec<Harness>,
}

/// A package that measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harness {
    /// Its name.
    pub package: String,
    /// Its folder, from the root of the workspace, with `/` on every system.
    pub dir: String,
    /// Folders of the packages that both sides of a comparison have from the change, its own among them.
    pub shared: Vec<String>,
    /// The source of its bench `time`, from the root of the workspace.
    pub time_source: String,
    /// What has to differ from the base for it to be measured.
    pub only_if_changed: OnlyIfChanged,
    /// Folders of the packages that `only_if_changed` names.
    watched: Vec<String>,
    /// Names of its features.
    features: Vec<String>,
    inputs: Option<Vec<String>>,
}

/// Files of the data folder that are the gate's own, and nothing that cases read.
const GATE_FILES: [&str; 5] = ["baselines", "budgets.toml", "thresholds.toml", "selftest", "README.md"];

impl Harness {
    /// Files and folders of the data folder that its cases are said to read, if anything is said.
    pub fn named_inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().flatten().map(|input| input.trim_end_matches('/'))
    }

    /// Whether its cases read a file, by its name below the data folder, with `/` on every system.
    pub fn reads(&self, name: &str) -> bool {
        let is_in = |place: &str| name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match &self.inputs {
            Some(inputs) => inputs.iter().any(|input| is_in(input.trim_end_matches('/'))),
            None => !GATE_FILES.iter().any(|own| is_in(own)) && !name.starts_with("selftest."),
        }
    }
}

/// What cargo says of a workspace, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    /// JSON's null where the manifest has none.
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
    /// Asks cargo about the workspace that the current directory is in.
    pub fn find() -> Result<Self, Error> {
        let mut cargo = cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let limits = Limits { output: 64 << 20, ..Limits::default() };
        let text = child::run(&mut cargo, limits, StderrMode::Capture).map_err(|error| match error {
            ChildError::Interrupted => Error::Interrupted,
            error => Error::environment(
                format!("there is no workspace here: cargo {error}"),
                "run this inside the repository, and see what is wrong with `cargo metadata --no-deps`",
            ),
        })?;
        let metadata: Metadata = serde_json::from_str(&text).map_err(|error| {
            Error::environment(
                format!("`cargo metadata` printed something that cannot be read: {error}"),
                "check what CARGO or `cargo` on the PATH is",
            )
        })?;
        let root = metadata.workspace_root.clone();
        let config = read_config(&metadata).map_err(|what| {
            Error::environment(
                format!("{}: [workspace.metadata.perf]: {what}", root.join("Cargo.toml").display()),
                "write or correct the table: `harness = [\"…\"]` names the packages that measure, and may be all of it",
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
        Ok(Self { root, target_dir: metadata.target_directory, members, config, harnesses })
    }

    /// Whether cargo or a case would miss a folder: it is one of a package, has one in it, or has sources or data.
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

    /// The same workspace as it is in another place: another commit of it.
    pub fn with_root(&self, root: PathBuf) -> Self {
        Self { root, ..self.clone() }
    }

    /// Its top directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Budgets, baselines and inputs.
    pub fn data_dir(&self) -> PathBuf {
        self.root.join(&self.config.data)
    }

    /// Where cargo puts what it makes.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// Where the gate puts what it makes.
    pub fn perf_dir(&self) -> PathBuf {
        self.target_dir.join("perf")
    }

    /// A path as people write it: from the top of the workspace where it is inside.
    pub fn display_path(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// A command line of the gate, as people type it.
    pub fn gate_command(&self, arguments: &str) -> String {
        format!("{} {arguments}", self.config.command)
    }

    /// A call of the cargo that started this program, in the top directory.
    pub fn cargo(&self) -> Command {
        let mut cargo = cargo();
        // A relative one means another folder there than where this program was started.
        if env::var_os("CARGO_TARGET_DIR").is_some_and(|dir| !dir.is_empty()) {
            cargo.env("CARGO_TARGET_DIR", &self.target_dir);
        }
        cargo.current_dir(&self.root);
        cargo
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What is built has to run here, whatever a user's settings cross-compile by default.
    cargo.env_remove("CARGO_BUILD_TARGET");
    // Build scripts ask git too.
    git::clear_repository_env(&mut cargo);
    cargo
}

/// A path inside of the workspace as git writes it, on every system.
fn slash_path(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_config(metadata: &Metadata) -> Result<Config, String> {
    let table = metadata.metadata.as_ref().and_then(|metadata| metadata.get("perf")).ok_or("there is no such table")?;
    let config: Config =
        serde_json::from_value(table.clone()).map_err(|error| text::sanitize_line(&error.to_string()))?;
    config.validation_error().map_or(Ok(config), Err)
}

impl Harness {
    fn find(config: &HarnessConfig, metadata: &Metadata) -> Result<Self, String> {
        let package = |name: &str| {
            let found = metadata.packages.iter().find(|package| package.name == name);
            found.ok_or_else(|| format!("`{}` is no package of this workspace", text::sanitize_line(name)))
        };
        let inside = |path: &Path| {
            let inside = path.strip_prefix(&metadata.workspace_root);
            let inside = inside.map_err(|_| format!("{} is outside of the workspace", path.display()))?;
            Ok::<String, String>(slash_path(inside))
        };
        let dir_of = |package: &Package| inside(package.manifest_path.parent().unwrap_or(&package.manifest_path));
        let own = package(&config.package)?;
        let time =
            own.targets.iter().find(|target| target.name == "time" && target.kind.iter().any(|kind| kind == "bench"));
        let time = time.ok_or_else(|| format!("cargo knows no bench target `time` in package {}", own.name))?;
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

    /// Folders of the packages of which one has to differ from the base for it to be measured, if some are named.
    pub fn watched_dirs(&self) -> Option<Vec<String>> {
        let named = matches!(self.only_if_changed, OnlyIfChanged::Packages(_));
        named.then(|| self.watched.iter().chain(&self.shared).cloned().collect())
    }

    /// The names of these packages; none where any difference counts.
    pub fn watched_packages(&self) -> &[String] {
        match &self.only_if_changed {
            OnlyIfChanged::No | OnlyIfChanged::Anything => &[],
            OnlyIfChanged::Packages(packages) => packages,
        }
    }

    /// Whether it has a feature of this name.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature == name)
    }

    /// The command line that runs one of its benches for a person.
    pub fn bench_command(&self, bench: &str) -> String {
        format!("cargo bench -p {} --bench {bench}", self.package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_whole_names_and_by_default_all_that_is_not_the_gates() {
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
        ] {
            assert_eq!(all.reads(name), read, "{name}");
        }
    }
}
