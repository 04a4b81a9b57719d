//! The key of a measurement: what must be equal for exact values to be comparable.
//!
//! The same sources have the same key in another folder and for another user. So a key contains no path, no time, and no user
//! setting that does not affect the measured programs.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use perf_gate::Key;

use crate::error::Error;
use crate::process::child::{self, Limits, StderrMode};
use crate::workspace::{Harness, Workspace};

/// Detects the key of a harness on this machine. `inputs` are names and texts of the inputs of its cases.
///
/// # Errors
/// If rustc or cargo fails, or a configuration file of cargo is invalid.
pub fn detect<'a>(
    workspace: &Workspace,
    harness: &Harness,
    features: &[String],
    inputs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Key, Error> {
    let (rustc, target) = compiler_and_target(workspace)?;
    Ok(Key {
        packages: packages_digest(workspace, harness, features, &target)?,
        profile: profile_digest(workspace)?,
        rustflags: rustflags(),
        inputs: perf_digest::compute(inputs.flat_map(|(name, text)| [name, text])),
        rustc,
        target,
    })
}

fn run_tool(command: &mut Command, what: &str) -> Result<String, Error> {
    match child::run(command, Limits::default(), StderrMode::Capture) {
        Ok(text) => Ok(text),
        Err(error) => Err(Error::environment(
            format!("{what} {}", error.reason()?),
            "install the toolchain that rust-toolchain.toml names, and update Cargo.lock",
        )),
    }
}

/// The version of rustc with its commit, and the target triple of this machine.
fn compiler_and_target(workspace: &Workspace) -> Result<(String, String), Error> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--version", "--verbose"]).current_dir(workspace.root());
    let text = run_tool(&mut rustc, "`rustc --version --verbose`")?;
    let version = text.lines().next().unwrap_or_default().trim();
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) if !version.is_empty() => Ok((version.to_owned(), host.trim().to_owned())),
        _ => Err(Error::environment(
            "`rustc --version --verbose` printed no version or no host",
            "check which program RUSTC, or `rustc` on the PATH, is",
        )),
    }
}

/// The build profiles of the measuring programs: `bench`, which inherits from `release`. Other profiles do not affect them.
const PROFILES: [&str; 2] = ["release", "bench"];

/// Digest of the build profiles, and of the flags in cargo's configuration files.
fn profile_digest(workspace: &Workspace) -> Result<String, Error> {
    let profiles = |table: &toml::Table| -> Vec<String> {
        let profiles = table.get("profile").and_then(toml::Value::as_table);
        let of = |name: &&str| Some(format!("{name}: {}", profiles?.get(*name)?));
        PROFILES.iter().filter_map(of).collect()
    };
    let manifest = read_toml(&workspace.root().join("Cargo.toml"))?.unwrap_or_default();
    let mut parts = profiles(&manifest);
    for (_, config) in read_configs(workspace)? {
        let flags = |table: Option<&toml::Value>| table.and_then(|table| table.get("rustflags")).cloned();
        parts.extend(profiles(&config));
        parts.extend(flags(config.get("build")).map(|flags| flags.to_string()));
        let targets = config.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        parts.extend(targets.filter_map(|(name, table)| Some(format!("{name}: {}", flags(Some(table))?))));
    }
    Ok(perf_digest::compute(parts.iter().map(String::as_str)))
}

