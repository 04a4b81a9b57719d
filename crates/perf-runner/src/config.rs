//! The configuration of the gate: the table `[workspace.metadata.perf]` of the root manifest.

use serde::Deserialize;

/// The configuration of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The folder of budgets, thresholds, baselines and inputs, relative to the root of the workspace.
    #[serde(default = "default_data")]
    pub data: String,
    /// The command line of the gate as messages show it, such as `cargo xtask`.
    #[serde(default = "default_command")]
    pub command: String,
    /// Names of the branches that changes are merged into; the first that exists is used. The gate searches the remotes
    /// `upstream` and `origin` first, then the local branches.
    #[serde(default = "default_main_branches")]
    pub main_branches: Vec<String>,
    /// The feature of the harness packages that plants faults; the variable `SEEDED_FAULT` selects one at run time.
    #[serde(default)]
    pub faults_feature: Option<String>,
    /// The package of the self-test, which measures how often the gate is wrong.
    #[serde(default)]
    pub selftest: Option<String>,
    /// The package whose program of the same name prints scores of labelled questions (`perf quality`).
    #[serde(default)]
    pub quality: Option<String>,
    /// The package whose program of the same name puts the load of a scenario on a target (`perf load`).
    #[serde(default)]
    pub load: Option<String>,
    /// The harness packages.
    pub harness: Vec<HarnessConfig>,
}

/// A harness package: the package with the benches `time`, `heap` and `count`. It is built alone, and has its own key and
/// baseline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "NameOrTable")]
pub struct HarnessConfig {
    /// The name of the package.
    pub package: String,
    /// Names of the packages that belong to the harness, such as mocks. Both sides of a comparison use the change's version.
    pub with: Vec<String>,
    /// Files and folders of the data folder that the cases read; `None` means all except the gate's own files.
    pub inputs: Option<Vec<String>>,
    /// Which differences from the base make a run without `--against` measure the harness; for programs that build slowly.
    pub only_if_changed: OnlyIfChanged,
}

/// Which differences from the base make a run without `--against` measure a harness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnlyIfChanged {
    /// No condition: every run measures the harness.
    No,
    /// Any difference in the measured sources, the inputs or the rules.
    Anything,
    /// A difference in one of these packages, in the harness itself, its inputs or its rules. A difference elsewhere is
    /// measured only with `--against`.
    Packages(Vec<String>),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a harness is the name of a package, or a table with `package`, `with`, `inputs` and `only-if-changed`"
)]
enum NameOrTable {
    Name(String),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    package: String,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    inputs: Option<Vec<String>>,
    #[serde(default)]
    only_if_changed: BoolOrPackages,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`only-if-changed` is true, false, or a list of packages")]
enum BoolOrPackages {
    Bool(bool),
    Packages(Vec<String>),
}

impl Default for BoolOrPackages {
    fn default() -> Self {
        Self::Bool(false)
    }
}

impl From<NameOrTable> for HarnessConfig {
    fn from(written: NameOrTable) -> Self {
        let (package, with, inputs, only_if_changed) = match written {
            NameOrTable::Name(package) => (package, Vec::new(), None, BoolOrPackages::default()),
            NameOrTable::Table(Table { package, with, inputs, only_if_changed }) => {
                (package, with, inputs, only_if_changed)
            }
        };
        let only_if_changed = match only_if_changed {
            BoolOrPackages::Bool(false) => OnlyIfChanged::No,
            BoolOrPackages::Bool(true) => OnlyIfChanged::Anything,
            BoolOrPackages::Packages(packages) => OnlyIfChanged::Packages(packages),
        };
        Self { package, with, inputs, only_if_changed }
    }
}

fn default_data() -> String {
    "benches-data".into()
}

fn default_command() -> String {
    "cargo xtask".into()
}

fn default_main_branches() -> Vec<String> {
    ["main", "master"].map(str::to_owned).into()
}

impl Config {
    /// Checks what serde does not: returns the first invalid value as a message, or `None`.
    pub fn validation_error(&self) -> Option<String> {
        let leads_out =
            |path: &str| path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..");
        let packages: Vec<&str> = self.harness.iter().map(|harness| harness.package.as_str()).collect();
        let twice = packages.iter().enumerate().find(|(at, package)| packages[..*at].contains(package));
        let inputs = self.harness.iter().flat_map(|harness| harness.inputs.iter().flatten());
        if packages.is_empty() {
            Some("`harness` is empty, so nothing would be measured".into())
        } else if let Some((_, package)) = twice {
            Some(format!("`harness` names `{package}` twice"))
        } else if self.harness.iter().any(|harness| harness.only_if_changed == OnlyIfChanged::Packages(Vec::new())) {
            Some("`only-if-changed` is an empty list: name packages, or write `true` for any change".into())
        } else if leads_out(&self.data) {
            Some(format!("`data = \"{}\"` is not a folder inside the workspace", self.data))
        } else {
            let mut outside = inputs.filter(|input| leads_out(input));
            outside.next().map(|input| format!("the input `{input}` is not inside the data folder"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let config: Config = serde_json::from_str(text).map_err(|error| error.to_string())?;
        config.validation_error().map_or(Ok(config), Err)
    }

    #[test]
    fn a_bare_name_gets_the_defaults() {
        let config = read(
            r#"{"harness": ["a-bench", {"package": "b-bench", "with": ["mocks"], "inputs": ["texts"], "only-if-changed": true}]}"#,
        );
        let config = config.unwrap();
        assert_eq!((config.data.as_str(), config.command.as_str()), ("benches-data", "cargo xtask"));
        assert_eq!(config.main_branches, ["main", "master"]);
        let [a, b] = &config.harness[..] else { panic!("{config:?}") };
        assert_eq!((a.package.as_str(), a.with.len(), &a.inputs), ("a-bench", 0, &None));
        assert_eq!((b.with.len(), b.inputs.as_deref()), (1, Some(&["texts".to_owned()][..])));
        assert_eq!((&a.only_if_changed, &b.only_if_changed), (&OnlyIfChanged::No, &OnlyIfChanged::Anything));

        let config = read(r#"{"harness": [{"package": "a", "only-if-changed": ["b"]}]}"#).unwrap();
        assert_eq!(config.harness[0].only_if_changed, OnlyIfChanged::Packages(vec!["b".to_owned()]));
    }

    #[test]
    fn invalid_configurations_are_reported() {
        for (text, says) in [
            (r#"{}"#, "missing field `harness`"),
            (r#"{"harness": []}"#, "`harness` is empty"),
            (r#"{"harness": ["a", "a"]}"#, "`a` twice"),
            (r#"{"harness": ["a"], "colour": 1}"#, "unknown field `colour`"),
            (r#"{"harness": [{"package": "a", "colour": 1}]}"#, "a harness is the name of a package"),
            (r#"{"harness": [7]}"#, "a harness is the name of a package"),
            (r#"{"harness": [{"package": "a", "only-if-changed": 7}]}"#, "a harness is the name of a package"),
            (r#"{"harness": [{"package": "a", "only-if-changed": []}]}"#, "`only-if-changed` is an empty list"),
            (r#"{"harness": ["a"], "data": "../elsewhere"}"#, "not a folder inside the workspace"),
            (r#"{"harness": ["a"], "data": ""}"#, "not a folder inside the workspace"),
            (r#"{"harness": [{"package": "a", "inputs": ["/etc"]}]}"#, "not inside the data folder"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