/// The parsed configuration files of cargo, nearest first, each followed by the files that it includes.
fn read_configs(workspace: &Workspace) -> Result<Vec<(PathBuf, toml::Table)>, Error> {
    let mut files = config_files(workspace);
    files.reverse();
    let (mut seen, mut configs) = (BTreeSet::new(), Vec::new());
    while let Some(file) = files.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let Some(config) = read_toml(&file)? else { continue };
        let included = match config.get("include") {
            Some(toml::Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let path = |included: &toml::Value| {
            let path = included.as_str().or_else(|| included.get("path")?.as_str())?;
            Some(file.parent()?.join(path))
        };
        files.extend(included.iter().filter_map(path));
        configs.push((file, config));
    }
    Ok(configs)
}

/// Paths of cargo's configuration files inside the workspace, relative to its root, whether they exist or not.
///
/// # Errors
/// If a configuration file is invalid.
pub fn workspace_config_files(workspace: &Workspace) -> Result<Vec<String>, Error> {
    let inside = |(file, _): &(PathBuf, toml::Table)| {
        let inside = file.strip_prefix(workspace.root()).ok()?;
        Some(inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"))
    };
    let mut files: BTreeSet<String> = read_configs(workspace)?.iter().filter_map(inside).collect();
    files.extend([".cargo/config.toml", ".cargo/config"].map(str::to_owned));
    Ok(files.into_iter().collect())
}

/// Digest of the linkers, compiler wrappers and variables of a build, empty if there are none. They are not part of the key,
/// because they do not change exact values.
///
/// # Errors
/// If a configuration file is invalid.
pub fn tools_digest(workspace: &Workspace) -> Result<String, Error> {
    let is_one = |name: &str| {
        matches!(name, "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER" | "CARGO_BUILD_RUSTC_WRAPPER")
            || (name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER"))
    };
    let of_environment = env::vars_os().map(|(name, value)| format!("{}={}", name.display(), value.display()));
    let mut parts: Vec<String> =
        of_environment.filter(|one| one.split('=').next().is_some_and(is_one) && !one.ends_with('=')).collect();
    parts.sort();
    for (_, config) in read_configs(workspace)? {
        let build = config.get("build");
        let wrappers = ["rustc-wrapper", "rustc-workspace-wrapper"];
        parts.extend(wrappers.iter().filter_map(|name| Some(format!("{name}={}", build?.get(name)?))));
        parts.extend(config.get("env").map(|variables| format!("env={variables}")));
        let targets = config.get("target").and_then(toml::Value::as_table).into_iter().flatten();
        parts.extend(targets.filter_map(|(name, table)| Some(format!("{name}={}", table.get("linker")?))));
    }
    Ok(if parts.is_empty() { String::new() } else { perf_digest::compute(parts.iter().map(String::as_str)) })
}

/// Paths of the configuration files that cargo merges, nearest first, whether they exist or not.
fn config_files(workspace: &Workspace) -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let above = workspace.root().ancestors().map(|dir| dir.join(".cargo"));
    let mut dirs: Vec<_> = above.chain(home).collect();
    let mut seen = BTreeSet::new();
    dirs.retain(|dir| seen.insert(dir.clone()));
    dirs.iter().flat_map(|dir| [dir.join("config.toml"), dir.join("config")]).collect()
}

fn read_toml(file: &std::path::Path) -> Result<Option<toml::Table>, Error> {
    if !file.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(file).map_err(|error| Error::path("read", file, &error))?;
    toml::from_str(&text).map(Some).map_err(|error: toml::de::Error| {
        Error::environment(
            format!("{} is not valid TOML: {}", file.display(), error.message()),
            "correct the file; cargo reads it too",
        )
    })
}

/// The compiler flags from the environment. Flags from configuration files are part of `profile_digest`.
fn rustflags() -> String {
    let is_one = |name: &str| {
        matches!(name, "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "CARGO_BUILD_RUSTFLAGS")
            || name.starts_with("CARGO_PROFILE_")
            || (name.starts_with("CARGO_TARGET_") && name.ends_with("_RUSTFLAGS"))
    };
    let variables: BTreeMap<_, _> = env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, value)| is_one(name) && !value.is_empty())
        .collect();
    // The separator of CARGO_ENCODED_RUSTFLAGS is a control character, which must not appear in a report.
    let shown = variables.iter().map(|(name, value)| format!("{name}={}", value.replace('\u{1f}', " ")));
    shown.collect::<Vec<_>>().join(" ")
}

/// Digest of the packages and features that the measuring programs are built from.
fn packages_digest(
    workspace: &Workspace,
    harness: &Harness,
    features: &[String],
    target: &str,
) -> Result<String, Error> {
    let text = cargo_tree(workspace, harness, features, &["--target", target])?;
    let lines: BTreeSet<String> = text.lines().map(without_path).filter(|line| !line.is_empty()).collect();
    Ok(perf_digest::compute(lines.iter().map(String::as_str)))
}

/// The packages of paths that the measuring programs of a harness are built from.
#[derive(Debug)]
pub struct PathPackages {
    /// Folders of those in the workspace, relative to the root, with `/` on every system.
    pub local: Vec<String>,
    /// A package in a folder outside the workspace, as a message; `None` if there is none. The base would be built with the same
    /// files of it, so a comparison could not show its changes.
    pub outside: Option<String>,
}

/// Finds the packages of paths that the measuring programs of a harness are built from.
///
/// # Errors
/// If `cargo tree` fails.
pub fn path_packages(workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<PathPackages, Error> {
    let root = fs::canonicalize(workspace.root()).map_err(|error| Error::path("find", workspace.root(), &error))?;
    let text = cargo_tree(workspace, harness, features, &[])?;
    let (mut local, mut outside) = (BTreeSet::new(), None);
    for line in text.lines().map(without_marks) {
        let Some((package, path)) = line.split_once(" (") else { continue };
        let Some((path, _)) = path.rsplit_once(')') else { continue };
        let path = std::path::Path::new(path);
        if let Ok(inside) = path.strip_prefix(&root) {
            local.insert(inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"));
        } else if path.is_absolute() && !path.starts_with(workspace.root()) && outside.is_none() {
            outside = Some(format!(
                "{package} is in {}, outside the workspace, and no commit records its content",
                path.display()
            ));
        }
    }
    Ok(PathPackages { local: local.into_iter().collect(), outside })
}

/// Folders of the workspace packages that the measuring programs are built from, as [`PathPackages::local`].
///
/// # Errors
/// If `cargo tree` fails.
pub fn local_packages(workspace: &Workspace, harness: &Harness, features: &[String]) -> Result<Vec<String>, Error> {
    Ok(path_packages(workspace, harness, features)?.local)
}

/// Removes the marks from a line of `cargo tree`, so that the first bracket opens the source of the package.
fn without_marks(line: &str) -> String {
    line.replace(" (*)", "").replace(" (proc-macro)", "")
}

fn cargo_tree(workspace: &Workspace, harness: &Harness, features: &[String], target: &[&str]) -> Result<String, Error> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--package", &harness.package, "--edges", "all", "--locked", "--prefix", "none"]);
    cargo.args(features).args(target);
    cargo.args(["--charset", "ascii", "--color", "never", "--format", "{p} {f}"]);
    run_tool(&mut cargo, &format!("`cargo tree -p {}`", harness.package))
}

/// Removes the path of a local package, and the mark of a repeated line, from a line of `cargo tree`.
fn without_path(line: &str) -> String {
    let line = line.replace(" (*)", "");
    let is_path = |text: &str| {
        text.starts_with(['/', '\\'])
            || text.get(1..).is_some_and(|text| text.starts_with(":\\") || text.starts_with(":/"))
    };
    // A folder may contain brackets, but features cannot: the path ends with the last bracket of the line.
    let open = line.match_indices(" (").map(|(at, _)| at).find(|at| is_path(&line[at + 2..]));
    match (open, line.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", &line[..open], &line[close + 1..]).trim().to_owned()
        }
        _ => line.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_contains_no_path() {
        for (line, kept) in [
            ("a-bench v0.1.0 (/some/where/crates/a-bench)", "a-bench v0.1.0"),
            ("a-bench v0.1.0 (/some (old) place/a-bench) default", "a-bench v0.1.0 default"),
            ("a-bench v0.1.0 (C:\\work\\a-bench) default,std", "a-bench v0.1.0 default,std"),
            ("serde_derive v1.0.228 (proc-macro) default (*)", "serde_derive v1.0.228 (proc-macro) default"),
            ("x v1.0.0 (https://example.org/x#0123abc) a", "x v1.0.0 (https://example.org/x#0123abc) a"),
            ("serde feature \"std\"", "serde feature \"std\""),
        ] {
            assert_eq!(without_path(line), kept);
        }
    }
}
